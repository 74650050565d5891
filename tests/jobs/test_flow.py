"""The whole way on a small pipeline: counts, repetition, refusal, and going on after a crash."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from delta.tables import DeltaTable
from pyspark.sql import SparkSession

from headgate.etl.lake import transaction
from headgate.etl.lake.committing import StagedInPlace
from headgate.etl.lake.copying import StagedBeside
from headgate.etl.lake.zones import Lake
from headgate.etl.load import rejects
from headgate.jobs.context import load_pipeline
from headgate.jobs.entry import run_pipeline
from headgate.jobs.exits import RefusedError
from headgate.jobs.flow import STEPS
from tests.jobs.visits import PIPELINE, ROWS, lay_out

Runner = Callable[..., dict[str, Any]]
WITHOUT_MODEL = tuple(step for step in STEPS if step != "train")


@pytest.fixture
def run(spark: SparkSession, tmp_path: Path) -> Runner:
    """Run the pipeline below `tmp_path`; the session is found, not started."""

    def running(
        run_id: str = "r1",
        *,
        steps: tuple[str, ...] = WITHOUT_MODEL,
        overrides: tuple[str, ...] = (),
        data_docs: bool = False,
    ) -> Any:
        pipeline, source = load_pipeline(
            str(tmp_path / "pipeline.yaml"), overrides=overrides, trust_code=True
        )
        return run_pipeline(
            pipeline,
            source=source,
            lake=Lake(str(tmp_path / "lake")),
            landing=str(tmp_path / "landing"),
            run_id=run_id,
            steps=steps,
            log_format="text",
            data_docs=data_docs,
        )

    return running


def versions(spark: SparkSession, lake: Path) -> dict[str, int]:
    """The version of every Delta table below `lake`."""
    tables = sorted(log.parent for log in lake.rglob("_delta_log"))
    found = {}
    for table in tables:
        newest = DeltaTable.forPath(spark, str(table)).history(1).first()
        assert newest is not None
        found[str(table.relative_to(lake))] = newest.version
    return found


def stage(summary: dict[str, Any], name: str, dataset: str) -> dict[str, Any]:
    return next(s for s in summary["stages"] if (s["stage"], s["dataset"]) == (name, dataset))


def test_every_row_is_accounted_for(spark: SparkSession, tmp_path: Path, run: Runner) -> None:
    lay_out(tmp_path)
    summary = run()
    counts = {
        key: stage(summary, "curate", "visits")[key]
        for key in ("read", "published", "superseded", "duplicates")
    }
    assert counts == {"read": 39, "published": 33, "superseded": 1, "duplicates": 1}
    assert stage(summary, "curate", "visits")["quarantined"] == 3
    assert stage(summary, "curate", "visits")["dropped"] == {"free_of_charge": 1}
    for entry in summary["stages"]:
        gone = (
            entry["superseded"] + entry["duplicates"] + entry["quarantined"] + sum(entry["dropped"].values())
        )
        assert entry["read"] == entry["published"] + gone, entry
    quarantine = (
        spark.read.format("delta").load(str(tmp_path / "lake/quarantine/visits")).orderBy("row").collect()
    )
    assert [(row.row, row.reasons[0].rule, row.reasons[0].value) for row in quarantine] == [
        (5, "cast_columns", "x"),
        (6, "visits-1", "-3.0"),
        (10, "read", "7,p4,Rome"),
    ]
    assert not (tmp_path / "lake/staging/r1/curated_visits").exists()


def test_a_curated_row_knows_where_it_came_from(spark: SparkSession, tmp_path: Path, run: Runner) -> None:
    lay_out(tmp_path)
    run(steps=("ingest", "curate"))
    row = spark.read.format("delta").load(str(tmp_path / "lake/curated/visits")).where("visit = 3").first()
    assert row is not None
    assert (row["_file"], row["_row"], row["town"], row["_problems"]) == ("visits.csv", 4, None, None)


def test_running_again_changes_nothing_by_the_same_name_or_another(
    spark: SparkSession, tmp_path: Path, run: Runner
) -> None:
    lay_out(tmp_path)
    first = run("r1")
    before = versions(spark, tmp_path / "lake")
    manifest = (tmp_path / "lake/export/dear/manifest.json").read_bytes()
    for run_id in ("r1", "r2"):
        second = run(run_id)
        assert versions(spark, tmp_path / "lake") == before
        assert (tmp_path / "lake/export/dear/manifest.json").read_bytes() == manifest
        assert {entry["status"] for entry in second["stages"]} == {"unchanged"}
        told = ("stage", "dataset", "read", "published", "superseded", "duplicates", "quarantined", "dropped")
        assert [[s[key] for key in told] for s in second["stages"]] == [
            [s[key] for key in told] for s in first["stages"]
        ]
        assert second["gates"] == [gate | {"unchanged": True} for gate in first["gates"]]


def test_only_new_files_are_ingested_and_keys_stay(spark: SparkSession, tmp_path: Path, run: Runner) -> None:
    lay_out(tmp_path)
    run("r1")
    towns = "town, town_key"
    before = {
        r.town: r.town_key
        for r in spark.read.format("delta")
        .load(str(tmp_path / "lake/star/dim_town"))
        .selectExpr(*towns.split(", "))
        .collect()
    }
    (tmp_path / "landing/visits_2.csv").write_text("Visit,Person,Town,Cost\n50,p9,Aarau,3\n3,p2,Rome,9\n")
    summary = run("r2")
    assert (stage(summary, "ingest", "visits")["published"], stage(summary, "curate", "visits")["read"]) == (
        2,
        41,
    )
    after = {
        r.town: r.town_key
        for r in spark.read.format("delta")
        .load(str(tmp_path / "lake/star/dim_town"))
        .selectExpr(*towns.split(", "))
        .collect()
    }
    assert {town: key for town, key in after.items() if town != "Aarau"} == before
    assert after["Aarau"] == max(before.values()) + 1


def test_a_refused_batch_publishes_nothing(
    spark: SparkSession, tmp_path: Path, run: Runner, way: str
) -> None:
    lay_out(tmp_path)
    with pytest.raises(RefusedError) as caught:
        run("r1", overrides=("datasets.visits.tolerance=0.01",))
    assert caught.value.refusals[0][0] == "curate/visits"
    lake = tmp_path / "lake"
    assert list(versions(spark, lake)) == ["ledger", "raw/visits"]
    assert [list((lake / zone).rglob("*.parquet")) for zone in ("curated", "star", "export")] == [[], [], []]
    aside = spark.read.parquet(str(lake / "staging/r1/curated_visits"))
    told = {row._verdict: row["count"] for row in aside.groupBy("_verdict").count().collect()}
    assert told == {"accepted": 33, "rejected": 3}
    assert [row.id for row in aside.selectExpr("explode(_failures.expectation_id) AS id").collect()] == [
        "visits-1"
    ]
    ledger = spark.read.format("delta").load(str(lake / "ledger")).where("stage = 'curate'").collect()
    assert [(row.status, row.read) for row in ledger] == [("refused", 39)]
    report = (lake / "reports/r1/index.html").read_text()
    assert "refused" in report.lower()
    assert json.loads((lake / "reports/r1/summary.json").read_text())["status"] == "refused"


def test_an_answer_that_cannot_be_believed_is_refused_and_shown(tmp_path: Path, run: Runner) -> None:
    lay_out(tmp_path)
    suite = tmp_path / "suites" / "visits.json"
    known = {"id": "known-town", "type": "expect_column_values_to_be_in_set", "severity": "warning"}
    known["kwargs"] = {"column": "town", "value_set": ["Rome", None]}  # type: ignore[assignment]
    document = json.loads(suite.read_text())
    suite.write_text(json.dumps(document | {"expectations": [*document["expectations"], known]}))
    with pytest.raises(RefusedError, match="cannot be believed here"):
        run(steps=("ingest", "curate"))
    summary = json.loads((tmp_path / "lake/reports/r1/summary.json").read_text())
    (told,) = summary["gates"]
    assert [(each["name"], each["expectation_id"]) for each in told["warnings"]] == [
        ("null-in-set", "known-town")
    ]
    assert told["spark_jobs"] in (1, 2, 3)
    page = (tmp_path / "lake/reports/r1/index.html").read_text()
    assert "not to be believed, a defect of Great Expectations: null-in-set" in page


def test_data_docs_of_every_gate_are_written_when_they_are_asked_for(tmp_path: Path, run: Runner) -> None:
    lay_out(tmp_path)
    reports = tmp_path / "lake/reports"
    run("r1", steps=("ingest", "curate"))
    assert not (reports / "r1/data_docs").exists()
    run("r2", data_docs=True)
    docs = reports / "r2/data_docs"
    pages = {page.name: page.read_text() for page in (docs / "validations").rglob("*.html")}
    assert sorted(pages) == ["curated-visits.html", "star-dim_town.html", "star-fact_visit.html"]
    assert all(name in (docs / "index.html").read_text() for name in pages)
    assert "values must be greater than or equal to" in " ".join(pages["curated-visits.html"].split())


def test_data_docs_that_cannot_be_written_do_not_hide_why_a_run_ended(
    tmp_path: Path, run: Runner, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object, **__: object) -> str:
        raise OSError("no room for pages")

    lay_out(tmp_path)
    monkeypatch.setattr("headgate.jobs.entry.write_data_docs", broken)
    with pytest.raises(RefusedError):
        run(steps=("ingest", "curate"), overrides=("datasets.visits.tolerance=0",), data_docs=True)
    assert "the Data Docs could not be written: OSError: no room for pages" in capsys.readouterr().err


def test_a_step_that_loses_rows_is_refused(spark: SparkSession, tmp_path: Path, run: Runner) -> None:
    lay_out(
        tmp_path,
        pipeline=PIPELINE.replace(
            "      - keep_latest", "      - tests.jobs.own_step:lose_some\n      - keep_latest"
        ),
    )
    with pytest.raises(Exception, match="were lost by a step") as caught:
        run()
    assert (caught.type.__name__, caught.value.dataset, caught.value.read) == (
        "ConservationError",
        "visits",
        39,
    )
    assert list(versions(spark, tmp_path / "lake")) == ["ledger", "raw/visits"]
    assert list((tmp_path / "lake/curated").rglob("*.parquet")) == []


def die(monkeypatch: pytest.MonkeyPatch, moment: str) -> None:
    """End the first publication at a moment, as if the process had been killed."""
    quarantine = rejects.append_in_turn

    def quarantining(*args: Any, **kwargs: Any) -> Any:
        if moment == "before the quarantine":
            raise OSError("killed")
        return quarantine(*args, **kwargs)

    def publishing(real: Callable[..., Any]) -> Callable[..., Any]:
        def publish(*args: Any, **kwargs: Any) -> Any:
            done = real(*args, **kwargs) if moment == "after curated" else None
            raise OSError("killed") if moment != "before the quarantine" else AssertionError(done)

        return publish

    monkeypatch.setattr(rejects, "append_in_turn", quarantining)
    for way in (StagedInPlace, StagedBeside):
        monkeypatch.setattr(way, "publish", publishing(way.publish))


@pytest.fixture(params=["in place", "by copying"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both ways to stage and publish."""
    if request.param == "by copying":
        monkeypatch.setattr(transaction, "fits", lambda *_: False)
    return str(request.param)


