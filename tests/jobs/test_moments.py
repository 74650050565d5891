"""A run that dies, at any moment, is finished by the next one: nothing is lost, and nothing is twice."""

from __future__ import annotations

import json
import os
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from headgate.etl.lake.zones import Lake
from headgate.jobs.context import load_pipeline
from headgate.jobs.entry import run_pipeline
from tests.jobs import moments

DATASETS = {
    "appended": "{mode: append}",
    "overwritten": "{mode: overwrite}",
    "parted": "{mode: overwrite_partitions, partition_by: [town]}",
    "merged": "{mode: merge, keys: [visit], order_by: [cost]}",
}

DATASET = """
  {name}:
    source: {{files: "*.csv"}}
    clean:
      - sentinels_to_null: {{values: ["{none}"]}}
      - cast_columns: {{columns: {{visit: bigint, cost: double}}}}
    suite: visits.json
    tolerance: 1
    publish: {publish}
"""

STAR = """
star:
  dimensions:
    town: {from: overwritten, key: town_key, natural_key: [town], suite: any.json}
  facts:
    merged:
      from: merged
      grain: [visit]
      references: {town_key: {dimension: town, on: {town: town}}}
      columns: [visit, cost]
      suite: any.json
"""
"""A fact and a dataset have one name, and each a quarantine of its own."""

FIRST = ["1,Rome,5", "2,Oslo,x", "3,Bern,7", "4,Rome,-1"]
SECOND = ["5,Oslo,2", "1,Rome,9", "6,Bern,x", "7,Rome,-2", "3,Bern,1"]
STEP = 1 if os.environ.get("HEADGATE_EVERY_MOMENT") else 18
"""All of them take a quarter of an hour: by default every eighteenth is tried."""

OF_THE_RUN = ("run_id", "at", "_ingested_at", "_run_id", "commit", "started_at", "finished_at", "fingerprint")


class Clinic:
    """A lake of four datasets, one for each mode, and a star."""

    def __init__(self, spark: SparkSession, folder: Path) -> None:
        self.spark, self.folder, self.lake = spark, folder, folder / "lake"
        (folder / "landing").mkdir(parents=True)
        positive = {"column": "cost", "min_value": 0}
        for name, rule in (
            ("visits", ("expect_column_values_to_be_between", positive)),
            ("any", ("expect_table_row_count_to_be_between", {"min_value": 1})),
        ):
            expectation = {"id": name, "type": rule[0], "kwargs": rule[1], "severity": "critical"}
            suite = {"name": name, "expectations": [expectation]}
            (folder / f"{name}.json").write_text(json.dumps(suite))

    def deliver(self, name: str, rows: list[str]) -> None:
        (self.folder / "landing" / name).write_text("\n".join(["visit,town,cost", *rows]) + "\n")

    def run(self, run_id: str, *, mended: bool = True, lake: Path | None = None, parallel: int = 1) -> Any:
        """Everything but training; once mended, `x` stands for nothing in what is overwritten."""
        text = "name: clinic\ndatasets:"
        for name, publish in DATASETS.items():
            none = "x" if mended and name == "overwritten" else "?"
            text += DATASET.format(name=name, publish=publish, none=none)
        path = self.folder / "pipeline.yaml"
        path.write_text(text + STAR)
        pipeline, source = load_pipeline(str(path))
        return run_pipeline(
            pipeline,
            source=source,
            lake=Lake(str(lake or self.lake)),
            landing=str(self.folder / "landing"),
            run_id=run_id,
            steps=("ingest", "curate", "star"),
            log_format="text",
            parallel=parallel,
        )


def rows(table: Path) -> list[dict[str, Any]]:
    """The rows of a Delta table that has no checkpoint yet, read without Spark."""
    there: dict[str, dict[str, Any]] = {}
    for commit in sorted((table / "_delta_log").glob("*.json")):
        for line in commit.read_text().splitlines():
            action = json.loads(line)
            if "add" in action:
                there[action["add"]["path"]] = action["add"]["partitionValues"]
            elif "remove" in action:
                there.pop(action["remove"]["path"], None)
    found = []
    for name, partition in there.items():
        found += [row | partition for row in pq.ParquetFile(table / name).read().to_pylist()]
    return found


def told(table: Path) -> Counter[str]:
    """The rows without what is of the run that wrote them."""
    return Counter(
        str(sorted((name, str(value)) for name, value in row.items() if name not in OF_THE_RUN))
        for row in rows(table)
    )


def holds(lake: Path) -> dict[str, Counter[str]]:
    """What a lake holds: of a row in quarantine its newest event, of the ledger the counts."""
    zones = [f"{zone}/{name}" for zone in ("raw", "curated") for name in DATASETS]
    found = {name: told(lake / name) for name in [*zones, "star/town", "star/merged"]}
    for name in DATASETS:
        newest: dict[tuple[Any, ...], dict[str, Any]] = {}
        for event in sorted(rows(lake / "quarantine" / name), key=lambda event: event["commit"]):
            newest[event["file"], event["file_hash"], event["row"]] = event
        found[f"quarantine/{name}"] = Counter(
            str((place, event["status"], event["reasons"])) for place, event in newest.items()
        )
    counts = ("stage", "dataset", "status", "version", "read", "published", "superseded", "quarantined")
    found["ledger"] = Counter(str([row[name] for name in counts]) for row in rows(lake / "ledger"))
    return found


@pytest.fixture(scope="module")
def clinic(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Clinic:
    """A clinic with one delivery taken in and another one landed."""
    made = Clinic(spark, tmp_path_factory.mktemp("moments"))
    made.deliver("1.csv", FIRST)
    made.run("r1", mended=False)
    made.deliver("2.csv", SECOND)
    return made


@pytest.mark.slow
def test_whenever_a_run_dies_the_next_one_makes_what_it_would_have_made(clinic: Clinic) -> None:
    begun = moments.read(clinic.lake)
    with moments.watched(clinic.lake) as seen:
        clinic.run("r2")
    whole = holds(clinic.lake)
    # What is asked of it is there to be lost: each mode has taken rows in, rejected some, released some.
    assert [sum(whole[f"curated/{name}"].values()) for name in DATASETS] == [5, 7, 3, 3]
    assert [len(whole[f"quarantine/{name}"]) for name in DATASETS] == [4, 3, 4, 4]
    assert any("released" in event for event in whole["quarantine/overwritten"])
    left = moments.between([begun, *seen])
    # To go on from its beginning takes longest, and what is left of raw tables is the same for each of them.
    raw = [state for state in left if not any(name.startswith("curated") for name in state.keys() - begun)]
    left = raw[::3] + left[len(raw) :]
    assert len(left) >= 60
    for at, state in list(enumerate(left))[::STEP]:
        again = clinic.folder / str(at) / "lake"  # Delta remembers what it has read in a folder
        moments.write(state, again)
        clinic.run("r3", lake=again, parallel=2)
        assert holds(again) == whole, f"state {at} of {len(left)}: {sorted(set(state) - set(begun))[-3:]}"
        shutil.rmtree(again)
