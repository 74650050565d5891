"""Which values of the data may be told outside of its tables: in ledger, report, summary, Data Docs and logs.

One policy a column: ``show`` the value, ``mask`` it (its shape: ``X9XX`` for ``M4RK``), or ``hide`` it.
Columns whose names look like data about a person are masked, unless the policy says otherwise. Counts are
always told.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

__all__ = ["Disclosure", "Word", "looks_personal"]

Word = Literal["show", "mask", "hide"]
STRICTEST: tuple[Word, ...] = ("hide", "mask", "show")

RECORD = "_record"
"""Where the text of a record stands that could not be read: all of its columns at once."""

_WHOLE_WORDS = frozenset(
    """
    account addr address birthday birthdate birth born bsn card dob email fax firstname forename iban
    insurance insured ip lastname license licence login maiden mail mobile mrn name names nhs nino passport
    password patientname personal phone plate postal postcode sin social ssn street surname tel telephone
    username vat vin zip zipcode
    """.split()  # noqa: SIM905
)
_PARTS = re.compile(
    r"birth|e_?mail|phone|address|passport|insurance|surname|iban|post_?code|zip_?code|credit_?card|"
    r"(?:first|last|full|given|family|maiden|patient)_?name|social_?sec|medical_?record|licen[sc]e|"
    r"tax_?(?:id|no|number)|national_?(?:id|no)"
)

_TOLD_IN_NUMBERS = re.compile(
    r"count|proportion|to_exist|of_type|type_list|type_to_be|lengths?_to|^expect_table_"
)
"""Expectations whose observed value is a count, a share or a type, and no value of the data."""


def looks_personal(column: str) -> bool:
    """Whether a column's name looks like data about a person.

    Examples
    --------
    >>> [looks_personal(name) for name in ("patient_name", "BirthDate", "e-mail", "MRN", "cost", "ward")]
    [True, True, True, True, False, False]
    """
    name = _plain(column)
    return not _WHOLE_WORDS.isdisjoint(name.split("_")) or _PARTS.search(name) is not None


def _plain(column: str) -> str:
    """One form of a name, whichever step has rewritten it: ``First Name`` and ``firstName`` are one."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", column)
    return re.sub(r"[\W_]+", "_", spaced).strip("_").lower()


@dataclass(frozen=True)
class Disclosure:
    """What may be told of each column's values.

    Parameters
    ----------
    default : {'show', 'mask', 'hide'}, optional
        For all columns that are not named; without it those that look personal are masked.
    columns : mapping of str to {'show', 'mask', 'hide'}
        By the column's name, in snake case.

    Examples
    --------
    >>> policy = Disclosure()
    >>> policy.value("email", "ann@x.org"), policy.value("ward", "A2"), policy.value("ward, email", "A2")
    ('xxx@x.xxx', 'A2', 'X9')
    """

    default: Word | None = None
    columns: Mapping[str, Word] = field(default_factory=dict)

    @classmethod
    def of(cls, columns: Mapping[str, Word], default: Word | None = None) -> Disclosure:
        """The policy by columns' names, however they are spelled: of two that are one the later counts."""
        return cls(default, {_plain(name): word for name, word in columns.items()})

    def with_made(self, columns: Mapping[str, Sequence[str]]) -> Disclosure:
        """With columns that are made of others: as secret as those, unless their own word is known."""
        words = {_plain(name): self.strictest(of) if of else "show" for name, of in columns.items()}
        made = {name: word for name, word in words.items() if word != "show" and name not in self.columns}
        return Disclosure(self.default, {**self.columns, **made}) if made else self

    def word(self, column: str | None) -> Word:
        """What holds of a column, of several as ``a, b`` the strictest; what is of none or all is masked."""
        if column is None:
            return self.default or "mask"
        return self.strictest([column] if _plain(column) in self.columns else column.split(", "))

    def strictest(self, columns: Iterable[str]) -> Word:
        """The strictest word of some columns; ``show`` where there are none."""
        words = [self._one(column) for column in columns]
        return next((word for word in STRICTEST if word in words), self.default or "show")

    def value(self, column: str | None, value: Any) -> Any:
        """A value of a column as it may be told; None where it may not."""
        return _told(self.word(column), value)

    def record(self, text: str | None) -> str | None:
        """A row as JSON, or the text of a record that could not be read, as it may be told."""
        try:
            row = json.loads(text or "")
        except ValueError:
            row = None
        if not isinstance(row, dict):
            return _told("show" if self.default == "show" else self.default or "mask", text)  # type: ignore[no-any-return]
        return json.dumps({name: self.value(name, value) for name, value in row.items()}, ensure_ascii=False)

    def result(self, type_: str, columns: Sequence[str], result: Mapping[str, Any]) -> dict[str, Any]:
        """The result of an expectation, in Great Expectations' form or the ledger's, as it may be told."""
        word = self.strictest(columns)
        if word == "show":
            return dict(result)
        told: dict[str, Any] = {}
        for name, value in result.items():
            if name.endswith(("_list", "_counts")) or name == "examples":
                told[name] = [_counted(word, each) for each in value or ()] if word == "mask" else []
            elif name == "observed_value" and not _TOLD_IN_NUMBERS.search(type_):
                told[name] = _told(word, value) if word == "mask" or value is None else "…"
            elif name != "details":
                told[name] = value
        return told

    def _one(self, column: str) -> Word:
        known = self.columns.get(_plain(column))
        if known is not None:
            return known
        if self.default == "hide":
            return "hide"
        if self.default == "show":
            return "show"
        personal = column == RECORD or looks_personal(column)
        return "mask" if self.default == "mask" or personal else "show"


def _counted(word: Word, value: Any) -> Any:
    """An example as it may be told: the number beside one that says how often it occurs is no value."""
    counted = isinstance(value, Mapping) and set(value) == {"value", "count"}
    return {**value, "value": _told(word, value["value"])} if counted else _told(word, value)


def _told(word: Word, value: Any) -> Any:
    if word == "show" or value is None:
        return value
    if word == "hide":
        return None
    if isinstance(value, Mapping):
        return {name: _told(word, each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_told(word, each) for each in value]
    if isinstance(value, bool | bytes):
        return "…"
    text = value.isoformat() if isinstance(value, date | datetime) else str(value)
    return "".join(_shape(character) for character in text[:40]) + ("…" if len(text) > 40 else "")


def _shape(character: str) -> str:
    if character.isdigit():
        return "9"
    if character.isalpha():
        return "X" if character.isupper() else "x"
    return character
