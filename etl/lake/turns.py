"""Rows that are written after a known version of the table, or not at all: an order without clocks."""

from __future__ import annotations

from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from headgate.etl.lake import partitions, transaction
from headgate.etl.lake.admission import refusals_by_delta
from headgate.etl.lake.calendar import write_as_they_are
from headgate.etl.lake.commits import Commit, commit_at, commit_of, newest_version
from headgate.etl.lake.tables import (
    ConflictError,
    Publication,
    conflicts_refused,
    require_version,
    write_table,
)
from headgate.etl.lake.target import read_target

__all__ = ["TURN", "append_after", "append_in_turn", "overwrite_after"]

TURN = "commit"
"""The column that orders what was told, whatever clocks say: one more than the version that it follows on."""


def append_after(df: DataFrame, path: str, *, after: int, note: dict[str, Any]) -> Commit:
    """Append rows in one commit that carries `note`, if the table is still at the version `after`.

    Parameters
    ----------
    df : DataFrame
    path : str
    after : int
        The version by which the rows were chosen; -1 where there was no table.
    note : dict

    Returns
    -------
    Commit

    Raises
    ------
    ConflictError
        Another has changed the table since: nothing is written.
    headgate.etl.lake.admission.TableRuleError
        The table cannot take the rows as they are.
    """
    spark = df.sparkSession
    target = read_target(spark, path)
    if target.version != after:
        raise ConflictError(table=path, expected=after, found=target.version)
    # Others may have given the table partitions: their values are names of folders.
    df = partitions.with_valid_values(partitions.as_stored(df, target.partition_by), target.partition_by)
    with (
        conflicts_refused(spark, path, expected=after),
        refusals_by_delta(path),
        partitions.invalid_refused(path),
    ):
        if transaction.fits(spark, target, df.columns):
            write_as_they_are(spark)
            made = commit_at(spark, path, transaction.append(df, path, after=after, note=note))
            assert made is not None
            return made
        ours = Publication(mode="append", note=note, after=after)
        write_table(df, path, mode="append", note=note, once=ours.once)
    commit = commit_of(spark, path, note, after=after)
    if commit is None:  # Delta passes rows over whose turn another took
        raise ConflictError(table=path, expected=after, found=newest_version(spark, path))
    return commit


def overwrite_after(df: DataFrame, path: str, *, after: int, note: dict[str, Any]) -> Commit:
    """Make a table anew in one commit that carries `note`, if it is still at the version `after`.

    Parameters
    ----------
    df, path, after, note
        See `append_after`.

    Raises
    ------
    ConflictError
        Another has changed the table since: nothing is written.
    """
    ours = Publication(mode="overwrite", note=note, after=after)
    with conflicts_refused(df.sparkSession, path, expected=after):
        require_version(df.sparkSession, path, after)
        commit = write_table(df, path, mode="overwrite", note=note, once=ours.once)
    if not ours.made(commit):
        raise ConflictError(table=path, expected=after, found=commit.version)
    return commit


def append_in_turn(df: DataFrame, path: str, *, after: int, note: dict[str, Any]) -> Commit:
    """Append rows that bear the number of their commit: see `append_after`."""
    return append_after(df.withColumn(TURN, F.lit(after + 1).cast("bigint")), path, after=after, note=note)
