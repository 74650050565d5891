"""Formats of dates and times, compiled to regular expressions that bring a text to ISO 8601."""

from __future__ import annotations

import re
from typing import NamedTuple

from pyspark.sql import Column
from pyspark.sql import functions as F

from headgate.etl.clean.lookup import look_up
from headgate.etl.clean.text import lower_case
from headgate.etl.errors import ParameterError

__all__ = ["Format", "compile_format", "mark_matches", "replace_names"]

MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
MONTH_NUMBERS = {name[:3]: str(number) for number, name in enumerate(MONTHS, start=1)}
HOURS = {
    f"{shown}{half}": str(hour % 12 + (12 if half == "pm" else 0))
    for hour in range(1, 13)
    for half in ("am", "pm")
    for shown in {str(hour), f"{hour:02}"}
}

# What a run of letters in a format reads: the field, and the texts that it takes. Java and Rust take
# all of these for the same: no look-around, and letter case of ASCII alone.
LETTERS = {
    "yyyy": ("year", "000[1-9]|00[1-9][0-9]|0[1-9][0-9]{2}|[1-9][0-9]{3}"),
    "MMMM": ("month", "(?i-u:" + "|".join(MONTHS) + ")"),
    "MMM": ("month", "(?i-u:" + "|".join(name[:3] for name in MONTHS) + ")"),
    "MM": ("month", "0[1-9]|1[0-2]"),
    "M": ("month", "0?[1-9]|1[0-2]"),
    "dd": ("day", "0[1-9]|[12][0-9]|3[01]"),
    "d": ("day", "0?[1-9]|[12][0-9]|3[01]"),
    "HH": ("hour", "[01][0-9]|2[0-3]"),
    "H": ("hour", "[01]?[0-9]|2[0-3]"),
    "hh": ("hour", "0[1-9]|1[0-2]"),
    "h": ("hour", "0?[1-9]|1[0-2]"),
    "a": ("half", "(?i-u:am|pm)"),
    "mm": ("minute", "[0-5][0-9]"),
    "m": ("minute", "[0-5]?[0-9]"),
    "ss": ("second", "[0-5][0-9]"),
    "s": ("second", "[0-5]?[0-9]"),
    "X": ("offset", "Z|[+-](?:0[0-9]|1[0-4])(?:[0-5][0-9])?"),
    "XX": ("offset", "Z|[+-](?:0[0-9]|1[0-4])[0-5][0-9]"),
    "XXX": ("offset", "Z|[+-](?:0[0-9]|1[0-4]):[0-5][0-9]"),
}


class Format(NamedTuple):
    """A format, compiled: the texts that it takes, and by field the number of its group in the pattern."""

    text: str
    pattern: str
    century: str
    groups: dict[str, int]

    @property
    def has_names(self) -> bool:
        """Whether it reads parts that are not numbers in ISO 8601."""
        return "half" in self.groups or "MMM" in self.text

    def layout(self, zone: str | None) -> str:
        """What to replace the pattern by: a date or, given the zone of texts without offset, a time."""
        fields = ["year", "-", "month", "-", "day"]
        if zone is not None:
            # No letter may follow a group: Rust would take it for a part of the group's name.
            fields += [" ", "hour", "half", ":", "minute", ":", "second", ".", "fraction", " ", "offset"]
        default = {
            "hour": "0",
            "half": "",
            "minute": "0",
            "second": "0",
            "fraction": "0",
            "offset": zone or "",
        }
        return self.century + "".join(
            f"${self.groups[field]}" if field in self.groups else default.get(field, field)
            for field in fields
        )


def mark_matches(text: Column, formats: list[Format], *, zone: str | None) -> Column:
    """The trimmed text in the layout of the first format that takes it, marked by a leading space."""
    # Neither a trimmed text nor a format begins with a space, so no pattern takes what is marked.
    for form in formats:
        text = F.regexp_replace(text, form.pattern, " " + form.layout(zone))
    return text


