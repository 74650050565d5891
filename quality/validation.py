"""Validate: a suite against some data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, get_args

from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame

from headgate.quality.catalogue import ResultFormat
from headgate.quality.counting import counted
from headgate.quality.defects import HARMLESS, defects_of
from headgate.quality.engine import answerable
from headgate.quality.examples import examples_of
from headgate.quality.expectation import Expectation, Suite
from headgate.quality.measure import Measures, measure, whatever_works
from headgate.quality.plan import plan
from headgate.quality.populations import count
from headgate.quality.problems import critical_problem
from headgate.quality.report import Defect, Report, Result
from headgate.quality.reserved import PROBLEMS, require_free
from headgate.quality.rules import ROWS, Rule
from headgate.quality.said import said
from headgate.quality.verdict import Verdict

__all__ = ["validate"]

_PROBLEMS = "rows with critical problems"


def validate(
    df: DataFrame,
    suite: Suite,
    *,
    result_format: ResultFormat = "SUMMARY",
    suite_parameters: Mapping[str, Any] | None = None,
    allow_empty: bool = False,
    observed: Mapping[str, Any] | None = None,
) -> Report:
    """Evaluate a suite on some data, as Great Expectations would.

    What Headgate can measure itself takes one Spark job, one more for uniqueness and distinct
    values, and one more for examples when something failed; the rest goes to Great Expectations.

    Parameters
    ----------
    df : DataFrame
        The data. It is read several times: give files, not a long computation. Where it has
        ``_problems``, as steps write it, a row with a critical problem is a reason to refuse.
    suite : Suite
        From `load_suite`.
    result_format : {"BOOLEAN_ONLY", "BASIC", "SUMMARY", "COMPLETE"}
        How much each result says; COMPLETE is left to Great Expectations altogether.
    suite_parameters : Mapping or None
        Values for ``{"$PARAMETER": …}``, by name.
    allow_empty : bool
        Whether no rows at all are in order.
    observed : Mapping or None
        What `observations` of the same suite has seen of the same rows: it is not measured again.

    Returns
    -------
    Report
        One result for each expectation, in the suite's order.

    Raises
    ------
    SuiteError
        If a placeholder has no value.
    ReservedNameError
        If a column of `df` has a name that the gate needs.
    ValueError
        If `result_format` is none of the four.

    Notes
    -----
    Results are those of Great Expectations 1.24 with ANSI mode off, in both modes, but for two: a
    sum that overflows is null instead of wrapping around, and an exception comes in the flat form.

    Examples
    --------
    >>> from headgate.quality import load_suite
    >>> suite = load_suite('''{"name": "people", "expectations": [
    ...     {"type": "expect_column_values_to_be_between", "kwargs": {"column": "age", "min_value": 0}},
    ...     {"type": "expect_column_values_to_be_unique", "kwargs": {"column": "id"}}]}''',
    ...     source="people.json")
    >>> people = spark.createDataFrame([(1, 30), (2, -1), (3, None)], "id int, age int")
    >>> report = validate(people, suite)
    >>> [(result.success, result.unexpected_count, result.examples) for result in report.results]
    [(False, 1, (-1,)), (True, 0, ())]
    """
    if result_format not in get_args(ResultFormat):
        raise ValueError(f"result_format={result_format!r}; use one of {', '.join(get_args(ResultFormat))}")
    suite = suite.bind(suite_parameters)
    require_free(df.schema)
    with counted(df.sparkSession) as cost:
        report = _report(df, suite, result_format, suite_parameters, allow_empty, observed)
    return replace(report, spark_jobs=cost.jobs)


def _report(
    df: DataFrame,
    suite: Suite,
    result_format: ResultFormat,
    suite_parameters: Mapping[str, Any] | None,
    allow_empty: bool,
    observed: Mapping[str, Any] | None,
) -> Report:
    rules = answerable(df.sparkSession, plan(suite, df.schema))
    problem = critical_problem(df.schema)
    also = {} if problem is None else {_PROBLEMS: lambda: count(problem)}
    measures = measure(df, rules, known=observed, also=also)
    own = _judged(df, () if result_format == "COMPLETE" else rules, measures, result_format)
    handed_over = [
        rule.expectation for rule in rules if rule.expectation.id not in own and rule.fault is None
    ]
    others = _by_great_expectations(df, handed_over, result_format, suite_parameters)
    results = tuple(
        own.get(rule.expectation.id)
        or others.get(rule.expectation.id)
        or _failed(rule.expectation, rule.fault or "it has not been evaluated")
        for rule in rules
    )
    rows = measures.numbers.get(ROWS)
    warnings = tuple(
        defect
        for rule, result in zip(rules, results, strict=True)
        for defect in defects_of(rule, result, measures)
    )
    refusals = _refusals(results, warnings, rows, allow_empty)
    problems = measures.numbers.get(_PROBLEMS, 0 if problem is None else None)
    if problems != 0:
        told = (
            "rows whose critical problems could not be counted"
            if problems is None
            else (f"{problems} of {rows} rows have critical problems in {PROBLEMS}")
        )
        refusals = (*refusals, f"{told}: part them off with quality.split")
    return Report(
        suite_name=suite.name,
        suite_version=suite.version,
        rows=rows,
        results=results,
        refusals=refusals,
        warnings=warnings,
        problems=problems,
    )


def _judged(
    df: DataFrame, rules: tuple[Rule, ...], measures: Measures, result_format: ResultFormat
) -> dict[str, Result]:
    """Judge what Headgate could measure; what Spark could not even analyse is left out."""
    verdicts: list[tuple[Rule, Verdict]] = []
    results: dict[str, Result] = {}
    for rule in rules:
        if not rule.own:
            continue
        error = measures.error_of(rule)
        if isinstance(error, AnalysisException):
            continue
        try:
            if error is not None:
                raise error
            verdicts.append((rule, rule.judge(measures)))
        except Exception as reason:  # recorded: an expectation that raises is refused
            results[rule.expectation.id] = _failed(rule.expectation, _first_line(reason))
    wanted = [(one.key, one) for _, verdict in verdicts for one in verdict.wanted]
    examples = (
        {}
        if result_format == "BOOLEAN_ONLY"
        # Where values cannot be shown, the counts stand: an example is no part of a verdict.
        else whatever_works(
            wanted, lambda items: examples_of(df, (one for _, one in items), measures.numbers), {}
        )
    )
    for rule, verdict in verdicts:
        result = rule.result(verdict, examples, result_format)
        results[rule.expectation.id] = Result(rule.expectation, verdict.success, "headgate", result)
    return results


def _by_great_expectations(
    df: DataFrame,
    expectations: list[Expectation],
    result_format: ResultFormat,
    parameters: Mapping[str, Any] | None,
) -> dict[str, Result]:
    if not expectations:
        return {}
    from headgate.quality.gx import evaluate

    found = evaluate(df, expectations, result_format=result_format, parameters=parameters)
    return {
        expectation.id: _answered(expectation, found[expectation.id])
        for expectation in expectations
        if expectation.id in found
    }


def _answered(expectation: Expectation, answer: Mapping[str, Any]) -> Result:
    if expectation.placeholders and "expectation_config" in answer:
        # What a placeholder came to, as Great Expectations calculated it.
        came_to = {
            name: answer["expectation_config"]["kwargs"].get(name) for name in expectation.placeholders
        }
        expectation = replace(expectation, kwargs={**expectation.kwargs, **came_to})
    return Result(
        expectation,
        success=answer["success"],
        engine="gx",
        result=answer["result"],
        exception=_exception(answer["exception_info"]),
    )


def _exception(info: Mapping[str, Any]) -> str | None:
    """Give the message of either form of ``exception_info``: flat, or one for each metric."""
    forms = [info] if "raised_exception" in info else list(info.values())
    return next((str(form["exception_message"]) for form in forms if form["raised_exception"]), None)


def _failed(expectation: Expectation, reason: str) -> Result:
    return Result(expectation, success=False, engine="headgate", result={}, exception=reason)


def _first_line(error: Exception) -> str:
    return f"{type(error).__name__}: {said(error)}"


def _refusals(
    results: tuple[Result, ...], warnings: tuple[Defect, ...], rows: int | None, allow_empty: bool
) -> tuple[str, ...]:
    refusals = [] if results else ["the suite has no expectations"]
    if rows is None:
        refusals.append("the rows could not be counted")
    if rows == 0 and not allow_empty:
        refusals.append("there are no rows")
    for result in results:
        if result.exception is not None:
            reason = said(result.exception)
            refusals.append(f"{result.name} could not be evaluated: {reason} ({result.expectation.place})")
        elif _is_null(result) and not (rows == 0 and allow_empty):
            refusals.append(f"{result.name} has measured nothing")
    refusals.extend(
        f"Great Expectations cannot be believed here: {warning.problem}"
        for warning in warnings
        if warning.name not in HARMLESS
    )
    return tuple(refusals)


def _is_null(result: Result) -> bool:
    # The sets of distinct values always have a null here, and counts beside it.
    return (
        "observed_value" in result.result
        and result.observed_value is None
        and "distinct_values" not in result.type
    )
