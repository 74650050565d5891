"""The document that a suite is: read once, from wherever it comes, within bounds.

What comes out is a plain JSON object, whose every part can be written again: no number without an end, no
half of a character, no key twice, nothing nested without end.
"""

from __future__ import annotations

import json
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from headgate.quality.errors import SuiteError
from headgate.quality.places import depth_of, repeated_keys

__all__ = ["Document", "read_document"]

_MOST_BYTES = 64 * 1024 * 1024
_MOST_DIGITS = 300
"""Of a number: as many as a double can tell the size of."""
_MOST_DEPTH = 100


@dataclass(frozen=True)
class Document:
    """A suite's JSON.

    Attributes
    ----------
    content : dict
        As it was read.
    source : str
        Where it comes from, for messages.
    text : str
        As it was written; empty where it never was, and then nothing has a line.
    """

    content: dict[str, Any]
    source: str
    text: str = ""


def read_document(given: object, source: str | None) -> Document:
    """Read a suite's JSON.

    Parameters
    ----------
    given : str, Path, Mapping or object
        A path, the JSON itself, a dict, or Great Expectations' own suite.
    source : str or None
        The file or name it comes from; None lets a text be a path.

    Raises
    ------
    SuiteError
        If it is none of these, or cannot be read.

    Examples
    --------
    >>> read_document('{"name": "people"}', "people.json").content
    {'name': 'people'}
    >>> read_document("nowhere.json", None)
    Traceback (most recent call last):
    ...
    headgate.quality.errors.SuiteError: nowhere.json: $: there is no such file; check the path
    """
    if isinstance(given, Mapping):
        return _written(given, source or "suite")
    if isinstance(given, Path) or (isinstance(given, str) and source is None and not _is_json(given)):
        return _parsed(_file(Path(given), source or str(given)), source or str(given))
    if isinstance(given, str):
        return _parsed(given, source or "suite")
    to_json_dict = getattr(given, "to_json_dict", None)
    if callable(to_json_dict):
        return _written(to_json_dict(), source or str(getattr(given, "name", None) or "suite"))
    _fail(
        source or "suite",
        f"a suite is not of type {type(given).__name__}",
        fix="give a path, JSON, a dict, or Great Expectations' ExpectationSuite",
    )


def _is_json(text: str) -> bool:
    return text.lstrip("\ufeff \t\r\n")[:1] in ("{", "[")


def _file(path: Path, source: str) -> str:
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            _fail(source, "this is no file", fix="name the file")
        if found.st_size > _MOST_BYTES:
            _fail(source, f"it has {found.st_size:,} bytes", fix=f"a suite has at most {_MOST_BYTES:,}")
        return path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        _fail(source, f"it is not UTF-8, from byte {error.start} on", fix="save it as UTF-8")
    except FileNotFoundError:
        _fail(source, "there is no such file", fix="check the path")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        _fail(source, f"it cannot be read: {reason}", fix="check the path")


def _parsed(text: str, source: str) -> Document:
    # Editors of Windows begin a file with this mark; it is no part of what it says.
    text = text.removeprefix("\ufeff")
    if len(text) > _MOST_BYTES:
        _fail(source, f"it has {len(text):,} characters", fix=f"a suite has at most {_MOST_BYTES:,}")
    depth = depth_of(text)
    if depth > _MOST_DEPTH:
        _fail(source, f"it is nested {depth:,} deep", fix=f"a suite is nested at most {_MOST_DEPTH} deep")
    try:
        document = json.loads(text, parse_int=_integer, parse_float=_float, parse_constant=_constant)
        json.dumps(document, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        _fail(
            source,
            f"this is not JSON: {error.msg} at column {error.colno}",
            line=error.lineno,
            fix="correct the text",
        )
    except _NumberError as error:
        line = text.count("\n", 0, max(text.find(error.token), 0)) + 1
        _fail(source, str(error), line=line, fix="write a number that a double can hold")
    except UnicodeEncodeError as error:
        half = f"\\u{ord(error.object[error.start]):04x}"
        line = text.count("\n", 0, max(text.lower().find(half), 0)) + 1
        _fail(source, f"{half} is half of a character", line=line, fix="write the whole character")
    if not isinstance(document, dict):
        _fail(source, "a suite is an object", value=document, fix='write {"name": …, "expectations": […]}')
    for place, line in repeated_keys(text):
        _fail(
            source,
            "the key stands here twice",
            place=place,
            line=line,
            fix="keep one, for the first would be lost",
        )
    return Document(document, source, text)


def _written(given: Mapping[str, Any], source: str) -> Document:
    """Take a document that was never a text through one, so that it is held to the same."""
    try:
        text = json.dumps(given, default=_plain)
    except RecursionError:
        _fail(source, "it is nested too deep", fix=f"a suite is nested at most {_MOST_DEPTH} deep")
    except (TypeError, ValueError) as error:
        _fail(source, f"it cannot be JSON: {error}", fix="use texts, numbers, lists and dicts")
    return Document(_parsed(text, source).content, source)


def _plain(value: Any) -> Any:
    """Give what JSON has no form for as the text or the list that a suite's file would hold."""
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if isinstance(value, set | frozenset):
        return sorted(value)
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} is none of its types")


class _NumberError(ValueError):
    """A number that no double holds."""

    def __init__(self, token: str, problem: str) -> None:
        self.token = token
        super().__init__(problem)


def _integer(token: str) -> int:
    if len(token) > _MOST_DIGITS:
        raise _NumberError(token, f"a number of {len(token.lstrip('-')):,} digits is too long")
    return int(token)


def _float(token: str) -> float:
    number = float(token) if len(token) <= _MOST_DIGITS else float("inf")
    if abs(number) == float("inf"):
        raise _NumberError(token, f"the number {token[:20]} is too long or too large")
    return number


def _constant(token: str) -> NoReturn:
    raise _NumberError(token, f"{token} is no number of JSON")


def _fail(
    source: str, problem: str, *, fix: str, place: str = "$", line: int | None = None, value: object = None
) -> NoReturn:
    raise SuiteError(source=source, place=place, line=line, problem=problem, value=value, fix=fix)
