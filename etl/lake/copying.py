"""Stage beside the table, as Parquet, and publish by copying: what every runtime can do."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock

from pyspark.sql import DataFrame, Observation

from headgate.etl.lake import files
from headgate.etl.lake.commits import Commit, newest_version
from headgate.etl.lake.staged import Staged
from headgate.etl.lake.tables import ConflictError, Publication, write_table
from headgate.etl.lake.target import Target

__all__ = ["StagedBeside", "write"]

WRITING: defaultdict[str, Lock] = defaultdict(Lock)
"""By table: threads of this driver write one table one after another."""


@dataclass(frozen=True, kw_only=True)
class StagedBeside(Staged):
    """Rows in Parquet files of a folder of their own, a folder for each verdict."""

    beside: str

    def _commit(self, verdict: str, columns: Sequence[str], how: Publication) -> Commit:
        with WRITING[self.target.table]:
            return self._write(self.chosen(verdict, columns), how)

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
        """See `Staged`."""
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
    return StagedBeside(
        rows=staged,
        seen=dict(seen.get),
        column=verdict,
        target=target,
        partition_by=tuple(partition_by),
        beside=beside,
    )
