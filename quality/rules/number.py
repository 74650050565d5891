"""Rules that are judged by one number of the data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pyspark.sql import Column
from pyspark.sql import types as T

from headgate.quality.rules.rule import Rule, Watched
from headgate.quality.verdict import Verdict, judge_between

if TYPE_CHECKING:
    from headgate.quality.measure import Measures

__all__ = ["NumberRule"]


@dataclass(frozen=True, eq=False)
class NumberRule(Rule):
    """It is judged by one number of the data, whose key is ``value``.

    ``kind`` is the number's type where it is a value of the column itself.
    """

    value: str = field(kw_only=True)
    rows: str = field(kw_only=True)
    kind: T.DataType | None = field(default=None, kw_only=True)

    def watch(self, watched: Watched, broken: Callable[[], Column] | None) -> None:
        """See `Rule`."""
        super().watch(watched, broken)
        if self.kind is not None:
            watched.kinds[self.value] = self.kind

    def judge(self, measures: Measures) -> Verdict:
        """See `Rule`."""
        value = measures.numbers[self.value]
        if self.expectation.type == "expect_table_row_count_to_equal":
            return Verdict(value == self.expectation.kwargs["value"], {"observed_value": value})
        if self.expectation.type == "expect_column_proportion_of_non_null_values_to_be_between":
            rows = measures.numbers[self.rows]
            value = value / rows if rows else 0
        return judge_between(self.expectation, value)
