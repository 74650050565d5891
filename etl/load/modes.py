"""Write modes: how accepted rows become the table, or part of it. One class each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from pyspark.sql import DataFrame

from headgate.etl.lake.arrivals import Batch
from headgate.etl.lake.merging import count_older, require_unique_keys
from headgate.etl.lake.tables import Publication
from headgate.etl.lake.target import Mode
from headgate.etl.load.redelivery import replaced_files, stranded

__all__ = ["Append", "Merge", "Overwrite", "OverwritePartitions", "WriteMode"]

Files = frozenset[tuple[str, str]]
"""Files by name and by the hash of their content."""


@dataclass(frozen=True, kw_only=True)
class WriteMode:
    """What all modes have: by default a mode takes what is new, and looks at no row for it.

    Parameters
    ----------
    partition_by : tuple of str
        The partition columns of a table that is new.
    keys : tuple of str
        The columns that identify a row, and that no two rows of a batch may share.
    order_by : tuple of str
        The columns by which a row is older than another of the same keys; ``-name`` turns the order of a
        column round, and null is oldest. By default what comes last wins.

    Attributes
    ----------
    name : {'append', 'overwrite', 'overwrite_partitions', 'merge'}
    incremental : bool
        Whether only rows are read that arrived since the last publication.
    """

    name: ClassVar[Mode]
    incremental: ClassVar[bool] = True

    partition_by: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    order_by: tuple[str, ...] = ()

    @property
    def columns(self) -> list[str]:
        """The columns that the rows must have."""
        return [*self.keys, *(name.removeprefix("-") for name in self.order_by), *self.partition_by]

    def publication(self, note: dict[str, Any], *, after: int, replaces: Files = frozenset()) -> Publication:
        """What the table's writer is told."""
        return Publication(
            mode=self.name,
            note=note,
            keys=self.keys,
            order_by=self.order_by,
            after=after,
            replaces=replaces,
        )

    def require(self, rows: DataFrame, table: str) -> None:
        """Raise where rows cannot be published so, if the table's writer does not find out itself."""

    def count_superseded(self, rows: DataFrame, path: str) -> int:
        """How many rows the table has newer ones of, so that they are left out."""
        return 0

    def of_rows(self) -> WriteMode:
        """How rows that make no batch are published."""
        return self

    def made_anew(self, batch: Batch) -> Overwrite | None:
        """How the table is made of all batches, where a delivery that it took in is replaced."""
        return None

    def replaces(self, batch: Batch) -> Files:
        """The files whose rows leave the table in the same commit."""
        return frozenset()

    def refusal(self, accepted: DataFrame, path: str, batch: Batch) -> str | None:
        """Why a delivery that the table took in cannot be replaced; None where it can."""
        return None


@dataclass(frozen=True, kw_only=True)
class Append(WriteMode):
    """Rows are added. Those of a delivery that is replaced leave the table in the same commit."""

    name = "append"

    def replaces(self, batch: Batch) -> Files:
        """See `WriteMode`."""
        return replaced_files(batch)


@dataclass(frozen=True, kw_only=True)
class Overwrite(WriteMode):
    """The table is made anew from all that ever arrived. Keys, if there are any, its rows must not repeat."""

    name = "overwrite"
    incremental = False

    def require(self, rows: DataFrame, table: str) -> None:
        """See `WriteMode`."""
        if self.keys:
            require_unique_keys(rows, table, self.keys)


@dataclass(frozen=True, kw_only=True)
class OverwritePartitions(WriteMode):
    """The partitions are replaced that the rows have."""

    name = "overwrite_partitions"

    def of_rows(self) -> Append:
        """A handful of rows replaces no partition."""
        return Append(partition_by=self.partition_by)

    def refusal(self, accepted: DataFrame, path: str, batch: Batch) -> str | None:
        """See `WriteMode`. One job."""
        table = accepted.sparkSession.read.format("delta").load(path)
        return stranded(table, accepted, self.partition_by, batch)


@dataclass(frozen=True, kw_only=True)
class Merge(WriteMode):
    """Rows whose keys are there are updated, unless they are older; the others are inserted."""

    name = "merge"

    def count_superseded(self, rows: DataFrame, path: str) -> int:
        """See `WriteMode`. One job."""
        return count_older(rows, path, keys=self.keys, order_by=self.order_by) if self.order_by else 0

    def made_anew(self, batch: Batch) -> Overwrite | None:
        """See `WriteMode`. Rows that were merged may have updated others, which must come back."""
        return Overwrite(keys=self.keys, partition_by=self.partition_by) if batch.published else None
