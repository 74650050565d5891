"""What is read from a table is what was audited, in every mode and on both ways; or it is refused."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from delta.tables import DeltaTable
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from headgate.etl.lake import staging
from headgate.etl.lake.admission import TableRuleError
from headgate.etl.lake.commits import newest_version
from headgate.etl.lake.committing import StagedInPlace
from headgate.etl.lake.copying import StagedBeside
from headgate.etl.lake.staged import Staged
from headgate.etl.lake.tables import ConflictError, Publication, write_table
from headgate.etl.lake.target import Mode
from tests import engines

pytestmark = pytest.mark.usefixtures("few_rows")

Stage = Callable[..., Staged]
MODES: tuple[Mode, ...] = ("append", "overwrite_partitions", "merge", "overwrite")

WARDS = ("A/E", "Ward A", "a=b%20c", "é ü", "a}b{c[d]*?", " ", "..", "01", "1", "", None)
"""Values of a partition column: of the last two a table makes one."""

EVERYTHING = """
    CAST(n AS TINYINT) AS tiny, CAST(n AS SMALLINT) AS small, n * 5000000000 AS big,
    CAST(n AS FLOAT) / 3 AS single, IF(n = 2, -0.0D, n / 7D) AS real,
    CAST(n AS DECIMAL(38, 9)) / 10 AS exact, n % 2 = 0 AS truth, CAST(ward AS BINARY) AS bytes,
    DATE'2024-02-29' + CAST(n AS INT) AS day, TIMESTAMP'2024-02-29 23:59:59.999999' AS instant,
    TIMESTAMP_NTZ'2024-02-29 00:00:00.000001' AS clock, array(n, NULL) AS list, map('n', n) AS lookup,
    named_struct('a', n, 'b', array(named_struct('c', ward))) AS tree, '' AS empty,
    concat('x\\ny"', n) AS text,
    n AS headgate_verdict, n AS `a.b`, n AS `t`, n AS `s`, n AS times,
    CAST(NULL AS INT) AS nothing
"""
PARTS = """
    ward, CAST(n AS INT) % 3 AS third, CAST(n % 2 AS DECIMAL(5, 2)) / 4 AS share,
    TIMESTAMP'2024-03-10 12:00:00.5' AS since, DATE'2024-03-10' AS until, n % 2 = 1 AS odd,
    n % 2 / 3D AS ratio
"""
BY = ("ward", "third", "share", "since", "until", "odd", "ratio")


@pytest.fixture(params=["in place", "by copying"])
def stage(request: pytest.FixtureRequest, tmp_path: Path) -> Stage:
    names = (f"s{n}" for n in itertools.count())

    def staging_of(df: DataFrame, **changes: Any) -> Staged:
        settings: dict[str, Any] = {
            "beside": str(tmp_path / "staging" / next(names)),
            "verdict": "_verdict",
            "keep": None,
            "observe": [F.count(F.lit(1)).alias("rows")],
            "in_place": request.param == "in place",
        }
        told = df.withColumn("_verdict", F.lit("good"))
        return staging.stage(told, changes.pop("table", str(tmp_path / "t")), **(settings | changes))

    return staging_of


def publish(stage: Stage, df: DataFrame, mode: Mode, *, keys: tuple[str, ...] = (), **known: Any) -> Staged:
    staged = stage(df, mode=mode, **known)
    staged.publish("good", df.columns, Publication(mode=mode, note={"by": "me"}, keys=keys))
    return staged


def rows_of(df: DataFrame) -> list[str]:
    return sorted(str(row) for row in df.collect())


def table_at(spark: SparkSession, table: str | Path) -> list[str]:
    return rows_of(spark.read.format("delta").load(str(table)))


def test_every_type_and_partition_value_comes_back_in_every_mode(
    spark: SparkSession, tmp_path: Path, stage: Stage
) -> None:
    table = os.path.relpath(tmp_path / "t")
    rows = [(n, ward) for n, ward in enumerate(WARDS)]
    frame = spark.createDataFrame(rows, "n bigint, ward string").coalesce(1)
    df = frame.selectExpr("n AS id", *_columns(EVERYTHING), *_columns(PARTS))
    audited = [str(row).replace("ward=''", "ward=None") for row in df.collect()]
    for mode in MODES:
        publish(stage, df, mode, keys=("id",), table=table, partition_by=BY)
        assert rows_of(spark.read.format("delta").load(table).select(*_quoted(df))) == sorted(audited), mode


def _columns(text: str) -> list[str]:
    """The expressions of a list, which is split at commas outside brackets."""
    parts, depth, at = [], 0, 0
    for place, letter in enumerate(text):
        depth += (letter == "(") - (letter == ")")
        if letter == "," and not depth:
            parts.append(text[at:place].strip())
            at = place + 1
    return [*parts, text[at:].strip()]


def _quoted(df: DataFrame) -> list[str]:
    return [f"`{name}`" for name in df.columns]


def test_partitions_are_overwritten_by_value_however_others_spelled_it(
    spark: SparkSession, tmp_path: Path, stage: Stage
) -> None:
    one = spark.sql("SELECT 1 AS id, 1 AS n, 1.50BD AS d, TIMESTAMP'2024-01-31 10:00:00' AS at, 'x' AS w")
    publish(stage, one, "append", partition_by=("n", "d", "at", "w"))
    log = tmp_path / "t/_delta_log/00000000000000000000.json"
    told = log.read_text()
    for ours, others in (
        ('"n":"1"', '"n":"01"'),
        ('"d":"1.50"', '"d":"1.5"'),
        ("2024-01-31T10:00:00.000000Z", "2024-01-31 10:00:00"),
    ):
        assert ours in told
        told = told.replace(ours, others)
    log.write_text(told)
    for crc in log.parent.glob("*.crc"):
        crc.unlink()
    for crc in log.parent.glob(".*.crc"):
        crc.unlink()
    spark._jvm.org.apache.spark.sql.delta.DeltaLog.clearCache()  # type: ignore[union-attr]
    again = one.withColumn("id", F.lit(2))
    publish(stage, again, "overwrite_partitions")
    assert [row.id for row in spark.read.format("delta").load(str(tmp_path / "t")).collect()] == [2]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("'__HIVE_DEFAULT_PARTITION__'", "is __HIVE_DEFAULT_PARTITION__, or has a NUL in it"),
        ("'a\\0b'", "has a NUL in it"),
        ("repeat('%', 90)", "longer than 255 bytes"),
        ("timestamp_seconds(1729992600)", "no longer the same once it is a text"),
    ],
)
def test_a_partition_value_that_would_be_another_is_refused(
    spark: SparkSession, tmp_path: Path, stage: Stage, value: str, said: str
) -> None:
    """The instant is 02:30 in Berlin's winter, an hour after 02:30 in its summer."""
    with engines.settings(spark, {"spark.sql.session.timeZone": "Europe/Berlin"}):
        df = spark.range(1).select("id", F.expr(value).alias("w"))
        with pytest.raises(TableRuleError, match=said):
            publish(stage, df, "append", partition_by=("w",))
    assert newest_version(spark, str(tmp_path / "t")) == -1


