"""One row on its way from the clean tables into a file, with the faults that were planted in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from headgate.jobs.simulate.schema import Cells, Field

__all__ = ["ZONE", "Mark", "Row", "changed", "local", "usual_form"]

ZONE = timedelta(hours=-7)
"""The hospital's clock against UTC, all year round (America/Phoenix)."""


@dataclass(slots=True)
class Mark:
    """A planted fault whose place is not known yet."""

    kind: str
    column: str | None = None
    value: str | None = None
    clean: str | None = None
    of: Row | None = None
    detail: str = ""


@dataclass(slots=True, eq=False)
class Row:
    """One row.

    Parameters
    ----------
    clean : Cells
        Its cells as they should stand after cleaning.
    cells : Cells
        Its cells as delivered.
    place : float
        Rows stand in their file by this.
    delivery : int
        Which of `schema.DELIVERIES` brings it.
    fallible : {"always", "unless gated", "never"}
        Whether it can get faults that cost the row: a row that a later one may replace gets only
        those that are seen before the later one is looked for; one that is the fault by being removed, none.
    marks : tuple of Mark
        The faults planted in it.
    taken : tuple of str
        The columns that have a fault, by header; no value has two.
    refused : bool
        Whether one of the faults costs the row.
    ragged : int
        Fields too many (or, below 0, too few).
    file, line : str, int
        Where it stands, once it is written.
    """

    clean: Cells
    cells: Cells
    place: float
    delivery: int = 0
    fallible: str = "always"
    marks: tuple[Mark, ...] = ()
    taken: tuple[str, ...] = ()
    refused: bool = False
    ragged: int = 0
    file: str = ""
    line: int = 0

    def plant(self, mark: Mark) -> None:
        """Note a fault; no further one comes to its column."""
        self.marks += (mark,)
        if mark.column is not None:
            self.taken += (mark.column,)


def local(moment: str) -> datetime:
    """The hospital's clock at a UTC moment.

    Examples
    --------
    >>> local("2021-03-04 05:06").isoformat()
    '2021-03-03T22:06:00'
    """
    return datetime.fromisoformat(moment) + ZONE


def changed(cells: Cells, values: Mapping[int, str]) -> Cells:
    """The same cells, but for those at the places that `values` names.

    Examples
    --------
    >>> changed(("a", "b"), {1: "c"})
    ('a', 'c')
    """
    return tuple(values.get(place, cell) for place, cell in enumerate(cells))


def usual_form(fields: tuple[Field, ...]) -> Callable[[Cells], Cells]:
    """A function from a clean row to the usual form of delivery.

    The usual form has the usual spellings, and moments by the hospital's clock.
    """
    coded = [
        (index, {code: spellings[0] for code, spellings in field.codes.items()})
        for index, field in enumerate(fields)
        if field.codes is not None
    ]
    timed = [index for index, field in enumerate(fields) if field.role == "timestamp"]
    stamped = [index for index, field in enumerate(fields) if field.role == "moment"]

    def usual(clean: Cells) -> Cells:
        cells = list(clean)
        for index, spelling in coded:
            cells[index] = spelling[clean[index]]
        for index in timed:
            cells[index] = local(clean[index]).isoformat(" ", "minutes")
        for index in stamped:
            cells[index] = clean[index].replace(" ", "T") + "Z"
        return tuple(cells)

    return usual
