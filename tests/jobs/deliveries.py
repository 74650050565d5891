"""A pipeline of one dataset that is delivered a file at a time, and what its lake then holds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

from headgate.etl.lake import transaction
from headgate.etl.lake.zones import Lake
from headgate.jobs.context import load_pipeline
from headgate.jobs.entry import run_pipeline
from tests.jobs.visits import lay_out

PIPELINE = """
name: visits
datasets:
  visits:
    source: {{files: "visits*.csv"}}
    clean:
      - drop_exact_duplicates
      - rename_to_snake_case
      - cast_columns: {{columns: {{visit: bigint, cost: double}}}}
      - drop_rows: {{rule: free_of_charge, where: "cost = 0"}}
    suite: suites/visits.json
    tolerance: 1
    publish: {publish}
"""

HEADER = "Visit,Person,Town,Cost"


class Clinic:
    """A lake that is made from deliveries.

    Parameters
    ----------
    spark : SparkSession
    folder : Path
    publish : str
        The mode, as the pipeline file has it.
    way : {'in_place', 'copying'}
        How programs of their own stage and publish.
    """

    def __init__(self, spark: SparkSession, folder: Path, publish: str, way: str = "in_place") -> None:
        self.spark, self.folder, self.way, self.runs = spark, folder, way, 0
        self.lake = folder / "lake"
        lay_out(folder, pipeline=PIPELINE.format(publish=publish))
        (folder / "landing" / "visits.csv").unlink()

    def deliver(self, file: str, *rows: str) -> None:
        """Put a file of these rows into the landing."""
        text = "\n".join((HEADER, *rows)) + "\n"
        (self.folder / "landing" / f"visits_{file}.csv").write_text(text)

    def run(self, *overrides: str, steps: tuple[Any, ...] = ("ingest", "curate")) -> dict[str, Any]:
        """Take steps, and give the last one's part of the summary."""
        self.runs += 1
        return self.run_as(f"r{self.runs}", *overrides, steps=steps)

    def run_as(
        self, run_id: str, *overrides: str, steps: tuple[Any, ...] = ("ingest", "curate")
    ) -> dict[str, Any]:
        """Take steps under a name, which may have been used before."""
        pipeline, source = load_pipeline(
            str(self.folder / "pipeline.yaml"), overrides=overrides, trust_code=True
        )
        summary = run_pipeline(
            pipeline,
            source=source,
            lake=Lake(str(self.lake)),
            landing=str(self.folder / "landing"),
            run_id=run_id,
            steps=steps,
            log_format="text",
        )
        last: dict[str, Any] = summary["stages"][-1]
        return last

    def table(self, zone: str) -> DataFrame:
        """The dataset's table in a zone."""
        return self.spark.read.format("delta").load(str(self.lake / zone / "visits"))

    def curated(self) -> dict[int, tuple[str, float]]:
        """Town and cost by visit."""
        rows = [(row.visit, (row.town, row.cost)) for row in self.table("curated").collect()]
        assert len(dict(rows)) == len(rows), rows
        return dict(rows)

    def ledger(self) -> list[dict[str, Any]]:
        """What was done to the dataset after its ingest, in order; that it adds up has been asserted."""
        ledger = self.spark.read.format("delta").load(str(self.lake / "ledger")).where("stage <> 'ingest'")
        rows = [row.asDict() for row in ledger.orderBy("started_at").collect()]
        for row in rows:
            gone = row["superseded"] + row["duplicates"] + row["quarantined"] + sum(row["dropped"].values())
            assert row["read"] == row["published"] + gone or row["status"] == "refused", row
        return rows


Open = Callable[[str], Clinic]


@pytest.fixture(params=["in place", "by copying"])
def clinic(
    request: pytest.FixtureRequest, spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Open:
    """Open a clinic that publishes so, on each of both ways to stage and publish."""
    if request.param == "in place":
        return lambda publish: Clinic(spark, tmp_path, publish)
    monkeypatch.setattr(transaction, "fits", lambda *_: False)
    return lambda publish: Clinic(spark, tmp_path, publish, way="copying")


@pytest.fixture
def one_clinic(spark: SparkSession, tmp_path: Path) -> Open:
    """Open a clinic that publishes so, where the way to commit makes no difference."""
    return lambda publish: Clinic(spark, tmp_path, publish)
