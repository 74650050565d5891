"""Names and values written into SQL, so that Spark takes them for what they are whatever is in them."""

from __future__ import annotations

import re

__all__ = ["literal", "quote"]

_PLAIN = re.compile(r"[^'\\$]*")
"""Texts in which nothing is read by settings of the session: no quote, no escape, no variable."""


def quote(name: str) -> str:
    """Write a column's name.

    Examples
    --------
    >>> quote("a.b"), quote("a`b")
    ('`a.b`', '`a``b`')
    """
    return "`" + name.replace("`", "``") + "`"


def literal(value: str | int | float | bool | None) -> str:
    """Write a value.

    Examples
    --------
    >>> [literal(value) for value in ("a", "O'Brien", 5, 0.5, True, None)]
    ["'a'", "CAST(X'4F27427269656E' AS STRING)", '5', "CAST('0.5' AS DOUBLE)", 'true', 'NULL']
    """
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        # As Java spells what is no number.
        spelled = repr(value).replace("inf", "Infinity").replace("nan", "NaN")
        return f"CAST('{spelled}' AS DOUBLE)"
    if _PLAIN.fullmatch(value):
        return f"'{value}'"
    return f"CAST(X'{value.encode().hex().upper()}' AS STRING)"
