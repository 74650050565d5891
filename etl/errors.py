"""Errors of the ``etl`` package.

Every error carries its fields as attributes and prints as one line that ends with the fix.

::

    EtlError
    ├── MissingColumnError      a step names a column that the data lacks
    ├── ParameterError          a step was given a value that it cannot take
    ├── EngineError             a step would not give on this engine what it gives on Spark
    └── InputError              a file or table cannot be read as declared
        └── InputMissingError   it is not there at all
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

__all__ = [
    "REFUSED_BY_DATA",
    "EngineError",
    "EtlError",
    "InputError",
    "InputMissingError",
    "MissingColumnError",
    "ParameterError",
    "together",
]


REFUSED_BY_DATA = "[HEADGATE_REFUSED]"
"""Begins what Spark's ``raise_error`` says in a row that none may have: the job is refused, not broken."""


class EtlError(Exception):
    """Any error that ``etl`` raises on purpose."""


class MissingColumnError(EtlError):
    """A step names a column that the data lacks.

    Attributes
    ----------
    step : str
        The transform that was applied.
    column : str
        The column it asked for.
    columns : tuple of str
        The columns that the data has.
    nearest : str or None
        The column whose name is most alike, if any is near.
    """

    def __init__(self, *, step: str, column: str, columns: Iterable[str]) -> None:
        self.step = step
        self.column = column
        self.columns = tuple(columns)
        near = difflib.get_close_matches(column, self.columns, n=1)
        self.nearest = near[0] if near else None
        hint = f"; did you mean '{self.nearest}'?" if self.nearest else ""
        have = ", ".join(self.columns[:12]) + (" …" if len(self.columns) > 12 else "")
        super().__init__(f"{step}: there is no column '{column}'{hint} (columns: {have or 'none'})")


class ParameterError(EtlError):
    """A step was given a value that it cannot take.

    Attributes
    ----------
    step, parameter : str
        Where the value was given.
    value : object
        The value.
    allowed : str
        What is allowed, in words.
    """

    def __init__(self, *, step: str, parameter: str, value: object, allowed: str) -> None:
        self.step = step
        self.parameter = parameter
        self.value = value
        self.allowed = allowed
        super().__init__(f"{step}: {parameter}={value!r} is not allowed; use {allowed}")


class EngineError(EtlError):
    """A step would not give on this engine what it gives on Spark.

    Attributes
    ----------
    step : str
        The transform that was applied.
    engine : str
        The engine, such as ``sail``.
    lack : str
        What it does otherwise.
    fix : str
        What to do about it.
    """

    def __init__(self, *, step: str, engine: str, lack: str, fix: str) -> None:
        self.step = step
        self.engine = engine
        self.lack = lack
        self.fix = fix
        super().__init__(f"{step}: {engine} {lack}; {fix}")


class InputError(EtlError):
    """A file or table cannot be read as declared.

    Attributes
    ----------
    dataset, file : str
        What was read, and from where.
    reason : str
        What is wrong.
    row : int or None
        The physical line of the file, counted from 1, where it is known.
    column : str or None
        The column, where it is known.
    fix : str
        What to do about it.
    """

    def __init__(
        self,
        *,
        dataset: str,
        file: str,
        reason: str,
        fix: str,
        row: int | None = None,
        column: str | None = None,
    ) -> None:
        self.dataset = dataset
        self.file = file
        self.reason = reason
        self.row = row
        self.column = column
        self.fix = fix
        place = file + (f":{row}" if row is not None else "") + (f" [{column}]" if column else "")
        super().__init__(f"{dataset}: {place}: {reason}; {fix}")


class InputMissingError(InputError):
    """A file or table that is to be read is not there."""


def together(errors: Sequence[InputError]) -> InputError:
    """One error that tells of all of these, a line each; the error itself where there is one."""
    if len(errors) == 1:
        return errors[0]
    first = errors[0]
    both = InputError(
        dataset=first.dataset,
        file=first.file,
        reason=first.reason,
        fix=first.fix,
        row=first.row,
        column=first.column,
    )
    both.args = ("\n".join(map(str, errors)),)
    return both
