"""Rows that an earlier step marked for removal: they are there, but not taken into account."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from etl.transform import quote

__all__ = ["unmarked"]


def unmarked(df: DataFrame, mark: str | None) -> Column:
    """Whether a row is still in: true of every row where `df` has no column `mark`."""
    return F.col(quote(mark)).isNull() if mark is not None and mark in df.columns else F.lit(True)
