"""Planted against found: what the run made of every planted fault, and which faults it made up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from headgate.jobs.simulate.schema import TABLES
from headgate.jobs.simulate.tally import MISSING, Outcome, Tally
from headgate.jobs.simulate.truth import KINDS, Truth

__all__ = ["compare"]

SHOWN = 3
"""How many missed faults a note names."""

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


def compare(
    truth: Truth,
    found: Iterable[Mapping[str, Any]],
    *,
    unknown: Mapping[tuple[str, str], Collection[str]] | None = None,
    datasets: Collection[str] | None = None,
) -> list[dict[str, Any]]:
    """Hold what a run found against what was planted.

    Parameters
    ----------
    truth : Truth
        The truth about the landing.
    found : iterable of mapping
        One a row of the staged tables, rows with nothing to tell included: ``dataset``, ``file``
        (its name, with or without a folder), ``row`` (physical line), ``removed_as`` (null, ``duplicate``,
        ``superseded`` …), ``problems`` (each with ``column``, null or ``_record`` for a record that
        cannot be read, and ``severity``), ``failures`` (each with ``column``; ``severity`` is
        critical unless given), and, where cleaned values are to be compared with the truth too,
        ``values`` (column → cleaned value, moments in UTC).
    unknown : mapping of (str, str) to collection of str, optional
        Dataset and column → the keys by which its fact rows referred to a dimension in vain, and so
        met the unknown member: ``{("labs", "encounter_id"): ["E8000001"]}``. Columns that hold no
        other dataset's key are left out of account.
    datasets : collection of str, optional
        The datasets whose rows `found` holds; all of them by default.

    Returns
    -------
    list of dict
        One a kind and dataset: ``kind``, ``dataset``, ``planted``, ``found``, ``missed``,
        ``invented`` (faults of this kind reported where none was planted), ``note``.
    """
    planted = [fault for fault in truth.faults if datasets is None or fault.dataset in datasets]
    rows = {(_name(row["file"]), int(row["row"])): Outcome.of(row) for row in found}
    tally = Tally(planted, rows)
    tally.duplicates()
    tally.deliveries()
    tally.values()
    vain = {key: lost for key, lost in (unknown or {}).items() if datasets is None or key[0] in datasets}
    tally.orphans(vain, truth.lost)

    counts = Counter((fault.kind, fault.dataset) for fault in planted)
    keys = {*counts, *(key for key, number in tally.invented.items() if number)}
    with_values = any(row.values is not None for row in rows.values())
    kinds, tables = list(KINDS), list(TABLES)
    return [
        {
            "kind": kind,
            "dataset": dataset,
            "planted": counts[kind, dataset],
            "found": tally.found[kind, dataset],
            "missed": counts[kind, dataset] - tally.found[kind, dataset],
            "invented": tally.invented[kind, dataset],
            "note": _note(kind, tally.missed[kind, dataset], values=with_values, facts=unknown is not None),
        }
        for kind, dataset in sorted(keys, key=lambda key: (kinds.index(key[0]), tables.index(key[1])))
    ]


def _name(file: str) -> str:
    return file.replace("\\", "/").rsplit("/", 1)[-1]


def _note(kind: str, missed: list[tuple[str, int]], *, values: bool, facts: bool) -> str:
    if kind == "orphan" and not facts:
        note = "found: it was quarantined (the facts were not looked at)"
    elif kind in NOTES:
        note = NOTES[kind]
    elif values:
        note = f"found: the value came out as {'null' if kind in MISSING else 'the clean value'}"
    else:
        note = "found: read without a problem (values not compared)"
    if kind == "same_person" or not missed:
        return note
    shown = ", ".join(f"{file}:{line}" for file, line in missed[:SHOWN])
    return f"{note}; missed: {shown}{' …' if len(missed) > SHOWN else ''}"
