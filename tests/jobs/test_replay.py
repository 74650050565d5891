"""Rows that were rejected run again: what passes is published once, the rest stays, nothing is lost."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import pytest

from headgate.etl.errors import InputMissingError
from headgate.etl.lake.commits import newest_version
from headgate.etl.lake.quarantine import open_rows
from headgate.jobs import replay as job
from headgate.jobs.exits import ArgumentsError, Exit, RefusedError
from headgate.jobs.stages.replay import replay
from tests.jobs.deliveries import Clinic, Open, one_clinic
from tests.jobs.killed import run_killed

__all__ = ["one_clinic"]

MENDED = (
    "datasets.visits.clean=[drop_exact_duplicates, rename_to_snake_case, "
    "{sentinels_to_null: {values: [x]}}, {cast_columns: {columns: {visit: bigint, cost: double}}}, "
    "{drop_rows: {rule: free_of_charge, where: 'cost = 0'}}]"
)
"""The clean steps, after somebody saw that `x` stands for nothing."""


def again(visits: Clinic, *overrides: str, run_id: str | None = None, reasons: tuple[str, ...] = ()) -> Any:
    steps = (partial(replay, dataset="visits", reasons=reasons),)
    if run_id is not None:
        return visits.run_as(run_id, *overrides, steps=steps)
    return visits.run(*overrides, steps=steps)


def told(entry: dict[str, Any]) -> list[Any]:
    return [entry[name] for name in ("stage", "status", "read", "published", "superseded", "quarantined")]


def still_open(visits: Clinic) -> dict[tuple[str, int], set[str]]:
    rows = open_rows(visits.table("quarantine")).collect()
    return {(row.file, row.row): {why.rule for why in row.reasons} for row in rows}


def conserved(visits: Clinic) -> None:
    """Over all that was done: raw = published + superseded + duplicates + dropped + open in quarantine."""
    done = [row for row in visits.ledger() if row["status"] == "done"]
    gone = sum(row["superseded"] + row["duplicates"] + sum(row["dropped"].values()) for row in done)
    published = sum(row["published"] for row in done)
    assert visits.table("raw").count() == published + gone + len(still_open(visits))


def versions(visits: Clinic) -> list[int]:
    places = (visits.lake / zone / "visits" for zone in ("curated", "quarantine"))
    return [newest_version(visits.spark, str(place)) for place in places]


def test_what_passes_is_published_once_and_the_rest_stays(one_clinic: Open) -> None:
    visits = one_clinic("{mode: append}")
    visits.deliver("1", "1,p1,Rome,5", "2,p2,Oslo,x", "3,p3,Oslo,-3", "4,p4,Bern,y")
    visits.run()
    visits.deliver("2", "5,p5,Rome,x", "7,p7,Rome,7")
    visits.run()
    assert told(again(visits, MENDED)) == ["replay", "done", 4, 2, 0, 2]
    assert set(visits.curated()) == {1, 2, 5, 7}
    assert still_open(visits) == {("visits_1.csv", 4): {"visits-1"}, ("visits_1.csv", 5): {"cast_columns"}}
    conserved(visits)
    before = versions(visits)
    assert told(again(visits, MENDED)) == ["replay", "done", 2, 0, 0, 2]
    assert versions(visits) == before
    visits.deliver("3", "6,p6,Rome,1")
    assert told(visits.run(MENDED)) == ["curate", "done", 1, 1, 0, 0]
    assert visits.run(MENDED)["status"] == "unchanged"
    conserved(visits)


def test_only_rows_with_a_reason_are_run_again_and_new_reasons_are_told(one_clinic: Open) -> None:
    visits = one_clinic("{mode: append}")
    visits.deliver("1", "1,p1,Rome,5", "2,p2,Oslo,x", "3,p3,Oslo,-3", "4,p4,Oslo,0")
    visits.run()
    assert told(again(visits, MENDED, reasons=("expect_column_values_to_be_between",))) == [
        "replay", "done", 1, 0, 0, 1,
    ]  # fmt: skip
    known = "{map_codes: {column: person, vocabulary: {p1: p1}}}, {drop_rows"
    free = MENDED.replace("[x]", "[x, '5']").replace("{drop_rows", known)
    assert told(again(visits, free, reasons=("cast_columns",))) == ["replay", "done", 1, 0, 0, 1]
    (row,) = open_rows(visits.table("quarantine")).where("row = 3").collect()
    assert [why.column for why in row.reasons] == ["person"]
    assert told(again(visits, MENDED, reasons=("nothing_such",)))[:2] == ["replay", "unchanged"]
    conserved(visits)


def test_a_replayed_row_that_is_older_than_the_table_is_superseded(one_clinic: Open) -> None:
    visits = one_clinic("{mode: merge, keys: [visit], order_by: [town]}")
    visits.deliver("1", "1,p1,A,5", "2,p2,B,x", "3,p3,C,x")
    visits.run()
    visits.deliver("2", "2,p2,Z,7")
    visits.run()
    assert told(again(visits, MENDED)) == ["replay", "done", 2, 1, 1, 0]
    assert {visit: town for visit, (town, _) in visits.curated().items()} == {1: "A", 2: "Z", 3: "C"}
    conserved(visits)


def test_a_replay_replaces_no_partition_and_asks_nothing_about_the_batch(one_clinic: Open) -> None:
    visits = one_clinic("{mode: overwrite_partitions, partition_by: [town]}")
    visits.deliver("1", "1,p1,Oslo,5", "2,p2,Oslo,6", "3,p3,Oslo,x", "4,p4,Oslo,y")
    visits.run()
    suite = visits.folder / "suites/visits.json"
    count = (
        '{"id": "many", "type": "expect_table_row_count_to_be_between", "kwargs": {"min_value": 3}, '
        '"severity": "critical"}'
    )
    suite.write_text(suite.read_text().replace('"expectations": [', f'"expectations": [{count}, '))
    assert told(again(visits, MENDED, "datasets.visits.tolerance=0")) == ["replay", "done", 2, 1, 0, 1]
    assert set(visits.curated()) == {1, 2, 3}
    conserved(visits)


def test_a_dataset_that_is_overwritten_is_made_anew_even_if_its_file_says_the_same(
    one_clinic: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    visits = one_clinic("{mode: overwrite}")
    own = "datasets.visits.clean=[rename_to_snake_case, tests.jobs.own_step:cost_as_number]"
    visits.deliver("1", "1,p1,Rome,5", "2,p2,Oslo,x")
    monkeypatch.setenv("HEADGATE_TEST_MENDED", "")
    visits.run_as("nightly", own)
    assert visits.run_as("nightly", own)["status"] == "unchanged"
    with pytest.raises(ArgumentsError, match="overwritten as a whole"):
        again(visits, own, reasons=("cost_as_number",))
    monkeypatch.setenv("HEADGATE_TEST_MENDED", "1")
    assert told(again(visits, own, run_id="nightly")) == ["replay", "done", 2, 2, 0, 0]
    assert set(visits.curated()) == {1, 2}
    assert still_open(visits) == {}
    before = versions(visits)
    assert told(again(visits, own, run_id="nightly"))[:2] == ["replay", "unchanged"]
    assert told(visits.run(own))[:2] == ["curate", "unchanged"]
    assert versions(visits) == before


def test_a_replay_is_no_batch_for_trends(one_clinic: Open) -> None:
    visits = one_clinic("{mode: append}")
    suite = visits.folder / "suites/visits.json"
    as_many = (
        '{"id": "as-many", "type": "expect_table_row_count_to_be_between", "severity": "critical", '
        '"kwargs": {"min_value": {"$PARAMETER": "trend_rows_mean"}}}'
    )
    suite.write_text(suite.read_text().replace('"expectations": [', f'"expectations": [{as_many}, '))
    visits.deliver("1", "1,p1,Rome,5", "2,p2,Rome,5", "3,p3,Rome,5", "4,p4,Oslo,x")
    visits.run()
    # One row is less than the three of the batch before, and is published: of a replay that is not asked.
    assert told(again(visits, MENDED)) == ["replay", "done", 1, 1, 0, 0]
    # Nor does it count: three and one would be two on average.
    visits.deliver("2", "5,p5,Rome,5", "6,p6,Rome,5")
    with pytest.raises(RefusedError, match="expect_table_row_count_to_be_between fails: observed 2"):
        visits.run(MENDED)


def test_rows_of_a_batch_that_was_never_published_are_left_to_it(one_clinic: Open) -> None:
    visits = one_clinic("{mode: append}")
    visits.deliver("1", "1,p1,Rome,x", "9,p9,Rome,9")
    with pytest.raises(InputMissingError, match="headgate curate"):
        again(visits)
    visits.run()
    visits.deliver("2", "2,p2,Rome,x", "3,p3,Rome,y", "4,p4,Rome,4")
    visits.run(steps=("ingest",))
    killed(visits, "between quarantine and commit", "curate")
    assert len(still_open(visits)) == 3
    assert told(again(visits, MENDED)) == ["replay", "done", 1, 1, 0, 0]
    assert told(visits.run(MENDED)) == ["curate", "done", 3, 2, 0, 1]
    assert set(visits.curated()) == {1, 2, 4, 9}
    assert still_open(visits) == {("visits_2.csv", 3): {"cast_columns"}}
    conserved(visits)


def killed(visits: Clinic, moment: str, command: str, *more: str) -> None:
    """Run a command in a process of its own, and kill it at a moment."""
    places = ["--lake", str(visits.lake), "--landing", str(visits.folder / "landing"), "--run-id", "killed"]
    run_killed(moment, visits.way, command, str(visits.folder / "pipeline.yaml"), *places, *more)


@pytest.mark.parametrize(
    ("moment", "way"),
    [("between quarantine and commit", "copying"), ("between commit and release", "in_place")],
)
def test_a_replay_that_is_killed_is_finished_by_the_next_and_publishes_nothing_twice(
    one_clinic: Open, moment: str, way: str
) -> None:
    visits = one_clinic("{mode: append}")
    visits.way = way
    visits.deliver("1", "1,p1,Rome,5", "2,p2,Oslo,x", "3,p3,Oslo,y", "4,p4,Oslo,x", "4,p4,Oslo,x")
    visits.run()
    killed(visits, moment, "replay", "--dataset", "visits", "--set", MENDED)
    came = moment == "between commit and release"
    assert set(visits.curated()) == ({1, 2, 4} if came else {1})
    assert len(still_open(visits)) == 3
    assert told(again(visits, MENDED))[2:4] == ([1, 0] if came else [3, 2])
    assert set(visits.curated()) == {1, 2, 4}
    assert still_open(visits) == {("visits_1.csv", 4): {"cast_columns"}}
    conserved(visits)


def test_the_command_names_the_nearest_dataset_and_prints_its_summary(
    one_clinic: Open, capsys: pytest.CaptureFixture[str]
) -> None:
    visits = one_clinic("{mode: append}")
    visits.deliver("1", "1,p1,Rome,5", "2,p2,Rome,x")
    visits.run()
    given = [str(visits.folder / "pipeline.yaml"), "--lake", str(visits.lake)]
    given += ["--landing", str(visits.folder / "landing")]
    with pytest.raises(SystemExit) as ended:
        job.main([*given, "--dataset", "visit"])
    assert ended.value.code == Exit.BAD_ARGUMENTS
    assert "did you mean 'visits'?" in capsys.readouterr().err
    assert job.main([*given, "--dataset", "visits", "--set", MENDED, "--json"]) == Exit.DONE
    (stage,) = json.loads(capsys.readouterr().out)["stages"]
    assert told(stage) == ["replay", "done", 1, 1, 0, 0]
