"""Replace the partitions that the rows have."""

from __future__ import annotations

from dataclasses import dataclass

from pyspark.sql import DataFrame

from headgate.etl.lake.arrivals import Batch
from headgate.etl.load.modes.append import Append
from headgate.etl.load.modes.mode import WriteMode
from headgate.etl.load.redelivery import stranded

__all__ = ["OverwritePartitions"]


@dataclass(frozen=True, kw_only=True)
class OverwritePartitions(WriteMode):
    """The partitions are replaced that the rows have."""

    name = kind = "overwrite_partitions"

    def of_rows(self) -> Append:
        """A handful of rows replaces no partition."""
        return Append(partition_by=self.partition_by)

    def refusal(self, accepted: DataFrame, path: str, batch: Batch) -> str | None:
        """See `WriteMode`. One job."""
        table = accepted.sparkSession.read.format("delta").load(path)
        return stranded(table, accepted, self.partition_by, batch)
