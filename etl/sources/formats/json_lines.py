r"""JSON lines, an object a line (JSONL, NDJSON), from bytes to records: values as text, none of them changed.

A text is what it says; a number, a truth value, a list and an object are the text that stands in the file, so
that no digit is lost and nothing nested is written anew. A key that an object lacks, and null, are null.

References
----------
T. Bray (ed.), RFC 8259, "The JavaScript Object Notation (JSON) Data Interchange Format"; jsonlines.org.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

from headgate.etl.sources.formats.decoding import decode, intact, shown
from headgate.etl.sources.formats.format import EMPTY, FileFormat, Record, UnreadableFileError
from headgate.etl.sources.headers import raw_column_names

__all__ = ["JsonLines"]

BLANK = re.compile(r"[ \t\r\n]*")
"""What JSON knows as white space."""


(UNNAMED,) = raw_column_names([""])


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no value of JSON")


# Numbers are taken from the text: to read them would cost digits, or refuse those with too many.
DECODER = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=_no_constant)


class _Line(NamedTuple):
    number: int
    values: dict[str, str | None]
    text: str
    error: str | None


@dataclass(frozen=True, kw_only=True, repr=False)
class JsonLines(FileFormat):
    """An object a line. The columns of a file are the keys of all its objects."""

    name: ClassVar[str] = "jsonl"

    def columns_in(self, content: bytes, *, file: str) -> list[str]:
        r"""The keys of a file's objects, in the order in which they come.

        Raises
        ------
        UnreadableFileError
            The file does not decode, is empty, or no line of it is an object; two keys would be one column.

        Examples
        --------
        >>> JsonLines().columns_in(b'{"id": 1}\n{"id": 2, "town": "Rome"}\n', file="x.jsonl")
        ['id', 'town']
        """
        return _columns(list(self._lines(content, file=file)), file=file)

    def records(self, content: bytes, *, file: str) -> Iterator[Record]:
        r"""Every object of a file; a blank line is none.

        Examples
        --------
        >>> for record in JsonLines().records(b'{"id": 1.50, "of": [1, {"a": null}]}\n{"id": 2\n', file="x"):
        ...     print(record.line, record.fields, record.error)
        1 ['1.50', '[1, {"a": null}]'] None
        2 [] Expecting ',' or '}' (column 9)
        """
        lines = list(self._lines(content, file=file))
        keys = _columns(lines, file=file)
        for line in lines:
            if line.error is None:
                yield Record(line.number, [line.values.get(key) for key in keys])
            else:
                yield Record(line.number, [], line.text, line.error)

    def _lines(self, content: bytes, *, file: str) -> Iterator[_Line]:
        text, damaged = decode(content, file=file, fmt=self)
        # Only a line feed ends a line: the others may stand in a text.
        for number, line in enumerate(text.split("\n"), start=1):
            if BLANK.fullmatch(line):
                continue
            if damaged and not intact(line):
                said = f"the record is not {self.encoding}"
                yield _Line(number, {}, shown(line, fmt=self).rstrip("\r"), said)
                continue
            try:
                yield _Line(number, _values(line), "", None)
            except json.JSONDecodeError as error:
                yield _Line(number, {}, line.rstrip("\r"), f"{error.msg} (column {error.pos + 1})")
            except ValueError as error:
                yield _Line(number, {}, line.rstrip("\r"), str(error))
            except RecursionError:
                yield _Line(number, {}, line.rstrip("\r"), "it is nested too deeply")


def _values(line: str) -> dict[str, str | None]:
    """The values of the object that a line is, by key, as text."""

    def expect(signs: str, at: int) -> int:
        if line[at : at + 1] not in tuple(signs):
            raise json.JSONDecodeError(f"Expecting {' or '.join(map(repr, signs))}", line, at)
        return at

    def after(at: int) -> int:
        found = BLANK.match(line, at)
        assert found is not None  # it matches nothing as well
        return found.end()

    at = after(expect("{", after(0)) + 1)
    found: dict[str, str | None] = {}
    while line[at : at + 1] != "}" or found:
        key, at = DECODER.raw_decode(line, expect('"', at))
        start = after(expect(":", after(at)) + 1)
        value, at = DECODER.raw_decode(line, start)
        if key in found:
            # Which one is not told: it is the text of a record.
            raise ValueError("a key stands twice")
        found[key] = value if value is None or line[start] == '"' else line[start:at]
        _require_whole(key, found[key])
        at = expect(",}", after(at))
        if line[at] == "}":
            break
        at = after(at + 1)
    if (end := after(at + 1)) < len(line):
        raise json.JSONDecodeError("Text follows the object", line, end)
    return found


def _require_whole(*texts: str | None) -> None:
    """Raise where half of a pair of surrogates stands in a text, which no encoding can write."""
    for text in texts:
        try:
            (text or "").encode()
        except UnicodeEncodeError as error:
            raise ValueError("a text holds half of a pair of surrogates") from error


def _columns(lines: Sequence[_Line], *, file: str) -> list[str]:
    whole = [line for line in lines if line.error is None]
    if not lines:
        raise UnreadableFileError(file, *EMPTY)
    if not whole:
        first = lines[0]
        reason = f"no line of it is a JSON object ({first.error})"
        fix = "deliver one object a line (jq -c '.[]' makes them of a list), or correct source.format"
        raise UnreadableFileError(file, reason, fix, first.number)
    keys = list(dict.fromkeys(key for line in whole for key in line.values))
    if not keys:
        raise UnreadableFileError(file, "its objects have no keys", "deliver it again")
    # By themselves, since the order in which keys come says nothing: no number may tell two apart.
    by_name: dict[str, str] = {}
    for key in keys:
        (name,) = raw_column_names([key])
        other = by_name.setdefault(name.lower(), key)
        said = None
        if other != key:
            said = f"the keys {json.dumps(other)} and {json.dumps(key)} would be one column"
        elif name == UNNAMED != key:
            said = f"the key {json.dumps(key)} can name no column"
        if said is not None:
            raise UnreadableFileError(file, said, "have the key renamed where the file is made")
    return keys
