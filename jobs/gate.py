"""The gate: stage once, audit what was staged, publish it or refuse.

Every row of the cleaned frame is written to the staging area together with its fate; the audit, the
counts and the publication all read those files, so that what is published is what was audited. A
refused batch publishes nothing, and its staged rows stay for the post-mortem.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from operator import or_
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from etl.lake import files
from etl.lake.ledger import Entry
from etl.lake.quarantine import quarantine_rows, reasons
from etl.lake.tables import last_commit, write_table
from etl.lake.zones import Zone
from etl.transform import PROBLEM_TYPE, PROBLEMS, data_columns, quote
from jobs.context import Run
from quality import (
    FAILURES,
    FailureCount,
    Report,
    Result,
    Suite,
    count_failures,
    decide,
    flag_failures,
    validate,
)

__all__ = ["DROPPED", "FATE", "Ruling", "count_fates", "publish", "rule"]

FATE = "_fate"
EXAMPLES = 5
QUARANTINED = "quarantined"
DROPPED = "dropped:"
LINEAGE = ("_file", "_row", PROBLEMS)
"""Metadata that a curated row keeps: where it came from, and which of its values could not be read."""


@dataclass(frozen=True, kw_only=True)
class Ruling:
    """What the gate found.

    Parameters
    ----------
    staged : DataFrame
        Every row with its fate, read back from `path`.
    path : str
    suite : Suite
    counts : dict
        ``published``, ``superseded``, ``duplicates``, ``quarantined``, and ``dropped`` by rule.
    nulls : dict of str to int
        By column, among the accepted rows.
    details : dict
        Gate results and quarantine reasons, for ledger and report.
    refusals : tuple of str
        Why nothing may be published; empty when it may.
    """

    staged: DataFrame
    path: str
    suite: Suite
    counts: dict[str, Any]
    nulls: dict[str, int]
    details: dict[str, Any]
    refusals: tuple[str, ...]


def _critical(array: str) -> Column:
    return F.exists(F.col(array), lambda entry: entry["severity"] == "critical")


def rule(
    run: Run,
    df: DataFrame,
    *,
    zone: Zone,
    table: str,
    suite: Suite,
    tolerance: float,
    allow_empty: bool = False,
    integrity: Callable[[DataFrame], list[str]] | None = None,
) -> Ruling:
    """Stage `df`, audit the staged rows, and rule.

    Parameters
    ----------
    run : Run
    df : DataFrame
        The cleaned rows; those that steps removed bear a fate, those with a critical problem go to
        the quarantine.
    zone, table : str
        What it is to become.
    suite : Suite
    tolerance : float
        The greatest share of the rows that may be quarantined.
    allow_empty : bool
        Whether no row at all may be published.
    integrity : callable, optional
        Looks at the accepted rows and says what else is wrong with them, a line each.
    """
    path = run.lake.table("staging", run.run_id, f"{zone}_{table}")
    df = df if FATE in df.columns else df.withColumn(FATE, F.lit(None).cast("string"))
    df = df if PROBLEMS in df.columns else df.withColumn(PROBLEMS, F.array().cast(PROBLEM_TYPE))
    candidate = F.col(FATE).isNull() & ~_critical(PROBLEMS)
    flagged = df.transform(flag_failures(suite, among=candidate))
    rejected = F.col(FATE).isNull() & (_critical(PROBLEMS) | _critical(FAILURES))
    fate = F.when(rejected, QUARANTINED).otherwise(F.col(FATE))
    flagged.withColumn(FATE, fate).write.mode("overwrite").parquet(path)

    staged = run.spark.read.parquet(path)
    accepted = staged.where(F.col(FATE).isNull())
    rows = accepted.select(*map(quote, data_columns(accepted)))
    counts, nulls, at_fault = count_fates(staged)
    report = validate(rows, suite, allow_empty=allow_empty)
    failures = count_failures(staged) if at_fault else []
    decision = decide(
        report,
        failures=failures,
        rows=counts["published"] + counts["quarantined"],
        rejected=counts["quarantined"],
        tolerance=tolerance,
        allow_empty=allow_empty,
    )
    refusals = (*decision.reasons, *(integrity(rows) if integrity else ()))
    return Ruling(
        staged=staged,
        path=path,
        suite=suite,
        counts=counts,
        nulls=nulls,
        details={
            "gate": _results(f"{zone}/{table}", report, failures, refusals),
            "quarantine": _quarantined(staged, table) if at_fault else [],
        },
        refusals=refusals,
    )


def _results(
    table: str, report: Report, failures: Sequence[FailureCount], refusals: Sequence[str]
) -> dict[str, Any]:
    """The gate's results for ledger and report: of the accepted rows, and what was turned away before."""
    turned_away = {failure.expectation_id: failure for failure in failures}

    def line(result: Result) -> dict[str, Any]:
        failure = turned_away.get(result.id)
        examples = list(result.examples or (failure.examples if failure else ()))
        return {
            "id": result.id,
            "type": result.type,
            "column": result.column,
            "severity": result.severity,
            "success": result.success,
            "engine": result.engine,
            "kwargs": result.kwargs,
            "element_count": result.element_count,
            "unexpected_count": result.unexpected_count,
            "unexpected_percent": result.unexpected_percent,
            "turned_away": failure.rows if failure else 0,
            "observed_value": result.observed_value,
            "examples": examples[:EXAMPLES],
            "exception": result.exception,
        }

    return {
        "table": table,
        "suite": report.suite_name,
        "suite_version": report.suite_version,
        "success": not refusals,
        "refusals": list(refusals),
        "expectations": [line(result) for result in report.results],
    }


