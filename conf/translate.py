"""What pydantic found wrong, as problems with place, nearest name and fix."""

from __future__ import annotations

import re
import types
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from headgate.conf.document import Document
from headgate.conf.names import NAME_PATTERN
from headgate.conf.problems import Path, dotted, nearest_name
from headgate.conf.secrets import SecretReference

__all__ = ["report_errors"]

DUE = {
    "string_type": "text",
    "int_type": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "date_type": "a day (YYYY-MM-DD)",
    "list_type": "a list",
    "tuple_type": "a list",
    "set_type": "a list",
    "sequence_str": "a list",
    "is_instance_of": "a list",
    "dict_type": "a mapping",
    "mapping_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
}

BOUNDS = {
    "greater_than": ("gt", "greater than"),
    "greater_than_equal": ("ge", "at least"),
    "less_than": ("lt", "less than"),
    "less_than_equal": ("le", "at most"),
}


def report_errors(
    document: Document, error: ValidationError, model: type[BaseModel], prefix: Path = ()
) -> None:
    """Report each error of pydantic's on `document`.

    Parameters
    ----------
    document : Document
        Whose data, from `prefix` down, was validated.
    error : ValidationError
        What `model` said of it.
    model : type of BaseModel
    prefix : Path
        Where the validated data is.
    """
    found: defaultdict[Path, list[tuple[ErrorDetails, Path]]] = defaultdict(list)
    for details in error.errors(include_url=False):
        path, branch = _split(document, prefix, details)
        found[path].append((details, branch))
    for path, several in found.items():
        branched = all(branch for _, branch in several)
        deeper = any(other[: len(path)] == path and len(other) > len(path) for other in found)
        if branched and deeper:
            continue
        _report(document, path, [details for details, _ in several], model, prefix)


def _split(document: Document, prefix: Path, details: ErrorDetails) -> tuple[Path, Path]:
    """Part a location into the path in the file, and what pydantic adds for branches of a union."""
    location = details["loc"]
    path, value = prefix, document.at(prefix)
    branches: Path = ()
    for depth, part in enumerate(location):
        if (isinstance(value, dict) and part in value) or (isinstance(value, list) and isinstance(part, int)):
            path, value = (*path, part), value[part]  # type: ignore[index]
        elif details["type"] == "missing" and depth == len(location) - 1:
            path = (*path, part)
        elif part != "[key]":
            branches = (*branches, part)
    return path, branches


def _report(
    document: Document, path: Path, several: list[ErrorDetails], model: type[BaseModel], prefix: Path
) -> None:
    details = several[0]
    kind, context = details["type"], details.get("ctx", {})
    text = document.places[path].text if path in document.places else None
    key = str(path[-1]) if path else ""
    if kind == "extra_forbidden":
        _report_unknown(document, path, key, _keys(model, path[len(prefix) : -1]))
    elif kind == "missing":
        siblings = document.at(path[:-1])
        keys = set(_keys(model, path[len(prefix) : -1]))
        if not any(nearest_name(other, keys) == key for other in siblings if other not in keys):
            document.report(path, reason=f"'{key}' is missing", fix=f"add '{key}:'")
    elif kind == "headgate":
        document.report(
            path,
            value=context.get("value", text),
            allowed=context.get("allowed", ()),
            reason=context["reason"],
            fix=context["fix"],
        )
    elif all(each["type"] in DUE for each in several):
        due = " or ".join(dict.fromkeys(DUE[each["type"]] for each in several))
        _report_kind(document, path, due, details["input"], text)
    elif kind == "literal_error":
        allowed = tuple(
            found[0] or found[1] for found in re.findall(r"'([^']*)'|\"([^\"]*)\"", context["expected"])
        )
        quote = text in allowed and not isinstance(details["input"], str)
        document.report(
            path,
            value=text,
            allowed=allowed,
            names=() if quote else None,
            reason=f"{_found(details['input'], text)} is not allowed",
            fix=f'write "{text}" in quotes' if quote else "use one of these",
        )
    elif kind == "string_pattern_mismatch" and context["pattern"] == NAME_PATTERN:
        plain = re.sub(r"[^a-z0-9]+", "_", (key if "[key]" in details["loc"] else text or "").lower()).strip(
            "_"
        )
        name = key if "[key]" in details["loc"] else text
        document.report(
            path,
            value=name,
            reason=f"'{name}' is not a name",
            fix="begin with a letter and use a-z, 0-9 and _"
            + (f", as in '{plain}'" if plain[:1].isalpha() else ""),
        )
    elif kind in BOUNDS:
        bound, words = BOUNDS[kind]
        reason = f"{_found(details['input'], text)} is out of range"
        document.report(path, value=text, reason=reason, fix=f"give a number {words} {context[bound]:g}")
    elif kind in ("too_short", "string_too_short") and context["min_length"] == 1:
        document.report(path, reason=f"'{key}' is empty", fix="give at least one")
    elif kind in ("string_too_long", "string_too_short"):
        limits = {"max_length": "at most", "min_length": "at least"}
        limit, words = next((context[name], words) for name, words in limits.items() if name in context)
        single = "exactly one character" if limit == 1 else f"{words} {limit} characters"
        document.report(
            path, value=text, reason=f"{_found(details['input'], text)} is too long", fix=f"give {single}"
        )
    else:
        document.report(path, value=text, reason=details["msg"], fix="see the reference of this key")


