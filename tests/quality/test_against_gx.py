"""Headgate against Great Expectations itself: the same rows, the same suite, the same answers.

Great Expectations runs once on each frame; every expectation is then a test of its own, with ANSI
mode off and on. Its own answers are those with ANSI mode off.
"""

from __future__ import annotations

import datetime as dt
import json
import math
from decimal import Decimal

import pytest
from pyspark.sql import functions as F

from headgate.quality import flag_failures, load_suite, validate
from headgate.quality.catalogue import COMMON, TYPES
from headgate.quality.failures import count_failures
from headgate.quality.gx import evaluate
from tests.quality.suites import rule, suite_of

NAN, INF = float("nan"), float("inf")
BIG = 2**53 + 1

SCHEMA = (
    "k int, s string, t string, i int, j int, l long, f float, d double, dec decimal(10,2),"
    " tiny decimal(12,10), b boolean, day date, at timestamp, u int, w int, `a.b` string, `my col` int,"
    " st struct<x: int>"
)
ROWS = [
    (
        1,
        "a",
        "a",
        1,
        1,
        BIG,
        0.1,
        1.0,
        Decimal("0.10"),
        Decimal("0.0000000001"),
        True,
        dt.date(2024, 1, 1),
        dt.datetime(2024, 1, 1, 1),
        1,
        1,
        "x",
        1,
        (1,),
    ),
    (2, None, None, None, 3, None, None, None, None, None, None, None, None, None, None, None, None, None),
    (
        3,
        "10",
        "b",
        10,
        9,
        10,
        NAN,
        NAN,
        Decimal("10.00"),
        Decimal("10"),
        False,
        dt.date(2024, 1, 2),
        dt.datetime(2024, 1, 2, 3, 4, 5),
        2,
        None,
        "y",
        10,
        (2,),
    ),
    (
        4,
        "10",
        "10",
        10,
        11,
        10,
        0.5,
        -1.5,
        Decimal("10.00"),
        Decimal("10"),
        False,
        dt.date(2024, 1, 2),
        dt.datetime(2024, 1, 2, 3, 4, 5),
        3,
        None,
        "y",
        10,
        (2,),
    ),
    (
        5,
        "é😀\n",
        None,
        -5,
        -5,
        -(2**60),
        -1.5,
        0.0,
        Decimal("-3.25"),
        Decimal("1"),
        None,
        dt.date(1999, 12, 31),
        dt.datetime(1970, 1, 1),
        4,
        1,
        None,
        None,
        (None,),
    ),
    (
        6,
        "",
        "",
        0,
        None,
        0,
        INF,
        INF,
        Decimal("0.00"),
        Decimal("0"),
        True,
        dt.date(2024, 3, 1),
        dt.datetime(2024, 1, 3, 2),
        5,
        1,
        "",
        0,
        None,
    ),
    (
        7,
        "12.7",
        "zz",
        7,
        7,
        7,
        3.0,
        NAN,
        Decimal("7.50"),
        Decimal("0.1"),
        True,
        dt.date(2024, 1, 2),
        dt.datetime(2024, 1, 3, 2),
        None,
        None,
        "x.y",
        3,
        (1,),
    ),
]

SEX_IS_10 = {"type": "comparison", "column": {"name": "s"}, "operator": "==", "parameter": "10"}
NONE = {"row_condition": "i > 1000", "condition_parser": "spark"}
SOME = {"row_condition": 'col("i") > 0', "condition_parser": "great_expectations"}
BOTH = {
    "row_condition": {
        "type": "and",
        "conditions": [SEX_IS_10, {"type": "nullity", "column": {"name": "t"}, "is_null": False}],
    }
}
IN_SET, BETWEEN = "column_values_to_be_in_set", "column_values_to_be_between"
GREATER = "column_pair_values_a_to_be_greater_than_b"

