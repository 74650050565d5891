"""Judge: from what was measured to a verdict in the form of Great Expectations. Pure; sees no data."""

from __future__ import annotations

import datetime as dt
import decimal
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from headgate.quality.catalogue import ResultFormat
from headgate.quality.examples import EXAMPLES, Wanted
from headgate.quality.expectation import Expectation
from headgate.quality.groups import COPIES, DISTINCT, test_key
from headgate.quality.measure import Measures
from headgate.quality.rules import GroupRule, NumberRule, RowRule, SchemaRule
from headgate.quality.schema import type_named

__all__ = ["Verdict", "judge", "plain", "with_examples"]


@dataclass(frozen=True)
class Verdict:
    """What came of one expectation.

    Attributes
    ----------
    success : bool
        As Great Expectations has it.
    result : Mapping
        Its ``result`` in the BASIC form, still without examples; Spark's own values.
    wanted : tuple of Wanted
        What examples would be in order.
    """

    success: bool
    result: Mapping[str, Any]
    wanted: tuple[Wanted, ...] = ()


def judge(rule: RowRule | GroupRule | NumberRule | SchemaRule, measures: Measures) -> Verdict:
    """Judge one expectation.

    Parameters
    ----------
    rule : RowRule, GroupRule, NumberRule or SchemaRule
        How it was planned.
    measures : Measures
        What was measured; nothing that the rule needs may be missing.

    Returns
    -------
    Verdict
        Without examples.

    Raises
    ------
    TypeError
        If the bounds cannot be compared with the number, as in Great Expectations.
    """
    if isinstance(rule, SchemaRule):
        return _judge_schema(rule)
    if isinstance(rule, NumberRule):
        return _judge_number(rule, measures)
    rows, counted = measures.numbers[rule.rows], measures.numbers[rule.counted]
    if isinstance(rule, RowRule):
        return _judge_rows(rule, rows, counted, measures.numbers[rule.unexpected])
    group = measures.groups[rule.group.key]
    if rule.tests:
        return _judge_values(rule, group)
    name = rule.expectation.type
    if name.endswith("to_be_unique"):
        return _judge_rows(rule, rows, counted, group[COPIES])
    if name == "expect_column_unique_value_count_to_be_between":
        return _judge_between(rule.expectation, group[DISTINCT])
    return _judge_between(rule.expectation, group[DISTINCT] / counted if counted else 0)


def _judge_rows(rule: RowRule | GroupRule, rows: int, counted: int, unexpected: int) -> Verdict:
    expectation = rule.expectation
    of_column = expectation.spec is not None and expectation.spec.domain == "column"
    about_nulls = expectation.type.endswith("_be_null")
    success = counted == 0 or (float(counted) - float(unexpected)) / float(counted) >= expectation.mostly
    # Great Expectations sums over nothing, and gets null, for row predicates of a single column.
    count = None if rows == 0 and of_column and isinstance(rule, RowRule) else unexpected
    percent = _percent(count, counted)
    result: dict[str, Any] = {"element_count": rows, "unexpected_count": count, "unexpected_percent": percent}
    if not about_nulls:
        missing = rows - counted
        result |= {
            "missing_count": missing,
            "missing_percent": None if count is None else _percent(missing, rows),
            "unexpected_percent_total": _percent(count, rows),
            "unexpected_percent_nonmissing": percent,
        }
    # What is null needs no example.
    wanted = (Wanted(rule),) if unexpected and not expectation.type.endswith("not_be_null") else ()
    return Verdict(success, result, wanted)


def _percent(part: int | None, whole: int) -> float | None:
    # In this order: Great Expectations' own last digit depends on it.
    return None if part is None or whole == 0 else part / whole * 100


def _judge_values(rule: GroupRule, group: Mapping[str, int]) -> Verdict:
    result: dict[str, Any] = {"observed_value": None}
    wanted = []
    if "outside" in rule.tests:
        result["unexpected_count"] = group[test_key(rule, "outside")]
        if result["unexpected_count"]:
            wanted.append(Wanted(rule, "outside"))
    if "inside" in rule.tests:
        values = rule.expectation.kwargs["value_set"]
        result["missing_count"] = len(values) - group[test_key(rule, "inside")]
        if result["missing_count"]:
            wanted.append(Wanted(rule, "inside"))
    success = not result.get("unexpected_count") and not result.get("missing_count")
    return Verdict(success, result, tuple(wanted))


def _judge_number(rule: NumberRule, measures: Measures) -> Verdict:
    expectation, value = rule.expectation, measures.numbers[rule.value]
    if expectation.type == "expect_table_row_count_to_equal":
        return Verdict(value == expectation.kwargs["value"], {"observed_value": value})
    if expectation.type == "expect_column_proportion_of_non_null_values_to_be_between":
        rows = measures.numbers[rule.rows]
        value = value / rows if rows else 0
    return _judge_between(expectation, value)


def _judge_between(expectation: Expectation, value: Any) -> Verdict:
    number = plain(value)
    low, high = expectation.parameter("min_value"), expectation.parameter("max_value")
    if number is None:
        return Verdict(False, {"observed_value": None})
    if isinstance(number, str) and any(isinstance(bound, dt.date) for bound in (low, high)):
        number = dt.datetime.fromisoformat(number)
        if not any(isinstance(bound, dt.datetime) for bound in (low, high)):
            number = number.date()
    above = low is None or (number > low if expectation.parameter("strict_min") else number >= low)
    below = high is None or (number < high if expectation.parameter("strict_max") else number <= high)
    return Verdict(above and below, {"observed_value": number})


