"""SQL expressions that a pipeline gives to a step, checked against the data's columns."""

from __future__ import annotations

import re

from pyspark.errors import (
    AnalysisException,
    IllegalArgumentException,
    PySparkException,
    UnsupportedOperationException,
)
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from etl.engine import is_sail
from etl.errors import MissingColumnError, ParameterError

__all__ = ["sql_column", "sql_condition"]

MANY_ROWS = re.compile(
    r"\b((?:pos)?explode(?:_outer)?|inline(?:_outer)?|stack|json_tuple)\s*\(", re.IGNORECASE
)

REFUSALS = (AnalysisException, IllegalArgumentException, UnsupportedOperationException)
"""What Spark, and what Sail, answers to an expression that it does not take."""


def sql_column(df: DataFrame, sql: str, *, step: str, parameter: str) -> Column:
    """The expression as a column of `df`: one value for each row, from the columns of that row."""
    _type_of(df, sql, step=step, parameter=parameter)
    return _parsed(sql)


def sql_condition(df: DataFrame, sql: str, *, step: str, parameter: str) -> Column:
    """The expression as a column of `df` that is true, false or null."""
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
    many = MANY_ROWS.search(sql)
    if many and is_sail(df):
        # Sail would make the rows; Spark has refused them above.
        raise ParameterError(
            step=step,
            parameter=parameter,
            value=sql,
            allowed=f"an SQL expression over one row, not {many[1]}",
        )
    assert isinstance(checked, T.ArrayType)
    return checked.elementType


def _unresolved(error: PySparkException, sql: str) -> str | None:
    """The column that the engine did not find, if that is what the error is about."""
    if (error.getErrorClass() or "").startswith("UNRESOLVED_COLUMN"):
        return (error.getMessageParameters() or {}).get("objectName", sql).replace("`", "")
    # Sail says it in words: attribute ObjectName([Identifier("sex")]) is missing from the schema
    missing = re.search(r"attribute ObjectName\(\[(.*?)\]\) is missing", str(error))
    return ".".join(re.findall(r'Identifier\("(.*?)"\)', missing[1])) if missing else None