FULL = [
    # The numbered cases are those of the table of known behaviour.
    rule(IN_SET, id="case 1: a null in the set lets all pass", column="s", value_set=["a", None]),
    rule(
        GREATER,
        id="case 4: a null is greater than nothing and counts",
        column_A="i",
        column_B="w",
        ignore_row_if="neither",
    ),
    rule(BETWEEN, id="case 5: longs are compared as doubles", column="l", max_value=2**53),
    rule(
        "column_max_to_be_between", id="case 5: the maximum is compared exactly", column="l", max_value=2**53
    ),
    rule(BETWEEN, id="case 6: NaN is not less than 0", column="d", min_value=0),
    rule(BETWEEN, id="case 6: NaN is more than 5", column="d", max_value=5),
    rule(IN_SET, id="case 7: a decimal equals a double", column="dec", value_set=[0.1, 10]),
    rule(IN_SET, id="case 7: a float does not", column="f", value_set=[0.1, 0.5]),
    rule(
        "select_column_values_to_be_unique_within_record",
        id="case 9: two nulls are equal",
        column_list=["s", "t"],
        ignore_row_if="never",
    ),
    rule(BETWEEN, id="case 12: text is compared as a number", column="s", min_value=1, max_value=20),
    rule(IN_SET, id="case 15: a condition that nothing meets", column="s", value_set=["a"], **NONE),
    rule("column_to_exist", id="case 16: column index 0 is no index", column="i", column_index=0),
    rule("column_values_to_not_be_null", column="s"),
    rule("column_values_to_be_null", column="my col", mostly=0.25),
    rule("column_values_to_be_unique", column="i", mostly=0.5),
    rule("column_values_to_be_unique", column="a.b", **SOME),
    rule("column_values_to_not_be_in_set", column="s", value_set=["a", 10]),
    rule(IN_SET, column="day", value_set=["2024-01-02"]),
    rule(IN_SET, column="tiny", value_set=["1E-10", "10.0000000000"]),
    rule(IN_SET, column="i", value_set=["10", 7.5]),
    rule(IN_SET, column="b", value_set=[True]),
    rule(IN_SET, column="s", value_set=[]),
    rule(BETWEEN, column="day", min_value="2024-01-02", max_value="2024-02-01"),
    rule(
        BETWEEN,
        column="at",
        min_value="2024-1-2T03:04:05Z",
        strict_min=True,
        max_value="2024-01-03T00:00:00Z",
    ),
    rule("column_value_lengths_to_equal", column="st.x", value=1),
    rule("column_value_lengths_to_be_between", column="tiny", max_value=5),
    rule("column_values_to_match_regex", column="s", regex="^1|\\n$", mostly=0.5),
    rule("column_values_to_not_match_regex", column="at", regex="00$"),
    rule("column_values_to_match_regex_list", column="s", regex_list=["(?i)A", "^1"]),
    rule("column_values_to_match_regex_list", column="l", regex_list=["0", "1"], match_on="all"),
    rule("column_values_to_not_match_regex_list", column="s", regex_list=["a", "^$"]),
    rule("column_pair_values_to_be_equal", column_A="s", column_B="t"),
    rule(
        "column_pair_values_to_be_equal", column_A="f", column_B="i", ignore_row_if="either_value_is_missing"
    ),
    rule(GREATER, column_A="day", column_B="at", or_equal=True, **BOTH),
    rule(
        "column_pair_values_to_be_in_set", column_A="i", column_B="t", value_pairs_set=[[10, "b"], [-5, None]]
    ),
    rule("compound_columns_to_be_unique", column_list=["i", "s", "day"]),
    rule("compound_columns_to_be_unique", column_list=["w", "b"], ignore_row_if="never", **SOME),
    rule("multicolumn_sum_to_equal", column_list=["i", "j", "dec"], sum_total=2.1),
    rule("multicolumn_values_to_be_equal", column_list=["i", "j", "l"], ignore_row_if="any_value_is_missing"),
    rule("column_min_to_be_between", column="day", min_value="2000-01-01"),
    rule("column_max_to_be_between", column="at", max_value="2024-01-03"),
    rule("column_max_to_be_between", column="d", max_value=10),
    rule("column_mean_to_be_between", column="dec", min_value=4, **SOME),
    rule("column_sum_to_be_between", column="i", min_value=23, max_value=23),
    rule("column_stdev_to_be_between", column="i", max_value=7),
    rule("column_unique_value_count_to_be_between", column="a.b", max_value=2, **SOME),
    rule("column_proportion_of_unique_values_to_be_between", column="s", min_value=0.9),
    rule("column_proportion_of_non_null_values_to_be_between", column="w", min_value=0.9, **SOME),
    rule("column_distinct_values_to_be_in_set", column="s", value_set=["a", "10"]),
    rule("column_distinct_values_to_contain_set", column="i", value_set=[1, 10, 3]),
    rule("column_distinct_values_to_equal_set", column="t", value_set=["a", "b", "zz", "q"]),
    rule("table_row_count_to_equal", value=2, **BOTH),
    rule("table_row_count_to_be_between", min_value=7, strict_min=True),
    rule("table_column_count_to_equal", value=19),
    rule("table_column_count_to_be_between", max_value=18),
    rule("table_columns_to_match_ordered_list", column_list=["k", "t"]),
    rule("table_columns_to_match_set", column_set=["k", "no"], exact_match=False),
    rule("column_type_to_be", column="A.B", type_="StringType"),
    rule("column_values_to_be_of_type", column="i", type_="LongType"),
    rule("column_values_to_be_in_type_list", column="i", type_list=["StringType", "NumericType"]),
]

