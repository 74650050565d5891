"""What an error says, in one line: without Java's stacks, and without the values that it was about.

Spark wraps what matters several times, and quotes the value that it could not read. An error's line
goes to logs, reports and the ledger, where no value of the data has to be.
"""

from __future__ import annotations

import re

__all__ = ["of_an_expression", "said"]

LONGEST = 400

_OF_VALUES = re.compile(
    r"\[((?:CAST_|CANNOT_PARSE_|CONVERSION_INVALID|DUPLICATED_MAP_KEY|INVALID_URL|MALFORMED_|NUMERIC_VALUE|"
    r"NUMERIC_OUT|INCONSISTENT_BEHAVIOR|ROW_VALUE|DELTA_VIOLATE_CONSTRAINT|DELTA_EXCEED_CHAR|EXCEED_LIMIT|"
    r"VALUE_OUT|ARITHMETIC_OVERFLOW|INVALID_FRACTION|INVALID_INDEX|INVALID_ARRAY_INDEX|UNPARSE)[A-Z_.]*)\]"
)
"""Conditions whose text quotes a value."""

_AFTER_WORDS = re.compile(
    r"((?:values?|text|string|literal|input|record|row|parse|float|int\(\) with base \d+|date|timestamp|key)"
    r"[ :=]+)('(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")",
    re.IGNORECASE,
)
"""Values in the words of Java, Python and Arrow: ``For input string: "x"``, ``Text 'x' could not``."""

_EVALUATING = re.compile(r"org\.apache\.spark\.sql\.catalyst\.(?:expressions|util)\.")
_SPARKS = re.compile(r"^\s*at (org\.apache\.spark\.(?!sql\.errors\.)[\w.$]+)", re.MULTILINE)


def of_an_expression(error: BaseException | str) -> bool:
    r"""Whether a function of SQL raised it, of a row's values or of its own arguments: so says Java's stack.

    Examples
    --------
    >>> of_an_expression("java.time.DateTimeException: Invalid ID: x y\n\tat java.time.ZoneId.of\n"
    ...                  "\tat org.apache.spark.sql.catalyst.util.DateTimeUtils$.getZoneId")
    True
    """
    frame = _SPARKS.search(_innermost(error))
    return frame is not None and _EVALUATING.match(frame[1]) is not None


def _innermost(error: BaseException | str) -> str:
    # PySpark keeps Java's stack beside what it says.
    stack = str(getattr(error, "_stackTrace", None) or error)
    return stack.rpartition("\nCaused by: ")[2]


def said(error: BaseException | str) -> str:
    r"""The line of an error that says what is wrong: the innermost cause's.

    Parameters
    ----------
    error : BaseException or str
        An error, or the whole text of one.

    Examples
    --------
    >>> said('An error occurred while calling o7.save.\n: org.apache.spark.SparkException: Job aborted\n'
    ...      '\tat org.apache\nCaused by: java.io.IOException: disk gone\n\tat java.base')
    'java.io.IOException: disk gone'
    >>> said("[CAST_INVALID_INPUT] The value '078-05-1120' of the type \"STRING\" cannot be cast to \"INT\".")
    '[CAST_INVALID_INPUT] cast invalid input (the value is not shown)'
    >>> said(ValueError("could not convert string to float: 'x9'"))
    "could not convert string to float: '…'"
    """
    text = error if isinstance(error, str) else str(error)
    if not text.strip() and not isinstance(error, str):
        return type(error).__name__
    # Wherever it stands: what wraps it says less, and what it wraps quotes the value once more.
    about = _OF_VALUES.search(text)
    if about:
        words = about[1].partition(".")[0].replace("_", " ").lower()
        return f"[{about[1]}] {words} (the value is not shown)"
    malformed = re.search(r"Malformed (?:CSV )?records?[a-z ]*", text)
    if malformed:
        return f"{malformed[0].rstrip()} (the value is not shown)"
    if of_an_expression(error):
        # Functions quote what they are given, each in words of its own.
        kind = re.search(r"\[[A-Z_.]+\]|\b\w+(?:Exception|Error)\b", _innermost(error))
        return f"{kind[0] if kind else type(error).__name__} (what it was about is not shown)"
    return _AFTER_WORDS.sub(r"\1'…'", _telling(text))[:LONGEST]


def _telling(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if not lines:
        return "no message"
    causes = [line for line in lines if re.match(r"Caused by: \S+: ", line)]
    if causes and "PythonException" not in causes[-1]:
        return causes[-1].removeprefix("Caused by: ")
    if "Traceback (most recent call last):" in text:
        # Python's own line stands after its stack, which is indented.
        last = text.rpartition("Traceback (most recent call last):")[2].splitlines()
        raised = [line for line in last if re.match(r"[A-Za-z_][\w.]*(: |$)", line)]
        if raised:
            return raised[0]
    if lines[0].startswith("An error occurred while calling") and len(lines) > 1:
        return lines[1].removeprefix(": ")
    return lines[0]
