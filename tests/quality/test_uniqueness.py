"""Proofs of uniqueness say what grouping says, and spare the grouping where keys are unique."""

from __future__ import annotations

import json

import pytest

from headgate.quality import groups, load_suite, validate

CLOSE = [(at // 3 - 5, at % 3, f"t{at}") for at in range(60)]
CASES = {
    "whole numbers that lie close": ("int", CLOSE, ["a", "b"]),
    "of the widest type": ("bigint", [(2**62 + at, -at, "") for at in range(9)], ["a", "b"]),
    "far apart": ("bigint", [(at * 10**12, at, "") for at in range(9)], ["a", "b"]),
    "at both ends": ("bigint", [(-(2**63), 0, ""), (2**63 - 1, 0, "")], ["a"]),
    "one twice": ("int", [*CLOSE, CLOSE[7]], ["a", "b"]),
    "nulls among them": ("int", [*CLOSE, (None, 1, "x"), (None, 2, "y")], ["a", "b"]),
    "the same with null twice": ("int", [*CLOSE, (None, 1, "x"), (None, 1, "y")], ["a", "b"]),
    "texts": ("int", CLOSE, ["c"]),
    "a text and a number": ("int", CLOSE, ["a", "c"]),
    "a text twice": ("int", [*CLOSE, (99, 99, "t7")], ["c"]),
    "texts, and null": ("int", [*CLOSE, (99, 99, None), (98, 98, None)], ["c"]),
    "nought and minus nought": ("double", [(0.0, 0, "x"), (-0.0, 0, "x")], ["a", "c"]),
    "nothing but nulls": ("int", [(None, None, None), (None, None, None)], ["a", "b"]),
    "no rows": ("int", [], ["a", "b"]),
}


def report_on(spark, case, ignore, condition):
    kind, rows, keys = CASES[case]
    kwargs = {"column": keys[0]} if len(keys) == 1 else {"column_list": keys, "ignore_row_if": ignore}
    if condition:
        kwargs |= {"row_condition": "b >= 1", "condition_parser": "spark"}
    name = "expect_column_values" if len(keys) == 1 else "expect_compound_columns"
    rules = [{"type": f"{name}_to_be_unique", "kwargs": kwargs}]
    suite = load_suite(json.dumps({"name": "keys", "expectations": rules}), source="keys")
    return validate(
        spark.createDataFrame(rows, f"a {kind}, b {kind if kind != 'double' else 'int'}, c string"), suite
    )


@pytest.mark.parametrize("condition", [False, True], ids=["all", "some"])
@pytest.mark.parametrize("ignore", ["all_values_are_missing", "any_value_is_missing", "never"])
@pytest.mark.parametrize("case", CASES)
def test_a_proof_finds_what_grouping_finds(spark, monkeypatch, ansi, case, ignore, condition):
    grouped = report_on(spark, case, ignore, condition).results[0]
    monkeypatch.setattr(groups, "MANY", 0)
    proven = report_on(spark, case, ignore, condition).results[0]
    assert (proven.success, proven.result) == (grouped.success, grouped.result)


@pytest.mark.parametrize(
    ("case", "grouping"),
    [
        ("whole numbers that lie close", False),
        ("of the widest type", False),
        ("texts", False),
        ("a text and a number", False),
        ("far apart", True),
        ("one twice", True),
        ("nought and minus nought", True),
    ],
)
def test_rows_are_grouped_only_where_nothing_is_proven(spark, monkeypatch, case, grouping):
    asked = []
    real = groups.group_measures
    monkeypatch.setattr(
        "headgate.quality.measure.group_measures", lambda df, items: asked.append(1) or real(df, items)
    )
    monkeypatch.setattr(groups, "MANY", 0)
    report_on(spark, case, "never", False)
    assert bool(asked) is grouping


def test_few_rows_are_grouped_without_a_proof_before(spark, monkeypatch):
    monkeypatch.setattr(groups, "proof_of", None)
    assert report_on(spark, "texts", "never", False).success
