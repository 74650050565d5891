"""Text to records, by RFC 4180 taken at its word: what does not fit it is told, and never guessed at.

A field that begins with a quote ends with one, right before a delimiter or the end of a line. In any other
field quotes are text, but one at its end that has no partner in it: that closes what nothing opened.
A record that breaks this is told line by line, and reading goes on with the line after its first; so a
quote that is lost takes one record with it, and not all that follow up to the next quote.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from typing import NamedTuple

from headgate.etl.sources.formats.dialect import Dialect

__all__ = ["Piece", "line_end", "split"]

LINE = re.compile(r"([^\r\n]*)(?:\r{0,2}\n|\r|\Z)")
"""A physical line; ``\\r\\r\\n`` is what becomes of ``\\r\\n`` that was written as text on Windows."""
LINE_END = re.compile(r"\r{0,2}\n|\r")

UNCLOSED = "a quote opens a field, and none closes it"
TEXT_AFTER = "text follows the quote that closes a field"
DANGLING = "a quote closes a field that none opened"
NOTHING_ESCAPED = "nothing follows the escape character"
MISFIT = "its quotes and those that follow do not pair up"
HINT = "see source.quote and source.escape"

csv.field_size_limit(2**31 - 1)


Piece = tuple[int, list[str], int, int, str | None]
"""One record: its line, its fields, where its text starts and ends, and why it has no fields.