def _judge_schema(rule: SchemaRule) -> Verdict:
    expectation, names = rule.expectation, list(rule.columns)
    name = expectation.type
    if name == "expect_column_to_exist":
        index = expectation.kwargs.get("column_index")
        there = names[index : index + 1 or None] if index else names
        return Verdict(expectation.column in there, {})
    if name == "expect_table_column_count_to_equal":
        return Verdict(len(names) == expectation.kwargs["value"], {"observed_value": len(names)})
    if name == "expect_table_column_count_to_be_between":
        return _judge_between(expectation, len(names))
    if name == "expect_table_columns_to_match_ordered_list":
        return _judge_order(expectation.parameter("column_list"), names)
    if name == "expect_table_columns_to_match_set":
        return _judge_set(expectation, names)
    return _judge_type(rule)


def _judge_order(expected: Sequence[str] | None, names: list[str]) -> Verdict:
    if expected is None or list(expected) == names:
        return Verdict(True, {"observed_value": names})
    mismatched = [
        {"Expected Column Position": at, "Expected": wanted, "Found": found}
        for at, (wanted, found) in enumerate(zip_longest(expected, names))
        if wanted != found
    ]
    return Verdict(False, {"observed_value": names, "details": {"mismatched": mismatched}})


def _judge_set(expectation: Expectation, names: list[str]) -> Verdict:
    expected = set(expectation.parameter("column_set") or ())
    unexpected, missing = sorted(set(names) - expected), sorted(map(str, expected - set(names)))
    result: dict[str, Any] = {"observed_value": sorted(set(names))}
    if not unexpected and not missing:
        return Verdict(True, result)
    parts = {"unexpected": unexpected, "missing": missing}
    result["details"] = {"mismatched": {part: found for part, found in parts.items() if found}}
    return Verdict(not missing and not expectation.parameter("exact_match"), result)


def _judge_type(rule: SchemaRule) -> Verdict:
    wanted = rule.expectation.kwargs.get("type_list", [rule.expectation.kwargs.get("type_")])
    classes = tuple(filter(None, map(type_named, wanted or ())))
    return Verdict(
        not classes or isinstance(rule.found, classes), {"observed_value": type(rule.found).__name__}
    )


def with_examples(
    rule: RowRule | GroupRule | NumberRule | SchemaRule,
    verdict: Verdict,
    examples: Mapping[str, Sequence[tuple[Any, ...]]],
    result_format: ResultFormat,
) -> dict[str, Any]:
    """Complete a verdict's result with examples, in the form asked for.

    Parameters
    ----------
    rule : RowRule, GroupRule, NumberRule or SchemaRule
        How the expectation was planned.
    verdict : Verdict
        What came of it.
    examples : Mapping
        What `headgate.quality.examples.examples_of` gave for what the verdict wanted.
    result_format : str
        BOOLEAN_ONLY, BASIC or SUMMARY.

    Returns
    -------
    dict
        The ``result`` of Great Expectations, plain values only.
    """
    if result_format == "BOOLEAN_ONLY":
        return {}
    result = dict(verdict.result)
    if isinstance(rule, GroupRule) and rule.tests:
        result |= _set_examples(rule, examples, result.get("missing_count", 0))
    elif "unexpected_count" in result:
        values = _unexpected(rule, examples)
        if rule.expectation.type.endswith("not_be_null"):
            values = [None] * min(EXAMPLES, result["unexpected_count"] or 0)
        result["partial_unexpected_list"] = values
        counts = _counts(values) if result_format == "SUMMARY" else None
        if counts is not None:
            result["partial_unexpected_counts"] = counts
    converted: dict[str, Any] = plain(result)
    return converted


def _unexpected(rule: Any, examples: Mapping[str, Sequence[tuple[Any, ...]]]) -> list[Any]:
    found = examples.get(Wanted(rule).key, ())
    domain = rule.expectation.spec.domain
    if domain == "column":
        return [values[0] for values in found]
    if domain == "pair":
        return list(found)
    return [dict(zip(rule.expectation.columns, values, strict=True)) for values in found]


def _counts(values: Sequence[Any]) -> list[dict[str, Any]] | None:
    """Count the sample; Great Expectations leaves the key out where it cannot sort or hash."""
    keys = [tuple(value.values()) for value in values] if values and isinstance(values[0], dict) else values
    try:
        counted = Counter(keys).most_common(EXAMPLES)
        return [
            {"value": value, "count": n} for value, n in sorted(counted, key=lambda one: (-one[1], one[0]))
        ]
    except TypeError:
        return None


def _set_examples(
    rule: GroupRule, examples: Mapping[str, Sequence[tuple[Any, ...]]], missing_count: int
) -> dict[str, Any]:
    parts: dict[str, Any] = {}
    if "outside" in rule.tests:
        parts["partial_unexpected_list"] = [
            value for (value,) in examples.get(Wanted(rule, "outside").key, ())
        ]
    if "inside" in rule.tests:
        found = {value for (value,) in examples.get(Wanted(rule, "inside").key, ())}
        missing = [value for value in rule.expectation.kwargs["value_set"] if value not in found]
        # Great Expectations looks for texts among dates in Python, and never finds one.
        dates = rule.fields[0].family in ("date", "timestamp")
        parts["partial_missing_list"] = missing[:EXAMPLES] if missing_count or dates else []
    return parts


def plain(value: Any) -> Any:
    """Convert a value of Spark's as Great Expectations does for JSON.

    Examples
    --------
    >>> plain([float("nan"), decimal.Decimal("1.50"), dt.date(2024, 1, 2)])
    [None, 1.5, '2024-01-02']
    """
    if isinstance(value, float):
        return None if math.isnan(value) else value
    if isinstance(value, decimal.Decimal):
        return float(value)
    if isinstance(value, dt.date | dt.datetime):
        return value.isoformat()
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set):
        return [plain(item) for item in value]
    if isinstance(value, bytes | bytearray):
        return str(bytes(value))
    return value
