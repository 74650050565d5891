"""Every kind of rule on every kind of column: the report comes, and no rule spoils another."""

from __future__ import annotations

import pytest

from headgate.quality import load_suite, validate
from headgate.quality.catalogue import TYPES, Parameter
from headgate.quality.flags import Flags
from headgate.quality.inapplicable import inapplicable
from headgate.quality.literals import quote
from headgate.quality.plan import plan
from headgate.quality.rows import flag
from headgate.quality.rules import Broken, Delegated

COLUMNS = {
    "i": "1",
    "big": "CAST(9007199254740993 AS BIGINT)",
    "dec": "CAST(1.50 AS DECIMAL(38,18))",
    "d": "CAST('NaN' AS DOUBLE)",
    "s": "'a'",
    "day": "DATE'2024-01-02'",
    "at": "TIMESTAMP'2024-01-02 03:00:00'",
    "ntz": "TIMESTAMP_NTZ'2024-01-02 03:00:00'",
    "b": "true",
    "bin": "X'00FF'",
    "arr": "array(1, 2)",
    "m": "map('a', 1)",
    "st": "named_struct('x', 1, 'y`z', 2)",
    "span": "INTERVAL '1' DAY",
    "months": "INTERVAL '1' MONTH",
    "none": "NULL",
    "a`b": "1",
    "a.b": "1",
    "__at__": "1",
    "${env:HOME}": "1",
    "select": "1",
    "two words": "1",
}
"""A column of each type, and of each odd name, as SQL."""
NAMES = list(COLUMNS)

ODD = {
    "bound": [0, -1.5, 10**30, "2024-01-02", "2024-01-02T03:00:00+02:00", "0001-01-01", 2**63],
    "number": [0, -1e308],
    "integer": [0, -5],
    "integer_bound": [0],
    "fraction": [0.5],
    "flag": [True],
    "text": ["a", "\x00", "Ⅷ${x}", "O'Brien"],
    "list": [[], [None], ["a", None], [1, "O'Brien\\ ${env:HOME}"], [2**70], [True], [{}], [1.5, -0.0]],
    "texts": [["a"], ["O'Brien", "${env:HOME}"]],
    "object": [{}, {"quantiles": [2], "value_ranges": [[0, 1]]}],
    "pairs": [[[1, "a"]], [[None, None]], [[{}, []]]],
    "any": [1, "x"],
}
"""By kind of parameter, values that no schema promises to fit."""

CONDITIONS = [
    "i > 0",
    "country = 'UK' ANDD score > 1",
    "nowhere > 1",
    "CAST(s AS INT) > 1",
    "(",
    "raise_error('no') IS NULL",
]


def values_of(parameter: Parameter) -> list[object]:
    if parameter.kind == "choice":
        return list(parameter.choices)
    return ODD.get(parameter.kind, [])


def kwargs_of(name: str, columns: list[str], at: int) -> dict[str, object]:
    """Parameters for one column: the odd values take turns."""
    column, other = columns[at], columns[(at + 1) % len(columns)]
    kwargs: dict[str, object] = {}
    for key, parameter in TYPES[name].parameters.items():
        values = values_of(parameter)
        if key == "column":
            kwargs[key] = column
        elif key == "column_list":
            kwargs[key] = [column, other]
        elif parameter.kind == "name":
            kwargs[key] = column if key == "column_A" else other
        elif values and (parameter.required or key == "min_value"):
            kwargs[key] = values[at % len(values)]
    return kwargs


def every_rule(columns: list[str]) -> list[dict[str, object]]:
    """Every type of expectation on every column, and every condition on one."""
    rules = [
        {"type": name, "kwargs": kwargs_of(name, columns, at)}
        for name, spec in TYPES.items()
        if spec.runs_on_spark and name != "unexpected_rows_expectation"
        for at in range(1 if spec.domain == "table" else len(columns))
    ]
    rules += [
        {"type": "expect_column_values_to_match_regex", "kwargs": {"column": "s", "regex": regex}}
        for regex in ("[0-9", "(?<=a+)b", "\\")
    ]
    for condition in CONDITIONS:
        for name, column in (("values_to_not_be_null", "i"), ("values_to_be_unique", "m")):
            kwargs = {"column": column, "row_condition": condition, "condition_parser": "spark"}
            rules.append({"type": f"expect_column_{name}", "kwargs": kwargs})
    seen = {str(rule): rule for rule in rules}
    return [{**rule, "id": f"e{at}"} for at, rule in enumerate(seen.values())]


def loaded(rules: list[dict[str, object]]):
    """The suite of the rules that can be read at all; what cannot is told elsewhere."""
    from headgate.quality import SuiteError

    kept = []
    for rule in rules:
        try:
            load_suite({"name": "s", "expectations": [rule]})
        except SuiteError:
            continue
        kept.append(rule)
    return load_suite({"name": "s", "expectations": kept})


@pytest.fixture(scope="module")
def every(brisk):
    row = f"SELECT {', '.join(COLUMNS.values())}"
    return brisk.sql(f"{row} UNION ALL {row}").toDF(*NAMES).coalesce(1)


def test_no_rule_spoils_another(every, monkeypatch):
    """Great Expectations, which takes minutes for so many, is asked nothing; the rest is measured."""
    from headgate.quality import validation

    asked = []
    monkeypatch.setattr(validation, "_by_great_expectations", lambda df, some, *_: asked.extend(some) or {})
    suite = loaded(every_rule(NAMES))
    assert len(suite.expectations) > 500
    report = validate(every, suite, result_format="BOOLEAN_ONLY")
    assert report.rows == 2
    assert len(report.results) == len(suite.expectations)
    told = {result.id: result for result in report.results}
    for result in report.results:
        # Each has an answer, or a reason and a refusal with its place.
        assert result.exception is None or f"({result.expectation.place})" in " ".join(report.refusals)
    not_null = {
        result.column: result.success
        for result in report.results
        if result.type == "expect_column_values_to_not_be_null"
        and result.expectation.row_condition is None
        and result.exception is None
    }
    assert not_null == {name: name != "none" for name in COLUMNS}
    assert {type(rule) for rule in plan(suite, every.schema)} >= {Broken, Delegated}
    of_syntax = [result for result in told.values() if "is not SQL" in (result.exception or "")]
    assert {one.expectation.row_condition.sql for one in of_syntax} == {CONDITIONS[1], CONDITIONS[4]}
    assert asked

    problems = inapplicable(every, suite)
    assert {one.value for one in problems if "is not SQL" in one.problem} == {CONDITIONS[1], CONDITIONS[4]}
    assert all(one.place.endswith(".row_condition") for one in problems if "is not SQL" in one.problem)


def test_rows_are_marked_by_the_rules_that_fit(every):
    rules = [{"type": "expect_column_values_to_be_unique", "kwargs": {"column": name}} for name in NAMES]
    rules += [{"type": "expect_column_values_to_be_null", "kwargs": {"column": name}} for name in NAMES]
    rules.append(
        {
            "type": "expect_column_values_to_not_be_null",
            "kwargs": {"column": "i", "row_condition": "a ANDD b", "condition_parser": "spark"},
        }
    )
    rows, flags = flag(every, load_suite({"name": "s", "expectations": rules}))
    assert isinstance(flags, Flags)
    # A map cannot be grouped by; and the condition is no SQL.
    assert len(flags.ids) == len(rules) - 2
    assert str(rows.select(*map(quote, NAMES)).collect()) == str(every.collect())
    assert rows.where(flags.critical).count() == 2
