"""The landing's files: rows become lines, and planted faults get their places."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterable
from pathlib import Path

from headgate.jobs.simulate.deliveries import deliver
from headgate.jobs.simulate.rates import Rates
from headgate.jobs.simulate.records import generate
from headgate.jobs.simulate.rows import Row
from headgate.jobs.simulate.schema import DELIVERIES, TABLES, file_name
from headgate.jobs.simulate.truth import KINDS, TRUTH_FILE, Fault, File, Truth

__all__ = ["simulate"]

REFERRED_TO = ("patients", "encounters")

DEFAULT_RATES = Rates()


def simulate(*, patients: int, seed: int, output: str | Path, rates: Rates = DEFAULT_RATES) -> Truth:
    """Write a hospital's landing files, and the truth about their dirt.

    Parameters
    ----------
    patients : int
        How many people, from 10 to 790,000; about 3 stays, 7 diagnoses and 11 laboratory values
        follow for each.
    seed : int
        The same seed, size and rates make the same bytes on every machine.
    output : str or Path
        The landing folder, made where it is not there. Its CSV files are UTF-8 with a header;
        ``_truth/truth.json`` in it is written last, so a landing with a truth is whole.
    rates : Rates
        How much of each dirt.

    Returns
    -------
    Truth
        As it was written.

    Raises
    ------
    ValueError
        `patients` is out of range.

    Examples
    --------
    >>> from tempfile import mkdtemp
    >>> truth = simulate(patients=50, seed=7, output=mkdtemp())
    >>> [name for name in truth.files if name.startswith("patients")]
    ['patients_2024-01-01.csv', 'patients_2024-02-01.csv']
    """
    if not 10 <= patients <= 790_000:
        raise ValueError(f"patients={patients} is out of range; use 10 to 790000")
    folder = Path(output)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / TRUTH_FILE).unlink(missing_ok=True)
    hospital = generate(patients=patients, seed=seed)
    files: dict[str, File] = {}
    faults: list[Fault] = []
    lost: dict[str, tuple[str, ...]] = {}
    for dataset in TABLES:
        rows = deliver(dataset, hospital.pop(dataset), seed=seed, rates=rates)
        for number, delivery in enumerate(DELIVERIES):
            brought = [row for row in rows if row.delivery == number]
            if brought:
                name = file_name(dataset, delivery)
                files[name] = _write(folder / name, dataset, brought)
        faults += _placed(dataset, rows)
        if dataset in REFERRED_TO:
            lost[dataset] = _lost(rows)
    truth = Truth(patients=patients, seed=seed, files=files, faults=tuple(faults), lost=lost)
    truth.write(folder)
    return truth


class _Lines:
    """What `csv` writes to: whole records, as text."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.write = self.texts.append


def _write(path: Path, dataset: str, rows: Iterable[Row]) -> File:
    lines = _Lines()
    writer = csv.writer(lines, lineterminator="\n")
    writer.writerow([field.header for field in TABLES[dataset]])
    line = 2
    for row in rows:
        cells = row.cells
        if row.ragged:
            cells = cells[: row.ragged] if row.ragged < 0 else (*cells, "0")
        writer.writerow(cells)
        row.file, row.line = path.name, line
        line += lines.texts[-1].count("\n")
    content = "".join(lines.texts).encode("utf-8")
    path.write_bytes(content)
    return File(dataset, len(lines.texts) - 1, line - 1, hashlib.sha256(content).hexdigest())


def _placed(dataset: str, rows: Iterable[Row]) -> list[Fault]:
    order = {kind: number for number, kind in enumerate(KINDS)}
    return [
        Fault(
            kind=mark.kind,
            dataset=dataset,
            file=row.file,
            row=row.line,
            column=mark.column,
            value=mark.value,
            clean=mark.clean,
            of=(mark.of.file, mark.of.line) if mark.of else None,
            detail=mark.detail,
        )
        for row in rows
        for mark in sorted(row.marks, key=lambda mark: order[mark.kind])
    ]


def _lost(rows: Iterable[Row]) -> tuple[str, ...]:
    """Keys that every row with them is refused."""
    accepted = {row.clean[0] for row in rows if not row.refused}
    return tuple(sorted({row.clean[0] for row in rows} - accepted))
