"""Make the table anew."""

from __future__ import annotations

from dataclasses import dataclass

from pyspark.sql import DataFrame

from headgate.etl.lake.merging import require_unique_keys
from headgate.etl.load.modes.mode import WriteMode

__all__ = ["Overwrite"]


@dataclass(frozen=True, kw_only=True)
class Overwrite(WriteMode):
    """The table is made anew from all that ever arrived. Keys, if there are any, its rows must not repeat."""

    name = kind = "overwrite"
    incremental = False

    def require(self, rows: DataFrame, table: str) -> None:
        """See `WriteMode`."""
        if self.keys:
            require_unique_keys(rows, table, self.keys)
