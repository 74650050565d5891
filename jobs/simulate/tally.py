"""Counts of planted faults, found and made up, by kind and dataset."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from headgate.jobs.simulate.schema import TABLES
from headgate.jobs.simulate.truth import Fault

__all__ = ["MISSING", "Outcome", "Place", "Tally"]

Place = tuple[str, int]
"""A file's name and a line of it."""

REMOVED_TWICE = ("exact_duplicate", "near_duplicate")
IN_OTHER_FORM = ("date_form", "unit", "spelling", "text_noise", "multiline")
MISSING = ("missing_blank", "missing_sentinel", "missing_not_at_random")
PARENTS = {
    ("encounters", "patient_id"): "patients",
    ("encounters", "provider_id"): "providers",
    ("encounters", "payer"): "payers",
    ("diagnoses", "encounter_id"): "encounters",
    ("labs", "encounter_id"): "encounters",
}
"""Dataset and column → the dataset whose key the column holds."""


WHOLE_RECORD = None
"""The column of a problem that is not one of a single value."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one row."""

    dataset: str
    removed_as: str | None
    problems: frozenset[str | None]
    failures: frozenset[str | None]
    quarantined: bool
    values: Mapping[str, Any] | None

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Outcome:
        """Read one of the rows that `compare` is given."""
        problems, failures = row.get("problems") or (), row.get("failures") or ()
        severities = [entry.get("severity") or "critical" for entry in (*problems, *failures)]
        return cls(
            dataset=row["dataset"],
            removed_as=row.get("removed_as"),
            problems=frozenset(_column(entry) for entry in problems),
            failures=frozenset(column for entry in failures for column in _columns_of(entry)),
            quarantined="critical" in severities,
            values=row.get("values"),
        )


class Tally:
    """Counts by kind and dataset, filled in one kind after the other."""

    def __init__(self, planted: Sequence[Fault], rows: Mapping[Place, Outcome]) -> None:
        self.planted = planted
        self.rows = rows
        self.found: Counter[tuple[str, str]] = Counter()
        self.invented: Counter[tuple[str, str]] = Counter()
        self.missed: defaultdict[tuple[str, str], list[Place]] = defaultdict(list)
        copies = {_place(fault): fault.of for fault in planted if fault.kind == "exact_duplicate"}
        self._original = {copy: of for copy, of in copies.items() if of is not None}
        self._copies: defaultdict[Place, list[Place]] = defaultdict(list)
        for copy, of in self._original.items():
            self._copies[of].append(copy)

    def duplicates(self) -> None:
        """Copies and near copies: of each group of one and the same thing, the right number must go."""
        leader = {place: self._original.get(place, place) for place in self.rows}
        for fault in self._of_kind("near_duplicate"):
            if fault.of is not None:
                leader.update(dict.fromkeys(self._group(_place(fault)), fault.of))
        due: defaultdict[Place, list[Fault]] = defaultdict(list)
        for fault in self._of_kind(*REMOVED_TWICE):
            due[leader.get(_place(fault), _place(fault))].append(fault)
        gone: defaultdict[Place, list[Outcome]] = defaultdict(list)
        for place, row in self.rows.items():
            if row.removed_as in ("duplicate", "superseded"):
                gone[leader[place]].append(row)
        for first in {**due, **gone}:
            removed = sum(row.removed_as == "duplicate" for row in gone[first])
            replaced = len(gone[first]) - removed
            for fault in sorted(due[first], key=lambda fault: REMOVED_TWICE.index(fault.kind)):
                if removed:
                    removed -= 1
                    self._count(fault, True)
                elif fault.kind == "near_duplicate" and replaced:
                    replaced -= 1
                    self._count(fault, True)
                else:
                    self._count(fault, False)
            if removed:
                self.invented["exact_duplicate", gone[first][0].dataset] += removed

    def deliveries(self) -> None:
        """Older rows that gave way, rows that came late, and people under a second key."""
        superseded, near = self._of_kind("superseded"), self._of_kind("near_duplicate")
        for fault in superseded:
            self._count(fault, any(row.removed_as == "superseded" for row in self._met(fault)))
        places = [_place(fault) for fault in (*superseded, *near)] + [fault.of for fault in near if fault.of]
        meant = {one for place in places for one in self._group(place)}
        for place, row in self.rows.items():
            if row.removed_as == "superseded" and place not in meant:
                self.invented["superseded", row.dataset] += 1
        for fault in self._of_kind("late"):
            self._count(
                fault, any(row.removed_as is None and not row.quarantined for row in self._met(fault))
            )
        for fault in self._of_kind("same_person"):
            self._count(fault, False)

    def values(self) -> None:
        """Faults of single values and of whole records."""
        meant: defaultdict[Place, set[str | None]] = defaultdict(set)
        for fault in self._of_kind("unreadable", "unparsable", "implausible", "missing_required"):
            columns, met = _columns(fault), self._met(fault)
            meant[_place(fault)] |= columns
            if fault.kind in ("unreadable", "unparsable"):
                self._count(fault, any(row.problems & columns for row in met))
            else:
                self._count(fault, any((row.failures | row.problems) & columns for row in met))
        for fault in self._of_kind(*IN_OTHER_FORM, *MISSING):
            # A row that cannot be accepted need not be finished: a unit is of no use without its test.
            here, finished = self.rows.get(_place(fault)), not meant.get(_place(fault))
            self._count(fault, here is not None and _as_meant(here, fault, by_value=finished))
        for place, row in self.rows.items():
            here_meant = meant.get(self._original.get(place, place), set())
            for column in row.problems - here_meant:
                kind = "unreadable" if column is WHOLE_RECORD else "unparsable"
                self.invented[kind, row.dataset] += 1
            if row.failures and not here_meant:
                self.invented["implausible", row.dataset] += 1

    def orphans(
        self, vain: Mapping[tuple[str, str], Collection[str]], lost: Mapping[str, Collection[str]]
    ) -> None:
        """Rows that refer to a key that is not there; `vain` has those that were looked up in vain."""
        planted: defaultdict[tuple[str, str], set[str | None]] = defaultdict(set)
        for fault in self._of_kind("orphan"):
            place = (fault.dataset, fault.column or "")
            planted[place].add(fault.value)
            told = fault.value in vain.get(place, ())
            self._count(fault, told or any(row.quarantined for row in self._met(fault)))
        for (dataset, column), parent in PARENTS.items():
            known = planted[dataset, column] | set(lost.get(parent, ()))
            self.invented["orphan", dataset] += len(set(vain.get((dataset, column), ())) - known)

    def _of_kind(self, *kinds: str) -> list[Fault]:
        return [fault for fault in self.planted if fault.kind in kinds]

    def _group(self, place: Place) -> list[Place]:
        """A row and its planted copies."""
        first = self._original.get(place, place)
        return [first, *self._copies.get(first, [])]

    def _met(self, fault: Fault) -> list[Outcome]:
        """What became of the row with the fault and of its planted copies."""
        return [self.rows[one] for one in self._group(_place(fault)) if one in self.rows]

    def _count(self, fault: Fault, found: bool) -> None:
        key = (fault.kind, fault.dataset)
        if found:
            self.found[key] += 1
        else:
            self.missed[key].append(_place(fault))


