"""The embedded hospital, end to end on a small scale: what was planted is found, and nothing invented."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from headgate.etl.lake.zones import Lake
from headgate.jobs.context import load_pipeline
from headgate.jobs.entry import run_pipeline
from headgate.jobs.flow import STEPS


@pytest.fixture(scope="module")
def hospital(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """The lake of one run, and the run's summary."""
    lake = tmp_path_factory.mktemp("hospital")
    pipeline, source = load_pipeline("hospital", overrides=["simulate.patients=400"])
    summary = run_pipeline(
        pipeline,
        source=source,
        lake=Lake(str(lake)),
        landing=None,
        run_id="r1",
        steps=tuple(STEPS),
        log_format="text",
    )
    return lake, summary


FOUND_WHOLLY = (
    "exact_duplicate",
    "near_duplicate",
    "unparsable",
    "unreadable",
    "superseded",
    "orphan",
    "late",
)


@pytest.mark.parametrize("kind", FOUND_WHOLLY)
def test_what_was_planted_is_found_and_none_is_invented(
    hospital: tuple[Path, dict[str, Any]], kind: str
) -> None:
    lines = [line for line in hospital[1]["planted"] if line["kind"] == kind]
    assert sum(line["planted"] for line in lines) > 0
    assert [(line["dataset"], line["missed"], line["invented"]) for line in lines] == [
        (line["dataset"], 0, 0) for line in lines
    ], lines


def test_every_other_fault_is_dealt_with_too(hospital: tuple[Path, dict[str, Any]]) -> None:
    missed = [line for line in hospital[1]["planted"] if line["missed"] and line["kind"] != "same_person"]
    invented = [line for line in hospital[1]["planted"] if line["invented"]]
    assert (missed, invented) == ([], [])


def test_rows_are_conserved_in_every_ledger_row(
    spark: SparkSession, hospital: tuple[Path, dict[str, Any]]
) -> None:
    ledger = spark.read.format("delta").load(str(hospital[0] / "ledger"))
    gone = "superseded + duplicates + quarantined + aggregate(map_values(dropped), 0L, (a, b) -> a + b)"
    assert ledger.count() == len(hospital[1]["stages"])
    assert ledger.where(f"read <> published + {gone}").count() == 0


def test_the_star_joins_without_loss(spark: SparkSession, hospital: tuple[Path, dict[str, Any]]) -> None:
    def table(name: str) -> Any:
        return spark.read.format("delta").load(str(hospital[0] / "star" / name))

    fact, patients = table("fact_encounter"), table("dim_patient")
    assert patients.where("patient_key = 0").count() == 1
    assert patients.select("patient_key").distinct().count() == patients.count()
    assert fact.join(patients, "patient_key").count() == fact.count()
    assert fact.where("patient_key = 0").count() > 0  # the planted orphans


def test_no_patient_is_in_two_splits(spark: SparkSession, hospital: tuple[Path, dict[str, Any]]) -> None:
    manifest = json.loads((hospital[0] / "export/readmission/manifest.json").read_text())
    cases = spark.read.parquet(str(hospital[0] / "export/readmission" / manifest["data"]))
    splits = cases.select("patient_id", "split").distinct()
    assert splits.count() == splits.select("patient_id").distinct().count()
    assert set(manifest["rows"]) == {"train", "validation", "test"}
    assert cases.count() == sum(manifest["rows"].values())


def test_the_model_learns_and_does_not_cheat(hospital: tuple[Path, dict[str, Any]]) -> None:
    model = hospital[1]["model"]
    assert 0.55 < model["roc_auc"] < 0.9
    assert (hospital[0] / "export/readmission/model/model.joblib").is_file()


def test_the_report_is_one_page_with_the_figures(hospital: tuple[Path, dict[str, Any]]) -> None:
    lake, summary = hospital
    page = (lake / "reports/r1/index.html").read_text()
    assert (lake / "reports/latest.html").read_text() == page
    assert json.loads((lake / "reports/r1/summary.json").read_text())["run_id"] == summary["run_id"]
    assert "dim_patient" in page
    assert 'src="http' not in page
    assert list((lake / "staging").rglob("*.parquet")) == []
