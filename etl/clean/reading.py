"""How steps read texts as values: all columns at once, and each value that cannot be read recorded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from headgate.etl.transform import PROBLEMS, Invalid, add_problems, free_names, problem, quote

__all__ = ["Reading", "replace_values"]


class Reading(NamedTuple):
    """What becomes of a column: the value, null where it cannot be read, and why it cannot."""

    value: Column
    reason: Column


def replace_values(
    df: DataFrame, readings: Mapping[str, Reading], *, step: str, invalid: Invalid, to: str | None = None
) -> DataFrame:
    """Replace columns by what was read from them, and append to `PROBLEMS` what could not be read.

    What is read from one column may have a column of its own, `to`.
    """
    # Values have a projection of their own: in one with the problems they would be read twice.
    free = free_names(df.columns, *(f"_read_{name}" for name in readings))
    read = dict(zip(readings, free, strict=True))
    df = df.withColumns({read[name]: reading.value for name, reading in readings.items()})
    values, found = {}, []
    for name, reading in readings.items():
        original, value = F.col(quote(name)), F.col(quote(read[name]))
        entry = problem(step=step, column=name, value=original, reason=reading.reason, invalid=invalid)
        values[to or name] = value
        found.append((original.isNotNull() & value.isNull(), entry))
    return df.withColumns({**values, PROBLEMS: add_problems(df, found)}).drop(*read.values())
