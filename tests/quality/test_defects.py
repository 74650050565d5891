"""The defects of Great Expectations: its answer is given, the defect is named, and the gate refuses."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest

from headgate.quality import SuiteError, load_suite, validate
from headgate.quality.decision import decide
from headgate.quality.defects import DEFECTS
from tests.quality.oracle import ask
from tests.quality.suites import rule, suite_of

ROOT = Path(__file__).parents[2]
NAN = float("nan")
CUT = {"row_condition": 'col("v") > 0 and col("v") < 5', "condition_parser": "great_expectations"}

CASES = [
    (
        "condition-cut",
        "v int",
        [(9,), (-1,)],
        rule("column_values_to_be_in_set", column="v", value_set=[9], **CUT),
    ),
    (
        "pair-set-without-condition",
        "a int, b int",
        [(1, 1), (2, 2)],
        rule("column_pair_values_to_be_in_set", column_A="a", column_B="b", value_pairs_set=[[1, 1]])
        | {
            "kwargs": {
                "column_A": "a",
                "column_B": "b",
                "value_pairs_set": [[1, 1]],
                "row_condition": "a > 1",
            }
        },
    ),
    (
        "null-in-set",
        "v string",
        [("a",), ("?",)],
        rule("column_values_to_be_in_set", column="v", value_set=["a", None]),
    ),
    (
        "null-in-set",
        "v string",
        [("a",), ("?",)],
        rule("column_distinct_values_to_be_in_set", column="v", value_set=["a", None]),
    ),
    (
        "set-read-twice",
        "v int",
        [(1,), (2,)],
        rule("column_distinct_values_to_equal_set", column="v", value_set=["1", 2]),
    ),
    (
        "deviation-unknown",
        "v double",
        [(1.0,), (1.0,), (1000.0,), (NAN,)],
        rule("column_value_z_scores_to_be_less_than", column="v", threshold=0.1, double_sided=True),
    ),
    (
        "deviation-unknown",
        "v double",
        [(1.0,), (1.0,), (1000.0,), (NAN,)],
        rule("column_values_to_not_be_outliers", column="v", method="std", multiplier=0.1),
    ),
    (
        "text-passes-as-number",
        "v string",
        [("5",), ("much",)],
        rule("column_values_to_be_between", column="v", min_value=1, max_value=20),
    ),
    (
        "text-never-decreases",
        "v string",
        [("b",), ("a",)],
        rule("column_values_to_be_increasing", column="v"),
    ),
    (
        "bound-loses-digits",
        "v bigint",
        [(2**53 + 1,)],
        rule("column_values_to_be_between", column="v", max_value=2**53),
    ),
    (
        "index-0-ignored",
        "a int, v int",
        [(1, 1)],
        rule("column_to_exist", column="v", column_index=0),
    ),
    (
        "flags-leak",
        "v string",
        [("ZZ",)],
        rule("column_values_to_match_regex_list", column="v", regex_list=["(?i)ab", "zz"]),
    ),
]


@pytest.mark.parametrize(
    ("name", "schema", "rows", "expectation"), CASES, ids=[f"{at} {case[0]}" for at, case in enumerate(CASES)]
)
@pytest.mark.parametrize("format_", ["SUMMARY", "BOOLEAN_ONLY"])
def test_the_answer_is_given_with_the_defect_named_and_the_gate_refuses(
    brisk, name, schema, rows, expectation, format_
):
    df = brisk.createDataFrame(rows, schema).coalesce(1)
    report = validate(df, suite_of(expectation), result_format=format_)
    (theirs,) = ask(df, [expectation], format_)["results"]
    assert report.success == theirs["success"]
    # Were this to fail, the defect would have been mended: it goes from the list, and so does the refusal.
    assert theirs["success"] or name == "pair-set-without-condition"
    assert [warning.name for warning in report.warnings] == [name]
    assert any(DEFECTS[name] in refusal for refusal in report.refusals)
    decision = decide(report, rows=len(rows), rejected=0, tolerance=1.0)
    assert not decision.accepted


def test_what_is_answered_of_another_column_or_of_dates_is_named(brisk):
    df = brisk.createDataFrame([(1, dt.date(2024, 1, 2))], "`straße` int, day date").coalesce(1)
    day = {"column": "day", "value_set": ["2024-01-02"]}
    spelled = {"column": "day", "value_set": ["2024-1-2"]}
    report = validate(
        df,
        suite_of(
            rule("column_values_to_be_between", id="other", column="STRASSE", max_value=1),
            rule("column_most_common_value_to_be_in_set", id="most", **day),
            rule("column_distinct_values_to_be_in_set", id="spelled", **spelled),
            rule("column_distinct_values_to_contain_set", id="found", **day),
            rule("column_distinct_values_to_be_in_set", id="right", **day),
        ),
    )
    assert [(warning.expectation_id, warning.name) for warning in report.warnings] == [
        ("other", "name-of-another"),
        ("most", "date-is-no-text"),
        ("spelled", "date-is-no-text"),
        ("found", "date-listed-missing"),
    ]
    assert len(report.refusals) == 3
    assert {warning.name for warning in report.warnings} == OTHERS


OTHERS = {"name-of-another", "date-is-no-text", "date-listed-missing"}


def test_every_defect_has_a_case_and_a_way_out():
    ways_out = (ROOT / "docs/troubleshooting.md").read_text(encoding="utf-8")
    assert {case[0] for case in CASES} | OTHERS == set(DEFECTS)
    assert [name for name in DEFECTS if f"| `{name}` |" not in ways_out] == []


@pytest.mark.parametrize(
    ("schema", "rows", "expectation"),
    [
        ("v int", [(9,)], rule("column_values_to_be_in_set", column="v", value_set=[9])),
        (
            "v string",
            [("b",)],
            rule("column_values_to_not_be_in_set", column="v", value_set=["a", None]),
        ),
        ("v string", [("5",)], rule("column_values_to_be_between", column="v", min_value=1, max_value=20)),
        ("v bigint", [(5,)], rule("column_values_to_be_between", column="v", max_value=100)),
        ("v int, w int", [(1, 1)], rule("column_to_exist", column="v", column_index=0)),
        (
            "v date",
            [(dt.date(2024, 1, 2),)],
            rule("column_distinct_values_to_be_in_set", column="v", value_set=["2024-01-02"]),
        ),
        ("v string", [("ab",)], rule("column_values_to_match_regex_list", column="v", regex_list=["a", "b"])),
        (
            "v double",
            [(1.0,), (2.0,)],
            rule("column_value_z_scores_to_be_less_than", column="v", threshold=2, double_sided=True),
        ),
    ],
)
def test_nothing_is_warned_of_where_the_answer_holds(brisk, schema, rows, expectation):
    report = validate(brisk.createDataFrame(rows, schema).coalesce(1), suite_of(expectation))
    assert report.success
    assert (report.warnings, report.refusals) == ((), ())


UNKNOWN = {"type": "expect_column_values_to_be_nice", "kwargs": {"column": "v"}}


def test_great_expectations_drops_unknown_types_and_a_suite_of_them_passes(brisk):
    df = brisk.createDataFrame([(1,)], "v int")
    answer = ask(df, [UNKNOWN], "SUMMARY")
    assert (answer["success"], answer["results"]) == (True, [])


def test_great_expectations_drops_unknown_severities(brisk):
    df = brisk.createDataFrame([(1,)], "v int")
    answer = ask(df, [rule("column_to_exist", severity="fatal", column="no")], "SUMMARY")
    assert (answer["success"], answer["results"]) == (True, [])


@pytest.mark.parametrize(
    ("listed", "place", "line"),
    [
        ([UNKNOWN], "$.expectations[0].type", 5),
        ([rule("column_to_exist", severity="fatal", column="v")], "$.expectations[0].severity", 9),
        ([rule("column_to_exist", column="v"), rule("column_to_exist", column="v")], "$.expectations[1]", 11),
    ],
    ids=["unknown type", "unknown severity", "written twice"],
)
def test_what_great_expectations_would_drop_or_multiply_is_not_read(listed, place, line):
    text = json.dumps({"name": "s", "expectations": listed}, indent=1)
    with pytest.raises(SuiteError) as caught:
        load_suite(text, source="s.json")
    assert (caught.value.place, caught.value.line) == (place, line)


def test_columns_of_one_name_are_refused(brisk):
    df = brisk.sql("SELECT 1 AS v, 2 AS v")
    report = validate(df, suite_of(rule("column_values_to_be_between", column="v", min_value=0)))
    assert not report.success
    assert len(report.refusals) == 1
