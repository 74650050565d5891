"""`etl.publish`: the gate for people who have a DataFrame and want nothing else of ours."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

import pytest
from delta.tables import DeltaTable
from pyspark.sql import DataFrame, SparkSession

from headgate import etl
from headgate.etl.errors import InputMissingError, ParameterError
from headgate.etl.lake.admission import TableRuleError
from headgate.etl.lake.quarantine import open_rows
from headgate.etl.load.modes import WriteMode
from headgate.quality import ReservedNameError
from tests.etl.published import SUITE
from tests.jobs.killed import run_program

pytestmark = pytest.mark.usefixtures("few_rows")


def frame(spark: SparkSession, *rows: tuple[Any, ...]) -> DataFrame:
    return spark.createDataFrame(list(rows), "visit int, cost double")


def publish(df: DataFrame, target: str | Path, mode: WriteMode | None = None, **more: Any) -> etl.Outcome:
    return etl.publish(df, str(target), suite=SUITE, mode=mode, **{"tolerance": 0.6} | more)


def held(spark: SparkSession, target: str | Path) -> dict[int, float]:
    return {row.visit: row.cost for row in etl.read_table(spark, str(target)).collect()}


def rejected(outcome: etl.Outcome) -> set[int]:
    assert outcome.quarantine is not None
    return {json.loads(row.record)["visit"] for row in outcome.quarantine.collect()}


def test_each_batch_is_told_in_full_and_published_once_by_its_number(
    spark: SparkSession, tmp_path: Path
) -> None:
    path = tmp_path / "visits"
    first = publish(frame(spark, (1, 5.0), (2, -1.0)), path, batch_id=0)
    assert (first.status, first.read, first.published, first.quarantined) == ("done", 2, 1, 1)
    assert first.report is not None
    assert first.report.rows == 1
    assert [line["rule"] for line in first.reasons] == ["cost"]
    second = frame(spark, (3, 7.0), (4, -2.0))
    assert publish(second, path, batch_id=1).status == "done"
    for number in (1, 0):
        again = publish(second, path, batch_id=number)
        assert (again.status, again.version) == ("unchanged", number)
    # Another source counts for itself, and does not make the first one forgotten.
    assert publish(frame(spark, (5, 1.0)), path, batch_id=0, source="other").status == "done"
    assert publish(second, path, batch_id=1).status == "unchanged"
    assert held(spark, path) == {1: 5.0, 3: 7.0, 5: 1.0}
    assert rejected(again) == {2, 4}
    assert sorted(path.parent.glob("visits*")) == [path, tmp_path / "visits_quarantine"]


@pytest.mark.parametrize("mode", [etl.append(), etl.overwrite()], ids=["append", "overwrite"])
def test_a_batch_is_known_by_its_own_number_whichever_came_before_or_after(
    spark: SparkSession, tmp_path: Path, mode: WriteMode
) -> None:
    path = tmp_path / "visits"
    told = {}
    for number in (5, 3, 7):
        told[number] = publish(frame(spark, (number, 1.0)), path, mode, batch_id=number)
    with pytest.raises(etl.BatchRefusedError):
        publish(frame(spark, (6, -1.0)), path, mode, batch_id=6)
    told[6] = publish(frame(spark, (6, 2.0), (60, 3.0)), path, mode, batch_id=6)
    publish(frame(spark, (8, 1.0)), path, mode)
    before = held(spark, path)
    for number, once in told.items():
        again = publish(frame(spark, (99, 1.0)), path, mode, batch_id=number)
        assert (again.status, again.version, again.read) == ("unchanged", once.version, once.read)
    assert held(spark, path) == before
    assert before.keys() == ({3, 5, 6, 7, 8, 60} if mode.incremental else {8})
    (path / "_delta_log/00000000000000000000.json").unlink()
    with pytest.raises(etl.BatchUnknownError, match=r"last batch of 'batch' that was published is 7.* 4 was"):
        publish(frame(spark, (4, 1.0)), path, mode, batch_id=4)


def test_a_table_is_the_same_from_wherever_it_is_named(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    publish(frame(spark, (1, 5.0)), "tables/visits")
    assert held(spark, "tables/visits") == held(spark, tmp_path / "tables/visits") == {1: 5.0}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"mode": "append"}, "mode"),
        ({"mode": etl.append}, "mode"),
        ({"tolerance": "0.5"}, "tolerance"),
        ({"batch_id": True}, "batch_id"),
        ({"batch_id": "7"}, "batch_id"),
        ({"batch_id": 1, "source": None}, "source"),
    ],
)
def test_what_a_call_cannot_mean_is_refused(spark: SparkSession, tmp_path: Path, wrong, said: str) -> None:
    with pytest.raises(ParameterError, match=said):
        publish(frame(spark, (1, 5.0)), tmp_path / "visits", **wrong)
    with pytest.raises(ParameterError, match="a list"):
        etl.merge(keys="visit")


def test_without_a_number_a_call_that_is_repeated_repeats_its_rows(
    spark: SparkSession, tmp_path: Path
) -> None:
    for _ in range(2):
        publish(frame(spark, (1, 5.0)), tmp_path / "visits")
    assert etl.read_table(spark, str(tmp_path / "visits")).count() == 2


def test_modes_do_what_they_are_called_for(spark: SparkSession, tmp_path: Path) -> None:
    path, mode = tmp_path / "visits", etl.merge(keys=["visit"], order_by=["cost"])
    publish(frame(spark, (1, 5.0), (2, 6.0)), path, mode)
    merged = publish(frame(spark, (1, 4.0), (2, 7.0), (3, 1.0)), path, mode)
    assert (merged.published, merged.superseded) == (2, 1)
    assert held(spark, path) == {1: 5.0, 2: 7.0, 3: 1.0}
    assert rejected(publish(frame(spark, (1, 9.0), (8, -1.0)), path, etl.overwrite())) == {8}
    assert held(spark, path) == {1: 9.0}
    # Made anew without the row that was rejected: it has left the quarantine.
    assert rejected(publish(frame(spark, (1, 9.0)), path, etl.overwrite())) == set()
    new, only_new = tmp_path / "new", etl.insert_new(keys=["visit"])
    publish(frame(spark, (1, 5.0)), new, only_new)
    inserted = publish(frame(spark, (1, 9.0), (2, 6.0), (3, -1.0)), new, only_new)
    assert (inserted.published, inserted.superseded, inserted.quarantined) == (1, 1, 1)
    assert held(spark, new) == {1: 5.0, 2: 6.0}
    parted = tmp_path / "parted"
    by_visit = etl.overwrite_partitions(partition_by=["visit"])
    publish(frame(spark, (1, 5.0), (2, 6.0)), parted, by_visit)
    publish(frame(spark, (2, 8.0)), parted, by_visit)
    assert held(spark, parted) == {1: 5.0, 2: 8.0}


def test_a_batch_that_is_refused_raises_and_changes_nothing(spark: SparkSession, tmp_path: Path) -> None:
    path = tmp_path / "visits"
    publish(frame(spark, (1, 5.0)), path)
    with pytest.raises(etl.BatchRefusedError, match=r"^visits: .*; nothing of it was published$") as caught:
        publish(frame(spark, (2, -1.0), (3, -1.0), (4, 1.0)), path)
    assert (caught.value.outcome.status, caught.value.outcome.quarantined) == ("refused", 2)
    assert held(spark, path) == {1: 5.0}
    with pytest.raises(etl.BatchRefusedError, match="no rows"):
        publish(frame(spark).limit(0), path)
    with pytest.raises(TableRuleError, match="column 'cost' is string"):
        publish(spark.createDataFrame([(1, "5")], "visit int, cost string"), path)
    with pytest.raises(ReservedNameError, match="_cost"):
        publish(frame(spark, (1, 5.0)).withColumnRenamed("cost", "_cost"), path)
    with pytest.raises(InputMissingError, match="no Delta table"):
        etl.read_table(spark, str(tmp_path / "none"))


def test_a_table_of_somebody_elses_is_added_to(spark: SparkSession, tmp_path: Path) -> None:
    path = str(tmp_path / "visits")
    frame(spark, (1, 5.0)).write.format("delta").save(path)
    publish(frame(spark, (2, 6.0)), path, batch_id=3)
    DeltaTable.forPath(spark, path).delete("visit = 1")
    publish(frame(spark, (3, 7.0)), path, batch_id=4)
    assert publish(frame(spark, (3, 7.0)), path, batch_id=4).status == "unchanged"
    assert held(spark, path) == {2: 6.0, 3: 7.0}


def test_a_table_may_be_named_as_the_catalog_has_it(spark: SparkSession) -> None:
    spark.sql("CREATE DATABASE clinic")
    try:
        for cost in (5.0, 6.0):
            publish(frame(spark, (int(cost), cost)), "clinic.visits")
        assert {row.cost for row in spark.table("clinic.visits").collect()} == {5.0, 6.0}
        assert held(spark, "clinic.visits") == {5: 5.0, 6: 6.0}
    finally:
        spark.sql("DROP DATABASE clinic CASCADE")


def test_a_stream_publishes_by_the_same_gate(spark: SparkSession, tmp_path: Path) -> None:
    path, landing = str(tmp_path / "visits"), tmp_path / "landing"
    landing.mkdir()
    rows = spark.readStream.schema("visit int, cost double").csv(str(landing))

    def into_the_table(batch: DataFrame, batch_id: int) -> None:
        publish(batch, path, batch_id=batch_id)

    for number in (1, 2):
        (landing / f"{number}.csv").write_text(f"{number},5.0\n{number}0,-1.0\n")
        query = rows.writeStream.foreachBatch(into_the_table).trigger(availableNow=True)
        query.option("checkpointLocation", str(tmp_path / "checkpoint")).start().awaitTermination()
    assert held(spark, path) == {1: 5.0, 2: 5.0}
    # A stream that died after the commit and before its own checkpoint gives the batch again.
    (tmp_path / "checkpoint/commits/1").unlink()
    (tmp_path / "checkpoint/commits/.1.crc").unlink(missing_ok=True)
    query = rows.writeStream.foreachBatch(into_the_table).trigger(availableNow=True)
    query.option("checkpointLocation", str(tmp_path / "checkpoint")).start().awaitTermination()
    assert etl.read_table(spark, path).count() == 2


def test_a_batch_of_a_script_that_is_killed_again_and_again_is_published_once(
    spark: SparkSession, tmp_path: Path
) -> None:
    path = str(tmp_path / "visits")
    for moment in ("between quarantine and commit", "after the commit"):
        ended = run_program("tests.etl.published", moment, "in_place", path)
        assert ended.returncode == -signal.SIGKILL, ended.stderr
    ended = run_program("tests.etl.published", "never", "in_place", path)
    assert (ended.returncode, ended.stdout.split()) == (0, ["unchanged"]), ended.stderr
    assert sorted(row.visit for row in etl.read_table(spark, path).collect()) == [1, 2]
    told = open_rows(spark.read.format("delta").load(f"{path}_quarantine")).collect()
    assert [(json.loads(row.record)["visit"], row.status) for row in told] == [(3, "quarantined")]


def test_an_outcome_is_shown_without_what_it_must_not_tell(spark: SparkSession, tmp_path: Path) -> None:
    rows = spark.createDataFrame([("<b>ann", -5.0), ("bob", 1.0)], "name string, cost double")
    outcome = publish(rows, tmp_path / "<visits>")
    page = outcome._repr_html_()
    assert "&lt;visits&gt;" in page
    assert "<visits>" not in page
    assert "ann" not in page + str(outcome)
    assert str(outcome) == (
        "<visits>: done, version 0: 2 read, 1 published, 0 superseded, 0 duplicates, 1 quarantined"
    )
