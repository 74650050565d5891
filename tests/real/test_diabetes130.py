"""Diabetes 130-US hospitals: the published figures of the data set, found again at every step."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from statistics import mean
from typing import Any

import pytest
from delta.tables import DeltaTable
from pyspark.sql import DataFrame, SparkSession

from headgate.etl.lake.zones import Lake
from headgate.jobs.context import load_pipeline
from headgate.jobs.entry import run_pipeline
from headgate.jobs.flow import STEPS

pytestmark = pytest.mark.real
Ran = tuple[Path, dict[str, Any], Callable[..., dict[str, Any]]]


@pytest.fixture(scope="module")
def ran(spark: SparkSession, shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """A lake, the summary of its first run, and a way to run again."""
    lake = tmp_path_factory.mktemp("diabetes")

    def run(run_id: str, *overrides: str, steps: tuple[str, ...] = tuple(STEPS)) -> dict[str, Any]:
        pipeline, source = load_pipeline("diabetes130", overrides=overrides)
        return run_pipeline(
            pipeline,
            source=source,
            lake=Lake(str(lake)),
            landing=str(shared_data / "diabetes130"),
            run_id=run_id,
            steps=steps,
            log_format="text",
        )

    return lake, run("r1"), run


def table(spark: SparkSession, ran: Ran, path: str) -> DataFrame:
    return spark.read.format("delta").load(str(ran[0] / path))


def test_raw_holds_every_encounter(spark: SparkSession, ran: Ran) -> None:
    assert table(spark, ran, "raw/encounters").count() == 101_766


def test_every_patient_is_a_member_once_and_one_is_unknown(spark: SparkSession, ran: Ran) -> None:
    patients = table(spark, ran, "star/dim_patient")
    assert (patients.count(), patients.where("patient_key = 0").count()) == (71_518 + 1, 1)
    assert patients.agg({"patient_key": "max"}).first()[0] == 71_518  # type: ignore[index]


def test_labels_before_exclusions(spark: SparkSession, ran: Ran) -> None:
    rows = table(spark, ran, "star/fact_encounter").groupBy("readmitted").count().collect()
    assert {row.readmitted: row["count"] for row in rows} == {"NO": 54_864, ">30": 35_545, "<30": 11_357}


def test_expired_and_hospice_are_left_out_by_a_named_rule(ran: Ran) -> None:
    (export,) = ran[1]["exports"]
    assert export["excluded"]["expired_or_hospice"] == 2_423
    assert sum(export["rows"].values()) + sum(export["excluded"].values()) == 101_766


def test_none_is_a_value_and_a_question_mark_is_not(spark: SparkSession, ran: Ran) -> None:
    curated = table(spark, ran, "curated/encounters")
    assert curated.where("max_glu_serum = 'None'").count() == 96_420
    assert curated.where("weight is null").count() == 98_569


def test_the_stacked_file_is_three_tables(spark: SparkSession, ran: Ran) -> None:
    sizes = {zone: table(spark, ran, f"curated/{zone}").count() for zone in CODE_TABLES}
    assert sizes == {"admission_types": 8, "discharge_dispositions": 30, "admission_sources": 25}


CODE_TABLES = ("admission_types", "discharge_dispositions", "admission_sources")


def test_rows_are_conserved_in_every_ledger_row(spark: SparkSession, ran: Ran) -> None:
    gone = "superseded + duplicates + quarantined + aggregate(map_values(dropped), 0L, (a, b) -> a + b)"
    ledger = table(spark, ran, "ledger")
    assert ledger.count() == len(ran[1]["stages"])
    assert ledger.where(f"read <> published + {gone}").count() == 0


def test_a_second_run_changes_no_table_version(spark: SparkSession, ran: Ran) -> None:
    def versions() -> dict[str, int]:
        logs = sorted(ran[0].rglob("_delta_log"))
        return {
            str(log.parent): DeltaTable.forPath(spark, str(log.parent)).history(1).first().version
            for log in logs
        }  # type: ignore[union-attr]

    before = versions()
    summary = ran[2]("r2")
    assert versions() == before
    assert {stage["status"] for stage in summary["stages"]} == {"unchanged"}


def test_the_model_reaches_what_others_measured_and_does_not_cheat(spark: SparkSession, ran: Ran) -> None:
    scores = [ran[1]["model"]["roc_auc"]]
    for seed in (101, 102):
        summary = ran[2](
            f"seed{seed}", f"exports.readmission.seed={seed}", f"model.seed={seed}", steps=("export", "train")
        )
        scores.append(summary["model"]["roc_auc"])
        manifest = json.loads((ran[0] / "export/readmission/manifest.json").read_text())
        cases = spark.read.parquet(str(ran[0] / "export/readmission" / manifest["data"]))
        splits = cases.select("patient_nbr", "split").distinct()
        assert splits.count() == splits.select("patient_nbr").distinct().count()
    print("ROC AUC on held-out patients, three seeds:", [round(score, 4) for score in scores])
    assert 0.67 <= mean(scores) < 0.70, scores
