"""The ledger adds up whatever happens to it, and whoever dies before telling it."""

from __future__ import annotations

from typing import Any

import pytest

from headgate.jobs import entry as job
from tests.jobs.deliveries import Clinic, Open, one_clinic

__all__ = ["one_clinic"]


class DiedError(Exception):
    """As if the process had been killed."""


def told(visits: Clinic) -> dict[str, int]:
    """Rows by stage, of works that were done."""
    ledger = visits.spark.read.format("delta").load(str(visits.lake / "ledger")).where("status = 'done'")
    assert ledger.groupBy("run_id", "stage", "started_at").count().where("count > 1").isEmpty()
    return {row.stage: row.rows for row in ledger.groupBy("stage").agg({"published": "sum"}).toDF(
        "stage", "rows"
    ).collect()}  # fmt: skip


def test_what_a_run_published_that_died_while_another_was_under_way_is_told_by_that_one(
    one_clinic: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    visits = one_clinic("{mode: append}")
    visits.deliver("1", "1,p1,Rome,5")
    visits.run()
    recover, account = job.recover, job.account

    def die(*_: Any, **__: Any) -> None:
        raise DiedError

    def overtaken(run: Any) -> int:
        version = recover(run)
        monkeypatch.setattr(job, "recover", recover)
        monkeypatch.setattr(job, "account", die)
        visits.deliver("2", "2,p2,Oslo,6", "3,p3,Oslo,7")
        with pytest.raises(DiedError):
            visits.run(steps=("ingest",))
        monkeypatch.setattr(job, "account", account)
        visits.deliver("3", "4,p4,Bern,8")
        return version

    monkeypatch.setattr(job, "recover", overtaken)
    visits.run()
    assert told(visits) == {"ingest": 4, "curate": 4}
    # And what another takes out of it is told anew, however often.
    for number in (5, 6):
        ledger = f"delta.`{visits.lake / 'ledger'}`"
        if number == 5:
            visits.spark.sql(f"RESTORE {ledger} TO VERSION AS OF 0")
        else:
            visits.spark.sql(f"DELETE FROM {ledger} WHERE stage = 'curate'")
        visits.deliver(str(number), f"{number},p5,Bern,9")
        visits.run()
        assert told(visits) == {"ingest": number, "curate": number}
