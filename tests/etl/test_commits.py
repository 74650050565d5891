"""What stands in a table's log between one look and the next: others' commits, of every kind and number."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from headgate.etl.errors import InputError
from headgate.etl.lake import commits, files, tables, transaction
from headgate.etl.lake.admission import TableRuleError
from headgate.etl.lake.commits import Commit, _note, last_commit, newest_version
from headgate.etl.lake.ledger import Entry, LedgerChangedError, append_ledger, lacking
from headgate.etl.lake.tables import ConflictError, Publication, write_table
from headgate.etl.lake.turns import append_after, append_in_turn
from headgate.etl.sources.formats.delimited import Delimited
from headgate.etl.sources.landing import read_landing
from headgate.etl.sources.listing import landed_files
from headgate.etl.sources.survey import survey_landing

pytestmark = pytest.mark.usefixtures("few_rows")

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)


def entry(run_id: str, **more: Any) -> Entry:
    known: dict[str, Any] = {"pipeline": "p", "stage": "curate", "dataset": "d", "status": "done"}
    started = NOON + timedelta(seconds=len(run_id))
    return Entry(run_id=run_id, started_at=started, finished_at=started, **known | more)


BY_OTHERS: dict[str, Callable[[SparkSession, str], Any]] = {
    "ours, without a row": lambda spark, path: append_after(
        spark.range(0), path, after=newest_version(spark, path), note={"by": "other"}
    ),
    "ours": lambda spark, path: append_after(
        spark.range(1), path, after=newest_version(spark, path), note={"by": "other"}
    ),
    "blind append": lambda spark, path: spark.range(1).write.format("delta").mode("append").save(path),
    "delete": lambda spark, path: spark.sql(f"DELETE FROM delta.`{path}` WHERE id = 1"),
    "restore": lambda spark, path: spark.sql(f"RESTORE delta.`{path}` TO VERSION AS OF 0"),
    "a column": lambda spark, path: spark.sql(f"ALTER TABLE delta.`{path}` ADD COLUMN more INT"),
}


@pytest.mark.parametrize("what", BY_OTHERS)
def test_what_comes_between_the_look_and_the_commit_is_a_conflict(
    what: str, spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, follow = str(tmp_path / "t"), transaction.follow
    for _ in range(2):
        append_after(spark.range(3), path, after=newest_version(spark, path), note={"by": "me"})

    def overtaken(*given: Any) -> Any:
        monkeypatch.setattr(transaction, "follow", follow)
        BY_OTHERS[what](spark, path)
        return follow(*given)

    monkeypatch.setattr(transaction, "follow", overtaken)
    with pytest.raises(ConflictError, match="run this again"):
        append_after(spark.range(9), path, after=1, note={"by": "me", "number": 3})
    assert last_commit(spark, path) != Commit(version=3, note={"by": "me", "number": 3}, rows=9)
    assert spark.read.format("delta").load(path).count() < 9


@pytest.mark.parametrize("mode", ["append", "overwrite"])
def test_our_own_commit_is_found_though_another_came_after_it(
    mode: Any, spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, find = str(tmp_path / "t"), tables.commit_of
    write_table(spark.range(1), path, mode="append", note={"by": "me"})

    def late(*given: Any, **named: Any) -> Commit | None:
        monkeypatch.setattr(tables, "commit_of", find)
        write_table(spark.range(2), path, mode="append", note={"by": "other"})
        return find(*given, **named)

    monkeypatch.setattr(tables, "commit_of", late)
    once = Publication(mode=mode, note={"by": "me", "again": True}, after=0).once
    commit = write_table(spark.range(3), path, mode=mode, note={"by": "me", "again": True}, once=once)
    assert commit == Commit(version=1, note={"by": "me", "again": True}, rows=3)


def test_however_many_commits_of_others_stand_before_it_ours_is_found(
    spark: SparkSession, tmp_path: Path
) -> None:
    path = str(tmp_path / "t")
    write_table(spark.range(1), path, mode="append", note={"by": "me"})
    log = tmp_path / "t/_delta_log"
    for version in range(1, 40):
        action = {"commitInfo": {"timestamp": 1, "operation": "VACUUM START", "operationParameters": {}}}
        (log / f"{version:020}.json").write_text(json.dumps(action) + "\n")
    commit = last_commit(spark, path)
    assert commit is not None
    assert (commit.version, newest_version(spark, path)) == (0, 39)


def test_a_log_without_the_hint_and_without_its_beginning_is_a_log(
    spark: SparkSession, tmp_path: Path
) -> None:
    path = str(tmp_path / "t")
    for number in range(12):
        append_after(spark.range(1), path, after=number - 1, note={"number": number})
    log = tmp_path / "t/_delta_log"
    (log / "_last_checkpoint").unlink()
    for version in range(10):
        (log / f"{version:020}.json").unlink()
    assert newest_version(spark, path) == 11
    assert append_after(spark.range(1), path, after=11, note={"number": 12}).version == 12
    assert newest_version(spark, str(tmp_path / "none")) == -1


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not JSON",
        "[1]",
        '"headgate"',
        '{"headgate": {}}',
        '{"headgate": 5}',
        '{"other": {}}',
        '{"headgate": ' + "9" * 5000 + "}",
        '{"headgate": ' + "[" * 100_000,
        "\ud800",
    ],
    ids=range(10),
)
def test_what_others_note_is_no_note_of_ours(text: str) -> None:
    assert _note(text) is None


def test_a_note_of_another_form_is_no_entry_and_tells_nothing(spark: SparkSession, tmp_path: Path) -> None:
    for note in ({"stage": 5}, {"run_id": "r"}, entry("r").to_json() | {"started_at": "yesterday"}):
        assert Entry.of_commit(Commit(version=1, note=note, rows=0)) is None
    path = str(tmp_path / "ledger")
    append_ledger(spark, path, [entry("r1")])
    for told in (5, [1, 2], {"a": 1}):
        write_table(spark.read.format("delta").load(path).limit(0), path, mode="append", note={"told": told})
        assert lacking(spark, path, [entry("r1"), entry("r22")]) == [entry("r22")]


def test_rows_are_counted_where_delta_counts_none(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, key = str(tmp_path / "t"), "spark.databricks.delta.history.metricsEnabled"
    before = spark.conf.get(key, "true")
    spark.conf.set(key, "false")
    try:
        assert append_after(spark.range(5), path, after=-1, note={"by": "me"}).rows == 5
        assert append_after(spark.range(0), path, after=0, note={"by": "me"}).rows == 0
    finally:
        spark.conf.set(key, str(before))


@pytest.mark.parametrize("way", ["RESTORE", "DELETE", "rewritten"])
def test_what_another_took_out_of_the_ledger_is_lacking_again(
    way: str, spark: SparkSession, tmp_path: Path
) -> None:
    path = str(tmp_path / "ledger")
    told = [entry("r1"), entry("r22"), entry("r333")]
    for number, each in enumerate(told):
        append_ledger(spark, path, [each], begun_after=number - 1)
    if way == "RESTORE":
        spark.sql(f"RESTORE delta.`{path}` TO VERSION AS OF 1")
    elif way == "DELETE":
        spark.sql(f"DELETE FROM delta.`{path}` WHERE run_id = 'r333'")
    else:
        rows = spark.read.format("delta").load(path).where("run_id <> 'r333'").localCheckpoint()
        rows.write.format("delta").mode("overwrite").save(path)
    assert lacking(spark, path, told) == [told[2]]
    append_ledger(spark, path, told)
    assert lacking(spark, path, told) == []
    assert spark.read.format("delta").load(path).count() == 3


@pytest.mark.parametrize("column", ["commit", "run_id"])
def test_a_ledger_with_other_columns_is_told_of_in_one_line(
    column: str, spark: SparkSession, tmp_path: Path
) -> None:
    path = str(tmp_path / "ledger")
    append_ledger(spark, path, [entry("r1")])
    rows = spark.read.format("delta").load(path).localCheckpoint()
    changed = (
        rows.withColumn("commit", F.col("commit").cast("int")) if column == "commit" else rows.drop("run_id")
    )
    changed.write.format("delta").mode("overwrite").option("overwriteSchema", "true").save(path)
    with pytest.raises(LedgerChangedError, match="restore it, or delete it"):
        append_ledger(spark, path, [entry("r22")])


def test_rows_go_into_partitions_that_another_made_or_are_refused_without_their_values(
    spark: SparkSession, tmp_path: Path
) -> None:
    path, schema = str(tmp_path / "raw"), "town string, n int"
    spark.createDataFrame([("Rome", 1)], schema).write.format("delta").partitionBy("town").save(path)
    rows = spark.createDataFrame([("", 2), ("A/E", 3)], schema)
    append_in_turn(rows, path, after=0, note={"by": "me"})
    found = spark.read.format("delta").load(path).collect()
    assert sorted((row.n, row.town) for row in found) == [(1, "Rome"), (2, None), (3, "A/E")]
    long = spark.createDataFrame([("x" * 300, 4)], schema)
    with pytest.raises(TableRuleError, match="longer than 255 bytes") as caught:
        append_in_turn(long, path, after=1, note={"by": "me"})
    assert "xxx" not in str(caught.value)


@pytest.mark.parametrize("archive", [False, True])
def test_a_file_that_leaves_between_the_survey_and_the_read_is_missed(
    archive: bool, spark: SparkSession, tmp_path: Path
) -> None:
    import zipfile

    (tmp_path / "a.csv").write_text("id\n1\n")
    if archive:
        with zipfile.ZipFile(tmp_path / "b.zip", "w") as made:
            made.writestr("inner.csv", "id\n2\n")
    else:
        (tmp_path / "b.csv").write_text("id\n2\n")
    place: Any = {
        "dataset": "d",
        "folder": str(tmp_path),
        "pattern": "*",
        "fmt": Delimited(member="*.csv") if archive else Delimited(),
    }
    listed = landed_files(spark, dataset="d", folder=str(tmp_path), pattern="*")
    found = survey_landing(spark, listed, **place)
    assert len(found) == 2
    read: Any = lambda: read_landing(spark, found, ingested_at=NOON, **place)  # noqa: E731
    assert {row.id for row in read().collect()} == {"1", "2"}
    gone = tmp_path / ("b.zip" if archive else "b.csv")
    content = gone.read_bytes()
    gone.unlink()
    with pytest.raises(InputError, match="left the landing; run this again"):
        read()
    gone.write_bytes(content)
    assert {row.id for row in read().collect()} == {"1", "2"}


def test_the_log_of_a_folder_that_is_no_table_is_none(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "t/_delta_log").mkdir(parents=True)
    assert newest_version(spark, str(tmp_path / "t")) == -1
    assert commits.last_commit(spark, str(tmp_path / "t")) is None
    assert files.exists(spark, str(tmp_path / "t"))
