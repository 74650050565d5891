"""What others have written (names, values, messages), put into a line that no terminal obeys.

Names of files, values and errors come from whoever delivered the data. A terminal obeys what stands in
them, and bidirectional controls show another order than there is; so they are shown by their codes.
"""

from __future__ import annotations

import re

__all__ = ["one_line", "shown"]

_UNSHOWN = re.compile(
    "[\x00-\x1f\x7f-\x9f"  # C0, DEL and C1: the escape sequences
    "\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"  # bidi, separators, invisible
    "\ud800-\udfff"  # halves of surrogate pairs: bytes that are no UTF-8
    "\U000e0000-\U000e007f]"  # tags
)


def shown(text: object, *, lines: bool = False) -> str:
    r"""The text with every control character, and all that hides or reorders, by its code.

    Parameters
    ----------
    text : object
        Told as ``str`` does.
    lines : bool
        Whether its line breaks are meant, and stay.

    Examples
    --------
    >>> shown("a\x1b[31mb\nc\u202ed")
    'a\\x1b[31mb\\nc\\u202ed'
    """

    def code(match: re.Match[str]) -> str:
        character = match[0]
        if lines and character == "\n":
            return character
        return character.encode("unicode_escape").decode() if character > "\x1f" else repr(character)[1:-1]

    return _UNSHOWN.sub(code, str(text))


def one_line(text: object, most: int = 400) -> str:
    r"""The text as `shown` gives it, cut where it is long.

    Examples
    --------
    >>> one_line("a\nb\x1b[31m"), one_line("abcdefgh", most=5)
    ('a\\nb\\x1b[31m', 'abcd…')
    """
    whole = str(text)
    told = shown(whole[: 4 * most])
    return told if len(told) <= most and len(whole) <= 4 * most else f"{told[: most - 1]}…"
