"""Which rows break which rule, and what `split` and `count_failures` make of it."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from chispa import assert_df_equality
from pyspark.sql import functions as F

from headgate.quality import InapplicableError, flag_failures, split, validate
from headgate.quality.engine import answerable
from headgate.quality.failures import FAILURE_TYPE, count_failures
from headgate.quality.plan import plan
from headgate.quality.rows import _invalid_patterns
from headgate.quality.rules import Broken
from tests import engines
from tests.quality.suites import rule, suite_of

NAN = float("nan")


def failing(df, suite, key="k", **options):
    """For each key of a failing row, what its `_failures` hold of ids and values."""
    rows = df.transform(flag_failures(suite, **options)).collect()
    return {row[key]: [(f.expectation_id, f.value) for f in row._failures] for row in rows if row._failures}


def values_failing(spark, ansi, schema, values, name, **kwargs):
    """The values, as text, that break one rule about a column ``v``; each stands in a row of its own."""
    df = spark.createDataFrame(list(enumerate(values)), f"k int, v {schema}")
    suite = suite_of(rule(name, id="r", column="v", **kwargs))
    for planned in answerable(spark, plan(suite, df.schema)):
        if isinstance(planned, Broken):
            assert validate(df, suite).by_id["r"].exception == planned.reason
            pytest.skip(f"lack of {engines.engine()}: {planned.reason}")
    found = failing(df, suite)
    return [value for entries in found.values() for _, value in entries]


BETWEEN, IN_SET, NOT_IN_SET = (
    "column_values_to_be_between",
    "column_values_to_be_in_set",
    "column_values_to_not_be_in_set",
)


@pytest.mark.parametrize(
    ("schema", "values", "name", "kwargs", "failing"),
    [
        ("string", ["a", None, ""], "column_values_to_not_be_null", {}, [None]),
        ("string", ["a", None, ""], "column_values_to_be_null", {}, ["a", ""]),
        ("int", [0, 1, 5, 6, None], BETWEEN, {"min_value": 1, "max_value": 5}, ["0", "6"]),
        ("int", [1, 2], BETWEEN, {"min_value": 1, "strict_min": True}, ["1"]),
        ("double", [NAN, 1.0, -1.0], BETWEEN, {"min_value": 0}, ["-1.0"]),
        ("double", [NAN, 1.0], BETWEEN, {"max_value": 5}, ["NaN"]),
        ("long", [2**53 + 1], BETWEEN, {"max_value": 2**53}, []),
        ("string", ["a", "21", " 3 "], BETWEEN, {"min_value": 1, "max_value": 20}, ["21"]),
        (
            "date",
            [dt.date(2024, 1, 1), dt.date(2023, 1, 1)],
            BETWEEN,
            {"min_value": "2024-01-01"},
            ["2023-01-01"],
        ),
        ("string", ["2024-01-01", "2023-01-01", "?"], BETWEEN, {"min_value": "2024-01-01"}, ["2023-01-01"]),
        ("string", ["a", "b", None, "10"], IN_SET, {"value_set": ["a", 10]}, ["b"]),
        ("string", ["a", "b"], IN_SET, {"value_set": ["a", None]}, []),
        ("string", ["a", None], IN_SET, {"value_set": []}, ["a"]),
        ("string", ["a", None], NOT_IN_SET, {"value_set": []}, []),
        ("int", [1, 2, 3], IN_SET, {"value_set": ["1", 2]}, ["3"]),
        ("double", [1.0, 10.0], IN_SET, {"value_set": ["1.0", 10]}, ["10.0"]),
        ("decimal(3,2)", [Decimal("0.10"), Decimal("0.20")], IN_SET, {"value_set": [0.1]}, ["0.20"]),
        ("float", [0.1, 0.5], IN_SET, {"value_set": [0.1, 0.5]}, ["0.1"]),
        ("float", [16777216.0], IN_SET, {"value_set": [16777217]}, []),
        ("decimal(9,8)", [Decimal("0.00000001")], IN_SET, {"value_set": ["1E-8"]}, []),
        ("date", [dt.date(2024, 1, 2)], NOT_IN_SET, {"value_set": ["2024-01-02"]}, ["2024-01-02"]),
        ("boolean", [True, False], IN_SET, {"value_set": [True]}, ["false"]),
        ("string", ["ab", "abc", None], "column_value_lengths_to_equal", {"value": 2}, ["abc"]),
        ("double", [NAN, 1.5, 12.25], "column_value_lengths_to_be_between", {"max_value": 3}, ["12.25"]),
        ("date", [dt.date(2024, 1, 2)], "column_value_lengths_to_equal", {"value": 10}, []),
        ("decimal(9,8)", [Decimal("0.00000001")], "column_value_lengths_to_equal", {"value": 4}, []),
        ("string", ["xab", "XAB", "b\n", None], "column_values_to_match_regex", {"regex": "b$"}, ["XAB"]),
        ("string", ["é", "e"], "column_values_to_match_regex", {"regex": r"^\w$"}, ["é"]),
        ("int", [15, 25], "column_values_to_not_match_regex", {"regex": "^1"}, ["15"]),
        (
            "string",
            ["ab", "zz", "ZZ", "q"],
            "column_values_to_match_regex_list",
            {"regex_list": ["(?i)ab", "zz"]},
            ["q"],
        ),
        (
            "string",
            ["ab", "a", "b"],
            "column_values_to_match_regex_list",
            {"regex_list": ["a", "b"], "match_on": "all"},
            ["a", "b"],
        ),
        ("string", ["ab", "c"], "column_values_to_not_match_regex_list", {"regex_list": ["x", "c"]}, ["c"]),
        ("string", ["a", "b", "a", None, None], "column_values_to_be_unique", {}, ["a", "a"]),
        (
            "double",
            [NAN, NAN, -0.0, 0.0, 1.0],
            "column_values_to_be_unique",
            {},
            ["NaN", "NaN", "-0.0", "0.0"],
        ),
    ],
)
def test_a_row_breaks_a_rule_about_one_column(spark, ansi, schema, values, name, kwargs, failing):
    found = values_failing(spark, ansi, schema, values, name, **kwargs)
    assert sorted(map(str, found)) == sorted(map(str, failing))


@pytest.mark.parametrize("listed", [["A", "N"], ["A", "x"], ["x", "y", ""]])
@pytest.mark.parametrize("pattern", ["^[AN]$", "A", "^$", "(?i)^a$"])
def test_a_text_that_another_rule_lists_matches_as_ever(spark, listed, pattern):
    texts = ["A", "N", "x", "y", "a", " A", "A\n", "A ", "", None]
    df = spark.createDataFrame(list(enumerate(texts)), "k int, v string")
    rules = [
        rule("column_values_to_match_regex", id="like", column="v", regex=pattern),
        rule("column_values_to_not_match_regex", id="unlike", column="v", regex=pattern),
        rule("column_values_to_match_regex_list", id="any", column="v", regex_list=[pattern, "^y$"]),
        rule("column_values_to_not_match_regex_list", id="none", column="v", regex_list=[pattern, "^y$"]),
    ]
    lists = rule(IN_SET, id="lists", column="V", value_set=listed)
    found = failing(df, suite_of(*rules, lists))
    beside = {key: [one for one in broken if one[0] != "lists"] for key, broken in found.items()}
    assert {key: broken for key, broken in beside.items() if broken} == failing(df, suite_of(*rules))


PAIRS = [(1, 1, 1), (2, 1, 2), (3, 2, 1), (4, None, 1), (5, 1, None), (6, None, None)]


@pytest.mark.parametrize(
    ("name", "kwargs", "failing"),
    [
        ("column_pair_values_to_be_equal", {}, [2, 3, 4, 5]),
        ("column_pair_values_to_be_equal", {"ignore_row_if": "either_value_is_missing"}, [2, 3]),
        ("column_pair_values_to_be_equal", {"ignore_row_if": "neither"}, [2, 3, 4, 5]),
        ("column_pair_values_a_to_be_greater_than_b", {"ignore_row_if": "neither"}, [1, 2]),
        ("column_pair_values_a_to_be_greater_than_b", {"or_equal": True}, [2]),
        ("column_pair_values_to_be_in_set", {"value_pairs_set": [[1, 1], [1, None]]}, [2, 3, 4]),
    ],
)
def test_a_row_breaks_a_rule_about_two_columns(spark, ansi, name, kwargs, failing):
    df = spark.createDataFrame(PAIRS, "k int, a int, b int")
    rows = df.transform(flag_failures(suite_of(rule(name, column_A="a", column_B="b", **kwargs)))).collect()
    assert [row.k for row in rows if row._failures] == failing


@pytest.mark.parametrize(
    ("name", "kwargs", "failing"),
    [
        ("compound_columns_to_be_unique", {}, [1, 2, 4, 5]),
        ("compound_columns_to_be_unique", {"ignore_row_if": "any_value_is_missing"}, [1, 2]),
        ("compound_columns_to_be_unique", {"ignore_row_if": "never"}, [1, 2, 4, 5, 6, 7]),
        ("multicolumn_sum_to_equal", {"sum_total": 2}, [3, 4, 5]),
        ("multicolumn_values_to_be_equal", {}, [3, 4, 5]),
        ("select_column_values_to_be_unique_within_record", {"ignore_row_if": "never"}, [1, 2, 6, 7]),
    ],
)
def test_a_row_breaks_a_rule_about_several_columns(spark, ansi, name, kwargs, failing):
    rows = [(1, 1, 1), (2, 1, 1), (3, 1, 2), (4, None, 1), (5, None, 1), (6, None, None), (7, None, None)]
    df = spark.createDataFrame(rows, "k int, a int, b int")
    flagged = df.transform(flag_failures(suite_of(rule(name, column_list=["a", "b"], **kwargs)))).collect()
    assert sorted(row.k for row in flagged if row._failures) == failing


def test_whole_numbers_are_summed_without_overflow(spark, ansi):
    df = spark.createDataFrame([(1, 2**31 - 1, 1)], "k int, a int, b int")
    total = rule("multicolumn_sum_to_equal", column_list=["a", "b"], sum_total=2**31)
    assert failing(df, suite_of(total)) == {}


@engines.SORTED_ARRAYS
def test_a_row_carries_every_reason(spark):
    df = spark.createDataFrame([(1, -5, "x"), (2, 3, "x"), (3, 200, None)], "k int, age int, name string")
    suite = suite_of(
        rule(BETWEEN, id="age", column="age", min_value=0, max_value=120, mostly=0.5),
        rule("column_values_to_not_be_null", id="named", severity="warning", column="name"),
        rule("column_values_to_be_unique", id="once", severity="info", column="name"),
    )
    expected = spark.createDataFrame(
        [
            (
                1,
                [
                    ("age", "expect_column_values_to_be_between", "age", "-5", "critical"),
                    ("once", "expect_column_values_to_be_unique", "name", "x", "info"),
                ],
            ),
            (2, [("once", "expect_column_values_to_be_unique", "name", "x", "info")]),
            (
                3,
                [
                    ("age", "expect_column_values_to_be_between", "age", "200", "critical"),
                    ("named", "expect_column_values_to_not_be_null", "name", None, "warning"),
                ],
            ),
        ],
        f"k int, _failures {FAILURE_TYPE.simpleString()}",
    )
    found = df.transform(flag_failures(suite)).select("k", "_failures")
    assert_df_equality(found, expected, ignore_nullable=True, ignore_row_order=True)


@engines.lack("nulls in JSON texts", engines.SAIL)
def test_rules_about_several_columns_show_all_their_values(spark):
    df = spark.createDataFrame([(1, 1, None)], "k int, a int, b date")
    suite = suite_of(rule("compound_columns_to_be_unique", id="u", column_list=["a", "b"]))
    assert failing(df.union(df), suite) == {1: [("u", "a=1, b=null")]}


def test_a_row_condition_leaves_the_other_rows_alone(spark, ansi):
    df = spark.createDataFrame(
        [(1, "F", None), (2, "M", None), (3, None, None)], "k int, sex string, due date"
    )
    condition = {"type": "comparison", "column": {"name": "sex"}, "operator": "==", "parameter": "F"}
    suite = suite_of(rule("column_values_to_not_be_null", id="r", column="due", row_condition=condition))
    assert failing(df, suite) == {1: [("r", None)]}


def test_rows_outside_among_hold_nothing_and_spoil_no_uniqueness(spark):
    df = spark.createDataFrame(
        [(1, "a", True), (2, "a", False), (3, "b", True), (4, "b", True), (5, "c", None)],
        "k int, v string, ok boolean",
    )
    suite = suite_of(
        rule("column_values_to_be_unique", id="u", column="v"),
        rule(IN_SET, id="s", column="v", value_set=["a"]),
    )
    found = failing(df, suite, among=F.col("ok"))
    assert found == {3: [("u", "b"), ("s", "b")], 4: [("u", "b"), ("s", "b")]}


def test_a_suite_that_says_nothing_about_rows_gives_empty_arrays(spark):
    df = spark.createDataFrame([(1,)], "k int")
    flagged = df.transform(flag_failures(suite_of(rule("table_row_count_to_equal", value=1))))
    assert flagged.schema["_failures"].dataType == FAILURE_TYPE
    assert flagged.first()._failures == []


def test_columns_keep_their_order_and_earlier_failures_are_replaced(spark):
    df = spark.createDataFrame([("x", 1)], "`a.b` string, k int").withColumn(
        "_failures", F.array().cast(FAILURE_TYPE)
    )
    flagged = df.transform(flag_failures(suite_of(rule("column_values_to_be_unique", column="a.b"))))
    assert flagged.columns == ["a.b", "k", "_failures"]
    assert flagged.first()._failures == []


def test_rules_that_do_not_fit_the_data_are_left_to_validate(spark):
    df = spark.createDataFrame([(1, True)], "k int, b boolean")
    suite = suite_of(
        rule("column_values_to_not_be_null", column="nowhere"),
        rule(IN_SET, column="b", value_set=["true"]),
        rule("column_values_to_match_regex", column="k", regex="[0-9"),
        rule("column_values_to_not_be_null", column="k", row_condition="nowhere > 1"),
        rule("column_values_to_be_in_set", id="r", column="k", value_set=[2]),
    )
    assert failing(df, suite) == {1: [("r", "1")]}


@pytest.mark.parametrize(
    "inapplicable",
    [
        rule("column_values_to_not_be_null", id="x", column="nowhere"),
        rule(IN_SET, id="x", column="b", value_set=["true"]),
        rule("column_values_to_match_regex", id="x", column="k", regex="[0-9"),
        rule("column_values_to_be_unique", id="x", column="k", row_condition="nowhere > 1"),
    ],
)
def test_split_refuses_a_rule_that_does_not_fit_the_data(spark, inapplicable):
    df = spark.createDataFrame([(1, True)], "k int, b boolean")
    with pytest.raises(InapplicableError) as raised:
        split(df, suite_of(rule("column_values_to_not_be_null", column="k"), inapplicable))
    assert raised.value.expectation_id == "x"
    assert raised.value.columns == (inapplicable["kwargs"]["column"],)


def test_split_parts_by_critical_rules_and_loses_no_row(spark):
    df = spark.createDataFrame([(1, "a"), (2, None), (3, "zz")], "k int, v string")
    suite = suite_of(
        rule("column_values_to_not_be_null", column="v"),
        rule("column_value_lengths_to_equal", severity="warning", column="v", value=1),
        rule("table_row_count_to_equal", value=99),
    )
    accepted, rejected = split(df, suite)
    assert_df_equality(accepted, df.where("k <> 2"))
    assert rejected.select("k").collect() == [(2,)]
    assert rejected.columns == ["k", "v", "_failures"]


def test_failures_are_counted_by_rule_with_a_few_examples(spark):
    values = [(k, "long" * 100 if k == 0 else str(k % 8)) for k in range(40)]
    df = spark.createDataFrame(values, "k int, v string")
    suite = suite_of(
        rule(IN_SET, id="none", column="v", value_set=["x"]),
        rule("column_value_lengths_to_equal", id="length", severity="warning", column="v", value=1),
    )
    counts = count_failures(df.transform(flag_failures(suite)))
    assert [(c.expectation_id, c.severity, c.column, c.rows) for c in counts] == [
        ("length", "warning", "v", 1),
        ("none", "critical", "v", 40),
    ]
    assert counts[0].examples == (("long" * 50),)
    assert 1 <= len(counts[1].examples) <= 5
    assert counts == count_failures(df.repartition(3).transform(flag_failures(suite)))


def test_no_failures_give_no_counts(spark):
    df = spark.createDataFrame([(1,)], "k int")
    suite = suite_of(rule("column_values_to_not_be_null", column="k"))
    assert count_failures(df.transform(flag_failures(suite))) == []


def test_planning_takes_as_much_longer_as_there_are_more_rules(spark):
    import time

    df = spark.createDataFrame([(1,)], "k int")

    def seconds(rules: int) -> float:
        suite = suite_of(*(rule(BETWEEN, column="k", min_value=-n) for n in range(rules)))
        started = time.perf_counter()
        assert df.transform(flag_failures(suite)).columns == ["k", "_failures"]
        return time.perf_counter() - started

    seconds(20)  # Java learns
    few, many = seconds(20), seconds(100)
    assert many < 15 * few  # five times as many; by the square it would be 25


def test_a_column_that_is_named_like_a_mark_is_kept(spark):
    df = spark.createDataFrame([("x", 1)], "_broken_hinge string, k int")
    flagged = df.transform(flag_failures(suite_of(rule("column_values_to_not_be_null", column="k"))))
    assert flagged.columns == ["_broken_hinge", "k", "_failures"]


def test_a_pattern_that_could_not_be_asked_about_once_is_asked_about_again(spark, monkeypatch):
    def cancelled(*_, **__):
        raise RuntimeError("the job was cancelled")

    with monkeypatch.context() as patch:
        patch.setattr(type(spark), "sql", cancelled)
        assert _invalid_patterns(spark, frozenset(["^once$"])) == {"^once$"}
    assert _invalid_patterns(spark, frozenset(["^once$", "("])) == {"("}
    assert _invalid_patterns(spark, frozenset(["^once$"])) == frozenset()
