"""Stage beside the table, as Parquet, and publish by copying: what every runtime can do."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any

from pyspark.sql import DataFrame, Observation
from pyspark.sql import functions as F

from headgate.etl.lake import files
from headgate.etl.lake.admission import Refusal, refusals_by_delta, refusals_of
from headgate.etl.lake.commits import Commit, newest_version
from headgate.etl.lake.merging import merge_rows
from headgate.etl.lake.replacing import replace_rows
from headgate.etl.lake.tables import ConflictError, Publication, conflicts_refused, write_table
from headgate.etl.lake.target import Mode, Target, read_target
from headgate.etl.transform import quote

__all__ = ["StagedBeside", "write"]

WRITING: defaultdict[str, Lock] = defaultdict(Lock)
"""By table: threads of this driver write one table one after another."""


@dataclass(frozen=True)
class StagedBeside:
    """Rows in Parquet files of a folder of their own, a folder for each verdict."""

    rows: DataFrame
    seen: dict[str, Any]
    beside: str
    target: Target
    column: str
    partition_by: tuple[str, ...] = ()

    def written(self, verdict: str) -> int | None:
        """See `headgate.etl.lake.staging.Staged`; to ask would take a job."""
        return None

    def refusals(
        self, verdict: str, columns: Sequence[str], *, mode: Mode, keys: Sequence[str] = ()
    ) -> list[Refusal]:
        """See `headgate.etl.lake.staging.Staged`."""
        target = read_target(self.rows.sparkSession, self.target.table)
        chosen = self._chosen(verdict, columns)
        return refusals_of(chosen, target, mode=mode, partition_by=self.partition_by, keys=keys)

    def publish(self, verdict: str, columns: Sequence[str], how: Publication) -> Commit:
        """See `headgate.etl.lake.staging.Staged`."""
        spark, table = self.rows.sparkSession, self.target.table
        chosen = self._chosen(verdict, columns)
        with conflicts_refused(spark, table, expected=self.target.version), refusals_by_delta(table):
            if how.mode == "merge":
                return merge_rows(chosen, table, how, partition_by=self.partition_by)
            if how.replaces:
                return replace_rows(chosen, table, how)
            with WRITING[table]:
                return self._write(chosen, how)

    def _chosen(self, verdict: str, columns: Sequence[str]) -> DataFrame:
        return self.rows.where(F.col(quote(self.column)) == verdict).select(*map(quote, columns))

    def _write(self, chosen: DataFrame, how: Publication) -> Commit:
        """Write if the table stands where it stood, which Delta's writer does not ask."""
        assert how.mode != "merge"
        table = self.target.table
        found = newest_version(chosen.sparkSession, table)
        expected = self.target.version if how.after is None else how.after
        alone = how.mode != "append" or how.after is not None
        if alone and found != expected:
            raise ConflictError(table=table, expected=expected, found=found)
        by = self.partition_by if found < 0 else ()
        commit = write_table(chosen, table, mode=how.mode, note=how.note, once=how.once, partition_by=by)
        if how.after is not None and not how.made(commit):
            # Another one was first, and Delta passed these rows over.
            raise ConflictError(table=table, expected=found, found=commit.version)
        if how.mode != "append" and commit.version > found + 1:
            # Another program committed in between: its rows are in the history, and must be brought back.
            raise ConflictError(table=table, expected=found, found=commit.version - 1)
        return commit

    def discard(self, *, published: str | None = None) -> None:
        """See `headgate.etl.lake.staging.Staged`."""
        files.delete(self.rows.sparkSession, self.beside)


def write(
    rows: DataFrame,
    target: Target,
    *,
    beside: str,
    verdict: str,
    seen: Observation,
    partition_by: Sequence[str],
) -> StagedBeside:
    """Write what `headgate.etl.lake.staging.stage` watches."""
    rows.write.mode("overwrite").partitionBy(verdict).parquet(beside)
    # The schema is known: to infer it would read a file.
    staged = rows.sparkSession.read.schema(rows.schema).parquet(beside)
    return StagedBeside(staged, dict(seen.get), beside, target, verdict, tuple(partition_by))
