"""Delta's own transactions, by which a table is written in one commit that knows what it follows on.

The way there leads through Delta's classes in the JVM, which are no stable interface: `fits` says
whether they are there, and whether the table can do with what is written here.

References
----------
Delta Lake, ``org.apache.spark.sql.delta.OptimisticTransaction`` (3.3, 4.0, 4.2).
Delta Lake, "Delta Transaction Log Protocol": Actions.
"""

from __future__ import annotations

import json
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from py4j.protocol import Py4JError
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import types as T

from headgate.etl.lake import delta_classes as delta
from headgate.etl.lake.admission import admit
from headgate.etl.lake.commits import NOTE_KEY, ROWS, checksum, data_files
from headgate.etl.lake.partitions import predicate
from headgate.etl.lake.tables import APPLICATION, ConflictError
from headgate.etl.lake.target import Mode, Target, fields_within, target_of

__all__ = [
    "append",
    "as_nullable",
    "describe",
    "fits",
    "follow",
    "operation",
    "removes",
    "rows_in",
    "understood",
]

FEATURES = frozenset(
    {
        "allowColumnDefaults",
        "appendOnly",
        "changeDataFeed",
        "checkConstraints",
        "columnMapping",
        "deletionVectors",
        "generatedColumns",
        "identityColumns",
        "inCommitTimestamp",
        "invariants",
        "timestampNtz",
        "v2Checkpoint",
        "vacuumProtocolCheck",
    }
)
"""What a table may list that asks nothing of files but what its properties and columns say."""

PROPERTIES = (
    "delta.appendOnly",
    "delta.autoOptimize.",
    "delta.checkpoint",
    "delta.dataSkipping",
    "delta.deletedFileRetentionDuration",
    "delta.enableChangeDataFeed",
    "delta.enableDeletionVectors",
    "delta.enableExpiredLogCleanup",
    "delta.enableInCommitTimestamps",
    "delta.inCommitTimestampEnablement",
    "delta.isolationLevel",
    "delta.logRetentionDuration",
    "delta.minReaderVersion",
    "delta.minWriterVersion",
    "delta.setTransactionRetentionDuration",
    "delta.targetFileSize",
    "delta.tuneFileSizesForRewrites",
)
"""Properties of tables, by how they begin, whose files only have to be written and named. Tables with
others, and with rules for their columns, are for Delta's own writer, which knows them all."""

_WRITE = "org.apache.spark.sql.delta.DeltaOperations$Write"
_CLASSES = ("org.apache.spark.sql.delta.DeltaLog", "org.apache.spark.sql.delta.actions.Action", _WRITE)


def fits(spark: SparkSession, target: Target, columns: Collection[str]) -> bool:
    """Whether this runtime's Delta, and this table, can be written in place.

    Parameters
    ----------
    spark : SparkSession
    target : Target
    columns : collection of str
        Of the rows.
    """
    try:
        for name in _CLASSES:
            delta.class_of(spark, name)
        delta.require_method(spark, "org.apache.spark.sql.delta.OptimisticTransaction", "readTxn")
    except (AttributeError, Py4JError):  # Spark Connect, or a Delta that is built otherwise
        return False
    return understood(target, columns)


def understood(target: Target, columns: Collection[str]) -> bool:
    """Whether a table asks for nothing that its files are not given here."""
    there = {field.name.lower(): field.name for field in target.schema}
    return (
        FEATURES.issuperset(target.features)
        and all(name.startswith(PROPERTIES) for name in target.configuration if name.startswith("delta."))
        and all(one.nullable and one.metadata.keys() <= {"comment"} for one in fields_within(target.schema))
        # Other readers take the names in the files to the letter.
        and all(there.get(name.lower(), name) == name for name in columns)
    )


def append(df: DataFrame, table: str, *, after: int, note: Mapping[str, Any]) -> int:
    """Append rows to a table that `fits`, if it is still at the version `after`, and give the version made.

    Raises
    ------
    headgate.etl.lake.tables.ConflictError
        It is not. What another commits from then on makes Delta raise an exception of its own.
    """
    spark = df.sparkSession
    transaction = delta.start(spark, table)
    found = target_of(transaction, table)
    if found.version != after:
        raise ConflictError(table=table, expected=after, found=found.version)
    admit(df, found, mode="append")
    describe(spark, transaction, found, df.schema, "append", ())
    written = transaction.writeFiles(df._jdf)
    adds = [written.apply(at) for at in range(written.size())]
    stats = [json.loads(add.json())["add"].get("stats") for add in adds]
    told = {**note, ROWS: rows} if (rows := rows_in(stats)) is not None else note
    actions = [*adds, follow(spark, transaction, after)]
    return int(transaction.commit(delta.seq(spark, actions), operation(spark, "append", told)))


