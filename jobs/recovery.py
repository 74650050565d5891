"""What earlier runs have published and could not tell the ledger of any more.

Every commit carries its ledger entry, and so does every manifest: what the ledger lacks can be told
from them. That is done before anything new is published, so that nothing is buried by what comes next.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from headgate.etl.lake.commits import last_commit
from headgate.etl.lake.history import notes, snapshot
from headgate.etl.lake.ledger import Entry, append_ledger, lacking
from headgate.etl.lake.zones import TableId, TableZone
from headgate.jobs.context import Run
from headgate.jobs.stages.export import read_manifest
from headgate.jobs.stages.step import in_parallel
from headgate.jobs.stages.train import read_metrics

__all__ = ["account", "recover"]

ZONES: Mapping[str, TableZone] = {"ingest": "raw", "curate": "curated", "replay": "curated", "star": "star"}
"""Where the tables are that a stage makes."""


def recover(run: Run) -> int:
    """Tell the ledger of every publication that it lacks.

    Parameters
    ----------
    run : Run

    Returns
    -------
    int
        The ledger's version before: what the run does from now on, that version cannot hold.
    """
    ledger = snapshot(run.spark, run.lake.ledger)
    plan = run.pipeline
    paths = [run.lake.table(TableId(zone, name)) for zone in ("raw", "curated") for name in plan.datasets]
    paths += [run.lake.table(TableId("star", name)) for name in plan.star.tables]
    newest = in_parallel(run, paths, lambda path: last_commit(run.spark, path))
    told = {
        path: Entry.of_commit(commit)
        for path, commit in zip(paths, newest, strict=True)
        if commit is not None
    }
    last = {path: entry for path, entry in told.items() if entry is not None}
    files = [read_manifest(run, name) for name in plan.exports]
    files += [read_metrics(run, name) for name in plan.exports]
    made = [Entry.from_json(file["entry"]) for file in files if file is not None]
    missed = lacking(run.spark, run.lake.ledger, [*last.values(), *made])
    changed = ledger is not None and ledger.by_others is not None
    # What was told in one go is complete, unless another has taken something out of the ledger.
    behind = [path for path, entry in last.items() if changed or entry in missed]
    if missed or changed:
        _tell(run, [*_all_of(run, behind), *made])
    return ledger.version if ledger is not None else -1


def account(run: Run, *, begun_after: int) -> None:
    """Write the ledger: what another run has not told yet, and what was done now.

    Parameters
    ----------
    run : Run
    begun_after : int
        What `recover` gave.
    """
    new = [entry for entry in run.entries if entry.status != "unchanged"]
    missed = lacking(run.spark, run.lake.ledger, run.noted)
    if missed:
        # A run that died since this one began: what it followed on may be untold as well.
        tables = {TableId(ZONES[entry.stage], entry.dataset) for entry in missed}
        _tell(run, _all_of(run, map(run.lake.table, sorted(tables, key=str))))
    if new:
        _tell(run, new, begun_after=begun_after)


def _tell(run: Run, entries: Iterable[Entry], **known: Any) -> None:
    # Runs that write other tables of the lake write the ledger too.
    with run.lease.turn_at("ledger"):
        append_ledger(run.spark, run.lake.ledger, entries, **known)


def _all_of(run: Run, paths: Iterable[str]) -> list[Entry]:
    """What the logs of some tables tell of all publications, the oldest first."""
    told = (Entry.of_commit(commit) for path in paths for commit in notes(run.spark, path))
    return [entry for entry in told if entry is not None]
