"""Publish what the gate accepted, and keep what it rejected, in an order that survives a kill.

A refused batch publishes nothing, and its staged rows stay for the post-mortem. Else the quarantine is
told first which rows are rejected and which are about to leave it, then the rows are published, and
then the quarantine is told that they have left: see `headgate.etl.load.rejects`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pyspark.sql import DataFrame

from headgate.etl.lake.commits import Commit
from headgate.etl.lake.ledger import ConservationError, Entry
from headgate.etl.lake.merging import RepeatedKeyError
from headgate.etl.lake.zones import TableId
from headgate.etl.load.audit import Ruling
from headgate.etl.load.context import LoadContext
from headgate.etl.load.modes import Overwrite, WriteMode
from headgate.etl.load.rejects import Quarantine, open_among, rejects
from headgate.etl.load.row_counts import ACCEPTED

__all__ = ["publish", "retain"]


def publish(
    context: LoadContext,
    entry: Entry,
    ruling: Ruling,
    target: TableId,
    *,
    after: int,
    quarantine: Quarantine,
    mode: WriteMode | None = None,
    replaces: frozenset[tuple[str, str]] = frozenset(),
    compare: DataFrame | None = None,
    counts: Mapping[str, Any] | None = None,
    details: Mapping[str, Any] | None = None,
    offsets: Mapping[str, Any] | None = None,
) -> Entry:
    """Publish what the gate accepted, and put what it rejected into the quarantine; or refuse.

    Parameters
    ----------
    context : LoadContext
    entry : Entry
        With the rows read; the counts of the ruling are added to it.
    ruling : Ruling
    target : TableId
    after : int
        The version that the table had when it was decided what to do: published is after no other. -1
        where there was no table.
    quarantine : headgate.etl.load.rejects.Quarantine
        The table's, as it stood then.
    mode : WriteMode, optional
        By default the table is overwritten.
    replaces : frozenset of (str, str)
        See `headgate.etl.lake.tables.Publication`.
    compare : DataFrame, optional
        In the other modes: rows in quarantine that are among those that were read, and leave it unless
        they are rejected again.
    counts : mapping, optional
        In place of the ruling's, where a row of the table is not a row that was read.
    details : mapping, optional
        More for the ledger and the report.
    offsets : mapping, optional
        See `headgate.etl.load.node.Built`.

    Returns
    -------
    Entry
        ``done`` with the version published, or ``refused`` with the reasons.

    Raises
    ------
    headgate.etl.lake.ledger.ConservationError
        Rows were lost or made: nothing is published.
    headgate.etl.lake.merging.RepeatedKeyError
        The rows to be merged repeat a key: nothing is published.
    headgate.etl.lake.tables.ConflictError
        Another writer has changed the table meanwhile: nothing is published.
    """
    mode = mode or Overwrite()
    refused = ruling.staged.refusals(ACCEPTED, ruling.columns, mode=mode.kind, keys=mode.keys)
    ruling = replace(ruling, refusals=(*ruling.refusals, *map(str, refused)))
    entry = replace(
        entry,
        finished_at=context.clock(),
        **(counts or ruling.counts),
        details={**ruling.details, **(details or {})},
    )
    counted, written = ruling.counts["published"], ruling.staged.written(ACCEPTED)
    if ruling.refusals or entry.accounted != entry.read or written not in (None, counted):
        ruling.set_aside()
    entry.balanced()
    if written not in (None, counted):
        raise ConservationError(dataset=target.name, read=counted, accounted=written or 0)
    if ruling.refusals:
        stands = {"stands": after if after >= 0 else None}
        details = {**entry.details, **stands}
        return replace(entry, status="refused", error="; ".join(ruling.refusals), details=details)
    late = mode.count_superseded(ruling.accepted, context.lake.table(target))
    if late:
        # The note that tells of them is part of the commit that leaves them out.
        entry = replace(entry, published=entry.published - late, superseded=entry.superseded + late)
    if not mode.incremental:
        compare = open_among(context, quarantine.path)
    told = rejects(context, entry, ruling, quarantine=quarantine, compare=compare)
    if told.leaving:
        entry = replace(entry, details={**entry.details, "released": told.leaving})
    told.tell_before(context, entry, after=after)
    note = entry.to_json() | told.for_note(context) | dict(offsets or {})
    commit = _commit(context, note, ruling, mode, after=after, replaces=replaces)
    told.tell_after(context, entry)
    # A merge, or what replaces some of the rows, writes its rows into files of the table's own.
    ruling.staged.discard(published=None if mode.kind == "merge" or replaces else ACCEPTED)
    return replace(entry, finished_at=context.clock(), version=commit.version)


def retain(
    context: LoadContext,
    entry: Entry,
    ruling: Ruling,
    quarantine: Quarantine,
    *,
    after: int,
    compare: DataFrame | None,
) -> Entry:
    """Tell the quarantine alone what is new of rows that were all rejected: there is nothing to publish.

    Parameters
    ----------
    context, entry, ruling, quarantine, after, compare
        See `publish`.
    """
    entry = replace(entry, **ruling.counts, details=ruling.details).balanced()
    told = rejects(context, entry, ruling, quarantine=quarantine, compare=compare)
    told.tell_before(context, entry, after=after, follows=False)
    told.tell_after(context, entry)
    ruling.staged.discard()
    return replace(entry, finished_at=context.clock())


def _commit(
    context: LoadContext,
    note: dict[str, Any],
    ruling: Ruling,
    mode: WriteMode,
    *,
    after: int,
    replaces: frozenset[tuple[str, str]],
) -> Commit:
    context.may_write()
    try:
        mode.require(ruling.accepted, note["dataset"])
        publication = mode.publication(note, after=after, replaces=replaces)
        return ruling.staged.publish(ACCEPTED, ruling.columns, publication)
    except RepeatedKeyError:
        ruling.set_aside()
        raise
