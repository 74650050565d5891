"""Staging: rows written once, told apart by a verdict, counted on their way, and not yet published.

Where Delta's own transactions can be reached, the files are written into the table's folder, where
no reader sees them until they are committed (`headgate.etl.lake.committing`); elsewhere they are staged
beside it, and publishing copies them (`headgate.etl.lake.copying`). Both do the same to the eye of a reader.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from pyspark.sql import Column, DataFrame, Observation
from pyspark.sql import functions as F

from headgate.etl.lake import committing, copying, partitions, transaction
from headgate.etl.lake.admission import TableRuleError, check, refusals_by_delta
from headgate.etl.lake.calendar import write_as_they_are
from headgate.etl.lake.staged import Staged
from headgate.etl.lake.tables import PartitionsError
from headgate.etl.lake.target import Mode, read_target
from headgate.etl.transform import quote, with_columns

__all__ = ["as_stored", "stage"]

OPEN_FOLDERS = "spark.sql.maxConcurrentOutputFileWriters"
MOST_VERDICTS = 3


def as_stored(df: DataFrame, table: str, *, partition_by: Sequence[str] = ()) -> DataFrame:
    """`df` as the table is going to give it back: what is to be audited.

    Parameters
    ----------
    df : DataFrame
    table : str
        A table's folder; there may be none yet.
    partition_by : sequence of str
        The partition columns of a table that is new.
    """
    target = read_target(df.sparkSession, table)
    return partitions.as_stored(df, target.partition_by if target.exists else partition_by)


def stage(
    df: DataFrame,
    table: str,
    *,
    beside: str,
    verdict: str,
    keep: Collection[str] | None,
    observe: Sequence[Column],
    unwritten: Collection[str] = (),
    partition_by: Sequence[str] = (),
    mode: Mode | None = None,
    in_place: bool | None = None,
) -> Staged:
    """Write `df` once, in one job, so that a table may be made of it.

    Parameters
    ----------
    df : DataFrame
        It is computed once.
    table : str
        The folder of the Delta table to be written; there may be none yet.
    beside : str
        A folder for the staged rows, where they cannot be staged in the table's own.
    verdict : str
        The column by which rows are told apart; its values are plain words.
    keep : collection of str or None
        The verdicts whose rows are written; None for all. All rows are observed.
    observe : sequence of Column
        Aggregates with names. They are exact even where tasks are tried again, since they are
        evaluated in the job's last stage, whose results Spark counts once.
    unwritten : collection of str
        Columns that are observed, and not written.
    partition_by : sequence of str
        The partition columns of a table that is new; one that is there keeps its own.
    mode : {'append', 'overwrite', 'overwrite_partitions', 'merge'}, optional
        How the rows are going to be published, if it is known: what the table cannot take by its schema
        is then refused before anything is written.
    in_place : bool, optional
        Whether Delta's own transactions are used, in tables that can be written so; by default where
        they can be.

    Returns
    -------
    Staged

    Raises
    ------
    headgate.etl.lake.admission.TableRuleError
        The table cannot take the rows.
    headgate.etl.lake.tables.PartitionsError
        The table is partitioned otherwise.

    References
    ----------
    Spark documentation, ``DataFrame.observe``.
    """
    spark = df.sparkSession
    target = read_target(spark, table)
    data = df.drop(verdict, *unwritten)
    if target.exists and partition_by and target.partition_by != tuple(partition_by):
        raise PartitionsError(table=table, there=target.partition_by, asked=partition_by)
    by = target.partition_by if target.exists else tuple(partition_by)
    # What no table can hold, where it is not known yet how this one is to be written.
    asked = target if mode is not None else replace(target, version=-1)
    found = check(data.schema, asked, mode=mode or "append", partition_by=by)
    if found:
        raise TableRuleError(table=table, refusals=found)
    in_place = in_place is not False and transaction.fits(spark, target, data.columns)
    # A folder for each verdict is kept open at once: else Spark sorts the rows by their folders first.
    if int(spark.conf.get(OPEN_FOLDERS) or 0) < MOST_VERDICTS:
        spark.conf.set(OPEN_FOLDERS, str(MOST_VERDICTS))
    write_as_they_are(spark)
    seen = Observation()
    # What is noted of a column elsewhere is no rule of this table's: an expression has no notes.
    noted = {field.name: F.coalesce(quote(field.name)) for field in df.schema if field.metadata}
    plain = with_columns(df, noted)
    watched = partitions.as_stored(plain, by).observe(seen, *observe)
    if keep is not None:
        watched = watched.where(F.col(quote(verdict)).isin(list(keep)))
    watched = partitions.with_valid_values(watched.drop(*unwritten), by)
    written = committing.write if in_place else copying.write
    with partitions.invalid_refused(table), refusals_by_delta(table):
        return written(watched, target, beside=beside, verdict=verdict, seen=seen, partition_by=partition_by)