EMPTY = [
    rule(IN_SET, id="case 2: nothing is unexpected in no rows", column="s", value_set=["a"]),
    rule("column_values_to_be_unique", id="case 3: no row is a copy in no rows", column="s"),
    rule("column_values_to_not_be_null", column="s"),
    rule("column_pair_values_to_be_equal", column_A="i", column_B="j"),
    rule("compound_columns_to_be_unique", column_list=["i", "j"]),
    rule("multicolumn_sum_to_equal", column_list=["i", "j"], sum_total=1),
    rule("column_max_to_be_between", column="i", max_value=1),
    rule("column_unique_value_count_to_be_between", column="i", min_value=0),
    rule("column_proportion_of_unique_values_to_be_between", column="i", min_value=0),
    rule("column_proportion_of_non_null_values_to_be_between", column="i", min_value=0),
    rule("column_distinct_values_to_equal_set", column="s", value_set=["a"]),
    rule("table_row_count_to_equal", value=0),
]

RAISING = [
    rule("column_values_to_not_be_null", id="case 14: a column that is not there", column="nowhere"),
    rule("column_max_to_be_between", id="a date with a number for a bound", column="day", max_value=5),
    rule("column_values_to_match_regex", id="a pattern that is none", column="s", regex="(?P<x>a)"),
]

DELEGATED = [
    rule(
        "column_value_z_scores_to_be_less_than",
        id="case 8: z-scores with a NaN",
        column="d",
        threshold=1,
        double_sided=True,
    ),
    rule("column_values_to_be_increasing", id="case 10: times of one day", column="at", strictly=True),
    rule("column_values_to_be_decreasing", id="case 11: texts", column="t"),
    rule("multicolumn_sum_to_equal", id="case 13: a number and a text", column_list=["i", "s"], sum_total=2),
    rule("column_values_to_not_be_null", id="own", column="k"),
    rule(
        "column_median_to_be_between",
        id="median",
        severity="warning",
        column="i",
        min_value=0,
        max_value={"$PARAMETER": "top*2"},
    ),
    rule("table_row_count_to_equal_other_table", id="not on Spark", other_table_name="x"),
]


def frame(spark, rows):
    return spark.createDataFrame(rows, SCHEMA).coalesce(1)


def names(expectations):
    return [e.get("id") or e["type"].removeprefix("expect_") + f" {at}" for at, e in enumerate(expectations)]


def with_ids(expectations):
    return [{**e, "id": name} for e, name in zip(expectations, names(expectations), strict=True)]


