"""Tables, files and the ledger on disk."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from delta.tables import DeltaTable
from pyspark.sql import SparkSession

from headgate.etl.errors import InputMissingError, ParameterError
from headgate.etl.lake import files
from headgate.etl.lake.commits import last_commit, newest_version
from headgate.etl.lake.ledger import ConservationError, Entry, append_ledger
from headgate.etl.lake.past import past_details
from headgate.etl.lake.quarantine import quarantine_rows
from headgate.etl.lake.tables import read_table, write_table
from headgate.etl.lake.zones import Lake, TableId
from headgate.etl.transform import PROBLEM_TYPE

pytestmark = pytest.mark.usefixtures("few_rows")

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
ENTRY = Entry(
    run_id="r1", pipeline="p", stage="curate", dataset="d", status="done", started_at=NOON, finished_at=NOON,
    read=10, published=4, superseded=1, duplicates=2, quarantined=1, dropped={"too_old": 2},
)  # fmt: skip


def test_a_commit_is_found_again_with_its_note_and_rows(spark: SparkSession, tmp_path: Path) -> None:
    path = str(tmp_path / "t")
    assert last_commit(spark, path) is None
    write_table(spark.range(3), path, mode="overwrite", note={"fingerprint": "a"})
    commit = write_table(spark.range(2), path, mode="append", note={"fingerprint": "b"})
    assert (commit.version, commit.note, commit.rows) == (1, {"fingerprint": "b"}, 2)


def test_commits_of_others_are_passed_over(spark: SparkSession, tmp_path: Path) -> None:
    path = str(tmp_path / "t")
    write_table(spark.range(3), path, mode="overwrite", note={"fingerprint": "a"})
    DeltaTable.forPath(spark, path).delete("id = 1")
    writer = (
        spark.range(1).write.format("delta").mode("append").option("userMetadata", "headgate, but not JSON")
    )
    writer.save(path)
    commit = last_commit(spark, path)
    assert commit is not None
    assert (commit.version, commit.note) == (0, {"fingerprint": "a"})
    assert read_table(spark, path, dataset="t", version=commit.version).count() == 3


def test_a_table_that_is_not_there_says_how_to_make_it(spark: SparkSession, tmp_path: Path) -> None:
    with pytest.raises(InputMissingError) as caught:
        read_table(spark, str(tmp_path / "none"), dataset="d")
    assert (caught.value.dataset, "run the step" in caught.value.fix) == ("d", True)


def test_files_are_replaced_whole(spark: SparkSession, tmp_path: Path) -> None:
    place = str(tmp_path / "deep" / "x.json")
    files.write_bytes(spark, place, b"one")
    files.write_bytes(spark, place, b"\x00two")
    assert files.read_bytes(spark, place) == b"\x00two"
    assert [file.name for file in (tmp_path / "deep").iterdir() if file.suffix == ".part"] == []
    files.delete(spark, place)
    assert not files.exists(spark, place)
    with pytest.raises(FileNotFoundError):
        files.read_bytes(spark, place)


@pytest.mark.parametrize("name", ["", "..", "a/b", ".hidden", "a\\b"])
def test_no_name_leaves_its_zone(name: str) -> None:
    with pytest.raises(ParameterError) as caught:
        Lake("/lake").table(TableId("raw", name))
    assert caught.value.value == name


def test_the_law_of_conservation_is_asserted() -> None:
    assert ENTRY.balanced() is ENTRY
    with pytest.raises(ConservationError) as caught:
        replace(ENTRY, published=3).balanced()
    assert (caught.value.dataset, caught.value.read, caught.value.accounted) == ("d", 10, 9)


def test_an_entry_survives_json() -> None:
    assert Entry.from_json(ENTRY.to_json()) == ENTRY


def test_the_past_of_a_dataset_is_read_newest_first_each_batch_once(
    spark: SparkSession, tmp_path: Path
) -> None:
    path = str(tmp_path / "ledger")

    def work(hour: int, version: int, part: float, **more: object) -> Entry:
        details = {"gate": {"observed": float("nan")}, "profile": {"rows": hour, "x": [part, None]}}
        known = {"details": details, "inputs": {"raw/d": version, "raw/e": 3}} | more
        return replace(ENTRY, run_id=f"r{hour}", started_at=NOON + timedelta(hours=hour), **known)

    def past(last: int, name: str = "profile") -> list[tuple[int, int]]:
        found = past_details(spark, path, stage="curate", dataset="d", name=name, last=last)
        return [(work.inputs["raw/d"], work.part["rows"]) for work in found]

    assert past(9) == []
    works = [
        work(1, 1, 0.1),
        work(2, 2, 1e300),
        work(3, 2, 2.0),
        work(4, 4, 2.0, status="refused"),
        work(5, 5, 2.0, dataset="e"),
        work(6, 6, 2.0, stage="star"),
        work(7, 7, 2.0, details={"gate": {}}),
        work(8, 8, 1.5),
    ]
    append_ledger(spark, path, works)
    assert past(9) == [(8, 8), (2, 3), (1, 1)]
    assert past(2) == [(8, 8), (2, 3)]
    assert past(9, name="none") == []
    first = past_details(spark, path, stage="curate", dataset="d", name="profile", last=3)[-1]
    assert first == ({"raw/d": 1, "raw/e": 3}, {}, {"rows": 1, "x": [0.1, None]})
    # The clock is set back by a day, and raw was made anew since: the newest is what was told last.
    append_ledger(spark, path, [work(-20, 1, 0.0, input_ids={"raw/d": "new"})])
    assert past(3) == [(1, -20), (8, 8), (2, 3)]


def test_the_ledger_holds_an_entry_once(spark: SparkSession, tmp_path: Path) -> None:
    path = str(tmp_path / "ledger")
    other = replace(ENTRY, dataset="e")
    append_ledger(spark, path, [])
    append_ledger(spark, path, [ENTRY])
    append_ledger(spark, path, [ENTRY, other])
    append_ledger(spark, path, [ENTRY, other])
    again = replace(ENTRY, started_at=NOON + timedelta(microseconds=1))  # the name was used for a second run
    append_ledger(spark, path, [again, ENTRY])
    rows = spark.read.format("delta").load(path).orderBy("commit").collect()
    assert [(row.dataset, row.read, row.dropped, row.commit) for row in rows] == [
        ("d", 10, {"too_old": 2}, 0),
        ("e", 10, {"too_old": 2}, 1),
        ("d", 10, {"too_old": 2}, 2),
    ]


def test_quarantined_rows_carry_place_reasons_and_record(spark: SparkSession) -> None:
    names = ("expectation_id", "expectation_type", "column", "value", "severity")
    failures = f"array<struct<{','.join(f'{name}:string' for name in names)}>>"
    frame = spark.createDataFrame(
        [
            ("7", "a.csv", 2, [("cast_columns", "n", "x", "not an int", "critical")], None, []),
            (None, "a.csv", 3, [("read", "_record", "1,2", "ragged", "critical")], "1,2", []),
            ("9", "a.csv", 4, [], None, [("e1", "expect_x", "n", "9", "critical")]),
        ],
        f"n string, _file string, _row bigint, _problems {PROBLEM_TYPE.simpleString()}, _record string, "
        f"_failures {failures}",
    )
    made = (
        quarantine_rows(frame, dataset="d", suite="s", suite_version="v", run_id="r", at=NOON)
        .orderBy("row")
        .collect()
    )
    assert [row.record for row in made] == ['{"n":"7"}', "1,2", '{"n":"9"}']
    assert [[(r.rule, r.column, r.reason) for r in row.reasons] for row in made] == [
        [("cast_columns", "n", "not an int")],
        [("read", "_record", "ragged")],
        [("e1", "n", "expect_x")],
    ]
    assert len({row.fingerprint for row in made}) == 3


def test_a_hint_that_a_crash_left_empty_is_passed_over(spark: SparkSession, tmp_path: Path) -> None:
    table = str(tmp_path / "t")
    spark.range(1).coalesce(1).write.format("delta").save(table)
    spark.range(1).coalesce(1).write.format("delta").mode("append").save(table)
    for damaged in ("", "{", "[]", '{"version": null}'):
        (tmp_path / "t" / "_delta_log" / "_last_checkpoint").write_text(damaged)
        assert newest_version(spark, table) == 1
