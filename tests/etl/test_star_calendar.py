"""The date dimension."""

from __future__ import annotations

from datetime import date

import pytest
from chispa import assert_df_equality
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from headgate.etl.errors import ParameterError
from headgate.etl.star import build_calendar

pytestmark = pytest.mark.usefixtures("few_rows")


@pytest.mark.usefixtures("ansi")
def test_every_column_of_a_leap_day_and_of_a_day_of_another_iso_year(spark: SparkSession) -> None:
    calendar = build_calendar(spark, key="date_key", start=date(2024, 2, 29), end=date(2024, 12, 30))
    some = calendar.where("date_key in (0, 20240229, 20240630, 20241230)")
    expected = spark.createDataFrame(
        [
            (0, None, None, None, None, None, None, None, "Unknown", None, None),
            (20240229, date(2024, 2, 29), 2024, 1, 2, 29, 2024, 9, "Thursday", False, True),
            (20240630, date(2024, 6, 30), 2024, 2, 6, 30, 2024, 26, "Sunday", True, True),
            (20241230, date(2024, 12, 30), 2024, 4, 12, 30, 2025, 1, "Monday", False, False),
        ],
        "date_key int, date date, year int, quarter int, month int, day int, iso_year int, iso_week int, "
        "weekday string, is_weekend boolean, is_month_end boolean",
    )
    assert_df_equality(some, expected, ignore_row_order=True, ignore_nullable=True)


def test_there_is_a_row_for_each_day_and_one_for_unknown(spark: SparkSession) -> None:
    calendar = build_calendar(spark, key="date_key", start=date(2015, 1, 1), end=date(2025, 12, 31))
    keys = [row.date_key for row in calendar.collect()]
    assert len(keys) == len(set(keys)) == 4018 + 1


def test_it_agrees_with_pythons_calendar(spark: SparkSession) -> None:
    calendar = build_calendar(spark, key="date_key", start=date(1999, 12, 20), end=date(2001, 1, 15))
    for row in calendar.where("date_key <> 0").collect():
        iso = row.date.isocalendar()
        assert (row.iso_year, row.iso_week, row.weekday) == (iso.year, iso.week, f"{row.date:%A}")
        assert row.is_weekend == (iso.weekday > 5)


@pytest.mark.parametrize("zone", ["Pacific/Apia", "America/Los_Angeles"])
def test_the_session_time_zone_moves_no_day(spark: SparkSession, zone: str) -> None:
    before = spark.conf.get("spark.sql.session.timeZone")
    spark.conf.set("spark.sql.session.timeZone", zone)
    try:
        calendar = build_calendar(spark, key="date_key", start=date(2011, 12, 30), end=date(2011, 12, 30))
        day = calendar.where("date_key <> 0").select(F.col("date").cast("string"), "date_key").first()
    finally:
        spark.conf.set("spark.sql.session.timeZone", before or "UTC")
    assert day == ("2011-12-30", 20111230)


def test_an_end_before_the_start_is_refused(spark: SparkSession) -> None:
    with pytest.raises(ParameterError) as caught:
        build_calendar(spark, key="date_key", start=date(2024, 1, 2), end=date(2024, 1, 1))
    assert (caught.value.parameter, caught.value.value) == ("end", "2024-01-01")
