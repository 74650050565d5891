"""What the quarantine is told of a publication, before it and after.

Before: which rows were rejected, and which of those that were open are leaving. After: that they have
left. A run that dies between the two leaves the truth in Delta's logs: the note of the quarantine's
last commit says which publication it belongs to, and the table's log whether there was one. So the
next run can always put right what the last one could not say any more (`settle`).

Of two runs that work on one table at a time, the one that tells its quarantine second is told so,
before it has written anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from headgate.etl.lake.commits import commit_at, last_commit, newest_version
from headgate.etl.lake.history import Snapshot, TableChangedError, missing_file, snapshot
from headgate.etl.lake.ledger import Entry
from headgate.etl.lake.quarantine import (
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
from headgate.etl.lake.tables import ConflictError, require_version
from headgate.etl.lake.turns import append_in_turn
from headgate.etl.lake.zones import TableId
from headgate.etl.load.audit import Ruling
from headgate.etl.load.context import LoadContext

__all__ = ["Quarantine", "Rejects", "no_quarantine", "open_among", "rejects", "settle"]

TRIES = 20

Reach = dict[str, dict[str, Any]]
"""Versions and ids of tables."""


@dataclass(frozen=True, kw_only=True)
class Quarantine:
    """The quarantine of a table, as it stood when a publication of the table was begun.

    Parameters
    ----------
    path, target : str
        Its folder, and the table's.
    target_id : str or None
        None where there is no table yet.
    version : int
        -1 where nothing was rejected ever.
    reach : dict
        The newest inputs of which it was told what is rejected.
    interrupted : bool
        Whether it was told of rows that were never published: the next publication may find that they
        are to be.
    """

    path: str
    target: str
    target_id: str | None
    version: int
    reach: Reach
    interrupted: bool = False


@dataclass(frozen=True, kw_only=True)
class Rejects:
    """The events of one publication.

    Parameters
    ----------
    quarantine : Quarantine
    told : DataFrame or None
        The events; None where there are none.
    quarantined, leaving : int
        How many they are, by what they say.
    """

    quarantine: Quarantine
    told: DataFrame | None
    quarantined: int
    leaving: int

    def tell_before(self, context: LoadContext, entry: Entry, *, after: int, follows: bool = True) -> None:
        """Append the events, if there are any.

        Parameters
        ----------
        context : LoadContext
        entry : Entry
            Of the publication.
        after : int
            The version of the table that it follows on.
        follows : bool
            Whether there is going to be one.

        Raises
        ------
        headgate.etl.lake.tables.ConflictError
            Another run has published the table, or told its quarantine, meanwhile.
        """
        if self.told is not None and (self.quarantined or self.leaving):
            require_version(context.spark, self.quarantine.target, after)
            quarantine = self.quarantine
            note = self._note(entry) | {"open": follows, "after": after, "leaving": self.leaving}
            note |= {"turn": quarantine.version + 1, "target": quarantine.target_id}
            context.may_write()
            append_in_turn(self.told, quarantine.path, after=quarantine.version, note=note)

    def tell_after(self, context: LoadContext, entry: Entry) -> None:
        """Append that the rows that were leaving have left."""
        if self.leaving:
            turn = self.quarantine.version + 1
            _turn(context, self.quarantine.path, RELEASED, self._note(entry), of=turn)

    def for_note(self, context: LoadContext) -> dict[str, Any]:
        """What the table's commit says of its quarantine: without it the table is not up to date."""
        found = snapshot(context.spark, self.quarantine.path)
        return {} if found is None else {"quarantine": {"id": found.id, "version": found.version}}

    def _note(self, entry: Entry) -> dict[str, Any]:
        plain = entry.to_json()
        known = {key: plain[key] for key in ("run_id", "started_at", "fingerprint")}
        reach = _farthest(_reach(plain), self.quarantine.reach)
        return known | {"open": False, "leaving": 0, "reach": reach}


def rejects(
    context: LoadContext,
    entry: Entry,
    ruling: Ruling,
    *,
    quarantine: Quarantine,
    compare: DataFrame | None = None,
) -> Rejects:
    """What the quarantine is to be told of a ruling.

    Parameters
    ----------
    context : LoadContext
    entry : Entry
    ruling : Ruling
    quarantine : Quarantine
    compare : DataFrame, optional
        Open rows that were looked at again; to compare costs a job. By default none was, and all
        that was rejected is new.
    """
    made = partial(Rejects, quarantine=quarantine)
    if compare is None and not ruling.counts["quarantined"]:
        return made(told=None, quarantined=0, leaving=0)
    rejected = quarantine_rows(
        ruling.rejected,
        dataset=entry.dataset,
        suite=ruling.suite.name,
        suite_version=ruling.suite.version,
        run_id=context.run_id,
        at=entry.started_at,
    )
    if compare is None:
        return made(told=rejected, quarantined=ruling.counts["quarantined"], leaving=0)
    told = changes(rejected, compare, run_id=context.run_id, at=entry.started_at)
    found = {row["status"]: row["count"] for row in told.groupBy("status").count().collect()}
    return made(told=told, quarantined=found.get(QUARANTINED, 0), leaving=found.get(LEAVING, 0))


