"""Landing to raw: what arrived is kept as it arrived, each delivery of a file once."""

from __future__ import annotations

from dataclasses import replace

from headgate.etl.errors import InputError
from headgate.etl.lake.arrivals import MANIFEST, Arrivals, arrivals
from headgate.etl.lake.delimited import FileFormat
from headgate.etl.lake.landing import SourceFile, changes_told, read_landing, reading_of, survey_landing
from headgate.etl.lake.ledger import Entry
from headgate.etl.lake.listing import hidden_files
from headgate.etl.lake.manifest import Landed, Withdrawn
from headgate.etl.lake.tables import ConflictError
from headgate.etl.lake.turns import append_after
from headgate.etl.lake.zones import TableId
from headgate.etl.load.context import fingerprint_of
from headgate.jobs.context import Run
from headgate.jobs.stages.step import each

__all__ = ["ingest"]

TRIES = 5
"""How often a run looks again at what to take in, as another one was faster."""


def ingest(run: Run) -> list[Entry]:
    """Append to each dataset's raw table the files of the landing that it has not taken in yet.

    All files of a dataset are surveyed before its first row is written. A delivery that cannot be read
    keeps its dataset as it was, and the others from nothing.

    Parameters
    ----------
    run : Run
        Its `undelivered` is told of each dataset whose files cannot be read.

    Returns
    -------
    list of Entry
        One a dataset; ``read`` and ``published`` count records, the unreadable ones among them.
        ``failed`` where a file is missing, empty, damaged, or not as declared: nothing of the dataset
        is written.
    """
    names = list(run.pipeline.datasets)
    entries = each(run, "ingest", names, _if_delivered)
    # In the order of the pipeline, whichever was found first.
    found = dict(run.undelivered)
    run.undelivered.clear()
    run.undelivered.update((name, found[name]) for name in names if name in found)
    return entries


def _if_delivered(run: Run, name: str) -> Entry:
    begun = run.opened(stage="ingest", dataset=name)
    try:
        return _ingest(run, name, begun)
    except InputError as error:
        run.undelivered[name] = error
        return replace(begun, status="failed", finished_at=run.clock(), error=str(error)[:400])


def _ingest(run: Run, name: str, begun: Entry) -> Entry:
    source, fmt, path = (
        run.pipeline.datasets[name].source,
        run.file_format(name),
        run.lake.table(TableId("raw", name)),
    )
    hidden = hidden_files(run.spark, dataset=name, folder=run.landing, pattern=source.files)
    if hidden:
        run.watch.say(f"warning: {name}: passed over, as names with _ or . in front are: {', '.join(hidden)}")
    landed = survey_landing(run.spark, dataset=name, folder=run.landing, pattern=source.files, fmt=fmt)
    for tries_left in reversed(range(TRIES)):
        held = arrivals(run.spark, path)
        new = held.manifest.missing(landed, reading=reading_of(fmt))
        gone = held.manifest.withdrawn(landed, members=fmt.member or "*")
        stay = held.manifest.read_otherwise(landed, reading=reading_of(fmt))
        if stay:
            run.watch.say(
                f"{name}: files that are not in the landing any more stay as an earlier source section read "
                f"them: {', '.join(stay[:5])}{' …' if len(stay) > 5 else ''}"
            )
        if held.commit is not None and not new and not gone:
            return Entry.at_commit(held.commit, status="unchanged")
        try:
            return _taken_in(run, begun, held, new, gone, fmt)
        except ConflictError:
            if not tries_left:
                raise
    raise AssertionError("the last try returns or raises")


def _taken_in(
    run: Run,
    begun: Entry,
    held: Arrivals,
    new: list[SourceFile],
    gone: list[Withdrawn],
    fmt: FileFormat,
) -> Entry:
    """Append the files `new`, unless another has appended to the table since it was looked at."""
    name = begun.dataset
    at = held.manifest.next_moment(begun.started_at)
    reading = reading_of(fmt)
    known = held.manifest.columns(reading=reading)
    frame = read_landing(
        run.spark,
        new,
        dataset=name,
        folder=run.landing,
        pattern=run.pipeline.datasets[name].source.files,
        fmt=fmt,
        run_id=run.run_id,
        ingested_at=at,
        known=known,
    )
    taken: list[Landed] = [*new, *gone]
    manifest = held.manifest.took_in(taken, reading=reading, at=at)
    before, lower = held.manifest.newest(), {column.lower() for column in known}
    again = [file.file for file in new if file.file in before]
    added = [column for column in manifest.columns(reading=reading) if column.lower() not in lower]
    entry = replace(
        begun,
        fingerprint=fingerprint_of([[file.file, file.hash] for file in taken], {}),
        details={
            "files": [file.file for file in new],
            **({"delivered_again": again} if again else {}),
            **({"withdrawn": [file.file for file in gone]} if gone else {}),
            **({"columns_added": added} if known and added else {}),
        },
    )
    note = entry.to_json() | {MANIFEST: manifest.to_json()}
    if held.commit is not None and (last := Entry.of_commit(held.commit)) is not None:
        run.noted.append(last)
    run.may_write()
    with changes_told(name):
        commit = append_after(frame, run.lake.table(TableId("raw", name)), after=held.newest, note=note)
    return replace(
        entry, finished_at=run.clock(), version=commit.version, read=commit.rows, published=commit.rows
    ).balanced()
