"""Dates and times: read texts in stated formats, strictly, wherever and however the session runs.

The formats are compiled to regular expressions whose fields are put together with `make_date` and
`make_timestamp_ltz`. Spark's own parser is not asked: its result depends on the session's time zone,
and in the default mode of Spark 3.5 it raises for texts that the parser of Spark 2 would have read.
"""

from __future__ import annotations

import re
from typing import NamedTuple
from zoneinfo import ZoneInfo

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from etl.clean.checks import require_choice, require_names, require_text
from etl.clean.lookup import look_up
from etl.clean.text import lower_case
from etl.errors import ParameterError
from etl.transform import PROBLEMS, Invalid, Transform, add_problems, problem, quote

__all__ = ["parse_dates", "parse_timestamps"]

MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)

# What a run of letters in a format reads: the field, and the texts that it takes.
LETTERS = {
    "yyyy": ("year", "[0-9]{4}"),
    "yy": ("year", "[0-9]{2}"),
    "MMMM": ("month", "(?i:" + "|".join(MONTHS) + ")"),
    "MMM": ("month", "(?i:" + "|".join(name[:3] for name in MONTHS) + ")"),
    "MM": ("month", "0[1-9]|1[0-2]"),
    "M": ("month", "0?[1-9]|1[0-2]"),
    "dd": ("day", "0[1-9]|[12][0-9]|3[01]"),
    "d": ("day", "0?[1-9]|[12][0-9]|3[01]"),
    "HH": ("hour", "[01][0-9]|2[0-3]"),
    "H": ("hour", "[01]?[0-9]|2[0-3]"),
    "hh": ("hour", "0[1-9]|1[0-2]"),
    "h": ("hour", "0?[1-9]|1[0-2]"),
    "a": ("half", "(?i:am|pm)"),
    "mm": ("minute", "[0-5][0-9]"),
    "m": ("minute", "[0-5]?[0-9]"),
    "ss": ("second", "[0-5][0-9]"),
    "s": ("second", "[0-5]?[0-9]"),
    "X": ("offset", "Z|[+-](?:0[0-9]|1[0-4])(?:[0-5][0-9])?"),
    "XX": ("offset", "Z|[+-](?:0[0-9]|1[0-4])[0-5][0-9]"),
    "XXX": ("offset", "Z|[+-](?:0[0-9]|1[0-4]):[0-5][0-9]"),
}
FIELDS = ("year", "month", "day", "hour", "half", "minute", "second", "fraction", "offset")


class Format(NamedTuple):
    """A format, compiled: what it takes, and how its fields are laid out as one text parted by bars."""

    pattern: str
    layout: str
    fields: frozenset[str]


def parse_dates(*, columns: list[str], formats: list[str], invalid: Invalid = "reject") -> Transform:
    """Read texts as dates; a text that is no real date in any of the formats is a problem.

    The formats are tried in order, and the first that takes the whole text (without the spaces around
    it) decides. The result depends on no setting of the session.

    ============================  =====================================================================
    letters                       read
    ============================  =====================================================================
    ``yyyy``, ``yy``              the year, in four digits, or in two for 2000 to 2099
    ``MM``, ``M``                 the month, in two digits, or in one or two
    ``MMM``, ``MMMM``             its English name, in three letters or in full, in any letter case
    ``dd``, ``d``                 the day
    ``HH``, ``H``                 the hour, 0 to 23
    ``hh``, ``h`` with ``a``      the hour, 1 to 12, with AM or PM
    ``mm``, ``m``, ``ss``, ``s``  minute, second
    ``S`` to ``SSSSSSSSS``        fraction of a second, in up to so many digits, kept to the microsecond
    ``X``, ``XX``, ``XXX``        offset from UTC: ``+05`` or ``+0530``, ``+0530``, ``+05:30``; or ``Z``
    ``'T'``, ``''``               the letters between the quotes; a quote
    ``[ ]``                       what may be left out
    ============================  =====================================================================

    Other letters are not allowed; all other characters stand for themselves.

    Parameters
    ----------
    columns : list of str
        Text columns.
    formats : list of str
        Formats in the order to try, such as ``yyyy-MM-dd``. A time in the format is read and left out;
        an offset is not allowed, as it would make the date depend on a time zone.
    invalid : {"reject", "null"}, default "reject"
        What becomes of a row with a value that cannot be read: rejected by the gate, or kept with null.

    Returns
    -------
    Transform
        Its output has the same rows and columns, those named as ``date``, and `_problems`.

    Raises
    ------
    MissingColumnError
        If a column is not there.
    ParameterError
        If a column does not hold text, or a format cannot be used.

    Examples
    --------
    >>> df = spark.createDataFrame([("2023-02-28",), ("5 Mar 2023",), ("2023-02-30",)], "born string")
    >>> df.transform(parse_dates(columns=["born"], formats=["yyyy-MM-dd", "d MMM yyyy"])).select(
    ...     "born", F.col("_problems.value").alias("value"), F.col("_problems.reason").alias("reason")
    ... ).show()
    +----------+------------+-----------------+
    |      born|       value|           reason|
    +----------+------------+-----------------+
    |2023-02-28|          []|               []|
    |2023-03-05|          []|               []|
    |      NULL|[2023-02-30]|[not a real date]|
    +----------+------------+-----------------+
    """
    step = "parse_dates"
    compiled = _compile_all(formats, columns=columns, invalid=invalid, step=step)
    for text, form in zip(formats, compiled, strict=True):
        if "offset" in form.fields:
            raise ParameterError(
                step=step,
                parameter="formats",
                value=text,
                allowed="parse_timestamps for a format with an offset",
            )

    def parse(df: DataFrame) -> DataFrame:
        return _parse(df, columns, formats, compiled, step=step, invalid=invalid)

    return parse


