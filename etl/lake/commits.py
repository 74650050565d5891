"""The commits of a Delta table, read from its log on the driver, and the notes that they carry.

Every commit carries a note: a JSON object in Delta's ``userMetadata``. The note holds the ledger row
of the step that wrote it, so that "what was done" and "the data" are published in one transaction:
a run that is repeated reads the note, sees that the work stands, and changes nothing.

References
----------
Delta Lake documentation, "Set user-defined commit metadata".
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from py4j.protocol import Py4JJavaError
from pyspark.sql import SparkSession

from headgate.etl.lake import files

__all__ = [
    "NOTE_KEY",
    "ROWS",
    "Commit",
    "checksum",
    "commit_at",
    "commit_of",
    "data_file",
    "data_files",
    "last_commit",
    "newest_version",
]

NOTE_KEY = "headgate"
"""Under which key of ``userMetadata`` the note stands: other writers' metadata is told apart by it."""


ROWS = "rows"
"""The key of a note under which the rows stand that the commit wrote, where they were counted before."""


@dataclass(frozen=True)
class Commit:
    """The last commit of a table that carries a note of ours, and how many rows it wrote."""

    version: int
    note: dict[str, Any]
    rows: int


def last_commit(spark: SparkSession, path: str) -> Commit | None:
    """The newest commit of the table at `path` that carries a note, or None.

    The log's own files are read, on the driver: Delta's history takes a Spark job for each question.

    Parameters
    ----------
    spark : SparkSession
    path : str
        A table's folder; there may be none yet. Others may have optimized or vacuumed the table since, as
        often as they like.

    References
    ----------
    Delta Lake, "Delta Transaction Log Protocol": Delta Log Entries, Last Checkpoint File, Commit
    Provenance Information.
    """
    for version in range(newest_version(spark, path), -1, -1):
        try:
            commit = commit_at(spark, path, version)
        except FileNotFoundError:  # cleaned up, and so is all before it
            return None
        if commit is not None:
            return commit
    return None


def commit_of(spark: SparkSession, path: str, note: Mapping[str, Any], *, after: int) -> Commit | None:
    """The first commit after a version that carries this very note; None if there is none."""
    # As text, in which NaN is equal to itself.
    wanted = json.dumps(json.loads(json.dumps(note, default=str)))
    for version in range(after + 1, newest_version(spark, path) + 1):
        commit = commit_at(spark, path, version)
        if commit is not None and json.dumps(commit.note) == wanted:
            return commit
    return None


def commit_at(spark: SparkSession, path: str, version: int) -> Commit | None:
    """The commit that made one version of the table at `path`, or None where it carries no note.

    Raises
    ------
    FileNotFoundError
        Its file is not in the log, or not any more.
    """
    line = files.read_line(spark, _log_file(path, version), containing='"commitInfo"')
    info: dict[str, Any] = json.loads(line)["commitInfo"] if line else {}
    note = _note(info.get("userMetadata") or "")
    if note is None:
        return None
    rows = note.pop(ROWS, None)
    metrics = info.get("operationMetrics") or {}
    return Commit(
        version=version, note=note, rows=int(metrics.get("numOutputRows", 0) if rows is None else rows)
    )


def checksum(spark: SparkSession, path: str, version: int) -> dict[str, Any]:
    """What Delta has written beside a commit of the table as it was then; empty where it has written nothing.

    References
    ----------
    Delta Lake, "Delta Transaction Log Protocol": Version Checksum File.
    """
    try:
        found = json.loads(files.read_bytes(spark, f"{path}/_delta_log/{version:020}.crc"))
    except (FileNotFoundError, ValueError):  # to Delta, too, one that was torn is none
        return {}
    except Py4JJavaError as error:
        if "ChecksumException" not in str(error.java_exception):
            raise
        return {}
    return found if isinstance(found, dict) else {}


def data_files(known: Mapping[str, Any]) -> list[dict[str, Any]] | None:
    """The data files of a table by its `checksum`, Delta's actions ``add``; None where it may not name all.

    Examples
    --------
    >>> one = {"path": "part.parquet", "size": 7}
    >>> data_files({"allFiles": [one], "numFiles": 1, "tableSizeBytes": 7})
    [{'path': 'part.parquet', 'size': 7}]
    >>> data_files({"allFiles": [one], "numFiles": 2, "tableSizeBytes": 7}) is None
    True
    """
    try:
        found: list[dict[str, Any]] = known["allFiles"]
        told = (known["numFiles"], known["tableSizeBytes"])
        return found if told == (len(found), sum(file["size"] for file in found)) else None
    except (KeyError, TypeError):  # left out, or of a form that Delta has not written
        return None


def data_file(table: str, named: str) -> str:
    """Where a data file is that a table's log names: below the table, or elsewhere if it was cloned.

    Examples
    --------
    >>> data_file("s3://lake/t", "part%20one.parquet"), data_file("s3://lake/t", "s3://other/t/part.parquet")
    ('s3://lake/t/part one.parquet', 's3://other/t/part.parquet')
    """
    name = unquote(named)
    return name if ":/" in name or name.startswith("/") else f"{table}/{name}"


def newest_version(spark: SparkSession, path: str) -> int:
    """The version of the newest commit; -1 if there is no table."""
    log = f"{path}/_delta_log"
    known: int | None = 0
    if files.exists(spark, f"{log}/_last_checkpoint"):
        try:
            known = int(json.loads(files.read_bytes(spark, f"{log}/_last_checkpoint"))["version"])
        except (ValueError, KeyError, TypeError):
            known = None
    elif not files.exists(spark, _log_file(path, 0)):
        known = None if files.exists(spark, log) else -1
    if known is None:
        # The checkpoint's file is a hint, which a crash can leave empty, or away: Delta lists the log then.
        found = (re.match(r"(\d{20})\.(?:json$|checkpoint\.)", name) for name in files.names(spark, log))
        known = max((int(one[1]) for one in found if one), default=-1)
    if known < 0:
        return -1
    # The log has no gaps after its last checkpoint, and a checkpoint every ten commits.
    following = files.first_absent(spark, (_log_file(path, version) for version in count(known + 1)))
    return int(Path(str(following)).stem) - 1


def _log_file(path: str, version: int) -> str:
    return f"{path}/_delta_log/{version:020}.json"


def _note(text: str) -> dict[str, Any] | None:
    try:
        parsed = json.loads(text)
    except (ValueError, RecursionError):  # none, or another writer's own
        return None
    note = parsed.get(NOTE_KEY) if isinstance(parsed, dict) else None
    return note if isinstance(note, dict) and note else None
