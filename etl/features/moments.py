"""Dates and timestamps as whole numbers, so that spans of days mean the same in every session."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from headgate.etl.errors import ParameterError
from headgate.etl.transform import quote

__all__ = ["moment"]

MICROSECONDS_A_DAY = 86_400_000_000


def moment(df: DataFrame, column: str, *, step: str, parameter: str) -> tuple[Column, int]:
    """A date as days, or a timestamp as microseconds, since 1970, and how many of them make a day.

    A day is 24 hours: a span does not depend on the session's time zone or its daylight saving.

    Raises
    ------
    headgate.etl.errors.ParameterError
        The column holds neither dates nor timestamps.
    """
    kind = df.schema[column].dataType
    if isinstance(kind, T.DateType):
        return F.unix_date(quote(column)).cast("bigint"), 1
    if isinstance(kind, T.TimestampType):
        return F.unix_micros(quote(column)), MICROSECONDS_A_DAY
    raise ParameterError(
        step=step,
        parameter=parameter,
        value=f"{column}: {kind.simpleString()}",
        allowed="a column of dates or timestamps (parse_dates and parse_timestamps make them)",
    )
