"""What a write mode is: how accepted rows become the table, or part of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from pyspark.sql import DataFrame

from headgate.etl.lake.arrivals import Batch
from headgate.etl.lake.tables import Publication
from headgate.etl.lake.target import Mode
from headgate.etl.transform import Transform

__all__ = ["Files", "WriteMode"]

if TYPE_CHECKING:
    from headgate.etl.load.modes.overwrite import Overwrite

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
    name : str
        The word of the pipeline file.
    kind : {'append', 'overwrite', 'overwrite_partitions', 'merge'}
        What the table's writer does.
    incremental : bool
        Whether only rows are read that arrived since the last publication.
    """

    name: ClassVar[str]
    kind: ClassVar[Mode]
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
            mode=self.kind,
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

    def of_all_batches(self) -> Transform:
        """Flags the rows that would not be in the table, had each batch been published after the other."""
        return lambda df: df

    def replaces(self, batch: Batch) -> Files:
        """The files whose rows leave the table in the same commit."""
        return frozenset()

    def refusal(self, accepted: DataFrame, path: str, batch: Batch) -> str | None:
        """Why a delivery that the table took in cannot be replaced; None where it can."""
        return None
