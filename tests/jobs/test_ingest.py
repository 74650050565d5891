"""What raw takes in: each delivery once, however its place is spelled and whoever else takes it in."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from delta.tables import DeltaTable
from pyspark.sql import SparkSession

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
