"""Just enough SVG: elements that escape what is put into them, and the width of a text.

Nothing here uses a ``style`` attribute: the page's content security policy forbids them, so looks
come from classes and plain presentation attributes.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from markupsafe import Markup, escape

from headgate.jobs.report.wording import LONGEST_TITLE, plain, shorten

__all__ = ["drawing", "fit", "label", "tag", "text_width"]

_NARROW = frozenset("iljtfrI.,:;'|!()[]{}-/ \u00a0")
_BROAD = frozenset("mwMWQO@%&")


def tag(name: str, *children: str, **attributes: str | float | None) -> Markup:
    """Make one element; children and attributes are escaped unless they are markup already.

    A trailing underscore is dropped from an attribute's name (``class_``), the others become
    hyphens; an attribute of None is left out.

    Examples
    --------
    >>> tag("rect", x=1.26, class_="band")
    Markup('<rect x="1.3" class="band"/>')
    >>> tag("text", "a < b", text_anchor="end")
    Markup('<text text-anchor="end">a &lt; b</text>')
    """
    written = Markup("").join(
        Markup(' {}="{}"').format(key.rstrip("_").replace("_", "-"), _number(value))
        for key, value in attributes.items()
        if value is not None
    )
    if not children:
        return Markup("<{}{}/>").format(name, written)
    return Markup("<{}{}>{}</{}>").format(name, written, Markup("").join(map(escape, children)), name)


def _number(value: str | float) -> str:
    if isinstance(value, str):
        return value
    return f"{value:.1f}".removesuffix(".0")


def drawing(
    *,
    identity: str,
    title: str,
    description: str,
    width: float,
    height: float,
    parts: Iterable[Markup],
    class_: str,
) -> Markup:
    """Make a whole picture that a screen reader announces by its title and description.

    Parameters
    ----------
    identity : str
        An id that no other picture of the page has; never text from the data.
    title, description : str
        What the picture is, and what it shows, in words.
    width, height : float
        Its size in CSS pixels; it shrinks with its container and never grows.
    parts : iterable of Markup
        What is drawn.
    class_ : str
        The class of the svg element.

    Returns
    -------
    Markup
        One ``svg`` element with ``role="img"``.
    """
    return tag(
        "svg",
        tag("title", shorten(plain(title), LONGEST_TITLE), id=f"{identity}-title"),
        tag("desc", shorten(plain(description), 4 * LONGEST_TITLE), id=f"{identity}-desc"),
        *parts,
        class_=class_,
        viewBox=f"0 0 {width:.0f} {height:.0f}",
        width=width,
        height=height,
        role="img",
        aria_labelledby=f"{identity}-title {identity}-desc",
    )


def label(
    text: object, x: float, y: float, *, class_: str, room: float, size: float = 12, anchor: str | None = None
) -> Markup:
    """Write a text within ``room`` pixels; a text that is too long is cut and keeps its whole as title."""
    whole = plain(text)
    seen = fit(whole, room=room, size=size)
    inside = [seen] if seen == whole else [tag("title", shorten(whole, LONGEST_TITLE)), seen]
    return tag("text", *inside, x=x, y=y, class_=class_, text_anchor=anchor)


def fit(text: str, *, room: float, size: float = 12) -> str:
    """Cut a text, with an ellipsis, to what fits into ``room`` pixels.

    Examples
    --------
    >>> fit("discharged_to_hospice", room=80)
    'discharged…'
    """
    if text_width(text, size=size) <= room:
        return text
    room -= size
    end = 0
    while end < len(text) and (room := room - text_width(text[end], size=size)) >= 0:
        end += 1
    return text[:end].rstrip() + "…"


def text_width(text: str, *, size: float = 12) -> float:
    """Estimate the width of a text in pixels, for the grotesques that systems come with.

    Examples
    --------
    >>> round(text_width("101,766"), 1)
    45.8
    """
    return size * sum(_em(character) for character in text)


def _em(character: str) -> float:
    if character in _NARROW:
        return 0.34
    if character in _BROAD:
        return 0.88
    if unicodedata.combining(character):
        return 0.0
    if unicodedata.east_asian_width(character) in ("W", "F"):
        return 1.0
    return 0.7 if character.isupper() else 0.58
