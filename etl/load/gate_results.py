"""The gate's results as plain data, for the ledger and the report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from headgate.etl.load.disclosure import Disclosure
from headgate.quality import Report, Result
from headgate.quality.failures import FailureCount
from headgate.quality.said import said

__all__ = ["gate_results"]

EXAMPLES = 5


def gate_results(
    table: str,
    report: Report,
    failures: Sequence[FailureCount],
    refusals: Sequence[str],
    *,
    disclosure: Disclosure,
) -> dict[str, Any]:
    """What the gate found of the accepted rows, and what it turned away before.

    Parameters
    ----------
    table : str
        Zone and name.
    report : Report
        Of the accepted rows.
    failures : sequence of FailureCount
        Of the others.
    refusals : sequence of str
        Why nothing may be published.
    disclosure : Disclosure

    Returns
    -------
    dict
        Plain data, with an entry for each expectation in the order of the suite.
    """
    turned_away = {failure.expectation_id: failure for failure in failures}

    def line(result: Result) -> dict[str, Any]:
        failure = turned_away.get(result.id)
        columns = result.expectation.columns
        found = {
            "observed_value": result.observed_value,
            "details": result.result.get("details"),
            "examples": list(result.examples)[:EXAMPLES],
        }
        told = disclosure.result(result.type, columns, found)
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
            "observed_value": told["observed_value"],
            **({"details": told["details"]} if told.get("details") else {}),
            "examples": told["examples"] or list(failure.examples if failure else ())[:EXAMPLES],
            "exception": None if result.exception is None else said(result.exception),
        }

    return {
        "table": table,
        "suite": report.suite_name,
        "suite_version": report.suite_version,
        "success": not refusals,
        "refusals": list(refusals),
        "warnings": [asdict(warning) for warning in report.warnings],
        "spark_jobs": report.spark_jobs,
        "expectations": [line(result) for result in report.results],
    }
