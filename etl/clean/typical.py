"""Typical values: the median, mean or mode of columns, of all rows and of groups of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from typing import Any, NamedTuple

from pyspark.sql import Column, DataFrame, Row, Window
from pyspark.sql import functions as F
from pyspark.sql import types as T

from headgate.etl.transform import quote

__all__ = ["NUMERIC_STRATEGIES", "Fill", "is_missing", "learn_averages", "learn_modes"]

NUMERIC_STRATEGIES = ("median", "mean")

MORE_DIGITS = {"median": 1, "mean": 4}
"""After the point, beside those of the column: half of a unit, and what Spark gives an average."""

MOST_DIGITS = 38
DOUBLE_DIGITS = 14
"""A double holds all decimals of so many digits apart, and those half way between two of them."""


class Fill(NamedTuple):
    """How the missing values of a column are to be filled in."""

    strategy: str
    value: Any
    by: tuple[str, ...]

    def type_over(self, kind: str) -> str:
        """The type of the filled column, which holds every value that the column of type `kind` holds.

        Examples
        --------
        >>> [Fill("median", None, ()).type_over(kind) for kind in ("int", "bigint", "decimal(38,2)")]
        ['double', 'decimal(20,1)', 'decimal(38,2)']
        """
        if self.strategy not in NUMERIC_STRATEGIES:
            return kind
        exact = _decimal_type(kind)
        if exact is None:
            return "double"
        digits, scale = exact
        more = min(MORE_DIGITS[self.strategy], MOST_DIGITS - digits)
        return f"decimal({digits + more},{scale + more})"


def _decimal_type(kind: str) -> tuple[int, int] | None:
    """Digits and scale of a type whose values a double would change; None for every other type."""
    if kind == "bigint":
        return 19, 0
    decimal = re.fullmatch(r"decimal\((\d+),(\d+)\)", kind)
    return (int(decimal[1]), int(decimal[2])) if decimal else None


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
    sorted_ = [name for name, fill in numeric.items() if _must_be_sorted(df, name, fill)]
    averaged = [name for name in numeric if name not in sorted_]
    overall: dict[str, Any] = {}
    if averaged:
        row = df.agg(*(_average(df, name, numeric[name]) for name in averaged)).first()
        overall = {
            name: _written(df, name, numeric[name], value)
            for name, value in zip(averaged, row or (), strict=True)
        }
    grouped: dict[str, list[tuple[list[str], Any]]] = {}

    def note(name: str, group: list[str | None], value: Any) -> None:
        written = _written(df, name, numeric[name], value)
        if None not in group and written is not None:
            grouped.setdefault(name, []).append((group, written))  # type: ignore[arg-type]

    for by in dict.fromkeys(numeric[name].by for name in averaged if numeric[name].by):
        names = [name for name in averaged if numeric[name].by == by]
        groups = [F.col(quote(name)).cast("string") for name in by]
        averages = (_average(df, name, numeric[name]) for name in names)
        for row in df.groupBy(*groups).agg(*averages).collect():
            for name, value in zip(names, row[len(by) :], strict=True):
                note(name, list(row[: len(by)]), value)
    for name in sorted_:
        for _, value in _medians(df, name, []):
            overall[name] = _written(df, name, numeric[name], value)
        for group, value in _medians(df, name, numeric[name].by) if numeric[name].by else ():
            note(name, group, value)
    return overall, grouped


def _average(df: DataFrame, name: str, fill: Fill) -> Column:
    value = F.col(quote(name))
    exact = _decimal_type(df.schema[name].dataType.simpleString())
    if exact and fill.strategy == "mean":
        # The sum of decimals of 38 digits may have more, and then is null.
        target = fill.type_over(df.schema[name].dataType.simpleString())
        exactly = F.try_avg(value.cast(f"decimal({exact[0]},{exact[1]})")).cast(target)
        return F.coalesce(exactly, F.avg(value.cast("double")).cast(target))
    present = F.when(~is_missing(df, name), value.cast("double"))
    return F.percentile(present, 0.5) if fill.strategy == "median" else F.avg(present)


def _must_be_sorted(df: DataFrame, name: str, fill: Fill) -> bool:
    """Whether Spark's own percentile, which knows doubles only, would miss the median."""
    exact = _decimal_type(df.schema[name].dataType.simpleString())
    return fill.strategy == "median" and exact is not None and exact[0] > DOUBLE_DIGITS


def _medians(df: DataFrame, name: str, by: Sequence[str]) -> Iterable[tuple[list[str | None], Decimal]]:
    """The median of each group, between the values in the middle: from counts of each value, in order."""
    groups = [F.col(quote(column)).cast("string").alias(f"group_{n}") for n, column in enumerate(by)]
    keys = [f"group_{n}" for n in range(len(by))]
    counts = df.where(~is_missing(df, name)).groupBy(*groups, F.col(quote(name)).alias("value")).count()
    everyone = Window.partitionBy(*keys)
    placed = counts.withColumn("rows", F.sum("count").over(everyone)).withColumn(
        "upto", F.sum("count").over(everyone.orderBy("value"))
    )
    first, second = F.expr("(rows + 1) div 2"), F.expr("rows div 2 + 1")
    middle = placed.where((F.col("upto") >= first) & (F.col("upto") - F.col("count") < second))
    row: Row
    for row in middle.groupBy(*keys).agg(F.min("value").alias("low"), F.max("value").alias("high")).collect():
        if row["low"] is None:
            # Of no rows at all there is one group, and nothing in it.
            continue
        with localcontext(prec=MOST_DIGITS + 2):
            yield list(row[: len(by)]), (Decimal(row["low"]) + Decimal(row["high"])) / 2


def _written(df: DataFrame, name: str, fill: Fill, value: float | Decimal | None) -> float | str | None:
    """A learnt number as plain data: a decimal as text, in as many digits as the filled column has."""
    if value is None:
        return None
    exact = _decimal_type(fill.type_over(df.schema[name].dataType.simpleString()))
    if exact is None:
        # A sum of floats depends on the order of the rows in its last digits.
        return float(f"{value:.12g}")
    with localcontext(prec=MOST_DIGITS + 2):
        number = Decimal(value) if isinstance(value, Decimal) else Decimal(repr(value))
        return format(number.quantize(Decimal(1).scaleb(-exact[1]), ROUND_HALF_EVEN), "f")


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