def rows_in(stats: Iterable[str | None]) -> int | None:
    """The rows in files that Delta has written, by the statistics of each; None where it has taken none."""
    told = [json.loads(one or "{}") for one in stats]
    return sum(int(one["numRecords"]) for one in told) if all("numRecords" in one for one in told) else None


def follow(spark: SparkSession, transaction: Any, after: int) -> Any:
    """Make commits after the version `after` a conflict, and give the action that tells of this one.

    A conflict is what changes files or metadata, and whatever Headgate commits, files or none. To ask Delta
    for the application's last version would do that too, and have Spark compute all of the table's state for
    it: more work than to write a small table. Writers that ask are told by the action.
    """
    transaction.readWholeTable()
    getattr(transaction.readTxn(), "$plus$eq")(APPLICATION)
    once = {"appId": APPLICATION, "version": after + 1, "lastUpdated": time.time_ns() // 10**6}
    return delta.action(spark, {"txn": once})


def operation(spark: SparkSession, mode: Mode, note: Mapping[str, Any]) -> Any:
    """What the table's history says of a commit, with its note."""
    given = {
        "mode": delta.save_mode(spark, "append" if mode == "append" else "overwrite"),
        "userMetadata": delta.some(spark, json.dumps({NOTE_KEY: note}, default=str)),
    }
    return delta.construct(spark, _WRITE, given)


def describe(
    spark: SparkSession,
    transaction: Any,
    found: Target,
    schema: T.StructType,
    mode: Mode,
    partition_by: Sequence[str],
) -> None:
    """Change the table's metadata where it is new, or where its schema is to change."""
    there = {field.name: field for field in found.schema}
    made = as_nullable(schema)
    # A field that stays keeps what is noted of it.
    kept = [
        there[field.name] if field.name in there and there[field.name].dataType == field.dataType else field
        for field in made
    ]
    if mode != "overwrite":
        kept = [*found.schema, *(field for field in made if field.name not in there)]
    after = T.StructType(kept)
    if found.exists and after == found.schema:
        return
    metadata: dict[str, Any] = json.loads(transaction.metadata().json())["metaData"]
    metadata |= {"schemaString": after.json()}
    if not found.exists:
        metadata |= {"partitionColumns": list(partition_by)}
    changed = delta.action(spark, {"metaData": metadata})
    if mode == "overwrite" and found.exists:
        transaction.updateMetadataForTableOverwrite(changed)
    else:
        transaction.updateMetadata(changed, False)


def as_nullable(schema: T.StructType) -> T.StructType:
    """A schema in which everything may be null, as Delta keeps it."""
    return T.StructType.fromJson(_nullable(schema.jsonValue()))


def _nullable(schema: Any) -> Any:
    if isinstance(schema, dict):
        always = {"nullable", "containsNull", "valueContainsNull"}
        return {key: True if key in always else _nullable(value) for key, value in schema.items()}
    return [_nullable(item) for item in schema] if isinstance(schema, list) else schema


def removes(
    spark: SparkSession,
    transaction: Any,
    found: Target,
    mode: Mode,
    written: Sequence[Mapping[str, str | None]],
) -> list[Any]:
    """What takes out the files that are replaced; to ask makes concurrent writers a conflict."""
    if mode == "append" or not found.exists:
        return []
    if mode == "overwrite":
        known = checksum(spark, found.table, found.version)
        named = data_files(known)
        if named is not None and known.get("metadata", {}).get("id") == found.id:
            # Delta would have Spark compute the table's state for it: more work than to write a small table.
            transaction.readWholeTable()
            return [delta.action(spark, {"add": file}).remove() for file in named]
        there = transaction.filterFiles()
    else:
        same = delta.expression(spark, predicate(written, found.schema, found.partition_by))
        there = transaction.filterFiles(delta.seq(spark, [same]), False)
    return [there.apply(at).remove() for at in range(there.size())]
