"""Which of two rows is the later one, by the values of their columns."""

from __future__ import annotations

from collections.abc import Iterable

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from headgate.etl.transform import quote

__all__ = ["comparable", "judged_by", "latest_first"]

NUMBER = "^ *[+-]?[0-9]+([.][0-9]+)? *$"


def judged_by(column: str, kind: T.DataType) -> tuple[str, ...]:
    """SQL of what the values of a column are compared by, first by the first.

    Digits that were left as text are numbers, whatever their length: ``10`` is later than ``9``. What is
    null in one of them is the earlier, so that other texts are earlier than numbers.

    Parameters
    ----------
    column : str
        SQL of the column.
    kind : pyspark.sql.types.DataType
        Its type.

    Examples
    --------
    >>> judged_by("at", T.DateType())
    ('at',)
    """
    if not isinstance(kind, T.StringType):
        return (column,)
    return (f"CASE WHEN {column} RLIKE '{NUMBER}' THEN CAST({column} AS DOUBLE) END", column)


def latest_first(df: DataFrame, order_by: Iterable[str]) -> list[Column]:
    """The order in which the latest row comes first, and a null after any value.

    Parameters
    ----------
    df : DataFrame
    order_by : iterable of str
        Columns of it; ``-name`` for one whose smaller values are later.
    """
    order = []
    for entry in order_by:
        name = entry.removeprefix("-")
        kind = df.schema[name].dataType
        text = isinstance(kind, T.StringType)
        parts = [F.expr(part) for part in judged_by(quote(name), kind)] if text else [comparable(df, name)]
        order += [part.asc_nulls_last() if entry != name else part.desc_nulls_last() for part in parts]
    return order


def comparable(df: DataFrame, name: str) -> Column:
    """The column or, as Spark neither groups nor sorts by maps, its text if it holds any."""
    column, kind = F.col(quote(name)), df.schema[name].dataType
    if isinstance(kind, T.FloatType | T.DoubleType):
        # Windows of Sail hold -0.0 and 0.0 for two values.
        return column + F.lit(0.0)
    return column.cast("string") if _holds_map(kind) else column


def _holds_map(kind: T.DataType) -> bool:
    if isinstance(kind, T.ArrayType):
        return _holds_map(kind.elementType)
    if isinstance(kind, T.StructType):
        return any(_holds_map(field.dataType) for field in kind.fields)
    return isinstance(kind, T.MapType)
