"""Errors of the ``quality`` package.

Every error carries its fields as attributes and prints as one line that ends with the fix.

::

    QualityError
    ├── SuiteError           a suite cannot be used as it is written
    ├── InapplicableError    a rule of the suite cannot be applied to this data
    └── ReservedNameError    a column of the data has a name that Headgate needs
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from headgate.quality.oneline import one_line

__all__ = ["InapplicableError", "QualityError", "ReservedNameError", "SuiteError"]


_LONG = 1000


class QualityError(Exception):
    """Any error that ``quality`` raises on purpose."""


class SuiteError(QualityError):
    """A suite cannot be used as it is written.

    Attributes
    ----------
    source : str
        The file or name the suite was read from.
    place : str
        JSON path of the value, such as ``$.expectations[3].kwargs.mostly``.
    line : int or None
        Line of the text, counted from 1, where it can be known.
    problem : str
        What is wrong.
    value : object
        The offending value.
    allowed : tuple of str
        What may stand there, where that is a closed list.
    nearest : str or None
        The allowed value whose name is most alike, if any is near.
    fix : str
        What to do about it.
    others : tuple of SuiteError
        What else is wrong with the same suite, where that is known: it is told after this, a line each.
    """

    others: tuple[SuiteError, ...] = ()

    def __init__(
        self,
        *,
        source: str,
        place: str,
        problem: str,
        fix: str,
        value: object = None,
        allowed: Iterable[str] = (),
        line: int | None = None,
    ) -> None:
        self.source = source
        self.place = place
        self.line = line
        self.problem = problem
        self.value = value
        self.allowed = tuple(allowed)
        named = value if isinstance(value, str) and len(value) < _LONG else ""
        near = difflib.get_close_matches(named, self.allowed, n=1)
        self.nearest = near[0] if near else None
        self.fix = one_line(f"did you mean '{self.nearest}'? {fix}" if self.nearest else fix, _LONG)
        where = source if line is None else f"{source}:{line}"
        super().__init__(f"{one_line(where)}: {one_line(place)}: {one_line(problem)}; {self.fix}")

    def __str__(self) -> str:
        said = super().__str__()
        if not self.others:
            return said
        return "\n".join([f"{said} (the first of {len(self.others) + 1})", *map(str, self.others)])


class InapplicableError(QualityError):
    """A rule of the suite cannot be applied to this data.

    Attributes
    ----------
    suite, expectation_id, expectation_type : str
        The rule.
    columns : tuple of str
        The columns that the rule names.
    reason : str
        Why it cannot be applied.
    """

    def __init__(
        self, *, suite: str, expectation_id: str, expectation_type: str, columns: Iterable[str], reason: str
    ) -> None:
        self.suite = suite
        self.expectation_id = expectation_id
        self.expectation_type = expectation_type
        self.columns = tuple(columns)
        self.reason = reason
        super().__init__(
            one_line(f"{suite}: {expectation_type} ({expectation_id}): {reason}")
            + "; correct the suite or the data"
        )


class ReservedNameError(QualityError):
    """A column of the data has a name that Headgate needs for a column of its own.

    Attributes
    ----------
    column : str
        The column.
    """

    def __init__(self, *, column: str) -> None:
        self.column = column
        super().__init__(f"column '{one_line(column)}': the name is Headgate's own; rename the column")
