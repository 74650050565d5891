"""Update rows by their keys, and insert the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from pyspark.sql import DataFrame

from headgate.etl.lake.arrivals import Batch
from headgate.etl.lake.merging import count_left_out
from headgate.etl.load.modes.mode import WriteMode
from headgate.etl.load.modes.overwrite import Overwrite
from headgate.etl.load.redelivery import merge_anew
from headgate.etl.transform import Transform

__all__ = ["Merge"]


@dataclass(frozen=True, kw_only=True)
class Merge(WriteMode):
    """Rows whose keys are there are updated, unless they are older; the others are inserted."""

    name: ClassVar[str] = "merge"
    kind = "merge"

    def count_superseded(self, rows: DataFrame, path: str) -> int:
        """See `WriteMode`. One job, where rows of the table may stay."""
        return count_left_out(rows, path, self.publication({}, after=-1))

    def made_anew(self, batch: Batch) -> Overwrite | None:
        """See `WriteMode`. Rows may have updated others, or kept them out: those must come back."""
        return Overwrite(keys=self.keys, partition_by=self.partition_by) if batch.published else None

    def of_all_batches(self) -> Transform:
        """See `WriteMode`."""
        return merge_anew(keys=self.keys, order_by=self.order_by)
