"""Stage in the table's own folder, by Delta's own transactions, and publish by committing.

Delta writes data files first and makes them visible by a commit to its log. Between the two lies the
audit: files of rows that are refused or rejected are never committed, and no row is written twice.
The way there leads through Delta's classes in the JVM, which are no stable interface: `fits` says
whether they are there, and nothing else in Headgate knows of them.

The rows are written as if the verdict were a partition column of the table, so that each file holds
rows of one verdict; the commit leaves that column out. Files that are never committed are for VACUUM
to remove, as those of any writer that died.

References
----------
Delta Lake, ``org.apache.spark.sql.delta.OptimisticTransaction`` (3.3, 4.0, 4.2).
Delta Lake, "Delta Transaction Log Protocol": Actions.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

from py4j.protocol import Py4JError
from pyspark.sql import DataFrame, Observation, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from etl.errors import ParameterError
from etl.lake import files
from etl.lake.merging import merge_rows, published_before
from etl.lake.tables import (
    NOTE_KEY,
    Commit,
    ConflictError,
    PartitionsError,
    Publication,
    conflicts_refused,
)
from etl.transform import quote

__all__ = ["StagedInPlace", "fits", "write"]

PARTITION = "headgate_verdict"
"""Folders whose names begin with an underscore would be hidden from VACUUM."""

UNFIT = ("delta.columnMapping.", "delta.constraints.", "delta.identity.", "delta.rowTracking.")
"""Properties of tables whose files take more than to be written and named."""

_DELTA = "org.apache.spark.sql.delta"
_WRITE = f"{_DELTA}.DeltaOperations$Write"
_CLASSES = (f"{_DELTA}.DeltaLog", f"{_DELTA}.actions.Action", _WRITE)


@dataclass(frozen=True)
class StagedInPlace:
    """Rows in files of the table's folder that no commit has named yet.

    Attributes
    ----------
    column : str
        With the verdict.
    added : tuple of dict
        Delta's actions ``add``, with the verdict among the partition values.
    version : int
        The table's when the rows were staged; -1 where there was no table.
    partition_by : tuple of str
        For a table that is new.
    """

    rows: DataFrame
    seen: dict[str, Any]
    column: str
    table: str
    added: tuple[dict[str, Any], ...]
    version: int
    partition_by: tuple[str, ...] = ()

    def written(self, verdict: str) -> int | None:
        """See `etl.lake.staging.Staged`."""
        return sum(int(json.loads(action["stats"])["numRecords"]) for action in self._of(verdict))

    def publish(self, verdict: str, columns: Sequence[str], how: Publication) -> Commit:
        """See `etl.lake.staging.Staged`."""
        spark = self.rows.sparkSession
        with conflicts_refused(spark, self.table, expected=self.version):
            if how.mode == "merge":
                chosen = self.rows.where(F.col(quote(self.column)) == verdict)
                chosen = chosen.select(*map(quote, columns))
                return merge_rows(chosen, self.table, how, partition_by=self.partition_by)
            return self._commit(verdict, columns, how)

    def _of(self, verdict: str) -> list[dict[str, Any]]:
        return [action for action in self.added if action["partitionValues"][PARTITION] == verdict]

    def _commit(self, verdict: str, columns: Sequence[str], how: Publication) -> Commit:
        spark = self.rows.sparkSession
        transaction = _log(spark, self.table).startTransaction()
        found = int(transaction.readVersion())
        if how.after is not None and found != how.after:
            raise ConflictError(table=self.table, expected=how.after, found=found)
        if how.once and int(transaction.txnVersion(how.once[0])) >= how.once[1]:
            return published_before(spark, self.table)
        if how.mode != "append" and found != self.version:
            raise ConflictError(table=self.table, expected=self.version, found=found)
        schema = self.rows.select(*map(quote, columns)).schema
        _describe(spark, transaction, schema, how.mode, self.partition_by)
        chosen = self._of(verdict)
        adds = [{"add": _without_verdict(action)} for action in chosen]
        once = how.once and {
            "appId": how.once[0],
            "version": how.once[1],
            "lastUpdated": time.time_ns() // 10**6,
        }
        actions = [
            *_removes(transaction, how.mode, [action["add"]["partitionValues"] for action in adds]),
            *(_action(spark, action) for action in adds),
            *([_action(spark, {"txn": once})] if once else []),
        ]
        rows = self.written(verdict) or 0
        size = sum(action["size"] for action in chosen)
        _register(spark, transaction, numFiles=len(chosen), numOutputRows=rows, numOutputBytes=size)
        metadata = json.dumps({NOTE_KEY: how.note}, default=str)
        operation = _made(
            spark,
            _class(spark, _WRITE).getConstructors()[0],
            {
                "mode": _save_mode(spark, "append" if how.mode == "append" else "overwrite"),
                "userMetadata": _some(spark, metadata),
            },
        )
        version = transaction.commit(_seq(spark, actions), operation)
        return Commit(version=int(version), note=how.note, rows=rows)

    def discard(self, *, published: str | None = None) -> None:
        """See `etl.lake.staging.Staged`."""
        for action in self.added:
            if action["partitionValues"][PARTITION] != published:
                files.delete(self.rows.sparkSession, f"{self.table}/{action['path']}")


def fits(spark: SparkSession, table: str) -> bool:
    """Whether this runtime's Delta, and this table, can be written in place.

    Parameters
    ----------
    spark : SparkSession
    table : str
        A table's folder; there may be none yet.
    """
    try:
        for name in _CLASSES:
            _class(spark, name)
        metadata = _metadata(_log(spark, table).startTransaction())
    except (AttributeError, Py4JError):  # Spark Connect, or a Delta that is built otherwise
        return False
    return not any(name.startswith(UNFIT) for name in metadata.get("configuration", {}))


def write(
    rows: DataFrame, table: str, *, beside: str, verdict: str, seen: Observation, partition_by: Sequence[str]
) -> StagedInPlace:
    """Write what `etl.lake.staging.stage` watches."""
    spark = rows.sparkSession
    written = rows.withColumnRenamed(verdict, PARTITION)
    # This transaction is for its files only, and is never committed.
    transaction = _log(spark, table).startTransaction()
    version = int(transaction.readVersion())
    metadata = _metadata(transaction)
    partitions = list(metadata["partitionColumns"]) if version >= 0 else list(partition_by)
    if partition_by and partitions != list(partition_by):
        raise PartitionsError(table=table, there=partitions, asked=partition_by)
    metadata |= {"schemaString": written.schema.json(), "partitionColumns": [*partitions, PARTITION]}
    transaction.updateMetadata(_action(spark, {"metaData": metadata}), False)
    actions = transaction.writeFiles(written._jdf)
    added = tuple(json.loads(actions.apply(at).json())["add"] for at in range(actions.size()))
    reader = spark.read.schema(written.schema).option("basePath", table)
    paths = [f"{table}/{action['path']}" for action in added]
    read = reader.parquet(*paths) if paths else written.limit(0)
    told = read.withColumnRenamed(PARTITION, verdict)
    return StagedInPlace(told, dict(seen.get), verdict, table, added, version, tuple(partition_by))


def _without_verdict(action: Mapping[str, Any]) -> dict[str, Any]:
    values = {name: value for name, value in action["partitionValues"].items() if name != PARTITION}
    return {**action, "partitionValues": values}


def _metadata(transaction: Any) -> dict[str, Any]:
    metadata: dict[str, Any] = json.loads(transaction.metadata().json())["metaData"]
    return metadata


def _describe(
    spark: SparkSession, transaction: Any, schema: T.StructType, mode: str, partition_by: Sequence[str]
) -> None:
    """Change the table's metadata where it is new, or where its schema is to change."""
    metadata, new = _metadata(transaction), transaction.readVersion() < 0
    before = T.StructType([]) if new else T.StructType.fromJson(json.loads(metadata["schemaString"]))
    after = T.StructType.fromJson(_nullable(schema.jsonValue()))
    if mode != "overwrite":
        after = _merged(before, after)
    if not new and after == before:
        return
    metadata |= {"schemaString": after.json()}
    if new:
        metadata |= {"partitionColumns": list(partition_by)}
    changed = _action(spark, {"metaData": metadata})
    if mode == "overwrite" and not new:
        transaction.updateMetadataForTableOverwrite(changed)
    else:
        transaction.updateMetadata(changed, False)


