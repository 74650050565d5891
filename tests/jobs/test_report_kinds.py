"""A page of each kind of end, made by a real pipeline: what it says is what the ledger and the tables say."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from headgate.etl.lake.zones import Lake
from headgate.jobs.context import Run, load_pipeline
from headgate.jobs.entry import run_pipeline
from headgate.jobs.exits import RefusedError
from tests.jobs.test_report import Page

PIPELINE = """
name: shop
datasets:
  sales:
    source: {files: "sales*.csv"}
    clean:
      - cast_columns: {columns: {sale: int, cost: double}, invalid: "null"}
      - keep_rows: {rule: paid_by_card, where: "paid = 'card'"}
    suite: sales.json
    tolerance: 0.5
  towns: {source: {files: "towns*.csv"}, suite: towns.json}
"""

SUITES = {
    "sales": [
        ("expect_column_values_to_be_between", {"column": "cost", "min_value": 0}, "critical"),
        ("expect_column_values_to_not_be_null", {"column": "town"}, "warning"),
    ],
    "towns": [("expect_column_values_to_not_be_null", {"column": "town"}, "critical")],
}
GOOD = ["1,5,card,Rome", "2,x,card,", "3,7,cash,Rome", "4,8,card,Oslo", "5,-1,card,Oslo", "6,3,card,Bern"]
BAD = ["7,-1,card,Rome", "8,-2,card,Rome", "9,-3,card,Rome", "10,-4,card,Rome"]

Report = tuple[dict[str, Any], Page, list[dict[str, Any]]]


def lay_out(folder: Path) -> None:
    (folder / "landing").mkdir()
    (folder / "p.yaml").write_text(PIPELINE)
    for name, rules in SUITES.items():
        expectations = [{"type": kind, "kwargs": given, "severity": how} for kind, given, how in rules]
        (folder / f"{name}.json").write_text(json.dumps({"name": name, "expectations": expectations}))


def deliver(folder: Path, name: str, rows: list[str]) -> None:
    header = "town" if name.startswith("towns") else "sale,cost,paid,town"
    (folder / "landing" / f"{name}.csv").write_text("\n".join([header, *rows]) + "\n")


def ends_by(error: BaseException) -> Callable[[Run], Any]:
    def step(run: Run) -> Any:
        raise error

    return step


@pytest.fixture(scope="module")
def reports(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Report]:
    folder = tmp_path_factory.mktemp("shop")
    lay_out(folder)
    return make_reports(spark, folder)


def make_reports(spark: SparkSession, folder: Path) -> dict[str, Report]:
    """Six runs of one lake, in the order in which a young pipeline may live through them."""
    made = {}

    def run(kind: str, *steps: Any, error: type[BaseException] | None = None) -> None:
        pipeline, source = load_pipeline(str(folder / "p.yaml"))
        place = {"source": source, "lake": Lake(str(folder / "lake")), "landing": str(folder / "landing")}

        def go() -> None:
            run_pipeline(pipeline, **place, run_id=kind, steps=steps, log_format="text")  # type: ignore[arg-type]

        if error is None:
            go()
        else:
            with pytest.raises(error):
                go()
        report = folder / "lake" / "reports" / kind
        summary = json.loads((report / "summary.json").read_text())
        ledger = spark.read.format("delta").load(str(folder / "lake" / "ledger")).where(f"run_id = '{kind}'")
        rows = [row.asDict() for row in ledger.collect()]
        made[kind] = (summary, Page((report / "index.html").read_text()), rows)

    deliver(folder, "sales_1", BAD)
    deliver(folder, "towns_1", ["Rome"])
    run("failed", "ingest", ends_by(ValueError("the disk is gone")), error=ValueError)
    run("first_refused", "ingest", "curate", error=RefusedError)
    deliver(folder, "sales_2", [f"{n}{row}" for n in range(3) for row in GOOD])
    run("done", "ingest", "curate")
    run("unchanged", "ingest", "curate")
    deliver(folder, "sales_3", BAD * 4)
    deliver(folder, "towns_2", ["Oslo"])
    run("partly_refused", "ingest", "curate", error=RefusedError)
    run("interrupted", "ingest", ends_by(KeyboardInterrupt()), error=KeyboardInterrupt)
    return made


def told(summary: dict[str, Any], stage: str, dataset: str) -> dict[str, Any]:
    return next(each for each in summary["stages"] if (each["stage"], each["dataset"]) == (stage, dataset))


def test_each_kind_says_what_the_ledger_says(reports: dict[str, Report]) -> None:
    """One test, as the six runs are one story: each page is held against its own run's rows."""
    summary, page, ledger = reports["failed"]
    raw = sum(row["published"] for row in ledger if row["stage"] == "ingest")
    assert (summary["status"], raw) == ("failed", 5)
    assert "What had been ingested is kept in raw; nothing was published." in page.text()
    assert "rows taken into raw, not curated 5 in 2 datasets" in page.text()
    assert "rows read" not in page.text()

    summary, page, ledger = reports["first_refused"]
    assert "Nothing of it was published, and there is no version before. towns was published." in page.text()
    assert "rows published 1 20.0% of rows read" in page.text()
    assert "rows refused 4 in 1 dataset, nothing published" in page.text()
    assert "1 of 2 expectations hold on every row" in page.text("gates")
    assert "4 turned away" in page.text("gates")
    assert "Of the refused batch: 4 rows turned away" in page.text("quarantine")

    summary, page, ledger = reports["done"]
    sales = next(row for row in ledger if (row["stage"], row["dataset"]) == ("curate", "sales"))
    assert f"rows published {sales['published']} " in page.text()
    assert f"{sales['dropped']['paid_by_card']} not paid_by_card" in page.text("conservation")
    assert f"{sales['quarantined']} turned away" in page.text("gates")
    nulled = page.text("quarantine").partition("Values made null by a step")[2]
    assert "cast_columns" in nulled.partition("Warnings of the suite")[0]
    assert "town" not in nulled.partition("Warnings of the suite")[0]
    assert "town" in nulled.partition("Warnings of the suite")[2]

    summary, page, ledger = reports["unchanged"]
    stand = told(summary, "curate", "sales")["published"] + told(summary, "curate", "towns")["published"]
    assert ledger == []
    assert f"rows at the last publication {stand} in 2 datasets, unchanged" in page.text()
    assert "rows published" not in page.text()
    assert {each["seconds"] for each in summary["stages"]} == {None}
    assert "Nothing was asked in this run" in page.text("gates")
    assert "when the tables that stand were made" in page.text("quarantine")

    summary, page, ledger = reports["partly_refused"]
    assert "readers still see the version before. towns was published." in page.text()
    sales = next(row for row in ledger if (row["stage"], row["dataset"]) == ("curate", "sales"))
    assert (sales["status"], told(summary, "curate", "sales")["stands"]) == ("refused", 0)
    assert f"rows refused {sales['read']} in 1 dataset" in page.text()
    assert "rows published 2 " in page.text()

    summary, page, ledger = reports["interrupted"]
    assert (summary["status"], ledger) == ("interrupted", [])
    assert "shop Interrupted The run was interrupted. Nothing was published." in page.text()
    assert "The same command goes on from there." in page.text()
