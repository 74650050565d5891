"""What raw takes in: each delivery once, however its place is spelled and whoever else takes it in."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from delta.tables import DeltaTable
from pyspark.sql import SparkSession

from etl.lake.commits import last_commit
from etl.lake.ledger import Entry
from jobs.context import Run
from jobs.stages import ingest as stage
from tests.jobs.house import House, text

ROOT = Path(__file__).resolve().parents[2]


def test_a_file_is_one_however_the_lake_is_spelled(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = House(spark, tmp_path, {"v": 'source: {files: "*/x.csv"}'})
    monkeypatch.chdir(tmp_path)
    (tmp_path / "link").symlink_to(tmp_path / "lake")
    house.deliver({"2024-01-01/x.csv": text("1,1")})
    house.run(lake="./lake", steps=["ingest"])
    house.deliver({"2024-01-02/x.csv": text("1,1")})
    assert house.run(lake="./lake", steps=["ingest"])["v"]["read"] == 1
    assert house.rows("v", zone="raw", columns=["_file", "id"])["v"] == [
        "2024-01-01/x.csv 1",
        "2024-01-02/x.csv 1",
    ]
    for lake in (str(house.lake), f"file://{house.lake}/", "lake//", "link"):
        assert house.run(lake=lake, steps=["ingest"])["v"]["status"] == "unchanged", lake
    # Another writer takes the second file out again: it comes back, and the first is not doubled.
    DeltaTable.forPath(spark, str(house.lake / "raw/v")).restoreToVersion(0)
    assert house.run(steps=["ingest"])["v"]["read"] == 1
    DeltaTable.forPath(spark, str(house.lake / "raw/v")).optimize().executeCompaction()
    assert house.run(steps=["ingest"])["v"]["status"] == "unchanged"
    assert len(house.rows("v", zone="raw")["v"]) == 2
    # A raw table of before there was a manifest, or whose notes are gone: its rows tell what it holds.
    old = tmp_path / "old"
    shutil.copytree(house.landing, old / "landing")
    spark.read.format("delta").load(str(house.lake / "raw/v")).write.format("delta").save(str(old / "raw/v"))
    assert [house.run(lake=str(old), steps=["ingest"])["v"][told] for told in ("read", "status")] == [
        0,
        "unchanged",
    ]
    assert spark.read.format("delta").load(str(old / "raw/v")).count() == 2


def test_of_two_runs_that_take_in_the_same_files_each_file_comes_once(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both have seen that a file is missing when both write: to a new table, and to one that is there."""
    house = House(spark, tmp_path, {"v": 'source: {files: "*.csv"}'})
    write = stage.write_table
    told: list[list[Entry]] = []

    def two(run: Run) -> list[Entry]:
        met = threading.Barrier(2)

        def held(*given: Any, **named: Any) -> Any:
            if not met.broken and named["once"][1] == expected:
                met.wait(timeout=120)
            return write(*given, **named)

        before = last_commit(spark, str(house.lake / "raw/v"))
        expected = 0 if before is None else before.version + 1
        monkeypatch.setattr(stage, "write_table", held)
        runs = [replace(run, run_id=name, entries=[], noted=[], undelivered={}) for name in ("one", "two")]
        with ThreadPoolExecutor(2) as pool:
            told.append([entry for entries in pool.map(stage.ingest, runs) for entry in entries])
        monkeypatch.setattr(stage, "write_table", write)
        return []

    for files in ({"a.csv": text("1,1", "2,2")}, {"b.csv": text("3,3")}):
        house.deliver(files)
        house.run(steps=[two, "ingest"])
    assert house.rows("v", zone="raw")["v"] == ["1 1", "2 2", "3 3"]
    assert [sorted(entry.status for entry in entries) for entries in told] == [["done", "unchanged"]] * 2


def test_two_processes_at_once_take_in_each_row_once(spark: SparkSession, tmp_path: Path) -> None:
    """Held at the write of raw until both are there; one dataset is in both, and each has one of its own."""
    append = "tolerance: 0.5, publish: {mode: append}"
    common = f'source: {{files: "v*.csv"}}, {append}'
    house = House(spark, tmp_path, {"v": common})
    house.deliver({"v1.csv": text("1,1")})
    house.run()
    house.deliver({"v2.csv": text("2,2", "3,3"), "one.csv": text("1,1"), "two.csv": text("2,2")})
    for name in ("one", "two"):
        own = f'source: {{files: "{name}.csv"}}, {append}'
        house.define({"v": common, name: own})
        (tmp_path / "pipeline.yaml").rename(tmp_path / f"{name}.yaml")
    running = [
        subprocess.Popen(
            [
                sys.executable, "-m", "tests.jobs.held", str(tmp_path), name,
                str(tmp_path / f"{name}.yaml"), "--lake", str(house.lake), "--run-id", name,
            ],
            cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, stderr=subprocess.PIPE, text=True,
            start_new_session=True,
        )
        for name in ("one", "two")
    ]  # fmt: skip
    try:
        said = [process.communicate(timeout=540)[1] for process in running]
    finally:
        for process in running:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
    assert all((tmp_path / f"{name}.ready").exists() for name in ("one", "two")), said
    for process, lines in zip(running, said, strict=True):
        assert process.returncode == 0 or "run this again" in lines, lines
    house.define({"v": common, **{n: f'source: {{files: "{n}.csv"}}, {append}' for n in ("one", "two")}})
    house.run()
    for zone in ("raw", "curated"):
        assert house.rows("v", "one", "two", zone=zone) == {
            "v": ["1 1", "2 2", "3 3"],
            "one": ["1 1"],
            "two": ["2 2"],
        }
    assert json.loads((house.lake / "reports" / house.last / "summary.json").read_text())["status"] == "done"
