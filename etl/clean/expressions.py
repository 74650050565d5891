"""SQL expressions that a pipeline gives to a step: confined, and checked against the data's columns.

What they may do is the same as in a suite's row conditions: see `headgate.quality.sql`.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from pyspark.errors import (
    AnalysisException,
    IllegalArgumentException,
    PySparkException,
    UnsupportedOperationException,
)
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from headgate.etl.errors import MissingColumnError, ParameterError
from headgate.quality.sql import SqlError, parse_sql

__all__ = ["parse_expression", "sql_column", "sql_condition"]

REFUSALS = (AnalysisException, IllegalArgumentException, UnsupportedOperationException)
"""What Spark, and what Sail, answers to an expression that it does not take."""


def parse_expression(
    sql: str,
    *,
    step: str,
    parameter: str,
    columns: Collection[str] | None = None,
    windows: bool = False,
) -> tuple[str, ...]:
    """Parse an expression without Spark, and refuse what none may do; the columns that it names.

    Parameters
    ----------
    sql : str
    step, parameter : str
        Where it stands, for errors.
    columns : collection of str, optional
        The columns that there are; without them, names are not looked up.
    windows : bool
        Whether it may ask of other rows by ``OVER``.

    Raises
    ------
    MissingColumnError
        It names a column that is not there.
    ParameterError
        It is not SQL, or calls what is not on the list.

    Examples
    --------
    >>> parse_expression("kg / (m * m)", step="add_columns", parameter="columns")
    ('kg', 'm')
    """
    try:
        return parse_sql(sql, columns=columns, windows=windows)
    except SqlError as error:
        if error.column is not None:
            raise MissingColumnError(step=step, column=error.column, columns=columns or ()) from error
        raise ParameterError(
            step=step,
            parameter=parameter,
            value=sql,
            allowed=f"an SQL expression over one row's columns, of listed functions; this one has: {error}",
        ) from error


def sql_column(df: DataFrame, sql: str, *, step: str, parameter: str, windows: bool = False) -> Column:
    """The expression as a column of `df`: one value for each row, from the columns of that row."""
    parse_expression(sql, step=step, parameter=parameter, columns=df.columns, windows=windows)
    _type_of(df, sql, step=step, parameter=parameter)
    return _parsed(sql)


def sql_condition(df: DataFrame, sql: str, *, step: str, parameter: str) -> Column:
    """The expression as a column of `df` that is true, false or null."""
    parse_expression(sql, step=step, parameter=parameter, columns=df.columns)
    kind = _type_of(df, sql, step=step, parameter=parameter)
    if not isinstance(kind, T.BooleanType):
        raise ParameterError(
            step=step,
            parameter=parameter,
            value=sql,
            allowed=f"an SQL expression that is true or false; this one is {kind.simpleString()}",
        )
    return _parsed(sql)


def _parsed(sql: str) -> Column:
    # Spark would take the last word of `age > 0 AND` for a name; in parentheses it does not parse.
    return F.expr(f"({sql}\n)")


def _type_of(df: DataFrame, sql: str, *, step: str, parameter: str) -> T.DataType:
    try:
        # Beside the row's own columns an aggregate is refused, and inside the array one that makes rows.
        checked = df.select("*", F.array(_parsed(sql)).alias("_checked")).schema["_checked"].dataType
    except REFUSALS as error:
        column = _unresolved(error, sql)
        if column is not None:
            raise MissingColumnError(step=step, column=column, columns=df.columns) from error
        raise ParameterError(
            step=step,
            parameter=parameter,
            value=sql,
            allowed=f"an SQL expression over one row; Spark says {str(error).strip().splitlines()[0]}",
        ) from error
    assert isinstance(checked, T.ArrayType)
    return checked.elementType


def _unresolved(error: PySparkException, sql: str) -> str | None:
    """The column that the engine did not find, if that is what the error is about."""
    if (error.getErrorClass() or "").startswith("UNRESOLVED_COLUMN"):
        return (error.getMessageParameters() or {}).get("objectName", sql).replace("`", "")
    # Sail says it in words: attribute ObjectName([Identifier("sex")]) is missing from the schema
    missing = re.search(r"attribute ObjectName\(\[(.*?)\]\) is missing", str(error))
    return ".".join(re.findall(r'Identifier\("(.*?)"\)', missing[1])) if missing else None
