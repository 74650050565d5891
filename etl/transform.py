"""What a transform is, and the few rules that all transforms share.

A transform is a function that returns ``DataFrame -> DataFrame``; its parameters are
keyword-only and bound by the outer call, so that it reads ``df.transform(trim_text())``.
It does no IO, starts no session, asks no clock and runs no action.

Columns whose names begin with an underscore are metadata (``_file``, ``_row``, ``_problems`` …):
transforms that work on "all columns" leave them alone, and transforms that compare rows do not
compare them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import reduce
from operator import or_
from typing import Literal

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from headgate.etl.errors import MissingColumnError, ParameterError

__all__ = [
    "PROBLEMS",
    "PROBLEM_TYPE",
    "Invalid",
    "Transform",
    "add_problems",
    "compose",
    "data_columns",
    "free_names",
    "not_removed",
    "problem",
    "quote",
    "require_columns",
    "with_columns",
]

Transform = Callable[[DataFrame], DataFrame]

Invalid = Literal["reject", "null"]
"""What becomes of a row with a value that cannot be read: the gate rejects it, or keeps it as null."""

PROBLEMS = "_problems"
"""The metadata column in which transforms record values that they could not read."""

PROBLEM_TYPE = T.ArrayType(
    T.StructType(
        [
            T.StructField("step", T.StringType()),
            T.StructField("column", T.StringType()),
            T.StructField("value", T.StringType()),
            T.StructField("reason", T.StringType()),
            T.StructField("severity", T.StringType()),
        ]
    )
)
"""One struct per value: ``severity`` is ``critical`` (the gate rejects the row) or ``warning``."""


def compose(*transforms: Transform) -> Transform:
    """Chain transforms, first to last.

    Parameters
    ----------
    *transforms : Transform
        Applied in the order given; none at all gives the identity.

    Returns
    -------
    Transform
        Its output is that of the last transform.

    Examples
    --------
    >>> df = spark.createDataFrame([(1,)], "n int")
    >>> plus_one = lambda d: d.withColumn("n", F.col("n") + 1)
    >>> df.transform(compose(plus_one, plus_one)).first().n
    3
    """
    return lambda df: reduce(lambda frame, transform: transform(frame), transforms, df)


def quote(name: str) -> str:
    """Quote a column name so that dots, spaces and backticks in it are taken literally.

    Examples
    --------
    >>> quote("a.b")
    '`a.b`'
    """
    return "`" + name.replace("`", "``") + "`"


def free_names(columns: Iterable[str], *names: str) -> list[str]:
    """`names`, each with underscores behind it until none of `columns`, or of those before it, is called so.

    Case makes no difference.

    Examples
    --------
    >>> free_names(["id", "_READ"], "_read", "_of", "_of")
    ['_read_', '_of', '_of_']
    """
    taken, free = {column.lower() for column in columns}, []
    for name in names:
        while name.lower() in taken:
            name += "_"
        taken.add(name.lower())
        free.append(name)
    return free


def data_columns(df: DataFrame) -> list[str]:
    """Names of the columns that are data, not metadata, in the order of the frame."""
    return [name for name in df.columns if not name.startswith("_")]


def require_columns(df: DataFrame, columns: Iterable[str], *, step: str) -> None:
    """Raise `MissingColumnError` for the first of `columns` that `df` lacks."""
    have = set(df.columns)
    for column in columns:
        if column not in have:
            raise MissingColumnError(step=step, column=column, columns=df.columns)


def problem(*, step: str, column: str, value: Column, reason: Column, invalid: Invalid) -> Column:
    """One entry of `PROBLEMS`: the value as text and why it could not be read."""
    severity = {"reject": "critical", "null": "warning"}.get(invalid)
    if severity is None:
        raise ParameterError(step=step, parameter="invalid", value=invalid, allowed="'reject' or 'null'")
    return F.struct(
        F.lit(step).alias("step"),
        F.lit(column).alias("column"),
        value.cast("string").alias("value"),
        reason.cast("string").alias("reason"),
        F.lit(severity).alias("severity"),
    )


def add_problems(df: DataFrame, found: Iterable[tuple[Column, Column]]) -> Column:
    """The `PROBLEMS` column of `df` with what was found appended.

    Parameters
    ----------
    df : DataFrame
    found : iterable of (Column, Column)
        Conditions, and the problem of the rows that meet it.

    Returns
    -------
    Column
        Rows without a problem hold an empty array, never null.
    """
    empty = F.array().cast(PROBLEM_TYPE)
    before = F.coalesce(F.col(PROBLEMS), empty) if PROBLEMS in df.columns else empty
    conditions, entries = [], []
    for condition, entry in found:
        conditions.append(condition)
        entries.append(F.when(condition, entry))
    if not entries:
        return before
    # Spark compiles no lambda: nearly all rows have no problem, and are spared it.
    those = F.filter(F.array(*entries).cast(PROBLEM_TYPE), lambda entry: entry.isNotNull())
    return F.when(reduce(or_, conditions), F.concat(before, those)).otherwise(before)


def with_columns(df: DataFrame, columns: Mapping[str, Column]) -> DataFrame:
    """`df` with `columns` added or replaced; unlike its own method, Spark Connect's too takes none at all."""
    return df.withColumns(dict(columns)) if columns else df


def not_removed(df: DataFrame, removed_as: str | None) -> Column:
    """Whether no earlier step has removed the row: true of every row if there is no column `removed_as`."""
    return (
        F.col(quote(removed_as)).isNull()
        if removed_as is not None and removed_as in df.columns
        else F.lit(True)
    )
