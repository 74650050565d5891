"""What a suite says of columns that the data lacks: known before anything is read or written."""

from __future__ import annotations

import json

import pytest

from headgate.quality import SuiteError, load_suite
from headgate.quality.counting import counted
from headgate.quality.inapplicable import inapplicable, require_applicable
from tests.quality.suites import rule

SCHEMA = "id int, name string, `a.b` int"


def problems(spark, *expectations):
    text = json.dumps({"name": "s", "expectations": expectations}, indent=1)
    return inapplicable(spark.createDataFrame([], SCHEMA), load_suite(text, source="s.json"))


@pytest.mark.parametrize(
    ("expectation", "place", "line", "value"),
    [
        (rule("column_values_to_not_be_null", column="nmae"), "kwargs.column", 7, "nmae"),
        (
            rule("column_pair_values_to_be_equal", column_A="id", column_B="ID2"),
            "kwargs.column_B",
            8,
            "ID2",
        ),
        (
            rule("compound_columns_to_be_unique", column_list=["id", "no"]),
            "kwargs.column_list[1]",
            9,
            "no",
        ),
        (
            rule("column_values_to_be_unique", column="id", row_condition="nowhere > 1"),
            "kwargs.row_condition",
            8,
            "nowhere > 1",
        ),
        (rule("compound_columns_to_be_unique", column_list=["id", "a.b"]), "kwargs.column_list[1]", 9, "a.b"),
    ],
)
def test_a_rule_that_does_not_fit_is_told_with_its_place(spark, expectation, place, line, value):
    (problem,) = problems(spark, expectation)
    assert (problem.place, problem.line, problem.value) == (f"$.expectations[0].{place}", line, value)


def test_the_nearest_name_is_told(spark):
    (problem,) = problems(spark, rule("column_values_to_not_be_null", column="nmae"))
    assert problem.nearest == "name"
    assert "did you mean 'name'?" in str(problem)


def test_every_problem_is_told_and_no_job_is_run(spark):
    with counted(spark) as cost:
        found = problems(
            spark,
            rule("column_values_to_not_be_null", column="x"),
            rule("column_values_to_not_be_null", column="id"),
            rule("column_max_to_be_between", column="y", max_value=1),
        )
    assert [problem.value for problem in found] == ["x", "y"]
    assert cost.jobs == 0


@pytest.mark.parametrize(
    "expectation",
    [
        rule("column_values_to_not_be_null", column="ID"),
        rule("column_to_exist", column="no"),
        rule("table_row_count_to_equal", value=1),
        rule("column_values_to_be_unique", column="a.b", row_condition="name IS NOT NULL"),
    ],
)
def test_what_fits_is_no_problem(spark, expectation):
    assert problems(spark, expectation) == ()


def test_what_is_required_to_fit_raises_with_all_that_does_not(spark):
    rules = [rule("column_values_to_not_be_null", column=name) for name in ("id", "x", "y")]
    suite = load_suite(json.dumps({"name": "s", "expectations": rules}), source="s.json")
    with pytest.raises(SuiteError) as caught:
        require_applicable(spark.createDataFrame([], SCHEMA), suite)
    assert (caught.value.value, [other.value for other in caught.value.others]) == ("x", ["y"])
    assert str(caught.value).splitlines()[0].endswith("(the first of 2)")
    require_applicable(spark.createDataFrame([], f"{SCHEMA}, x int, y int"), suite)