@pytest.mark.parametrize(
    "moment", ["before the quarantine", "between quarantine and curated", "after curated"]
)
def test_a_run_by_copying_that_dies_is_finished_by_the_next(
    spark: SparkSession, tmp_path: Path, run: Runner, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    """In place, `test_moments` tries it at every moment."""
    lay_out(tmp_path)
    monkeypatch.setattr(transaction, "fits", lambda *_: False)
    steps = ("ingest", "curate")
    with monkeypatch.context() as patched:
        die(patched, moment)
        with pytest.raises(OSError, match="killed"):
            run("r1", steps=steps)
    run("r2", steps=steps)
    lake = tmp_path / "lake"
    assert spark.read.format("delta").load(str(lake / "curated/visits")).count() == 33
    assert spark.read.format("delta").load(str(lake / "quarantine/visits")).count() == 3
    assert versions(spark, lake)["curated/visits"] == 0
    assert spark.read.format("delta").load(str(lake / "raw/visits")).count() == len(ROWS) - 1


def test_no_person_is_in_two_splits_and_nothing_is_learnt_from_test_rows(
    spark: SparkSession, tmp_path: Path, run: Runner
) -> None:
    path = lay_out(tmp_path)
    run("r1")
    manifest = json.loads((tmp_path / "lake/export/dear/manifest.json").read_text())
    cases = spark.read.parquet(str(tmp_path / "lake/export/dear" / manifest["data"]))
    assert (
        cases.groupBy("person")
        .agg({"split": "approx_count_distinct"})
        .where("`approx_count_distinct(split)` > 1")
        .count()
        == 0
    )
    assert manifest["rows"] == {row.split: row["count"] for row in cases.groupBy("split").count().collect()}
    assert manifest["sources"] == {"star/fact_visit": 0, "star/dim_town": 0}
    learnt = manifest["fitted"][0]["values"]
    outside = {row.visit for row in cases.where("split = 'test'").collect()}
    assert outside
    header, *rows = ROWS
    spoilt = [
        ",".join([r.split(",")[0], r.split(",")[1], "Nowhere", "99"])
        if r.split(",")[0] in {str(v) for v in outside}
        else r
        for r in rows
    ]
    lay_out(tmp_path / "spoilt", rows=[header, *spoilt])
    pipeline, source = load_pipeline(str(path))
    run_pipeline(
        pipeline, source=source, lake=Lake(str(tmp_path / "lake2")), landing=str(tmp_path / "spoilt/landing"),
        run_id="r1", steps=WITHOUT_MODEL, log_format="text",
    )  # fmt: skip
    other = json.loads((tmp_path / "lake2/export/dear/manifest.json").read_text())
    assert other["fitted"][0]["values"] == learnt
    assert other["hash"] != manifest["hash"]


def test_rows_that_are_not_unique_are_quarantined(spark: SparkSession, tmp_path: Path, run: Runner) -> None:
    lay_out(
        tmp_path,
        pipeline=PIPELINE.replace("      - keep_latest: {keys: [visit], order_by: [cost]}\n", ""),
    )
    summary = run(steps=("ingest", "curate"))
    raw = spark.read.format("delta").load(str(tmp_path / "lake/raw/visits"))
    curated = spark.read.format("delta").load(str(tmp_path / "lake/curated/visits"))
    assert curated.count() == curated.select("visit").distinct().count()
    rejected = spark.read.format("delta").load(str(tmp_path / "lake/quarantine/visits"))
    twice = rejected.where("exists(reasons, r -> r.reason = 'expect_column_values_to_be_unique')")
    assert twice.count() > 0
    assert twice.selectExpr("get_json_object(record, '$.visit') AS visit").join(
        curated.selectExpr("cast(visit AS string) AS visit"), "visit"
    ).count() == 0  # fmt: skip
    entry = stage(summary, "curate", "visits")
    assert entry["read"] == raw.count()
    assert entry["quarantined"] == rejected.count()
    assert entry["published"] == curated.count()
    assert list((tmp_path / "lake/staging").rglob("*.parquet")) == []
