"""The schema of the data as Great Expectations sees it: names, and kinds of types.

Names resolve without regard to case; a dotted name is a column of that name or a field of a
struct; fields of structs count as columns.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql import types as T

from headgate.quality.literals import quote

__all__ = ["Family", "Field", "columns_of", "family", "resolve", "type_named"]

Family = Literal["text", "number", "boolean", "date", "timestamp", "binary", "nested"]
"""Types that Spark compares alike."""

PLAIN_SCALE = 6
"""Decimals with no more digits after the point are never written with an exponent."""


@dataclass(frozen=True)
class Field:
    """A column that a rule speaks about, found in the data.

    ``dotted`` says that it is a column, not a field of a struct, whose name has a dot that is not quoted;
    ``mistaken`` that Great Expectations takes it for the one named though Spark, or the data, has another.
    ``fixed`` says that its texts are compared as if they had no blanks at the end: ``char(n)``.
    ``listed`` are texts that it may be expected to hold, as another rule of the suite lists them.
    """

    name: str
    sql: str
    type: T.DataType
    dotted: bool = False
    mistaken: bool = False
    fixed: bool = False
    listed: tuple[str, ...] = ()

    @cached_property
    def column(self) -> Column:
        """The column."""
        return F.col(self.sql)

    @property
    def family(self) -> Family:
        """Its kind of type."""
        return family(self.type)

    @property
    def text(self) -> Column:
        """Its value as Spark writes it with ANSI mode off, whatever the mode.

        The modes differ for small decimals of many digits: 1E-8 or 0.00000001.
        """
        if self.family == "nested":
            return F.to_json(F.struct(self.column.alias("value")))
        if self._is_precise:
            return F.when(self.column.isNotNull(), F.format_string("%s", self.column))
        return self.column.cast("string")

    def text_of(self, sql: str) -> str:
        """Write, of an SQL expression of this type that is not nested, the same text."""
        if self._is_precise:
            return f"CASE WHEN {sql} IS NOT NULL THEN format_string('%s', {sql}) END"
        return f"CAST({sql} AS STRING)"

    @property
    def _is_precise(self) -> bool:
        return isinstance(self.type, T.DecimalType) and self.type.scale > PLAIN_SCALE

    def tried_as(self, type_name: str) -> Column:
        """Give its value as another type, null where it cannot be read, whatever the ANSI mode."""
        return F.expr(f"try_cast({self.sql} AS {type_name})")


def family(data_type: T.DataType) -> Family:
    """Tell which types Spark compares with this one."""
    if isinstance(data_type, T.NumericType):
        return "number"
    if isinstance(data_type, T.StringType | T.VarcharType | T.CharType):
        return "text"
    if isinstance(data_type, T.BooleanType):
        return "boolean"
    if isinstance(data_type, T.DateType):
        return "date"
    if isinstance(data_type, T.TimestampType | T.TimestampNTZType):
        return "timestamp"
    return "binary" if isinstance(data_type, T.BinaryType) else "nested"


def columns_of(schema: T.StructType) -> list[tuple[str, T.DataType]]:
    """List the columns as Great Expectations names them, fields of structs included.

    Examples
    --------
    >>> schema = spark.createDataFrame([], "id int, `a.b` string, home struct<city: string>").schema
    >>> [name for name, _ in columns_of(schema)]
    ['id', '`a.b`', 'home', 'home.city']
    """
    return [(known.name, known.type) for known in _walk(schema)]


@dataclass(frozen=True)
class _Known:
    """A column of the data: as Great Expectations names it, and as Spark does."""

    name: str
    sql: str
    type: T.DataType
    dotted: bool
    fixed: bool


def _walk(schema: T.StructType, prefix: str = "", sql: str = "") -> Iterator[_Known]:
    for field in schema.fields:
        dotted = "." in field.name and not re.fullmatch(r"`.*`", field.name)
        quoted = f"{sql}{quote(field.name)}"
        name = f"`{field.name}`" if dotted else field.name
        declared = str(field.metadata.get("__CHAR_VARCHAR_TYPE_STRING", ""))
        fixed = isinstance(field.dataType, T.CharType) or declared.startswith("char")
        yield _Known(prefix + name, quoted, field.dataType, dotted and not sql, fixed)
        if isinstance(field.dataType, T.StructType):
            yield from _walk(field.dataType, f"{prefix}{field.name}.", f"{quoted}.")


def resolve(name: str, schema: T.StructType) -> Field | None:
    """Find the column that a suite names; None where the data has none.

    Examples
    --------
    >>> schema = spark.createDataFrame([], "Id int, `a.b` string, home struct<city: string>").schema
    >>> [resolve(name, schema).sql for name in ("id", "a.b", "home.city")]
    ['`Id`', '`a.b`', '`home`.`city`']
    """
    found = [known for known in _walk(schema) if _names(name, known.name)]
    if not found:
        return None
    first, *others = found
    plain = name.strip('"`')
    exact = any(known.name.strip("`") == plain for known in found)
    # Great Expectations takes the first that is equal without regard to case, and ß for ss.
    mistaken = first.name.strip("`") != plain and (
        exact or bool(others) or first.name.strip("`").lower() != plain.lower()
    )
    return Field(name, first.sql, first.type, first.dotted and "`" not in name, mistaken, first.fixed)


def _names(name: str, column: str) -> bool:
    wanted, known = name.casefold(), column.casefold()
    return wanted in (known, known.strip("`")) or known in (wanted.strip('"'), wanted.strip("`"))


def type_named(name: str) -> type[T.DataType] | None:
    """Find the class of ``pyspark.sql.types`` with this name.

    Examples
    --------
    >>> type_named("IntegerType")
    <class 'pyspark.sql.types.IntegerType'>
    """
    found = getattr(T, name, None)
    return found if isinstance(found, type) and issubclass(found, T.DataType) else None