def _nullable(schema: Any) -> Any:
    """A schema's JSON in which everything may be null, as Delta keeps it."""
    if isinstance(schema, dict):
        always = {"nullable", "containsNull", "valueContainsNull"}
        return {key: True if key in always else _nullable(value) for key, value in schema.items()}
    return [_nullable(item) for item in schema] if isinstance(schema, list) else schema


def _merged(before: T.StructType, after: T.StructType) -> T.StructType:
    """The columns of a table with those that are appended to it."""
    known = {field.name.lower(): field for field in before}
    for field in after:
        there = known.get(field.name.lower())
        if there is not None and there.dataType != field.dataType:
            raise ParameterError(
                step="append",
                parameter=field.name,
                value=field.dataType.simpleString(),
                allowed=f"{there.dataType.simpleString()}, which the table has",
            )
    return T.StructType([*before, *(field for field in after if field.name.lower() not in known)])


def _removes(transaction: Any, mode: str, written: Sequence[Mapping[str, Any]]) -> list[Any]:
    """What takes out the files that are replaced; to ask makes concurrent writers a conflict."""
    if mode == "append" or transaction.readVersion() < 0:
        return []
    there = transaction.filterFiles()
    files_there = [there.apply(at) for at in range(there.size())]
    if mode == "overwrite":
        return [file.remove() for file in files_there]
    return [
        file.remove() for file in files_there if json.loads(file.json())["add"]["partitionValues"] in written
    ]


