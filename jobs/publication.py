"""Publish what the gate accepted, and keep what it rejected, in an order that survives a kill.

A refused batch publishes nothing, and its staged rows stay for the post-mortem. Else the quarantine is
told first which rows are rejected and which are about to leave it, then the rows are published, and
then the quarantine is told that they have left: see `headgate.jobs.rejects`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pyspark.sql import DataFrame

from headgate.conf import Publish
from headgate.etl.lake.commits import Commit
from headgate.etl.lake.ledger import ConservationError, Entry
from headgate.etl.lake.merging import RepeatedKeyError, count_older, require_unique_keys
from headgate.etl.lake.tables import Publication
from headgate.etl.lake.zones import Zone
from headgate.jobs.context import Run
from headgate.jobs.fates import ACCEPTED
from headgate.jobs.gate import Ruling
from headgate.jobs.rejects import Quarantine, open_among, rejects

__all__ = ["publish"]


def publish(
    run: Run,
    entry: Entry,
    ruling: Ruling,
    *,
    zone: Zone,
    table: str,
    after: int,
    quarantine: Quarantine,
    how: Publish | None = None,
    replaces: frozenset[tuple[str, str]] = frozenset(),
    compare: DataFrame | None = None,
    counts: Mapping[str, Any] | None = None,
    details: Mapping[str, Any] | None = None,
) -> Entry:
    """Publish what the gate accepted, and put what it rejected into the quarantine; or refuse.

    Parameters
    ----------
    run : Run
    entry : Entry
        With the rows read; the counts of the ruling are added to it.
    ruling : Ruling
    zone, table : str
    after : int
        The version that the table had when it was decided what to do: published is after no other. -1
        where there was no table.
    quarantine : headgate.jobs.rejects.Quarantine
        The table's, as it stood then.
    how : conf.Publish, optional
        By default the table is overwritten. With keys, if it is, that its rows must not repeat.
    replaces : frozenset of (str, str)
        See `headgate.etl.lake.tables.Publication`.
    compare : DataFrame, optional
        In the other modes: rows in quarantine that are among those that were read, and leave it unless
        they are rejected again.
    counts : mapping, optional
        In place of the ruling's, where a row of the table is not a row that was read.
    details : mapping, optional
        More for the ledger and the report.

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
    how = how or Publish()
    unfit = ruling.staged.refusals(ACCEPTED, ruling.columns, mode=how.mode, keys=how.keys)
    ruling = replace(ruling, refusals=(*ruling.refusals, *map(str, unfit)))
    entry = replace(
        entry,
        finished_at=run.clock(),
        **(counts or ruling.counts),
        details={**ruling.details, **(details or {})},
    )
    counted, written = ruling.counts["published"], ruling.staged.written(ACCEPTED)
    if ruling.refusals or entry.accounted != entry.read or written not in (None, counted):
        ruling.set_aside()
    entry.balanced()
    if written not in (None, counted):
        raise ConservationError(dataset=table, read=counted, accounted=written or 0)
    if ruling.refusals:
        stands = {"stands": after if after >= 0 else None}
        details = {**entry.details, **stands}
        return replace(entry, status="refused", error="; ".join(ruling.refusals), details=details)
    if how.order_by:
        entry = _without_late_rows(entry, ruling, run.lake.table(zone, table), how)
    if how.mode == "overwrite":
        compare = open_among(run, quarantine.path)
    told = rejects(run, entry, ruling, quarantine=quarantine, compare=compare)
    if told.leaving:
        entry = replace(entry, details={**entry.details, "released": told.leaving})
    told.tell_before(run, entry, after=after)
    note = entry.to_json() | told.mark(run)
    commit = _commit(run, note, ruling, how=how, after=after, replaces=replaces)
    told.tell_after(run, entry)
    # A merge, or what replaces some of the rows, writes its rows into files of the table's own.
    ruling.staged.discard(published=None if how.mode == "merge" or replaces else ACCEPTED)
    return replace(entry, finished_at=run.clock(), version=commit.version)


def _without_late_rows(entry: Entry, ruling: Ruling, path: str, how: Publish) -> Entry:
    """Count what the merge will leave out: the note that tells of it is part of the same commit."""
    late = count_older(ruling.accepted, path, keys=how.keys, order_by=how.order_by)
    return replace(entry, published=entry.published - late, superseded=entry.superseded + late)


def _commit(
    run: Run,
    note: dict[str, Any],
    ruling: Ruling,
    *,
    how: Publish,
    after: int,
    replaces: frozenset[tuple[str, str]],
) -> Commit:
    publication = Publication(
        mode=how.mode,
        note=note,
        keys=how.keys,
        order_by=how.order_by,
        after=after,
        replaces=replaces,
    )
    run.may_write()
    try:
        if how.keys and how.mode == "overwrite":
            require_unique_keys(ruling.accepted, note["dataset"], how.keys)
        return ruling.staged.publish(ACCEPTED, ruling.columns, publication)
    except RepeatedKeyError:
        ruling.set_aside()
        raise
