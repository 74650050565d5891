"""Verdicts: from what was measured to the form of Great Expectations. Pure; sees no data."""

from __future__ import annotations

import datetime as dt
import decimal
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from headgate.quality.catalogue import ResultFormat
from headgate.quality.expectation import Expectation

if TYPE_CHECKING:
    from headgate.quality.rules.group import GroupRule
    from headgate.quality.rules.row import RowRule

__all__ = ["EXAMPLES", "Verdict", "Wanted", "judge_between", "judge_counts", "plain", "shown_of_rows"]

EXAMPLES = 20
"""Greatest number of unexpected values that are collected for one expectation."""


@dataclass(frozen=True)
class Wanted:
    """Values to be collected: those that break a rule, or those for which one of its tests holds."""

    rule: RowRule | GroupRule
    test: str = ""

    @property
    def key(self) -> str:
        """Name it."""
        return f"{self.test} {self.rule.expectation.id}"


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


def judge_counts(
    rule: RowRule | GroupRule, rows: int, counted: int, unexpected: int, *, told: int | None
) -> Verdict:
    """Judge by how many rows fail.

    Parameters
    ----------
    rule : RowRule or GroupRule
    rows, counted, unexpected : int
        The rows of the condition, those of them that count, and those of these that fail.
    told : int or None
        How many fail as Great Expectations tells it.
    """
    expectation = rule.expectation
    success = counted == 0 or (float(counted) - float(unexpected)) / float(counted) >= expectation.mostly
    percent = _percent(told, counted)
    result: dict[str, Any] = {"element_count": rows, "unexpected_count": told, "unexpected_percent": percent}
    if not expectation.type.endswith("_be_null"):
        missing = rows - counted
        result |= {
            "missing_count": missing,
            "missing_percent": None if told is None else _percent(missing, rows),
            "unexpected_percent_total": _percent(told, rows),
            "unexpected_percent_nonmissing": percent,
        }
    # What is null needs no example.
    wanted = (Wanted(rule),) if unexpected and not expectation.type.endswith("not_be_null") else ()
    return Verdict(success, result, wanted)


def _percent(part: int | None, whole: int) -> float | None:
    # In this order: Great Expectations' own last digit depends on it.
    return None if part is None or whole == 0 else part / whole * 100


def judge_between(expectation: Expectation, value: Any) -> Verdict:
    """Judge whether a value lies between the bounds of an expectation."""
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


def shown_of_rows(
    rule: RowRule | GroupRule,
    result: Mapping[str, Any],
    examples: Mapping[str, Sequence[tuple[Any, ...]]],
    result_format: ResultFormat,
) -> dict[str, Any]:
    """Give examples of the rows that fail, where a result counts such."""
    if "unexpected_count" not in result:
        return {}
    values = _unexpected(rule, examples)
    if rule.expectation.type.endswith("not_be_null"):
        values = [None] * min(EXAMPLES, result["unexpected_count"] or 0)
    counts = _counts(values) if result_format == "SUMMARY" else None
    told = {} if counts is None else {"partial_unexpected_counts": counts}
    return {"partial_unexpected_list": values, **told}


def _unexpected(rule: RowRule | GroupRule, examples: Mapping[str, Sequence[tuple[Any, ...]]]) -> list[Any]:
    found, spec = examples.get(Wanted(rule).key, ()), rule.expectation.spec
    if spec is not None and spec.domain == "column":
        return [values[0] for values in found]
    if spec is not None and spec.domain == "pair":
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
