"""Rules that are judged by how often each value, or combination of values, occurs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pyspark.sql import Column
from pyspark.sql import functions as F

from headgate.quality.catalogue import ResultFormat
from headgate.quality.rules.rule import UNIQUENESS, Group, Rule
from headgate.quality.verdict import (
    EXAMPLES,
    Verdict,
    Wanted,
    judge_between,
    judge_counts,
    shown_of_rows,
)

if TYPE_CHECKING:
    from headgate.quality.measure import Measures

__all__ = ["COPIES", "DISTINCT", "GroupRule", "test_key"]

COPIES = "copies"
DISTINCT = "distinct"
"""Keys of every group's measures: rows whose value occurs more than once, and groups."""


@dataclass(frozen=True, eq=False)
class GroupRule(Rule):
    """It is judged by how often each value, or combination of values, occurs.

    ``tests`` are questions about a group's value, which stands in column ``k0``: whether it lies
    ``outside`` or ``inside`` the expectation's set.
    """

    group: Group = field(kw_only=True)
    rows: str = field(kw_only=True)
    counted: str = field(kw_only=True)
    tests: Mapping[str, Column] = field(default_factory=dict, kw_only=True)

    @property
    def told_by_rows(self) -> bool:
        """See `Rule`."""
        return self.expectation.type in UNIQUENESS

    @property
    def asked_of(self) -> Group:
        """See `Rule`."""
        return self.group

    @property
    def needs(self) -> Sequence[str]:
        """See `Rule`."""
        return (*self.aggregates, self.group.key)

    def group_counts(self) -> Mapping[str, Column]:
        """See `Rule`."""
        return {test_key(self, test): F.count_if(asked) for test, asked in self.tests.items()}

    def breaks(self, copies: Mapping[str, str]) -> Column:
        """See `Rule`."""
        return F.col(copies[self.group.key]) > 1

    def judge(self, measures: Measures) -> Verdict:
        """See `Rule`."""
        group = measures.groups[self.group.key]
        if self.tests:
            return self._judge_values(group)
        rows, counted = measures.numbers[self.rows], measures.numbers[self.counted]
        if self.told_by_rows:
            return judge_counts(self, rows, counted, group[COPIES], told=group[COPIES])
        if self.expectation.type == "expect_column_unique_value_count_to_be_between":
            return judge_between(self.expectation, group[DISTINCT])
        return judge_between(self.expectation, group[DISTINCT] / counted if counted else 0)

    def _judge_values(self, group: Mapping[str, int]) -> Verdict:
        result: dict[str, Any] = {"observed_value": None}
        wanted = []
        if "outside" in self.tests:
            result["unexpected_count"] = group[test_key(self, "outside")]
            if result["unexpected_count"]:
                wanted.append(Wanted(self, "outside"))
        if "inside" in self.tests:
            values = self.expectation.kwargs["value_set"]
            result["missing_count"] = len(values) - group[test_key(self, "inside")]
            if result["missing_count"]:
                wanted.append(Wanted(self, "inside"))
        success = not result.get("unexpected_count") and not result.get("missing_count")
        return Verdict(success, result, tuple(wanted))

    def _shown(
        self,
        result: Mapping[str, Any],
        examples: Mapping[str, Sequence[tuple[Any, ...]]],
        result_format: ResultFormat,
    ) -> Mapping[str, Any]:
        if not self.tests:
            return shown_of_rows(self, result, examples, result_format)
        parts: dict[str, Any] = {}
        if "outside" in self.tests:
            found = examples.get(Wanted(self, "outside").key, ())
            parts["partial_unexpected_list"] = [value for (value,) in found]
        if "inside" in self.tests:
            there = {value for (value,) in examples.get(Wanted(self, "inside").key, ())}
            missing = [value for value in self.expectation.kwargs["value_set"] if value not in there]
            # Great Expectations looks for texts among dates in Python, and never finds one.
            dates = self.fields[0].family in ("date", "timestamp")
            listed = missing[:EXAMPLES] if result.get("missing_count", 0) or dates else []
            parts["partial_missing_list"] = listed
        return parts


def test_key(rule: GroupRule, test: str) -> str:
    """Name the measure that counts the distinct values for which a test of a rule holds."""
    return f"{test} {rule.expectation.id}"
