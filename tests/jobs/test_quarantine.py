"""The quarantine as a ledger: what each run tells it, and what ``headgate quarantine`` tells of it."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from headgate.etl.lake.commits import newest_version
from headgate.etl.lake.quarantine import open_rows, quarantine_rows
from headgate.etl.lake.turns import append_in_turn
from headgate.etl.lake.zones import Lake, TableId
from headgate.etl.load import publication, rejects
from headgate.jobs import quarantine
from headgate.jobs.exits import ArgumentsError, Exit
from tests.jobs.deliveries import Clinic, Open, clinic, one_clinic

__all__ = ["clinic", "one_clinic"]


def events(visits: Clinic) -> list[tuple[int, str, str]]:
    rows = visits.table("quarantine").orderBy("at", "row").collect()
    return [(row.row, row.status, row.run_id) for row in rows]


def still_open(visits: Clinic) -> set[int]:
    return {row.row for row in open_rows(visits.table("quarantine")).collect()}


def version(visits: Clinic) -> int:
    return newest_version(visits.spark, str(visits.lake / "quarantine/visits"))


def without_lower_bound(visits: Clinic) -> None:
    """Make the suite accept a cost below zero."""
    suite = visits.folder / "suites/visits.json"
    rules = json.loads(suite.read_text())
    rules["expectations"] = [rule for rule in rules["expectations"] if "between" not in rule["type"]]
    suite.write_text(json.dumps(rules))


def test_each_run_that_makes_a_table_anew_tells_only_what_has_changed(one_clinic: Open) -> None:
    visits = one_clinic("{mode: overwrite}")
    visits.deliver("1", "1,p1,Rome,5", "2,p2,Oslo,x", "3,p3,Oslo,-3")
    visits.run()
    assert events(visits) == [(3, "quarantined", "r1"), (4, "quarantined", "r1")]
    visits.deliver("2", "4,p4,Bern,7")
    visits.run()
    assert version(visits) == 0, "the same rows are rejected for the same reasons"
    without_lower_bound(visits)
    entry = visits.run()
    assert (entry["published"], entry["quarantined"]) == (3, 1)
    assert events(visits)[2:] == [(4, "leaving", "r3"), (4, "released", "r3")]
    assert still_open(visits) == {3}
    assert set(visits.curated()) == {1, 3, 4}
    again = version(visits)
    assert visits.run()["status"] == "unchanged"
    assert version(visits) == again


def test_a_row_that_is_rejected_for_other_reasons_is_told_anew(one_clinic: Open) -> None:
    visits = one_clinic("{mode: overwrite}")
    visits.deliver("1", "1,1,Rome,5", "2,p2,Oslo,-3")
    visits.run()
    cast = "{cast_columns: {columns: {visit: bigint, person: bigint, cost: double}}}"
    visits.run(f"datasets.visits.clean=[rename_to_snake_case, {cast}]")
    told = [(row.row, [why.rule for why in row.reasons]) for row in visits.table("quarantine").collect()]
    assert sorted(told) == [(3, ["cast_columns"]), (3, ["visits-1"])]
    (newest,) = open_rows(visits.table("quarantine")).collect()
    assert [(why.rule, why.column) for why in newest.reasons] == [("cast_columns", "person")]


def test_a_curated_row_says_from_which_content_of_which_file_it_is(one_clinic: Open) -> None:
    visits = one_clinic("{mode: append}")
    visits.deliver("1", "1,p1,Rome,5", "2,p2,Oslo,x")
    visits.run()
    (raw,) = {row._file_hash for row in visits.table("raw").collect()}
    (row,) = visits.table("curated").collect()
    (event,) = visits.table("quarantine").collect()
    assert (row._file, row._file_hash, row._row) == ("visits_1.csv", raw, 2)
    assert (event.file, event.file_hash, event.row) == ("visits_1.csv", raw, 3)


def die(monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    """End the next publication at a step, as if the process had been killed there."""

    def dying(*given: Any, **named: Any) -> Any:
        raise OSError("killed")

    if step == "before the commit":
        monkeypatch.setattr(publication, "_commit", dying)
    else:
        monkeypatch.setattr(rejects.Rejects, "tell_after", dying)


@pytest.mark.parametrize(
    ("publish", "step"),
    [("{mode: overwrite}", "after the commit"), ("{mode: append}", "before the commit")],
)
def test_what_a_run_could_not_tell_any_more_the_next_one_puts_right(
    one_clinic: Open, monkeypatch: pytest.MonkeyPatch, publish: str, step: str
) -> None:
    visits = one_clinic(publish)
    visits.deliver("1", "1,p1,Rome,5")
    visits.run()
    visits.deliver("2", "2,p2,Oslo,x", "3,p3,Oslo,-3", "6,p6,Rome,1")
    with monkeypatch.context() as patched:
        die(patched, "before the commit")
        with pytest.raises(OSError, match="killed"):
            visits.run()
    assert still_open(visits) == {2, 3}
    without_lower_bound(visits)
    with monkeypatch.context() as patched:
        die(patched, step)
        with pytest.raises(OSError, match="killed"):
            visits.run()
    visits.run()
    assert still_open(visits) == {2}
    assert set(visits.curated()) == {1, 3, 6}
    statuses = Counter(row.status for row in visits.table("quarantine").where("row = 3").collect())
    assert statuses["released"] == 1
    before = version(visits)
    assert visits.run()["status"] == "unchanged"
    assert version(visits) == before


def test_tables_that_share_a_name_or_their_files_are_told_apart(spark: SparkSession, tmp_path: Path) -> None:
    lake = Lake(str(tmp_path))
    place = "'f' AS _file, 'h' AS _file_hash, 2L AS _row"
    for path, value in (
        (lake.quarantine(TableId("curated", "visits")), 1),
        (lake.quarantine(TableId("curated", "costs")), 2),
        (lake.quarantine(TableId("star", "visits")), 3),
    ):
        known = {"dataset": "visits", "suite": "s", "suite_version": "1", "run_id": "r"}
        told = quarantine_rows(spark.sql(f"SELECT {value} AS value, {place}"), **known, at=datetime.now(UTC))
        append_in_turn(told, path, after=-1, note={"by": "me"})
    rows = quarantine.quarantined(spark, lake)
    assert rows is not None
    assert [(row["dataset"], row["record"]) for row in quarantine.list_rows(rows)] == [
        ("costs", '{"value":2}'), ("star.visits", '{"value":3}'), ("visits", '{"value":1}'),
    ]  # fmt: skip
    only = quarantine.quarantined(spark, lake, dataset="star.visits")
    assert only is not None
    assert only.count() == 1


@pytest.fixture
def listed(one_clinic: Open) -> Clinic:
    visits = one_clinic("{mode: overwrite}")
    visits.deliver("1", "1,p1,Rome,5", "2,p2,Oslo,x", "3,p3,Oslo,-3", "4,p4,Oslo,y")
    visits.run()
    return visits


def ask(visits: Clinic, capsys: pytest.CaptureFixture[str], *more: str) -> str:
    capsys.readouterr()
    pipeline = str(visits.folder / "pipeline.yaml")
    assert quarantine.main([pipeline, "--lake", str(visits.lake), *more]) == Exit.DONE
    return capsys.readouterr().out


def test_the_summary_counts_rows_by_reason(listed: Clinic, capsys: pytest.CaptureFixture[str]) -> None:
    lines = json.loads(ask(listed, capsys, "--json"))
    told = [(line["rule"], line["column"], line["rows"], line["example"]["row"]) for line in lines]
    assert told == [("cast_columns", "cost", 2, 3), ("visits-1", "cost", 1, 4)]
    assert {line["severity"] for line in lines} == {"critical"}
    assert lines[0]["first"] == lines[0]["last"]
    assert lines[0]["first"].endswith("+00:00")
    text = ask(listed, capsys)
    assert text.splitlines()[0].split()[:6] == ["dataset", "rule", "column", "reason", "severity", "rows"]
    assert "visits_1.csv:3 'x'" in text


def test_rows_are_listed_with_their_records(listed: Clinic, capsys: pytest.CaptureFixture[str]) -> None:
    lines = json.loads(ask(listed, capsys, "--rows", "--json", "--reason", "visits-1"))
    assert [(line["row"], json.loads(line["record"])["visit"]) for line in lines] == [(4, 3)]
    assert len(json.loads(ask(listed, capsys, "--rows", "--json", "--limit", "2"))) == 2
    assert "cast_columns on cost" in ask(listed, capsys, "--rows", "--dataset", "visits")


def test_an_empty_quarantine_says_so_an_odd_name_is_escaped_and_an_unknown_dataset_has_the_nearest(
    one_clinic: Open, capsys: pytest.CaptureFixture[str]
) -> None:
    visits = one_clinic("{mode: overwrite}")
    visits.deliver("1", "1,p1,Rome,5")
    visits.run()
    assert ask(visits, capsys) == "no row is in quarantine\n"
    visits.deliver("2\n\x1b[2J", "2,p2,Rome,x")
    visits.run()
    for more in ((), ("--rows",)):
        shown = ask(visits, capsys, *more)
        assert "visits_2\\n\\x1b[2J.csv" in shown
        assert (shown.count("\n"), "\x1b" in shown) == (2, False)
    with pytest.raises(SystemExit) as ended:
        ask(visits, capsys, "--dataset", "visit")
    assert ended.value.code == Exit.BAD_ARGUMENTS
    assert "did you mean 'visits'?" in capsys.readouterr().err
    with pytest.raises(SystemExit) as ended:
        quarantine.main(["--lake", str(visits.folder / "nowhere")])
    assert ended.value.code == Exit.INPUT_MISSING
    assert ArgumentsError.of_name("--dataset", "x", [], reason="none").fix == "there is none yet"
