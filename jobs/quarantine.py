"""``headgate quarantine``: which rows were rejected, and why. It changes nothing."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import reduce
from typing import Any

from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as F

from headgate.etl.errors import InputMissingError
from headgate.etl.lake import files
from headgate.etl.lake.quarantine import bears, events, open_rows
from headgate.etl.lake.zones import Lake
from headgate.etl.load.disclosure import Disclosure
from headgate.jobs import arguments
from headgate.jobs.context import load_pipeline
from headgate.jobs.disclosure import disclosure_of
from headgate.jobs.entry import lake_of
from headgate.jobs.exits import ArgumentsError, guarded
from headgate.jobs.session import session_to_read, spark_session
from headgate.quality.oneline import shown

__all__ = ["list_reasons", "list_rows", "main", "quarantined"]

LIMIT = 20
REASONS = ("dataset", "rule", "column", "reason", "severity", "rows", "first", "last", "example")
ROWS = ("dataset", "file", "row", "at", "run_id", "why")


def main(argv: Sequence[str] | None = None) -> int:
    """List what `argv` asks for, on standard output."""
    given = list(sys.argv[1:] if argv is None else argv)

    def job() -> None:
        made = arguments.parser(
            "headgate quarantine",
            "Which rows were rejected and are not published yet, and why: counted by reason, or each.",
            "headgate quarantine hospital --lake ./lake --dataset encounters --rows",
        )
        made.add_argument("--dataset", metavar="D", help="of this dataset only")
        made.add_argument(
            "--reason",
            dest="reasons",
            action="append",
            default=[],
            metavar="R",
            help="with this reason only: a step, an expectation's id or type; may be repeated",
        )
        made.add_argument("--rows", action="store_true", help="list the rows, not their number by reason")
        made.add_argument(
            "--limit", type=int, default=LIMIT, metavar="N", help=f"at most N rows (default: {LIMIT})"
        )
        made.add_argument(
            "--show-values",
            action="store_true",
            help="show the values of columns that the pipeline's policy masks or hides as well",
        )
        values = arguments.parse(made, given)
        with session_to_read(values.pipeline):
            pipeline, _ = load_pipeline(
                values.pipeline, overrides=values.overrides, trust_code=values.trust_code
            )
        lake = lake_of(values.lake or pipeline.lake)
        with spark_session(app="headgate quarantine", places=[lake.root], small=True) as spark:
            found = quarantined(spark, lake, dataset=values.dataset, reasons=values.reasons)
            lines = (
                []
                if found is None
                else list_rows(found, limit=values.limit)
                if values.rows
                else list_reasons(found)
            )
        policy = disclosure_of(pipeline)
        if not values.show_values:
            lines = [_disclosed(line, policy) for line in lines]
        if values.json:
            print(json.dumps(lines, default=str))
        else:
            print(_table(lines, ROWS if values.rows else REASONS))

    return guarded(job, debug="--debug" in given)


def quarantined(
    spark: SparkSession, lake: Lake, *, dataset: str | None = None, reasons: Sequence[str] = ()
) -> DataFrame | None:
    """The rows in quarantine, each as its newest event; None where no dataset has a quarantine.

    Parameters
    ----------
    spark : SparkSession
    lake : Lake
    dataset : str, optional
        Of this one only.
    reasons : sequence of str
        With one of these only.

    Raises
    ------
    ArgumentsError
        The dataset has no quarantine, with the nearest that has one.
    headgate.etl.errors.InputMissingError
        There is no such lake.
    """
    if not files.exists(spark, lake.root):
        reason, fix = "there is no such lake", "check --lake"
        raise InputMissingError(dataset=dataset or "quarantine", file=lake.root, reason=reason, fix=fix)
    names = files.folders(spark, lake.place("quarantine"))
    if dataset is not None and dataset not in names:
        raise ArgumentsError.of_name(
            "--dataset", dataset, names, reason="it has no quarantine: no row of it was ever rejected"
        )
    tables = {
        name: events(spark, lake.place("quarantine", name)) for name in names if dataset in (None, name)
    }
    # Each by itself: rows of two datasets that read the same files are known by the same places.
    told = [
        open_rows(table).withColumn("dataset", F.lit(name))
        for name, table in tables.items()
        if table is not None
    ]
    if not told:
        return None
    rows = reduce(lambda one, other: one.unionByName(other), told)
    return rows.where(bears(reasons)) if reasons else rows


def list_reasons(rows: DataFrame) -> list[dict[str, Any]]:
    """How many rows there are with each reason, since when, and one of them. One job.

    Parameters
    ----------
    rows : DataFrame
        From `quarantined`.
    """
    why = rows.select("dataset", "file", "row", "at", F.explode("reasons").alias("why"))
    counted = why.groupBy("dataset", "why.rule", "why.column", "why.reason", "why.severity").agg(
        F.count(F.lit(1)).alias("rows"),
        F.min("at").alias("first"),
        F.max("at").alias("last"),
        F.min(F.struct("file", "row", F.col("why.value").alias("value"))).alias("example"),
    )
    found = [_plain(row) for row in counted.collect()]
    return sorted(found, key=lambda line: (line["dataset"], -line["rows"], str(line)))


def list_rows(rows: DataFrame, *, limit: int = LIMIT) -> list[dict[str, Any]]:
    """The rows with their records and every reason, in the order of their places. One job.

    Parameters
    ----------
    rows : DataFrame
        From `quarantined`.
    limit : int
        The most rows to list.
    """
    ordered = rows.orderBy("dataset", "file", "row", "fingerprint").limit(limit)
    return [_plain(row) for row in ordered.collect()]


def _disclosed(line: Mapping[str, Any], policy: Disclosure) -> dict[str, Any]:
    """A line, from `list_reasons` or `list_rows`, with as much of its values as may be told."""
    told = dict(line)
    if "example" in line:
        value = policy.value(line["column"], line["example"]["value"])
        told["example"] = {**line["example"], "value": value}
    if "reasons" in line:
        told["reasons"] = [
            {**why, "value": policy.value(why["column"], why["value"])} for why in line["reasons"]
        ]
        told["record"] = policy.record(line["record"])
    return told


def _plain(row: Row) -> dict[str, Any]:
    """The row as plain data, times with their zone, which Spark's own leave out."""
    plain = row.asDict(recursive=True)
    times = {name: value.astimezone(UTC) for name, value in plain.items() if isinstance(value, datetime)}
    return plain | times


def _table(lines: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> str:
    if not lines:
        return "no row is in quarantine"
    cells = [columns, *([shown(_cell(line, column)) for column in columns] for line in lines)]
    widths = [max(len(row[at]) for row in cells) for at in range(len(columns))]
    return "\n".join(
        "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()
        for row in cells
    )


def _cell(line: Mapping[str, Any], column: str) -> str:
    if column == "why":
        return "; ".join(
            f"{why['rule']} on {why['column']}: {why['reason']} ({why['value']})" for why in line["reasons"]
        )
    value = line[column]
    if column == "example":
        return f"{value['file']}:{value['row']} {value['value']!r}"
    return value.isoformat(" ", "seconds") if column in ("first", "last", "at") else str(value)


if __name__ == "__main__":
    sys.exit(main())
