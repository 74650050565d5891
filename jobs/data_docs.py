"""Data Docs in the lake: of what was validated, or of what the gates of a run found."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession

from headgate.etl.lake import files
from headgate.quality import data_docs

__all__ = ["gate_documents", "write_data_docs"]


def write_data_docs(
    spark: SparkSession,
    validations: Mapping[str, Mapping[str, Any]],
    place: str,
    *,
    run_name: str,
    run_time: datetime,
) -> str:
    """Write a Data Docs site through Spark's file systems; other files that stand there are left.

    Parameters
    ----------
    spark : SparkSession
    validations : mapping
        By the name of the data: `quality.Report.to_json_dict`, or `gate_documents`.
    place : str
        The folder.
    run_name : str
    run_time : datetime
        See `quality.data_docs`.

    Returns
    -------
    str
        Where the index is.
    """
    with tempfile.TemporaryDirectory() as folder:
        data_docs(validations, folder, run_name=run_name, run_time=run_time)
        for page in sorted(Path(folder).rglob("*")):
            if page.is_file():
                there = f"{place.rstrip('/')}/{page.relative_to(folder).as_posix()}"
                files.write_bytes(spark, there, page.read_bytes())
    return f"{place.rstrip('/')}/index.html"


def gate_documents(gates: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """What the gates of a run found, by table, as Great Expectations has it.

    Parameters
    ----------
    gates : iterable of mapping
        Of the run's summary.

    Examples
    --------
    >>> held = {"id": "e1", "type": "expect_table_row_count_to_equal", "kwargs": {"value": 2},
    ...     "severity": "critical", "success": True, "observed_value": 2, "exception": None}
    >>> gate = {"table": "curated/visits", "suite": "visits", "refusals": [], "expectations": [held]}
    >>> documents = gate_documents([gate])
    >>> documents["curated/visits"]["success"], documents["curated/visits"]["results"][0]["result"]
    (True, {'observed_value': 2})
    """
    return {gate["table"]: _document(gate) for gate in gates}


def _document(gate: Mapping[str, Any]) -> dict[str, Any]:
    results = [_result(line) for line in gate["expectations"]]
    held = sum(result["success"] for result in results)
    return {
        "success": held == len(results),
        "results": results,
        "suite_name": gate["suite"],
        "suite_parameters": {},
        "statistics": {
            "evaluated_expectations": len(results),
            "successful_expectations": held,
            "unsuccessful_expectations": len(results) - held,
            "success_percent": held / len(results) * 100 if results else None,
        },
        "meta": {"headgate": {"refusals": gate["refusals"]}},
        "id": None,
    }


def _result(line: Mapping[str, Any]) -> dict[str, Any]:
    found = {
        "element_count": line.get("element_count"),
        "unexpected_count": line.get("unexpected_count"),
        "unexpected_percent": line.get("unexpected_percent"),
        "observed_value": line.get("observed_value"),
        "details": line.get("details"),
        "partial_unexpected_list": line.get("examples") or None,
    }
    return {
        "success": line["success"],
        "expectation_config": {
            "type": line["type"],
            "kwargs": line["kwargs"],
            "meta": {},
            "severity": line["severity"],
            "id": line["id"],
        },
        "result": {name: value for name, value in found.items() if value is not None},
        "meta": {},
        "exception_info": {
            "raised_exception": line["exception"] is not None,
            "exception_message": line["exception"],
            "exception_traceback": None if line["exception"] is None else "",
        },
    }
