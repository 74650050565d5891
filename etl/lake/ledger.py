"""The ledger: one row per run, stage and dataset, and the law that its counts obey.

read = published + superseded + duplicates removed + quarantined + dropped by a named rule.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from pyspark.errors import AnalysisException
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from headgate.etl.errors import EtlError
from headgate.etl.lake.admission import TableRuleError
from headgate.etl.lake.commits import Commit, commit_at, newest_version
from headgate.etl.lake.tables import ConflictError
from headgate.etl.lake.turns import append_in_turn

__all__ = [
    "LEDGER_SCHEMA",
    "ConservationError",
    "Entry",
    "LedgerChangedError",
    "append_ledger",
    "lacking",
]


class ConservationError(EtlError):
    """Rows were lost or made on the way: the counts of a step do not add up.

    Attributes
    ----------
    dataset : str
    read, accounted : int
        Rows that came in, and rows of which it is known what became of them.
    """

    def __init__(self, *, dataset: str, read: int, accounted: int) -> None:
        self.dataset = dataset
        self.read = read
        self.accounted = accounted
        verb = "lost" if accounted < read else "made"
        super().__init__(
            f"{dataset}: {read:,} rows were read and {accounted:,} are accounted for: "
            f"{abs(read - accounted):,} were {verb} by a step; "
            "use drop_rows with a named rule to remove rows, and do not join one row to many"
        )


class LedgerChangedError(EtlError):
    """Another has changed the columns of the ledger, so that it cannot be told what was done.

    Attributes
    ----------
    table : str
        The folder.
    """

    def __init__(self, table: str) -> None:
        self.table = table
        super().__init__(
            f"{table}: another has changed the ledger's columns, so that it cannot be told what was done; "
            "restore it, or delete it: the next run tells it anew from the notes of the tables"
        )


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What one step did to one dataset in one run.

    Parameters
    ----------
    run_id, pipeline, stage, dataset : str
    status : str
        ``done``, ``unchanged``, ``refused`` or ``failed``.
    started_at, finished_at : datetime
    read, published, superseded, duplicates, quarantined : int
        Rows.
    dropped : mapping of str to int
        Rows by the name of the rule that dropped them.
    inputs : mapping of str to int
        The versions of the tables that were read.
    input_ids : mapping of str to str
        Their ids: a table that was deleted and made anew counts its versions from 0 again.
    version : int, optional
        The version of the table that was written.
    fingerprint : str
        Of the definition and its inputs: equal fingerprints give equal tables.
    details : mapping
        Gate results, quarantine reasons, missingness: plain data.
    error : str, optional
    """

    run_id: str
    pipeline: str
    stage: str
    dataset: str
    status: str
    started_at: datetime
    finished_at: datetime
    read: int = 0
    published: int = 0
    superseded: int = 0
    duplicates: int = 0
    quarantined: int = 0
    dropped: Mapping[str, int] = field(default_factory=dict)
    inputs: Mapping[str, int] = field(default_factory=dict)
    input_ids: Mapping[str, str] = field(default_factory=dict)
    version: int | None = None
    fingerprint: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)
    error: str | None = None

    @property
    def accounted(self) -> int:
        """Rows of which it is known what became of them."""
        return (
            self.published + self.superseded + self.duplicates + self.quarantined + sum(self.dropped.values())
        )

    def balanced(self) -> Entry:
        """The entry itself, if the law holds.

        Raises
        ------
        ConservationError
            It does not.
        """
        if self.accounted != self.read:
            raise ConservationError(dataset=self.dataset, read=self.read, accounted=self.accounted)
        return self

    def to_json(self) -> dict[str, Any]:
        """The entry as plain data, times as ISO text; `from_json` reads it back."""
        return asdict(self) | {
            "started_at": self.started_at.isoformat(),
            "finished_at": self.finished_at.isoformat(),
            "dropped": dict(self.dropped),
            "inputs": dict(self.inputs),
            "input_ids": dict(self.input_ids),
            "details": dict(self.details),
        }

    @classmethod
    def of_commit(cls, commit: Commit) -> Entry | None:
        """The entry that a commit carries, as `at_commit` gives it; None if its note is of another form."""
        try:
            return cls.at_commit(commit)
        except (KeyError, TypeError, ValueError):
            return None

    @classmethod
    def at_commit(cls, commit: Commit, **changed: Any) -> Entry:
        """The entry that a commit of ours carries, with its version; an ingest's rows are the commit's."""
        entry = replace(cls.from_json(commit.note), version=commit.version, **changed)
        # How many rows an ingest has brought is known once they are written.
        return replace(entry, read=commit.rows, published=commit.rows) if entry.stage == "ingest" else entry

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Entry:
        """Read what `to_json` wrote; a commit's note holds more."""
        known = {each.name: data[each.name] for each in fields(cls) if each.name in data}
        times = {name: datetime.fromisoformat(data[name]) for name in ("started_at", "finished_at")}
        return cls(**{**known, **times})