def count_fates(staged: DataFrame) -> tuple[dict[str, Any], dict[str, int], int]:
    """How many rows met which fate, the nulls of the accepted ones, and the rows at fault. One job.

    Parameters
    ----------
    staged : DataFrame
        With the column ``_fate``.

    Returns
    -------
    tuple of dict, dict and int
        ``published``, ``superseded``, ``duplicates``, ``quarantined`` and ``dropped`` by rule; nulls
        by column; rows with a problem or a failure.
    """
    columns = data_columns(staged)
    nulls = [F.count_if(F.col(quote(column)).isNull()).alias(f"n{n}") for n, column in enumerate(columns)]
    faults = [F.size(name) > 0 for name in (PROBLEMS, FAILURES) if name in staged.columns]
    fault = F.count_if(reduce(or_, faults, F.lit(False))).alias("faults")
    rows = staged.groupBy(FATE).agg(F.count(F.lit(1)).alias("rows"), fault, *nulls).collect()
    by_fate = {row[FATE]: row["rows"] for row in rows}
    accepted = next((row for row in rows if row[FATE] is None), None)
    counts = {
        "published": by_fate.get(None, 0),
        "superseded": by_fate.get("superseded", 0),
        "duplicates": by_fate.get("duplicate", 0),
        "quarantined": by_fate.get(QUARANTINED, 0),
        "dropped": {
            fate.removeprefix(DROPPED): n
            for fate, n in sorted(by_fate.items(), key=str)
            if str(fate).startswith(DROPPED)
        },
    }
    empty = {column: accepted[f"n{n}"] if accepted else 0 for n, column in enumerate(columns)}
    return counts, empty, sum(row["faults"] for row in rows)


def _quarantined(staged: DataFrame, table: str) -> list[dict[str, Any]]:
    """Why rows were rejected, or values made null: a line a reason, with two examples. One job."""
    place = [F.col(name) if name in staged.columns else F.lit(None) for name in ("_file", "_row")]
    example = F.struct(place[0].alias("file"), place[1].alias("row"), F.col("reason.value").alias("value"))
    rows = (
        staged.where(F.col(FATE).isNull() | (F.col(FATE) == QUARANTINED))
        .withColumn("reason", F.explode(reasons(staged)))
        .groupBy("reason.rule", "reason.column", "reason.reason", "reason.severity")
        .agg(F.count(F.lit(1)).alias("rows"), F.min(example).alias("first"), F.max(example).alias("last"))
        .collect()
    )
    return [
        {
            "dataset": table,
            **{key: row[key] for key in ("rule", "column", "reason", "severity", "rows")},
            "examples": [part.asDict() for part in dict.fromkeys((row["first"], row["last"]))],
        }
        for row in sorted(rows, key=lambda row: (-row["rows"], str(row)))
    ]


def publish(
    run: Run,
    entry: Entry,
    ruling: Ruling,
    *,
    zone: Zone,
    table: str,
    counts: Mapping[str, Any] | None = None,
    details: Mapping[str, Any] | None = None,
) -> Entry:
    """Publish what the gate accepted, and put what it rejected into the quarantine; or refuse.

    The quarantine is written first: if the run dies between the two, both are written again.

    Parameters
    ----------
    run : Run
    entry : Entry
        With the rows read; the counts of the ruling are added to it.
    ruling : Ruling
    zone, table : str
    counts : mapping, optional
        In place of the ruling's, where a row of the table is not a row that was read.
    details : mapping, optional
        More for the ledger and the report.

    Returns
    -------
    Entry
        ``done`` with the version published, or ``refused`` with the reasons.

    Raises
    ------
    etl.lake.ledger.ConservationError
        Rows were lost or made: nothing is published.
    """
    entry = replace(
        entry,
        finished_at=run.clock(),
        **(counts or ruling.counts),
        details={**ruling.details, **(details or {})},
    ).balanced()
    if ruling.refusals:
        return replace(entry, status="refused", error="; ".join(ruling.refusals))
    quarantine = run.lake.table("quarantine", table)
    if entry.quarantined or last_commit(run.spark, quarantine) is not None:
        rejected = quarantine_rows(
            ruling.staged.where(F.col(FATE) == QUARANTINED).drop(FATE),
            dataset=table,
            suite=ruling.suite.name,
            suite_version=ruling.suite.version,
            run_id=run.run_id,
            at=entry.started_at,
        )
        write_table(rejected, quarantine, mode="overwrite", note={"fingerprint": entry.fingerprint})
    kept = [name for name in ruling.staged.columns if not name.startswith("_") or name in LINEAGE]
    accepted = ruling.staged.where(F.col(FATE).isNull()).select(*map(quote, kept))
    commit = write_table(accepted, run.lake.table(zone, table), mode="overwrite", note=entry.to_json())
    files.delete(run.spark, ruling.path)
    return replace(entry, finished_at=run.clock(), version=commit.version)
