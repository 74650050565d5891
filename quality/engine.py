"""Engines: what another engine than Spark would answer otherwise is not asked of it.

Sail speaks Spark Connect, but its regular expressions are Rust's, and it writes and reads some numbers
otherwise. A rule that rests on that is broken there, so that `validate` refuses it by name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from pyspark.sql import SparkSession
from pyspark.sql import types as T

from headgate.quality.expectation import Expectation
from headgate.quality.rules import Broken, Rule
from headgate.quality.schema import PLAIN_SCALE, Field

__all__ = ["answerable", "is_sail"]

UNLIKE = re.compile(r"(?<!\\)(?:\\\\)*(\\[wWdDsSbBhHvVRXQ]|\$|\.|\(\?(?!:)|&&)")
"""What Java and Rust take for different things: ASCII or Unicode, and where a line ends."""

IN_BRACKETS = re.compile(r"(?<!\\)((?:\\\\)*)\[\^?\]?(?:\\.|[^\]\\])*\]")


def is_sail(session: SparkSession) -> bool:
    """Tell whether Sail answers in this session."""
    # A session inside a JVM is Spark's own: that is known without asking.
    if not type(session).__module__.startswith("pyspark.sql.connect"):
        return False
    # Spark tells its own version here, without what a vendor adds; Sail tells Sail's.
    told = str(session.sql("SELECT version()").collect()[0][0])
    return not session.version.startswith(told.split()[0])


def answerable(session: SparkSession, rules: Iterable[Rule]) -> tuple[Rule, ...]:
    """Break the rules that the session's engine would answer otherwise than Spark.

    Parameters
    ----------
    session : SparkSession
        In which the data is.
    rules : iterable of Rule
        A plan.

    Returns
    -------
    tuple of Rule
        As many; on Spark the same.
    """
    rules = tuple(rules)
    if not is_sail(session):
        return rules
    reasons = [(rule, _unlike(rule)) for rule in rules]
    return tuple(rule if reason is None else Broken(rule.expectation, reason) for rule, reason in reasons)


def _unlike(rule: Rule) -> str | None:
    if rule.fault is not None:
        return None
    if not rule.own:
        return "it is left to Great Expectations, which does not run on Sail; run the suite on Spark"
    expectation = rule.expectation
    for pattern in patterns(expectation):
        found = unlike_java(pattern)
        if found:
            return (
                f"Sail does not take {found!r} in the pattern {pattern!r} as Spark does; "
                "write the characters out, and the end of the text as \\z"
            )
    for field in rule.fields:
        if field.family == "text" and expectation.type == "expect_column_values_to_be_between":
            return f"Sail reads texts such as '{field.name}' by rules of its own; cast the column before"
        if _as_text(expectation) and _written_otherwise(field):
            return (
                f"Sail writes {field.type.simpleString()} such as '{field.name}' in a notation of its own; "
                "give the values as numbers, or run the suite on Spark"
            )
    return None


def patterns(expectation: Expectation) -> list[str]:
    """List the regular expressions of an expectation."""
    if "match_regex" not in expectation.type:
        return []
    return list(expectation.kwargs.get("regex_list") or [expectation.parameter("regex")])


def unlike_java(pattern: str) -> str | None:
    r"""Find the first part of a regular expression that Java and Rust take for different things.

    Examples
    --------
    >>> unlike_java("^[A-Z][0-9.$]+") is None, unlike_java("^[A-Z]+$"), unlike_java(r"[\w]")
    (True, '$', '\\w')
    """
    for bracketed in IN_BRACKETS.finditer(pattern):
        inside = re.search(r"\\[wWdDsShHvV]|&&|\[:?", bracketed[0][len(bracketed[1]) + 1 :])
        if inside:
            return inside[0]
    found = UNLIKE.search(IN_BRACKETS.sub(r"\1x", pattern))
    return None if found is None else found[1]


def _as_text(expectation: Expectation) -> bool:
    if "lengths" in expectation.type or "match_regex" in expectation.type:
        return True
    return any(isinstance(value, str) for value in expectation.kwargs.get("value_set") or ())


def _written_otherwise(field: Field) -> bool:
    if isinstance(field.type, T.DecimalType):
        return field.type.scale > PLAIN_SCALE
    return isinstance(field.type, T.FloatType | T.DoubleType)
