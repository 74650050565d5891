"""One meaning of rejected: critical problems reject on every path, and the gate's own names are refused."""

from __future__ import annotations

import pytest

from headgate.quality import ReservedNameError, SuiteError, flag_failures, split, validate
from headgate.quality.decision import decide
from headgate.quality.failures import count_failures
from headgate.quality.inapplicable import inapplicable, require_applicable
from headgate.quality.rows import flag
from tests.quality.suites import rule, suite_of

PROBLEMS = (
    "_problems array<struct<step: string, column: string, value: string, reason: string, severity: string>>"
)
NO_DATE = ("parse_dates", "visited_on", "2024-02-30", "not a real date", "critical")
ODD = ("cast_columns", "cost", "much", "not a number", "warning")
SUITE = suite_of(
    rule("column_values_to_not_be_null", id="named", column="name"),
    rule("column_values_to_be_unique", id="once", column="id"),
)


@pytest.fixture(scope="module")
def visits(brisk):
    rows = [(1, "a", []), (2, None, None), (3, "c", [ODD, NO_DATE]), (3, "d", [ODD]), (4, None, [NO_DATE])]
    return brisk.createDataFrame(rows, f"id int, name string, {PROBLEMS}").coalesce(1)


def test_critical_problems_reject_on_every_path(visits):
    accepted, rejected = split(visits, SUITE)
    assert accepted.schema == visits.schema
    # The other 3 is in, for a row that is rejected takes no part in uniqueness: so it is in a pipeline.
    assert sorted(row.id for row in accepted.collect()) == [1, 3]
    reasons = {row.id: [each.expectation_type for each in row._failures] for row in rejected.collect()}
    assert reasons == {
        2: ["expect_column_values_to_not_be_null"],
        3: ["not a real date"],
        4: ["not a real date"],
    }
    rows, flags = flag(visits, SUITE)
    assert sorted(row.id for row in rows.where(flags.critical).collect()) == [2, 3, 4]

    report = validate(visits, SUITE)
    assert report.problems == 2
    assert [line for line in report.refusals if "2 of 5 rows have critical problems" in line]
    assert "refused: 2 of 5 rows have critical problems" in str(report)
    assert report.to_json_dict()["meta"]["headgate"]["problems"] == 2

    failures = count_failures(visits.transform(flag_failures(SUITE)))
    of_problems = [one for one in failures if one.expectation_id == "_problems"]
    assert [(one.expectation_type, one.column, one.rows, one.examples) for one in of_problems] == [
        ("not a real date", "visited_on", 2, ("2024-02-30",))
    ]
    sound = validate(accepted, SUITE)
    assert (sound.problems, sound.refusals) == (0, ())
    assert decide(sound, failures=of_problems, rows=5, rejected=3, tolerance=0.6).accepted
    assert not decide(sound, failures=of_problems, rows=5, rejected=3, tolerance=0.5).accepted


@pytest.mark.parametrize(
    "column",
    [
        "_failures string",
        "_FAILURES string",
        "_problems string",
        "_broken_0 string",
        "_Repeated_1 int",
        "_copies_0 int",
    ],
)
def test_names_of_the_gates_own_are_refused_on_every_path(brisk, column):
    df = brisk.createDataFrame([(1, "a", None)], f"id int, name string, {column}")
    paths = [
        split,
        validate,
        flag,
        inapplicable,
        require_applicable,
        lambda data, suite: data.transform(flag_failures(suite)),
    ]
    for path in paths:
        with pytest.raises(ReservedNameError, match="rename the column") as raised:
            path(df, SUITE)
        assert raised.value.column == column.split()[0]


def test_a_backtick_in_a_name_is_part_of_it(brisk):
    df = brisk.createDataFrame([(1, 2), (2, 3)], "`a``b` int, n int").coalesce(1)
    accepted, rejected = split(df, suite_of(rule("column_values_to_be_between", column="a`b", max_value=1)))
    assert (accepted.collect(), [row.n for row in rejected.collect()]) == ([(1, 2)], [3])


def test_a_condition_that_is_no_sql_fails_alone_with_its_place(visits):
    broken = {"row_condition": "name = 'UK' ANDD id > 1", "condition_parser": "spark"}
    suite = suite_of(
        rule("column_values_to_be_between", column="id", max_value=55, **broken),
        rule("column_values_to_not_be_null", column="id"),
    )
    report = validate(visits.drop("_problems"), suite)
    assert [result.success for result in report.results] == [False, True]
    assert "$.expectations[0]" in report.refusals[0]
    with pytest.raises(SuiteError, match="is not SQL") as raised:
        require_applicable(visits, suite)
    assert raised.value.place == "$.expectations[0].kwargs.row_condition"