@pytest.fixture(scope="module")
def answers(spark):
    """What Great Expectations, and Headgate in both modes, say of each frame's suite."""
    found = {}
    for name, rows, expectations in (
        ("full", ROWS, FULL),
        ("empty", [], EMPTY),
        ("raising", ROWS[:1], RAISING),
    ):
        df = frame(spark, rows)
        suite = suite_of(*with_ids(expectations))
        found[name, "gx"] = evaluate(df, suite.expectations, result_format="SUMMARY")
        before = spark.conf.get("spark.sql.ansi.enabled", "false")
        for mode in ("false", "true"):
            spark.conf.set("spark.sql.ansi.enabled", mode)
            report = validate(df, suite)
            found[name, mode] = (
                report,
                {result["expectation_config"]["id"]: result for result in report.to_json_dict()["results"]},
            )
        spark.conf.set("spark.sql.ansi.enabled", before)
    return found


def comparable(value):
    """The same value in a form that compares: lists without their order, floats to twelve digits."""
    if isinstance(value, float):
        return None if math.isnan(value) else float(f"{value:.12g}")
    if isinstance(value, dict):
        return {key: comparable(item) for key, item in value.items()}
    if isinstance(value, list):
        return sorted((comparable(item) for item in value), key=lambda item: json.dumps(item, sort_keys=True))
    return value


def parameters(result):
    return {key: value for key, value in result["expectation_config"]["kwargs"].items() if key != "batch_id"}


@pytest.mark.parametrize("mode", ["false", "true"], ids=["ansi_off", "ansi_on"])
@pytest.mark.parametrize(
    ("name", "id"), [("full", id) for id in names(FULL)] + [("empty", id) for id in names(EMPTY)]
)
def test_headgate_answers_as_great_expectations_does(answers, name, id, mode):
    theirs, (report, ours) = answers[name, "gx"][id], answers[name, mode]
    assert report.by_id[id].engine == "headgate"
    assert not theirs["exception_info"]["raised_exception"]
    assert ours[id]["success"] == theirs["success"]
    assert comparable(ours[id]["result"]) == comparable(theirs["result"])
    assert comparable(parameters(ours[id])) == comparable(parameters(theirs))


@pytest.mark.parametrize("mode", ["false", "true"], ids=["ansi_off", "ansi_on"])
@pytest.mark.parametrize("id", names(RAISING))
def test_headgate_raises_where_great_expectations_does(answers, id, mode):
    theirs, (report, ours) = answers["raising", "gx"][id], answers["raising", mode]
    assert (theirs["success"], theirs["result"]) == (ours[id]["success"], ours[id]["result"]) == (False, {})
    assert report.by_id[id].exception is not None
    assert len(report.refusals) == len(RAISING)


def test_rows_are_flagged_where_great_expectations_counts_them(spark, ansi, answers):
    suite = suite_of(*with_ids(FULL))
    flagged = frame(spark, ROWS).transform(flag_failures(suite))
    counts = {failure.expectation_id: failure.rows for failure in count_failures(flagged)}
    by_row = [e.id for e in suite.expectations if e.spec.by_row]
    theirs = {id: answers["full", "gx"][id]["result"]["unexpected_count"] for id in by_row}
    assert counts == {id: count for id, count in theirs.items() if count}
    assert len(counts) > 20


@pytest.fixture(scope="module")
def delegated(spark):
    return validate(frame(spark, ROWS), suite_of(*DELEGATED), suite_parameters={"top": 5})


def test_what_headgate_does_not_compile_is_evaluated_by_great_expectations(delegated):
    engines = {result.id: result.engine for result in delegated.results}
    assert list(engines) == [e["id"] for e in DELEGATED]
    assert {id for id, engine in engines.items() if engine == "headgate"} == {"own"}


@pytest.mark.parametrize(
    ("id", "success", "unexpected"),
    [
        ("case 8: z-scores with a NaN", True, 0),
        ("case 10: times of one day", False, 3),
        ("case 11: texts", True, 0),
        ("case 13: a number and a text", False, None),
        ("own", True, 0),
    ],
)
def test_a_delegated_result_is_great_expectations_own(delegated, id, success, unexpected):
    result = delegated.by_id[id]
    assert result.exception is None
    assert result.success is success
    assert unexpected is None or result.unexpected_count == unexpected


