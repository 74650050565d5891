"""Two runs of one pipeline that stand before the same write at the same time: nothing is doubled or lost."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from headgate.etl.lake import committing, files, transaction
from headgate.etl.lake.ledger import Entry
from headgate.etl.lake.quarantine import open_rows
from headgate.etl.lake.tables import ConflictError
from headgate.etl.lake.zones import Lake
from headgate.etl.load import process
from headgate.jobs.context import Run, load_pipeline
from headgate.jobs.entry import run_pipeline
from headgate.jobs.flow import flow
from tests.jobs.visits import PIPELINE, lay_out

STEPS = ("ingest", "curate", "star", "export")
CALENDAR = "star:\n  calendars: {dim_day: {key: day_key, from: 2024-01-01, to: 2024-01-03}}\n"
PATIENCE = 60.0

FIRST = ["Visit,Person,Town,Cost", *(f"{number},p{number},Rome,{number}" for number in range(100, 110))]

Here = Callable[..., bool]


def of_note(here: Callable[[dict[str, Any]], bool]) -> tuple[tuple[tuple[Any, str], ...], Here]:
    """The commits whose note is such."""
    return ((transaction, "operation"), (committing, "operation")), lambda spark, mode, note: here(note)


WRITES = {
    "raw": of_note(lambda note: note.get("stage") == "ingest"),
    "quarantine": of_note(lambda note: "leaving" in note and "stage" not in note),
    "curated": of_note(lambda note: note.get("stage") == "curate"),
    "calendar": (((process, "overwrite_after"),), lambda frame, path, **_: path.endswith("dim_day")),
    "dimension": of_note(lambda note: note.get("dataset") == "dim_town"),
    "fact": of_note(lambda note: note.get("dataset") == "fact_visit"),
    "export": (((files, "write_bytes"),), lambda spark, path, content: path.endswith("manifest.json")),
}
"""What writes, and whether a call of it is the write that is meant."""

ROUNDS = [
    ("ingest", ["raw"]),
    ("curate", ["quarantine"]),
    ("curate", ["curated"]),
    ("star", ["calendar", "dimension", "fact"]),
    ("export", ["export"]),
]
"""A step that both runs take at once, and the writes before which they meet."""


@contextmanager
def met(write: str) -> Iterator[threading.Barrier]:
    """Hold whoever is about to write until another is, too."""
    owners, here = WRITES[write]
    barrier = threading.Barrier(2)

    def holding(work: Callable[..., Any]) -> Callable[..., Any]:
        def held(*given: Any, **named: Any) -> Any:
            if here(*given, **named) and not barrier.broken:
                with suppress(threading.BrokenBarrierError):
                    barrier.wait(timeout=PATIENCE)
                    passed.append(write)
            return work(*given, **named)

        return held

    passed: list[str] = []
    with pytest.MonkeyPatch.context() as patched:
        for owner, name in owners:
            patched.setattr(owner, name, holding(getattr(owner, name)))
        yield barrier
    assert len(passed) >= 2, f"nobody met at {write}"


def test_two_runs_that_meet_at_a_write_leave_what_one_would_have_left(
    spark: SparkSession, tmp_path: Path
) -> None:
    text = PIPELINE.replace("star:\n", CALENDAR).replace(
        "tolerance: 0.5", "tolerance: 0.5\n    publish: {mode: append}"
    )
    path = lay_out(tmp_path, pipeline=text, rows=FIRST)
    pipeline, source = load_pipeline(str(path))

    def run(run_id: str, *steps: Any) -> dict[str, Any]:
        return run_pipeline(
            pipeline,
            source=source,
            lake=Lake(str(tmp_path / "lake")),
            landing=str(tmp_path / "landing"),
            run_id=run_id,
            steps=steps,
            log_format="text",
        )

    def both(one: Run) -> list[Entry]:
        def go(name: str) -> None:
            for tries_left in (3, 2, 1, 0):
                mine = replace(one, run_id=f"{name}-{tries_left}", entries=[], noted=[], undelivered={})
                try:
                    return flow(mine, [step])
                except ConflictError as error:
                    if "run this again" not in str(error) or not tries_left:
                        raise

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(go, [f"{one.run_id}-one", f"{one.run_id}-two"]))
        return []

    for number, (step, writes) in enumerate(ROUNDS, start=1):
        rows = [f"{number},p{number},Town {number},{number}.5"]
        rows += [f"{number}0,p,Bern,-1"] if writes == ["quarantine"] else []
        landed = tmp_path / "landing" / f"visits_{number}.csv"
        landed.write_text("\n".join(["Visit,Person,Town,Cost", *rows]) + "\n")
        with ExitStack() as meetings:
            for write in writes:
                meetings.enter_context(met(write))
            run(f"r{number}", *STEPS[: STEPS.index(step)], both)
    assert run("last", *STEPS)["status"] == "done"

    def table(name: str) -> Any:
        return spark.read.format("delta").load(str(tmp_path / "lake" / name))

    visits = [*range(1, len(ROUNDS) + 1), *range(100, 110)]
    assert sorted(row.Visit for row in table("raw/visits").collect()) == sorted([*map(str, visits), "20"])
    assert sorted(row.visit for row in table("curated/visits").collect()) == visits
    facts = table("star/fact_visit").join(table("star/dim_town"), "town_key")
    towns = [(number, f"Town {number}" if number < 100 else "Rome") for number in visits]
    assert Counter((row.visit, row.town) for row in facts.collect()) == Counter(towns)
    assert table("star/dim_day").count() == 4
    assert [row.row for row in open_rows(table("quarantine/visits")).collect()] == [3]
    folder = tmp_path / "lake/export/dear"
    data = json.loads((folder / "manifest.json").read_text())["data"]
    assert spark.read.parquet(str(folder / data)).count() == len(visits)
    ledger = table("ledger").where("status = 'done' AND stage <> 'export'")
    assert ledger.groupBy("stage", "dataset", "version").count().where("count > 1").collect() == []
