"""The order of deliveries, told by the names of files, as a text that sorts as one would count."""

from __future__ import annotations

import re

__all__ = ["natural_order"]


def natural_order(name: str) -> str:
    """A text that sorts as the name does when the numbers in it are taken for numbers.

    A number gets a colon for every digit but the first, as a colon sorts after all digits: the longer one
    is the greater one. A name whose numbers have one digit stays as it is. Leading zeros decide last.

    Examples
    --------
    >>> sorted(["v10.csv", "v9.csv", "v2024-01-02.csv", "v010.csv"], key=natural_order)
    ['v9.csv', 'v10.csv', 'v010.csv', 'v2024-01-02.csv']
    """
    zeros: list[str] = []

    def counted(match: re.Match[str]) -> str:
        digits = match[0].lstrip("0") or "0"
        zeros.append(str(len(match[0]) - len(digits)))
        return ":" * (len(digits) - 1) + digits

    text = re.sub("[0-9]+", counted, name)
    return f"{text}~{'.'.join(zeros)}" if any(zero != "0" for zero in zeros) else text
