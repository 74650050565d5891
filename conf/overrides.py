"""``--set dotted.key=value``: single values of a pipeline from the command line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from headgate.conf.document import Document, Place
from headgate.conf.model import NAMED
from headgate.conf.parse import read_document
from headgate.conf.problems import Path, PipelineError, Problem, dotted, nearest_name
from headgate.conf.step_entries import step_lists

__all__ = ["override"]

FILE = "--set"


def override(document: Document, settings: Sequence[str]) -> None:
    """Set values in a document.

    Parameters
    ----------
    document : Document
        Changed in place; what cannot be set is reported there, under the file ``--set``.
    settings : sequence of str
        Each ``dotted.key=value``: the value is YAML, the key may count into lists (``clean.0``). The
        last part of a key may be new, the parts before it may be new only where the name is not
        the author's to choose. Whether a new key has a meaning is for the model to say.

    Examples
    --------
    >>> document = read_document("datasets: {patients: {tolerance: 0.05}}", file="p.yaml")
    >>> override(document, ["datasets.patients.tolerance=0.2", "model.seed=3"])
    >>> document.data
    {'datasets': {'patients': {'tolerance': 0.2}}, 'model': {'seed': 3}}
    """
    for setting in settings:
        key, equals, text = setting.partition("=")
        path = _path(document, key) if equals and key else None
        if not equals or not key:
            _report(document, key, reason="not of the form KEY=VALUE", fix="write --set dotted.key=value")
        if path is None:
            continue
        try:
            value = read_document(text, file=FILE) if text.strip() else Document(FILE, None, {})
        except PipelineError as error:
            _report(document, key, reason=error.problems[0].reason, fix="put quotes around the value")
            continue
        _put(document, path, value)


def _path(document: Document, key: str) -> Path | None:
    """The path that a dotted key means; None, with a report, if it leads nowhere."""
    path: Path = ()
    value = document.data
    lists = [listed for listed, _ in step_lists(document)]
    rest = key
    while rest:
        if isinstance(value, list):
            part, _, rest = rest.partition(".")
            if not part.isdecimal() or int(part) >= len(value):
                places = f"0 to {len(value) - 1}" if value else "none: the list is empty"
                reason = f"no entry '{part}' in {dotted(path)}"
                _report(document, key, value=part, reason=reason, fix=f"use a position ({places})")
                return None
            path, value = (*path, int(part)), value[int(part)]
            continue
        if not isinstance(value, dict):
            reason = f"'{dotted(path)}' is a single value"
            _report(document, key, reason=reason, fix=f"set {dotted(path)} itself")
            return None
        part = _first(rest, value)
        rest = rest[len(part) + 1 :]
        if part not in value and rest:
            if path in NAMED or path[:-1] in lists:
                _report_absent(document, key, path, part, tuple(value))
                return None
            value[part] = {}
            document.places[*path, part] = Place(FILE, None)
        path, value = (*path, part), value.get(part)
    return path


def _first(dots: str, value: dict[str, Any]) -> str:
    """The first part of a dotted key: the longest that is there, since a name may hold dots itself."""
    there = [key for key in value if dots == key or dots.startswith(f"{key}.")]
    return max(there, key=len, default=dots.partition(".")[0])


def _report_absent(document: Document, key: str, path: Path, part: str, names: tuple[str, ...]) -> None:
    nearest = nearest_name(part, names)
    _report(
        document,
        key,
        value=part,
        allowed=names,
        nearest=nearest,
        reason=f"there is no '{part}' in {dotted(path)}",
        fix=f"did you mean '{nearest}'?" if nearest else "name one that the file has",
    )


def _put(document: Document, path: Path, setting: Document) -> None:
    for old in [old for old in document.places if old[: len(path)] == path]:
        del document.places[old]
    for below, place in setting.places.items():
        document.places[(*path, *below)] = Place(FILE, None, place.text)
    document.problems += [
        Problem(
            file=FILE,
            line=None,
            key=".".join(filter(None, (dotted(path), found.key))),
            reason=found.reason,
            fix=found.fix,
        )
        for found in setting.problems
    ]
    document.at(path[:-1])[path[-1]] = setting.data


def _report(document: Document, key: str, *, reason: str, fix: str, **fields: Any) -> None:
    document.problems.append(Problem(file=FILE, line=None, key=key, reason=reason, fix=fix, **fields))
