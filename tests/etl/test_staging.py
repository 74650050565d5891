"""Rows are written once, told apart, counted on their way, and published by one commit: in both ways."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from chispa import assert_df_equality
from delta.tables import DeltaTable
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from etl.lake import staging, transaction
from etl.lake.staging import Staged
from etl.lake.tables import last_commit

Stage = Callable[..., Staged]


@pytest.fixture(params=["in place", "by copying"])
def stage(request: pytest.FixtureRequest, tmp_path: Path) -> Stage:
    def staging_of(df: DataFrame, **changes: Any) -> Staged:
        settings = {
            "beside": str(tmp_path / "staging/t"),
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
    commit = staged.publish("good", ["id"], mode="overwrite", note={"said": "so"})
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
    stage(numbers(spark, 20)).publish("good", ["id"], mode="overwrite", note={"n": 1})
    second = stage(numbers(spark, 30, name=F.lit("x")))
    assert spark.read.format("delta").load(path).count() == 16
    assert second.publish("good", ["id", "name"], mode="overwrite", note={"n": 2}).version == 1
    assert spark.read.format("delta").load(path).columns == ["id", "name"]
    assert spark.read.format("delta").load(path).count() == 24
    assert spark.read.format("delta").option("versionAsOf", 0).load(path).count() == 16
    metrics = DeltaTable.forPath(spark, path).history(1).select("operation", "operationMetrics").first()
    assert metrics is not None
    assert (metrics.operation, metrics.operationMetrics["numOutputRows"]) == ("WRITE", "24")


def test_appending_adds_rows_and_columns(spark: SparkSession, tmp_path: Path, stage: Stage) -> None:
    stage(numbers(spark, 10)).publish("good", ["id"], mode="append", note={})
    stage(numbers(spark, 10, name=F.lit("x"))).publish("good", ["id", "name"], mode="append", note={})
    table = spark.read.format("delta").load(str(tmp_path / "t"))
    assert table.groupBy("name").count().orderBy("name").collect() == [(None, 8), ("x", 8)]


def test_the_partitions_of_a_table_are_kept(spark: SparkSession, tmp_path: Path, stage: Stage) -> None:
    path = str(tmp_path / "t")
    part = (F.col("id") % 2).cast("int")
    first = numbers(spark, 10, half=part)
    first.select("id", "half").write.format("delta").partitionBy("half").save(path)
    staged = stage(numbers(spark, 20, half=part))
    assert sorted(staged.rows.columns) == ["_verdict", "half", "id"]
    staged.publish("good", ["id", "half"], mode="append", note={})
    assert DeltaTable.forPath(spark, path).detail().first()["partitionColumns"] == ["half"]
    table = spark.read.format("delta").load(path)
    assert table.groupBy("half").count().orderBy("half").collect() == [(0, 13), (1, 13)]
    assert table.where("half <> id % 2").count() == 0


def test_no_rows_at_all_make_an_empty_table(spark: SparkSession, tmp_path: Path, stage: Stage) -> None:
    staged = stage(numbers(spark, 0))
    assert staged.rows.count() == 0
    staged.publish("good", ["id"], mode="overwrite", note={})
    assert spark.read.format("delta").load(str(tmp_path / "t")).schema.simpleString() == "struct<id:bigint>"


def test_what_is_set_aside_is_beside_the_table(spark: SparkSession, tmp_path: Path, stage: Stage) -> None:
    stage(numbers(spark, 20)).set_aside()
    aside = spark.read.parquet(str(tmp_path / "staging/t"))
    assert {r._verdict: r["count"] for r in aside.groupBy("_verdict").count().collect()} == {
        "good": 16,
        "bad": 2,
    }
    assert files_below(tmp_path / "t") == []


def test_what_was_never_published_is_vacuumed(spark: SparkSession, tmp_path: Path) -> None:
    path = tmp_path / "t"
    settings = {
        "beside": "",
        "verdict": "_verdict",
        "keep": ["good", "bad"],
        "observe": [F.count("id").alias("n")],
    }
    published = transaction.stage(numbers(spark, 20), str(path), **settings)
    published.publish("good", ["id"], mode="overwrite", note={})
    transaction.stage(numbers(spark, 50), str(path), **settings)  # by a run that was killed
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
    assert transaction.fits(spark, str(plain))
    assert transaction.fits(spark, str(tmp_path / "none"))
    assert not transaction.fits(spark, str(mapped))