def _register(spark: SparkSession, transaction: Any, **metrics: int) -> None:
    """Give the numbers that the table's history shows."""
    create = _jvm(spark).org.apache.spark.sql.execution.metric.SQLMetrics.createMetric
    made = {}
    for name, value in metrics.items():
        made[name] = create(spark._jsparkSession.sparkContext(), name)
        made[name].set(value)
    transaction.registerSQLMetrics(spark._jsparkSession, _map(spark, made))


def _made(spark: SparkSession, constructor: Any, values: Mapping[str, Any]) -> Any:
    """Construct, with None for every option that is not given: their number differs by version."""
    parameters = list(constructor.getParameters())
    array = _gateway(spark).new_array(_jvm(spark).java.lang.Object, len(parameters))
    for at, parameter in enumerate(parameters):
        array[at] = values[parameter.getName()] if parameter.getName() in values else _none(spark)
    return constructor.newInstance(array)


def _gateway(spark: SparkSession) -> Any:
    return spark.sparkContext._gateway


def _jvm(spark: SparkSession) -> Any:
    return spark._jvm


def _log(spark: SparkSession, table: str) -> Any:
    # Where a checksum does not tell it, as after another's RESTORE, Delta asks Spark for its own state,
    # and finds it by the thread. Spark 4 has put the class elsewhere.
    session = reduce(getattr, spark._jsparkSession.getClass().getName().split("."), _jvm(spark))
    session.setActiveSession(spark._jsparkSession)
    return _jvm(spark).org.apache.spark.sql.delta.DeltaLog.forTable(spark._jsparkSession, table)


def _class(spark: SparkSession, name: str) -> Any:
    # Jars given to the session are known to the thread's loader, not to the JVM's own.
    return _jvm(spark).java.lang.Thread.currentThread().getContextClassLoader().loadClass(name)


def _action(spark: SparkSession, content: Mapping[str, Any]) -> Any:
    return _jvm(spark).org.apache.spark.sql.delta.actions.Action.fromJson(json.dumps(content))


def _save_mode(spark: SparkSession, mode: str) -> Any:
    return _jvm(spark).org.apache.spark.sql.SaveMode.valueOf(mode.capitalize())


def _none(spark: SparkSession) -> Any:
    return _jvm(spark).scala.Option.empty()


def _some(spark: SparkSession, value: Any) -> Any:
    return _jvm(spark).scala.Option.apply(value)


def _seq(spark: SparkSession, items: Iterable[Any]) -> Any:
    return _jvm(spark).PythonUtils.toSeq(list(items))


def _map(spark: SparkSession, items: Mapping[str, Any]) -> Any:
    return _jvm(spark).PythonUtils.toScalaMap(dict(items))
