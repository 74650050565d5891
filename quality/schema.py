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

__all__ = ["Family", "Field", "columns_of", "family", "quote", "resolve", "type_named"]

Family = Literal["text", "number", "boolean", "date", "timestamp", "binary", "nested"]
"""Types that Spark compares alike."""

PLAIN_SCALE = 6
"""Decimals with no more digits after the point are never written with an exponent."""


@dataclass(frozen=True)
class Field:
    """A column that a rule speaks about, found in the data.

    ``listed`` are texts that it may be expected to hold, as another rule of the suite lists them.
    """

    name: str
    sql: str
    type: T.DataType
    listed: tuple[str, ...] = ()

    @property
    def dotted(self) -> bool:
        """Whether it is a column, not a field of a struct, whose name has a dot that is not quoted."""
        return "`" not in self.name and self.sql.count("`") == 2 and "." in self.sql

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
        """Its value as text."""
        return self.text_of(self.column)

    def text_of(self, column: Column) -> Column:
        """Give a value of this type as Spark writes it with ANSI mode off, whatever the mode.

        The modes differ for small decimals of many digits: 1E-8 or 0.00000001.
        """
        if self.family == "nested":
            return F.to_json(F.struct(column.alias("value")))
        if isinstance(self.type, T.DecimalType) and self.type.scale > PLAIN_SCALE:
            return F.when(column.isNotNull(), F.format_string("%s", column))
        return column.cast("string")

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
    return list(_walk(schema, ""))


def _walk(schema: T.StructType, prefix: str) -> Iterator[tuple[str, T.DataType]]:
    for field in schema.fields:
        dotted = "." in field.name and not re.fullmatch(r"`.*`", field.name)
        yield prefix + (f"`{field.name}`" if dotted else field.name), field.dataType
        if isinstance(field.dataType, T.StructType):
            yield from _walk(field.dataType, f"{prefix}{field.name}.")


def resolve(name: str, schema: T.StructType) -> Field | None:
    """Find the column that a suite names; None where the data has none.

    Examples
    --------
    >>> schema = spark.createDataFrame([], "Id int, `a.b` string, home struct<city: string>").schema
    >>> [resolve(name, schema).sql for name in ("id", "a.b", "home.city")]
    ['`Id`', '`a.b`', '`home`.`city`']
    """
    wanted = name.casefold()
    for column, data_type in columns_of(schema):
        known = column.casefold()
        if wanted in (known, known.strip("`")) or wanted.strip('"') == known or wanted.strip("`") == known:
            return Field(name, _quoted(column), data_type)
    return None


def type_named(name: str) -> type[T.DataType] | None:
    """Find the class of ``pyspark.sql.types`` with this name.

    Examples
    --------
    >>> type_named("IntegerType")
    <class 'pyspark.sql.types.IntegerType'>
    """
    found = getattr(T, name, None)
    return found if isinstance(found, type) and issubclass(found, T.DataType) else None


def quote(name: str) -> str:
    """Write a column's name so that Spark takes it for a name whatever is in it."""
    return "`" + name.replace("`", "``") + "`"


def _quoted(path: str) -> str:
    parts = re.findall(r"`(?:[^`]|``)+`|[^.]+", path)
    return ".".join(part if part.startswith("`") else f"`{part}`" for part in parts)