def parse_timestamps(
    *, columns: list[str], formats: list[str], zone: str = "UTC", invalid: Invalid = "reject"
) -> Transform:
    """Read texts as points in time; a text that is none in any of the formats is a problem.

    Formats are those of `parse_dates`; a part of the time that a format lacks is zero. A text without
    offset is read in `zone`: there a time that the clocks skipped is a problem, and one that they
    showed twice is the first of the two.

    Parameters
    ----------
    columns : list of str
        Text columns.
    formats : list of str
        Formats in the order to try, such as ``yyyy-MM-dd HH:mm:ss[.SSSSSS]``.
    zone : str, default "UTC"
        Time zone of texts without offset: a name such as ``America/New_York``, or an offset such as
        ``+05:30``.
    invalid : {"reject", "null"}, default "reject"
        What becomes of a row with a value that cannot be read: rejected by the gate, or kept with null.

    Returns
    -------
    Transform
        Its output has the same rows and columns, those named as ``timestamp``, and `_problems`.

    Raises
    ------
    MissingColumnError
        If a column is not there.
    ParameterError
        If a column does not hold text, a format cannot be used, or the time zone is not known.

    Examples
    --------
    >>> df = spark.createDataFrame([("2023-07-01 08:00:00",), ("2023-07-01T08:00:00Z",)], "seen string")
    >>> df.transform(
    ...     parse_timestamps(
    ...         columns=["seen"],
    ...         formats=["yyyy-MM-dd HH:mm:ss", "yyyy-MM-dd'T'HH:mm:ssXXX"],
    ...         zone="America/New_York",
    ...     )
    ... ).select(F.unix_seconds("seen") / 3600 % 24).collect()
    [Row(((unix_seconds(seen) / 3600) % 24)=12.0), Row(((unix_seconds(seen) / 3600) % 24)=8.0)]
    """
    step = "parse_timestamps"
    compiled = _compile_all(formats, columns=columns, invalid=invalid, step=step)
    _require_zone(zone, step=step)

    def parse(df: DataFrame) -> DataFrame:
        return _parse(df, columns, formats, compiled, step=step, invalid=invalid, zone=zone)

    return parse


def _compile_all(formats: list[str], *, columns: list[str], invalid: str, step: str) -> list[Format]:
    require_names(columns, step=step, parameter="columns")
    require_names(formats, step=step, parameter="formats")
    require_choice(invalid, ("reject", "null"), step=step, parameter="invalid")
    return [_compile(text, step=step) for text in formats]


def _compile(text: str, *, step: str) -> Format:
    def refuse(allowed: str) -> ParameterError:
        return ParameterError(step=step, parameter="formats", value=text, allowed=allowed)

    pattern, century, depth, twelve = "", "", 0, False
    groups: list[str] = []
    required: set[str] = set()
    for token in re.finditer(r"'((?:[^']|'')*)'|(([A-Za-z])\3*)|(.)", text, re.DOTALL):
        quoted, letters, _, other = token.groups()
        if quoted is not None:
            pattern += re.escape(quoted.replace("''", "'") or "'")
        elif other in ("[", "]"):
            depth += 1 if other == "[" else -1
            pattern += "(?:" if other == "[" else ")?"
            if depth < 0:
                raise refuse("brackets in pairs")
        elif other is not None:
            pattern += re.escape(other)
        else:
            is_fraction = set(letters) == {"S"} and len(letters) <= 9
            field, texts = (
                ("fraction", f"[0-9]{{1,{len(letters)}}}") if is_fraction else LETTERS.get(letters, ("", ""))
            )
            if not field:
                raise refuse(
                    f"the letters that parse_dates lists, not {letters!r}; quote what is meant as text"
                )
            if field in groups:
                raise refuse(f"each part once, not a second {field}")
            groups.append(field)
            required |= {field} if depth == 0 else set()
            century = "20" if letters == "yy" else century
            twelve = twelve or letters in ("h", "hh")
            pattern += f"({texts})"
    if depth:
        raise refuse("brackets in pairs")
    if not {"year", "month", "day"} <= required:
        raise refuse("a format with year, month and day outside brackets")
    if twelve != ("half" in groups):
        raise refuse("h with a, or H without")
    # A leading 0 makes a number of a part that was left out; the month may be a name.
    lead = {"year": century, "month": "", "half": "", "fraction": "", "offset": ""}
    layout = "|".join(
        lead.get(field, "0") + (f"${groups.index(field) + 1}" if field in groups else "") for field in FIELDS
    )
    return Format(rf"^(?:{pattern})\z", layout, frozenset(groups))


