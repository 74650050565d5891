"""Dates and times: read texts in stated formats, strictly, wherever and however the session runs.

Texts are brought to ISO 8601 with their time zone, a form that Spark casts in the same way everywhere.
Its parser for formats is not asked: what that gives depends on the session's time zone, and in the
default mode of Spark 3.5 it raises for texts that the parser of Spark 2 would have read.
"""

from __future__ import annotations

import re
from zoneinfo import ZoneInfo

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from headgate.etl.clean.checks import require_choice, require_names, require_text
from headgate.etl.clean.formats import Format, compile_format, mark_matches, replace_names
from headgate.etl.clean.reading import Reading, replace_values
from headgate.etl.errors import ParameterError
from headgate.etl.traits import step
from headgate.etl.transform import Invalid, Transform, quote

__all__ = ["parse_dates", "parse_timestamps"]

# A zone whose clocks never change.
FIXED_ZONE = r"UTC|Z|[+-](0\d|1[0-4]):[0-5]\d"


@step(scope="row")
def parse_dates(
    *, columns: list[str], formats: list[str], first_year: int = 2000, invalid: Invalid = "reject"
) -> Transform:
    """Read texts as dates; a text that is no real date in any of the formats is a problem.

    The formats are tried in order, and the first that takes the whole text (without the spaces around
    it) decides. The result depends on no setting of the session.

    | letters | read |
    | --- | --- |
    | ``yyyy``, ``yy`` | the year, in four digits, or in two for the 100 years from ``first_year`` on |
    | ``MM``, ``M`` | the month, in two digits, or in one or two |
    | ``MMM``, ``MMMM`` | its English name, in three letters or in full, in any letter case |
    | ``dd``, ``d`` | the day |
    | ``HH``, ``H`` | the hour, 0 to 23 |
    | ``hh``, ``h`` with ``a`` | the hour, 1 to 12, with AM or PM |
    | ``mm``, ``m``, ``ss``, ``s`` | minute, second |
    | ``S`` to ``SSSSSSSSS`` | fraction of a second, in up to so many digits, kept to the microsecond |
    | ``X``, ``XX``, ``XXX`` | offset from UTC: ``+05`` or ``+0530``, ``+0530``, ``+05:30``; or ``Z`` |
    | ``'T'``, ``''`` | the letters between the quotes; a quote |
    | ``[ ]`` | what may be left out |

    Other letters are not allowed; all other characters stand for themselves.

    Parameters
    ----------
    columns : list of str
        Text columns.
    formats : list of str
        Formats in the order to try, such as ``yyyy-MM-dd``. A time in the format is read and left out;
        an offset is not allowed, as it would make the date depend on a time zone.
    first_year : int, default 2000
        The first of the hundred years that ``yy`` stands for: with 1925, ``65`` is 1965 and ``24`` is 2024.
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
    compiled = _compile_all(formats, columns=columns, first_year=first_year, invalid=invalid, step=step)
    for form in compiled:
        if "offset" in form.groups:
            raise ParameterError(
                step=step,
                parameter="formats",
                value=form.text,
                allowed="parse_timestamps for a format with an offset",
            )

    def parse(df: DataFrame) -> DataFrame:
        return _parse(df, columns, formats, compiled, step=step, invalid=invalid)

    return parse


@step(scope="row")
def parse_timestamps(
    *,
    columns: list[str],
    formats: list[str],
    zone: str = "UTC",
    first_year: int = 2000,
    invalid: Invalid = "reject",
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
    first_year : int, default 2000
        The first of the hundred years that ``yy`` stands for.
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
    ... ).select("seen").show()  # in a session that shows times in UTC
    +-------------------+
    |               seen|
    +-------------------+
    |2023-07-01 12:00:00|
    |2023-07-01 08:00:00|
    +-------------------+
    """
    step = "parse_timestamps"
    compiled = _compile_all(formats, columns=columns, first_year=first_year, invalid=invalid, step=step)
    _require_zone(zone, step=step)

    def parse(df: DataFrame) -> DataFrame:
        return _parse(df, columns, formats, compiled, step=step, invalid=invalid, zone=zone)

    return parse


def _compile_all(
    formats: list[str], *, columns: list[str], first_year: int, invalid: str, step: str
) -> list[Format]:
    require_names(columns, step=step, parameter="columns")
    require_names(formats, step=step, parameter="formats")
    require_choice(invalid, ("reject", "null"), step=step, parameter="invalid")
    if not 1 <= first_year <= 9900:
        allowed = "a year from 1 to 9900"
        raise ParameterError(step=step, parameter="first_year", value=first_year, allowed=allowed)
    return [variant for text in formats for variant in compile_format(text, step=step, first_year=first_year)]


def _require_zone(zone: str, *, step: str) -> None:
    if re.fullmatch(FIXED_ZONE, zone):
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
    # Each stage has a projection of its own, as the next uses its result more than once.
    iso = {name: f"_iso_{name}" for name in columns}
    staged = df.withColumns(
        {iso[name]: mark_matches(F.trim(quote(name)), compiled, zone=zone) for name in columns}
    )
    if any(form.has_names for form in compiled):
        staged = staged.withColumns({part: replace_names(F.col(quote(part))) for part in iso.values()})
    unread = F.lit(f"matches none of: {', '.join(formats)}")
    readings = {}
    for name, part in iso.items():
        marked = F.col(quote(part)).startswith(" ")
        value, reason = _date(part) if zone is None else _timestamp(part, zone)
        readings[name] = Reading(F.when(marked, value), F.when(~marked, unread).otherwise(reason))
    return replace_values(staged, readings, step=step, invalid=invalid).drop(*iso.values())


def _date(iso: str) -> Reading:
    # without the space that marks it, which Sail does not overlook
    return Reading(F.expr(f"try_cast(trim({quote(iso)}) AS date)"), F.lit("not a real date"))


def _timestamp(iso: str, zone: str) -> Reading:
    value = F.expr(f"try_cast({quote(iso)} AS timestamp_ltz)")
    not_real = F.lit("not a real date")
    if re.fullmatch(FIXED_ZONE, zone):
        return Reading(value, not_real)
    # Spark moves a time that the clocks skipped; seen from the zone it is then another than was written.
    as_written = F.expr(f"try_cast(replace({quote(iso)}, '{zone}', 'Z') AS timestamp_ltz)")
    skipped = F.col(quote(iso)).endswith(zone) & (F.from_utc_timestamp(value, zone) != as_written)
    reason = F.when(skipped, F.lit(f"the clocks skipped this time in {zone}")).otherwise(not_real)
    return Reading(F.when(~skipped, value), reason)
