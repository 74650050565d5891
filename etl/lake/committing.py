"""Stage in the table's own folder, by Delta's own transactions, and publish by committing.

Delta writes data files first and makes them visible by a commit to its log. Between the two lies the
audit: files of rows that are refused or rejected are never committed, and no row is written twice.

The rows are written as if the verdict were a partition column of the table, so that each file holds
rows of one verdict; the commit leaves that column out. Files that are never committed are for VACUUM
to remove, as those of any writer that died.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pyspark.sql import DataFrame, Observation

from headgate.etl.lake import delta_classes as delta
from headgate.etl.lake import files
from headgate.etl.lake.admission import admit
from headgate.etl.lake.commits import Commit, data_file
from headgate.etl.lake.few_files import read_files
from headgate.etl.lake.staged import Staged
from headgate.etl.lake.tables import ConflictError, Publication
from headgate.etl.lake.target import Target, target_of
from headgate.etl.lake.transaction import (
    as_nullable,
    describe,
    follow,
    operation,
    removes,
    rows_in,
    understood,
)
from headgate.etl.transform import free_names

__all__ = ["StagedInPlace", "write"]


@dataclass(frozen=True, kw_only=True)
class StagedInPlace(Staged):
    """Rows in files of the table's folder that no commit has named yet.

    Attributes
    ----------
    partition : str
        What the verdict is called among the partition values.
    added : tuple of dict
        Delta's actions ``add``, with the verdict among the partition values.
    """

    partition: str
    added: tuple[dict[str, Any], ...]

    def written(self, verdict: str) -> int | None:
        """See `Staged`."""
        return rows_in(action.get("stats") for action in self._of(verdict))

    def _of(self, verdict: str) -> list[dict[str, Any]]:
        return [action for action in self.added if action["partitionValues"][self.partition] == verdict]

    def _commit(self, verdict: str, columns: Sequence[str], how: Publication) -> Commit:
        spark, table = self.rows.sparkSession, self.target.table
        transaction = delta.start(spark, table)
        found = target_of(transaction, table)
        if how.after is not None and found.version != how.after:
            raise ConflictError(table=table, expected=how.after, found=found.version)
        chosen = self.chosen(verdict, columns)
        if not self._stands(found, chosen.columns, alone=how.mode != "append"):
            raise ConflictError(table=table, expected=self.target.version, found=found.version)
        admit(chosen, found, mode=how.mode, partition_by=self.partition_by)
        describe(spark, transaction, found, chosen.schema, how.mode, self.partition_by)
        files_of = self._of(verdict)
        adds = [{"add": self._without_verdict(action)} for action in files_of]
        actions = [
            *removes(spark, transaction, found, how.mode, [one["add"]["partitionValues"] for one in adds]),
            *(delta.action(spark, one) for one in adds),
        ]
        if how.after is not None:
            actions.append(follow(spark, transaction, how.after))
        rows = self.written(verdict)
        rows = chosen.count() if rows is None else rows
        size = sum(action["size"] for action in files_of)
        delta.register(spark, transaction, numFiles=len(files_of), numOutputRows=rows, numOutputBytes=size)
        version = transaction.commit(delta.seq(spark, actions), operation(spark, how.mode, how.note))
        return Commit(version=int(version), note=how.note, rows=rows)

    def _stands(self, found: Target, columns: Collection[str], *, alone: bool) -> bool:
        """Whether the files that were staged can still be named by the table's log."""
        if self.target.exists and found.id != self.target.id:
            return False
        by = found.partition_by if found.exists else self.partition_by
        as_staged = self.target.partition_by if self.target.exists else self.partition_by
        same_version = found.version == self.target.version
        return same_version or (not alone and by == as_staged and understood(found, columns))

    def _without_verdict(self, action: Mapping[str, Any]) -> dict[str, Any]:
        values = {name: value for name, value in action["partitionValues"].items() if name != self.partition}
        return {**action, "partitionValues": values}

    def discard(self, *, published: str | None = None) -> None:
        """See `Staged`."""
        for action in self.added:
            if action["partitionValues"][self.partition] != published:
                files.delete(self.rows.sparkSession, data_file(self.target.table, action["path"]))


def write(
    rows: DataFrame,
    target: Target,
    *,
    beside: str,
    verdict: str,
    seen: Observation,
    partition_by: Sequence[str],
) -> StagedInPlace:
    """Write what `headgate.etl.lake.staging.stage` watches."""
    spark, table = rows.sparkSession, target.table
    # Folders whose names begin with an underscore would be hidden from VACUUM.
    (partition,) = free_names([*rows.columns, *target.schema.names], "headgate_verdict")
    written = rows.withColumnRenamed(verdict, partition)
    # This transaction is for its files only, and is never committed.
    transaction = delta.start(spark, table)
    metadata: dict[str, Any] = json.loads(transaction.metadata().json())["metaData"]
    partitions = list(target.partition_by if target.exists else partition_by)
    metadata |= {
        "schemaString": as_nullable(written.schema).json(),
        "partitionColumns": [*partitions, partition],
    }
    transaction.updateMetadata(delta.action(spark, {"metaData": metadata}), False)
    actions = transaction.writeFiles(written._jdf)
    added = tuple(json.loads(actions.apply(at).json())["add"] for at in range(actions.size()))
    paths = [data_file(table, action["path"]) for action in added]
    read = read_files(spark, paths, schema=written.schema, basePath=table) if paths else written.limit(0)
    told = read.withColumnRenamed(partition, verdict)
    return StagedInPlace(
        rows=told,
        seen=dict(seen.get),
        column=verdict,
        target=target,
        partition_by=tuple(partition_by),
        partition=partition,
        added=added,
    )
