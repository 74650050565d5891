"""Referential integrity and grain: what must hold of a fact before anyone reads it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from headgate.etl.errors import ParameterError
from headgate.etl.transform import quote, require_columns

__all__ = ["count_dangling", "dangling_references", "repeated_grain"]


def dangling_references(fact: DataFrame, *, fk: str, dimension: DataFrame, key: str) -> DataFrame:
    """Rows of a fact whose key has no member; of a sound fact, none.

    Parameters
    ----------
    fact : DataFrame
    fk : str
        The foreign key in `fact`. A null is dangling: a fact without a member refers to key 0.
    dimension : DataFrame
    key : str
        The surrogate key of `dimension`.

    Returns
    -------
    DataFrame
        Rows of `fact`, with its columns.

    Raises
    ------
    headgate.etl.errors.MissingColumnError
        `fact` lacks `fk`, or `dimension` lacks `key`.

    Examples
    --------
    >>> towns = spark.createDataFrame([(0,), (1,)], "town_key bigint")
    >>> visits = spark.createDataFrame([(1, 1), (2, 0), (3, 8)], "visit int, town_key bigint")
    >>> dangling_references(visits, fk="town_key", dimension=towns, key="town_key").collect()
    [Row(visit=3, town_key=8)]
    """
    require_columns(fact, [fk], step="dangling_references")
    require_columns(dimension, [key], step="dangling_references")
    members = dimension.select(F.col(quote(key)).alias("_member"))
    return fact.join(members, F.col(quote(fk)) == F.col("_member"), "left_anti")


def count_dangling(fact: DataFrame, *, references: Mapping[str, tuple[DataFrame, str]]) -> DataFrame:
    """Count the dangling references of a fact into all its dimensions, in one pass over it.

    Parameters
    ----------
    fact : DataFrame
    references : mapping of str to (DataFrame, str)
        For each foreign key, the dimension and its surrogate key.

    Returns
    -------
    DataFrame
        ``reference`` (the foreign key), ``rows`` (how many rows of `fact`), ``example`` (the smallest
        of their keys, or null); one row for each foreign key that dangles, so of a sound fact, none.

    Raises
    ------
    headgate.etl.errors.ParameterError
        `references` is empty.
    headgate.etl.errors.MissingColumnError
        A key is missing.

    Examples
    --------
    >>> towns = spark.createDataFrame([(0,), (1,)], "id bigint")
    >>> visits = spark.createDataFrame([(1, 1), (0, 8), (8, 9)], "home_key bigint, town_key bigint")
    >>> count_dangling(visits, references={"home_key": (towns, "id"), "town_key": (towns, "id")}).orderBy(
    ...     "reference"
    ... ).show()
    +---------+----+-------+
    |reference|rows|example|
    +---------+----+-------+
    | home_key|   1|      8|
    | town_key|   2|      8|
    +---------+----+-------+
    """
    if not references:
        raise ParameterError(step="count_dangling", parameter="references", value={}, allowed="at least one")
    require_columns(fact, references, step="count_dangling")
    members: DataFrame | None = None
    for fk, (dimension, key) in references.items():
        require_columns(dimension, [key], step=f"count_dangling {fk}")
        own = dimension.select(F.lit(fk).alias("of"), F.col(quote(key)).cast("bigint").alias("member"))
        members = own if members is None else members.union(own)
    assert members is not None
    pairs = [
        F.struct(F.lit(fk).alias("reference"), F.col(quote(fk)).cast("bigint").alias("key"))
        for fk in references
    ]
    # keys are counted before they are looked up: far fewer than rows
    used = (
        fact.select(F.inline(F.array(*pairs))).groupBy("reference", "key").agg(F.count(F.lit(1)).alias("n"))
    )
    same = (F.col("reference") == F.col("of")) & (F.col("key") == F.col("member"))
    return (
        used.join(members, same, "left_anti")
        .groupBy("reference")
        .agg(F.sum("n").alias("rows"), F.min("key").alias("example"))
    )


def repeated_grain(fact: DataFrame, *, grain: Sequence[str]) -> DataFrame:
    """Values of a fact's grain that stand in more than one row; of a sound fact, none.

    Parameters
    ----------
    fact : DataFrame
    grain : sequence of str
        The columns that identify a row.

    Returns
    -------
    DataFrame
        `grain` and ``rows`` (bigint, 2 or more), one row for each value that repeats; nulls are
        equal.

    Raises
    ------
    headgate.etl.errors.MissingColumnError
        A column is missing.

    Examples
    --------
    >>> visits = spark.createDataFrame([(1, 1), (1, 2), (1, 2)], "visit int, line int")
    >>> repeated_grain(visits, grain=["visit", "line"]).collect()
    [Row(visit=1, line=2, rows=2)]
    """
    require_columns(fact, grain, step="repeated_grain")
    return fact.groupBy(*map(quote, grain)).agg(F.count(F.lit(1)).alias("rows")).where(F.col("rows") > 1)
