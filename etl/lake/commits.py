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
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession

from headgate.etl.lake import files

__all__ = ["NOTE_KEY", "Commit", "commit_at", "last_commit", "newest_version"]

NOTE_KEY = "headgate"
"""Under which key of ``userMetadata`` the note stands: other writers' metadata is told apart by it."""


@dataclass(frozen=True)
class Commit:
    """The last commit of a table that carries a note of ours, and how many rows it wrote."""

    version: int
    note: dict[str, Any]
    rows: int


def last_commit(spark: SparkSession, path: str, *, within: int = 20) -> Commit | None:
    """The newest commit of the table at `path` that carries a note, or None.

    The log's own files are read, on the driver: Delta's history takes a Spark job for each question.

    Parameters
    ----------
    spark : SparkSession
    path : str
        A table's folder; there may be none yet.
    within : int
        How many commits to look back over: others may have optimized or vacuumed the table since.

    References
    ----------
    Delta Lake, "Delta Transaction Log Protocol": Delta Log Entries, Last Checkpoint File, Commit
    Provenance Information.
    """
    newest = newest_version(spark, path)
    for version in range(newest, max(-1, newest - within), -1):
        with suppress(FileNotFoundError):  # an old one, cleaned up
            commit = commit_at(spark, path, version)
            if commit is not None:
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
    rows = info.get("operationMetrics", {}).get("numOutputRows", 0)
    return Commit(version=version, note=note, rows=int(rows))


def newest_version(spark: SparkSession, path: str) -> int:
    """The version of the newest commit; -1 if there is no table."""
    checkpoint = f"{path}/_delta_log/_last_checkpoint"
    known = 0
    if files.exists(spark, checkpoint):
        try:
            known = int(json.loads(files.read_bytes(spark, checkpoint))["version"])
        except (ValueError, KeyError, TypeError):
            # It is a hint, which a crash can leave empty: Delta lists the log then.
            names = files.names(spark, f"{path}/_delta_log")
            known = max((int(name[:20]) for name in names if re.match(r"\d{20}\.json$", name)), default=-1)
    elif not files.exists(spark, _log_file(path, 0)):
        return -1
    # The log has no gaps after its last checkpoint, and a checkpoint every ten commits.
    following = files.first_absent(spark, (_log_file(path, version) for version in count(known + 1)))
    return int(Path(str(following)).stem) - 1


def _log_file(path: str, version: int) -> str:
    return f"{path}/_delta_log/{version:020}.json"


def _note(text: str) -> dict[str, Any] | None:
    try:
        parsed = json.loads(text)
    except json.JSONDecodeError:  # none, or another writer's own
        return None
    note = parsed.get(NOTE_KEY) if isinstance(parsed, dict) else None
    return note if isinstance(note, dict) else None