def test_a_placeholder_that_calculates_is_left_to_great_expectations(delegated):
    median = delegated.by_id["median"]
    assert median.kwargs["max_value"] == 10
    assert (median.engine, median.success, median.observed_value, median.severity) == (
        "gx",
        True,
        4.0,
        "warning",
    )


def test_a_placeholder_that_cannot_be_calculated_is_refused(spark):
    unknown = {"$PARAMETER": "nowhere * 2"}
    suite = suite_of(
        rule("column_max_to_be_between", id="no", column="id", max_value=unknown),
        rule("column_values_to_not_be_null", id="yes", column="id"),
    )
    report = validate(spark.range(1), suite)
    assert report.by_id["no"].exception is not None
    assert report.by_id["yes"].success
    assert len(report.refusals) == 1


def test_what_cannot_run_on_spark_is_refused(delegated):
    assert delegated.by_id["not on Spark"].exception is not None
    not_evaluated = [reason for reason in delegated.refusals if "could not be evaluated" in reason]
    assert len(not_evaluated) == 1
    assert not_evaluated[0].startswith("expect_table_row_count_to_equal_other_table")


def test_the_complete_form_comes_from_great_expectations(spark):
    df = spark.createDataFrame([(1,), (2,)], "v int")
    report = validate(df, suite_of(rule(IN_SET, column="v", value_set=[1])), result_format="COMPLETE")
    assert report.results[0].engine == "gx"
    assert report.results[0].result["unexpected_list"] == [2]
    assert report.rows == 2


def test_a_session_view_is_left_as_it_was(spark):
    df = spark.createDataFrame([(1,), (2,)], "v int")
    query = {
        "type": "unexpected_rows_expectation",
        "kwargs": {"unexpected_rows_query": "SELECT * FROM {batch} WHERE v > 1"},
    }
    report = validate(df, suite_of(query))
    assert (report.results[0].success, report.results[0].engine) == (False, "gx")
    assert not spark.catalog.tableExists("tmp_view")
    spark.range(7).createOrReplaceTempView("tmp_view")
    validate(df, suite_of(query))
    assert spark.table("tmp_view").count() == 7
    spark.catalog.dropTempView("tmp_view")


def test_great_expectations_reads_the_report_back(answers):
    from great_expectations.core.expectation_validation_result import ExpectationSuiteValidationResultSchema

    report, _ = answers["full", "false"]
    document = json.loads(json.dumps(report.to_json_dict()))
    for result in document["results"]:
        result["expectation_config"].pop("id")  # these are no UUIDs
    loaded = ExpectationSuiteValidationResultSchema().load(document)
    assert loaded["statistics"] == report.statistics
    assert len(loaded["results"]) == len(FULL)


def test_the_catalogue_is_great_expectations_own():
    from great_expectations.expectations.registry import (
        get_expectation_impl,
        list_registered_expectation_implementations,
    )

    registered = set(list_registered_expectation_implementations())
    assert set(TYPES) == {
        name for name in registered if get_expectation_impl(name).__module__.startswith("great_expectations")
    }
    for name, spec in TYPES.items():
        fields = get_expectation_impl(name).__fields__
        own = {key: field for key, field in fields.items() if key not in COMMON | {"id", "library_metadata"}}
        assert {key: (p.required, p.default, p.nullable) for key, p in spec.parameters.items()} == {
            key: (bool(field.required), field.default, bool(field.allow_none)) for key, field in own.items()
        }, name


def test_a_type_of_ones_own_that_is_not_imported_is_refused(spark):
    text = json.dumps({"name": "s", "expectations": [rule("column_values_to_be_prime", column="v")]})
    suite = load_suite(text, source="s.json", extra_types=["expect_column_values_to_be_prime"])
    report = validate(spark.range(1).select(F.col("id").alias("v")), suite)
    assert (report.success, len(report.refusals)) == (False, 1)