def _place(fault: Fault) -> Place:
    return fault.file, fault.row


def _normal(column: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", column.lower()).strip("_")


def _column(entry: Mapping[str, Any]) -> str | None:
    column = entry.get("column")
    return WHOLE_RECORD if column is None or column == "_record" else _normal(column)


def _columns_of(entry: Mapping[str, Any]) -> list[str | None]:
    """The columns of an expectation; those of several come as one text, parted by commas."""
    column = entry.get("column")
    return [WHOLE_RECORD] if column is None else [_normal(part) for part in column.split(",")]


def _columns(fault: Fault) -> frozenset[str | None]:
    """Where a fault may be reported: at its own column; of number and unit, at either."""
    if fault.column is None:
        return frozenset([WHOLE_RECORD])
    pairs = [{field.header, field.unit} for field in TABLES[fault.dataset] if field.unit]
    columns = next((pair for pair in pairs if fault.column in pair), {fault.column})
    return frozenset(_normal(column) for column in columns if column)


def _as_meant(row: Outcome, fault: Fault, *, by_value: bool) -> bool:
    column = _normal(fault.column or "")
    if column in row.problems or WHOLE_RECORD in row.problems:
        return False
    if not by_value or row.values is None or column not in row.values:
        return True
    return _same(row.values[column], fault.clean)


def _same(value: Any, clean: str | None) -> bool:
    """Whether a cleaned value is what the truth says, be it a number, a day, a moment or a text."""
    if value is None or clean is None:
        return value is None and clean is None
    text = " ".join(str(value).split())
    if text == clean:
        return True
    try:
        return math.isclose(float(text), float(clean), rel_tol=1e-6)
    except ValueError:
        pass
    try:
        return datetime.fromisoformat(text).replace(tzinfo=None) == datetime.fromisoformat(clean)
    except ValueError:
        return False
