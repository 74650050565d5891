"""Add rows to the table."""

from __future__ import annotations

from dataclasses import dataclass

from headgate.etl.lake.arrivals import Batch
from headgate.etl.load.modes.mode import Files, WriteMode
from headgate.etl.load.redelivery import replaced_files

__all__ = ["Append"]


@dataclass(frozen=True, kw_only=True)
class Append(WriteMode):
    """Rows are added. Those of a delivery that is replaced leave the table in the same commit."""

    name = kind = "append"

    def replaces(self, batch: Batch) -> Files:
        """See `WriteMode`."""
        return replaced_files(batch)
