"""Files that are delivered again: corrected, shortened, as they were before, or read otherwise.

One lake, in which every way to publish has a dataset of its own over the same files; and one delivery
after the other, each of which is a run.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from etl.errors import InputError
from etl.lake.zones import Lake
from jobs.context import load_pipeline
from jobs.entry import run_pipeline
from jobs.exits import RefusedError

CLEAN = "[rename_to_snake_case, {cast_columns: {columns: {amt: bigint}}}]"

Rows = dict[str, list[str]]


class House:
    """A lake, its landing, and one pipeline file of several datasets."""

    def __init__(self, spark: SparkSession, folder: Path, datasets: Mapping[str, str]) -> None:
        self.spark, self.folder, self.lake, self.runs = spark, folder, folder / "lake", 0
        self.landing = self.lake / "landing"
        (folder / "suites").mkdir(parents=True)
        rule = {
            "type": "expect_column_values_to_not_be_null",
            "kwargs": {"column": "id"},
            "severity": "critical",
        }
        (folder / "suites" / "v.json").write_text(json.dumps({"name": "v", "expectations": [rule]}))
        self.define(datasets)

    def define(self, datasets: Mapping[str, str]) -> None:
        parts = [f"  {name}: {{{text}, suite: suites/v.json}}" for name, text in datasets.items()]
        (self.folder / "pipeline.yaml").write_text("\n".join(["name: p", "datasets:", *parts]) + "\n")

    def deliver(self, files: Mapping[str, str | bytes | None]) -> None:
        """Put files into the landing; None takes one away."""
        for name, content in files.items():
            place = self.landing / name
            place.parent.mkdir(parents=True, exist_ok=True)
            if content is None:
                place.unlink()
            else:
                place.write_bytes(content.encode() if isinstance(content, str) else content)

    def run(
        self, *overrides: str, lake: str | None = None, steps: Sequence[Any] = ("ingest", "curate")
    ) -> Any:
        """Run, and give the last step's entries by dataset."""
        self.runs += 1
        pipeline, source = load_pipeline(str(self.folder / "pipeline.yaml"), overrides=overrides)
        summary = run_pipeline(
            pipeline,
            source=source,
            lake=Lake(lake or str(self.lake)),
            landing=None,
            run_id=f"r{self.runs}",
            steps=steps,
            log_format="text",
        )
        last = {"ingest": "ingest", "curate": "curate"}[steps[-1]]
        return {entry["dataset"]: entry for entry in summary["stages"] if entry["stage"] == last}

    def rows(self, *names: str, zone: str = "curated", columns: Sequence[str] = ("id", "amt")) -> Rows:
        """The rows of tables, each as its values."""
        found = {}
        for name in names:
            table = self.spark.read.format("delta").load(str(self.lake / zone / name))
            found[name] = sorted(" ".join(str(row[column]) for column in columns) for row in table.collect())
        return found

    def entries(self, run_id: str) -> dict[tuple[str, str], Any]:
        """Of the ledger."""
        ledger = self.spark.read.format("delta").load(str(self.lake / "ledger")).where(f"run_id = '{run_id}'")
        return {(row["stage"], row["dataset"]): row for row in ledger.collect()}


def law(entry: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(entry[name] for name in ("status", "read", "published", "superseded", "quarantined"))


def text(*rows: str, header: str = "id,amt") -> str:
    return "\n".join((header, *rows)) + "\n"


@pytest.fixture(scope="module")
def house(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> House:
    def dataset(publish: str, source: str = "") -> str:
        return f'source: {{files: "v*.csv"{source}}}, clean: {CLEAN}, tolerance: 0.4, publish: {publish}'

    return House(
        spark,
        tmp_path_factory.mktemp("redelivery"),
        {
            "made": dataset("{mode: overwrite}"),
            "added": dataset("{mode: append}"),
            "merged": dataset("{mode: merge, keys: [id]}"),
            "parted": dataset("{mode: overwrite_partitions, partition_by: [id]}"),
            "grown": dataset("{mode: append}", ", redelivery: append"),
        },
    )


REPLACING = ("made", "added", "merged", "parted")


def test_a_file_that_is_delivered_again_says_anew_what_it_said(house: House) -> None:
    house.deliver({"v1.csv": text("1,10", "2,20", "3,x"), "v2.csv": text("4,40")})
    told = house.run()
    assert {law(told[name]) for name in told} == {("done", 4, 3, 0, 1)}
    # Corrected, and the row that could not be read is right now; v2 lies there as before.
    house.deliver({"v1.csv": text("1,11", "2,20", "3,30")})
    told = house.run()
    assert house.rows(*REPLACING) == dict.fromkeys(REPLACING, ["1 11", "2 20", "3 30", "4 40"])
    assert house.rows("grown")["grown"] == ["1 10", "1 11", "2 20", "2 20", "3 30", "4 40"]
    assert law(told["made"]) == law(told["merged"]) == ("done", 7, 4, 3, 0)  # all of raw
    assert law(told["added"]) == law(told["parted"]) == ("done", 6, 3, 3, 0)
    assert law(told["grown"]) == ("done", 3, 3, 0, 0)
    # What was rejected of the earlier delivery is open no longer.
    for name in REPLACING:
        events = house.spark.read.format("delta").load(str(house.lake / "quarantine" / name))
        assert {row["status"] for row in events.orderBy("at").collect()} >= {"released"}, name
    # Case 34: a file that goes back to an earlier content counts.
    house.deliver({"v1.csv": text("1,10", "2,20", "3,x")})
    house.run()
    assert house.rows("made", "added", "merged") == dict.fromkeys(
        ("made", "added", "merged"), ["1 10", "2 20", "4 40"]
    )
