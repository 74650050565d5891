"""What columns a dataset is delivered with, found without Spark: in the lake, the landing, or the pipeline.

Only names are looked at. What cannot be read here is no fault of the pipeline: then nothing is known,
and the run will tell.
"""

from __future__ import annotations

import glob
import json
import re
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from headgate.conf import Simulate, Source
from headgate.etl.sources.archives import members
from headgate.etl.sources.formats import UnreadableFileError
from headgate.etl.sources.headers import raw_column_names
from headgate.jobs.columns import Columns
from headgate.jobs.context import file_format
from headgate.jobs.landing import simulator_of
from headgate.jobs.places import is_remote, local

__all__ = ["delivered_columns"]

MOST_FILES = 100
MOST_BYTES = 16 * 1024**2
UNKNOWN = Columns({}, whole=False)


def delivered_columns(
    dataset: str, source: Source, *, lake: str | None, landing: str | None, simulate: Simulate | None = None
) -> Columns:
    """The columns of a dataset's raw table, as far as they are known: all of them text.

    Parameters
    ----------
    dataset : str
    source : Source
    lake, landing : str, optional
        Looked into where they are on this machine.
    simulate : Simulate, optional
        What makes the landing where there is none.

    Returns
    -------
    Columns
        Those of the raw table and of the files that lie in the landing; else those that the pipeline
        declares; else none, and not the whole.
    """
    raw = _raw(local(lake) / "raw" / dataset) if lake and not is_remote(lake) else []
    found = _landed(source, local(landing)) if landing and not is_remote(landing) else []
    if raw is None or found is None:
        return UNKNOWN
    names = list(dict.fromkeys([*raw, *found]))
    if names:
        lower = {name.lower() for name in names}
        names += [name for name in raw_column_names(source.optional) if name.lower() not in lower]
    if not names and source.columns:
        names = raw_column_names(source.columns)
    if not names and (simulator := simulator_of(simulate)) is not None:
        names = raw_column_names(simulator.columns(dataset))
    return Columns(dict.fromkeys(names, "string")) if names else UNKNOWN


def _raw(table: Path) -> list[str] | None:
    """The data columns of the raw table, from the newest schema in its log; None where it cannot be told."""
    log = table / "_delta_log"
    commits = sorted(log.glob("[0-9]*.json"), reverse=True)
    checkpoints = sorted(log.glob("[0-9]*.checkpoint*.parquet"), reverse=True)
    if not commits and not checkpoints:
        return []
    try:
        for schema in chain(map(_schema_of_commit, commits), map(_schema_of_checkpoint, checkpoints)):
            if schema is not None:
                names = [field["name"] for field in json.loads(schema)["fields"]]
                return [name for name in names if not name.startswith("_")]
    except (OSError, ValueError, KeyError, TypeError, pa.ArrowException):
        return None
    return None


def _schema_of_commit(file: Path) -> str | None:
    for line in file.read_text().splitlines():
        if line.startswith('{"metaData"'):
            return str(json.loads(line)["metaData"]["schemaString"])
    return None


def _schema_of_checkpoint(file: Path) -> str | None:
    rows = pq.read_table(file, columns=["metaData"])["metaData"].to_pylist()
    return next((str(row["schemaString"]) for row in rows if row), None)


def _landed(source: Source, landing: Path) -> list[str] | None:
    """The columns of the files that lie in the landing; None where one of them cannot be read."""
    files = sorted(_matches(source.files, landing))
    if not files:
        return []
    if source.password is not None:
        return list(raw_column_names(source.columns)) if source.columns else None
    chosen = files if len(files) <= MOST_FILES else files[: MOST_FILES // 2] + files[-MOST_FILES // 2 :]
    names: dict[str, None] = {}
    for file in chosen:
        try:
            if file.stat().st_size > MOST_BYTES:
                return None
            form = file_format(source)
            for member, content in members(file.read_bytes(), file=str(file), fmt=form):
                header = form.columns_in(content, file=member)
                names |= dict.fromkeys(raw_column_names(header))
        except (UnreadableFileError, OSError):
            return None
    return list(names)


def _matches(pattern: str, landing: Path) -> Iterator[Path]:
    """The files that Spark would find: it passes over names that begin with '_' or '.'."""
    for plain in _alternatives(pattern):
        for match in glob.glob(plain, root_dir=landing):
            place = landing / match
            inside: Sequence[Path] = list(place.iterdir()) if place.is_dir() else [place]
            yield from (file for file in inside if file.is_file() and file.name[:1] not in ("_", "."))


def _alternatives(pattern: str) -> Iterator[str]:
    """The pattern without braces, which Python does not know: one for each choice.

    Examples
    --------
    >>> list(_alternatives("{a,b}/x.{csv,txt}"))
    ['a/x.csv', 'a/x.txt', 'b/x.csv', 'b/x.txt']
    """
    braces = re.search(r"\{([^{}]*)\}", pattern)
    if braces is None:
        yield pattern
        return
    for choice in braces[1].split(","):
        yield from _alternatives(pattern[: braces.start()] + choice + pattern[braces.end() :])
