"""One row on its way from the clean tables into a file, with the faults that were planted in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from jobs.simulate.schema import Field

__all__ = ["ZONE_HOURS", "Mark", "Row", "local", "usual_cells"]

ZONE_HOURS = -7
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
    clean : list of str
        Its cells as they should stand after cleaning.
    cells : list of str
        Its cells as delivered.
    place : float
        Rows stand in their file by this.
    delivery : int
        Which of `schema.DELIVERIES` brings it.
    fallible : {"always", "unless gated", "never"}
        Whether it can get faults that cost the row: a row that a later one may replace gets only
        those that are seen before the later one is looked for; one whose own fate is the fault, none.
    marks : list of Mark
        The faults planted in it.
    taken : list of str
        The columns that have a fault, by header; no value has two.
    refused : bool
        Whether one of the faults costs the row.
    ragged : int
        Fields too many (or, below 0, too few).
    file, line : str, int
        Where it stands, once it is written.
    """

    clean: list[str]
    cells: list[str]
    place: float
    delivery: int = 0
    fallible: str = "always"
    marks: list[Mark] = field(default_factory=list)
    taken: list[str] = field(default_factory=list)
    refused: bool = False
    ragged: int = 0
    file: str = ""
    line: int = 0


def local(moment: str) -> datetime:
    """The hospital's clock at a UTC moment.

    Examples
    --------
    >>> local("2021-03-04 05:06").isoformat()
    '2021-03-03T22:06:00'
    """
    return datetime.fromisoformat(moment) + timedelta(hours=ZONE_HOURS)


def usual_cells(clean: list[str], fields: tuple[Field, ...]) -> list[str]:
    """A clean row in the usual form of delivery: the usual spellings, moments by the hospital's clock."""
    cells = list(clean)
    for index, column in enumerate(fields):
        if column.codes is not None:
            cells[index] = column.codes[clean[index]][0]
        elif column.role == "timestamp":
            cells[index] = local(clean[index]).isoformat(" ", "minutes")
        elif column.role == "moment":
            cells[index] = clean[index].replace(" ", "T") + "Z"
    return cells
