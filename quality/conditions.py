"""Row conditions: the part of the rows that an expectation speaks about.

A condition is kept as Spark SQL, together with the form in which Great Expectations echoes it.
It is the author's own SQL: casts and comparisons inside it follow the session, ANSI mode included.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from headgate.quality.literals import literal, quote

__all__ = ["RowCondition", "read_condition"]

_OPERATORS = ("==", "!=", "<", "<=", ">", ">=", "IN", "NOT_IN")

# A value in quotes, by the other of which it may hold; as in Great Expectations, white space before it is
# dropped. Not all that stands here can Great Expectations read itself: letters beyond ÿ, and quotes.
_DOUBLE = r'"[ \t]*(?P<{0}>[^"\r\n]*)"'
_SINGLE = r"'[ \t]*(?P<{0}>[^'\r\n]*)'"

_LEGACY = re.compile(
    rf"""\s*col\("(?P<column>[^"\r\n]+)"\)\s*
    (?: (?P<notnull>(?i:\.notnull\(\)))
      | (?P<operator>==|!=|<=|>=|<|>)\s*
        (?: (?P<number>[+-]?\d+(?:\.\d*)?(?:[eE][+-]?\d+)?)
          | {_DOUBLE.format("double")} | {_SINGLE.format("single")}
          | date\s*\(\s*(?:{_DOUBLE.format("ddate")}|{_SINGLE.format("sdate")})\s*\)
        )
    )""",
    re.VERBOSE,
)

_MOST = 100
"""As many comparisons as Great Expectations takes in one condition."""


@dataclass(frozen=True)
class RowCondition:
    """Which rows an expectation speaks about.

    Attributes
    ----------
    sql : str
        The condition as a Spark SQL expression; rows for which it is null are left out.
    echo : Mapping
        The condition as Great Expectations writes it into results.
    ignored : str
        Text that Great Expectations drops without a word: the condition is not what it seems.
    """

    sql: str
    echo: Mapping[str, Any]
    ignored: str = ""


def read_condition(condition: Any, parser: str | None) -> RowCondition | None:
    """Read the row condition of an expectation.

    Parameters
    ----------
    condition : str, Mapping or None
        A Spark SQL text, a text such as ``col("x") > 5`` with a ``great_expectations`` parser, or
        the object form ``{"type": "comparison", …}``.
    parser : str or None
        The expectation's ``condition_parser``.

    Returns
    -------
    RowCondition or None
        None where there is no condition.

    Raises
    ------
    ValueError
        If the condition is in none of these forms; the message says what is expected.

    Examples
    --------
    >>> read_condition({"type": "nullity", "column": {"name": "sex"}, "is_null": False}, None).sql
    '`sex` IS NOT NULL'
    >>> read_condition('col("age") > 18 and col("sex") == "F"', "great_expectations").ignored
    ' and col("sex") == "F"'
    """
    if condition is None:
        return None
    if isinstance(condition, Mapping):
        echo = _normalise(condition)
        return RowCondition(_sql(echo), echo)
    if not isinstance(condition, str) or not condition.strip():
        raise ValueError("SQL text or an object")
    if parser is None or not parser.startswith("great_expectations"):
        return RowCondition(condition, {"type": "pass_through", "pass_through_filter": condition})
    match = _LEGACY.match(condition)
    if match is None:
        raise ValueError('a single comparison such as col("age") > 18')
    echo = _legacy(match.groupdict())
    return RowCondition(_sql(echo), echo, ignored=condition[match.end() :].rstrip())


def _legacy(parts: Mapping[str, str | None]) -> dict[str, Any]:
    column = {"name": parts["column"]}
    if parts["notnull"]:
        return {"type": "nullity", "column": column, "is_null": False}
    parameter: str | int | float | None = next(
        (parts[name] for name in ("double", "single", "ddate", "sdate") if parts[name] is not None), None
    )
    if parts["number"] is not None:
        try:
            parameter = int(parts["number"])
        except ValueError:
            parameter = float(parts["number"])
    return {"type": "comparison", "column": column, "operator": parts["operator"], "parameter": parameter}


def _normalise(condition: Mapping[str, Any]) -> dict[str, Any]:
    kind = condition.get("type")
    if kind == "pass_through" and isinstance(condition.get("pass_through_filter"), str):
        return {"type": kind, "pass_through_filter": condition["pass_through_filter"]}
    if kind == "nullity" and isinstance(condition.get("is_null"), bool):
        return {"type": kind, "column": _column(condition), "is_null": condition["is_null"]}
    if kind == "comparison":
        return {
            "type": kind,
            "column": _column(condition),
            "operator": _operator(condition),
            "parameter": _parameter(condition),
        }
    if kind in ("and", "or"):
        return {"type": kind, "conditions": _parts(kind, condition.get("conditions"))}
    raise ValueError("an object of type comparison, nullity, and, or, pass_through")


def _column(condition: Mapping[str, Any]) -> dict[str, str]:
    column = condition.get("column")
    if isinstance(column, Mapping) and isinstance(column.get("name"), str):
        return {"name": column["name"]}
    raise ValueError('a column written {"name": …}')


def _operator(condition: Mapping[str, Any]) -> str:
    if condition.get("operator") in _OPERATORS:
        return str(condition["operator"])
    raise ValueError("an operator out of " + ", ".join(_OPERATORS))


def _parameter(condition: Mapping[str, Any]) -> Any:
    parameter = condition.get("parameter")
    listed = condition["operator"] in ("IN", "NOT_IN")
    if parameter is None or listed != isinstance(parameter, list):
        raise ValueError("a parameter: a list for IN and NOT_IN, a value for the others")
    kinds = {type(value) for value in parameter} if listed else set()
    if listed and not (kinds == {str} or (kinds and kinds <= {int, float})):
        raise ValueError("a list of texts, or of numbers, for IN and NOT_IN")
    return parameter


def _parts(kind: str, conditions: Any) -> list[dict[str, Any]]:
    if not isinstance(conditions, list) or not conditions:
        raise ValueError("a list of conditions")
    parts: list[dict[str, Any]] = []
    for condition in conditions:
        part = _normalise(condition)
        if part["type"] == "or":
            raise ValueError("no 'or' inside another 'and' or 'or'")
        parts.extend(part["conditions"] if kind == part["type"] == "and" else [part])
    if sum(len(part.get("conditions", (part,))) for part in parts) > _MOST:
        raise ValueError(f"at most {_MOST} comparisons")
    return parts


def _sql(condition: Mapping[str, Any]) -> str:
    kind = condition["type"]
    if kind == "pass_through":
        return str(condition["pass_through_filter"])
    if kind in ("and", "or"):
        return "(" + f" {kind.upper()} ".join(_sql(part) for part in condition["conditions"]) + ")"
    column = ".".join(
        _quoted(part) for part in re.findall(r"`(?:[^`]|``)+`|[^.]+", condition["column"]["name"])
    )
    if kind == "nullity":
        return f"{column} IS NULL" if condition["is_null"] else f"{column} IS NOT NULL"
    operator, parameter = condition["operator"], condition["parameter"]
    if operator in ("IN", "NOT_IN"):
        values = ", ".join(map(_literal, parameter))
        return f"{column} {operator.replace('_', ' ')} ({values})"
    return f"{column} {operator} {_literal(parameter)}"


def _literal(value: Any) -> str:
    # Numbers as Great Expectations writes them: Spark then has decimals for those with a point.
    return literal(value) if isinstance(value, str) else repr(value)


def _quoted(part: str) -> str:
    if len(part) > 1 and part.startswith("`") and part.endswith("`"):
        return part
    return quote(part)
