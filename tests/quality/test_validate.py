"""Validating: results, refusals, jobs; all without Great Expectations."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from headgate import quality
from headgate.quality import Suite, SuiteError, validate
from headgate.quality.plan import plan
from headgate.quality.rules import Delegated
from tests import engines
from tests.quality.suites import rule, suite_of

NAN = float("nan")


def only(df, expectation, **options):
    (result,) = validate(df, suite_of(expectation), **options).results
    assert result.engine == "headgate"
    return result


def column(spark, schema, values):
    return spark.createDataFrame([(value,) for value in values], f"v {schema}")


def test_a_rule_about_rows_is_reported_in_full(spark, ansi):
    result = only(
        column(spark, "string", ["a", "zz", "zz", "b", None]),
        rule("column_values_to_be_in_set", column="v", value_set=["a"], mostly=0.2),
    )
    assert result.success
    assert result.result | {"partial_unexpected_list": sorted(result.examples)} == {
        "element_count": 5,
        "unexpected_count": 3,
        "unexpected_percent": 75.0,
        "unexpected_percent_nonmissing": 75.0,
        "unexpected_percent_total": 60.0,
        "missing_count": 1,
        "missing_percent": 20.0,
        "partial_unexpected_list": ["b", "zz", "zz"],
        "partial_unexpected_counts": [{"value": "zz", "count": 2}, {"value": "b", "count": 1}],
    }


def test_a_rule_about_nulls_has_no_missing_values(spark):
    result = only(column(spark, "int", [1, None, None]), rule("column_values_to_not_be_null", column="v"))
    assert result.result == {
        "element_count": 3,
        "unexpected_count": 2,
        "unexpected_percent": 66.66666666666666,
        "partial_unexpected_list": [None, None],
        "partial_unexpected_counts": [{"value": None, "count": 2}],
    }


@pytest.mark.parametrize(
    ("format_", "keys"),
    [
        ("BOOLEAN_ONLY", set()),
        (
            "BASIC",
            {
                "element_count",
                "unexpected_count",
                "unexpected_percent",
                "unexpected_percent_nonmissing",
                "unexpected_percent_total",
                "missing_count",
                "missing_percent",
                "partial_unexpected_list",
            },
        ),
    ],
)
def test_the_format_says_how_much_is_told(spark, format_, keys):
    expectation = rule("column_values_to_be_in_set", column="v", value_set=["b"])
    result = only(column(spark, "string", ["a"]), expectation, result_format=format_)
    assert not result.success
    assert set(result.result) == keys


def test_at_most_twenty_examples_are_collected(spark):
    result = only(
        column(spark, "int", range(50)), rule("column_values_to_be_between", column="v", min_value=99)
    )
    assert (result.unexpected_count, len(result.examples)) == (50, 20)
    result = only(column(spark, "int", [7] * 50), rule("column_values_to_be_unique", column="v"))
    assert (result.unexpected_count, result.examples) == (50, (7,) * 20)


@pytest.mark.parametrize(
    ("schema", "values", "name", "kwargs", "observed", "success"),
    [
        ("int", [3, None, 5], "column_min_to_be_between", {"min_value": 3, "max_value": 9}, 3, True),
        ("int", [3, 5], "column_max_to_be_between", {"max_value": 5, "strict_max": True}, 5, False),
        ("long", [2**53 + 1], "column_max_to_be_between", {"max_value": 2**53}, 2**53 + 1, False),
        ("double", [1.0, NAN], "column_max_to_be_between", {"max_value": 9}, None, False),
        ("decimal(4,2)", [Decimal("1.50")], "column_max_to_be_between", {"max_value": 2}, 1.5, True),
        (
            "date",
            [dt.date(2024, 1, 3)],
            "column_max_to_be_between",
            {"max_value": "2024-01-03"},
            "2024-01-03",
            True,
        ),
        (
            "timestamp",
            [dt.datetime(2024, 1, 3, 2)],
            "column_max_to_be_between",
            {"max_value": "2024-01-03"},
            "2024-01-03",
            True,
        ),
        (
            "timestamp",
            [dt.datetime(2024, 1, 3, 2)],
            "column_max_to_be_between",
            {"max_value": "2024-01-03T01:00:00"},
            "2024-01-03T02:00:00",
            False,
        ),
        ("int", [1, 2, None], "column_mean_to_be_between", {"min_value": 1.5, "max_value": 1.5}, 1.5, True),
        ("int", [1, 2, None], "column_sum_to_be_between", {"min_value": 3}, 3, True),
        ("long", [2**63 - 1, 1], "column_sum_to_be_between", {"min_value": 0}, None, False),
        ("int", [1, 3], "column_stdev_to_be_between", {"max_value": 1.5}, 1.4142135623730951, True),
        ("int", [1], "column_stdev_to_be_between", {"max_value": 1.5}, None, False),
        ("int", [1, 1, 2, None], "column_unique_value_count_to_be_between", {"max_value": 1}, 2, False),
        (
            "int",
            [1, 1, 2, None],
            "column_proportion_of_unique_values_to_be_between",
            {"min_value": 0.6},
            2 / 3,
            True,
        ),
        (
            "int",
            [1, 1, None, None],
            "column_proportion_of_non_null_values_to_be_between",
            {"min_value": 0.6},
            0.5,
            False,
        ),
    ],
)
def test_a_number_of_a_column_is_compared_with_bounds(
    spark, ansi, schema, values, name, kwargs, observed, success
):
    result = only(column(spark, schema, values), rule(name, column="v", **kwargs))
    assert (result.observed_value, result.success) == (observed, success)


@pytest.mark.parametrize(
    ("name", "values", "result"),
    [
        ("in", ["a", "b"], {"unexpected_count": 1, "partial_unexpected_list": ["c"]}),
        ("contain", ["a", "x"], {"missing_count": 1, "partial_missing_list": ["x"]}),
        (
            "equal",
            ["a", "x"],
            {
                "unexpected_count": 2,
                "partial_unexpected_list": ["b", "c"],
                "missing_count": 1,
                "partial_missing_list": ["x"],
            },
        ),
        (
            "equal",
            ["a", "b", "c"],
            {
                "unexpected_count": 0,
                "partial_unexpected_list": [],
                "missing_count": 0,
                "partial_missing_list": [],
            },
        ),
    ],
)
def test_distinct_values_are_compared_with_a_set(spark, name, values, result):
    df = column(spark, "string", ["a", "a", "b", "c", None])
    to = {"in": "to_be_in_set", "contain": "to_contain_set", "equal": "to_equal_set"}[name]
    found = only(df, rule(f"column_distinct_values_{to}", column="v", value_set=values))
    lists = {key: sorted(value) for key, value in found.result.items() if isinstance(value, list)}
    assert {**found.result, **lists} == {"observed_value": None, **result}
    assert found.success is not any(result.get(key) for key in ("unexpected_count", "missing_count"))


@pytest.mark.parametrize(
    ("expectation", "success", "observed"),
    [
        (rule("column_to_exist", column="id"), True, None),
        (rule("column_to_exist", column="ID"), False, None),
        (rule("column_to_exist", column="name", column_index=1), True, None),
        (rule("column_to_exist", column="name", column_index=7), False, None),
        (rule("table_column_count_to_equal", value=4), True, 4),
        (rule("table_column_count_to_be_between", max_value=3), False, 4),
        (
            rule("table_columns_to_match_ordered_list", column_list=["id", "name", "home", "home.city"]),
            True,
            ["id", "name", "home", "home.city"],
        ),
        (
            rule("table_columns_to_match_set", column_set=["name", "id"], exact_match=False),
            True,
            ["home", "home.city", "id", "name"],
        ),
        (
            rule("table_columns_to_match_set", column_set=["name", "id"]),
            False,
            ["home", "home.city", "id", "name"],
        ),
        (rule("column_type_to_be", column="ID", type_="LongType"), False, "IntegerType"),
        (rule("column_values_to_be_of_type", column="home.city", type_="StringType"), True, "StringType"),
        (
            rule("column_values_to_be_in_type_list", column="id", type_list=["StringType", "NumericType"]),
            True,
            "IntegerType",
        ),
    ],
)
def test_the_schema_is_judged(spark, expectation, success, observed):
    df = spark.createDataFrame([(1, "a", ("x",))], "id int, name string, home struct<city: string>")
    result = only(df, expectation)
    assert (result.success, result.observed_value) == (success, observed)


def test_rows_are_counted_within_a_condition(spark):
    df = column(spark, "int", [1, 2, None])
    assert only(df, rule("table_row_count_to_equal", value=1, row_condition="v > 1")).observed_value == 1


def test_results_come_in_the_order_of_the_suite(spark):
    suite = suite_of(
        rule("column_values_to_be_unique", id="c", column="v"),
        rule("table_row_count_to_equal", id="a", value=1),
        rule("column_to_exist", id="b", column="v"),
        rule("column_values_to_not_be_null", id="d", column="nowhere"),
    )
    assert [result.id for result in validate(column(spark, "int", [1]), suite).results] == [
        "c",
        "a",
        "b",
        "d",
    ]


def test_the_report_is_great_expectations_form(spark):
    suite = suite_of(
        rule("column_values_to_not_be_null", id="x", severity="warning", column="v", mostly=0.5),
        rule("column_max_to_be_between", column="v", max_value="2024-01-01"),
    )
    report = validate(column(spark, "date", [dt.date(2023, 1, 1), None]), suite)
    found = json.loads(json.dumps(report.to_json_dict()))
    assert found["statistics"] == {
        "evaluated_expectations": 2,
        "successful_expectations": 2,
        "unsuccessful_expectations": 0,
        "success_percent": 100.0,
    }
    assert [result["expectation_config"] for result in found["results"]] == [
        {
            "type": "expect_column_values_to_not_be_null",
            "kwargs": {"column": "v", "mostly": 0.5},
            "meta": {},
            "severity": "warning",
            "id": "x",
        },
        {
            "type": "expect_column_max_to_be_between",
            "kwargs": {"column": "v", "max_value": "2024-01-01"},
            "meta": {},
            "severity": "critical",
        },
    ]
    assert found["results"][1]["exception_info"] == {
        "raised_exception": False,
        "exception_message": None,
        "exception_traceback": None,
    }
    assert found["meta"]["headgate"]["suite_version"] == suite.version


def test_the_report_shows_itself_in_a_notebook(spark):
    suite = suite_of(rule("column_values_to_be_in_set", column="v", value_set=["<b>"]))
    page = validate(column(spark, "string", ["<i>"]), suite)._repr_html_()
    assert "expect_column_values_to_be_in_set" in page
    assert "1 unexpected" in page


def test_a_missing_column_is_refused_and_the_rest_still_measured(spark):
    suite = suite_of(
        rule("column_values_to_not_be_null", id="no", column="nowhere"),
        rule("column_values_to_not_be_null", id="yes", column="v"),
    )
    report = validate(column(spark, "int", [1]), suite)
    assert not report.success
    assert report.by_id["no"].exception == 'Error: The column "nowhere" in BatchData does not exist.'
    assert report.by_id["yes"].success
    assert len(report.refusals) == 1


@pytest.mark.parametrize("listed", [[], [rule("column_values_to_be_in_set", column="v", value_set=["a"])]])
def test_an_invalid_pattern_is_refused_and_the_rest_still_measured(spark, listed):
    suite = suite_of(
        *listed,
        rule("column_values_to_match_regex", id="no", column="v", regex="[a-"),
        rule("column_values_to_not_be_null", id="yes", column="v"),
        rule("column_values_to_be_unique", id="too", column="v"),
    )
    report = validate(column(spark, "string", ["a"]), suite)
    assert report.by_id["no"].exception is not None
    assert report.by_id["yes"].success
    assert report.by_id["too"].success
    assert len(report.refusals) == 1


def test_bounds_that_cannot_be_compared_are_refused(spark):
    report = validate(
        column(spark, "date", [dt.date(2024, 1, 1)]),
        suite_of(rule("column_max_to_be_between", column="v", max_value=5)),
    )
    assert report.results[0].exception is not None
    assert len(report.refusals) == 1


def test_nothing_measured_is_refused(spark):
    df = column(spark, "int", [None])
    report = validate(df, suite_of(rule("column_max_to_be_between", column="v", max_value=1)))
    assert len(report.refusals) == 1


def test_no_rows_are_refused_unless_they_may_be(spark):
    df = column(spark, "int", [])
    suite = suite_of(rule("column_values_to_be_in_set", column="v", value_set=[1]))
    assert validate(df, suite).success
    assert len(validate(df, suite).refusals) == 1
    assert validate(df, suite, allow_empty=True).refusals == ()


def test_a_suite_without_expectations_is_refused(spark):
    assert len(validate(column(spark, "int", [1]), Suite("s", "1", ())).refusals) == 1


def test_a_condition_whose_end_great_expectations_ignores_is_refused(spark):
    condition = 'col("v") > 0 and col("v") < 5'
    suite = suite_of(
        rule(
            "column_values_to_be_in_set",
            column="v",
            value_set=[9],
            row_condition=condition,
            condition_parser="great_expectations",
        )
    )
    report = validate(column(spark, "int", [9, -1]), suite)
    assert report.success
    assert len(report.refusals) == 1


def test_parameters_are_filled(spark):
    suite = suite_of(rule("column_max_to_be_between", column="v", max_value={"$PARAMETER": "top"}))
    df = column(spark, "int", [3])
    assert validate(df, suite, suite_parameters={"top": 3}).success
    assert not validate(df, suite, suite_parameters={"top": 2}).success
    with pytest.raises(SuiteError):
        validate(df, suite)


def test_an_unknown_format_is_refused(spark):
    with pytest.raises(ValueError, match="BOOLEAN_ONLY"):
        validate(
            column(spark, "int", [1]), suite_of(rule("column_to_exist", column="v")), result_format="ALL"
        )


@engines.JOBS
def test_a_suite_takes_one_job_and_one_more_for_groups(spark):
    df = spark.createDataFrame([(1, "a", 2.0)], "id int, s string, n double").coalesce(1)
    aggregates = [rule("column_values_to_be_between", column="n", min_value=low) for low in range(-30, 0)]
    groups = [rule("column_values_to_be_unique", column=name) for name in ("id", "s", "n")]
    before = spark.conf.get("spark.sql.adaptive.enabled")
    spark.conf.set("spark.sql.adaptive.enabled", "false")
    try:
        assert jobs_of(spark, lambda: validate(df, suite_of(*aggregates))) == 1
        assert jobs_of(spark, lambda: validate(df, suite_of(*aggregates, *groups))) == 2
        assert (
            jobs_of(spark, lambda: validate(df, suite_of(rule("column_values_to_be_null", column="id")))) == 2
        )
    finally:
        spark.conf.set("spark.sql.adaptive.enabled", before)


def jobs_of(spark, run):
    group = "jobs-of-test"
    spark.sparkContext.setJobGroup(group, "counted")
    already = len(spark.sparkContext.statusTracker().getJobIdsForGroup(group))
    run()
    return len(spark.sparkContext.statusTracker().getJobIdsForGroup(group)) - already


@pytest.mark.parametrize(
    "expectation",
    [
        rule("column_values_to_be_json_parseable", column="s"),
        rule("column_median_to_be_between", column="n", min_value=0),
        rule("column_pair_values_to_be_equal", column_A="s", column_B="n"),
        rule(
            "column_pair_values_to_be_in_set",
            column_A="n",
            column_B="n",
            value_pairs_set=[[1, 1]],
            row_condition="n > 0",
        ),
        rule("column_values_to_be_in_set", column="n", value_set=[True]),
        rule("column_distinct_values_to_equal_set", column="n", value_set=["1", 2]),
        rule("column_mean_to_be_between", column="s", min_value=0),
        rule("column_values_to_be_between", column="n", min_value="2024-01-01"),
    ],
)
def test_what_cannot_be_had_exactly_is_left_to_great_expectations(spark, expectation):
    schema = spark.createDataFrame([], "n int, s string").schema
    (found,) = plan(suite_of(expectation), schema)
    assert isinstance(found, Delegated)


def test_great_expectations_is_not_imported_without_need():
    code = "import sys, headgate.quality; sys.exit('great_expectations' in sys.modules)"
    project = Path(quality.__file__).parents[2]
    assert subprocess.run([sys.executable, "-c", code], check=False, cwd=project).returncode == 0
