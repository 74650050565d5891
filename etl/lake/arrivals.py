"""Arrivals: what the raw zone has taken in, and which of its rows stand, are new, or are replaced.

Every row of the raw zone bears the time of the ingest that brought it, in ``_ingested_at``, and the
commit that appended it carries the manifest of all that came before (`headgate.etl.lake.manifest`). So the
log, read on the driver, tells which rows belong to which delivery, and no row has to be looked at.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import reduce
from operator import or_
from typing import Any

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from headgate.etl.errors import EtlError
from headgate.etl.lake.commits import Commit
from headgate.etl.lake.history import Snapshot
from headgate.etl.lake.manifest import Delivery, Manifest, Redelivery
from headgate.etl.lake.zones import Zone

__all__ = ["MANIFEST", "Arrivals", "Batch", "HistoryLostError", "arrivals"]

MANIFEST = "manifest"
"""The key of a note under which the manifest stands."""


class HistoryLostError(EtlError):
    """Which rows of the raw zone are new to a curated table cannot be told any more.

    Attributes
    ----------
    dataset, zone : str
        The table whose log does not tell it.
    version : int
        The version that it does not tell of.
    """

    def __init__(self, *, dataset: str, zone: Zone, version: int) -> None:
        self.dataset, self.zone, self.version = dataset, zone, version
        super().__init__(
            f"{dataset}: the log of the {zone} table does not tell of version {version}, so it is not known "
            "which rows are new; make the curated table anew from all of them, once: "
            f"--set 'datasets.{dataset}.publish={{mode: overwrite}}'"
        )


@dataclass(frozen=True, kw_only=True)
class Batch:
    """The rows of the raw zone that one publication reads.

    Attributes
    ----------
    moments : frozenset of datetime, or None
        When the ingests began whose rows are read; None where all are.
    superseded : frozenset of Delivery
        Those that are replaced now by a later delivery of the same file.
    published : frozenset of Delivery
        Those of the superseded that an earlier publication took in: their rows leave the table.
    """

    moments: frozenset[datetime] | None
    superseded: frozenset[Delivery]
    published: frozenset[Delivery] = frozenset()

    def is_read(self) -> Column:
        """Whether a row of the raw table is new or, as it is replaced now, looked at for the last time."""
        return self.is_new() | _of_deliveries(self.published)

    def is_new(self) -> Column:
        """Whether it came since the last publication."""
        return F.lit(True) if self.moments is None else _at(self.moments)

    def is_superseded(self) -> Column:
        """Whether it belongs to a delivery that is replaced."""
        return _of_deliveries(self.superseded)


@dataclass(frozen=True, kw_only=True)
class Arrivals:
    """What a raw table has taken in.

    Attributes
    ----------
    commit : Commit or None
        The last ingest's; None where no commit tells of one.
    version : int
        The version of the table that this speaks of: that commit's; -1 where there is no table.
    newest : int
        The newest version of the table, which may be another writer's.
    manifest : Manifest
    """

    commit: Commit | None
    version: int
    newest: int
    manifest: Manifest

    @property
    def offsets(self) -> dict[str, Any] | None:
        """How far the files of the landing have been read; None where nothing was taken in yet."""
        return None if self.newest < 0 else {MANIFEST: self.manifest.to_json()}

    def stand(self, redelivery: Redelivery) -> Column:
        """Whether a row belongs to a delivery that no later one has replaced."""
        return ~_of_deliveries(self.manifest.superseded(redelivery))

    def batch(self, redelivery: Redelivery, *, after: int | None, dataset: str) -> Batch:
        """What is to be read by a publication that follows one of an earlier version of the raw table.

        Parameters
        ----------
        redelivery : {'replace', 'append'}
        after : int or None
            The version from which the table was made; None where it is made of all that ever arrived.
        dataset : str
            For errors.

        Raises
        ------
        HistoryLostError
            The table is not the one that `after` speaks of, or its log does not tell what came since.
        """
        deliveries = self.manifest.deliveries
        gone = self.manifest.superseded(redelivery)
        if after is None:
            return Batch(moments=None, superseded=frozenset(gone))
        if after > self.version:
            raise HistoryLostError(dataset=dataset, version=after, zone="raw")
        if after == self.version:
            return Batch(moments=frozenset(), superseded=frozenset())
        if any(known.version is None for known in deliveries):
            raise HistoryLostError(dataset=dataset, version=after + 1, zone="raw")
        earlier = [known for known in deliveries if known.version is not None and known.version <= after]
        now = gone - Manifest(tuple(earlier)).superseded(redelivery)
        return Batch(
            moments=frozenset(known.at for known in deliveries) - {known.at for known in earlier},
            superseded=frozenset(now),
            published=frozenset(now.intersection(earlier)),
        )


def arrivals(spark: SparkSession, found: Snapshot | None) -> Arrivals:
    """What a raw table has taken in; there may be none yet.

    No job is run unless another has written the table since, or nobody wrote a manifest yet: then the
    rows themselves are asked which files they came from.

    Parameters
    ----------
    spark : SparkSession
    found : Snapshot, optional
        The raw table as it is.
    """
    if found is None:
        return Arrivals(commit=None, version=-1, newest=-1, manifest=Manifest())
    raw, newest, commit = found.path, found.version, found.ours
    if commit is None or MANIFEST not in commit.note:
        rows = spark.read.format("delta").option("versionAsOf", newest).load(raw)
        version = newest if commit is None else commit.version
        return Arrivals(commit=commit, version=version, newest=newest, manifest=_of_rows(rows))
    manifest = Manifest.from_json(commit.note[MANIFEST]).committed(commit.version)
    if newest > commit.version:
        rows = spark.read.format("delta").option("versionAsOf", newest).load(raw)
        manifest = manifest.seen((known.file, known.at) for known in _of_rows(rows).deliveries)
    return Arrivals(commit=commit, version=commit.version, newest=newest, manifest=manifest)


def _of_rows(rows: DataFrame) -> Manifest:
    """The deliveries that rows came with, by the time of day: the best that rows can tell."""
    columns = ("_file", "_file_hash", F.unix_micros("_ingested_at").alias("at"))
    found = sorted(tuple(row) for row in rows.select(*columns).distinct().collect())
    start = datetime.fromtimestamp(0, UTC)
    deliveries = [
        Delivery(file=file, hash=digest, at=start + timedelta(microseconds=at)) for file, digest, at in found
    ]
    return Manifest(tuple(sorted(deliveries, key=lambda delivery: delivery.at)))


def _of_deliveries(deliveries: Iterable[Delivery]) -> Column:
    """Whether a row of the raw table came with one of these; files that came together are told together."""
    moments: defaultdict[str, set[datetime]] = defaultdict(set)
    for delivery in deliveries:
        moments[delivery.file].add(delivery.at)
    together: defaultdict[frozenset[datetime], list[str]] = defaultdict(list)
    for file, times in moments.items():
        together[frozenset(times)].append(file)
    parts = [_at(times) & F.col("_file").isin(sorted(names)) for times, names in together.items()]
    return reduce(or_, parts, F.lit(False))


def _at(times: Collection[datetime]) -> Column:
    return F.col("_ingested_at").isin([F.lit(time).cast("timestamp") for time in sorted(times)])
