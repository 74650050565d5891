"""Typical values: the median, mean or mode of columns, of all rows and of groups of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from pyspark.sql import Column, DataFrame, Row
from pyspark.sql import functions as F
from pyspark.sql import types as T

from etl.transform import quote

__all__ = ["NUMERIC_STRATEGIES", "Fill", "is_missing", "learn_averages", "learn_modes"]

NUMERIC_STRATEGIES = ("median", "mean")


class Fill(NamedTuple):
    """How the missing values of a column are to be filled in."""

    strategy: str
    value: Any
    by: tuple[str, ...]


def is_missing(df: DataFrame, name: str) -> Column:
    """Whether a value is null or, in a column of floating point, NaN."""
    column = F.col(quote(name))
    if isinstance(df.schema[name].dataType, T.FloatType | T.DoubleType):
        return column.isNull() | F.isnan(column)
    return column.isNull()


def learn_averages(
    df: DataFrame, fills: dict[str, Fill]
) -> tuple[dict[str, Any], dict[str, list[tuple[list[str], Any]]]]:
    """Medians and means: of all rows, by column; and of each group, by column."""
    numeric = {name: fill for name, fill in fills.items() if fill.strategy in NUMERIC_STRATEGIES}
    overall: dict[str, Any] = {}
    if numeric:
        row = df.agg(*(_average(df, name, fill) for name, fill in numeric.items())).first()
        overall = {name: _rounded(value) for name, value in zip(numeric, row or (), strict=True)}
    grouped: dict[str, list[tuple[list[str], Any]]] = {}
    for by in dict.fromkeys(fill.by for fill in numeric.values() if fill.by):
        names = [name for name, fill in numeric.items() if fill.by == by]
        groups = [F.col(quote(name)).cast("string") for name in by]
        averages = (_average(df, name, numeric[name]) for name in names)
        for row in df.groupBy(*groups).agg(*averages).collect():
            group, learned = list(row[: len(by)]), row[len(by) :]
            for name, value in zip(names, learned, strict=True):
                if None not in group and value is not None:
                    grouped.setdefault(name, []).append((group, _rounded(value)))
    return overall, grouped


def _average(df: DataFrame, name: str, fill: Fill) -> Column:
    present = F.when(~is_missing(df, name), F.col(quote(name)).cast("double"))
    return F.percentile(present, 0.5) if fill.strategy == "median" else F.avg(present)


def _rounded(value: float | None) -> float | None:
    # A sum of floats depends on the order of the rows in its last digits.
    return None if value is None else float(f"{value:.12g}")


def learn_modes(df: DataFrame, fills: dict[str, Fill]) -> Iterable[tuple[str, list[str] | None, Any]]:
    """Of all modes: the column, the group or none for all rows, and the most frequent value."""
    entries = []
    for name, fill in fills.items():
        if fill.strategy == "mode":
            entries.append(_mode_entry(df, name, []))
            if fill.by:
                entries.append(_mode_entry(df, name, list(fill.by)))
    if not entries:
        return
    one_each = df.select(
        F.explode(F.filter(F.array(*entries), lambda entry: entry.isNotNull())).alias("entry")
    )
    counts = one_each.select("entry.*").groupBy("column", "group", "number", "text").count()
    best = F.min(F.struct((-F.col("count")).alias("rank"), "number", "text")).alias("best")
    row: Row
    for row in counts.groupBy("column", "group").agg(best).collect():
        yield row["column"], row["group"], _from_text(row["best"]["text"], df.schema[row["column"]].dataType)


def _mode_entry(df: DataFrame, name: str, by: list[str]) -> Column:
    value = F.col(quote(name))
    is_number = isinstance(df.schema[name].dataType, T.NumericType)
    groups = [F.col(quote(column)).cast("string") for column in by]
    counted = ~is_missing(df, name)
    for group in groups:
        counted &= group.isNotNull()
    return F.when(
        counted,
        F.struct(
            F.lit(name).alias("column"),
            (F.array(*groups) if groups else F.lit(None).cast("array<string>")).alias("group"),
            # Texts sort by letters, numbers do not: the smallest of equally frequent ones is meant.
            (value.cast("double") if is_number else F.lit(None).cast("double")).alias("number"),
            value.cast("string").alias("text"),
        ),
    )


def _from_text(text: str, kind: T.DataType) -> Any:
    if isinstance(kind, T.BooleanType):
        return text == "true"
    if isinstance(kind, T.IntegralType):
        return int(text)
    if isinstance(kind, T.FloatType | T.DoubleType):
        return float(text)
    return text
