"""Defects of Great Expectations 1.24: where its answer is wrong, or says yes to what it did not look at.

`quality.validate` gives its answer all the same, and names the defect; the gate refuses. Pure; sees no
data. Three more defects never come this far, for a suite that has them is not read: types and severities
that Great Expectations does not know and drops without a word, and expectations written twice.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pyspark.sql import types as T

from headgate.quality.measure import Measures
from headgate.quality.report import Defect, Result
from headgate.quality.rules import Rule

__all__ = ["DEFECTS", "HARMLESS", "defects_of"]

DEFECTS: Mapping[str, str] = {
    "condition-cut": "of its condition everything after the first comparison is ignored",
    "pair-set-without-condition": "its condition is left out of some of the counts",
    "null-in-set": "with a null in the set nothing is ever unexpected",
    "set-read-twice": "numbers written as text are found by Spark, and missed by Python",
    "deviation-unknown": "the values have no deviation (NaN, or a single value), and then all of them pass",
    "text-passes-as-number": "values that cannot be read as what they are compared with pass",
    "text-never-decreases": "texts that are no numbers are never out of order",
    "bound-loses-digits": "whole numbers beyond 2^53 are compared without their last digits",
    "index-0-ignored": "column_index 0 is not looked at, and the column stands elsewhere",
    "flags-leak": "flags such as (?i) in one pattern of the list hold for those after it",
    "name-of-another": "it takes another column for the one named: letters differ in case, or are ß for ss",
    "date-is-no-text": "dates are looked for among texts, and not found, or only as Spark writes them",
    "date-listed-missing": "every text is listed as missing, those that were found as well",
}
"""Each defect by its name."""

HARMLESS = frozenset({"date-listed-missing"})
"""Defects that leave the verdict right: they are named, and refuse nothing."""

_BEYOND = 2.0**53
_OUTLYING = ("expect_column_value_z_scores_to_be_less_than", "expect_column_values_to_not_be_outliers")


@dataclass(frozen=True)
class _Looked:
    """What is known of one expectation."""

    rule: Rule
    result: Result
    numbers: Mapping[str, Any]

    @property
    def type(self) -> str:
        return self.rule.expectation.type

    def parameter(self, name: str) -> Any:
        return self.rule.expectation.parameter(name)


def defects_of(rule: Rule, result: Result, measures: Measures) -> tuple[Defect, ...]:
    """Name the defects that bear on one result.

    Parameters
    ----------
    rule : Rule
        How the expectation was planned.
    result : Result
        What came of it.
    measures : Measures
        What was measured.

    Returns
    -------
    tuple of Defect
        Mostly empty.

    Examples
    --------
    >>> from headgate.quality import load_suite, validate
    >>> suite = load_suite('''{"name": "s", "expectations": [{"id": "known-sex",
    ...     "type": "expect_column_values_to_be_in_set",
    ...     "kwargs": {"column": "sex", "value_set": ["f", "m", null]}}]}''', source="s.json")
    >>> report = validate(spark.createDataFrame([("?",)], "sex string"), suite)
    >>> report.success, [warning.name for warning in report.warnings], len(report.refusals)
    (True, ['null-in-set'], 1)
    """
    looked = _Looked(rule, result, measures.numbers)
    return tuple(
        Defect(name=name, expectation_id=result.id, problem=f"{result.name}: {DEFECTS[name]}")
        for name, applies in _APPLIES.items()
        if applies(looked)
    )


def _condition_cut(looked: _Looked) -> bool:
    condition = looked.rule.expectation.row_condition
    return condition is not None and bool(condition.ignored)


def _condition_left_out(looked: _Looked) -> bool:
    of_pairs = looked.type == "expect_column_pair_values_to_be_in_set"
    return of_pairs and looked.rule.expectation.row_condition is not None


def _null_in_set(looked: _Looked) -> bool:
    of_sets = looked.type in (
        "expect_column_values_to_be_in_set",
        "expect_column_distinct_values_to_be_in_set",
    )
    return of_sets and None in looked.parameter("value_set")


def _set_read_twice(looked: _Looked) -> bool:
    asked_twice = looked.type.endswith(("distinct_values_to_contain_set", "distinct_values_to_equal_set"))
    numbers = asked_twice and any(field.family in ("number", "boolean") for field in looked.rule.fields)
    return numbers and any(isinstance(value, str) for value in looked.parameter("value_set"))


def _deviation_unknown(looked: _Looked) -> bool:
    if looked.type not in _OUTLYING or looked.rule.fault is not None:
        return False
    measured = [value for key, value in looked.numbers.items() if key in looked.rule.aggregates]
    if len(measured) < len(looked.rule.aggregates) or not measured:
        return looked.result.exception is None
    deviation, values = (looked.numbers[key] for key in looked.rule.aggregates)
    if looked.parameter("method") == "iqr" and deviation is None:
        return False
    return bool(values) and (deviation is None or math.isnan(deviation))


def _unread(looked: _Looked) -> bool:
    key = looked.rule.unread
    return key is not None and bool(looked.numbers.get(key))


def _texts_in_order(looked: _Looked) -> bool:
    ordered = looked.type.endswith(("to_be_increasing", "to_be_decreasing"))
    return ordered and any(field.family == "text" for field in looked.rule.fields)


def _digits_lost(looked: _Looked) -> bool:
    rule = looked.rule
    if looked.type != "expect_column_values_to_be_between" or not rule.own:
        return False
    bounds = [looked.parameter(name) for name in ("min_value", "max_value")]
    wide = isinstance(rule.fields[0].type, T.LongType | T.DecimalType)
    return wide and any(isinstance(bound, float) and _BEYOND <= abs(bound) < math.inf for bound in bounds)


def _index_ignored(looked: _Looked) -> bool:
    if looked.type != "expect_column_to_exist" or looked.rule.expectation.kwargs.get("column_index") != 0:
        return False
    columns = getattr(looked.rule, "columns", ())
    return looked.result.success and tuple(columns[:1]) != (looked.rule.expectation.column,)


def _flags_leak(looked: _Looked) -> bool:
    listed = looked.parameter("regex_list") if looked.type.endswith("to_match_regex_list") else None
    if "not_match" in looked.type or not listed or looked.parameter("match_on") != "any":
        return False
    return any(re.match(r"\(\?[a-zA-Z-]+\)", pattern) for pattern in listed[:-1])


def _name_of_another(looked: _Looked) -> bool:
    return looked.rule.mistaken


def _texts_for_dates(looked: _Looked) -> list[str]:
    """The texts among which dates are looked for."""
    of_values = "distinct_values" in looked.type or "most_common_value" in looked.type
    rule = looked.rule
    if not of_values or rule.expectation.placeholders:
        return []
    dates = any(field.family in ("date", "timestamp") for field in rule.fields)
    return [value for value in looked.parameter("value_set") or () if isinstance(value, str) and dates]


def _date_is_no_text(looked: _Looked) -> bool:
    texts = _texts_for_dates(looked)
    if not texts or looked.result.success or looked.result.exception is not None:
        return False
    return "most_common" in looked.type or not all(map(_AS_SPARK_WRITES.fullmatch, texts))


def _date_listed_missing(looked: _Looked) -> bool:
    listed = looked.result.result.get("partial_missing_list") or ()
    return bool(_texts_for_dates(looked)) and len(listed) > (looked.result.missing_count or 0)


_AS_SPARK_WRITES = re.compile(r"\d{4}-\d\d-\d\d( \d\d:\d\d:\d\d(\.\d*[1-9])?)?")

_APPLIES: Mapping[str, Callable[[_Looked], bool]] = {
    "condition-cut": _condition_cut,
    "pair-set-without-condition": _condition_left_out,
    "null-in-set": _null_in_set,
    "set-read-twice": _set_read_twice,
    "deviation-unknown": _deviation_unknown,
    "text-passes-as-number": _unread,
    "text-never-decreases": _texts_in_order,
    "bound-loses-digits": _digits_lost,
    "index-0-ignored": _index_ignored,
    "flags-leak": _flags_leak,
    "name-of-another": _name_of_another,
    "date-is-no-text": _date_is_no_text,
    "date-listed-missing": _date_listed_missing,
}
