"""What all kinds of rules have: how an expectation is measured, watched, judged, and shown by examples."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql import types as T

from headgate.quality.catalogue import ResultFormat
from headgate.quality.expectation import Expectation
from headgate.quality.predicates import considered
from headgate.quality.schema import Field
from headgate.quality.verdict import Verdict, plain

if TYPE_CHECKING:
    from headgate.quality.measure import Measures

__all__ = ["ROWS", "UNIQUENESS", "Aggregates", "Group", "Rule", "Watched", "both", "within"]

ROWS = "rows"
"""Key of the number of rows of the whole data, which is always measured."""

UNIQUENESS = ("expect_column_values_to_be_unique", "expect_compound_columns_to_be_unique")
"""The expectations that tell a row by its equals."""

Aggregates = Mapping[str, Callable[[], Column]]
"""By key, how each is made. A column costs several calls into the JVM, and a value that is known none."""


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


@dataclass
class Watched:
    """What is counted of rows while they pass by, as far as the rules of a plan have said so far.

    Attributes
    ----------
    makers : dict
        By key, how each aggregate is made.
    kinds : dict
        By key, the type of a value of the data.
    known : dict
        By key, what need not be counted.
    same : dict
        By key, the key of another that comes to the same.
    present : dict
        By column, the key of the number of its values.
    """

    makers: dict[str, Callable[[], Column]]
    kinds: dict[str, T.DataType] = field(default_factory=dict)
    known: dict[str, Any] = field(default_factory=dict)
    same: dict[str, str] = field(default_factory=dict)
    present: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Rule:
    """What an expectation asks of the data. One class a kind, by the way in which it is measured.

    Whoever goes through a plan asks every rule the same; a kind that has no answer says so.

    Parameters
    ----------
    expectation : Expectation
    mistaken : bool
        Whether Great Expectations takes another column for one that it names.
    fields : tuple of Field
        The columns that it looks at row by row.
    aggregates : mapping
        What is measured of the data for it.
    """

    own: ClassVar[bool] = True
    """Whether Headgate measures and judges it itself."""

    expectation: Expectation
    mistaken: bool = field(default=False, kw_only=True)
    fields: tuple[Field, ...] = field(default=(), kw_only=True)
    aggregates: Aggregates = field(default_factory=dict, kw_only=True)

    @property
    def fault(self) -> str | None:
        """Why it cannot be evaluated on this data; None where it can."""
        return None

    @property
    def column(self) -> str | None:
        """The column that is at fault, if one is."""
        return None

    @property
    def unread(self) -> str | None:
        """The key of the number of values that cannot be read as what they are compared with."""
        return None

    @property
    def told_by_rows(self) -> bool:
        """Whether a row keeps or breaks it, alone or among its equals."""
        return False

    @property
    def asked_of(self) -> Group | None:
        """The group whose counts it needs."""
        return None

    @property
    def needs(self) -> Sequence[str]:
        """The keys without which it cannot be judged."""
        return tuple(self.aggregates)

    def group_counts(self) -> Mapping[str, Column]:
        """What is to be counted of its group's values, by key."""
        return {}

    def derived(self, numbers: Mapping[str, Any]) -> Mapping[str, Any]:
        """Numbers that follow from those that were measured."""
        return {}

    def watch(self, watched: Watched, broken: Callable[[], Column] | None) -> None:
        """Say what is to be counted while rows are written.

        Parameters
        ----------
        watched : Watched
            Is added to.
        broken : callable, optional
            Counts the rows that break it, where they are flagged already.
        """
        watched.makers.update(self.aggregates)

    def breaks(self, copies: Mapping[str, str]) -> Column:
        """Which rows break it; null where that is not known.

        Parameters
        ----------
        copies : mapping
            By the key of a group, the column that counts the rows equal to a row.
        """
        raise NotImplementedError(f"{type(self).__name__} is not told by rows")

    def judge(self, measures: Measures) -> Verdict:
        """What came of it.

        Parameters
        ----------
        measures : Measures
            Of the data; nothing that it needs may be missing.

        Raises
        ------
        TypeError
            The bounds cannot be compared with the number, as in Great Expectations.
        """
        raise NotImplementedError(f"{type(self).__name__} is not judged by Headgate")

    def result(
        self,
        verdict: Verdict,
        examples: Mapping[str, Sequence[tuple[Any, ...]]],
        result_format: ResultFormat,
    ) -> dict[str, Any]:
        """The ``result`` of Great Expectations, plain values only, in the form asked for.

        Parameters
        ----------
        verdict : Verdict
        examples : mapping
            What `headgate.quality.examples.examples_of` gave for what the verdict wanted.
        result_format : str
            BOOLEAN_ONLY, BASIC or SUMMARY.
        """
        if result_format == "BOOLEAN_ONLY":
            return {}
        shown = self._shown(verdict.result, examples, result_format)
        converted: dict[str, Any] = plain({**verdict.result, **shown})
        return converted

    def _shown(
        self,
        result: Mapping[str, Any],
        examples: Mapping[str, Sequence[tuple[Any, ...]]],
        result_format: ResultFormat,
    ) -> Mapping[str, Any]:
        return {}


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
