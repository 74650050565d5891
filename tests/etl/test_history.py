"""Whether a table is still what we made of it is read from the table: who changed it last, and its files."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import DataFrameWriter, SparkSession

from headgate.etl.lake.history import changes_by_others, missing_file, notes, snapshot
from headgate.etl.lake.tables import ConflictError, write_table
from headgate.etl.lake.turns import append_in_turn

pytestmark = pytest.mark.usefixtures("few_rows")

HARMLESS = (
    "OPTIMIZE {}",
    "ALTER TABLE {} SET TBLPROPERTIES ('team' = 'us')",
    "ALTER TABLE {} ADD COLUMN (more int)",
    "ALTER TABLE {} ALTER COLUMN n COMMENT 'a number'",
    "DELETE FROM {} WHERE n = 77",
    "VACUUM {}",
)
CHANGES = (
    ("UPDATE", "UPDATE {} SET n = 5 WHERE n = 2"),
    ("DELETE", "DELETE FROM {} WHERE n = 1"),
    ("RESTORE", "RESTORE TABLE {} TO VERSION AS OF 1"),
    ("WRITE", "INSERT INTO {} VALUES (9, 'x')"),
    ("MERGE", "MERGE INTO {} t USING (SELECT 1 n) s ON t.n = s.n WHEN MATCHED THEN DELETE"),
)


def test_what_others_do_to_a_table_is_a_change_or_is_none(spark: SparkSession, tmp_path: Path) -> None:
    path = str(tmp_path / "table")
    assert snapshot(spark, path) is None

    def add(n: int, town: str) -> None:
        rows = spark.sql(f"SELECT {n} AS n, '{town}' AS town")
        write_table(rows, path, mode="append", note={"batch": n}, partition_by=["town"])

    def now() -> Any:
        found = snapshot(spark, path)
        assert found is not None
        return found

    def sql(text: str) -> None:
        spark.sql(text.format(f"delta.`{path}`")).collect()

    add(1, "Ward A/é")
    add(2, "Oslo")
    add(3, "Oslo")
    identity = now().id
    for text in HARMLESS:
        sql(text)
        found = now()
        assert (found.holds, found.ours.version, found.by_others, found.id) == (2, 2, None, identity), text
    assert found.version > 2
    for operation, text in CHANGES:
        sql(text)
        found = now()
        assert (found.holds, found.ours.version) == (found.version, 2), text
        assert found.by_others.operation == operation
        assert str(found.by_others).startswith(f"{operation}, version {found.version}, 20")
    told = changes_by_others(spark, path, after=2, upto=found.version)
    assert [change.operation for change in told] == [operation for operation, _ in CHANGES]
    assert changes_by_others(spark, path, after=0, upto=2) == []
    sql("ALTER TABLE {} SET TBLPROPERTIES ('delta.columnMapping.mode' = 'name')")
    sql("ALTER TABLE {} ADD COLUMN (more int)")
    add(4, "Bern")
    assert now().by_others is None
    sql("ALTER TABLE {} DROP COLUMN more")
    assert now().by_others.operation == "DROP COLUMNS"
    add(5, "Bern")
    assert (now().by_others, [commit.note["batch"] for commit in notes(spark, path)]) == (
        None,
        [1, 2, 3, 4, 5],
    )

    assert missing_file(spark, path, now().version) is None
    for checksum in (tmp_path / "table/_delta_log").glob("*.crc"):
        checksum.unlink()  # as other engines leave it
    assert (now().id, missing_file(spark, path, now().version)) == (identity, None)
    (gone, *_) = (tmp_path / "table/town=Bern").glob("*.parquet")
    gone.unlink()
    assert missing_file(spark, path, now().version) == str(gone)


def test_of_two_that_append_at_once_one_is_told(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = str(tmp_path / "told")
    save, both = DataFrameWriter.save, threading.Barrier(2)

    def together(writer: DataFrameWriter, *given: Any, **named: Any) -> None:
        both.wait(timeout=120)
        save(writer, *given, **named)

    monkeypatch.setattr(DataFrameWriter, "save", together)
    for after in (-1, 0, 1):
        ended: list[str] = []

        def append(name: str, after: int = after, ended: list[str] = ended) -> None:
            rows = spark.createDataFrame([(name,)], "name string")
            try:
                append_in_turn(rows, path, after=after, note={"name": name})
                ended.append("done")
            except ConflictError as error:
                ended.append(str(error).rpartition("; ")[2])

        threads = [threading.Thread(target=append, args=(f"{name}{after}",)) for name in "ab"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(ended) == ["done", "run this again"]
    rows = spark.read.format("delta").load(path).orderBy("commit").collect()
    assert [row.commit for row in rows] == [0, 1, 2]
