"""What earlier runs have published and could not tell the ledger of any more.

Every commit carries its ledger entry, and so does every manifest: what the ledger lacks can be told
from them. That is done before anything new is published, so that nothing is buried by what comes next.
"""

from __future__ import annotations

from headgate.etl.lake.commits import Commit, last_commit, newest_version
from headgate.etl.lake.history import notes
from headgate.etl.lake.ledger import Entry, append_ledger, lacking
from headgate.etl.lake.zones import TableId
from headgate.jobs.context import Run
from headgate.jobs.stages.export import read_manifest
from headgate.jobs.stages.step import in_parallel
from headgate.jobs.stages.train import read_metrics

__all__ = ["recover"]


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
    version = newest_version(run.spark, run.lake.ledger)
    plan = run.pipeline
    star = (*plan.star.calendars, *plan.star.dimensions, *plan.star.facts)
    paths = [run.lake.table(TableId(zone, name)) for zone in ("raw", "curated") for name in plan.datasets]
    paths += [run.lake.table(TableId("star", name)) for name in star]
    newest = in_parallel(run, paths, lambda path: last_commit(run.spark, path))
    last = {path: _entry(commit) for path, commit in zip(paths, newest, strict=True) if commit is not None}
    files = [read_manifest(run, name) for name in plan.exports]
    files += [read_metrics(run, name) for name in plan.exports]
    made = [Entry.from_json(file["entry"]) for file in files if file is not None]
    missed = lacking(run.spark, run.lake.ledger, [*last.values(), *made])
    behind = [path for path, entry in last.items() if entry in missed]
    if missed:
        # What was told in one go is complete: only of these may earlier ones be lacking as well.
        earlier = [_entry(commit) for path in behind for commit in notes(run.spark, path)]
        append_ledger(run.spark, run.lake.ledger, [*earlier, *made])
    return version


def _entry(commit: Commit) -> Entry:
    """The entry that a commit carries. How many rows an ingest has brought is known once they are written."""
    note = {**commit.note, "version": commit.version}
    if note["stage"] == "ingest":
        note |= {"read": commit.rows, "published": commit.rows}
    return Entry.from_json(note)
