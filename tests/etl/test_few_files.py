"""A small table read by its checksum is what Delta reads, or Delta is asked."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from headgate.etl.errors import InputMissingError
from headgate.etl.lake.calendar import AS_THEY_ARE
from headgate.etl.lake.commits import newest_version
from headgate.etl.lake.few_files import FEW, read_few_files
from headgate.etl.lake.history import TableChangedError
from headgate.etl.lake.tables import find_table, read_table
from headgate.etl.lake.zones import Lake, TableId
from headgate.etl.load import append, overwrite, publish
from headgate.etl.load.context import LoadContext
from headgate.etl.load.up_to_date import Inputs
from headgate.jobs.session import SMALL_SETTINGS
from tests import engines

SCHEMA = """
    id INT, ts TIMESTAMP, d DATE, dec DECIMAL(9,2), `odd.näme` STRING, b BINARY,
    tags ARRAY<STRUCT<k: STRING, v: INT>>, m MAP<STRING, DOUBLE>, s STRUCT<a: STRUCT<b: INT>, c: STRING>
"""


@pytest.fixture(autouse=True)
def _small(spark: SparkSession) -> object:
    with engines.settings(spark, SMALL_SETTINGS | AS_THEY_ARE):
        yield


def rows(spark: SparkSession, first: int, last: int) -> DataFrame:
    return spark.range(first, last).select(
        F.col("id").cast("int").alias("id"),
        F.timestamp_seconds(F.col("id") * 86_401).alias("ts"),
        F.date_add(F.lit("1582-10-01").cast("date"), F.col("id").cast("int")).alias("d"),
        (F.col("id") / 7).cast("decimal(9,2)").alias("dec"),
        F.when(F.col("id") % 2 == 0, F.concat(F.lit("é"), F.col("id").cast("string"))).alias("odd.näme"),
        F.lit(b"\x00\xff").alias("b"),
        F.array(F.struct(F.lit("k").alias("k"), F.lit(1).alias("v"))).alias("tags"),
        F.create_map(F.lit("x"), F.lit(0.5)).alias("m"),
        F.struct(F.struct(F.lit(1).alias("b")).alias("a"), F.lit(None).cast("string").alias("c")).alias("s"),
    )


def path_of(spark: SparkSession, folder: Path, *, properties: str = "", partition_by: str = "") -> str:
    path = str(folder / "table")
    by = f"PARTITIONED BY ({partition_by})" if partition_by else ""
    told = f"TBLPROPERTIES ({properties})" if properties else ""
    spark.sql(f"CREATE TABLE delta.`{path}` ({SCHEMA}) USING delta {by} {told}")
    return path


def same(spark: SparkSession, path: str, *, plain: bool) -> None:
    """Every version is read as Delta reads it; the newest without Delta, if it is `plain`."""
    newest = newest_version(spark, path)
    assert (read_few_files(spark, path, newest) is not None) == plain
    for version in range(newest + 1):
        ours = read_table(spark, path, dataset="t", version=version)
        theirs = spark.read.format("delta").option("versionAsOf", version).load(path)
        assert ours.schema.jsonValue() == theirs.schema.jsonValue()
        assert sorted(map(str, ours.collect())) == sorted(map(str, theirs.collect()))


def test_what_was_appended_widened_and_deleted_is_read_as_delta_reads_it(
    spark: SparkSession, tmp_path: Path
) -> None:
    path = path_of(spark, tmp_path)
    rows(spark, 0, 3).coalesce(1).write.format("delta").mode("append").save(path)
    wider = rows(spark, 3, 5).withColumn("later", F.lit("x"))
    wider.coalesce(1).write.format("delta").mode("append").option("mergeSchema", "true").save(path)
    spark.sql(f"DELETE FROM delta.`{path}` WHERE id = 1")  # rewrites a file
    same(spark, path, plain=True)


@pytest.mark.parametrize(
    "properties",
    ["'delta.enableDeletionVectors' = 'true'", "'delta.columnMapping.mode' = 'name'"],
)
def test_where_the_files_alone_do_not_tell_delta_is_asked(
    spark: SparkSession, tmp_path: Path, properties: str
) -> None:
    path = path_of(spark, tmp_path, properties=properties)
    rows(spark, 0, 9).coalesce(1).write.format("delta").mode("append").save(path)
    spark.sql(f"DELETE FROM delta.`{path}` WHERE id = 1")
    if "columnMapping" in properties:
        spark.sql(f"ALTER TABLE delta.`{path}` RENAME COLUMN dec TO price")
    same(spark, path, plain=False)


def test_of_partitions_columns_of_a_length_and_many_files_delta_is_asked(
    spark: SparkSession, tmp_path: Path
) -> None:
    parted = path_of(spark, tmp_path / "parted", partition_by="`odd.näme`")
    rows(spark, 0, 3).write.format("delta").mode("append").save(parted)
    same(spark, parted, plain=False)
    padded = str(tmp_path / "padded")
    spark.sql(f"CREATE TABLE delta.`{padded}` (code CHAR(4), n INT NOT NULL) USING delta")
    spark.sql(f"INSERT INTO delta.`{padded}` VALUES ('a', 1)")
    same(spark, padded, plain=False)
    many = str(tmp_path / "many")
    spark.range(FEW + 1).repartition(FEW + 1, "id").write.format("delta").save(many)
    spark.range(5).coalesce(1).write.format("delta").mode("overwrite").save(many)
    same(spark, many, plain=True)
    assert read_few_files(spark, many, 0) is None or len(spark.read.load(many).inputFiles()) <= FEW


@pytest.mark.parametrize("folder", ["a[b]", "a{b,c}", "a*", "a?b", "_hidden/.x", "x=1", "with space %20"])
def test_a_lake_may_have_any_name(spark: SparkSession, tmp_path: Path, folder: str) -> None:
    path = str(tmp_path / folder / "table")
    for number in range(2):
        spark.range(number, number + 1).coalesce(1).write.format("delta").mode("append").save(path)
    same(spark, path, plain=True)


def test_a_column_without_a_type_is_left_out_as_delta_does(spark: SparkSession, tmp_path: Path) -> None:
    path = str(tmp_path / "t")
    spark.range(3).withColumn("x", F.lit(None)).coalesce(1).write.format("delta").save(path)
    same(spark, path, plain=False)


def test_what_was_published_in_place_has_no_column_of_its_folder(spark: SparkSession, tmp_path: Path) -> None:
    path, suite = str(tmp_path / "a[b]"), {"name": "s", "expectations": []}
    rule = {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "id"}}
    suite["expectations"] = [rule]
    for first in (0, 3):
        outcome = publish(rows(spark, first, first + 3).repartition(2), path, suite=suite, mode=append())
        assert outcome.published == 3
    same(spark, path, plain=True)


def test_a_checksum_that_is_not_there_or_does_not_add_up_is_not_believed(
    spark: SparkSession, tmp_path: Path
) -> None:
    path = tmp_path / "t"
    spark.range(3).coalesce(1).write.format("delta").save(str(path))
    crc = path / "_delta_log/00000000000000000000.crc"
    (path / "_delta_log/.00000000000000000000.crc.crc").unlink(missing_ok=True)
    told = json.loads(crc.read_text())
    for text in (
        json.dumps(told | {"numFiles": 2}),
        "",
        '{"txn',
        "null",
        '{"allFiles":1}',
        '{"allFiles":[{}],"metadata":{}}',
    ):
        crc.write_text(text)
        same(spark, str(path), plain=False)
    crc.unlink()
    same(spark, str(path), plain=False)


def test_no_table_is_an_error_as_ever(spark: SparkSession, tmp_path: Path) -> None:
    with pytest.raises(InputMissingError, match="there is no such table"):
        read_table(spark, str(tmp_path / "none"), dataset="t")


@pytest.mark.parametrize("partition_by", [(), ("name",)])
def test_an_overwrite_takes_out_every_file_whatever_the_checksum_says(
    spark: SparkSession, tmp_path: Path, partition_by: tuple[str, ...]
) -> None:
    rule = {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "id"}}
    suite = {"name": "s", "expectations": [rule]}
    path = tmp_path / "t"
    mode = overwrite(partition_by=partition_by)

    def parted(frame: DataFrame) -> DataFrame:
        return frame.withColumn("name", (F.col("id") % 2).cast("string")).repartition(2)

    publish(parted(rows(spark, 0, 4)), path, suite=suite, mode=mode)

    def believed(told: dict[str, Any]) -> str:
        return json.dumps(told)

    def a_file_less(told: dict[str, Any]) -> str:
        return json.dumps(told | {"allFiles": told["allFiles"][:1]})

    def of_another_table(told: dict[str, Any]) -> str:
        less = {"allFiles": [], "numFiles": 0, "tableSizeBytes": 0}
        return json.dumps(told | less | {"metadata": told["metadata"] | {"id": "another"}})

    def torn(told: dict[str, Any]) -> str:
        return json.dumps(told)[:40]

    for version, tamper in enumerate((believed, a_file_less, of_another_table, torn)):
        log = path / "_delta_log"
        (log / f".{version:020}.crc.crc").unlink(missing_ok=True)
        crc = log / f"{version:020}.crc"
        crc.write_text(tamper(json.loads(crc.read_text())))
        first = 10 * (version + 1)
        done = publish(parted(rows(spark, first, first + 4)), path, suite=suite, mode=mode)
        assert (done.version, done.published) == (version + 1, 4)
        held = spark.read.format("delta").load(str(path)).select("id").collect()
        assert sorted(row.id for row in held) == list(range(first, first + 4)), tamper


def test_a_table_that_was_made_anew_since_it_was_noted_is_not_read_in_its_place(
    spark: SparkSession, tmp_path: Path
) -> None:
    inputs = Inputs(LoadContext(spark=spark, lake=Lake(str(tmp_path)), run_id="r", name="r"))
    noted = TableId("curated", "t")
    place = inputs.context.lake.table(noted)
    spark.range(3).coalesce(1).write.format("delta").save(place)
    inputs.note(noted)
    spark.range(3, 5).coalesce(1).write.format("delta").mode("append").save(place)
    assert inputs[noted].count() == 3
    inputs.note(noted)
    assert inputs[noted].count() == 5
    shutil.rmtree(place)
    for first in (7, 8):
        spark.range(first, 9).coalesce(1).write.format("delta").mode("append").save(place)
    again = Inputs(inputs.context, found=dict(inputs.found))
    with pytest.raises(TableChangedError, match="curated/t: it was made anew while this ran"):
        again[noted]


def test_a_table_without_its_log_is_none_whatever_is_left_of_it(spark: SparkSession, tmp_path: Path) -> None:
    path = tmp_path / "t"
    for _ in range(2):
        spark.range(3).coalesce(1).write.format("delta").mode("append").save(str(path))
    for commit in (path / "_delta_log").glob("*.json"):
        commit.unlink()
    for version in (None, 0, 1):
        assert find_table(spark, str(path), version=version) is None
