"""``headgate validate``: a suite against a table or files, without pipeline or lake."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any, get_args

from pyspark.sql import SparkSession
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from headgate.etl.errors import InputError
from headgate.etl.lake.data import read_data
from headgate.etl.load.context import utc_now
from headgate.etl.load.disclosure import Disclosure, Word
from headgate.jobs import arguments
from headgate.jobs.context import new_run_id
from headgate.jobs.data_docs import write_data_docs
from headgate.jobs.exits import ArgumentsError, RefusedError, guarded
from headgate.jobs.places import is_remote, local, read_text, write_bytes
from headgate.jobs.report.expectations import criterion, spoken
from headgate.jobs.report.wording import plain
from headgate.jobs.session import session_to_read, spark_session
from headgate.quality import Report, Result, ResultFormat, Suite, data_docs, load_suite, validate
from headgate.quality.inapplicable import require_applicable
from headgate.quality.oneline import shown
from headgate.quality.said import said

__all__ = ["main", "validate_data"]

EXAMPLES = 3


def main(argv: Sequence[str] | None = None) -> int:
    """Validate the data that `argv` names."""
    given = list(sys.argv[1:] if argv is None else argv)

    def job() -> None:
        values = arguments.parse(_parser(), given)
        with session_to_read(values.suite):
            suite = load_suite(read_text(values.suite), source=values.suite)
            parameters = dict(map(_parameter, values.parameters))
            data = [*values.data, *values.more]
            if not data:
                fix = "name a table's folder, or files"
                raise ArgumentsError(argument="DATA", reason="there is nothing to validate", fix=fix)
            places = [*data, values.out, values.docs]
            with spark_session(app="headgate validate", places=places) as spark:
                report = validate_data(
                    spark,
                    data,
                    suite,
                    result_format=values.result_format,
                    parameters=parameters,
                    infer=values.infer,
                )
                _tell(spark, report, data=" ".join(data), values=values)

    return guarded(job, debug="--debug" in given)


def _parser() -> Any:
    made = arguments.parser(
        "headgate validate",
        "Validate a Delta table or files with a Great Expectations suite; no pipeline, no lake.\n"
        "Ends with 0, or with 3 where a critical expectation fails or could not be evaluated.",
        "headgate validate 'in/visits-*.csv' --suite visits.json --infer --docs build/docs",
        pipeline=False,
    )
    made.add_argument(
        "data",
        nargs="*",
        metavar="DATA",
        help="the folder of a Delta table, or .parquet, .csv or .json files, patterns among them; "
        "here, or in s3://…",
    )
    made.add_argument(
        "--data", dest="more", action="append", default=[], metavar="DATA", help="the same, for Glue"
    )
    made.add_argument("--suite", required=True, metavar="FILE", help="a Great Expectations 1.x suite, JSON")
    made.add_argument(
        "--result-format",
        choices=get_args(ResultFormat),
        default="SUMMARY",
        help="how much each result says (default: SUMMARY)",
    )
    made.add_argument(
        "--param",
        dest="parameters",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help='a value for {"$PARAMETER": "NAME"} in the suite, as JSON or else text; may be repeated',
    )
    made.add_argument(
        "--infer", action="store_true", help="read numbers and dates in csv files as such, not as text"
    )
    made.add_argument(
        "--examples",
        choices=get_args(Word),
        help="what is told of values: show, mask (their shape) or hide them; by default those of columns "
        "whose names look like data about a person are masked",
    )
    made.add_argument("--out", metavar="FILE", help="write the result as Great Expectations' JSON")
    made.add_argument("--docs", metavar="DIR", help="write Great Expectations' Data Docs, a site to look at")
    made.add_argument("--json", action="store_true", help="print that JSON on standard output")
    return made


def _parameter(given: str) -> tuple[str, Any]:
    name, equals, value = given.partition("=")
    if not (name and equals):
        raise ArgumentsError(argument="--param", reason=f"'{given}' has no value", fix="write NAME=VALUE")
    try:
        return name, json.loads(value)
    except json.JSONDecodeError:  # text needs no quotes
        return name, value


def validate_data(
    spark: SparkSession,
    data: Sequence[str],
    suite: Suite,
    *,
    result_format: ResultFormat = "SUMMARY",
    parameters: Mapping[str, Any] | None = None,
    infer: bool = False,
) -> Report:
    """Validate a table or files.

    Parameters
    ----------
    spark : SparkSession
    data : sequence of str
        See `headgate.etl.lake.data.read_data`.
    suite : Suite
    result_format : {"BOOLEAN_ONLY", "BASIC", "SUMMARY", "COMPLETE"}
        How much each result says.
    parameters : mapping, optional
        Values for the suite's placeholders.
    infer : bool
        Whether values of CSV files are read as what they look like.

    Returns
    -------
    Report

    Raises
    ------
    quality.SuiteError
        The suite names what the data lacks, or a placeholder without value: nothing was read.
    headgate.etl.errors.InputError
        The data is not there, or cannot be read.
    """
    df = read_data(spark, data, infer=infer)
    require_applicable(df, suite.bind(parameters))
    report = validate(df, suite, result_format=result_format, suite_parameters=parameters)
    if report.rows is None:
        reason = next((result.exception for result in report.results if result.exception), "no reason given")
        raise InputError(
            dataset="data",
            file=", ".join(data),
            reason=f"the rows could not be counted: {plain(reason)[:300]}",
            fix="check that all of its files are there",
        )
    return report


def _tell(spark: SparkSession, report: Report, *, data: str, values: Any) -> None:
    """Write, print, and raise where the data is refused: what was found is told in any case."""
    policy = Disclosure(values.examples)
    document = _disclosed(report, policy)
    text = json.dumps(document, indent=2, default=str)
    _show(report, data, policy)
    if values.out:
        write_bytes(spark, values.out, text.encode())
    if values.docs:
        index = _write_docs(spark, {data: document}, values.docs)
        print(f"Data Docs: {shown(index)}", file=sys.stderr)
    if values.json:
        print(text)
    refusals = _refusals(report)
    if refusals:
        raise RefusedError([(data, refusal) for refusal in refusals])


def _disclosed(report: Report, policy: Disclosure) -> dict[str, Any]:
    """The report in Great Expectations' form, with as much of the values as may be told."""
    document: dict[str, Any] = report.to_json_dict()
    for result, told in zip(report.results, document["results"], strict=True):
        columns = result.expectation.columns
        if policy.strictest(columns) != "show":
            told["result"] = policy.result(result.type, columns, told["result"])
            if result.exception is not None:
                raised = {"raised_exception": True, "exception_message": said(result.exception)}
                told["exception_info"] = raised | {"exception_traceback": ""}
    return document