def test_what_a_merge_or_an_append_would_convert_is_refused_on_every_path(
    spark: SparkSession, tmp_path: Path, stage: Stage
) -> None:
    """Issues of Delta's: a merge casts to the table's type without a word, or makes the value null."""
    table, how = str(tmp_path / "t"), ("id",)
    there = spark.sql("SELECT 1 AS id, 10 AS n, DATE'2024-01-31' AS day, 'x' AS p")
    publish(stage, there, "append", partition_by=("p",))
    batches = ("20.75D AS n", "'n/a' AS n", "20L AS n", "20S AS n", "TIMESTAMP'2024-01-31 10:00:00' AS day")
    for column in batches[:1] + batches[4:]:
        batch = spark.sql(f"SELECT 1 AS id, {column}, 'x' AS p")
        staged = stage(batch)
        for mode in ("append", "overwrite_partitions", "merge"):
            assert staged.refusals("good", batch.columns, mode=mode)
            with pytest.raises(
                TableRuleError, match=r"column '(n|day)' is .*, and the table's is (int|date);"
            ):
                staged.publish("good", batch.columns, Publication(mode=mode, note={"by": "me"}, keys=how))
        staged.discard()
    for column, mode in itertools.product(batches, ("append", "overwrite_partitions", "merge")):
        with pytest.raises(TableRuleError, match="nothing was published; cast it to"):
            stage(spark.sql(f"SELECT 1 AS id, {column}, 'x' AS p"), mode=mode)
    with pytest.raises(TableRuleError):
        write_table(spark.sql("SELECT 1L AS id, 'x' AS p"), table, mode="append", note={"by": "me"})
    assert newest_version(spark, table) == 0
    assert table_at(spark, table) == rows_of(there)
    # An overwrite may change types: what was audited is what is there.
    other = spark.sql("SELECT 1 AS id, 20.75D AS n, 'x' AS p")
    publish(stage, other, "overwrite")
    assert table_at(spark, table) == rows_of(other)


