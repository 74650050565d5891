"""The date dimension."""

from __future__ import annotations

from datetime import date

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from headgate.etl.errors import ParameterError
from headgate.etl.star.dimension import unknown_member

__all__ = ["build_calendar"]

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def build_calendar(spark: SparkSession, *, key: str, start: date, end: date) -> DataFrame:
    """Build a date dimension: a row for each day, and one for 'unknown'.

    Parameters
    ----------
    spark : SparkSession
    key : str
        The name of the key.
    start, end : datetime.date
        The first and the last day.

    Returns
    -------
    DataFrame
        `key` (int, the day as yyyymmdd; 0 for the unknown member), ``date`` (the natural key),
        ``year``, ``quarter``, ``month``, ``day``, ``iso_year`` and ``iso_week`` (ISO 8601: week 1 has
        the year's first Thursday, so that 30 December may be in week 1 of the next year), ``weekday``
        (its English name, whatever the locale), ``is_weekend`` (Saturday and Sunday), ``is_month_end``.
        The unknown member has the weekday ``Unknown`` and null elsewhere.

    Raises
    ------
    headgate.etl.errors.ParameterError
        `end` is before `start`.

    Examples
    --------
    >>> from datetime import date
    >>> days = build_calendar(spark, key="date_key", start=date(2024, 12, 29), end=date(2024, 12, 31))
    >>> days.orderBy("date_key").select("date_key", "iso_year", "iso_week", "weekday", "is_weekend").show()
    +--------+--------+--------+-------+----------+
    |date_key|iso_year|iso_week|weekday|is_weekend|
    +--------+--------+--------+-------+----------+
    |       0|    NULL|    NULL|Unknown|      NULL|
    |20241229|    2024|      52| Sunday|      true|
    |20241230|    2025|       1| Monday|     false|
    |20241231|    2025|       1|Tuesday|     false|
    +--------+--------+--------+-------+----------+
    """
    if end < start:
        raise ParameterError(
            step="build_calendar", parameter="end", value=str(end), allowed=f"a day not before {start}"
        )
    day = F.col("date")
    # Monday is 1, as in ISO 8601; dayofweek() has 1 for Sunday
    weekday = (F.dayofweek(day) + 5) % 7 + 1
    days = spark.range((end - start).days + 1).select(
        F.date_add(F.lit(start), F.col("id").cast("int")).alias("date")
    )
    calendar = days.select(
        (F.year(day) * 10_000 + F.month(day) * 100 + F.dayofmonth(day)).alias(key),
        day,
        F.year(day).alias("year"),
        F.quarter(day).alias("quarter"),
        F.month(day).alias("month"),
        F.dayofmonth(day).alias("day"),
        # that of the week's Thursday
        F.year(F.date_add(day, 4 - weekday)).alias("iso_year"),
        F.weekofyear(day).alias("iso_week"),
        F.element_at(F.array(*map(F.lit, WEEKDAYS)), weekday).alias("weekday"),
        (weekday >= 6).alias("is_weekend"),
        (day == F.last_day(day)).alias("is_month_end"),
    )
    return calendar.unionByName(unknown_member(calendar, key=key, texts=["weekday"]))
