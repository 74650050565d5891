"""The history of a table, read from its log on the driver: who changed it last, and how.

Whether a table is still what Headgate made of it is read from the table itself: from the newest commit
that changed rows, and from the files that it names. Commits that move rows only (OPTIMIZE), tell of
something (VACUUM), set properties, or add a column change nothing of that.

References
----------
Delta Lake, "Delta Transaction Log Protocol": Actions, Version Checksum File.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pyspark.sql import SparkSession

from headgate.etl.errors import EtlError
from headgate.etl.lake import files
from headgate.etl.lake.commits import Commit, checksum, commit_at, data_file, data_files, newest_version
from headgate.etl.transform import quote

__all__ = [
    "Change",
    "Snapshot",
    "TableChangedError",
    "changes_by_others",
    "missing_file",
    "notes",
    "snapshot",
]

FEW = 10
"""Files that are asked for one by one: to list a folder that VACUUM has not seen for long takes longer."""


@dataclass(frozen=True)
class Change:
    """A commit of somebody else that changed what a table holds."""

    version: int
    operation: str
    at: datetime | None

    def __str__(self) -> str:
        """As a message tells of it."""
        when = f", {self.at:%Y-%m-%d %H:%M:%S} UTC" if self.at else ""
        return f"{self.operation}, version {self.version}{when}"


class TableChangedError(EtlError):
    """Another has changed a table that is not made anew in every run, or files of it are gone.

    Attributes
    ----------
    table : str
        Its zone and name.
    reason, fix : str
        What happened, and how to go on.
    """

    def __init__(self, *, table: str, reason: str, fix: str) -> None:
        self.table, self.reason, self.fix = table, reason, fix
        super().__init__(f"{table}: {reason}, and nothing was published; {fix}")


@dataclass(frozen=True)
class Snapshot:
    """What a table is now.

    Attributes
    ----------
    path, id : str
        The folder, and the identity that the table got when it was made: another table in the same
        folder has another one.
    version : int
        The newest.
    holds : int
        The version that made what it holds: later ones changed no row.
    ours : Commit or None
        The newest commit with a note of ours that the log tells of.
    by_others : Change or None
        The newest change after `ours`.
    """

    path: str
    id: str
    version: int
    holds: int
    ours: Commit | None
    by_others: Change | None


def snapshot(spark: SparkSession, path: str) -> Snapshot | None:
    """What the table at `path` is now; None where there is none. Only the log is read, on the driver.

    Parameters
    ----------
    spark : SparkSession
    path : str
    """
    newest = newest_version(spark, path)
    if newest < 0:
        return None
    changed: Change | None = None
    ours: Commit | None = None
    for version in range(newest, -1, -1):
        try:
            ours = commit_at(spark, path, version)
        except FileNotFoundError:  # cleaned up, and so is all before it
            break
        if ours is not None:
            break
        changed = changed or _change(spark, path, version)
    holds = changed.version if changed else ours.version if ours else newest
    return Snapshot(path, table_id(spark, path, newest), newest, holds, ours, changed)


def changes_by_others(spark: SparkSession, path: str, *, after: int, upto: int) -> list[Change]:
    """What others changed after one version of a table, up to another; cleaned-up commits are left out."""
    found = []
    for version in range(after + 1, upto + 1):
        try:
            own = commit_at(spark, path, version) is not None
            change = None if own else _change(spark, path, version)
        except FileNotFoundError:
            continue
        if change is not None:
            found.append(change)
    return found


def notes(spark: SparkSession, path: str) -> list[Commit]:
    """All commits of ours that the log of the table at `path` tells of, the oldest first."""
    found: list[Commit] = []
    for version in range(newest_version(spark, path), -1, -1):
        try:
            commit = commit_at(spark, path, version)
        except FileNotFoundError:
            break
        if commit is not None:
            found.insert(0, commit)
    return found


def missing_file(spark: SparkSession, path: str, version: int) -> str | None:
    """A data file that a version of the table names and that is not there, or None.

    Asked are the version's checksum, in which Delta lists up to a hundred files, or else the commits
    since the last checkpoint: so far as this can be known without a Spark job.
    """
    by_folder: dict[str, list[str]] = defaultdict(list)
    for place in _named_files(spark, path, version):
        folder, _, file = place.rpartition("/")
        by_folder[folder].append(file)
    for folder, wanted in by_folder.items():
        if len(wanted) > FEW:
            there = files.names(spark, folder)
            gone = next((f"{folder}/{file}" for file in wanted if file not in there), None)
        else:
            gone = files.first_absent(spark, (f"{folder}/{file}" for file in wanted))
        if gone is not None:
            return gone
    return None


def _named_files(spark: SparkSession, path: str, version: int) -> list[str]:
    told = data_files(checksum(spark, path, version))
    if told is not None:
        return [data_file(path, file["path"]) for file in told]
    log = files.names(spark, f"{path}/_delta_log")
    checkpoints = {int(name[:20]) for name in log if ".checkpoint." in name}
    named: list[str] = []
    removed: set[str] = set()
    for number in range(version, -1, -1):
        try:
            actions = _actions(spark, path, number)
        except FileNotFoundError:
            break
        for action in actions:
            if "add" in action and action["add"]["path"] not in removed:
                named.append(data_file(path, action["add"]["path"]))
                removed.add(action["add"]["path"])
            elif "remove" in action:
                removed.add(action["remove"]["path"])
        if number in checkpoints:
            break
    return named


def _change(spark: SparkSession, path: str, version: int) -> Change | None:
    """What the commit, which is not ours, changed of rows or columns; None if nothing."""
    actions = _actions(spark, path, version)
    moved = any(
        action[kind].get("dataChange", True)
        for action in actions
        for kind in ("add", "remove")
        if kind in action
    )
    described = next((action["metaData"] for action in actions if "metaData" in action), None)
    if not moved and (described is None or _keeps_columns(spark, path, version, described)):
        return None
    info: dict[str, Any] = next((action["commitInfo"] for action in actions if "commitInfo" in action), {})
    moment = info.get("timestamp")
    at = datetime.fromtimestamp(moment / 1000, UTC) if isinstance(moment, int) else None
    return Change(version, str(info.get("operation", "a commit")), at)


def _keeps_columns(spark: SparkSession, path: str, version: int, described: dict[str, Any]) -> bool:
    """Whether every column of the version before is still there, with its type."""
    before = checksum(spark, path, version - 1).get("metadata")
    return before is not None and _columns(before) <= _columns(described)


def _columns(metadata: dict[str, Any]) -> set[tuple[str, str]]:
    fields = json.loads(metadata["schemaString"])["fields"]
    return {(field["name"], json.dumps(field["type"], sort_keys=True)) for field in fields}


def table_id(spark: SparkSession, path: str, newest: int) -> str:
    """Delta's own id of the table at `path`, by which it is told from one that was made anew there."""
    for version in range(newest, -1, -1):
        known = checksum(spark, path, version).get("metadata")
        if known is not None:
            return str(known["id"])
        try:
            line = files.read_line(spark, f"{path}/_delta_log/{version:020}.json", containing='"metaData"')
        except FileNotFoundError:
            break
        if line is not None and '"metaData"' in line:
            return str(json.loads(line)["metaData"]["id"])
    # Written by an engine that makes no checksums, and cleaned up since: a checkpoint knows.
    (detail,) = spark.sql(f"DESCRIBE DETAIL delta.{quote(path)}").collect()
    return str(detail["id"])


def _actions(spark: SparkSession, path: str, version: int) -> list[dict[str, Any]]:
    text = files.read_bytes(spark, f"{path}/_delta_log/{version:020}.json")
    return [json.loads(line) for line in text.splitlines() if line.strip()]