def _require_zone(zone: str, *, step: str) -> None:
    if re.fullmatch(r"UTC|Z|[+-](0\d|1[0-4]):[0-5]\d", zone):
        return
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError) as error:
        raise ParameterError(
            step=step,
            parameter="zone",
            value=zone,
            allowed="a time zone such as 'UTC', 'America/New_York' or '+05:30'",
        ) from error


def _parse(
    df: DataFrame,
    columns: list[str],
    formats: list[str],
    compiled: list[Format],
    *,
    step: str,
    invalid: Invalid,
    zone: str | None = None,
) -> DataFrame:
    require_text(df, columns, step=step)
    # The parts have a projection of their own, as every one of them is used more than once.
    parts = {name: f"_parts_of_{name}" for name in columns}
    split = df.withColumns({part: _split(F.trim(quote(name)), compiled) for name, part in parts.items()})
    values, entries = {}, []
    for name, part in parts.items():
        fields = dict(zip(FIELDS, (F.col(quote(part))[i] for i in range(len(FIELDS))), strict=True))
        value, reason = _date(fields) if zone is None else _timestamp(fields, compiled, zone)
        unread = F.lit(f"matches none of: {', '.join(formats)}")
        reason = F.when(F.col(quote(part)).isNull(), unread).otherwise(reason)
        text = F.col(quote(name))
        entry = problem(step=step, column=name, value=text, reason=reason, invalid=invalid)
        values[name] = value
        entries.append(F.when(text.isNotNull() & value.isNull(), entry))
    return split.withColumns({**values, PROBLEMS: add_problems(df, entries)}).drop(*parts.values())


def _split(text: Column, compiled: list[Format]) -> Column:
    """The fields of the first format that takes the text, in the order of `FIELDS`; else null."""
    laid_out = F.coalesce(
        *(
            F.when(text.rlike(form.pattern), F.regexp_replace(text, form.pattern, form.layout))
            for form in compiled
        )
    )
    return F.split(laid_out, "[|]")


def _date(fields: dict[str, Column]) -> tuple[Column, Column]:
    year, month, day = _year_month_day(fields)
    return F.when(_is_real(year, month, day), F.make_date(year, month, day)), F.lit("not a real date")


def _timestamp(fields: dict[str, Column], compiled: list[Format], zone: str) -> tuple[Column, Column]:
    year, month, day = _year_month_day(fields)
    hour = fields["hour"].cast("int")
    half = F.lower(fields["half"])
    hour = F.when(half == "", hour).otherwise(hour % 12 + F.when(half == "pm", 12).otherwise(0))
    second = F.concat(fields["second"], F.lit("."), F.substring(fields["fraction"], 1, 6), F.lit("0"))
    parts = (year, month, day, hour, fields["minute"].cast("int"), second.cast("decimal(16,6)"))
    place = F.lit(zone)
    if any("offset" in form.fields for form in compiled):
        place = F.when(fields["offset"] == "", place).otherwise(fields["offset"])
    value = F.make_timestamp_ltz(*parts, place)
    # `make_timestamp_ltz` moves a time that the clocks skipped; seen from the zone it is then another.
    as_read = F.make_timestamp_ltz(*parts, F.lit("UTC"))
    real = _is_real(year, month, day)
    stood = F.lit(True) if zone == "UTC" else F.from_utc_timestamp(value, place) == as_read
    reason = F.when(real, F.lit(f"the clocks skipped this time in {zone}")).otherwise(
        F.lit("not a real date")
    )
    return F.when(real, F.when(stood, value)), reason


def _year_month_day(fields: dict[str, Column]) -> tuple[Column, Column, Column]:
    numbers = {name[:3]: str(i) for i, name in enumerate(MONTHS, start=1)}
    named = look_up(F.substring(lower_case(fields["month"]), 1, 3), numbers)
    month = F.coalesce(named, fields["month"]).cast("int")
    return fields["year"].cast("int"), month, fields["day"].cast("int")


def _is_real(year: Column, month: Column, day: Column) -> Column:
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    last = F.when(month.isin(4, 6, 9, 11), 30).when(month != 2, 31).when(leap, 29).otherwise(28)
    return (year > 0) & (day <= last)
