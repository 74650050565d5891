"""Dirt in single values: other forms, spellings and units, holes, and what cannot be read or be true."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from headgate.jobs.simulate import vocabulary as words
from headgate.jobs.simulate.chance import Chance
from headgate.jobs.simulate.rates import Rates
from headgate.jobs.simulate.rows import Mark, Row, changed, local
from headgate.jobs.simulate.schema import Field

__all__ = ["day_forms", "soil_values"]

HIDDEN_ABOVE = {"weight": 105.0, "glucose": 190.0}
"""Quantity → the value above which it tends not to be written down."""

BEFORE_SUPERSESSION = ("unparsable",)
"""Faults that are seen before a later row of the same key is looked for."""


@dataclass(slots=True)
class Spot:
    """One value of one row, about to be changed."""

    row: Row
    fields: tuple[Field, ...]
    index: int
    chance: Chance

    @property
    def field(self) -> Field:
        return self.fields[self.index]

    @property
    def clean(self) -> str:
        return self.row.clean[self.index]

    def at(self, header: str) -> int:
        return next(index for index, column in enumerate(self.fields) if column.header == header)

    @property
    def quantity(self) -> str:
        return self.field.quantity or self.row.clean[self.at("test")]

    def put(self, kind: str, value: str, clean: str | None, detail: str = "") -> None:
        """Deliver `value` here; `clean` is what is to come of it."""
        if value != self.row.cells[self.index]:
            self.row.cells = changed(self.row.cells, {self.index: value})
            self.row.plant(Mark(kind, self.field.header, value, clean, detail=detail))

    def refuse(self, kind: str, value: str, detail: str) -> None:
        """Deliver `value` here, which costs the row; at most one such fault a row."""
        row = self.row
        if row.refused or row.fallible == "never":
            return
        if row.fallible == "unless gated" and kind not in BEFORE_SUPERSESSION:
            return
        row.refused = True
        self.put(kind, value, None, detail)


Dirt = Callable[[Spot], None]


def soil_values(rows: list[Row], fields: tuple[Field, ...], *, chance: Chance, rates: Rates) -> None:
    """Plant faults in the values of `rows`, at most one a value.

    Parameters
    ----------
    rows : list of Row
        Changed in place.
    fields : tuple of Field
        Their columns.
    chance : Chance
    rates : Rates
    """
    plans = []
    for index, field in enumerate(fields):
        dirts = [(rate, dirt) for rate, dirt in _possible(field, rates) if rate > 0]
        if dirts:
            plans.append((index, dirts))
    uniform = chance.uniform
    for row in rows:
        if row.ragged:
            continue
        for index, dirts in plans:
            drawn = uniform()
            for rate, dirt in dirts:
                drawn -= rate
                if drawn < 0:
                    if fields[index].header not in row.taken:
                        dirt(Spot(row, fields, index, chance))
                    break


def _possible(field: Field, rates: Rates) -> list[tuple[float, Dirt]]:
    dirts: list[tuple[float, Dirt]] = []
    if field.holes:
        dirts += [(rates.missing_blank, _blank), (rates.missing_sentinel, _sentinel)]
    if field.required:
        dirts += [(rates.missing_required, _missing_required)]
    if field.role in ("text", "code"):
        dirts += [(rates.text_noise, _noise)]
    if field.role == "code":
        dirts += [(rates.spelling, _spelling), (rates.unparsable, _unknown_code)]
    if field.role == "icd9":
        dirts += [(rates.unparsable, _unknown_icd9)]
    if field.role == "date":
        dirts += [
            (rates.date_form, _day_form),
            (rates.unparsable, _impossible_day),
            (rates.implausible, _unborn),
        ]
    if field.role == "timestamp":
        dirts += [(rates.date_form, _moment_form), (rates.unparsable, _impossible_moment)]
    if field.after:
        dirts += [(rates.implausible, _too_early)]
    if field.role == "number":
        dirts += [(rates.unparsable, _letters), (rates.implausible, _untrue)]
        if field.unit:
            dirts += [(rates.unit, _other_unit), (rates.missing_not_at_random, _hidden)]
    if field.header == "note":
        dirts += [(rates.multiline, _second_line)]
    return dirts


def _blank(spot: Spot) -> None:
    spot.put("missing_blank", "", None)


def _sentinel(spot: Spot) -> None:
    number = spot.field.role == "number" and spot.chance.happens(0.7)
    spot.put("missing_sentinel", "-999" if number else spot.chance.one_of(words.POSITIVE_SENTINELS), None)


def _hidden(spot: Spot) -> None:
    above = HIDDEN_ABOVE.get(spot.quantity)
    if above is not None and float(spot.clean) > above:
        spot.put("missing_not_at_random", "", None, f"was above {above:g}")


def _missing_required(spot: Spot) -> None:
    spot.refuse("missing_required", "", "no value where there must be one")


def _noise(spot: Spot) -> None:
    text = spot.row.cells[spot.index]
    forms = [f" {text}", f"{text} ", f"  {text}  ", f"\u00a0{text}", f"{text}\u00a0"]
    if " " in text:
        forms += [text.replace(" ", "  "), text.replace(" ", "\u00a0"), text.replace(" ", " \u00a0 ")]
    spot.put("text_noise", spot.chance.one_of(forms), spot.clean)


def _spelling(spot: Spot) -> None:
    assert spot.field.codes is not None
    spot.put("spelling", spot.chance.one_of(spot.field.codes[spot.clean][1:]), spot.clean)


def _unknown_code(spot: Spot) -> None:
    if spot.field.codes is words.UNIT:
        spot.refuse("unparsable", spot.chance.one_of(("furlong", "mg/stone", "units", "x10")), "unknown unit")
    else:
        spot.refuse("unparsable", spot.chance.one_of(("ZZ9", "see chart", "X-4", "#REF!")), "unknown code")


def _unknown_icd9(spot: Spot) -> None:
    spot.refuse(
        "unparsable", spot.chance.one_of(("25O.00", "ABC.12", "see chart", "4-1.9")), "unknown ICD-9 code"
    )


def _letters(spot: Spot) -> None:
    text = spot.row.cells[spot.index]
    wrong = [text.replace("0", "O", 1), text.replace("1", "l", 1), f"{text}x", f"~{text}", f"{text} approx"]
    spot.refuse("unparsable", spot.chance.one_of([form for form in wrong if form != text]), "not a number")


def _untrue(spot: Spot) -> None:
    text = spot.row.cells[spot.index]
    greatest = words.PLAUSIBLE[spot.quantity][1]
    if float(text) * 1000 > greatest and spot.chance.happens(0.5):
        digits = text.replace(".", "") + "000"
        spot.refuse("implausible", digits, "greater than it can be")
    else:
        spot.refuse("implausible", f"-{text}", "less than it can be")


def _other_unit(spot: Spot) -> None:
    other = words.OTHER_UNIT.get(spot.quantity)
    if other is None or spot.field.unit is None:
        return
    unit, size, decimals = other
    value = f"{float(spot.clean) / size:.{decimals}f}"
    spot.put("unit", value, f"{float(value) * size:.6f}", f"in {unit}")
    spot.row.cells = changed(spot.row.cells, {spot.at(spot.field.unit): words.UNIT[unit][0]})
    spot.row.taken += (spot.field.unit,)


def day_forms(day: str) -> list[str]:
    """A day (``2021-03-04``) in the other forms in which days are delivered.

    Examples
    --------
    >>> day_forms("2021-03-04")
    ['04.03.2021', '03/04/2021']
    """
    year, month, number = day.split("-")
    return [f"{number}.{month}.{year}", f"{month}/{number}/{year}"]


def _day_form(spot: Spot) -> None:
    spot.put("date_form", spot.chance.one_of(day_forms(spot.clean)), spot.clean)


def _moment_form(spot: Spot) -> None:
    moment = local(spot.clean)
    here, time = moment.date().isoformat(), moment.isoformat(" ", "minutes")[11:]
    abroad = (datetime.fromisoformat(spot.clean) + timedelta(hours=2)).isoformat("T", "minutes")
    forms = [f"{form} {time}" for form in day_forms(here)]
    forms += [f"{here}T{time}-07:00", f"{spot.clean.replace(' ', 'T')}Z", f"{abroad}+02:00"]
    spot.put("date_form", spot.chance.one_of(forms), spot.clean)


def _impossible(chance: Chance, year: str) -> str:
    return chance.one_of(
        (f"{year}-02-30", f"{year}-13-07", f"31.11.{year}", f"02/31/{year}", f"{year[:3]}O-01-05")
    )


def _impossible_day(spot: Spot) -> None:
    spot.refuse("unparsable", _impossible(spot.chance, spot.clean[:4]), "no such day")


def _impossible_moment(spot: Spot) -> None:
    day, time = _impossible(spot.chance, spot.clean[:4]), spot.clean[11:]
    here = local(spot.clean).date().isoformat()
    spot.refuse(
        "unparsable", spot.chance.one_of((f"{day} {time}", f"{here} 25:61", f"{here} noon")), "no such moment"
    )


def _unborn(spot: Spot) -> None:
    spot.refuse("implausible", f"{int(spot.clean[:4]) + 200}{spot.clean[4:]}", "born after the delivery")


def _too_early(spot: Spot) -> None:
    assert spot.field.after is not None
    start = local(spot.row.clean[spot.at(spot.field.after)])
    early = start - timedelta(days=spot.chance.whole(1, 9), minutes=spot.chance.whole(1, 600))
    spot.refuse("implausible", early.isoformat(" ", "minutes"), f"before {spot.field.after}")


def _second_line(spot: Spot) -> None:
    first = spot.clean or "Seen on rounds."
    value = f'{first}\nNext of kin told, "all well".'
    spot.put("multiline", value, " ".join(value.split()))
