"""SIGKILL of a process: the next run finishes the work, nothing shows in between, nothing is twice.

What a run leaves that dies at any other moment is told by `test_moments`, for the way in place.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from headgate.etl.lake.commits import newest_version
from headgate.etl.lake.zones import Lake
from headgate.jobs.context import load_pipeline
from headgate.jobs.entry import run_pipeline
from tests.jobs.killed import run_killed
from tests.jobs.visits import lay_out

OF_THE_RUN = ("_run_id", "_ingested_at", "run_id", "at")

Take = Callable[..., dict[str, Any]]
Tables = dict[str, list[str]]


@pytest.fixture(scope="module")
def take(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Take:
    """Take steps in the tests' own session, into a lake."""
    folder = tmp_path_factory.mktemp("visits")
    pipeline, source = load_pipeline(str(lay_out(folder)))

    def taking(lake: Path, *steps: str) -> dict[str, Any]:
        return run_pipeline(
            pipeline,
            source=source,
            lake=Lake(str(lake)),
            landing=str(folder / "landing"),
            run_id="r1",
            steps=steps,
            log_format="text",
        )

    return taking


@pytest.fixture(scope="module")
def whole(spark: SparkSession, take: Take, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Tables]:
    """A lake with its raw zone only, and what an undisturbed run makes of it."""
    lake = tmp_path_factory.mktemp("whole") / "lake"
    take(lake, "ingest")
    raw = lake.with_name("raw_only")
    shutil.copytree(lake / "raw", raw / "raw")
    take(lake, "curate")
    return raw, tables(spark, lake)


def tables(spark: SparkSession, lake: Path) -> Tables:
    """The rows of what a run has published, and of its ledger, without the run's own names and times."""
    counts = ("status", "read", "published", "superseded", "duplicates", "quarantined", "dropped")
    ledger = spark.read.format("delta").load(str(lake / "ledger")).where("stage = 'curate'").select(*counts)
    return {
        "curated": table(spark, lake / "curated/visits"),
        "quarantine": table(spark, lake / "quarantine/visits"),
        "ledger": [str(row) for row in ledger.collect()],
    }


def table(spark: SparkSession, path: Path) -> list[str]:
    frame = spark.read.format("delta").load(str(path))
    kept = sorted(name for name in frame.columns if name not in OF_THE_RUN)
    return sorted(str(tuple(row)) for row in frame.select(*kept).collect())


@pytest.mark.parametrize(
    ("moment", "way"),
    [
        ("between quarantine and commit", "in_place"),
        ("during the write", "copying"),
    ],
)
def test_what_was_killed_is_finished_by_the_next_run(
    spark: SparkSession, tmp_path: Path, take: Take, whole: tuple[Path, Tables], moment: str, way: str
) -> None:
    raw, undisturbed = whole
    lake = tmp_path / "lake"
    shutil.copytree(raw, lake)
    pipeline = lay_out(tmp_path)
    places = ["--lake", str(lake), "--landing", str(tmp_path / "landing"), "--run-id", "r1"]
    run_killed(moment, way, "curate", str(pipeline), *places)

    curated = lake / "curated" / "visits"
    assert newest_version(spark, str(curated)) == -1

    take(lake, "curate")
    assert tables(spark, lake) == undisturbed
    assert len(undisturbed["ledger"]) == 1
    assert newest_version(spark, str(curated)) == 0
