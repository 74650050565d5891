"""Delta tables: read them, write them, and know what the last commit of ours said.

Every commit carries a note: a JSON object in Delta's ``userMetadata``. The note holds the ledger row
of the step that wrote it, so that "what was done" and "the data" are published in one transaction:
a run that is repeated reads the note, sees that the work stands, and changes nothing.

References
----------
Delta Lake documentation, "Set user-defined commit metadata".
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Literal

from delta.tables import DeltaTable
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from etl.errors import InputMissingError

__all__ = ["Commit", "last_commit", "read_table", "write_table"]

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

    Parameters
    ----------
    spark : SparkSession
    path : str
        A table's folder; there may be none yet.
    within : int
        How many commits to look back over: others may have optimized or vacuumed the table since.
    """
    if not DeltaTable.isDeltaTable(spark, path):
        return None
    history = DeltaTable.forPath(spark, path).history(within)
    ours = history.where(F.col("userMetadata").contains(NOTE_KEY))
    written = F.col("operationMetrics")["numOutputRows"].cast("bigint").alias("rows")
    for row in sorted(
        ours.select("version", "userMetadata", written).collect(), key=lambda row: -row.version
    ):
        note = _note(row.userMetadata)
        if note is not None:
            return Commit(version=row.version, note=note, rows=row.rows or 0)
    return None


def _note(text: str) -> dict[str, Any] | None:
    try:
        parsed = json.loads(text)
    except json.JSONDecodeError:  # another writer's own metadata
        return None
    note = parsed.get(NOTE_KEY) if isinstance(parsed, dict) else None
    return note if isinstance(note, dict) else None


def read_table(spark: SparkSession, path: str, *, dataset: str, version: int | None = None) -> DataFrame:
    """The table at `path`, newest or at `version`.

    Raises
    ------
    InputMissingError
        There is no Delta table.
    """
    if not DeltaTable.isDeltaTable(spark, path):
        raise InputMissingError(
            dataset=dataset,
            file=path,
            reason="there is no such table",
            fix="run the step that makes it first (ingest, curate, star, export)",
        )
    reader = spark.read.format("delta")
    return (reader if version is None else reader.option("versionAsOf", version)).load(path)


def write_table(
    df: DataFrame, path: str, *, mode: Literal["append", "overwrite"], note: dict[str, Any]
) -> Commit:
    """Write `df` to the table at `path` in one transaction that carries `note`.

    Parameters
    ----------
    df : DataFrame
    path : str
    mode : {'append', 'overwrite'}
        An overwrite may change the schema; an append may add columns.
    note : dict
        Plain data.

    Returns
    -------
    Commit
        The commit's version and its note.
    """
    writer = (
        df.write.format("delta").mode(mode).option("userMetadata", json.dumps({NOTE_KEY: note}, default=str))
    )
    schema = "overwriteSchema" if mode == "overwrite" else "mergeSchema"
    writer.option(schema, "true").save(path)
    done = last_commit(df.sparkSession, path)
    if done is None:
        raise RuntimeError(f"{path}: the commit just made has no note")
    return done
