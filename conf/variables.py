"""``${VAR}`` and ``${VAR:-default}`` in the texts of a document.

Substitution comes after parsing, so a value cannot bring YAML with it: what was text stays text.
``$${`` is a literal ``${``. A reference to a secret becomes a `SecretReference` and stays one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from headgate.conf.document import Document
from headgate.conf.problems import Path
from headgate.conf.secrets import SecretError, SecretReference

__all__ = ["substitute"]

_MARK = re.compile(r"\$\$\{|\$\{(?:([^{}]*)\})?")
_VARIABLE = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?", re.DOTALL)


def substitute(document: Document, environment: Mapping[str, str]) -> None:
    """Replace the variables in all texts of `document`; keys are left alone.

    Parameters
    ----------
    document : Document
        Changed in place; an undefined or malformed variable is reported there.
    environment : mapping of str to str
        As in a shell, a default stands in for a variable that is absent or empty.

    Examples
    --------
    >>> from headgate.conf.parse import read_document
    >>> document = read_document("lake: ${ROOT:-/tmp}/lake", file="p.yaml")
    >>> substitute(document, {"ROOT": "s3://bucket"})
    >>> document.data
    {'lake': 's3://bucket/lake'}
    """
    document.data = _replace(document, (), document.data, environment)


def _replace(document: Document, path: Path, value: Any, environment: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _replace(document, (*path, key), item, environment) for key, item in value.items()}
    if isinstance(value, list):
        return [_replace(document, (*path, place), item, environment) for place, item in enumerate(value)]
    if not isinstance(value, str) or "${" not in value:
        return value
    if _is_secret(value):
        return _secret(document, path, value)

    def text(found: re.Match[str]) -> str:
        if found[0] == "$${":
            return "${"
        return _variable(document, path, found, environment)

    return _MARK.sub(text, value)


def _is_secret(value: str) -> bool:
    return any((found[1] or "").startswith("secret:") for found in _MARK.finditer(value))


def _secret(document: Document, path: Path, value: str) -> Any:
    try:
        return SecretReference.parse(value)
    except SecretError as error:
        whole = value.startswith("${secret:") and value.find("}") == len(value) - 1
        document.report(
            path,
            reason=error.reason if whole else "a reference to a secret must be the whole value",
            fix=f"did you mean '{error.nearest}'?" if error.nearest else "write one of the allowed forms",
            allowed=error.allowed,
        )
        # a stand-in of the right kind, so that the same mistake is not reported twice
        return SecretReference("env", "UNREADABLE")


def _variable(document: Document, path: Path, found: re.Match[str], environment: Mapping[str, str]) -> str:
    named = _VARIABLE.fullmatch(found[1] or "")
    if not named:
        document.report(
            path,
            reason="'${…}' names no variable",
            fix="write ${NAME} or ${NAME:-default}, or $${ for the characters themselves",
        )
        return found[0]
    name, default = named.groups()
    if default is not None:
        return environment.get(name) or default
    if name not in environment:
        document.report(
            path,
            value=name,
            names=tuple(environment),
            reason=f"the environment variable {name} is not set",
            fix=f"set it, or write ${{{name}:-default}}",
        )
        return found[0]
    return environment[name]
