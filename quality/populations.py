"""Populations: the rows that a rule speaks about, and their counts under keys that rules share."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pyspark.sql import Column
from pyspark.sql import functions as F

from headgate.quality.expectation import Expectation
from headgate.quality.predicates import considered, counts_all
from headgate.quality.rules import ROWS, both, within
from headgate.quality.schema import Field

__all__ = ["Population", "count", "without_missing"]


class Population:
    """The rows that an expectation speaks about, and how their counts are made.

    Parameters
    ----------
    expectation : Expectation
    fields : tuple of Field
        What it looks at.
    among : Column or None
        The rows that are the data; None for all.

    Attributes
    ----------
    condition : str
        The expectation's row condition as SQL; empty where it has none.
    rows, counted, group : str
        Keys of the number of rows within the condition, of those of them that have a value, and of
        these in groups. They are equal where what is counted is, however many rules ask for it.
    aggregates : dict
        The first two.
    """

    def __init__(self, expectation: Expectation, fields: tuple[Field, ...], among: Column | None) -> None:
        self._expectation, self._fields, self._among = expectation, fields, among
        self.condition = "" if expectation.row_condition is None else expectation.row_condition.sql
        self.rows = f"{ROWS} | {self.condition}" if self.condition else ROWS
        self.aggregates: dict[str, Callable[[], Column]] = {self.rows: lambda: count(self.within)}
        rule = expectation.parameter("ignore_row_if")
        names = ", ".join(field.sql for field in fields)
        self.group = f"groups of {names} | {rule} | {self.condition}"
        if counts_all(expectation):
            self.counted = self.rows
        else:
            self.counted = without_missing(fields, self.condition, rule or "missing")
            self.aggregates[self.counted] = lambda: count(self.within, self.counted_if)

    @property
    def within(self) -> Column | None:
        """The rows within the row condition; None for all."""
        return both(self._among, within(self._expectation))

    @property
    def counted_if(self) -> Column | None:
        """The rows that have a value, as far as that matters; None for all."""
        return considered(self._expectation, self._fields)


def without_missing(fields: Sequence[Field], condition: str, rule: str = "missing") -> str:
    """Give the key of the rows that have a value."""
    return f"without {rule} {', '.join(field.sql for field in fields)} | {condition}"


def count(*conditions: Column | None) -> Column:
    """Count the rows for which all conditions hold; None holds for every row."""
    condition = both(*conditions)
    # Not by count_if, which evaluates its condition twice.
    return F.count(F.lit(1) if condition is None else F.when(condition, F.lit(1)))
