"""Every difference between Headgate and Great Expectations that the comparison has found, by name.

Each was one; none is. The corpus and the live comparison ask these questions too, among thousands.
"""

from __future__ import annotations

import json

import pytest

from headgate.quality import SuiteError, validate
from headgate.quality.conditions import read_condition
from tests.quality.comparison import same_form, told
from tests.quality.oracle import ask
from tests.quality.record_corpus import answer_of
from tests.quality.suites import rule, suite_of


def same(df, *expectations, result_format="SUMMARY"):
    suite = suite_of(*expectations)
    report = validate(df, suite, result_format=result_format)
    answers = ask(df, [{**e.given, "id": e.id} for e in suite.expectations], result_format)["results"]
    theirs = {one["expectation_config"]["id"]: same_form(answer_of(one)) for one in answers}
    differences = []
    for result in report.results:
        differences += told(result, same_form(answer_of(result.to_json_dict())), theirs[result.id])
    assert not differences, "\n".join(differences)
    return report


def test_white_space_before_a_quoted_value_is_dropped(brisk):
    condition = {"row_condition": 'col("s") == " a"', "condition_parser": "great_expectations"}
    df = brisk.createDataFrame([(" a", 1), ("a", 2), ("a", 3)], "s string, v int").coalesce(1)
    report = same(df, rule("table_row_count_to_equal", value=2, **condition))
    assert report.results[0].observed_value == 2


@pytest.mark.parametrize(
    ("condition", "sql"),
    [
        ('col("s") == "日本"', "`s` == '日本'"),
        ('col("s") == ""', "`s` == ''"),
        ("""col("s") == "O'Brien\"""", "`s` == CAST(X'4F27427269656E' AS STRING)"),
        ("""col("s") != 'say "a"'""", "`s` != 'say \"a\"'"),
        ("""col("s") == "a\\b\"""", "`s` == CAST(X'615C62' AS STRING)"),
        ("""col("s") == "${env:HOME}\"""", "`s` == CAST(X'247B656E763A484F4D457D' AS STRING)"),
        ('COL("s") == "a"', None),
        ('col("s") == "a', None),
        ('col("s") == O\'Brien', None),
    ],
)
def test_a_condition_in_quotes_means_what_it_says(condition, sql):
    if sql is None:
        with pytest.raises(ValueError, match="a single comparison"):
            read_condition(condition, "great_expectations")
    else:
        read = read_condition(condition, "great_expectations")
        assert (read.sql, read.ignored) == (sql, "")


@pytest.mark.parametrize("condition", ['COL("s") == "a"', 'col("s") == "a'])
def test_a_condition_that_great_expectations_cannot_parse_is_refused(condition):
    from great_expectations.expectations.legacy_row_conditions import (
        ConditionParserError,
        parse_great_expectations_condition,
    )

    with pytest.raises(ConditionParserError):
        parse_great_expectations_condition(condition)
    with pytest.raises(ValueError, match="a single comparison"):
        read_condition(condition, "great_expectations")


@pytest.mark.parametrize("listed", [[True], [1, "a"], [None]])
def test_a_list_in_a_condition_holds_texts_or_numbers(brisk, listed):
    condition = {"type": "comparison", "column": {"name": "v"}, "operator": "IN", "parameter": listed}
    expectation = rule("table_row_count_to_equal", value=1, row_condition=condition)
    with pytest.raises(ValueError, match="Parameter type"):
        ask(brisk.createDataFrame([(1,)], "v int"), [expectation], "SUMMARY")
    with pytest.raises(SuiteError) as caught:
        suite_of(expectation)
    assert caught.value.place == "$.expectations[0].kwargs.row_condition"


def test_a_date_before_the_year_1000_is_no_bound(brisk):
    df = brisk.sql("SELECT DATE '0001-01-01' AS v")
    report = same(df, rule("column_values_to_be_between", column="v", min_value="0001-01-01"))
    assert len(report.refusals) == 1


@pytest.mark.parametrize(
    "expectation",
    [
        rule("compound_columns_to_be_unique", column_list=["k", "a.b"]),
        rule("multicolumn_values_to_be_equal", column_list=["k", "a.b"]),
        rule("select_column_values_to_be_unique_within_record", column_list=["k", "a.b"]),
        rule("column_distinct_values_to_be_in_set", column="a.b", value_set=["x"]),
        rule("column_distinct_values_to_contain_set", column="a.b", value_set=["x"]),
        rule("column_distinct_values_to_equal_set", column="a.b", value_set=["x"]),
    ],
    ids=lambda expectation: expectation["type"],
)
def test_a_name_with_a_dot_is_not_found_among_several_columns_nor_in_sets(brisk, expectation):
    df = brisk.createDataFrame([("x", "y")], "k string, `a.b` string").coalesce(1)
    report = same(df, expectation)
    assert "a.b" in report.refusals[0]


def test_a_name_with_a_dot_is_found_elsewhere(brisk):
    df = brisk.createDataFrame([("x", "y")], "k string, `a.b` string").coalesce(1)
    report = same(
        df,
        rule("column_values_to_be_in_set", column="a.b", value_set=["x"]),
        rule("column_pair_values_to_be_equal", column_A="k", column_B="a.b"),
        rule("column_unique_value_count_to_be_between", column="a.b", max_value=1),
    )
    assert report.refusals == ()


def test_binary_values_spoil_no_other_answer(brisk):
    # Great Expectations cannot write them, and raises for the whole run.
    df = brisk.createDataFrame([(bytearray(b"a"), "1"), (bytearray(b"a"), "2")], "x binary, s string")
    report = same(
        df.coalesce(1),
        rule("column_values_to_be_unique", column="x"),
        rule("column_values_to_be_json_parseable", column="s"),
        result_format="COMPLETE",
    )
    assert [result.success for result in report.results] == [False, True]
    assert report.results[0].result["unexpected_list"] == ["b'a'", "b'a'"]


def test_answers_in_numpys_types_can_be_written(brisk):
    df = brisk.createDataFrame([("a",), ("b",)], "s string").coalesce(1)
    partition = {"values": ["a", "b"], "weights": [0.5, 0.5]}
    report = same(
        df,
        rule("column_kl_divergence_to_be_less_than", column="s", partition_object=partition, threshold=0.1),
    )
    assert json.loads(json.dumps(report.to_json_dict()))["results"][0]["success"] is True


def test_a_condition_that_asks_for_more_than_the_row_fails_alone(brisk):
    df = brisk.createDataFrame([("a",)], "s string").coalesce(1)
    by_chance = rule("column_values_to_be_in_set", column="s", value_set=["a"], row_condition="rand() >= 0")
    report = validate(df, suite_of(by_chance, rule("column_values_to_not_be_null", column="s")))
    assert [(result.success, "'rand'" in (result.exception or "")) for result in report.results] == [
        (False, True),
        (True, False),
    ]
