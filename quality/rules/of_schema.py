"""Rules that are judged by the schema alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from pyspark.sql import types as T

from headgate.quality.expectation import Expectation
from headgate.quality.rules.rule import Rule
from headgate.quality.schema import type_named
from headgate.quality.verdict import Verdict, judge_between

if TYPE_CHECKING:
    from headgate.quality.measure import Measures

__all__ = ["SchemaRule"]


@dataclass(frozen=True, eq=False)
class SchemaRule(Rule):
    """It is judged by the schema alone: the columns' names, and the type of its own column."""

    columns: tuple[str, ...]
    found: T.DataType | None = None

    def judge(self, measures: Measures) -> Verdict:
        """See `Rule`."""
        expectation, names = self.expectation, list(self.columns)
        name = expectation.type
        if name == "expect_column_to_exist":
            index = expectation.kwargs.get("column_index")
            there = names[index : index + 1 or None] if index else names
            return Verdict(expectation.column in there, {})
        if name == "expect_table_column_count_to_equal":
            return Verdict(len(names) == expectation.kwargs["value"], {"observed_value": len(names)})
        if name == "expect_table_column_count_to_be_between":
            return judge_between(expectation, len(names))
        if name == "expect_table_columns_to_match_ordered_list":
            return _judge_order(expectation.parameter("column_list"), names)
        if name == "expect_table_columns_to_match_set":
            return _judge_set(expectation, names)
        wanted = expectation.kwargs.get("type_list", [expectation.kwargs.get("type_")])
        classes = tuple(filter(None, map(type_named, wanted or ())))
        found = {"observed_value": type(self.found).__name__}
        return Verdict(not classes or isinstance(self.found, classes), found)


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
