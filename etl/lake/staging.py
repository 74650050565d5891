"""Staging: rows written once, told apart by a verdict and counted on their way, and not yet published."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from pyspark.sql import Column, DataFrame, Observation
from pyspark.sql import functions as F

from etl.lake import files
from etl.transform import quote

__all__ = ["Staged", "stage"]


@dataclass(frozen=True)
class Staged:
    """Rows that were written to a place of their own.

    Parameters
    ----------
    path : str
    rows : DataFrame
        Read back from the files, with the verdict.
    seen : dict
        What was observed of all rows, those among them that were not kept.
    """

    path: str
    rows: DataFrame
    seen: dict[str, Any]

    def discard(self) -> None:
        """Delete the files."""
        files.delete(self.rows.sparkSession, self.path)


def stage(
    df: DataFrame, path: str, *, verdict: str, keep: Collection[str], observe: Sequence[Column]
) -> Staged:
    """Write `df` to Parquet files at `path`, a folder for each verdict, in one job.

    Parameters
    ----------
    df : DataFrame
        It is computed once.
    path : str
        What stands there is replaced.
    verdict : str
        The column by which rows are told apart; its values are plain words.
    keep : collection of str
        The verdicts whose rows are written. All rows are observed.
    observe : sequence of Column
        Aggregates with names. They are exact even where tasks are tried again, since they are
        evaluated in the job's last stage, whose results Spark counts once.

    Returns
    -------
    Staged

    References
    ----------
    Spark documentation, ``DataFrame.observe``.
    """
    seen = Observation()
    watched = df.observe(seen, *observe).where(F.col(quote(verdict)).isin(list(keep)))
    watched.write.mode("overwrite").partitionBy(verdict).parquet(path)
    # The schema is known: to infer it would read a file.
    rows = df.sparkSession.read.schema(df.schema).parquet(path)
    return Staged(path, rows, dict(seen.get))
