"""The landing's tables: their columns, what each column holds, and so which dirt it can get."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from headgate.jobs.simulate import vocabulary as words

__all__ = ["DELIVERIES", "TABLES", "Cells", "Field", "Role", "column_of", "file_name"]

Cells = tuple[str, ...]
"""A row of text."""

Role = Literal["plain", "moment", "text", "code", "icd9", "date", "timestamp", "number"]

DELIVERIES = ("2024-01-01", "2024-02-01")
"""The days on which files were delivered; the later one holds patients and encounters only."""


@dataclass(frozen=True, slots=True)
class Field:
    """One column.

    Parameters
    ----------
    header : str
        Its name as delivered.
    role : Role
        ``plain`` columns and ``moment`` (a machine's time stamp, always UTC) get no dirt but holes.
    codes : mapping, optional
        Code → spellings, the usual one first.
    holes : bool
        Whether the value may be missing.
    required : bool
        Whether a missing value is a fault that costs the row.
    unit : str, optional
        The column that holds a number's unit.
    quantity : str, optional
        What a number measures; without it, what the column ``test`` says.
    after : str, optional
        The column with a moment that must come first.
    """

    header: str
    role: Role = "plain"
    codes: Mapping[str, tuple[str, ...]] | None = None
    holes: bool = False
    required: bool = False
    unit: str | None = None
    quantity: str | None = None
    after: str | None = None


def column_of(header: str) -> str:
    """The column's name after cleaning.

    Examples
    --------
    >>> column_of("Birth Date")
    'birth_date'
    """
    return header.strip().lower().replace(" ", "_")


def file_name(dataset: str, delivery: str) -> str:
    """The name of a file of the landing."""
    return f"{dataset}_{delivery}.csv"


TABLES: dict[str, tuple[Field, ...]] = {
    "patients": (
        Field("Patient ID"),
        Field("First Name", "text"),
        Field("Last Name", "text"),
        Field("Sex", "code", codes=words.SEX, holes=True),
        Field("Birth Date", "date", holes=True),
        Field("City", "text", holes=True),
        Field("Postcode", holes=True),
        Field("Updated At", "moment"),
    ),
    "encounters": (
        Field("encounter_id"),
        Field("patient_id"),
        Field("provider_id"),
        Field("payer", "code", codes=words.PAYER, holes=True),
        Field("admission_type", "code", codes=words.ADMISSION_TYPE, holes=True),
        Field("admitted_at", "timestamp", required=True),
        Field("discharged_at", "timestamp", after="admitted_at"),
        Field("discharge_disposition", "code", codes=words.DISCHARGE),
        Field("weight", "number", holes=True, unit="weight_unit", quantity="weight"),
        Field("weight_unit", "code", codes=words.UNIT),
        Field("charge", "number", holes=True, quantity="charge"),
        Field("note"),
        Field("updated_at", "moment"),
    ),
    "diagnoses": (
        Field("encounter_id"),
        Field("position"),
        Field("icd9_code", "icd9", required=True),
        Field("description", "text", holes=True),
    ),
    "labs": (
        Field("lab_id"),
        Field("encounter_id"),
        Field("test", "code", codes=words.TEST),
        Field("value", "number", holes=True, unit="unit"),
        Field("unit", "code", codes=words.UNIT),
        Field("taken_at", "timestamp"),
    ),
    "providers": (
        Field("provider_id"),
        Field("provider_name", "text"),
        Field("specialty", "text", holes=True),
    ),
    "payers": (Field("payer_code"), Field("payer_name"), Field("payer_kind")),
}
"""Dataset → its columns, in the order of the file. The first column (or two) is its key."""