def _write_docs(spark: SparkSession, documents: Mapping[str, Mapping[str, Any]], place: str) -> str:
    now = utc_now()
    name = new_run_id(now)
    if is_remote(place):
        return write_data_docs(spark, documents, place, run_name=name, run_time=now)
    return str(data_docs(documents, local(place), run_name=name, run_time=now))


def _refusals(report: Report) -> list[str]:
    """Why the data is refused: as in the gate, an expectation that only warns is no reason."""
    failing = [result for result in report.results if not result.success and result.severity == "critical"]
    told = [f"{result.name} fails" for result in failing if result.exception is None]
    return [*told, *report.refusals]


def _show(report: Report, data: str, policy: Disclosure) -> None:
    console = Console(stderr=True, highlight=False)
    held = sum(result.success for result in report.results)
    jobs = "" if report.spark_jobs is None else f" · {report.spark_jobs} Spark jobs"
    rows = f"{report.rows:,} rows" if report.rows is not None else "rows unknown"
    console.print(escape(shown(f"{data} · {report.suite_name}")), soft_wrap=True)
    console.print(_table(report, policy))
    console.print(f"{held} of {len(report.results)} expectations hold · {rows}{jobs}", soft_wrap=True)


def _table(report: Report, policy: Disclosure) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in ("", "column", "expectation", "severity", "found"):
        table.add_column(heading, overflow="fold")
    for result in report.results:
        mark = "[green]✓[/]" if result.success else "[red]✗[/]"
        told = " · ".join(filter(None, (spoken(result.type), criterion(result.kwargs))))
        cells = (result.column or "whole table", told, result.severity, _found(result, policy))
        table.add_row(mark, *(escape(shown(cell)) for cell in cells))
    return table


def _found(result: Result, policy: Disclosure) -> str:
    if result.exception is not None:
        return plain(said(result.exception))[:200]
    found = {"observed_value": result.observed_value, "examples": result.examples[:EXAMPLES]}
    told = policy.result(result.type, result.expectation.columns, found)
    if result.unexpected_count is not None:
        examples = ", ".join(plain(value) for value in told["examples"])
        return f"{result.unexpected_count:,} unexpected" + (f": {examples}" if examples else "")
    return "" if told["observed_value"] is None else plain(told["observed_value"])[:200]


if __name__ == "__main__":
    sys.exit(main())
