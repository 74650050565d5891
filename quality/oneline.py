"""What others have written (names, values, messages), put into a line of ours: short, and on one line."""

from __future__ import annotations

import re

__all__ = ["one_line"]

# Control characters, and those that turn the direction of writing or end a line.
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def one_line(text: object, most: int = 400) -> str:
    r"""Escape what a terminal would obey rather than show, and cut what is long.

    Examples
    --------
    >>> one_line("a\nb\x1b[31m"), one_line("abcdefgh", most=5)
    ('a\\nb\\x1b[31m', 'abcd…')
    """
    whole = str(text)
    shown = _UNSEEN.sub(lambda found: found[0].encode("unicode_escape").decode(), whole[: 4 * most])
    return shown if len(shown) <= most and len(whole) <= 4 * most else f"{shown[: most - 1]}…"
