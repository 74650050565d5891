"""Dimension tables: one row per member, keys that stay, and a member for 'unknown'."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T
from pyspark.sql.window import Window

from headgate.etl.errors import ParameterError
from headgate.etl.order import latest_first
from headgate.etl.star.keys import UNKNOWN_KEY, assign_keys, is_known
from headgate.etl.transform import quote, require_columns

__all__ = ["UNKNOWN_TEXT", "build_dimension", "unknown_member"]

UNKNOWN_TEXT = "Unknown"
"""What the unknown member has in its text attributes."""

LAST = "_last"


def build_dimension(
    df: DataFrame,
    *,
    key: str,
    natural_key: list[str],
    attributes: Sequence[str] = (),
    order_by: Sequence[str] = (),
    existing: DataFrame | None = None,
) -> DataFrame:
    """Build a dimension whose attributes are overwritten when the source tells of new ones (type 1).

    Parameters
    ----------
    df : DataFrame
        Rows that tell of members; any number of rows a member.
    key : str
        The name of the surrogate key.
    natural_key : list of str
        The columns that identify a member in the source; rows with a null in one of them tell of no
        member and are left out.
    attributes : sequence of str
        The columns that describe a member.
    order_by : sequence of str
        Of several rows of a member the last in this order wins, nulls first, and texts that are numbers
        by their size; ``-name`` turns a column round, so that the smallest wins. Where rows still tie,
        the attributes decide, so that the result depends on nothing but the data.
    existing : DataFrame, optional
        The dimension as it stands. Its members keep their keys; those that the source no longer has
        stay as they are, since facts may refer to them.

    Returns
    -------
    DataFrame
        `key` (bigint), `natural_key`, `attributes`: one row a member, and the unknown member with key
        0, whose natural key is null, text attributes are ``Unknown``, and other attributes null.

    Raises
    ------
    headgate.etl.errors.ParameterError
        `natural_key` is empty, or a column has two roles.
    headgate.etl.errors.MissingColumnError
        A column is missing.

    References
    ----------
    R. Kimball and M. Ross, *The Data Warehouse Toolkit*, 3rd edition, Wiley, 2013, chapter 3 on
    unknown members ("Null Values in Dimension Tables"), and chapter 5, "Type 1: Overwrite".

    Examples
    --------
    >>> visits = spark.createDataFrame(
    ...     [(1, "ann", "Rome"), (2, "ann", "Oslo"), (3, None, "Bern")], "visit int, name string, city string"
    ... )
    >>> build_dimension(
    ...     visits, key="id", natural_key=["name"], attributes=["city"], order_by=["visit"]
    ... ).orderBy("id").show()
    +---+----+-------+
    | id|name|   city|
    +---+----+-------+
    |  0|NULL|Unknown|
    |  1| ann|   Oslo|
    +---+----+-------+
    """
    columns = [*natural_key, *attributes]
    if not natural_key or len({key, *columns}) < len(columns) + 1:
        raise ParameterError(
            step="build_dimension",
            parameter="natural_key",
            value=natural_key,
            allowed=f"columns that are neither the key '{key}' nor attributes, each once",
        )
    require_columns(df, [*columns, *(name.removeprefix("-") for name in order_by)], step="build_dimension")

    ties = [F.col(quote(name)).desc_nulls_last() for name in attributes]
    order = [*latest_first(df, order_by), *ties] or [F.lit(1)]
    latest = Window.partitionBy(*map(quote, natural_key)).orderBy(*order)
    members = (
        df.where(is_known(natural_key))
        .withColumn(LAST, F.row_number().over(latest))
        .where(F.col(LAST) == 1)
        .select(*map(quote, columns))
    )
    dimension = members.transform(assign_keys(natural_key=natural_key, key=key, existing=existing))
    if existing is not None:
        gone = existing.where(F.col(quote(key)) != UNKNOWN_KEY).join(members, natural_key, "left_anti")
        kept = [name for name in dimension.columns if name in existing.columns]
        dimension = dimension.unionByName(gone.select(*map(quote, kept)), allowMissingColumns=True)
    return dimension.unionByName(unknown_member(dimension, key=key, texts=list(attributes)))


def unknown_member(dimension: DataFrame, *, key: str, texts: Sequence[str]) -> DataFrame:
    """The row of the unknown member.

    Parameters
    ----------
    dimension : DataFrame
        Whose schema the row is to have.
    key : str
        The surrogate key.
    texts : sequence of str
        Columns that hold ``Unknown`` if they are text.

    Returns
    -------
    DataFrame
        One row.

    Examples
    --------
    >>> towns = spark.createDataFrame([(1, "Rome", 41.9)], "id bigint, town string, latitude double")
    >>> unknown_member(towns, key="id", texts=["town"]).collect()
    [Row(id=0, town='Unknown', latitude=None)]
    """

    def value(field: T.StructField) -> Column:
        if field.name == key:
            return F.lit(UNKNOWN_KEY).cast(field.dataType)
        is_text = isinstance(field.dataType, T.StringType) and field.name in texts
        return F.lit(UNKNOWN_TEXT if is_text else None).cast(field.dataType)

    row = dimension.sparkSession.range(1)
    return row.select(*(value(field).alias(field.name) for field in dimension.schema))
