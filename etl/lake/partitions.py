"""Partition columns: their values are texts in the names of folders, and have to come back from there.

References
----------
Delta Lake, "Delta Transaction Log Protocol": Partition Value Serialization.
Spark, ``org.apache.spark.sql.catalyst.catalog.ExternalCatalogUtils``: ``escapePathName``.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from headgate.etl.lake.admission import Refusal, TableRuleError
from headgate.etl.transform import quote, with_columns

__all__ = ["as_stored", "invalid_refused", "predicate", "with_valid_values"]

NULL = "__HIVE_DEFAULT_PARTITION__"
"""The folder of the rows that have no value."""

ESCAPED = "".join(map(chr, range(1, 0x20))) + "\"#%'*/:=?\\\x7f{[]^"
"""What takes three letters in a folder's name."""

LONGEST = 255
"""A folder's name, in bytes, on every file system that a table may be copied to."""

INVALID = "headgate: partition value: "


def as_stored(df: DataFrame, columns: Collection[str]) -> DataFrame:
    """`df` as a table gives it back that is partitioned by `columns`: an empty text there is null.

    Examples
    --------
    >>> wards = spark.createDataFrame([("A",), ("",)], "ward string")
    >>> [row.ward for row in as_stored(wards, ["ward"]).collect()]
    ['A', None]
    """
    texts = [field.name for field in _among(df, columns) if isinstance(field.dataType, T.StringType)]
    return with_columns(df, {name: F.when(F.col(quote(name)) != "", F.col(quote(name))) for name in texts})


def with_valid_values(df: DataFrame, columns: Collection[str]) -> DataFrame:
    """`df` that fails, when it is computed, at a value that would be another when it is read back."""
    checked = {}
    for field in _among(df, columns):
        value, kind = F.col(quote(field.name)), field.dataType
        text = value.cast("string")
        length = F.octet_length(text) + 2 * (F.length(text) - F.length(F.translate(text, ESCAPED, "")))
        tests = {
            f"is longer than {LONGEST} bytes in a folder's name": length > LONGEST - len(field.name) - 1,
            f"is {NULL}, or has a NUL in it": (text == NULL) | text.contains("\0"),
        }
        if not isinstance(kind, T.StringType):
            # The hour that a clock goes back over has one text for two instants.
            tests["is no longer the same once it is a text"] = ~text.cast(kind).eqNullSafe(value)
        for said, invalid in tests.items():
            message = f"{INVALID}column '{field.name}' has a value that {said};"
            value = F.when(invalid, F.raise_error(F.lit(message))).otherwise(value)
        checked[field.name] = value
    return with_columns(df, checked)


@contextmanager
def invalid_refused(table: str) -> Iterator[None]:
    """Raise `TableRuleError` for a value that `with_valid_values` found."""
    try:
        yield
    except Exception as error:
        said = re.search(f"{re.escape(INVALID)}([^;]+);", str(error))
        if said is None:
            raise
        fix = "partition by another column, or correct the value in the pipeline"
        raise TableRuleError(table=table, refusals=[Refusal(said[1], fix)]) from error


def predicate(
    values: Sequence[Mapping[str, str | None]], schema: T.StructType, columns: Sequence[str]
) -> str:
    """SQL that is true of the partitions with these values, however their texts are spelled.

    Parameters
    ----------
    values : sequence of mapping
        A text for every partition column.
    schema : StructType
        With the columns' types.
    columns : sequence of str
        The table is partitioned by.

    Examples
    --------
    >>> days = T.StructType().add("day", "date").add("shift", "integer")
    >>> predicate([{"day": "2024-01-31", "shift": None}], days, ["day", "shift"])
    "((`day` <=> CAST(CAST(X'323032342D30312D3331' AS STRING) AS date) AND `shift` <=> CAST(NULL AS int)))"
    >>> predicate([], days, ["day"])
    'false'
    """
    kinds = {field.name.lower(): field.dataType.simpleString() for field in schema}

    def same(name: str, text: str | None) -> str:
        # In hexadecimal: no text is another's syntax.
        told = "NULL" if text is None else f"CAST(X'{text.encode().hex().upper()}' AS STRING)"
        return f"{quote(name)} <=> CAST({told} AS {kinds[name.lower()]})"

    unlike = {tuple(value[name] for name in columns): value for value in values}.values()
    parts = [" AND ".join(same(name, value[name]) for name in columns) for value in unlike]
    return f"({' OR '.join(f'({part})' for part in parts)})" if parts else "false"


def _among(df: DataFrame, columns: Collection[str]) -> list[T.StructField]:
    wanted = {name.lower() for name in columns}
    return [field for field in df.schema if field.name.lower() in wanted]
