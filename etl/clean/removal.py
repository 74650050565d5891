"""How steps take rows out: they remove them, or keep them and write down what becomes of them."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from headgate.etl.errors import ParameterError
from headgate.etl.transform import PROBLEM_TYPE, PROBLEMS, quote

__all__ = ["critical_problems", "remove", "require_removed_as"]


def require_removed_as(removed_as: str | None, *, step: str) -> None:
    """Raise `ParameterError` unless `removed_as` is none or the name of a metadata column."""
    if removed_as is not None and (not removed_as.startswith("_") or removed_as == PROBLEMS):
        raise ParameterError(
            step=step,
            parameter="removed_as",
            value=removed_as,
            allowed="a column name that begins with '_', such as '_removed_as'",
        )


def remove(df: DataFrame, lost: Column, *, kind: str, removed_as: str | None) -> DataFrame:
    """Remove the rows where `lost` is true or, given a column, write `kind` there."""
    if removed_as is None:
        return df.filter(~F.coalesce(lost, F.lit(False)))
    before = F.col(quote(removed_as)) if removed_as in df.columns else F.lit(None).cast("string")
    return df.withColumns({removed_as: F.when(before.isNull() & lost, F.lit(kind)).otherwise(before)})


def critical_problems(df: DataFrame) -> Column:
    """The problems for which the gate will reject the row; an empty array if there are none."""
    none = F.array().cast(PROBLEM_TYPE)
    if PROBLEMS not in df.columns:
        return none
    return F.coalesce(F.filter(PROBLEMS, lambda entry: entry["severity"] == "critical"), none)
