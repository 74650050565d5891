"""Names of data columns that a job writes itself, and that the data cannot bring along."""

from __future__ import annotations

from pyspark.sql import DataFrame

from quality import ReservedNameError

__all__ = ["require_unreserved"]


def require_unreserved(df: DataFrame, *reserved: str) -> None:
    """Raise `quality.ReservedNameError` for the first column that has one of the names, in whatever case."""
    taken = {name.lower() for name in reserved}
    for column in df.columns:
        if column.lower() in taken:
            raise ReservedNameError(column=column)
