"""The table that rows are to be written to: its schema, its properties, and what it asks of its rows.

References
----------
Delta Lake, "Delta Transaction Log Protocol": Change Metadata, Protocol Evolution, Table Features,
Column Invariants, CHECK Constraints, Generated Columns, Identity Columns, Default Columns.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from py4j.protocol import Py4JError
from pyspark.sql import SparkSession
from pyspark.sql import types as T

from headgate.etl.lake import files
from headgate.etl.lake.delta_classes import DELTA_TABLE, start
from headgate.etl.lake.java import java_class
from headgate.etl.transform import quote

__all__ = ["Kind", "Mode", "Rule", "Target", "fields_within", "read_target", "target_of"]

Mode = Literal["append", "overwrite", "overwrite_partitions", "merge"]

Kind = Mode | Literal["replace"]
"""How rows come to a table that may replace others of it: chosen by a condition, which is no mode."""

LENGTH = "__CHAR_VARCHAR_TYPE_STRING"
GENERATED = "delta.generationExpression"
IDENTITY = "delta.identity."
DEFAULT = "CURRENT_DEFAULT"
PHYSICAL_NAME = "delta.columnMapping.physicalName"
CHECK = "delta.constraints."


@dataclass(frozen=True)
class Rule:
    """What every row of a table has to fulfil, in words and as a condition in SQL that is never null."""

    text: str
    condition: str


@dataclass(frozen=True, kw_only=True)
class Target:
    """A Delta table as its log describes it, or as it is going to be where there is none.

    Attributes
    ----------
    table : str
        The folder.
    version : int
        -1 where there is no table.
    id : str
        Delta's own, by which a table is told from one that was made anew in the same folder.
    schema : StructType
        With the metadata of its fields: what is laid down for them.
    partition_by : tuple of str
    configuration : mapping
        The table's properties.
    features : tuple of str
        Of tables that list them: what a writer has to know.
    """

    table: str
    version: int = -1
    id: str = ""
    schema: T.StructType = field(default_factory=lambda: T.StructType([]))
    partition_by: tuple[str, ...] = ()
    configuration: Mapping[str, str] = field(default_factory=dict)
    features: tuple[str, ...] = ()

    @property
    def exists(self) -> bool:
        """Whether there is a table."""
        return self.version >= 0

    @property
    def append_only(self) -> bool:
        """Whether rows may be added only."""
        return self.configuration.get("delta.appendOnly", "").lower() == "true"

    @property
    def maps_columns(self) -> bool:
        """Whether columns have names in the files that are not their own."""
        return self.configuration.get("delta.columnMapping.mode", "none") != "none"

    @property
    def binds_columns(self) -> bool:
        """Whether something is laid down for a column that another schema in its place would do away with."""
        kept = (LENGTH, GENERATED, IDENTITY, DEFAULT)
        return any(
            not one.nullable or any(key.startswith(kept) for key in one.metadata)
            for one in fields_within(self.schema)
        )

    def fills(self, name: str) -> bool:
        """Whether Delta has a value for a column that is not given: generated, counted, or a default."""
        metadata = self.schema[name].metadata
        return any(key.startswith((GENERATED, IDENTITY, DEFAULT)) for key in metadata)

    def made_of(self) -> dict[str, str]:
        """By generated column: the expression that Delta computes."""
        return {one.name: one.metadata[GENERATED] for one in self.schema if GENERATED in one.metadata}

    def counts_always(self, name: str) -> bool:
        """Whether a column is GENERATED ALWAYS AS IDENTITY, so that no value may be given."""
        return self.schema[name].metadata.get(f"{IDENTITY}allowExplicitInsert") is False

    def rules(self) -> list[Rule]:
        """What the values of a row have to fulfil to be stored, and to be read as they were written."""
        found = [rule for one in self.schema for rule in _rules_of(one)]
        for key, condition in sorted(self.configuration.items()):
            if key.startswith(CHECK):
                text = f"{key.removeprefix(CHECK)}: CHECK ({condition})"
                found.append(Rule(text, f"coalesce(({condition}), false)"))
        return found

    def first_names(self) -> dict[str, str]:
        """By the name that a column has in the files, where it is no made-up one: its name now."""
        names = {str(one.metadata.get(PHYSICAL_NAME, one.name)): one.name for one in self.schema}
        return {old: new for old, new in names.items() if old != new}


def _rules_of(one: T.StructField) -> Iterator[Rule]:
    name = quote(one.name)
    if not one.nullable:
        yield Rule(f"{one.name}: NOT NULL", f"{name} IS NOT NULL")
    length = str(one.metadata.get(LENGTH, ""))
    if length.startswith(("char(", "varchar(")):
        most = length[length.index("(") + 1 : -1]
        # Shorter texts are filled up with blanks, and read so.
        sign, more = ("=", ", exactly filled") if length.startswith("char") else ("<=", "")
        yield Rule(f"{one.name}: {length}{more}", f"({name} IS NULL OR char_length({name}) {sign} {most})")
    if GENERATED in one.metadata:
        made = one.metadata[GENERATED]
        yield Rule(f"{one.name}: GENERATED ALWAYS AS ({made})", f"({name} <=> ({made}))")


def fields_within(kind: T.DataType) -> Iterator[T.StructField]:
    """The fields of a type, and those of the types in them, however deep."""
    match kind:
        case T.StructType():
            for one in kind:
                yield one
                yield from fields_within(one.dataType)
        case T.ArrayType():
            yield T.StructField("element", kind.elementType, kind.containsNull)
            yield from fields_within(kind.elementType)
        case T.MapType():
            yield T.StructField("key", kind.keyType)
            yield T.StructField("value", kind.valueType, kind.valueContainsNull)
            yield from fields_within(kind.keyType)
            yield from fields_within(kind.valueType)


def read_target(spark: SparkSession, table: str) -> Target:
    """The table in a folder as it stands.

    Parameters
    ----------
    spark : SparkSession
    table : str
        A table's folder; there may be none yet.
    """
    try:
        transaction = start(spark, table)
        return target_of(transaction, table)
    except (AttributeError, Py4JError):  # a Delta that is built otherwise
        return _described(spark, table)


def target_of(transaction: Any, table: str) -> Target:
    """The table as a transaction on it finds it."""
    metadata: dict[str, Any] = json.loads(transaction.metadata().json())["metaData"]
    protocol: dict[str, Any] = json.loads(transaction.protocol().json())["protocol"]
    known = metadata.get("schemaString")
    return Target(
        table=table,
        version=int(transaction.readVersion()),
        id=metadata["id"],
        schema=T.StructType.fromJson(json.loads(known)) if known else T.StructType([]),
        partition_by=tuple(metadata["partitionColumns"]),
        configuration=metadata.get("configuration", {}),
        features=(*protocol.get("readerFeatures", ()), *protocol.get("writerFeatures", ())),
    )


def _described(spark: SparkSession, table: str) -> Target:
    """What Delta's SQL tells, which takes Spark jobs: nothing of generated columns."""
    if not java_class(spark, DELTA_TABLE).isDeltaTable(spark._jsparkSession, table):
        return Target(table=table)
    path = f"delta.{quote(files.qualified(spark, table))}"
    (detail,) = spark.sql(f"DESCRIBE DETAIL {path}").collect()
    (newest,) = spark.sql(f"DESCRIBE HISTORY {path} LIMIT 1").collect()
    return Target(
        table=table,
        version=newest["version"],
        id=detail["id"],
        schema=spark.read.format("delta").load(table).schema,
        partition_by=tuple(detail["partitionColumns"]),
        configuration=detail["properties"],
        features=tuple(detail["tableFeatures"]),
    )
