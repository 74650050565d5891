"""Planted against found: what the run made of every planted fault, and which faults it made up."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from jobs.simulate.schema import TABLES
from jobs.simulate.truth import KINDS, Fault, Truth

__all__ = ["compare"]

Place = tuple[str, int]

REMOVED_TWICE = ("exact_duplicate", "near_duplicate")
IN_OTHER_FORM = ("date_form", "unit", "spelling", "text_noise", "multiline")
MISSING = ("missing_blank", "missing_sentinel", "missing_not_at_random")
PARENT = {"encounters": "patients", "diagnoses": "encounters", "labs": "encounters"}
SHOWN = 3

NOTES = {
    "exact_duplicate": "found: as many copies removed as planted, whichever was kept",
    "near_duplicate": "found: one row of the patient is left",
    "same_person": "planted, not searched for: it takes record linkage",
    "superseded": "found: the older row gave way to the newer one",
    "late": "found: the row was taken in",
    "unreadable": "found: the record was quarantined with its text",
    "orphan": "found: it refers to the unknown member, or was quarantined",
    "unparsable": "found: a problem was recorded at the very value",
    "implausible": "found: the gate's suite failed the row at this value",
    "missing_required": "found: the gate's suite failed the row at this value",
}


@dataclass(frozen=True, slots=True)
class _Row:
    """What became of one row."""

    dataset: str
    fate: str | None
    problems: frozenset[str | None]
    failures: frozenset[str | None]
    quarantined: bool
    values: Mapping[str, Any] | None


def compare(
    truth: Truth,
    found: Iterable[Mapping[str, Any]],
    *,
    unknown: Mapping[str, Collection[str]] | None = None,
) -> list[dict[str, Any]]:
    """Hold what a run found against what was planted.

    Parameters
    ----------
    truth : Truth
        The truth about the landing.
    found : iterable of mapping
        One a row of the staged tables, rows with nothing to tell included: ``dataset``, ``file``
        (its name, with or without a folder), ``row`` (physical line), ``fate`` (null, ``duplicate``,
        ``superseded`` or ``dropped:…``), ``problems`` (each with ``column``, null for a record that
        cannot be read, and ``severity``), ``failures`` (each with ``column``; ``severity`` is
        critical unless given), and, where cleaned values are to be compared with the truth too,
        ``values`` (column → cleaned value, moments in UTC).
    unknown : mapping of str to collection of str, optional
        Dataset → the keys that its fact rows referred to in vain, that is, which led to the
        unknown member.

    Returns
    -------
    list of dict
        One a kind and dataset: ``kind``, ``dataset``, ``planted``, ``found``, ``missed``,
        ``invented`` (faults of this kind reported where none was planted), ``note``.
    """
    planted = [fault for fault in truth.faults]
    rows = {(_base(row["file"]), int(row["row"])): _row(row) for row in found}
    tally = _Tally(planted, rows)
    tally.duplicates()
    tally.superseded()
    tally.values()
    tally.orphans(unknown, truth.lost)
    return tally.table(
        compared=any(row.values is not None for row in rows.values()), unknown=unknown is not None
    )


class _Tally:
    """Counts by kind and dataset, filled in one kind after the other."""

    def __init__(self, planted: list[Fault], rows: Mapping[Place, _Row]) -> None:
        self.planted = planted
        self.rows = rows
        self.found: Counter[tuple[str, str]] = Counter()
        self.invented: Counter[tuple[str, str]] = Counter()
        self.missed: defaultdict[tuple[str, str], list[Place]] = defaultdict(list)
        copies = {_place(fault): fault.of for fault in planted if fault.kind == "exact_duplicate"}
        self.original = {copy: of for copy, of in copies.items() if of is not None}
        self.alike: defaultdict[Place, list[Place]] = defaultdict(list)
        for copy, of in self.original.items():
            self.alike[of].append(copy)

    def group(self, place: Place) -> list[Place]:
        """The row and its planted copies."""
        first = self.original.get(place, place)
        return [first, *self.alike.get(first, [])]

    def met(self, place: Place) -> list[_Row]:
        """What became of the row and its planted copies."""
        return [self.rows[one] for one in self.group(place) if one in self.rows]

    def of_kind(self, *kinds: str) -> list[Fault]:
        return [fault for fault in self.planted if fault.kind in kinds]

    def count(self, fault: Fault, found: bool) -> None:
        key = (fault.kind, fault.dataset)
        if found:
            self.found[key] += 1
        else:
            self.missed[key].append(_place(fault))

    def duplicates(self) -> None:
        """Copies and near copies: of each group of one and the same thing, the right number must go."""
        leader = {place: self.original.get(place, place) for place in self.rows}
        for fault in self.of_kind("near_duplicate"):
            if fault.of is not None:
                leader.update({one: fault.of for one in self.group(_place(fault))})
        due: defaultdict[Place, list[Fault]] = defaultdict(list)
        for fault in self.of_kind(*REMOVED_TWICE):
            due[leader.get(_place(fault), _place(fault))].append(fault)
        gone: defaultdict[Place, list[_Row]] = defaultdict(list)
        for place, row in self.rows.items():
            if row.fate in ("duplicate", "superseded"):
                gone[leader[place]].append(row)
        for first in {**due, **gone}:
            removed = sum(row.fate == "duplicate" for row in gone[first])
            replaced = len(gone[first]) - removed
            for fault in sorted(due[first], key=lambda fault: REMOVED_TWICE.index(fault.kind)):
                if removed:
                    removed -= 1
                    self.count(fault, True)
                elif fault.kind == "near_duplicate" and replaced:
                    replaced -= 1
                    self.count(fault, True)
                else:
                    self.count(fault, False)
            if removed:
                self.invented["exact_duplicate", gone[first][0].dataset] += removed

    def superseded(self) -> None:
        """Older rows that gave way, and rows that came late."""
        planted = self.of_kind("superseded")
        for fault in planted:
            self.count(fault, any(row.fate == "superseded" for row in self.met(_place(fault))))
        near = self.of_kind("near_duplicate")
        meant = {one for fault in planted + near for one in self.group(_place(fault))}
        meant |= {one for fault in near if fault.of is not None for one in self.group(fault.of)}
        for place, row in self.rows.items():
            if row.fate == "superseded" and place not in meant:
                self.invented["superseded", row.dataset] += 1
        for fault in self.of_kind("late"):
            self.count(
                fault, any(row.fate is None and not row.quarantined for row in self.met(_place(fault)))
            )
        for fault in self.of_kind("same_person"):
            self.count(fault, False)

    def values(self) -> None:
        """Faults of single values and of whole records."""
        costly: defaultdict[Place, set[str | None]] = defaultdict(set)
        for fault in self.of_kind("unreadable", "unparsable", "implausible", "missing_required"):
            columns = _columns(fault)
            met = self.met(_place(fault))
            costly[_place(fault)] |= columns
            if fault.kind == "unreadable":
                self.count(fault, any(None in row.problems for row in met))
            elif fault.kind == "unparsable":
                self.count(fault, any(row.problems & columns for row in met))
            else:
                self.count(fault, any((row.failures | row.problems) & columns for row in met))
        for fault in self.of_kind(*IN_OTHER_FORM, *MISSING):
            here = self.rows.get(_place(fault))
            self.count(fault, here is not None and _as_meant(here, fault))
        for place, row in self.rows.items():
            meant = costly.get(self.original.get(place, place), set())
            for column in row.problems - meant:
                self.invented["unreadable" if column is None else "unparsable", row.dataset] += 1
            if row.failures and not meant:
                self.invented["implausible", row.dataset] += 1

    def orphans(
        self, unknown: Mapping[str, Collection[str]] | None, lost: Mapping[str, Collection[str]]
    ) -> None:
        """Rows that refer to a key that is not there."""
        planted: defaultdict[str, set[str]] = defaultdict(set)
        for fault in self.of_kind("orphan"):
            planted[fault.dataset].add(fault.value or "")
            told = unknown is not None and fault.value in unknown.get(fault.dataset, ())
            self.count(fault, told or any(row.quarantined for row in self.met(_place(fault))))
        for dataset, keys in (unknown or {}).items():
            known = planted[dataset] | set(lost.get(PARENT.get(dataset, ""), ()))
            self.invented["orphan", dataset] += len(set(keys) - known)

    def table(self, *, compared: bool, unknown: bool) -> list[dict[str, Any]]:
        planted = Counter((fault.kind, fault.dataset) for fault in self.planted)
        keys = {**planted, **{key: 0 for key, number in self.invented.items() if number}}
        kinds, datasets = list(KINDS), list(TABLES)
        rows = []
        for kind, dataset in sorted(keys, key=lambda key: (kinds.index(key[0]), datasets.index(key[1]))):
            key = (kind, dataset)
            note = NOTES.get(kind) or _note(kind, compared)
            if kind == "orphan" and not unknown:
                note = "found: it was quarantined (the facts were not looked at)"
            if kind != "same_person" and self.missed[key]:
                shown = ", ".join(f"{file}:{line}" for file, line in self.missed[key][:SHOWN])
                note += f"; missed: {shown}{' …' if len(self.missed[key]) > SHOWN else ''}"
            rows.append(
                {
                    "kind": kind,
                    "dataset": dataset,
                    "planted": planted[key],
                    "found": self.found[key],
                    "missed": planted[key] - self.found[key],
                    "invented": self.invented[key],
                    "note": note,
                }
            )
        return rows


def _note(kind: str, compared: bool) -> str:
    aim = "null" if kind in MISSING else "the clean value"
    return (
        f"found: the value came out as {aim}"
        if compared
        else "found: read without a problem; values not compared"
    )


def _row(row: Mapping[str, Any]) -> _Row:
    problems, failures = row.get("problems") or (), row.get("failures") or ()
    severities = [entry.get("severity") or "critical" for entry in (*problems, *failures)]
    return _Row(
        dataset=row["dataset"],
        fate=row.get("fate"),
        problems=frozenset(_normal(entry.get("column")) for entry in problems),
        failures=frozenset(_normal(entry.get("column")) for entry in failures),
        quarantined="critical" in severities,
        values=row.get("values"),
    )


def _place(fault: Fault) -> Place:
    return fault.file, fault.row


def _base(file: str) -> str:
    return file.replace("\\", "/").rsplit("/", 1)[-1]


def _normal(column: str | None) -> str | None:
    return None if column is None else re.sub(r"[^a-z0-9]+", "_", column.lower()).strip("_")


def _columns(fault: Fault) -> frozenset[str | None]:
    """The columns at which a fault may be reported: its own, and with a unit that of the number."""
    numbers = {field.unit: field.header for field in TABLES[fault.dataset] if field.unit}
    partners = {**numbers, **{number: unit for unit, number in numbers.items()}}
    own = {_normal(fault.column), _normal(partners.get(fault.column or ""))} if fault.column else {None}
    return frozenset(own - {None} if fault.column else own)


def _as_meant(row: _Row, fault: Fault) -> bool:
    column = _normal(fault.column) or ""
    if column in row.problems or None in row.problems:
        return False
    if row.values is None or column not in row.values:
        return True
    return _same(row.values[column], fault.clean)


def _same(value: Any, clean: str | None) -> bool:
    """Whether a cleaned value is what the truth says, be it a number, a day, a moment or a text."""
    if value is None or clean is None:
        return value is None and clean is None
    text = " ".join(str(value).split())
    if text == clean:
        return True
    for read in (float, lambda text: datetime.fromisoformat(text).replace(tzinfo=None).timestamp()):
        try:
            return math.isclose(read(text), read(clean), rel_tol=1e-6)
        except ValueError:
            continue
    return False
