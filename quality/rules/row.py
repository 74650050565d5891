"""Rules that each row keeps or breaks by itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pyspark.sql import Column

from headgate.quality.catalogue import ResultFormat
from headgate.quality.predicates import considered
from headgate.quality.rules.rule import Rule, Watched, both, within
from headgate.quality.verdict import Verdict, judge_counts, shown_of_rows

if TYPE_CHECKING:
    from headgate.quality.measure import Measures

__all__ = ["RowRule"]


@dataclass(frozen=True, eq=False)
class RowRule(Rule):
    """Each row keeps or breaks it by itself.

    ``rows``, ``counted`` and ``unexpected`` are the keys of three counts: the rows of the
    condition, those of them that count, and those of these that fail. ``unread`` is the key of a
    fourth where values are compared with what they may not be readable as: those that are not.
    ``kept`` is the key of the rows that keep the rule, where they are counted in place of those that
    fail, since other rules ask for the same count.
    """

    expected: Column = field(kw_only=True)
    rows: str = field(kw_only=True)
    counted: str = field(kw_only=True)
    unexpected: str = field(kw_only=True)
    unread: str | None = field(default=None, kw_only=True)
    kept: str | None = field(default=None, kw_only=True)

    @property
    def told_by_rows(self) -> bool:
        """See `Rule`."""
        return True

    def derived(self, numbers: Mapping[str, Any]) -> Mapping[str, Any]:
        """See `Rule`."""
        if self.kept is None or self.kept not in numbers or self.counted not in numbers:
            return {}
        return {self.unexpected: numbers[self.counted] - numbers[self.kept]}

    def watch(self, watched: Watched, broken: Callable[[], Column] | None) -> None:
        """See `Rule`. Rows that break a critical rule are not among the data."""
        super().watch(watched, broken)
        critical = self.expectation.severity == "critical"
        if broken is not None and critical and self.kept:
            watched.same[self.kept] = self.rows
        elif broken is not None and critical:
            del watched.makers[self.unexpected]
            watched.known[self.unexpected] = 0
        elif broken is not None and not self.kept:
            watched.makers[self.unexpected] = broken
        if self.kept and self.expectation.row_condition is None:
            watched.present[self.fields[0].sql.strip("`")] = self.kept

    def breaks(self, copies: Mapping[str, str] | None = None) -> Column:
        """Which rows break it: those that count, and fail. Null where that is not known."""
        counted = both(within(self.expectation), considered(self.expectation, self.fields))
        return ~self.expected if counted is None else counted & ~self.expected

    def judge(self, measures: Measures) -> Verdict:
        """See `Rule`."""
        rows, counted, unexpected = (
            measures.numbers[key] for key in (self.rows, self.counted, self.unexpected)
        )
        of_column = self.expectation.spec is not None and self.expectation.spec.domain == "column"
        # Great Expectations sums over nothing, and gets null, for row predicates of a single column.
        told = None if rows == 0 and of_column else unexpected
        return judge_counts(self, rows, counted, unexpected, told=told)

    def _shown(
        self,
        result: Mapping[str, Any],
        examples: Mapping[str, Sequence[tuple[Any, ...]]],
        result_format: ResultFormat,
    ) -> Mapping[str, Any]:
        return shown_of_rows(self, result, examples, result_format)