def replace_names(marked: Column) -> Column:
    """What `mark_matches` gave, with the names of months and the hours of AM and PM as numbers."""
    month = look_up(lower_case(F.substring(marked, 7, 3)), MONTH_NUMBERS)
    hour = look_up(lower_case(F.regexp_extract(marked, " ([0-9]+[A-Za-z]+)", 1)), HOURS)
    named = F.regexp_replace(marked, F.lit("-[A-Za-z]+-"), F.concat(F.lit("-"), month, F.lit("-")))
    numbered = F.when(month.isNull(), marked).otherwise(named)
    twelve = F.regexp_replace(numbered, F.lit(" [0-9]+[A-Za-z]+"), F.concat(F.lit(" "), hour))
    return F.when(hour.isNull(), numbered).otherwise(twelve)


def compile_format(text: str, *, step: str, first_year: int = 2000) -> list[Format]:
    """The format, compiled: once for each choice of the parts in brackets, the longest first.

    Two digits of a year are read as one of the hundred years from `first_year` on.
    """
    if text != text.strip(" "):
        raise ParameterError(step=step, parameter="formats", value=text, allowed="no space at the ends")
    tokens = [match[0] for match in re.finditer(r"'(?:[^']|'')*'|([A-Za-z])\1*|.", text, re.DOTALL)]
    try:
        return [
            _compile(text, variant, century=century, years=years)
            for variant in _variants(tokens)
            for century, years in (_centuries(first_year) if "yy" in variant else [("", "")])
        ]
    except ValueError as error:
        raise ParameterError(step=step, parameter="formats", value=text, allowed=str(error)) from error


def _variants(tokens: list[str]) -> list[list[str]]:
    """The tokens with and without each part in brackets, the longest first."""
    if "[" not in tokens and "]" not in tokens:
        return [tokens]
    if "[" not in tokens:
        raise ValueError("brackets in pairs")
    # The last bracket that opens is an innermost one.
    first = len(tokens) - 1 - tokens[::-1].index("[")
    if "]" not in tokens[first:]:
        raise ValueError("brackets in pairs")
    last = tokens.index("]", first)
    before, inside, after = tokens[:first], tokens[first + 1 : last], tokens[last + 1 :]
    return [*_variants(before + inside + after), *_variants(before + after)]


def _centuries(first_year: int) -> list[tuple[str, str]]:
    """The centuries that two digits can be of, each with the pattern of those that are."""
    found: dict[str, list[str]] = {}
    for year in range(first_year, first_year + 100):
        found.setdefault(f"{year // 100:02}", []).append(f"{year % 100:02}")
    return [(century, "|".join(years)) for century, years in found.items()]


def _compile(text: str, tokens: list[str], *, century: str, years: str) -> Format:
    pattern = ""
    groups: dict[str, int] = {}
    for token in tokens:
        if token == "''":
            pattern += "'"
        elif token[0] == "'" and len(token) > 1:
            pattern += re.escape(token[1:-1].replace("''", "'"))
        elif not re.match("[A-Za-z]", token):
            pattern += re.escape(token)
        else:
            field, texts = ("year", years) if token == "yy" else _field(token)
            if field in groups:
                raise ValueError(f"each part once, not a second {field}")
            groups[field] = len(groups) + 1
            pattern += f"({texts})"
    if not {"year", "month", "day"} <= groups.keys():
        raise ValueError("a format with year, month and day outside brackets")
    if ("half" in groups) != bool({"h", "hh"} & set(tokens)):
        raise ValueError("h with a, or H without")
    return Format(text, rf"^(?:{pattern})\z", century, groups)


def _field(letters: str) -> tuple[str, str]:
    if set(letters) == {"S"} and len(letters) <= 9:
        return "fraction", f"[0-9]{{1,{len(letters)}}}"
    if letters not in LETTERS:
        raise ValueError(f"the letters that parse_dates lists, not {letters!r}; quote what is meant as text")
    return LETTERS[letters]
