"""What is to be made: a table as a node of the graph that a pipeline is, and what its making is given.

Plain values: `headgate.etl.load.process` is what happens to them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from pyspark.sql import DataFrame

from headgate.etl.lake.commits import Commit
from headgate.etl.lake.history import Snapshot
from headgate.etl.lake.ledger import Entry
from headgate.etl.lake.zones import TableId
from headgate.etl.load.audit import Ruling
from headgate.etl.load.context import LoadContext
from headgate.etl.load.modes import Files, Overwrite, WriteMode
from headgate.etl.load.rejects import Quarantine
from headgate.etl.load.up_to_date import Inputs
from headgate.quality import Suite

__all__ = ["Account", "Begun", "Built", "Node", "Observer"]


@dataclass(frozen=True, kw_only=True)
class Account:
    """What became of the rows that were read.

    Parameters
    ----------
    read : int
    counts : mapping, optional
        In place of the gate's, where a row of the table is not a row that was read.
    details : mapping
        For the ledger and the report.
    """

    read: int
    counts: Mapping[str, Any] | None = None
    details: Mapping[str, Any] = field(default_factory=dict)


def _as_counted(ruling: Ruling | None) -> Account:
    if ruling is None:
        return Account(read=0)
    counts = ruling.counts
    rows = sum(counts[name] for name in ("published", "superseded", "duplicates", "quarantined"))
    return Account(read=rows + sum(counts["dropped"].values()))


@dataclass(frozen=True, kw_only=True)
class Built:
    """The rows that are to become the table, or part of it.

    Parameters
    ----------
    rows : DataFrame
        Those that steps removed say so: see `headgate.etl.load.row_counts`.
    account : callable
        Accounts for the rows that were read, once the gate has ruled, if it does; by default every row is
        one of them.
    mode : WriteMode, optional
        Another than the node's.
    replaces : frozenset of (str, str)
        Files whose rows leave the table: see `headgate.etl.lake.tables.Publication`.
    compare : DataFrame, optional
        Rows in quarantine that are among those that were read, and leave it unless they are rejected again.
    integrity : callable, optional
        Looks at the accepted rows and says what else is wrong with them, a line each.
    of_rows : bool
        Whether the rows make no batch: see `headgate.etl.load.audit.audit`.
    id : str, optional
        What the rows are of, as one short text, where the node's definition does not tell.
    offsets : mapping
        How far their source has been read, or which of its batches they are: kept in the note of the commit.
    """

    rows: DataFrame
    account: Callable[[Ruling | None], Account] = _as_counted
    mode: WriteMode | None = None
    replaces: Files = frozenset()
    compare: DataFrame | None = None
    integrity: Callable[[DataFrame], list[str]] | None = None
    of_rows: bool = False
    id: str | None = None
    offsets: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Begun:
    """What a table is made from, as it stands when the work begins.

    Parameters
    ----------
    entry : Entry
        Of the work.
    inputs : Inputs
        The tables that were read, with their versions.
    found : Snapshot, optional
        The table as it is; None where there is none.
    before : Commit, optional
        By which it was last published.
    quarantine : Quarantine
        The table's.
    """

    context: LoadContext
    entry: Entry
    inputs: Inputs
    found: Snapshot | None
    before: Commit | None
    quarantine: Quarantine

    @property
    def after(self) -> int:
        """The version that the table has; -1 where there is none."""
        return self.found.version if self.found else -1


@dataclass(frozen=True, kw_only=True)
class Node:
    """One table to be made.

    Parameters
    ----------
    target : TableId
    stage : str
        What the ledger calls the work.
    inputs : tuple of TableId
    offsets : mapping of str to int
        How far the rows go that no table holds, by their source: they are published once.
    definition : sequence
        What the table depends on beside its inputs, as plain data.
    build : callable
        Gives the rows; None where its source has none that are new.
    suite : Suite, optional
        What they must be. Nothing is audited without: what is kept as it arrived, what is made of no data.
    mode : WriteMode
    tolerance : float
        The greatest share of the rows that may be quarantined.
    rules : sequence of str
        The names of the rules that may drop rows.
    allow_empty : bool
        Whether no row at all may be published.
    runs, all_numbers
        See `headgate.etl.load.trends.Past`.
    changed_by_others : {'refuse', 'keep'}
        Whether to add to a table that another has changed.
    fixes : (str, str)
        How to make the table anew, and how to go on from what it holds.
    again : bool
        Whether the table is made even if it is up to date.
    """

    target: TableId
    stage: str
    build: Callable[[Begun], Built | None]
    definition: Sequence[object]
    inputs: tuple[TableId, ...] = ()
    offsets: Mapping[str, int] = field(default_factory=dict)
    suite: Suite | None = None
    mode: WriteMode = field(default_factory=Overwrite)
    tolerance: float = 0.0
    rules: Sequence[str] = ()
    allow_empty: bool = False
    runs: int = 7
    all_numbers: bool = False
    changed_by_others: Literal["refuse", "keep"] = "refuse"
    fixes: tuple[str, str] = ("", "")
    again: bool = False


class Observer(Protocol):
    """Looks at what becomes of the rows of a table while it is made, and changes nothing."""

    def keeps_left(self, node: Node) -> bool:
        """Whether rows that steps removed are to be staged as well, to be looked at."""

    def observe(self, node: Node, begun: Begun, ruling: Ruling) -> Mapping[str, Any]:
        """What there is to tell, for the details of the ledger's entry."""
