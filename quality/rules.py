"""The kinds of rules: what an expectation asks of the data, by the way in which it is measured."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql import types as T

from headgate.quality.expectation import Expectation
from headgate.quality.predicates import considered
from headgate.quality.schema import Field

__all__ = [
    "ROWS",
    "UNIQUENESS",
    "Aggregates",
    "Broken",
    "Delegated",
    "Group",
    "GroupRule",
    "NumberRule",
    "RowRule",
    "Rule",
    "SchemaRule",
    "both",
    "broken_if",
    "within",
]

ROWS = "rows"
"""Key of the number of rows of the whole data, which is always measured."""

UNIQUENESS = ("expect_column_values_to_be_unique", "expect_compound_columns_to_be_unique")
"""The expectations that tell a row by its equals."""

Aggregates = Mapping[str, Callable[[], Column]]
"""By key, how each is made. A column costs several calls into the JVM, and a value that is known none."""


@dataclass(frozen=True, eq=False)
class _Rule:
    expectation: Expectation
    mistaken: bool = field(default=False, kw_only=True)
    """Whether Great Expectations takes another column for one that it names."""


@dataclass(frozen=True, eq=False)
class RowRule(_Rule):
    """Each row keeps or breaks it by itself.

    ``rows``, ``counted`` and ``unexpected`` are the keys of three counts: the rows of the
    condition, those of them that count, and those of these that fail. ``unread`` is the key of a
    fourth where values are compared with what they may not be readable as: those that are not.
    ``kept`` is the key of the rows that keep the rule, where they are counted in place of those that
    fail, since other rules ask for the same count.
    """

    fields: tuple[Field, ...]
    expected: Column
    rows: str
    counted: str
    unexpected: str
    aggregates: Aggregates
    unread: str | None = None
    kept: str | None = None


@dataclass(frozen=True, eq=False)
class Group:
    """Rows with equal values in some columns, counted: what uniqueness and distinct counts need."""

    key: str
    expectation: Expectation
    fields: tuple[Field, ...]
    among: Column | None

    @property
    def rows_if(self) -> Column | None:
        """The rows that are grouped; None for all."""
        return both(self.among, within(self.expectation), considered(self.expectation, self.fields))


@dataclass(frozen=True, eq=False)
class GroupRule(_Rule):
    """It is judged by how often each value, or combination of values, occurs.

    ``tests`` are questions about a group's value, which stands in column ``k0``: whether it lies
    ``outside`` or ``inside`` the expectation's set.
    """

    fields: tuple[Field, ...]
    group: Group
    rows: str
    counted: str
    aggregates: Aggregates
    tests: Mapping[str, Column] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class NumberRule(_Rule):
    """It is judged by one number of the data."""

    value: str
    rows: str
    aggregates: Aggregates
    kind: T.DataType | None = None
    """Of the number, where it is a value of the column itself."""


@dataclass(frozen=True, eq=False)
class SchemaRule(_Rule):
    """It is judged by the schema alone: the columns' names, and the type of its own column."""

    columns: tuple[str, ...]
    found: T.DataType | None = None


@dataclass(frozen=True, eq=False)
class Delegated(_Rule):
    """Great Expectations itself must evaluate it.

    ``aggregates`` are measured beside it, so as to know what its answer is worth.
    """

    fields: tuple[Field, ...] = ()
    aggregates: Aggregates = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Broken(_Rule):
    """It cannot be evaluated on this data; ``column`` is the one that is at fault, if one is."""

    reason: str
    column: str | None = None


Rule = RowRule | GroupRule | NumberRule | SchemaRule | Delegated | Broken


def within(expectation: Expectation) -> Column | None:
    """Give the row condition of an expectation; None where it speaks about all rows."""
    return None if expectation.row_condition is None else F.expr(expectation.row_condition.sql)


def both(*conditions: Column | None) -> Column | None:
    """Join conditions, of which None holds for every row; None where all do."""
    joined: Column | None = None
    for condition in conditions:
        if condition is not None:
            joined = condition if joined is None else joined & condition
    return joined


def broken_if(rule: RowRule) -> Column:
    """Tell which rows break a rule: those that count, and fail. Null where that is not known."""
    counted = both(within(rule.expectation), considered(rule.expectation, rule.fields))
    return ~rule.expected if counted is None else counted & ~rule.expected
