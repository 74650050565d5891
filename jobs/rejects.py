"""What the quarantine is told of a publication, before it and after.

Before: which rows were rejected, and which of those that were open are leaving. After: that they have
left. A run that dies between the two leaves the truth in Delta's logs: the note of the quarantine's
last commit says which publication it belongs to, and the table's log whether there was one. So the
next run can always put right what the last one could not say any more (`settle`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from etl.lake.ledger import Entry
from etl.lake.quarantine import (
    LEAVING,
    QUARANTINED,
    RELEASED,
    changes,
    events,
    identity,
    open_rows,
    quarantine_rows,
    turned,
)
from etl.lake.tables import Commit, commit_at, last_commit, newest_version, write_table
from etl.lake.zones import Zone
from jobs.context import Run
from jobs.gate import Ruling

__all__ = ["Rejects", "open_among", "rejects", "settle"]


@dataclass(frozen=True, kw_only=True)
class Rejects:
    """The events of one publication.

    Parameters
    ----------
    path, target : str
        The quarantine's table, and the one that is published.
    told : DataFrame or None
        The events; None where there are none.
    quarantined, leaving : int
        How many they are, by what they say.
    waiting : mapping, optional
        The inputs of the table, if rows of a batch that came after them, and was never published, are
        in quarantine: whoever publishes that batch must know, though others told the quarantine since.
    """

    path: str
    target: str
    told: DataFrame | None
    quarantined: int
    leaving: int
    waiting: Mapping[str, int] | None = None

    def tell_before(self, run: Run, entry: Entry, *, follows: bool = True) -> None:
        """Append the events, if there are any.

        Parameters
        ----------
        run : Run
        entry : Entry
            Of the publication.
        follows : bool
            Whether there is going to be one.
        """
        if self.told is not None and (self.quarantined or self.leaving):
            after = newest_version(run.spark, self.target)
            note = self._note(entry) | {"open": follows, "after": after, "leaving": self.leaving}
            run.may_write()
            write_table(self.told, self.path, mode="append", note=note)

    def tell_after(self, run: Run, entry: Entry) -> None:
        """Append that the rows that were leaving have left."""
        if self.leaving:
            _turn(run, self.path, RELEASED, self._note(entry))

    def _note(self, entry: Entry) -> dict[str, Any]:
        plain = entry.to_json()
        known = {key: plain[key] for key in ("run_id", "started_at", "fingerprint")}
        return known | {"open": False, "leaving": 0, "waiting": self.waiting}


def rejects(
    run: Run,
    entry: Entry,
    ruling: Ruling,
    *,
    zone: Zone,
    table: str,
    compare: DataFrame | None = None,
    waiting: Mapping[str, int] | None = None,
) -> Rejects:
    """What the quarantine is to be told of a ruling.

    Parameters
    ----------
    run : Run
    entry : Entry
    ruling : Ruling
    zone, table : str
    compare : DataFrame, optional
        Open rows that were looked at again; to compare costs a job. By default none was, and all
        that was rejected is new.
    waiting : mapping, optional
        See `Rejects`.
    """
    path, target = run.lake.table("quarantine", table), run.lake.table(zone, table)
    made = partial(Rejects, path=path, target=target, waiting=waiting)
    if compare is None and not ruling.counts["quarantined"]:
        return made(told=None, quarantined=0, leaving=0)
    rejected = quarantine_rows(
        ruling.rejected,
        dataset=table,
        suite=ruling.suite.name,
        suite_version=ruling.suite.version,
        run_id=run.run_id,
        at=entry.started_at,
    )
    if compare is None:
        return made(told=rejected, quarantined=ruling.counts["quarantined"], leaving=0)
    told = changes(rejected, compare, run_id=run.run_id, at=entry.started_at)
    found = {row["status"]: row["count"] for row in told.groupBy("status").count().collect()}
    return made(told=told, quarantined=found.get(QUARANTINED, 0), leaving=found.get(LEAVING, 0))


def open_among(run: Run, table: str, raw: DataFrame | None = None) -> DataFrame | None:
    """The open rows of a quarantine, or those of them that are among `raw`; None where there is none."""
    told = events(run.spark, run.lake.table("quarantine", table))
    if told is None:
        return None
    found = open_rows(told)
    if raw is None:
        return found
    places = raw.select(identity("_", fingerprint=False).alias("_place"))
    return found.join(places, identity(fingerprint=False) == F.col("_place"), "left_semi")


def settle(run: Run, table: str, before: Commit | None) -> bool:
    """Put right what a run that died could not tell the quarantine any more.

    Costs no job unless one died while rows were leaving.

    Parameters
    ----------
    run : Run
    table : str
    before : Commit, optional
        The last publication of the table.

    Returns
    -------
    bool
        Whether rows were quarantined for a publication that never came: the next one may find that
        they are to be published.
    """
    path = run.lake.table("quarantine", table)
    last = last_commit(run.spark, path)
    if last is None:
        return False
    waits = before is not None and last.note.get("waiting") == before.note["inputs"]
    if not last.note.get("open"):
        return waits
    newest = -1 if before is None else before.version
    followed = _note_after(run, run.lake.table("curated", table), last.note["after"], newest)
    came = all((followed or {}).get(key) == last.note[key] for key in ("run_id", "started_at"))
    if last.note["leaving"]:
        _turn(run, path, RELEASED if came else QUARANTINED, last.note | {"open": followed is None})
    return waits or followed is None


def _note_after(run: Run, path: str, version: int, newest: int) -> dict[str, Any] | None:
    """The note of the first publication of a table after a version of it; None if there was none."""
    for number in range(version + 1, newest + 1):
        try:
            commit = commit_at(run.spark, path, number)
        except FileNotFoundError:  # cleaned up: there was one, and nothing else is known of it
            return {}
        if commit is not None:
            return commit.note
    return None


def _turn(run: Run, path: str, to: Literal["released", "quarantined"], note: dict[str, Any]) -> None:
    told = events(run.spark, path)
    assert told is not None
    found = turned(told, to=to, run_id=run.run_id, at=run.clock())
    run.may_write()
    write_table(found, path, mode="append", note=note | {"leaving": 0})
