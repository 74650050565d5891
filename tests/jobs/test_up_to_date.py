"""A table stands if it is what the last publication made of it: it is asked, not the note alone."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse

import pytest

from headgate.etl.lake.quarantine import open_rows
from headgate.jobs import entry as job
from headgate.jobs.exits import Exit, RefusedError, guarded
from tests.jobs.deliveries import Clinic, Open, one_clinic

__all__ = ["one_clinic"]

ANEW = "datasets.visits.publish={mode: overwrite}"
KEEP = "datasets.visits.publish.changed_by_others=keep"


def sql(visits: Clinic, text: str, zone: str = "curated") -> None:
    visits.spark.sql(text.format(f"delta.`{visits.lake / zone / 'visits'}`")).collect()


def refused(visits: Clinic, *said: str) -> None:
    """The run publishes nothing, and one line says why and how to go on."""
    before = published(visits)
    with pytest.raises(RefusedError) as caught:
        visits.run()
    (line,) = str(caught.value).splitlines()
    assert all(
        word in line for word in (*said, "nothing was published", "--set 'datasets.visits.publish=")
    ), line
    assert published(visits) == before


def published(visits: Clinic) -> list[Path]:
    """Data files and checkpoints of what is made from raw, which keeps what was landed in any case."""
    zones = ("curated", "quarantine")
    return sorted(file for zone in zones for file in (visits.lake / zone).rglob("*.parquet"))


def still_open(visits: Clinic) -> set[tuple[str, int]]:
    return {(row.file, row.row) for row in open_rows(visits.table("quarantine")).collect()}


def lose_a_file(visits: Clinic, zone: str) -> None:
    """Delete a data file that the table's newest version names."""
    file = visits.table(zone).inputFiles()[0]
    Path(unquote(urlparse(file).path)).unlink()


def test_a_run_that_changes_nothing_runs_no_spark_job(one_clinic: Open) -> None:
    visits = one_clinic("{mode: overwrite}")
    visits.deliver("1", "1,p1,Rome,5", "9,p9,Rome,x")
    visits.run()
    scheduler = visits.spark._jsc.sc().dagScheduler()
    before = scheduler.numTotalJobs()
    assert visits.run()["status"] == "unchanged"
    assert scheduler.numTotalJobs() == before


def test_a_table_that_is_added_to_is_not_added_to_once_another_has_changed_it(one_clinic: Open) -> None:
    visits = one_clinic("{mode: append}")
    visits.deliver("1", "1,p1,Rome,5", "9,p9,Rome,x")
    visits.run()
    visits.deliver("2", "2,p2,Oslo,7")
    visits.run()
    sql(visits, "RESTORE TABLE {} TO VERSION AS OF 0")
    refused(
        visits,
        "curated/visits: another has changed the table (RESTORE, version 2, ",
        "changed_by_others=keep",
    )
    with pytest.raises(SystemExit) as ended:
        guarded(visits.run)
    assert ended.value.code == Exit.REFUSED
    assert visits.run(ANEW)["published"] == 2
    visits.deliver("3", "3,p3,Bern,8")
    assert visits.run()["read"] == 1
    assert set(visits.curated()) == {1, 2, 3}
    # What somebody deleted on purpose stays deleted, if one says so.
    sql(visits, "DELETE FROM {} WHERE visit = 2")
    visits.deliver("4", "4,p4,Bern,8")
    assert visits.run(KEEP)["read"] == 1
    assert set(visits.curated()) == {1, 3, 4}
    sql(visits, "OPTIMIZE {}")
    assert visits.run()["status"] == "unchanged"
    shutil.rmtree(visits.lake / "quarantine/visits")
    refused(visits, "its quarantine is gone")
    visits.run(ANEW)
    assert still_open(visits) == {("visits_1.csv", 3)}
    lose_a_file(visits, "curated")
    refused(visits, "its data file ", "is gone")
    visits.run(ANEW)
    sql(visits, "RESTORE TABLE {} TO VERSION AS OF 0", "raw")
    refused(visits, "raw/visits: another has changed the table (RESTORE")


def test_a_raw_table_made_anew_is_not_taken_for_the_old_one_though_its_version_is_the_same(
    one_clinic: Open,
) -> None:
    visits = one_clinic("{mode: append}")
    visits.deliver("1", "1,p1,Rome,5")
    visits.run()
    shutil.rmtree(visits.lake / "raw")
    visits.deliver("1", "2,p2,Oslo,7")
    with pytest.raises(RefusedError, match="mode: overwrite"):
        visits.run()
    assert visits.run(ANEW)["published"] == 1
    assert set(visits.curated()) == {2}
    shutil.rmtree(visits.lake / "raw")
    visits.deliver("1", "3,p3,Oslo,7")
    assert visits.run(ANEW)["status"] == "done"
    assert set(visits.curated()) == {3}


def test_a_table_that_is_overwritten_is_made_anew(
    one_clinic: Open, capsys: pytest.CaptureFixture[str]
) -> None:
    visits = one_clinic("{mode: overwrite}")
    visits.deliver("1", "1,p1,Rome,5", "2,p2,Oslo,x")
    visits.run()
    for disturb, said in (
        (lambda: sql(visits, "UPDATE {} SET cost = 0"), "another has changed the table (UPDATE"),
        (lambda: lose_a_file(visits, "curated"), "is gone: it is made anew"),
        (lambda: shutil.rmtree(visits.lake / "quarantine/visits"), "its quarantine is gone"),
        (lambda: sql(visits, "DELETE FROM {}", "quarantine"), "another has changed its quarantine (DELETE"),
    ):
        disturb()
        capsys.readouterr()
        assert visits.run()["status"] == "done"
        assert said in capsys.readouterr().err
        assert (visits.curated(), still_open(visits)) == ({1: ("Rome", 5.0)}, {("visits_1.csv", 3)})
    assert visits.run()["status"] == "unchanged"


def test_the_ledger_is_told_of_all_that_runs_died_before_telling(
    one_clinic: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    visits = one_clinic("{mode: append}")

    def die(*_: Any, **__: Any) -> None:
        raise OSError("killed")

    for number in (1, 2, 3):
        visits.deliver(str(number), f"{number},p1,Rome,5", f"{number}0,p1,Rome,x")
        with monkeypatch.context() as patched:
            if number < 3:
                patched.setattr(job, "account", die)
                with pytest.raises(OSError, match="killed"):
                    visits.run_as("again")
            else:
                # A name that was used before: what is done under it now is told as well.
                visits.run_as("again")
    told = [(row["published"], row["quarantined"], row["version"]) for row in visits.ledger()]
    assert sorted(told, key=str) == [(1, 1, 0), (1, 1, 1), (1, 1, 2)]
    ledger = visits.spark.read.format("delta").load(str(visits.lake / "ledger"))
    ingested = ledger.where("stage = 'ingest'").collect()
    assert sorted((row.published, row.version) for row in ingested) == [(2, 0), (2, 1), (2, 2)]
