"""Stage beside the table, as Parquet, and publish by copying: what every runtime can do."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any

from pyspark.sql import DataFrame, Observation
from pyspark.sql import functions as F

from etl.lake import files
from etl.lake.merging import merge_rows
from etl.lake.replacing import replace_rows
from etl.lake.tables import (
    Commit,
    ConflictError,
    PartitionsError,
    Publication,
    conflicts_refused,
    newest_version,
    write_table,
)
from etl.transform import quote

__all__ = ["StagedBeside", "write"]

WRITING: defaultdict[str, Lock] = defaultdict(Lock)
"""By table: threads of this driver write one table one after another."""


@dataclass(frozen=True)
class StagedBeside:
    """Rows in Parquet files of a folder of their own, a folder for each verdict."""

    rows: DataFrame
    seen: dict[str, Any]
    beside: str
    table: str
    column: str
    version: int
    partition_by: tuple[str, ...] = ()

    def written(self, verdict: str) -> int | None:
        """See `etl.lake.staging.Staged`; to ask would take a job."""
        return None

    def publish(self, verdict: str, columns: Sequence[str], how: Publication) -> Commit:
        """See `etl.lake.staging.Staged`."""
        spark = self.rows.sparkSession
        chosen = self.rows.where(F.col(quote(self.column)) == verdict).select(*map(quote, columns))
        with conflicts_refused(spark, self.table, expected=self.version):
            if how.mode == "merge":
                return merge_rows(chosen, self.table, how, partition_by=self.partition_by)
            if how.replaces:
                return replace_rows(chosen, self.table, how)
            with WRITING[self.table]:
                return self._write(chosen, how)

    def _write(self, chosen: DataFrame, how: Publication) -> Commit:
        """Write if the table stands where it stood, which Delta's writer does not ask."""
        assert how.mode != "merge"
        found = newest_version(chosen.sparkSession, self.table)
        expected = self.version if how.after is None else how.after
        alone = how.mode != "append" or how.after is not None
        if alone and found != expected:
            raise ConflictError(table=self.table, expected=expected, found=found)
        # An overwrite that does not name the partitions would do away with them.
        by = self.partition_by if found < 0 or how.mode == "overwrite" else ()
        commit = write_table(chosen, self.table, mode=how.mode, note=how.note, once=how.once, partition_by=by)
        if alone and commit.version > found + 1:
            # Another program committed in between: its rows are in the history, and must be brought back.
            raise ConflictError(table=self.table, expected=found, found=commit.version - 1)
        if how.after is not None and not how.made(commit):
            # Another one was first, and Delta passed these rows over.
            raise ConflictError(table=self.table, expected=found, found=commit.version)
        return commit

    def discard(self, *, published: str | None = None) -> None:
        """See `etl.lake.staging.Staged`."""
        files.delete(self.rows.sparkSession, self.beside)


def write(
    rows: DataFrame, table: str, *, beside: str, verdict: str, seen: Observation, partition_by: Sequence[str]
) -> StagedBeside:
    """Write what `etl.lake.staging.stage` watches."""
    spark, version = rows.sparkSession, newest_version(rows.sparkSession, table)
    if partition_by and version >= 0:
        (detail,) = spark.sql(f"DESCRIBE DETAIL delta.{quote(table)}").collect()
        if list(detail["partitionColumns"]) != list(partition_by):
            raise PartitionsError(table=table, there=detail["partitionColumns"], asked=partition_by)
    rows.write.mode("overwrite").partitionBy(verdict).parquet(beside)
    # The schema is known: to infer it would read a file.
    staged = spark.read.schema(rows.schema).parquet(beside)
    return StagedBeside(staged, dict(seen.get), beside, table, verdict, version, tuple(partition_by))
