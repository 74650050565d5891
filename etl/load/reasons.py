"""Reasons: why rows were rejected, or values made null, counted and shown by a few examples in one job."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F

from headgate.etl.lake.quarantine import reasons
from headgate.etl.load.disclosure import Disclosure
from headgate.quality import Suite
from headgate.quality.failures import FailureCount, sample

__all__ = ["Reasons", "count_reasons"]


@dataclass(frozen=True)
class Reasons:
    """What rows tell.

    Attributes
    ----------
    failures : tuple of FailureCount
        By expectation.
    lines : tuple of dict
        A line a reason, the most frequent first, for ledger and report.
    """

    failures: tuple[FailureCount, ...] = ()
    lines: tuple[dict[str, Any], ...] = ()


def count_reasons(rows: DataFrame, *, suite: Suite, dataset: str, disclosure: Disclosure) -> Reasons:
    """Count the rows that have each reason. One job.

    Parameters
    ----------
    rows : DataFrame
        With ``_failures`` and ``_problems``, as far as they have any.
    suite : Suite
        Whose rules the failures break; what else there is, steps have found.
    dataset : str
        For the lines.
    disclosure : Disclosure
        What of the values may be told.
    """
    place = [F.col(name) if name in rows.columns else F.lit(None) for name in ("_file", "_row")]
    example = F.struct(place[0].alias("file"), place[1].alias("row"), F.col("reason.value").alias("value"))
    counted = (
        rows.withColumn("reason", F.explode(reasons(rows)))
        .groupBy("reason.rule", "reason.column", "reason.reason", "reason.severity")
        .agg(
            F.count(F.lit(1)).alias("rows"),
            F.min(example).alias("first"),
            F.max(example).alias("last"),
            sample("reason.value").alias("examples"),
        )
        .collect()
    )
    types = {expectation.id: expectation.type for expectation in suite.expectations}

    def by_suite(row: Row) -> bool:
        return bool(types.get(row["rule"]) == row["reason"])

    failures = [
        FailureCount(
            row["rule"],
            row["reason"],
            row["column"],
            row["severity"],
            row["rows"],
            tuple(_told(disclosure, row["column"], row["examples"])),
        )
        for row in counted
        if by_suite(row)
    ]
    lines = [
        {
            "dataset": dataset,
            **{key: row[key] for key in ("rule", "column", "reason", "severity", "rows")},
            "found_by": "suite" if by_suite(row) else "step",
            "examples": [
                part.asDict() | {"value": disclosure.value(row["column"], part["value"])}
                for part in dict.fromkeys((row["first"], row["last"]))
            ],
        }
        for row in sorted(counted, key=lambda row: (-row["rows"], str(row)))
    ]
    return Reasons(tuple(failures), tuple(lines))


def _told(disclosure: Disclosure, column: str | None, values: Iterable[str]) -> list[str]:
    told = (disclosure.value(column, value) for value in values)
    return list(dict.fromkeys(value for value in told if value is not None))
