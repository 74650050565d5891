"""Every state in which a lake may be left: what a run that dies has written so far.

A run that dies writes nothing any more, so what it leaves is what it had written when it died. One run
is therefore watched, and its lake copied whenever it has changed; states between two copies, as they
are while Spark writes files and commits them, are made of them.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import DataFrame, DataFrameWriter, SparkSession

from headgate.etl.lake import committing, copying, files, transaction

State = dict[str, bytes]
"""The content of every file of a lake, by its place."""

WATCHED: tuple[tuple[Any, str], ...] = (
    (DataFrameWriter, "save"),
    (DataFrameWriter, "parquet"),
    (DataFrame, "collect"),
    (DataFrame, "count"),
    (SparkSession, "sql"),
    (SparkSession, "createDataFrame"),
    (committing.StagedInPlace, "publish"),
    (committing.StagedInPlace, "discard"),
    (copying.StagedBeside, "publish"),
    (copying.StagedBeside, "discard"),
    (transaction, "append"),
    *((files, name) for name in ("exists", "read_bytes", "read_line", "write_bytes", "delete", "folders")),
)
"""What a run asks of storage: by classes, and by modules that are asked by their names."""


def read(lake: Path) -> State:
    """The lake as it is. Reports are written last, and nothing is made of them."""
    return {
        str(file.relative_to(lake)): file.read_bytes()
        for file in sorted(lake.rglob("*"))
        if file.is_file() and "reports" not in file.parts and not file.name.endswith(".crc.crc")
    }


def write(state: State, lake: Path) -> None:
    """Make the lake so."""
    shutil.rmtree(lake, ignore_errors=True)
    for name, content in state.items():
        (lake / name).parent.mkdir(parents=True, exist_ok=True)
        (lake / name).write_bytes(content)


@contextmanager
def watched(lake: Path) -> Iterator[list[State]]:
    """Copy the lake whenever it has changed before storage is asked for something."""
    seen: list[State] = []
    names: set[tuple[str, int]] = set()

    def look() -> None:
        nonlocal names
        there = {(str(file), file.stat().st_size) for file in lake.rglob("*") if file.is_file()}
        if there != names:
            names = there
            seen.append(read(lake))

    def watching(work: Callable[..., Any]) -> Callable[..., Any]:
        def work_watched(*given: Any, **named: Any) -> Any:
            look()
            return work(*given, **named)

        return work_watched

    with pytest.MonkeyPatch.context() as patched:
        for owner, name in WATCHED:
            patched.setattr(owner, name, watching(getattr(owner, name)))
        yield seen
        look()


def between(states: list[State]) -> list[State]:
    """The states, and those between each two: some data files, all, the commit, and then its checksum."""
    found: list[State] = []
    for before, after in pairwise(states):
        added = {name: content for name, content in after.items() if before.get(name) != content}
        # Hadoop's own checksums last: half of them is what a dying driver leaves.
        data = {name: added[name] for name in sorted(added, key=_hidden) if "/_delta_log/" not in name}
        commits = {name: content for name, content in added.items() if name.endswith(".json")}
        kept = {name: content for name, content in before.items() if name in after}
        steps = [dict(list(data.items())[:1]), data, data | commits]
        found += [state for step in steps if (state := before | step) not in (before, after)]
        if kept != before and kept | added != after:
            found.append(kept | added)
        found.append(after)
    return [state for at, state in enumerate(found) if state not in found[:at]]


def _hidden(name: str) -> tuple[bool, str]:
    return name.rpartition("/")[2].startswith("."), name
