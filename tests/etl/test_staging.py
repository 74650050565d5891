"""Rows are written once, told apart, counted on their way, and published by one commit: in both ways."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from chispa import assert_df_equality
from delta.tables import DeltaTable
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from headgate.etl.lake import staging, transaction
from headgate.etl.lake.commits import Commit, last_commit
from headgate.etl.lake.merging import RepeatedKeyError
from headgate.etl.lake.staged import Staged
from headgate.etl.lake.tables import ConflictError, PartitionsError, Publication
from headgate.etl.lake.target import read_target

pytestmark = pytest.mark.usefixtures("few_rows")

Stage = Callable[..., Staged]


@pytest.fixture(params=["in place", "by copying"])
def stage(request: pytest.FixtureRequest, tmp_path: Path) -> Stage:
    names = (f"t{n}" for n in itertools.count())

    def staging_of(df: DataFrame, **changes: Any) -> Staged:
        settings = {
            "beside": str(tmp_path / "staging" / next(names)),
            "verdict": "_verdict",
            "keep": ["good", "bad"],
            "observe": [F.count_if(F.col("_verdict") == "good").alias("good"), F.max("id").alias("most")],
            "in_place": request.param == "in place",
        }
        return staging.stage(df, str(tmp_path / "t"), **(settings | changes))

    return staging_of


def numbers(spark: SparkSession, rows: int, **columns: Any) -> DataFrame:
    """`rows` rows: of ten one is bad, one is left, and the rest are good."""
    told = F.when(F.col("id") % 10 == 0, "bad").when(F.col("id") % 10 == 1, "left").otherwise("good")
    return spark.range(0, rows, 1, 3).withColumns({**columns, "_verdict": told})


def files_below(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.parquet"))


def test_nothing_is_seen_before_it_is_published(spark: SparkSession, tmp_path: Path, stage: Stage) -> None:
    staged = stage(numbers(spark, 100))
    assert staged.seen == {"good": 80, "most": 99}
    assert {r._verdict: r["count"] for r in staged.rows.groupBy("_verdict").count().collect()} == {
        "good": 80,
        "bad": 10,
    }
    assert not DeltaTable.isDeltaTable(spark, str(tmp_path / "t"))
    commit = staged.publish("good", ["id"], Publication(mode="overwrite", note={"said": "so"}))
    staged.discard(published="good")
    table = spark.read.format("delta").load(str(tmp_path / "t"))
    assert (commit.version, commit.rows, commit.note) == (0, 80, {"said": "so"})
    assert last_commit(spark, str(tmp_path / "t")) == commit
    assert_df_equality(table.orderBy("id"), spark.range(100).where("id % 10 > 1"), ignore_nullable=True)
    assert all(row.id % 10 > 1 for row in table.collect())
    named = {Path(name.removeprefix("file:")).name for name in table.inputFiles()}
    assert {file.name for file in files_below(tmp_path)} - named <= {
        file.name for file in files_below(tmp_path / "t/_delta_log")
    }


def test_overwriting_changes_rows_and_schema_and_keeps_history(
    spark: SparkSession, tmp_path: Path, stage: Stage
) -> None:
    path = str(tmp_path / "t")
    stage(numbers(spark, 20)).publish("good", ["id"], Publication(mode="overwrite", note={"n": 1}))
    second = stage(numbers(spark, 30, name=F.lit("x")))
    assert spark.read.format("delta").load(path).count() == 16
    assert second.publish("good", ["id", "name"], Publication(mode="overwrite", note={"n": 2})).version == 1
    assert spark.read.format("delta").load(path).columns == ["id", "name"]
    assert spark.read.format("delta").load(path).count() == 24
    assert spark.read.format("delta").option("versionAsOf", 0).load(path).count() == 16
    metrics = DeltaTable.forPath(spark, path).history(1).select("operation", "operationMetrics").first()
    assert metrics is not None
    assert (metrics.operation, metrics.operationMetrics["numOutputRows"]) == ("WRITE", "24")


def test_dates_of_other_calendars_are_stored_as_they_are(
    spark: SparkSession, tmp_path: Path, stage: Stage
) -> None:
    """Spark by default refuses to write them; a "no date" value must not stop a batch."""
    times = ["0001-01-01 00:00:00", "1582-10-10 12:00:00", "1899-12-30 00:00:00", "9999-12-31 23:59:59"]
    dated = {
        "d": F.expr("cast('0001-01-01' as date)"),
        "t": F.expr(f"cast(element_at(array{tuple(times)!r}, cast(id % 4 + 1 as int)) as timestamp)"),
    }
    names = ["id", "d", "t"]
    stage(numbers(spark, 6, **dated)).publish("good", names, Publication(mode="append", note={"by": "me"}))
    merged = Publication(mode="merge", note={"by": "me"}, keys=("id",))
    stage(numbers(spark, 10, **dated)).publish("good", names, merged)
    rows = spark.read.format("delta").load(str(tmp_path / "t")).selectExpr("id", "string(d) d", "string(t) t")
    assert {(r.id, r.d, r.t) for r in rows.collect()} == {
        (n, "0001-01-01", times[n % 4]) for n in range(2, 10)
    }


def test_appending_adds_rows_and_columns(spark: SparkSession, tmp_path: Path, stage: Stage) -> None:
    stage(numbers(spark, 10)).publish("good", ["id"], Publication(mode="append", note={"by": "me"}))
    stage(numbers(spark, 10, name=F.lit("x"))).publish(
        "good", ["id", "name"], Publication(mode="append", note={"by": "me"})
    )
    table = spark.read.format("delta").load(str(tmp_path / "t"))
    assert table.groupBy("name").count().orderBy("name").collect() == [(None, 8), ("x", 8)]


def test_the_partitions_of_a_table_are_kept(spark: SparkSession, tmp_path: Path, stage: Stage) -> None:
    path = str(tmp_path / "t")
    part = (F.col("id") % 2).cast("int")
    first = numbers(spark, 10, half=part)
    first.select("id", "half").write.format("delta").partitionBy("half").save(path)
    staged = stage(numbers(spark, 20, half=part))
    assert sorted(staged.rows.columns) == ["_verdict", "half", "id"]
    staged.publish("good", ["id", "half"], Publication(mode="append", note={"by": "me"}))
    assert DeltaTable.forPath(spark, path).detail().first()["partitionColumns"] == ["half"]
    table = spark.read.format("delta").load(path)
    assert table.groupBy("half").count().orderBy("half").collect() == [(0, 13), (1, 13)]
    assert table.where("half <> id % 2").count() == 0


def test_no_rows_at_all_make_an_empty_table(spark: SparkSession, tmp_path: Path, stage: Stage) -> None:
    staged = stage(numbers(spark, 0))
    assert staged.rows.count() == 0
    staged.publish("good", ["id"], Publication(mode="overwrite", note={"by": "me"}))
    assert spark.read.format("delta").load(str(tmp_path / "t")).schema.simpleString() == "struct<id:bigint>"


def test_what_is_discarded_leaves_no_file(spark: SparkSession, tmp_path: Path, stage: Stage) -> None:
    staged = stage(numbers(spark, 20))
    assert staged.rows.count() == 18
    staged.discard()
    assert files_below(tmp_path) == []


def test_what_was_never_published_is_vacuumed(spark: SparkSession, tmp_path: Path) -> None:
    path = tmp_path / "t"
    settings = {
        "beside": "",
        "verdict": "_verdict",
        "keep": ["good", "bad"],
        "observe": [F.count("id").alias("n")],
    }
    published = staging.stage(numbers(spark, 20), str(path), in_place=True, **settings)
    published.publish("good", ["id"], Publication(mode="overwrite", note={"by": "me"}))
    staging.stage(numbers(spark, 50), str(path), in_place=True, **settings)  # by a run that was killed
    spark.conf.set("spark.databricks.delta.retentionDurationCheck.enabled", "false")
    try:
        DeltaTable.forPath(spark, str(path)).vacuum(0)
    finally:
        spark.conf.unset("spark.databricks.delta.retentionDurationCheck.enabled")
    named = {
        Path(name.removeprefix("file:")).name
        for name in spark.read.format("delta").load(str(path)).inputFiles()
    }
    assert {file.name for file in files_below(path)} == named


def test_a_table_that_maps_its_columns_is_written_by_copying(spark: SparkSession, tmp_path: Path) -> None:
    plain, mapped = tmp_path / "plain", tmp_path / "mapped"
    spark.range(1).write.format("delta").save(str(plain))
    spark.range(1).write.format("delta").option("delta.columnMapping.mode", "name").save(str(mapped))
    assert transaction.fits(spark, read_target(spark, str(plain)), ["id"])
    assert transaction.fits(spark, read_target(spark, str(tmp_path / "none")), ["id"])
    assert not transaction.fits(spark, read_target(spark, str(mapped)), ["id"])


def table_of(spark: SparkSession, folder: Path) -> list[tuple[Any, ...]]:
    return sorted(tuple(row) for row in spark.read.format("delta").load(str(folder)).collect())


def test_only_the_partitions_that_the_rows_have_are_overwritten(
    spark: SparkSession, tmp_path: Path, stage: Stage
) -> None:
    day = F.when(F.col("id") < 20, F.lit("mon")).otherwise(F.lit("tue"))
    how = Publication(mode="overwrite_partitions", note={"by": "me"})
    stage(numbers(spark, 40, day=day), partition_by=["day"]).publish("good", ["id", "day"], how)
    detail = DeltaTable.forPath(spark, str(tmp_path / "t")).detail().first()
    assert detail is not None
    assert detail["partitionColumns"] == ["day"]
    again = numbers(spark, 12, day=F.lit("tue"))
    stage(again, partition_by=["day"]).publish("good", ["id", "day"], how)
    assert table_of(spark, tmp_path / "t") == sorted(
        [(n, "mon") for n in range(20) if n % 10 > 1] + [(n, "tue") for n in range(12) if n % 10 > 1]
    )


@pytest.mark.parametrize("mode", ["overwrite", "overwrite_partitions"])
def test_a_table_that_another_writer_changed_meanwhile_is_not_overwritten(
    spark: SparkSession, tmp_path: Path, stage: Stage, mode: Any
) -> None:
    start = Publication(mode="append", note={"by": "me"})
    part = (F.col("id") % 2).cast("int")
    stage(numbers(spark, 20, half=part), partition_by=["half"]).publish("good", ["id", "half"], start)
    slow, fast = stage(numbers(spark, 30, half=part)), stage(numbers(spark, 40, half=part))
    assert fast.publish("good", ["id", "half"], Publication(mode="append", note={"by": "fast"})).version == 1
    before = table_of(spark, tmp_path / "t")
    with pytest.raises(ConflictError, match="another writer went from version 0 to 1") as caught:
        slow.publish("good", ["id", "half"], Publication(mode=mode, note={"by": "slow"}))
    assert (caught.value.expected, caught.value.found) == (0, 1)
    assert table_of(spark, tmp_path / "t") == before
    how = Publication(mode="append", note={"by": "slow"})
    assert slow.publish("good", ["id", "half"], how).version == 2
    assert len(table_of(spark, tmp_path / "t")) == len(before) + 24


@pytest.mark.parametrize("mode", ["append", "overwrite", "merge"])
def test_rows_that_were_chosen_by_one_version_are_not_published_after_another(
    spark: SparkSession, tmp_path: Path, stage: Stage, mode: Any
) -> None:
    stage(numbers(spark, 10)).publish("good", ["id"], Publication(mode="append", note={"n": 0}))
    stage(numbers(spark, 20)).publish("good", ["id"], Publication(mode="append", note={"n": 1}, after=0))
    before = table_of(spark, tmp_path / "t")
    late = Publication(mode=mode, note={"n": 2}, after=0, keys=("id",))
    with pytest.raises(ConflictError) as caught:
        stage(numbers(spark, 30)).publish("good", ["id"], late)
    assert (caught.value.expected, caught.value.found) == (0, 1)
    assert table_of(spark, tmp_path / "t") == before


def test_a_table_keeps_its_partitions_and_refuses_others(
    spark: SparkSession, tmp_path: Path, stage: Stage
) -> None:
    halves = numbers(spark, 10, half=(F.col("id") % 2).cast("int"))
    again = Publication(mode="overwrite", note={"by": "me"})
    for _ in range(2):
        stage(halves, partition_by=["half"]).publish("good", ["id", "half"], again)
    detail = DeltaTable.forPath(spark, str(tmp_path / "t")).detail().first()
    assert detail is not None
    assert detail["partitionColumns"] == ["half"]
    with pytest.raises(PartitionsError) as caught:
        stage(halves, partition_by=["id"])
    assert (caught.value.there, caught.value.asked) == (("half",), ("id",))


def test_a_publication_knows_its_commit_by_the_note() -> None:
    how = Publication(mode="append", note={"mean": float("nan"), "rows": {1: 2}})
    assert how.made(Commit(version=1, note={"mean": float("nan"), "rows": {"1": 2}}, rows=0))
    assert not how.made(Commit(version=1, note={}, rows=0))


def test_of_many_writers_at_once_each_is_published_or_told(
    spark: SparkSession, tmp_path: Path, stage: Stage
) -> None:
    """Eight overwrite the same version at the same time: one wins, and the table is as it says."""
    stage(numbers(spark, 10)).publish("good", ["id"], Publication(mode="overwrite", note={"by": -1}))
    ready = [stage(numbers(spark, 10 * (n + 2))) for n in range(8)]

    def publish(n: int) -> int | None:
        try:
            return ready[n].publish("good", ["id"], Publication(mode="overwrite", note={"by": n})).version
        except ConflictError:
            return None

    with ThreadPoolExecutor(8) as pool:
        versions = list(pool.map(publish, range(8)))
    won = [n for n, version in enumerate(versions) if version is not None]
    assert len(won) == 1
    assert versions[won[0]] == 1
    commit = last_commit(spark, str(tmp_path / "t"))
    assert commit is not None
    assert commit.note == {"by": won[0]}
    assert len(table_of(spark, tmp_path / "t")) == 8 * (won[0] + 2)


def test_a_merge_updates_what_is_there_and_inserts_what_is_not(
    spark: SparkSession, tmp_path: Path, stage: Stage
) -> None:
    how = Publication(mode="merge", note={"n": 1}, keys=("id",))
    stage(numbers(spark, 20, name=F.lit("old"))).publish("good", ["id", "name"], how)
    more = numbers(spark, 30, name=F.lit("new"), more=F.lit(1)).where("id >= 15")
    commit = stage(more).publish(
        "good", ["id", "name", "more"], Publication(mode="merge", note={"n": 2}, keys=("id",))
    )
    assert (commit.version, commit.note) == (1, {"n": 2})
    told = {
        row.id: (row.name, row.more) for row in spark.read.format("delta").load(str(tmp_path / "t")).collect()
    }
    assert told == {n: ("new", 1) if n >= 15 else ("old", None) for n in range(30) if n % 10 > 1}


@pytest.mark.parametrize(("key", "example"), [("id % 2", r"\{'k': [01]\}"), ("CAST(NULL AS INT)", "None")])
def test_a_merge_whose_keys_do_not_tell_rows_apart_is_refused(
    spark: SparkSession, tmp_path: Path, stage: Stage, key: str, example: str
) -> None:
    how = Publication(mode="merge", note={"by": "me"}, keys=("k",))
    with pytest.raises(RepeatedKeyError) as refused:
        stage(numbers(spark, 20, k=F.expr(key))).publish("good", ["id", "k"], how)
    assert re.search(example, refused.value.example)
    assert not re.search(example, str(refused.value)), "the line holds no value of the data"
    assert not DeltaTable.isDeltaTable(spark, str(tmp_path / "t"))


def test_of_merges_at_once_none_inserts_a_key_twice(
    spark: SparkSession, tmp_path: Path, stage: Stage
) -> None:
    stage(numbers(spark, 10)).publish("good", ["id"], Publication(mode="append", note={"by": "me"}))
    ready = [stage(numbers(spark, 30, by=F.lit(n))) for n in range(4)]

    def publish(n: int) -> bool:
        try:
            ready[n].publish("good", ["id", "by"], Publication(mode="merge", note={"by": n}, keys=("id",)))
        except ConflictError:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert any(pool.map(publish, range(4)))
    ids = [row[0] for row in table_of(spark, tmp_path / "t")]
    assert ids == [n for n in range(30) if n % 10 > 1]


def test_the_files_say_how_many_rows_they_hold(spark: SparkSession, stage: Stage) -> None:
    staged = stage(numbers(spark, 100))
    assert staged.written("good") in (80, None)
    assert staged.written("none") in (0, None)
