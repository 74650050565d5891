"""Arrivals: which rows of the raw zone came with which commits.

Every row of the raw zone bears the time of the ingest that brought it, in ``_ingested_at``, and the
commit that appended it carries the ledger entry of that ingest, which began at the very same time. So
the log, read on the driver, tells what arrived after a version, and no row has to be looked at.
"""

from __future__ import annotations

from pyspark.sql import Column, SparkSession
from pyspark.sql import functions as F

from etl.errors import EtlError
from etl.lake.ledger import Entry
from etl.lake.tables import commit_at
from etl.lake.zones import Zone

__all__ = ["HistoryLostError", "arrived"]


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


def arrived(spark: SparkSession, raw: str, *, dataset: str, after: int, upto: int) -> Column:
    """Whether a row of the raw table came with a commit later than `after`, and not later than `upto`.

    Parameters
    ----------
    spark : SparkSession
    raw : str
        The raw table's folder.
    dataset : str
        For errors.
    after, upto : int
        Versions of the raw table. Commits that carry no note, such as those of OPTIMIZE, bring no rows.

    Returns
    -------
    Column
        A condition on ``_ingested_at``.

    Raises
    ------
    HistoryLostError
        A commit between the two is not in the log, or `after` is later than `upto`: the raw table is
        not the one that `after` speaks of.
    """
    if after > upto:
        raise HistoryLostError(dataset=dataset, version=after, zone="raw")
    times = []
    for version in range(after + 1, upto + 1):
        try:
            commit = commit_at(spark, raw, version)
        except FileNotFoundError:
            raise HistoryLostError(dataset=dataset, version=version, zone="raw") from None
        if commit is not None:
            times.append(F.lit(Entry.from_json(commit.note).started_at).cast("timestamp"))
    return F.col("_ingested_at").isin(times) if times else F.lit(False)
