"""Where a value stands in a JSON text: its path and its line.

Python's parser forgets both, and keeps the last of two equal keys without a word.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

__all__ = ["depth_of", "lines_of", "repeated_keys"]

_MARK = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]]')
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]:,]|[^\s{}\[\]:,"]+')


def lines_of(text: str) -> dict[str, int]:
    r"""Line, counted from 1, on which each value of a valid JSON text begins.

    Examples
    --------
    >>> lines_of('{"a":\n [10, {"b": 20}]}')
    {'$': 1, '$.a': 2, '$.a[0]': 2, '$.a[1]': 2, '$.a[1].b': 2}
    """
    lines: dict[str, int] = {}
    for path, line in _values(text):
        lines.setdefault(path, line)
    return lines


def repeated_keys(text: str) -> list[tuple[str, int]]:
    """Path and line of each value whose key its object already had.

    Examples
    --------
    >>> repeated_keys('{"a": 1, "a": 2}')
    [('$.a', 1)]
    """
    seen: set[str] = set()
    repeated = []
    for path, line in _values(text):
        if path in seen:
            repeated.append((path, line))
        seen.add(path)
    return repeated


def depth_of(text: str) -> int:
    """How deep a JSON text is nested, whether it is valid or not.

    Examples
    --------
    >>> depth_of('{"a": [[1], "[[["]}'), depth_of("[" * 5)
    (3, 5)
    """
    depth = deepest = 0
    for token in _MARK.finditer(text):
        mark = token.group()
        if mark in "{[":
            depth += 1
            deepest = max(deepest, depth)
        elif mark in "}]":
            depth -= 1
    return deepest


def _values(text: str) -> Iterator[tuple[str, int]]:
    containers: list[tuple[str, int | None]] = []
    path = "$"
    line, read_to = 1, 0
    awaiting_key = False
    for token in _TOKEN.finditer(text):
        line += text.count("\n", read_to, token.start())
        read_to = token.start()
        mark = token.group()
        if mark in "}]":
            containers.pop()
            awaiting_key = False
        elif mark == ",":
            parent, index = containers[-1]
            awaiting_key = index is None
            if index is not None:
                containers[-1] = (parent, index + 1)
                path = f"{parent}[{index + 1}]"
        elif mark == ":":
            awaiting_key = False
        elif awaiting_key:
            path = f"{containers[-1][0]}.{json.loads(mark)}"
        else:
            yield path, line
            if mark == "{":
                containers.append((path, None))
                awaiting_key = True
            elif mark == "[":
                containers.append((path, 0))
                path = f"{path}[0]"
