"""How steps take rows out: they remove them, or keep them and write down what becomes of them."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from headgate.etl.errors import ParameterError
from headgate.etl.transform import PROBLEM_TYPE, PROBLEMS, quote

__all__ = ["critical_problems", "require_mark", "take_out"]


def require_mark(mark: str | None, *, step: str) -> None:
    """Raise `ParameterError` unless `mark` is none or the name of a metadata column."""
    if mark is not None and (not mark.startswith("_") or mark == PROBLEMS):
        raise ParameterError(
            step=step,
            parameter="mark",
            value=mark,
            allowed="a column name that begins with '_', such as '_fate'",
        )


def take_out(df: DataFrame, lost: Column, *, fate: str, mark: str | None) -> DataFrame:
    """Remove the rows where `lost` is true or, given a column to mark, write `fate` there."""
    if mark is None:
        return df.filter(~F.coalesce(lost, F.lit(False)))
    before = F.col(quote(mark)) if mark in df.columns else F.lit(None).cast("string")
    return df.withColumns({mark: F.when(before.isNull() & lost, F.lit(fate)).otherwise(before)})


def critical_problems(df: DataFrame) -> Column:
    """The problems for which the gate will reject the row; an empty array if there are none."""
    none = F.array().cast(PROBLEM_TYPE)
    if PROBLEMS not in df.columns:
        return none
    return F.coalesce(F.filter(PROBLEMS, lambda entry: entry["severity"] == "critical"), none)