def _report_unknown(document: Document, path: Path, key: str, keys: tuple[str, ...]) -> None:
    document.report(
        path,
        value=key,
        allowed=keys,
        reason=f"unknown key '{key}'",
        fix=f"remove it{', or indent it if it belongs to the key above' if not keys else ''}",
    )


def _report_kind(document: Document, path: Path, due: str, value: Any, text: str | None) -> None:
    key = dotted(path)
    if value is None and not text:
        fix = "give a value, or remove the key"
    elif isinstance(value, SecretReference):
        fix = "secrets are for fields made for them, such as source.password"
    elif "text" in due and text is not None and not isinstance(value, str):
        fix = f'write "{text}" in quotes'
    elif isinstance(value, str) and "${" in (text or "") and due != "a list":
        fix = f"variables give text: write the value itself, or use --set {key}=VALUE"
    elif due == "a list" and text is not None:
        fix = f"write [{text}]"
    else:
        fix = f"write {due}"
    document.report(path, value=text, names=(), reason=f"{_found(value, text)} where {due} is due", fix=fix)


def _found(value: Any, text: str | None) -> str:
    """What is written there, in words; variables are shown by name and never by value."""
    if value is None:
        return f"nothing ('{text}')" if text else "nothing"
    if isinstance(value, SecretReference):
        return f"the secret {value}"
    shown = "" if text is None else f" '{text if len(text) <= 60 else text[:57] + '…'}'"
    if isinstance(value, bool):
        return f"the boolean {str(value).lower()} (written{shown})"
    if isinstance(value, int | float):
        return f"the number{shown}"
    if isinstance(value, date):
        return f"the date{shown}"
    if isinstance(value, str):
        return f"the text{shown}"
    return "a mapping" if isinstance(value, Mapping) else "a list" if isinstance(value, Sequence) else "this"


def _keys(model: type[BaseModel], path: Path) -> tuple[str, ...]:
    """The keys that the model at `path` takes, found by walking the annotations."""
    kind: Any = model
    for part in path:
        if _is_model(kind):
            named = (field for name, field in kind.model_fields.items() if (field.alias or name) == part)
            kind = _peeled(next((field.annotation for field in named), None))
        else:
            within = [each for each in get_args(kind) if each is not Ellipsis]
            kind = _peeled(within[-1]) if within else None
    return tuple(field.alias or name for name, field in kind.model_fields.items()) if _is_model(kind) else ()


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _peeled(annotation: Any) -> Any:
    """The type inside `Annotated` and ``| None``."""
    while get_origin(annotation) in (Annotated, Union, types.UnionType):
        annotation = get_args(annotation)[0]
    return annotation
