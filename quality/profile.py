"""Profile: numbers that describe a batch, merge with those of another batch, and need not be taken twice.

Counts and sums add up, the least and the greatest are compared, sets are united: the profile of two
batches together is made of theirs, and no row is read again.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

__all__ = ["MOST_VALUES", "Kind", "Profile", "Traits", "merge"]

MOST_VALUES = 50
"""A set of more distinct values than these is not kept."""

Kind = Literal["number", "date", "timestamp"]

Value = str | int | bool


@dataclass(frozen=True, kw_only=True)
class Traits:
    """What is known of one column of a batch; what was not measured is None.

    Attributes
    ----------
    nulls : int
        Rows without a value.
    kind : {'number', 'date', 'timestamp'}, optional
        What the numbers below stand for: numbers themselves, days or microseconds since 1970.
    count : int
        Values that are numbers: neither null, NaN nor infinite.
    total, squares : float, optional
        The sum of the values and of their squares.
    low, high : float, optional
        The least and the greatest value.
    sketch : str, optional
        Of the distinct values, by Spark's ``hll_sketch_agg``, in base64.
    values : tuple, optional
        The distinct values in order, if they are no more than `MOST_VALUES`.
    """

    nulls: int
    kind: Kind | None = None
    count: int = 0
    total: float | None = None
    squares: float | None = None
    low: float | None = None
    high: float | None = None
    sketch: str | None = None
    values: tuple[Value, ...] | None = None

    @property
    def mean(self) -> float | None:
        """The mean of the values."""
        return self.total / self.count if self.total is not None and self.count else None

    @property
    def stddev(self) -> float | None:
        """The standard deviation of the values as a sample, as Spark and Great Expectations have it."""
        if self.total is None or self.squares is None or self.count < 2:
            return None
        # Rounding may bring what is nearly 0 below it.
        spread = max(0.0, self.squares - self.total / self.count * self.total)
        return math.sqrt(spread / (self.count - 1))

    def to_json(self) -> dict[str, Any]:
        """What was measured, as plain data."""
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in vars(self).items()
            if value is not None and (name != "count" or self.kind is not None)
        }


@dataclass(frozen=True)
class Profile:
    """What is known of a batch.

    Attributes
    ----------
    rows : int
    columns : mapping of str to Traits
        By name.
    """

    rows: int
    columns: Mapping[str, Traits] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The profile as plain data; `from_json` reads it back."""
        return {"rows": self.rows, "columns": {name: each.to_json() for name, each in self.columns.items()}}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Profile:
        """Read what `to_json` wrote."""

        def traits(known: Mapping[str, Any]) -> Traits:
            values = known.get("values")
            return Traits(**{**known, "values": None if values is None else tuple(values)})

        return cls(data["rows"], {name: traits(known) for name, known in data["columns"].items()})


def merge(first: Profile, second: Profile, *, union: Callable[[str, str], str] | None = None) -> Profile:
    """The profile of two batches together.

    Parameters
    ----------
    first, second : Profile
        A column that is in one of them only is in the result as it is there. Where a column changed
        its kind, its numbers are left out.
    union : callable, optional
        Makes one sketch of two, such as `headgate.quality.profiling.united`; without it there is none. How
        many distinct values the two have together, only such a sketch can tell.

    Returns
    -------
    Profile

    Examples
    --------
    >>> monday = Profile(3, {"age": Traits(nulls=1, kind="number", count=2, total=70, low=30, high=40)})
    >>> tuesday = Profile(1, {"age": Traits(nulls=0, kind="number", count=1, total=50, low=50, high=50)})
    >>> both = merge(monday, tuesday)
    >>> both.rows, both.columns["age"].mean, both.columns["age"].low, both.columns["age"].high
    (4, 40.0, 30, 50)
    """
    columns = {
        name: _merged(first.columns[name], second.columns[name], union)
        if name in first.columns and name in second.columns
        else first.columns.get(name) or second.columns[name]
        for name in dict.fromkeys([*first.columns, *second.columns])
    }
    return Profile(first.rows + second.rows, columns)


def _merged(one: Traits, other: Traits, union: Callable[[str, str], str] | None) -> Traits:
    sketches = [each.sketch for each in (one, other) if each.sketch is not None]
    united = union(*sketches) if union is not None and len(sketches) == 2 else None
    merged = Traits(nulls=one.nulls + other.nulls, sketch=united, values=_united(one.values, other.values))
    if one.kind != other.kind or one.kind is None:
        return merged
    return replace(
        merged,
        kind=one.kind,
        count=one.count + other.count,
        total=_added(one, other, "total"),
        squares=_added(one, other, "squares"),
        low=min((each for each in (one.low, other.low) if each is not None), default=None),
        high=max((each for each in (one.high, other.high) if each is not None), default=None),
    )


def _added(one: Traits, other: Traits, name: Literal["total", "squares"]) -> float | None:
    first, second = getattr(one, name), getattr(other, name)
    return None if first is None or second is None else first + second


def _united(one: tuple[Value, ...] | None, other: tuple[Value, ...] | None) -> tuple[Value, ...] | None:
    if one is None or other is None:
        return None
    # A column may have changed its type in between.
    values = sorted({*one, *other}, key=lambda value: (type(value).__name__, value))
    return tuple(values) if len(values) <= MOST_VALUES else None
