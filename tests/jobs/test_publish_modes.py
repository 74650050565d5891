"""The modes in which a dataset is published, from delivery to delivery, on both ways to commit."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import Any

import pytest
from delta.tables import DeltaTable

from headgate.etl.lake.commits import last_commit, newest_version
from headgate.etl.lake.tables import ConflictError, PartitionsError
from headgate.etl.load import process, publication
from headgate.jobs.context import Run
from headgate.jobs.exits import Exit, RefusedError, guarded
from headgate.jobs.stages.curate import curate_one
from tests.jobs.deliveries import Open, clinic, one_clinic

__all__ = ["clinic", "one_clinic"]

COUNTS = ("status", "read", "published", "superseded", "duplicates", "quarantined", "dropped")


def counts(entry: dict[str, Any]) -> list[Any]:
    return [entry[name] for name in COUNTS]


def test_what_is_new_is_inserted_and_what_kept_it_out_may_be_taken_back(one_clinic: Open) -> None:
    visits = one_clinic("{mode: insert_new, keys: [visit]}")
    visits.deliver("1", "1,p1,Rome,5", "2,p2,Oslo,4")
    visits.run()
    visits.deliver("2", "1,p1,Bern,9", "3,p3,Bern,x", "4,p4,Oslo,7")
    assert counts(visits.run()) == ["done", 3, 1, 1, 0, 1, {}]
    assert visits.curated() == {1: ("Rome", 5.0), 2: ("Oslo", 4.0), 4: ("Oslo", 7.0)}
    visits.deliver("1", "2,p2,Rome,6")
    assert counts(visits.run())[:4] == ["done", 6, 3, 2]
    assert visits.curated() == {1: ("Bern", 9.0), 2: ("Rome", 6.0), 4: ("Oslo", 7.0)}


def test_append_adds_what_arrived_since_and_nothing_twice(one_clinic: Open) -> None:
    visits = one_clinic("{mode: append}")
    visits.deliver("1", "1,p1,Rome,5", "2,p2,Oslo,x", "3,p3,Bern,0")
    assert counts(visits.run()) == ["done", 3, 1, 0, 0, 1, {"free_of_charge": 1}]
    visits.deliver("2", "4,p4,Oslo,7", "4,p4,Oslo,7", "5,p5,Rome,-1")
    assert counts(visits.run()) == ["done", 3, 1, 0, 1, 1, {}]
    assert visits.curated() == {1: ("Rome", 5.0), 4: ("Oslo", 7.0)}
    assert {row.file for row in visits.table("quarantine").collect()} == {"visits_1.csv", "visits_2.csv"}
    version = newest_version(visits.spark, str(visits.lake / "curated/visits"))
    again = visits.run("datasets.visits.tolerance=0.9")
    assert counts(again) == ["unchanged", 3, 1, 0, 1, 1, {}]
    assert newest_version(visits.spark, str(visits.lake / "curated/visits")) == version
    assert [row["read"] for row in visits.ledger()] == [3, 3]


def test_two_deliveries_between_two_runs_of_curate_are_one_batch(one_clinic: Open) -> None:
    visits = one_clinic("{mode: append}")
    visits.deliver("1", "1,p1,Rome,5")
    visits.run()
    for file, row in (("2", "2,p2,Oslo,7"), ("3", "3,p3,Bern,8")):
        visits.deliver(file, row)
        visits.run(steps=("ingest",))
    DeltaTable.forPath(visits.spark, str(visits.lake / "raw/visits")).optimize().executeCompaction()
    assert counts(visits.run()) == ["done", 2, 2, 0, 0, 0, {}]
    assert set(visits.curated()) == {1, 2, 3}


def test_overwrite_makes_the_table_anew_from_all_that_ever_arrived(one_clinic: Open) -> None:
    visits = one_clinic("{mode: overwrite, partition_by: [town]}")
    visits.deliver("1", "1,p1,Rome,5")
    visits.run()
    visits.deliver("2", "2,p2,Oslo,7")
    assert counts(visits.run()) == ["done", 2, 2, 0, 0, 0, {}]
    detail = DeltaTable.forPath(visits.spark, str(visits.lake / "curated/visits")).detail().first()
    assert detail is not None
    assert detail["partitionColumns"] == ["town"]


def test_merge_applies_the_later_row_and_counts_the_late_one(one_clinic: Open) -> None:
    visits = one_clinic("{mode: merge, keys: [visit], order_by: [cost]}")
    visits.deliver("1", "1,p1,Rome,5", "2,p2,Oslo,6", "3,p3,Bern,", "4,p4,Bern,9")
    assert counts(visits.run()) == ["done", 4, 4, 0, 0, 0, {}]
    # newer; older; anything is newer than null; null is older; equal is applied; new
    visits.deliver("2", "1,p1,Roma,8", "2,p2,Oslo2,1", "3,p3,Berne,1", "5,p5,Rome,2")
    assert counts(visits.run()) == ["done", 4, 3, 1, 0, 0, {}]
    visits.deliver("3", "1,p1,ROMA,8", "4,p4,Nowhere,")
    assert counts(visits.run()) == ["done", 2, 1, 1, 0, 0, {}]
    assert visits.curated() == {
        1: ("ROMA", 8.0),
        2: ("Oslo", 6.0),
        3: ("Berne", 1.0),
        4: ("Bern", 9.0),
        5: ("Rome", 2.0),
    }
    commit = last_commit(visits.spark, str(visits.lake / "curated/visits"))
    assert commit is not None
    assert [commit.note[name] for name in ("read", "published", "superseded")] == [2, 1, 1]
    assert [row["superseded"] for row in visits.ledger()] == [0, 1, 1]
    assert counts(visits.run())[0] == "unchanged"


def test_an_order_may_be_turned_round_and_have_several_columns(one_clinic: Open) -> None:
    visits = one_clinic("{mode: merge, keys: [visit], order_by: [-cost, town]}")
    # Of the last two the texts are numbers, and 10 is later than 9.
    visits.deliver("1", *(f"{n},p{n},{town},5" for n, town in enumerate(["M", "M", "M", "M", "9", "10"])))
    visits.run()
    visits.deliver("2", "0,p0,A,4", "1,p1,Z,6", "2,p2,A,5", "3,p3,Z,5", "4,p4,10,5", "5,p5,9,5")
    assert counts(visits.run()) == ["done", 6, 3, 3, 0, 0, {}]
    assert [visits.curated()[visit][0] for visit in range(6)] == ["A", "M", "M", "Z", "10", "10"]


def test_without_an_order_what_comes_last_wins(one_clinic: Open) -> None:
    visits = one_clinic("{mode: merge, keys: [visit]}")
    visits.deliver("1", "1,p1,Rome,5")
    visits.run()
    visits.deliver("2", "1,p1,Oslo,1")
    assert counts(visits.run()) == ["done", 1, 1, 0, 0, 0, {}]
    assert visits.curated() == {1: ("Oslo", 1.0)}


def test_a_batch_of_which_every_row_is_rejected_is_still_taken_in_once(one_clinic: Open) -> None:
    visits = one_clinic("{mode: merge, keys: [visit], order_by: [cost]}")
    visits.deliver("1", "1,p1,Rome,5")
    visits.run()
    visits.deliver("2", "2,p2,Oslo,x")
    with pytest.raises(RefusedError, match="there are no rows"):
        visits.run()
    assert counts(visits.run("datasets.visits.allow_empty=true")) == ["done", 1, 0, 0, 0, 1, {}]
    assert counts(visits.run())[0] == "unchanged"
    assert visits.table("quarantine").count() == 1


def test_a_batch_that_repeats_a_key_is_refused(one_clinic: Open) -> None:
    visits = one_clinic("{mode: merge, keys: [person]}")
    visits.deliver("1", "1,p1,Rome,5")
    visits.run()
    visits.deliver("2", "2,p2,Oslo,6", "3,p2,Oslo,7")
    with pytest.raises(RefusedError, match="keep_latest"):
        visits.run()
    assert set(visits.curated()) == {1}
    with pytest.raises(SystemExit) as ended:
        guarded(visits.run)
    assert ended.value.code == Exit.REFUSED
    steps = (
        "datasets.visits.clean=[rename_to_snake_case, "
        "{cast_columns: {columns: {visit: bigint, cost: double}}}, "
        "{keep_latest: {keys: [person], order_by: [visit]}}]"
    )
    assert counts(visits.run(steps)) == ["done", 2, 1, 1, 0, 0, {}]


def test_overwrite_partitions_replaces_those_that_the_batch_has(one_clinic: Open) -> None:
    visits = one_clinic("{mode: overwrite_partitions, partition_by: [town]}")
    visits.deliver("1", "1,p1,Rome,5", "2,p2,Oslo,6", "3,p3,Oslo,7")
    visits.run()
    visits.deliver("2", "4,p4,Oslo,8", "5,p5,Bern,9", "6,p6,Rome,x")
    assert counts(visits.run()) == ["done", 3, 2, 0, 0, 1, {}]
    assert visits.curated() == {1: ("Rome", 5.0), 4: ("Oslo", 8.0), 5: ("Bern", 9.0)}
    assert counts(visits.run())[0] == "unchanged"
    visits.deliver("3", "7,p7,Rome,1")
    with pytest.raises(PartitionsError, match=r"partitioned by \(town\)"):
        visits.run("datasets.visits.publish.partition_by=[person]")


def test_a_refused_batch_is_taken_up_again_by_the_next_run(one_clinic: Open) -> None:
    visits = one_clinic("{mode: append}")
    visits.deliver("1", "1,p1,Rome,5")
    visits.run()
    visits.deliver("2", "2,p2,Oslo,x", "3,p3,Oslo,7")
    with pytest.raises(RefusedError):
        visits.run("datasets.visits.tolerance=0.1")
    assert set(visits.curated()) == {1}
    visits.deliver("3", "4,p4,Bern,8")
    assert counts(visits.run()) == ["done", 3, 2, 0, 0, 1, {}]
    assert set(visits.curated()) == {1, 3, 4}
    assert [row["status"] for row in visits.ledger()] == ["done", "refused", "done"]


def test_a_table_may_go_over_from_one_mode_to_another(one_clinic: Open) -> None:
    visits = one_clinic("{mode: overwrite}")
    visits.deliver("1", "1,p1,Rome,5", "2,p2,Oslo,6")
    visits.run()
    visits.deliver("2", "2,p2,Bern,7")
    assert counts(visits.run("datasets.visits.publish={mode: merge, keys: [visit]}")) == [
        "done", 1, 1, 0, 0, 0, {},
    ]  # fmt: skip
    assert visits.curated() == {1: ("Rome", 5.0), 2: ("Bern", 7.0)}
    visits.deliver("3", "3,p3,Bern,7")
    keep = "{keep_latest: {keys: [visit], order_by: [cost]}}"
    steps = f"datasets.visits.clean=[rename_to_snake_case, {keep}]"
    assert counts(visits.run(steps)) == ["done", 4, 3, 1, 0, 0, {}]


def test_a_raw_log_that_was_cleaned_up_is_not_missed(one_clinic: Open) -> None:
    visits = one_clinic("{mode: append}")
    visits.deliver("1", "1,p1,Rome,5")
    visits.run()
    raw = visits.lake / "raw/visits"
    visits.spark.sql(f"ALTER TABLE delta.`{raw}` SET TBLPROPERTIES (delta.checkpointInterval = 1)")
    visits.deliver("2", "2,p1,Rome,5")
    visits.run(steps=("ingest",))
    for version in (0, 1):  # as Delta does to what stands before a checkpoint, after 30 days
        (raw / f"_delta_log/{version:020}.json").unlink()
    assert counts(visits.run())[:3] == ["done", 1, 1]
    assert set(visits.curated()) == {1, 2}


def test_a_raw_table_that_was_made_anew_is_not_taken_for_the_old_one(one_clinic: Open) -> None:
    visits = one_clinic("{mode: append}")
    for number in ("1", "2"):
        visits.deliver(number, f"{number},p1,Rome,5")
        visits.run()
    shutil.rmtree(visits.lake / "raw")
    with pytest.raises(RefusedError, match="mode: overwrite"):
        visits.run()


def test_of_two_runs_that_take_in_the_same_rows_one_is_told(
    clinic: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    visits = clinic("{mode: append}")
    visits.deliver("1", "1,p1,Rome,5")
    visits.run()
    visits.deliver("2", "2,p2,Oslo,6")
    visits.run(steps=("ingest",))
    tell = publication.rejects

    def overtaken(run: Run, *given: Any, **named: Any) -> Any:
        monkeypatch.setattr(publication, "rejects", tell)
        assert curate_one(replace(run, run_id="faster"), "visits").status == "done"
        return tell(run, *given, **named)

    monkeypatch.setattr(publication, "rejects", overtaken)
    with pytest.raises(ConflictError, match="run this again"):
        visits.run()
    assert set(visits.curated()) == {1, 2}
    assert counts(visits.run())[:3] == ["unchanged", 1, 1]


def test_whenever_another_run_overtakes_one_nothing_is_doubled_and_nothing_is_lost(
    one_clinic: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    visits = one_clinic("{mode: append}")
    # The first time there is neither table nor quarantine.
    for number, (owner, step) in enumerate(
        [(publication, "rejects"), (process, "settle"), (process, "audit"), (publication, "_commit")], start=1
    ):
        work = getattr(owner, step)

        def overtaken(
            run: Run, *given: Any, owner: Any = owner, step: str = step, work: Any = work, **named: Any
        ) -> Any:
            monkeypatch.setattr(owner, step, work)
            assert curate_one(replace(run, run_id="faster"), "visits").status == "done"
            return work(run, *given, **named)

        visits.deliver(str(number), f"{number},p1,Rome,5", f"{number}0,p2,Oslo,x")
        monkeypatch.setattr(owner, step, overtaken)
        with pytest.raises(SystemExit) as ended:
            guarded(visits.run)
        assert ended.value.code == Exit.BUSY, step
    assert visits.run()["status"] == "unchanged"
    assert set(visits.curated()) == {1, 2, 3, 4}
    rejected = visits.table("quarantine").collect()
    assert sorted((row.file, row.status) for row in rejected) == [
        (f"visits_{number}.csv", "quarantined") for number in (1, 2, 3, 4)
    ]
    done = [row for row in visits.ledger() if row["status"] == "done"]
    assert [(row["published"], row["quarantined"]) for row in done] == [(1, 1)] * 4
