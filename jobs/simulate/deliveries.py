"""From clean tables to what is delivered: which row comes when, how often, and with which faults."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from headgate.jobs.simulate import names
from headgate.jobs.simulate import vocabulary as words
from headgate.jobs.simulate.chance import Chance
from headgate.jobs.simulate.rates import Rates
from headgate.jobs.simulate.rows import Mark, Row, changed, usual_form
from headgate.jobs.simulate.schema import DELIVERIES, TABLES, Cells, Field
from headgate.jobs.simulate.values import day_forms, soil_values

__all__ = ["deliver"]

TWICE_DELIVERED = ("patients", "encounters")

ORPHANS = {
    "encounters": ("patient_id", "P8"),
    "diagnoses": ("encounter_id", "E8"),
    "labs": ("encounter_id", "E8"),
}
"""Dataset → the column that refers elsewhere, and how a key that is not there begins."""

SMALL = 200
"""A table of fewer rows gets a fault only where its rate comes to a whole row."""

SPARED = ("payers",)
"""Datasets that come without dirt: too small to lose a row."""


def deliver(dataset: str, clean: list[Cells], *, seed: int, rates: Rates) -> list[Row]:
    """The rows of a dataset as delivered.

    Parameters
    ----------
    dataset : str
        One of `schema.TABLES`.
    clean : list of Cells
        Its clean rows.
    seed : int
        The simulation's seed.
    rates : Rates
        How much of each dirt.

    Returns
    -------
    list of Row
        In the order of delivery and, within one, of the file.
    """
    fields = TABLES[dataset]
    usual = usual_form(fields)
    rows = [Row(row, usual(row), float(place)) for place, row in enumerate(clean)]
    if dataset in SPARED:
        return rows
    chance = Chance(seed, f"dirt in {dataset}")
    work = _Work(dataset=dataset, fields=fields, usual=usual, rows=rows, chance=chance, rates=rates)
    if dataset in ORPHANS:
        work.orphan()
    work.free = chance.shuffled([row for row in rows if not row.marks])
    pairs: list[tuple[Row, Row]] = []
    if dataset in TWICE_DELIVERED:
        work.postpone()
        pairs = work.replace()
    if dataset == "patients":
        work.resemble()
    work.tear()
    soil_values(rows, fields, chance=chance, rates=rates)
    for old, new in pairs:
        # A row that cannot be read replaces nothing; one that is refused itself is not replaced.
        if not old.refused and not new.refused:
            old.plant(Mark("superseded", of=new, detail="a later delivery replaces it"))
    work.repeat()
    return sorted(rows, key=lambda row: (row.delivery, row.place))


@dataclass(slots=True, kw_only=True)
class _Work:
    """The rows of one dataset while faults are planted; `free` rows have none yet, in random order."""

    dataset: str
    fields: tuple[Field, ...]
    usual: Callable[[Cells], Cells]
    rows: list[Row]
    chance: Chance
    rates: Rates
    free: list[Row] = field(default_factory=list)

    def at(self, header: str) -> int:
        return next(index for index, column in enumerate(self.fields) if column.header == header)

    def count(self, rate: float) -> int:
        """How many rows a rate stands for; in a table that can lose one, never none."""
        least = 1 if rate > 0 and len(self.rows) >= SMALL else 0
        return max(least, round(rate * len(self.rows)))

    def take(self, count: int) -> list[Row]:
        """The next `count` free rows, which are then free no more."""
        taken, self.free = self.free[:count], self.free[count:]
        return taken

    def add(self, clean: Cells, *, delivery: int, fallible: str) -> Row:
        """A further row, at a random place of a delivery."""
        place = self.chance.uniform() * len(self.rows)
        row = Row(clean, self.usual(clean), place, delivery, fallible)
        self.rows.append(row)
        return row

    def later(self) -> str:
        """A moment between the two deliveries."""
        minutes = self.chance.whole(60, 30 * 1440)
        return (datetime.fromisoformat(DELIVERIES[0]) + timedelta(minutes=minutes)).isoformat(" ", "minutes")

    def orphan(self) -> None:
        """Rows that refer to what is not there: copies of others under keys of their own."""
        column, prefix = ORPHANS[self.dataset]
        at, width = self.at(column), len(self.rows[0].clean[self.at(column)])
        models = [
            self.rows[place] for place in self.chance.some(self.count(self.rates.orphan), of=len(self.rows))
        ]
        for number, model in enumerate(models, start=1):
            own, lost = model.clean[0], f"{prefix}{number:0{width - len(prefix)}d}"
            own = f"{own[0]}{len(self.rows) + 1:0{len(own) - 1}d}"
            row = self.add(changed(model.clean, {0: own, at: lost}), delivery=0, fallible="never")
            row.plant(Mark("orphan", column, lost, lost, detail="refers to a key that is not there"))

    def postpone(self) -> None:
        """Rows that come with the second delivery only, although they are as old as the others."""
        updated = len(self.fields) - 1
        for row in self.take(self.count(self.rates.late)):
            row.clean = changed(row.clean, {updated: self.later()})
            row.cells = self.usual(row.clean)
            row.delivery, row.fallible = 1, "never"
            row.plant(Mark("late", detail=f"belongs to the delivery of {DELIVERIES[0]}"))

    def replace(self) -> list[tuple[Row, Row]]:
        """Rows that the second delivery brings again with other values: the pairs of old and new."""
        updated = len(self.fields) - 1
        pairs = []
        for old in self.take(self.count(self.rates.superseded)):
            clean = changed(old.clean, {updated: self.later()})
            new = self.add(clean, delivery=1, fallible="unless gated")
            old.fallible = "unless gated"
            if self.dataset == "patients":
                city, prefix, _ = self.chance.one_of(names.CITIES)
                code = f"{prefix}{self.chance.whole(1, 60):02d}"
                before = {self.at("City"): city, self.at("Postcode"): code}
            else:
                charge = self.at("charge")
                lower = float(old.clean[charge]) * (0.5 + 0.4 * self.chance.uniform())
                before = {charge: f"{lower:.2f}"}
            old.clean = changed(old.clean, before)
            old.cells = self.usual(old.clean)
            pairs.append((old, new))
        return pairs

    def resemble(self) -> None:
        """The same patient in another form, and the same person under another key."""
        for row in self.take(self.count(self.rates.near_duplicate)):
            row.fallible = "never"
            clean = row.clean
            twin = self.add(clean, delivery=self.chance.whole(0, 1), fallible="never")
            case = self.chance.one_of((str.upper, str.lower))
            blank = self.chance.one_of((" {}", "{}  ", "{}\u00a0"))
            first, last, sex, birth = map(self.at, ("First Name", "Last Name", "Sex", "Birth Date"))
            other_form = {
                first: case(clean[first]),
                last: blank.format(case(clean[last])),
                sex: self.chance.one_of(words.SEX[clean[sex]][1:]),
                birth: self.chance.one_of(day_forms(clean[birth])),
            }
            twin.cells = changed(twin.cells, other_form)
            twin.taken = tuple(column.header for column in self.fields)
            twin.plant(Mark("near_duplicate", of=row, detail="the same patient in another form"))
        for number, row in enumerate(self.take(self.count(self.rates.same_person)), start=1):
            at = self.at(self.chance.one_of(("First Name", "Last Name")))
            name = _misspelt(self.chance, row.clean[at])
            clean = changed(row.clean, {0: f"P9{number:05d}", at: name})
            double = self.add(clean, delivery=0, fallible="never")
            said = f"{row.clean[0]} with '{row.clean[at]}' written '{name}'"
            double.plant(Mark("same_person", of=row, detail=said))

    def tear(self) -> None:
        """Records with fields too few or too many."""
        for row in self.take(self.count(self.rates.unreadable)):
            row.ragged = self.chance.one_of((-2, -1, 1))
            row.refused = True
            detail = f"{abs(row.ragged)} field(s) too {'few' if row.ragged < 0 else 'many'}"
            row.plant(Mark("unreadable", detail=detail))

    def repeat(self) -> None:
        """Rows that stand there twice, letter for letter, in the same file or in the next delivery."""
        models = [row for row in self.rows if not row.ragged]
        for place in self.chance.some(self.count(self.rates.exact_duplicate), of=len(models)):
            model = models[place]
            again = self.dataset in TWICE_DELIVERED and self.chance.happens(0.3)
            copy = self.add(model.clean, delivery=1 if again else model.delivery, fallible="never")
            copy.cells, copy.refused = model.cells, model.refused
            copy.plant(Mark("exact_duplicate", of=model, detail="a copy"))


def _misspelt(chance: Chance, name: str) -> str:
    """A name with one typing error in it: two letters swapped, one left out, one doubled."""
    at = chance.whole(1, len(name) - 2)
    wrong = [name[:at] + name[at + 1] + name[at] + name[at + 2 :], name[:at] + name[at + 1 :]]
    wrong.append(name[:at] + name[at] + name[at:])
    return chance.one_of([form for form in wrong if form != name])
