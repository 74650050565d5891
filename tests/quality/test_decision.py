"""Deciding: what refuses a batch and what does not."""

from __future__ import annotations

import pytest

from headgate.quality import Report, Result
from headgate.quality.decision import Decision, decide
from headgate.quality.failures import FailureCount
from tests.quality.suites import rule, suite_of

SUITE = suite_of(
    rule("column_values_to_not_be_null", id="row", column="v", mostly=0.9),
    rule("table_row_count_to_be_between", id="table", min_value=1),
    rule("column_min_to_be_between", id="warned", severity="warning", column="n", min_value=0),
    rule("column_max_to_be_between", id="metric", column="n", max_value=9),
)


def report(*failing, rows=100, refusals=(), nulls=()):
    results = tuple(
        Result(
            e,
            success=e.id not in failing,
            engine="headgate",
            result={} if e.id not in nulls else {"observed_value": None},
        )
        for e in SUITE.expectations
    )
    return Report("s", "1", rows, results, tuple(refusals))


def failed(id, rows, severity="critical"):
    return FailureCount(id, "expect_column_values_to_not_be_null", "v", severity, rows, ())


def accepted(**given):
    options = {"report": report(), "rows": 100, "rejected": 0, "tolerance": 0.05} | given
    return decide(options.pop("report"), **options).accepted


def test_a_batch_without_a_fault_is_accepted():
    assert decide(report(), rows=100, rejected=0, tolerance=0.0) == Decision(True, ())


def test_a_critical_expectation_about_the_table_refuses():
    assert not accepted(report=report("table"))


@pytest.mark.parametrize("failing", ["warned"])
def test_a_warning_never_refuses(failing):
    assert accepted(
        report=report(failing), failures=[failed("row", 99, "warning"), failed("row", 99, "info")]
    )


@pytest.mark.parametrize(
    ("failing", "tolerance", "fine"),
    [(10, 0.0, True), (11, 0.0, False), (10, 0.05, True), (15, 0.15, True), (16, 0.15, False)],
)
def test_failing_rows_are_diverted_up_to_the_greater_of_mostly_and_tolerance(failing, tolerance, fine):
    assert accepted(failures=[failed("row", failing)], tolerance=tolerance) is fine


@pytest.mark.parametrize(("rejected", "fine"), [(0, True), (5, True), (6, False), (100, False)])
def test_rejected_rows_refuse_beyond_the_tolerance(rejected, fine):
    assert accepted(rejected=rejected, tolerance=0.05) is fine


def test_a_refusal_of_the_report_refuses():
    decision = decide(report(refusals=["x could not be evaluated"]), rows=100, rejected=0, tolerance=1.0)
    assert decision == Decision(False, ("x could not be evaluated",))


def test_a_failure_of_an_expectation_that_was_not_reported_refuses():
    assert not accepted(failures=[failed("elsewhere", 1)], tolerance=1.0)


def test_no_rows_refuse():
    assert not accepted(report=report(rows=0), rows=0)


def test_no_rows_are_fine_where_the_pipeline_says_so():
    empty = report("metric", rows=0, nulls=("metric",))
    assert accepted(report=empty, rows=0, allow_empty=True)


def test_no_rows_do_not_excuse_what_was_measured():
    assert not accepted(report=report("table", rows=0), rows=0, allow_empty=True)


def test_every_reason_is_given():
    decision = decide(
        report("table", refusals=["r"]), failures=[failed("row", 50)], rows=100, rejected=50, tolerance=0.1
    )
    assert len(decision.reasons) == 4


@pytest.mark.parametrize("wrong", [{"tolerance": 1.5}, {"rejected": 101}, {"rejected": -1}])
def test_shares_that_cannot_be_are_refused(wrong):
    with pytest.raises(ValueError, match="is not allowed"):
        accepted(**wrong)
