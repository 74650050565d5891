"""Fact tables: measurements at one grain, with a key into each dimension."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from headgate.etl.errors import ParameterError
from headgate.etl.star.keys import UNKNOWN_KEY, is_known
from headgate.etl.transform import quote, require_columns

__all__ = ["ORPHANS", "Reference", "build_fact"]

Reference = tuple[DataFrame, str, Mapping[str, str]]
"""A dimension, its surrogate key, and for each column of its natural key the column of the fact."""

ORPHANS = "_orphans"
"""The metadata column that names the references whose natural key is given but has no member."""


def build_fact(
    df: DataFrame,
    *,
    grain: Sequence[str],
    references: Mapping[str, Reference],
    columns: Sequence[str],
) -> DataFrame:
    """Put keys into dimensions in the place of natural keys.

    How the lookups are joined is left to Spark, which broadcasts dimensions that are small.

    Parameters
    ----------
    df : DataFrame
        One row for each row of the fact.
    grain : sequence of str
        The columns that identify a row; they are in the output whether `columns` has them or not.
        That they do so is for the gate to check: see `repeated_grain`.
    references : mapping of str to (DataFrame, str, mapping of str to str)
        For each foreign key, which is the name of an output column: the dimension, its key, and its
        natural key, each column with the column of `df` that holds it.
    columns : sequence of str
        Columns of `df` that are kept.

    Returns
    -------
    DataFrame
        The foreign keys (never null, of the type that the dimension's key has; 0, the unknown member,
        where the natural key has a null or no member), `grain`, `columns`, the metadata columns of
        `df`, and ``_orphans``: the names of the foreign keys that are 0 although no part of the natural
        key is null. One row for each row of `df`, provided that natural keys are unique in the
        dimensions.

    Raises
    ------
    headgate.etl.errors.MissingColumnError
        A column is missing, here or in a dimension.
    headgate.etl.errors.ParameterError
        A natural key has another type in the fact than in the dimension: Spark would convert one of
        them, and find nothing or too much.

    References
    ----------
    R. Kimball and M. Ross, *The Data Warehouse Toolkit*, 3rd edition, Wiley, 2013, chapter 3:
    "Fact Table Structure", "Nulls in Fact Tables".

    Examples
    --------
    >>> towns = spark.createDataFrame([(0, None), (1, "Rome")], "town_key bigint, town string")
    >>> visits = spark.createDataFrame(
    ...     [(1, "Rome", 5), (2, "Roma", 7), (3, None, 9)], "visit int, town string, cost int"
    ... )
    >>> build_fact(
    ...     visits,
    ...     grain=["visit"],
    ...     references={"town_key": (towns, "town_key", {"town": "town"})},
    ...     columns=["cost"],
    ... ).orderBy("visit").show()
    +--------+-----+----+----------+
    |town_key|visit|cost|  _orphans|
    +--------+-----+----+----------+
    |       1|    1|   5|        []|
    |       0|    2|   7|[town_key]|
    |       0|    3|   9|        []|
    +--------+-----+----+----------+
    """
    kept = [name for name in dict.fromkeys([*grain, *columns]) if name not in references]
    require_columns(df, kept, step="build_fact")
    metadata = [name for name in df.columns if name.startswith("_") and name not in (ORPHANS, *kept)]
    keys: list[Column] = []
    orphans: list[Column] = []
    found = df
    for place, (fk, (dimension, key, on)) in enumerate(references.items()):
        _check_types(df, dimension, fk=fk, key=key, on=on)
        looked_up = f"_key_{place}"
        found = _look_up(found, dimension, key=key, on=on, to=looked_up)
        type_ = dimension.schema[key].dataType
        keys.append(F.coalesce(F.col(looked_up), F.lit(UNKNOWN_KEY).cast(type_)).alias(fk))
        orphans.append(F.when(F.col(looked_up).isNull() & is_known(list(on.values())), F.lit(fk)))
    none = F.array().cast("array<string>")
    named = F.filter(F.array(*orphans), lambda fk: fk.isNotNull()) if orphans else none
    return found.select(*keys, *map(quote, kept), *map(quote, metadata), named.alias(ORPHANS))


def _look_up(df: DataFrame, dimension: DataFrame, *, key: str, on: Mapping[str, str], to: str) -> DataFrame:
    """`df` with the key of the member in column `to`, or null."""
    names = {column: f"{to}_{place}" for place, column in enumerate(on)}
    members = dimension.where(F.col(quote(key)) != UNKNOWN_KEY).select(
        F.col(quote(key)).alias(to), *(F.col(quote(column)).alias(name) for column, name in names.items())
    )
    same = [F.col(quote(on[column])) == F.col(name) for column, name in names.items()]
    return df.join(members, same, "left").drop(*names.values())


def _check_types(df: DataFrame, dimension: DataFrame, *, fk: str, key: str, on: Mapping[str, str]) -> None:
    require_columns(df, on.values(), step=f"build_fact {fk}")
    require_columns(dimension, [key, *on], step=f"build_fact {fk}")
    for of_dimension, of_fact in on.items():
        types = dimension.schema[of_dimension].dataType, df.schema[of_fact].dataType
        if types[0] != types[1] and not all(isinstance(type_, T.IntegralType) for type_ in types):
            raise ParameterError(
                step="build_fact",
                parameter=f"references.{fk}.{of_dimension}",
                value=f"{of_fact}: {types[1].simpleString()}",
                allowed=f"a column of type {types[0].simpleString()}, by a cast in the fact's steps",
            )
