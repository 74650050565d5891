"""Surrogate keys: small integers that stay with a member of a dimension from run to run."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T
from pyspark.sql.window import Window

from headgate.etl.errors import ParameterError
from headgate.etl.transform import Transform, quote, require_columns

__all__ = ["UNKNOWN_KEY", "assign_keys", "is_known"]

UNKNOWN_KEY = 0
"""The key of the member 'unknown', which every dimension has."""

BUCKETS = 256
"""Into so many parts the new members are split to be numbered; the parts are numbered in parallel."""

MEMBER, RANK, OFFSETS, HIGHEST = "_member_key", "_rank", "_offsets", "_highest"


def assign_keys(*, natural_key: list[str], key: str, existing: DataFrame | None = None) -> Transform:
    """Number the members of a dimension, and leave the numbers of known members as they are.

    New members are numbered from one above the highest key given so far (from 1 at first), in the
    order of their hash and then of their natural key: the numbers depend neither on the order of the
    rows nor on how they are partitioned. No window runs over all rows: each of 256 buckets of the
    hash is ranked by itself, and begins where the buckets before it end.

    Parameters
    ----------
    natural_key : list of str
        The columns that identify a member in the source. Rows that agree in them get the same key.
        A natural key with a null in it is unknown.
    key : str
        The column to write; a column of this name in the data is replaced.
    existing : DataFrame, optional
        The dimension as it stands, with the natural key and `key`; None for the first run.

    Returns
    -------
    Transform
        Its output has all rows and columns of its input, and `key` (bigint, never null) first;
        `key` is 0 where the natural key is unknown.

    Raises
    ------
    headgate.etl.errors.ParameterError
        `natural_key` is empty, or holds `key`; or a natural key has another type in the data than in
        `existing`: Spark would convert one of them, and take '01' and '1' for one member.
    headgate.etl.errors.MissingColumnError
        The data or `existing` lack a column.

    References
    ----------
    R. Kimball and M. Ross, *The Data Warehouse Toolkit*, 3rd edition, Wiley, 2013, chapter 3:
    "Dimension Surrogate Keys".

    Examples
    --------
    >>> members = spark.createDataFrame([("ann",), ("bob",)], "name string")
    >>> first = members.transform(assign_keys(natural_key=["name"], key="id"))
    >>> sorted(row.id for row in first.collect())
    [1, 2]
    >>> more = spark.createDataFrame([("cid",), ("bob",), (None,)], "name string")
    >>> then = more.transform(assign_keys(natural_key=["name"], key="id", existing=first))
    >>> {row.name: row.id for row in then.collect()} == {
    ...     "cid": 3, "bob": first.where("name = 'bob'").first().id, None: 0
    ... }
    True
    """
    if not natural_key or key in natural_key:
        raise ParameterError(
            step="assign_keys",
            parameter="natural_key",
            value=natural_key,
            allowed=f"columns other than '{key}'",
        )

    def transform(df: DataFrame) -> DataFrame:
        require_columns(df, natural_key, step="assign_keys")
        data = [name for name in df.columns if name != key]
        found = _with_known_keys(df.select(*map(quote, data)), natural_key, key, existing)
        columns = [F.col(quote(name)) for name in natural_key]
        bucket = F.pmod(F.xxhash64(*columns), F.lit(BUCKETS)).cast("int")
        new = F.col(MEMBER).isNull() & is_known(natural_key)
        within = Window.partitionBy(bucket, new).orderBy(*columns)
        ranked = found.withColumn(RANK, F.when(new, F.dense_rank().over(within)))
        numbered = ranked.crossJoin(F.broadcast(_offsets(ranked, bucket)))
        if existing is not None:
            highest = existing.agg(F.coalesce(F.max(quote(key)), F.lit(0)).cast("bigint").alias(HIGHEST))
            numbered = numbered.crossJoin(F.broadcast(highest))
        base = F.col(HIGHEST) if existing is not None else F.lit(0).cast("bigint")
        given = base + F.get(OFFSETS, bucket) + F.col(RANK)
        value = F.coalesce(F.col(MEMBER), given, F.lit(UNKNOWN_KEY).cast("bigint"))
        return numbered.select(value.alias(key), *map(quote, data))

    return transform


def is_known(natural_key: list[str]) -> Column:
    """Whether no part of a natural key is null."""
    known = F.lit(True)
    for name in natural_key:
        known = known & F.col(quote(name)).isNotNull()
    return known


def _with_known_keys(
    df: DataFrame, natural_key: list[str], key: str, existing: DataFrame | None
) -> DataFrame:
    if existing is None:
        return df.withColumn(MEMBER, F.lit(None).cast("bigint"))
    require_columns(existing, [*natural_key, key], step="assign_keys")
    for column in natural_key:
        types = df.schema[column].dataType, existing.schema[column].dataType
        if types[0] != types[1] and not all(isinstance(type_, T.IntegralType) for type_ in types):
            raise ParameterError(
                step="assign_keys",
                parameter=f"natural_key.{column}",
                value=types[0].simpleString(),
                allowed=f"{types[1].simpleString()}, which the dimension's members have, by a cast; or "
                "delete the dimension's folder, and all members get new keys",
            )
    names = [f"{MEMBER}_{place}" for place in range(len(natural_key))]
    members = existing.where(F.col(quote(key)) != UNKNOWN_KEY).select(
        *(F.col(quote(column)).alias(name) for column, name in zip(natural_key, names, strict=True)),
        F.col(quote(key)).cast("bigint").alias(MEMBER),
    )
    same = [F.col(quote(column)) == F.col(name) for column, name in zip(natural_key, names, strict=True)]
    return df.join(members, same, "left").drop(*names)


def _offsets(ranked: DataFrame, bucket: Column) -> DataFrame:
    """One row with an array: how many new members are in the buckets before each."""
    sizes = ranked.groupBy(bucket.alias("bucket")).agg(F.max(RANK).cast("bigint").alias("size"))
    all_sizes = F.collect_list(F.struct("bucket", "size"))
    return (
        sizes.where(F.col("size").isNotNull())
        .agg(all_sizes.alias("sizes"))
        .select(
            F.transform(
                F.sequence(F.lit(0), F.lit(BUCKETS - 1)),
                lambda place: F.aggregate(
                    F.filter("sizes", lambda part: part["bucket"] < place),
                    F.lit(0).cast("bigint"),
                    lambda total, part: total + part["size"],
                ),
            ).alias(OFFSETS)
        )
    )
