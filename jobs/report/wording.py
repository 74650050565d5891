"""How numbers, times and texts from the data are written on the page.

Everything that comes from the data is hostile until it has gone through :func:`plain`.
"""

from __future__ import annotations

import json
import math
import unicodedata
from datetime import UTC, datetime

from markupsafe import Markup

__all__ = [
    "clip",
    "compact",
    "count",
    "datum",
    "decimal",
    "duration",
    "moment",
    "percent",
    "plain",
    "shorten",
]

LONGEST_TITLE = 600
NOTHING = "–"
_SIGNS = {"\n": "↵", "\r": "↵", "\t": "⇥"}
# Characters that turn the direction of the text after them, and so could make a label lie.
_DIRECTION = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c")


def plain(value: object) -> str:
    r"""Turn any value into text that a browser shows as it is.

    Parameters
    ----------
    value : object
        A value from the data: text, number, list, null.

    Returns
    -------
    str
        One line without control characters, lone surrogates and direction marks, which become
        signs (``↵``, ``⇥``) or U+FFFD. Not escaped: the template does that.

    Examples
    --------
    >>> plain("a\nb\x00")
    'a↵b�'
    >>> plain(["F", None])
    '["F", null]'
    """
    if isinstance(value, str):
        text = value
    elif isinstance(value, (dict, list, tuple)):
        text = json.dumps(value, ensure_ascii=False, default=str)
    elif value is None:
        text = "null"
    elif isinstance(value, bool):
        text = "true" if value else "false"
    else:
        text = str(value)
    if text.isascii() and text.isprintable():
        return text
    return "".join(_visible(character) for character in text)


def _visible(character: str) -> str:
    if character in _SIGNS:
        return _SIGNS[character]
    if character in _DIRECTION or unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp"):
        return "\ufffd"
    return character


def shorten(text: str, limit: int) -> str:
    """Cut a text to ``limit`` characters, the last one an ellipsis where something was cut.

    Examples
    --------
    >>> shorten("cardiovascular", 8)
    'cardiov…'
    """
    return text if len(text) <= limit else text[: max(limit - 1, 1)].rstrip() + "…"


def clip(value: object, limit: int = 60) -> Markup:
    """Write a value in at most ``limit`` characters, the whole of it in the title attribute.

    Examples
    --------
    >>> clip("<b>bold</b>", 5)
    Markup('<span title="&lt;b&gt;bold&lt;/b&gt;">&lt;b&gt;b…</span>')
    >>> clip("short")
    Markup('<bdi>short</bdi>')
    """
    text = plain(value)
    if len(text) <= limit:
        return Markup("<bdi>{}</bdi>").format(text)
    return Markup('<span title="{}">{}</span>').format(shorten(text, LONGEST_TITLE), shorten(text, limit))


def datum(value: object, limit: int = 40) -> Markup:
    """Write one value of the data so that null, empty text and blanks can be told apart.

    Examples
    --------
    >>> datum(None)
    Markup('<i class="none">null</i>')
    >>> datum(" 7")
    Markup('<code><bdi> 7</bdi></code>')
    """
    if value is None:
        return Markup('<i class="none">null</i>')
    if isinstance(value, float) and math.isnan(value):
        return Markup('<i class="none">NaN</i>')
    if value == "":
        return Markup('<i class="none">empty text</i>')
    return Markup("<code>{}</code>").format(clip(value, limit))


def count(number: int | float | None) -> str:
    """Write a number of rows with its thousands marked; null as a dash.

    Examples
    --------
    >>> count(101766), count(None)
    ('101,766', '–')
    """
    if number is None or not math.isfinite(number):
        return NOTHING
    return f"{number:,.0f}".replace("-", "−")


def compact(number: int | float | None) -> str:
    """Write a number of rows in at most eleven characters, for a place that cannot grow.

    Examples
    --------
    >>> compact(100_000_000), compact(12_345_678_901)
    ('100,000,000', '12.35 bn')
    """
    if number is None or not math.isfinite(number) or abs(number) < 1_000_000_000:
        return count(number)
    for size, unit in ((1e18, "×10¹⁸"), (1e15, "×10¹⁵"), (1e12, "tn"), (1e9, "bn")):
        if abs(number) >= size:
            return f"{number / size:,.2f} {unit}"
    raise AssertionError(number)


def percent(share: float | None, places: int = 1) -> str:
    """Write a share (0 to 1) in percent; nothing rounds to 0% or 100% that is not.

    Examples
    --------
    >>> percent(0.1116), percent(0.00001), percent(0.99999), percent(1.0), percent(None)
    ('11.2%', '<0.1%', '>99.9%', '100%', '–')
    """
    if share is None or not math.isfinite(share):
        return NOTHING
    if share in (0.0, 1.0):
        return f"{share:.0%}"
    least = 10.0**-places
    if 0 < share * 100 < least / 2:
        return f"<{least:.{places}f}%"
    if 100 - least / 2 <= share * 100 < 100:
        return f">{100 - least:.{places}f}%"
    return f"{share * 100:.{places}f}%".replace("-", "−")


def decimal(number: float | None, places: int = 3) -> str:
    """Write a figure with a fixed number of places; null and NaN as a dash.

    Examples
    --------
    >>> decimal(0.68249), decimal(float("nan"))
    ('0.682', '–')
    """
    if number is None or not math.isfinite(number):
        return NOTHING
    return f"{number:,.{places}f}".replace("-", "−")


def duration(seconds: float | None) -> str:
    """Write a length of time in the unit a person would use.

    Examples
    --------
    >>> duration(0.04), duration(41.23), duration(125), duration(4350)
    ('<0.1 s', '41.2 s', '2 min 5 s', '1 h 12 min')
    """
    if seconds is None or not math.isfinite(seconds):
        return NOTHING
    if 0 < seconds < 0.05:
        return "<0.1 s"
    if seconds < 99.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600:,} h {whole % 3600 // 60} min"


def moment(text: str | None) -> str:
    """Write an ISO time as a person would; a text that is none comes back as it is.

    Examples
    --------
    >>> moment("2025-11-21T11:43:07.123Z"), moment("yesterday"), moment(None)
    ('21 Nov 2025, 11:43 UTC', 'yesterday', '–')
    """
    if text is None:
        return NOTHING
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return shorten(plain(text), 40)
    zone = "" if at.tzinfo is None else " UTC" if at.utcoffset() == UTC.utcoffset(None) else f" {at:%z}"
    return f"{at.day} {_MONTHS[at.month - 1]} {at.year}, {at:%H:%M}{zone}"


# Not strftime's %b, which follows the locale of the machine.
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
