"""How much of each dirt is planted."""

from __future__ import annotations

from dataclasses import dataclass, fields

__all__ = ["Rates"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """The share of rows, or of the values of columns that can have it, that get each kind of dirt.

    Parameters
    ----------
    exact_duplicate, unreadable, orphan : float
        Shares of the rows of each table; where a share is above 0, a table of 200 rows or more gets
        at least one.
    near_duplicate, same_person : float
        Shares of the patients.
    superseded, late : float
        Shares of the patients and of the encounters.
    unparsable, implausible, missing_required : float
        Shares of values; each costs its row.
    missing_blank, missing_sentinel : float
        Shares of the values that may be missing.
    missing_not_at_random : float
        Share of the great values of weight and glucose.
    date_form, unit, spelling, text_noise, multiline : float
        Shares of the values that have another form; ``multiline`` is of notes.

    Raises
    ------
    ValueError
        A rate is not between 0 and 0.1 (0.3 for other forms and for what is missing not at random), so
        that all kinds together leave no value and no row without room.
    """

    exact_duplicate: float = 0.01
    near_duplicate: float = 0.02
    same_person: float = 0.01
    superseded: float = 0.03
    late: float = 0.01
    unreadable: float = 0.0005
    orphan: float = 0.003
    unparsable: float = 0.002
    implausible: float = 0.0015
    missing_required: float = 0.001
    missing_blank: float = 0.02
    missing_sentinel: float = 0.015
    missing_not_at_random: float = 0.3
    date_form: float = 0.08
    unit: float = 0.15
    spelling: float = 0.1
    text_noise: float = 0.03
    multiline: float = 0.04

    def __post_init__(self) -> None:
        forms = ("missing_not_at_random", "date_form", "unit", "spelling", "text_noise", "multiline")
        for rate in fields(self):
            most = 0.3 if rate.name in forms else 0.1
            if not 0 <= getattr(self, rate.name) <= most:
                raise ValueError(f"{rate.name}={getattr(self, rate.name)!r} is not a rate; use 0 to {most}")