@pytest.mark.parametrize("modes", [("append", "overwrite"), ("merge",)])
def test_rules_of_the_table_hold_in_every_mode_and_are_told(
    spark: SparkSession, tmp_path: Path, modes: tuple[Mode, ...]
) -> None:
    """Into a table with both CHAR and generated columns Delta 3.3 merges nothing, and says so."""
    path = tmp_path / "t"
    builder = DeltaTable.create(spark).location(str(path)).addColumn("id", "INT", nullable=False)
    builder = builder.addColumn("c", "CHAR(3)").addColumn("v", "VARCHAR(3)").addColumn("n", "INT")
    if "merge" not in modes:
        builder = builder.addColumn("twice", "INT", generatedAlwaysAs="n * 2")
    builder.execute()
    spark.sql(f"ALTER TABLE delta.`{path}` ADD CONSTRAINT cheap CHECK (n < 100)")
    settings: dict[str, Any] = {
        "beside": str(tmp_path / "staging"),
        "verdict": "_verdict",
        "keep": None,
        "observe": [F.count(F.lit(1)).alias("rows")],
    }

    def stage(df: DataFrame, *, mode: Mode) -> Staged:
        staged = staging.stage(df.withColumn("_verdict", F.lit("good")), str(path), mode=mode, **settings)
        assert isinstance(staged, StagedBeside)
        return staged

    good = spark.sql("SELECT 1 AS id, 'abc' AS c, 'ab' AS v, 5 AS n")
    broken = spark.sql("SELECT CAST(NULL AS INT) AS id, 'ab' AS c, 'abcd' AS v, 500 AS n")
    bad = [(broken, "id: NOT NULL.*c: char.*v: varchar.*cheap: CHECK")]
    if "merge" not in modes:
        bad.append((good.withColumn("twice", F.lit(11)), "twice: GENERATED"))
    for mode in modes:
        publish(stage, good, mode, keys=("id",))
        stands = newest_version(spark, str(path))
        for batch, said in bad:
            with pytest.raises(TableRuleError, match=f"1 of 1 rows break the table's rule {said}"):
                publish(stage, batch, mode, keys=("id",))
        # Of columns that the rows have not, Delta knows.
        with pytest.raises(TableRuleError):
            publish(stage, spark.sql("SELECT 2 AS id, 'abc' AS c"), mode, keys=("id",))
        assert newest_version(spark, str(path)) == stands
    (row,) = spark.read.format("delta").load(str(path)).collect()
    assert row[:4] == (1, "abc", "ab", 5)
    schema = spark.read.format("delta").load(str(path)).schema
    assert not schema["id"].nullable
    assert "char(3)" in str(schema["c"].metadata)


def test_a_column_that_was_renamed_is_not_added_beside(spark: SparkSession, tmp_path: Path) -> None:
    path = str(tmp_path / "t")
    there = spark.sql("SELECT 1 AS id, 'Rome' AS town")
    there.write.format("delta").option("delta.columnMapping.mode", "name").save(path)
    spark.sql(f"ALTER TABLE delta.`{path}` RENAME COLUMN town TO place")
    spark.sql(f"ALTER TABLE delta.`{path}` RENAME COLUMN place TO city")
    with pytest.raises(TableRuleError, match="column 'town' was renamed to 'city' in the table"):
        write_table(there, path, mode="append", note={"by": "me"})
    assert table_at(spark, path) == ["Row(id=1, city='Rome')"]


def test_a_table_that_was_changed_since_is_not_written_to_in_place(
    spark: SparkSession, tmp_path: Path
) -> None:
    path = str(tmp_path / "t")
    spark.range(1).write.format("delta").save(path)
    settings: dict[str, Any] = {
        "beside": "",
        "verdict": "v",
        "keep": None,
        "observe": [F.max("id").alias("m")],
    }
    ready = [staging.stage(spark.range(2).withColumn("v", F.lit("good")), path, **settings) for _ in range(2)]
    assert all(isinstance(staged, StagedInPlace) for staged in ready)
    spark.sql(f"ALTER TABLE delta.`{path}` ADD CONSTRAINT few CHECK (id < 1)")
    with pytest.raises(ConflictError):
        ready[0].publish("good", ["id"], Publication(mode="append", note={"by": "me"}))
    spark.range(1).write.format("delta").mode("overwrite").save(str(tmp_path / "other"))
    (tmp_path / "t/_delta_log").rename(tmp_path / "gone")
    (tmp_path / "other/_delta_log").rename(tmp_path / "t/_delta_log")
    spark._jvm.org.apache.spark.sql.delta.DeltaLog.clearCache()  # type: ignore[union-attr]
    with pytest.raises(ConflictError):
        ready[1].publish("good", ["id"], Publication(mode="append", note={"by": "me"}))


def test_features_that_ask_nothing_of_files_are_kept_in_place(spark: SparkSession, tmp_path: Path) -> None:
    path = str(tmp_path / "t")
    properties = ("enableChangeDataFeed", "enableDeletionVectors", "enableInCommitTimestamps")
    writer = spark.range(4).coalesce(1).write.format("delta")
    writer.options(**{f"delta.{name}": "true" for name in properties}).save(path)
    spark.sql(f"DELETE FROM delta.`{path}` WHERE id = 3")
    settings: dict[str, Any] = {
        "beside": "",
        "verdict": "v",
        "keep": None,
        "observe": [F.max("id").alias("m")],
    }
    for mode, ids in (("append", [0, 1, 2, 7]), ("overwrite", [7])):
        staged = staging.stage(spark.sql("SELECT 7L AS id, 'good' AS v"), path, mode=mode, **settings)
        assert isinstance(staged, StagedInPlace)
        staged.publish("good", ["id"], Publication(mode=mode, note={"by": "me"}))
        assert sorted(row.id for row in spark.read.format("delta").load(path).collect()) == ids
    changes = (
        spark.read.format("delta").option("readChangeFeed", "true").option("startingVersion", 2).load(path)
    )
    told = sorted((row._change_type, row.id) for row in changes.collect())
    assert told == [("delete", 0), ("delete", 1), ("delete", 2), ("delete", 7), ("insert", 7), ("insert", 7)]
