"""Landing to raw: what arrived is kept as it arrived, each file once."""

from __future__ import annotations

from dataclasses import replace

from etl.lake.landing import SourceFile, read_landing, survey_landing
from etl.lake.ledger import Entry
from etl.lake.listing import hidden_files
from etl.lake.tables import last_commit, read_table, write_table
from jobs.context import Run
from jobs.stages.step import each, fingerprint_of, in_parallel, opened

__all__ = ["ingest"]


def ingest(run: Run) -> list[Entry]:
    """Append to each dataset's raw table the files of the landing that it does not hold yet.

    Every file of every dataset is surveyed before the first row is written.

    Parameters
    ----------
    run : Run

    Returns
    -------
    list of Entry
        One a dataset; ``read`` and ``published`` count records, the unreadable ones among them.

    Raises
    ------
    etl.errors.InputError
        A file is missing, empty, damaged, or not as declared. Nothing is written.
    """
    names = list(run.pipeline.datasets)
    landed = dict(zip(names, in_parallel(run, names, lambda name: _survey(run, name)), strict=True))
    return each(run, "ingest", names, lambda run, name: _ingest(run, name, landed[name]))


def _survey(run: Run, name: str) -> list[SourceFile]:
    source = run.pipeline.datasets[name].source
    hidden = hidden_files(run.spark, dataset=name, folder=run.landing, pattern=source.files)
    if hidden:
        run.watch.say(f"warning: {name}: passed over, as names with _ or . in front are: {', '.join(hidden)}")
    return survey_landing(
        run.spark, dataset=name, folder=run.landing, pattern=source.files, fmt=run.file_format(name)
    )


def _ingest(run: Run, name: str, landed: list[SourceFile]) -> Entry:
    entry = opened(run, stage="ingest", dataset=name)
    path = run.lake.table("raw", name)
    before = last_commit(run.spark, path)
    held: set[tuple[str, str]] = set()
    if before is not None:
        rows = read_table(run.spark, path, dataset=name).select("_file", "_file_hash").distinct().collect()
        held = {(row["_file"], row["_file_hash"]) for row in rows}
    new = [file for file in landed if (file.file, file.hash) not in held]
    if before is not None and not new:
        known = Entry.from_json(before.note)
        return replace(
            known, status="unchanged", version=before.version, read=before.rows, published=before.rows
        )
    frame = read_landing(
        run.spark,
        new,
        dataset=name,
        folder=run.landing,
        pattern=run.pipeline.datasets[name].source.files,
        fmt=run.file_format(name),
        run_id=run.run_id,
        ingested_at=entry.started_at,
    )
    entry = replace(
        entry,
        fingerprint=fingerprint_of([[file.file, file.hash] for file in new], {}),
        details={"files": [file.file for file in new]},
    )
    run.may_write()
    commit = write_table(frame, path, mode="append", note=entry.to_json())
    return replace(
        entry, finished_at=run.clock(), version=commit.version, read=commit.rows, published=commit.rows
    ).balanced()
