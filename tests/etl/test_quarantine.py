"""The quarantine holds of a row what its newest event says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

from headgate.etl.lake.quarantine import changes, events, open_rows, quarantine_rows, turned
from headgate.etl.lake.tables import write_table
from headgate.etl.lake.turns import append_in_turn

pytestmark = pytest.mark.usefixtures("few_rows")

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


def rejected(spark: SparkSession, *rows: tuple[Any, ...], hour: int = 0) -> DataFrame:
    """Rows by file, hash, line, value and rule."""
    frame = spark.createDataFrame(
        [(*row[:4], [(row[4], "cost", row[3], "because", "critical")]) for row in rows],
        "_file string, _file_hash string, _row bigint, cost string, "
        "_problems array<struct<step:string,column:string,value:string,reason:string,severity:string>>",
    )
    return quarantine_rows(
        frame, dataset="d", suite="s", suite_version="1", run_id=f"r{hour}", at=BEGIN + timedelta(hours=hour)
    )


def told(frame: DataFrame) -> list[tuple[Any, ...]]:
    rows = frame.selectExpr("file", "row", "status", "reasons[0].rule AS rule").collect()
    return sorted((tuple(row) for row in rows), key=str)


def test_a_rejected_row_is_an_event_with_its_place_and_reasons(spark: SparkSession) -> None:
    (row,) = rejected(spark, ("f", "h", 3, "x", "cast")).collect()
    assert (row.dataset, row.file, row.file_hash, row.row, row.status) == ("d", "f", "h", 3, "quarantined")
    assert (row.record, row.reasons[0].asDict()) == (
        '{"cost":"x"}',
        {"rule": "cast", "column": "cost", "value": "x", "reason": "because", "severity": "critical"},
    )


def test_the_newest_event_of_a_row_holds_and_repeating_one_does_no_harm(spark: SparkSession) -> None:
    first = rejected(
        spark, ("f", "h", 1, "x", "cast"), ("f", "h", 2, "y", "cast"), ("f", "h2", 1, "x", "cast")
    )
    later = rejected(spark, ("f", "h", 1, "x", "range"), hour=1)
    everything = first.unionByName(first).unionByName(later)
    assert told(open_rows(everything)) == [
        ("f", 1, "quarantined", "cast"),  # of the file's other content
        ("f", 1, "quarantined", "range"),
        ("f", 2, "quarantined", "cast"),
    ]


def test_rows_without_a_place_are_known_by_their_values(spark: SparkSession) -> None:
    rows = [(None, None, None, value, "cast") for value in ("x", "x", "y")]
    assert open_rows(rejected(spark, *rows)).count() == 2


def test_only_what_changes_is_an_event(spark: SparkSession) -> None:
    before = rejected(
        spark, ("f", "h", 1, "x", "cast"), ("f", "h", 2, "y", "cast"), ("f", "h", 3, "z", "cast"),
    )  # fmt: skip
    now = rejected(
        spark, ("f", "h", 1, "x", "cast"), ("f", "h", 2, "y", "range"), ("f", "h", 4, "n", "cast"), hour=1
    )
    found = changes(now, open_rows(before), run_id="r1", at=BEGIN + timedelta(hours=1))
    assert told(found) == [
        ("f", 2, "quarantined", "range"),
        ("f", 3, "leaving", "cast"),
        ("f", 4, "quarantined", "cast"),
    ]
    assert found.columns == before.columns
    after = before.unionByName(found)
    assert told(open_rows(after)) == [
        ("f", 1, "quarantined", "cast"),
        ("f", 2, "quarantined", "range"),
        ("f", 3, "leaving", "cast"),
        ("f", 4, "quarantined", "cast"),
    ]
    assert changes(now, open_rows(after), run_id="r2", at=BEGIN).where("status <> 'leaving'").count() == 0


@pytest.mark.parametrize(("to", "rows"), [("released", 0), ("quarantined", 1)])
def test_rows_that_were_leaving_have_left_or_stay(spark: SparkSession, to: Any, rows: int) -> None:
    before = rejected(spark, ("f", "h", 1, "x", "cast"))
    nothing = rejected(spark, hour=1)
    leaving = changes(nothing, open_rows(before), run_id="r1", at=BEGIN + timedelta(hours=1))
    everything = before.unionByName(leaving)
    end = turned(everything, to=to, run_id="r2", at=BEGIN + timedelta(hours=2))
    assert [(row.status, row.run_id) for row in end.collect()] == [(to, "r2")]
    assert open_rows(everything.unionByName(end)).count() == rows


def test_a_row_that_was_leaving_and_is_rejected_again_stays(spark: SparkSession) -> None:
    before = rejected(spark, ("f", "h", 1, "x", "cast"))
    leaving = changes(rejected(spark), open_rows(before), run_id="r1", at=BEGIN + timedelta(hours=1))
    again = changes(
        rejected(spark, ("f", "h", 1, "x", "cast"), hour=2),
        open_rows(before.unionByName(leaving)),
        run_id="r2",
        at=BEGIN,
    )
    assert told(again) == [("f", 1, "quarantined", "cast")]


def test_the_order_is_that_of_the_commits_not_of_a_clock(spark: SparkSession, tmp_path: Path) -> None:
    path = str(tmp_path / "quarantine")
    write_table(rejected(spark, ("f", "h", 1, "x", "cast"), hour=1), path, mode="append", note={"by": "me"})

    def now() -> DataFrame:
        told = events(spark, path)
        assert told is not None
        return told

    assert open_rows(now()).count() == 1, "an event of an earlier release bears no number"
    leaving = changes(rejected(spark), open_rows(now()), run_id="r2", at=BEGIN)
    append_in_turn(leaving, path, after=0, note={"by": "me"})
    end = turned(now(), to="released", run_id="r2", at=BEGIN - timedelta(hours=2), of=1)
    append_in_turn(end, path, after=1, note={"by": "me"})
    assert open_rows(now()).count() == 0
    assert turned(now(), to="quarantined", run_id="r3", at=BEGIN).count() == 0


def test_there_is_none_where_there_is_no_table(spark: SparkSession, tmp_path: Path) -> None:
    assert events(spark, str(tmp_path / "none")) is None
