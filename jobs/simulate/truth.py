"""The truth: every planted fault with its place, as ``_truth/truth.json`` beside the landing files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

__all__ = ["KINDS", "TRUTH_FILE", "Fault", "File", "Truth"]

TRUTH_FILE = "_truth/truth.json"

KINDS = {
    "exact_duplicate": "a row that stands there again, letter for letter",
    "near_duplicate": "a patient delivered again in another case, spacing and date form",
    "same_person": "a patient delivered under another key, with a typing error in the name",
    "superseded": "a row that a later delivery of the same key replaces",
    "late": "a row that comes with a later delivery than it belongs to",
    "unreadable": "a record with too few or too many fields",
    "orphan": "a row that refers to a key that is not there",
    "unparsable": "an impossible date, a number with letters, an unknown code or unit",
    "implausible": "a value that can be read, but not be true",
    "missing_required": "no value where there must be one",
    "missing_blank": "no value: nothing between the commas",
    "missing_sentinel": "no value: a word or number that stands for it",
    "missing_not_at_random": "no value, and the greater the value, the likelier that it is missing",
    "date_form": "a date or time in another form than the usual one",
    "unit": "a number in another unit than the usual one",
    "spelling": "a code in another spelling than the usual one",
    "text_noise": "blanks before, after or doubled within a text, no-break spaces among them",
    "multiline": "a quoted text that goes over two lines",
}
"""Every kind of fault, in the order in which they are told of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One planted fault.

    Parameters
    ----------
    kind : str
        One of `KINDS`.
    dataset, file : str
        Where it was planted; the file's name within the landing folder.
    row : int
        The physical line on which the record starts; the header is line 1.
    column : str or None
        The column's name as delivered, where the fault is that of one value.
    value : str or None
        The value as delivered.
    clean : str or None
        What cleaning is to make of the value; null where nothing is to be left of it.
    of : tuple of (str, int) or None
        File and line of the row that this one repeats, or is replaced by.
    detail : str
        The fault in words.
    """

    kind: str
    dataset: str
    file: str
    row: int
    column: str | None = None
    value: str | None = None
    clean: str | None = None
    of: tuple[str, int] | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class File:
    """One file of the landing: its dataset, records (without the header), physical lines, and hash."""

    dataset: str
    records: int
    lines: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Truth:
    """What a simulated landing holds.

    Parameters
    ----------
    patients, seed : int
        What it was made from.
    files : mapping of str to File
        The landing's files by name.
    faults : tuple of Fault
        By file and line.
    lost : mapping of str to tuple of str
        Dataset → keys of which no row can be accepted, so that whatever refers to them meets the
        unknown member although its key was delivered.
    """

    patients: int
    seed: int
    files: Mapping[str, File]
    faults: tuple[Fault, ...]
    lost: Mapping[str, tuple[str, ...]]

    def write(self, landing: Path) -> Path:
        """Write it beside the files of `landing`: one fault a line, so that two truths can be compared."""
        head = {
            "patients": self.patients,
            "seed": self.seed,
            "kinds": KINDS,
            "files": {name: asdict(file) for name, file in self.files.items()},
            "lost": self.lost,
        }
        encode = json.JSONEncoder(ensure_ascii=False).encode
        faults = ",\n".join(
            encode({name: value for name in Fault.__slots__ if (value := getattr(fault, name)) is not None})
            for fault in self.faults
        )
        text = f'{json.dumps(head, ensure_ascii=False, indent=1)[:-2]},\n "faults": [\n{faults}\n]}}\n'
        path = landing / TRUTH_FILE
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
        return path

    @classmethod
    def read(cls, landing: Path) -> Truth:
        """Read what `write` wrote.

        Raises
        ------
        FileNotFoundError
            The landing was not simulated.
        """
        return cls.parse(json.loads((landing / TRUTH_FILE).read_text(encoding="utf-8")))

    @classmethod
    def parse(cls, document: Mapping[str, Any]) -> Truth:
        """Take it from the content of a truth file."""
        return cls(
            patients=document["patients"],
            seed=document["seed"],
            files={name: File(**file) for name, file in document["files"].items()},
            faults=tuple(
                Fault(**{**fault, "of": tuple(fault["of"]) if "of" in fault else None})
                for fault in document["faults"]
            ),
            lost={dataset: tuple(keys) for dataset, keys in document["lost"].items()},
        )