A blank line has no fields and no error.
"""


def split(
    text: str, *, fmt: Dialect, start: int = 0, end: int | None = None, line: int = 1
) -> Iterator[Piece]:
    r"""Every record of `text` between two places, blank lines included.

    Parameters
    ----------
    text : str
    fmt : Dialect
        ``delimiter``, ``quote``, ``escape`` and ``comment`` are used.
    start, end : int
        The part of the text to read; all by default.
    line : int
        The line on which it starts.

    Examples
    --------
    >>> for line, fields, _, _, error in split('1,"a"\n2,"b\n3,c\n', fmt=Dialect()):
    ...     print(line, fields, error)
    1 ['1', 'a'] None
    2 [] a quote opens a field, and none closes it; see source.quote and source.escape
    3 ['3', 'c'] None
    """
    stop = len(text) if end is None else end
    grammar = _Grammar(fmt)
    comment, delimiter, special = fmt.comment, fmt.delimiter, grammar.special
    match = LINE.match
    at = start
    while at < stop:
        found = match(text, at, stop)
        assert found is not None  # it matches nothing as well
        body, after = found[1], found.end()
        if not body:
            yield line, [], at, after, None
        elif comment is not None and body.startswith(comment):
            pass
        elif special is None or special not in body:
            yield line, body.split(delimiter), at, after, None
        elif fields := grammar.on_one_line(body):
            yield line, fields, at, after, None
        else:
            whole = grammar.whole(text, at, stop)
            error, last = whole.error, whole.end
            if error is not None:
                last = grammar.doubtful(text, at, after, stop)
            elif last > after and grammar.misfits(text, whole, stop):
                error = MISFIT
            if error is None:
                yield line, whole.fields, at, last, None
                line += max(0, len(LINE_END.findall(text, at, last)) - 1)
                after = last
            else:
                yield line, [], at, after, f"{error}; {HINT}"
                opening = line
                while after < last:
                    at, line = after, line + 1
                    after = line_end(text, at, stop)
                    yield line, [], at, after, f"it may belong to the field that line {opening} opens"
        at, line = after, line + 1


def line_end(text: str, at: int, stop: int) -> int:
    """Where the physical line that a place is in ends, what ends it included."""
    found = LINE.match(text, at, stop)
    assert found is not None  # it matches nothing as well
    return found.end()


class _Whole(NamedTuple):
    fields: list[str]
    end: int
    error: str | None = None


class _Grammar:
    """The patterns that a dialect is read by; `special` is what makes a line more than fields."""

    def __init__(self, fmt: Dialect) -> None:
        self.quote, self.delimiter = fmt.quote, fmt.delimiter
        escape = fmt.escape if fmt.escape != fmt.quote else None
        quote, sign = re.escape(fmt.quote or ""), re.escape(escape or "")
        self.closing = f"{fmt.quote}{fmt.delimiter}"
        self.special = fmt.quote if fmt.quote is not None else escape
        delimiter, bare = re.escape(fmt.delimiter), "" if quote else sign
        # Possessive: a quoted field that lacks its end must not be tried with an earlier one.
        any_escaped = rf"|{sign}(?:\r\n|[\s\S])" if sign else ""
        quoted = (
            rf"{quote}((?:[^{quote}{sign}]++|{quote}{quote}{any_escaped})*+){quote}" if quote else r"(?!)()"
        )
        one = rf"[^{delimiter}\r\n{bare}]" if len(fmt.delimiter) == 1 else rf"(?!{delimiter})[^\r\n{bare}]"
        plain = rf"(?!{quote})((?:{one})*+)" if quote else rf"((?:{one}{any_escaped})*+)"
        self.quoted = re.compile(quoted)
        self.field = re.compile(rf"(?:{quoted}|{plain})({delimiter}|{LINE_END.pattern}|\Z)")
        escapes = [rf"{sign}([{quote}{sign}])" if quote else rf"{sign}(\r\n|[^a-zA-Z0-9])"] if sign else []
        self.escaped = re.compile("|".join([*escapes, f"({quote}){quote}"] if quote else escapes))
        self.ahead = (-1, _Whole([], 0))  # the record that was looked at last
        self.signs = {*(fmt.quote or ""), *(escape or "")}
        fast = quote and not sign and len(fmt.delimiter) == 1
        self.csv_dialect = (
            csv.reader((), delimiter=fmt.delimiter, quotechar=fmt.quote, strict=True).dialect
            if fast
            else None
        )

    def on_one_line(self, body: str) -> list[str] | None:
        """The fields of a line that is a record by itself, or None if one must look closer.

        Python's own parser is as strict where it has read an opening quote, and several times as fast.
        """
        if self.csv_dialect is None or body.count(self.special or "") % 2:
            return None
        try:
            fields = next(csv.reader((body,), self.csv_dialect))
        except csv.Error:
            return None
        return None if self.closing in self.delimiter.join(fields) + self.delimiter else fields

    def on_lines(self, text: str, at: int, stop: int) -> _Whole | None:
        """The same of a record that spans several lines."""
        end = at

        def lines() -> Iterator[str]:
            nonlocal end
            while end < stop:
                start, end = end, line_end(text, end, stop)
                yield text[start:end]

        if self.csv_dialect is None:
            return None
        try:
            fields = next(csv.reader(lines(), self.csv_dialect))
        except csv.Error:
            return None
        return None if self.closing in self.delimiter.join(fields) + self.delimiter else _Whole(fields, end)

    def record(self, text: str, at: int, stop: int) -> _Whole:
        """The record that starts at a place, and where it ends; or what is wrong with it."""
        quote, delimiter, match = self.quote, self.delimiter, self.field.match
        fields: list[str] = []
        while True:
            found = match(text, at, stop)
            if found is None:
                return _Whole([], at, self._wrong(text, at, stop))
            value, plain, end = found.groups()
            at = found.end()
            if value is None:
                value = plain
                if quote is not None and value.endswith(quote) and value.count(quote) % 2:
                    return _Whole([], at, DANGLING)
            if (value is not plain or quote is None) and not self.signs.isdisjoint(value):
                value = self.escaped.sub(lambda match: match[match.lastindex or 0], value)
            fields.append(value)
            if end != delimiter:
                return _Whole(fields, at)

    def _wrong(self, text: str, at: int, stop: int) -> str:
        if self.quote is None or not text.startswith(self.quote, at, stop):
            return NOTHING_ESCAPED
        return UNCLOSED if self.quoted.match(text, at, stop) is None else TEXT_AFTER

    def whole(self, text: str, at: int, stop: int) -> _Whole:
        """The record that starts at a place, the fast way where there is one."""
        if self.ahead[0] != at:
            self.ahead = (at, self.on_lines(text, at, stop) or self.record(text, at, stop))
        return self.ahead[1]

    def next(self, text: str, at: int, stop: int) -> _Whole:
        """The same, where it may well be a line."""
        found = LINE.match(text, at, stop)
        assert found is not None
        body = found[1]
        fields = (
            self.on_one_line(body) if self.special and self.special in body else body.split(self.delimiter)
        )
        return _Whole(fields, found.end()) if fields else self.whole(text, at, stop)

    def misfits(self, text: str, before: _Whole, stop: int) -> bool:
        """Whether what follows a record shows that it took the quote of another for its own.

        Then the next record, or the next one with quotes, cannot be read or is of another length.
        """
        at = before.end
        while at < stop and text[at] in "\r\n":
            at += 1
        for start in dict.fromkeys((at, self._next_quoted(text, at, stop))):
            if start is None or start >= stop:
                return False
            found = self.next(text, start, stop)
            if found.error is not None or len(found.fields) != len(before.fields):
                return True
        return False

    def _next_quoted(self, text: str, at: int, stop: int) -> int | None:
        """Where the line of the next quote begins."""
        quote = -1 if self.quote is None else text.find(self.quote, at, stop)
        return (
            None if quote < 0 else max(at, text.rfind("\n", at, quote) + 1, text.rfind("\r", at, quote) + 1)
        )

    def doubtful(self, text: str, at: int, after: int, stop: int) -> int:
        """Where the lines end that may belong to a record that cannot be read, and has one line at least.

        They do where its first line leaves a field open and the next quote closes one; where that opens
        another, or there is none, the lines between are records.
        """
        quote = self.quote
        if quote is None or self.escaped.sub("", text[at:after]).count(quote) % 2 == 0:
            return after
        start = self._next_quoted(text, after, stop)
        if start is None or self.record(text, start, stop).error != DANGLING:
            return after
        return line_end(text, start, stop)
