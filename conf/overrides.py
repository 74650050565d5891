"""``--set dotted.key=value``: single values of a pipeline from the command line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from conf.document import Document, read_document
from conf.model import NAMED
from conf.problems import Path, PipelineError, Problem, dotted, nearest_name
from conf.step_entries import step_lists

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
    parts = key.split(".")
    lists = [listed for listed, _ in step_lists(document)]
    for place, part in enumerate(parts):
        last = place == len(parts) - 1
        if isinstance(value, list):
            if not part.isdecimal() or int(part) >= len(value):
                places = f"0 to {len(value) - 1}" if value else "none: the list is empty"
                _report(
                    document,
                    key,
                    reason=f"no entry '{part}' in {dotted(path)}",
                    fix=f"use a position ({places})",
                )
                return None
            path, value = (*path, int(part)), value[int(part)]
            continue
        if not isinstance(value, dict):
            _report(
                document, key, reason=f"'{dotted(path)}' is a single value", fix=f"set {dotted(path)} itself"
            )
            return None
        if part not in value:
            chosen = path in NAMED or path[:-1] in lists
            if chosen and not last:
                nearest = nearest_name(part, value)
                _report(
                    document,
                    key,
                    value=part,
                    allowed=tuple(value),
                    nearest=nearest,
                    reason=f"there is no '{part}' in {dotted(path)}",
                    fix=f"did you mean '{nearest}'?" if nearest else "name one that the file has",
                )
                return None
            if not last:
                value[part] = {}
        path = (*path, part)
        value = value.get(part)
    return path


def _put(document: Document, path: Path, setting: Document) -> None:
    for old in [old for old in document.places if old[: len(path)] == path]:
        del document.places[old]
    for below, place in setting.places.items():
        document.places[(*path, *below)] = type(place)(FILE, None, place.text)
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
