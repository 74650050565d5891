"""Publish a DataFrame through the gate: from a script, a notebook or a stream, without pipeline or lake."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from headgate.etl.errors import InputMissingError, ParameterError
from headgate.etl.lake import files
from headgate.etl.lake.tables import is_table
from headgate.etl.lake.tables import read_table as read_version
from headgate.etl.lake.zones import Lake, TableId, Zone, canonical
from headgate.etl.load.audit import LINEAGE
from headgate.etl.load.context import LoadContext
from headgate.etl.load.disclosure import Disclosure, Word
from headgate.etl.load.modes import Append, InsertNew, Merge, Overwrite, OverwritePartitions, WriteMode
from headgate.etl.load.node import Built, Node
from headgate.etl.load.outcome import BatchRefusedError, Outcome
from headgate.etl.load.process import BATCH, process
from headgate.etl.load.row_counts import REMOVED_AS
from headgate.etl.transform import quote
from headgate.quality import ReservedNameError, Suite, load_suite

__all__ = ["append", "insert_new", "merge", "overwrite", "overwrite_partitions", "publish", "read_table"]


@dataclass(frozen=True)
class _Beside(Lake):
    """A table by itself: its quarantine and what is staged lie beside it."""

    def place(self, zone: Zone, *names: str) -> str:
        # What is staged lies in a folder of the run's name.
        return self.root if zone == "curated" else "/".join((f"{self.root}_{zone}", *names[:-1]))

    def quarantine(self, table: TableId) -> str:
        return f"{self.root}_quarantine"

    @property
    def ledger(self) -> str:
        return f"{self.root}_ledger"


def publish(
    df: DataFrame,
    target: str | Path,
    *,
    suite: str | Path | Mapping[str, Any] | Suite | object,
    mode: WriteMode | None = None,
    tolerance: float = 0.05,
    allow_empty: bool = False,
    batch_id: int | None = None,
    source: str = "batch",
    examples: Word | None = None,
) -> Outcome:
    """Write rows to a Delta table if they pass their suite, and those that do not to its quarantine.

    The rows are written once, audited as they were written, and then committed in one transaction: nobody
    reads a row that was not audited. A row that breaks a critical expectation, or has a critical problem in
    ``_problems``, is rejected; a batch with too many of them, or that fails as a whole, is refused.

    Parameters
    ----------
    df : DataFrame
        It is computed once.
    target : str or Path
        A folder (``/lake/visits``, ``s3://bucket/visits``), or the name of a table in the catalog
        (``clinic.visits``); made if it is not there. Rejected rows go to ``…_quarantine`` beside it.
    suite : str, Path, Mapping, Suite or ExpectationSuite
        A Great Expectations suite: its path, its JSON, or the thing itself.
    mode : WriteMode, optional
        `append`, which is the default, `overwrite`, `overwrite_partitions`, `merge` or `insert_new`.
    tolerance : float
        The greatest share of the rows that may be rejected.
    allow_empty : bool
        Whether a batch without a row is in order.
    batch_id : int, optional
        Of the batch, among those of its source: one that was published is not published again, whichever
        came after it. What ``foreachBatch`` gives. Without it, who repeats a call repeats its rows.
    source : str
        What the batch is of, where several sources feed the table.
    examples : {'show', 'mask', 'hide'}, optional
        Which values may be told in the table's history; by default those that look personal are masked.

    Returns
    -------
    Outcome
        Its status is ``done``, or ``unchanged`` for a batch that was published before, with its counts.

    Raises
    ------
    BatchRefusedError
        The gate refused the batch; nothing was published. It carries the outcome.
    BatchUnknownError
        Whether an earlier batch was published is not known any more, as the table's log was cleaned up.
    headgate.etl.lake.tables.ConflictError
        Another writer has changed the table meanwhile; nothing was published.
    headgate.quality.SuiteError
        The suite is not one, or names what the rows lack.
    headgate.quality.ReservedNameError
        A column's name begins with an underscore: such are metadata, which the table does not keep.

    Examples
    --------
    >>> from headgate import etl
    >>> visits = spark.createDataFrame([(1, 12.5), (2, -3.0), (3, 7.0)], "visit int, cost double")
    >>> suite = {"name": "visits", "expectations": [{"type": "expect_column_values_to_be_between",
    ...     "kwargs": {"column": "cost", "min_value": 0}, "severity": "critical"}]}
    >>> outcome = etl.publish(visits, f"{folder}/visits", suite=suite, tolerance=0.5)
    >>> print(outcome)
    visits: done, version 0: 3 read, 2 published, 0 superseded, 0 duplicates, 1 quarantined
    >>> [(line["reason"], line["column"], line["rows"]) for line in outcome.reasons]
    [('expect_column_values_to_be_between', 'cost', 1)]
    """
    spark = df.sparkSession
    _require(mode=(mode, WriteMode | None, "a mode, such as etl.append()"))
    _require(tolerance=(tolerance, float | int, "a share of the rows, from 0 to 1"))
    _require(batch_id=(batch_id, int | None, "a whole number"), source=(source, str, "a text"))
    folder, catalog = _folder_of(spark, str(target))
    for name in df.columns:
        if name.startswith("_") and name not in (*LINEAGE, REMOVED_AS):
            raise ReservedNameError(column=name)
    read = _suite(spark, suite)
    offsets = {} if batch_id is None else {source: batch_id}
    context = LoadContext(
        spark=spark,
        lake=_Beside(folder),
        run_id=f"publish-{uuid.uuid4().hex}",
        name="publish",
        disclosure=Disclosure(examples),
    )
    node = Node(
        target=TableId("curated", folder.rstrip("/").rpartition("/")[2]),
        stage="curate",
        definition=[read.version],
        offsets=offsets,
        build=lambda _: Built(rows=df, offsets={BATCH: offsets}),
        suite=read,
        mode=mode or Append(),
        tolerance=tolerance,
        allow_empty=allow_empty,
        changed_by_others="keep",
        fixes=("bring the file back, or publish all of the table's rows by mode=etl.overwrite()", ""),
        again=batch_id is None,
    )
    outcome = process(context, node)
    if outcome.status == "refused":
        raise BatchRefusedError(outcome)
    if catalog is not None and not spark.catalog.tableExists(catalog):
        spark.catalog.createTable(catalog, path=folder, source="delta")
    return outcome


def _require(**given: tuple[object, Any, str]) -> None:
    for parameter, (value, kinds, allowed) in given.items():
        if not isinstance(value, kinds) or isinstance(value, bool):
            raise ParameterError(step="publish", parameter=parameter, value=value, allowed=allowed)


def _names(step: str, parameter: str, given: Sequence[str]) -> tuple[str, ...]:
    if isinstance(given, str):
        allowed = f"a list, as in ['{given}']"
        raise ParameterError(step=step, parameter=parameter, value=given, allowed=allowed)
    return tuple(given)


def append(*, partition_by: Sequence[str] = ()) -> WriteMode:
    """Add the rows to the table.

    Parameters
    ----------
    partition_by : sequence of str
        The partition columns of a table that is new.
    """
    return Append(partition_by=_names("append", "partition_by", partition_by))


def overwrite(*, partition_by: Sequence[str] = ()) -> WriteMode:
    """Make the table anew from the rows.

    Parameters
    ----------
    partition_by : sequence of str
        The partition columns of a table that is new.
    """
    return Overwrite(partition_by=_names("overwrite", "partition_by", partition_by))


def overwrite_partitions(*, partition_by: Sequence[str]) -> WriteMode:
    """Replace the partitions that the rows have.

    Parameters
    ----------
    partition_by : sequence of str
    """
    return OverwritePartitions(partition_by=_names("overwrite_partitions", "partition_by", partition_by))


def merge(
    *,
    keys: Sequence[str],
    order_by: Sequence[str] = (),
    partition_by: Sequence[str] = (),
) -> WriteMode:
    """Update the rows of the table whose keys the batch has, and insert the others.

    Parameters
    ----------
    keys : sequence of str
        The columns that identify a row; a batch must have each key once.
    order_by : sequence of str
        A row that is older by these columns than the table's row of its keys is left out, and counted as
        superseded; ``-name`` turns the order round, and null is oldest. By default what comes last wins.
    partition_by : sequence of str
        The partition columns of a table that is new.
    """
    return Merge(
        keys=_names("merge", "keys", keys),
        order_by=_names("merge", "order_by", order_by),
        partition_by=_names("merge", "partition_by", partition_by),
    )


def insert_new(*, keys: Sequence[str], partition_by: Sequence[str] = ()) -> WriteMode:
    """Insert the rows whose keys the table does not have; the others are left out, counted as superseded.

    Parameters
    ----------
    keys : sequence of str
        The columns that identify a row; a batch must have each key once.
    partition_by : sequence of str
        The partition columns of a table that is new.
    """
    by = _names("insert_new", "partition_by", partition_by)
    return InsertNew(keys=_names("insert_new", "keys", keys), partition_by=by)


def read_table(spark: SparkSession, target: str | Path, *, version: int | None = None) -> DataFrame:
    """Read a Delta table as it is now, or as it was at a version.

    Parameters
    ----------
    spark : SparkSession
    target : str or Path
        A folder, or the name of a table in the catalog.
    version : int, optional

    Raises
    ------
    headgate.etl.errors.InputMissingError
        There is no Delta table.

    Examples
    --------
    >>> spark.range(3).write.format("delta").save(f"{folder}/three")
    >>> read_table(spark, f"{folder}/three").count()
    3
    """
    target = str(target)
    folder, _ = _folder_of(spark, target)
    if not is_table(spark, folder):
        raise InputMissingError(
            dataset=target, file=folder, reason="there is no Delta table", fix="correct the name"
        )
    return read_version(spark, folder, dataset=target, version=version)


def _folder_of(spark: SparkSession, target: str) -> tuple[str, str | None]:
    """The folder of a table, and its name in the catalog where it was given by that."""
    if "/" in target or ":" in target:
        return canonical(target), None
    if spark.catalog.tableExists(target):
        (detail,) = spark.sql(f"DESCRIBE DETAIL {_quoted(target)}").collect()
        return str(detail["location"]), target
    *database, name = target.split(".")
    known = spark.catalog.getDatabase(".".join(database) or spark.catalog.currentDatabase())
    return f"{known.locationUri.rstrip('/')}/{name}", target


def _quoted(name: str) -> str:
    return ".".join(quote(part) for part in name.split("."))


def _suite(spark: SparkSession, given: object) -> Suite:
    if isinstance(given, Suite):
        return given
    if isinstance(given, str) and re.match(r"[A-Za-z][\w+.-]*://", given):
        return load_suite(files.read_bytes(spark, given).decode(), source=given)
    return load_suite(given)
