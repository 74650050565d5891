"""Stage beside the table, as Parquet, and publish by copying: what every runtime can do."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pyspark.sql import Column, DataFrame, Observation
from pyspark.sql import functions as F

from etl.lake import files
from etl.lake.tables import Commit, write_table
from etl.transform import quote

__all__ = ["StagedBeside", "stage"]


@dataclass(frozen=True)
class StagedBeside:
    """Rows in Parquet files of a folder of their own, a folder for each verdict."""

    rows: DataFrame
    seen: dict[str, Any]
    beside: str
    table: str
    column: str

    def publish(
        self,
        verdict: str,
        columns: Sequence[str],
        *,
        mode: Literal["append", "overwrite"],
        note: dict[str, Any],
    ) -> Commit:
        """See `etl.lake.staging.Staged`."""
        chosen = self.rows.where(F.col(quote(self.column)) == verdict).select(*map(quote, columns))
        return write_table(chosen, self.table, mode=mode, note=note)

    def set_aside(self) -> None:
        """See `etl.lake.staging.Staged`; they are there already."""

    def discard(self, *, published: str | None = None) -> None:
        """See `etl.lake.staging.Staged`."""
        files.delete(self.rows.sparkSession, self.beside)


def stage(
    df: DataFrame, table: str, *, beside: str, verdict: str, keep: Collection[str], observe: Sequence[Column]
) -> StagedBeside:
    """See `etl.lake.staging.stage`."""
    seen = Observation()
    watched = df.observe(seen, *observe).where(F.col(quote(verdict)).isin(list(keep)))
    watched.write.mode("overwrite").partitionBy(verdict).parquet(beside)
    # The schema is known: to infer it would read a file.
    rows = df.sparkSession.read.schema(df.schema).parquet(beside)
    return StagedBeside(rows, dict(seen.get), beside, table, verdict)