LEDGER_SCHEMA = T.StructType(
    [
        *(
            T.StructField(name, T.StringType())
            for name in ("run_id", "pipeline", "stage", "dataset", "status")
        ),
        T.StructField("started_at", T.TimestampType()),
        T.StructField("finished_at", T.TimestampType()),
        *(
            T.StructField(name, T.LongType())
            for name in ("read", "published", "superseded", "duplicates", "quarantined")
        ),
        T.StructField("dropped", T.MapType(T.StringType(), T.LongType())),
        T.StructField("inputs", T.MapType(T.StringType(), T.LongType())),
        T.StructField("version", T.LongType()),
        T.StructField("fingerprint", T.StringType()),
        T.StructField("details", T.StringType()),
        T.StructField("error", T.StringType()),
        T.StructField("input_ids", T.MapType(T.StringType(), T.StringType())),
    ]
)
"""``details`` is JSON text. The table has one column more: see `headgate.etl.lake.turns.TURN`."""

KEY = ("run_id", "stage", "dataset", "status")
"""What an entry is known by, with the time at which the work began: a name may be used for two runs."""

TRIES = 20
RECENT = 3
"""How many commits' notes are read on the driver before Spark reads the table."""

EPOCH = datetime.fromtimestamp(0, UTC)


def append_ledger(
    spark: SparkSession, path: str, entries: Iterable[Entry], *, begun_after: int | None = None
) -> None:
    """Append `entries` to the ledger at `path` in one commit; those that it holds already are left out.

    An entry is known by run, stage, dataset, status and the time when it began, so that a step may be
    repeated after a crash, and told of by several runs at once.

    Parameters
    ----------
    spark : SparkSession
    path : str
    entries : iterable of Entry
    begun_after : int, optional
        A version of the ledger that is older than all of the entries: it cannot hold them.
    """
    told = list(entries)
    for _ in range(TRIES):
        after = newest_version(spark, path)
        new = lacking(spark, path, told, begun_after=begun_after)
        if not new:
            return
        rows = spark.createDataFrame([_row(entry) for entry in new], LEDGER_SCHEMA).coalesce(1)
        try:
            with _as_it_was_made(path):
                append_in_turn(rows, path, after=after, note={"told": [list(_key(entry)) for entry in new]})
        except ConflictError:
            continue  # another run has told the ledger: perhaps of the same
        return
    raise ConflictError(table=path, expected=after, found=newest_version(spark, path))


def lacking(
    spark: SparkSession, path: str, entries: Sequence[Entry], *, begun_after: int | None = None
) -> list[Entry]:
    """Those of `entries` that the ledger at `path` does not hold, each once.

    The notes of its last commits are asked first. One job, where they do not settle it.
    """
    new = {_key(entry): entry for entry in entries}
    newest = newest_version(spark, path) if new else -1
    if newest < 0:
        return list(new.values())
    oldest = (max(-1, newest - RECENT) if begun_after is None else begun_after) + 1
    for version in range(newest, oldest - 1, -1):
        told = _told(spark, path, version)
        if told is None:  # another's, who may have taken out what was told before
            break
        for key in told:
            new.pop(key, None)
    else:
        if begun_after is not None:
            return list(new.values())
    if not new:
        return []
    runs = sorted({entry.run_id for entry in new.values()})
    with _as_it_was_made(path):
        ledger = spark.read.format("delta").load(path).where(F.col("run_id").isin(runs))
        held = {tuple(row) for row in ledger.select(*KEY, F.unix_micros("started_at")).collect()}
    return [entry for key, entry in new.items() if key not in held]


@contextmanager
def _as_it_was_made(path: str) -> Iterator[None]:
    """Raise `LedgerChangedError` where the ledger's columns are not those that it was made with."""
    try:
        yield
    except (AnalysisException, TableRuleError) as error:
        raise LedgerChangedError(path) from error


def _told(spark: SparkSession, path: str, version: int) -> list[tuple[Any, ...]] | None:
    """The keys of what one commit told the ledger; None where it does not say."""
    try:
        commit = commit_at(spark, path, version)
    except FileNotFoundError:  # cleaned up
        return None
    told = commit.note.get("told") if commit else None
    if not isinstance(told, list) or not all(isinstance(key, list) for key in told):
        return None
    return [tuple(key) for key in told]


def _key(entry: Entry) -> tuple[Any, ...]:
    began = (entry.started_at - EPOCH) // timedelta(microseconds=1)
    return (*(getattr(entry, name) for name in KEY), began)


def _row(entry: Entry) -> tuple[Any, ...]:
    plain = entry.to_json()
    plain |= {"started_at": entry.started_at, "finished_at": entry.finished_at}
    plain |= {"details": json.dumps(plain["details"], default=str)}
    return tuple(plain[name] for name in LEDGER_SCHEMA.names)
