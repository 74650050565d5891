"""Insert the rows whose keys the table does not have."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from pyspark.sql import DataFrame

from headgate.etl.lake.arrivals import Batch
from headgate.etl.lake.merging import count_left_out
from headgate.etl.lake.tables import Publication
from headgate.etl.load.modes.mode import Files, WriteMode
from headgate.etl.load.modes.overwrite import Overwrite
from headgate.etl.load.redelivery import merge_anew
from headgate.etl.transform import Transform

__all__ = ["InsertNew"]


@dataclass(frozen=True, kw_only=True)
class InsertNew(WriteMode):
    """Rows whose keys are there are left out, and counted as superseded; the others are inserted."""

    name = "insert_new"
    kind = "merge"

    def publication(self, note: dict[str, Any], *, after: int, replaces: Files = frozenset()) -> Publication:
        """See `WriteMode`."""
        return replace(super().publication(note, after=after, replaces=replaces), update=False)

    def count_superseded(self, rows: DataFrame, path: str) -> int:
        """See `WriteMode`. One job."""
        return count_left_out(rows, path, self.publication({}, after=-1))

    def made_anew(self, batch: Batch) -> Overwrite | None:
        """See `WriteMode`. Rows that were taken back may have kept out others, which must come in."""
        return Overwrite(keys=self.keys, partition_by=self.partition_by) if batch.published else None

    def of_all_batches(self) -> Transform:
        """See `WriteMode`."""
        return merge_anew(keys=self.keys, first=True)
