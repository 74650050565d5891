"""Instants that Spark tells as numbers."""

from __future__ import annotations

import datetime as dt

__all__ = ["local_time"]

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def local_time(micros: int) -> dt.datetime:
    """An instant in the zone of this process and without it, as PySpark has it in rows.

    Parameters
    ----------
    micros : int
        Microseconds since 1970. PySpark's own conversion does not know those of 1 January of the year 1,
        which is what "no date" is in many programs.

    Raises
    ------
    OverflowError
        It is in no year from 1 to 9999.
    """
    return (EPOCH + dt.timedelta(microseconds=micros)).astimezone().replace(tzinfo=None)