def open_among(context: LoadContext, path: str, raw: DataFrame | None = None) -> DataFrame | None:
    """The open rows of the quarantine at `path`, or those of them among `raw`; None where there is none."""
    told = events(context.spark, path)
    if told is None:
        return None
    found = open_rows(told)
    if raw is None:
        return found
    places = raw.select(identity("_", fingerprint=False).alias("_place"))
    return found.join(places, identity(fingerprint=False) == F.col("_place"), "left_semi")


def no_quarantine(context: LoadContext, table: TableId) -> Quarantine:
    """What stands for the quarantine of a table whose rows are not audited."""
    path = context.lake.quarantine(table)
    return Quarantine(path=path, target=context.lake.table(table), target_id=None, version=-1, reach={})


def settle(context: LoadContext, table: TableId, found: Snapshot | None) -> Quarantine:
    """Put right what a run that died could not tell the quarantine any more.

    Costs no job unless one died while rows were leaving.

    Parameters
    ----------
    context : LoadContext
    table : TableId
    found : Snapshot, optional
        The table as it is.
    """
    path, target = context.lake.quarantine(table), context.lake.table(table)
    before, target_id = (found.ours, found.id) if found else (None, None)
    version = newest_version(context.spark, path)
    gone = missing_file(context.spark, path, version) if version >= 0 else None
    if gone:
        raise TableChangedError(
            table=f"quarantine/{path.rpartition('/')[2]}",
            reason=f"its data file {gone} is gone",
            fix=f"bring the file back, or delete {path}: what is in quarantine is then told anew",
        )
    last = last_commit(context.spark, path) if version >= 0 else None
    if last is None:
        return Quarantine(path=path, target=target, target_id=target_id, version=version, reach={})
    reach = last.note.get("reach", {})
    pending = False
    if last.note.get("open"):
        followed = _follower(context, target, last.note, found)
        came = all((followed or {}).get(key) == last.note[key] for key in ("run_id", "started_at"))
        pending = followed is None
        if last.note["leaving"]:
            to: Literal["released", "quarantined"] = RELEASED if came else QUARANTINED
            of = last.note.get("turn") if came else None
            version = _turn(context, path, to, last.note | {"open": pending}, of=of)
    beyond = before is not None and _farthest(_reach(before.note), reach) != _reach(before.note)
    return Quarantine(
        path=path,
        target=target,
        target_id=target_id,
        version=version,
        reach=reach,
        interrupted=pending or beyond,
    )


def _reach(note: Mapping[str, Any]) -> Reach:
    ids = note.get("input_ids", {})
    return {
        name: {"version": version, "id": ids[name]} for name, version in note["inputs"].items() if name in ids
    }


def _farthest(one: Reach, other: Reach) -> Reach:
    """The inputs `one`, or the later ones of the same tables in `other`."""
    later = {
        name: told
        for name, told in other.items()
        if name in one and one[name]["id"] == told["id"] and one[name]["version"] < told["version"]
    }
    return {**one, **later}


def _follower(
    context: LoadContext, target: str, note: Mapping[str, Any], found: Snapshot | None
) -> dict[str, Any] | None:
    """The note of the first publication after what the quarantine was told; None if there was none."""
    if found is None or found.ours is None:
        return None
    if note.get("target") not in (None, found.id):  # the table was made anew since
        return {}
    for number in range(note["after"] + 1, found.ours.version + 1):
        try:
            commit = commit_at(context.spark, target, number)
        except FileNotFoundError:  # cleaned up: there was one, and nothing else is known of it
            return {}
        if commit is not None:
            return commit.note
    return None


def _turn(
    context: LoadContext,
    path: str,
    to: Literal["released", "quarantined"],
    note: dict[str, Any],
    *,
    of: int | None,
) -> int:
    """Tell what became of the rows that were leaving, whoever else tells something; the version then."""
    for _ in range(TRIES):
        after = newest_version(context.spark, path)
        told = events(context.spark, path)
        assert told is not None
        found = turned(told, to=to, run_id=context.run_id, at=context.clock(), of=of)
        context.may_write()
        try:
            return append_in_turn(found, path, after=after, note=note | {"leaving": 0}).version
        except ConflictError:
            continue
    raise ConflictError(table=path, expected=after, found=newest_version(context.spark, path))
