"""What is read is what the file says: every dialect to the cell, and every damaged byte told."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from typing import NamedTuple

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from headgate.etl.sources.formats.delimited import Delimited
from headgate.etl.sources.formats.format import UnreadableFileError
from headgate.etl.sources.formats.splitting import _Grammar, line_end, split

SIGNS = [*"ab10 \"',;|\t\\~#^\n\r", "\r\n", "é", "\u2028", "\x85", "𝄞", "||"]
CELLS = st.lists(st.sampled_from(SIGNS), max_size=6).map("".join)
TABLES = st.integers(1, 4).flatmap(
    lambda width: st.lists(st.lists(CELLS, min_size=width, max_size=width), min_size=1, max_size=5)
)


def quoted(table: list[list[str]], fmt: Delimited, *, always: bool, end: str) -> str:
    """The table as a careful writer of the dialect writes it."""

    def cell(text: str, alone: bool) -> str:
        assert fmt.quote is not None
        special = any(sign in text for sign in (fmt.delimiter, fmt.quote, "\n", "\r"))
        # A row of one empty field would be a blank line, and a line that begins so a comment.
        if not (always or special or (alone and not text) or (fmt.comment and text.startswith(fmt.comment))):
            return text
        if fmt.escape:
            text = text.replace(fmt.escape, 2 * fmt.escape).replace(fmt.quote, fmt.escape + fmt.quote)
        else:
            text = text.replace(fmt.quote, 2 * fmt.quote)
        return fmt.quote + text + fmt.quote

    return "".join(fmt.delimiter.join(cell(text, len(row) == 1) for text in row) + end for row in table)


def bare(table: list[list[str]], fmt: Delimited, *, end: str) -> str:
    """The table without quotes; what cannot be told apart is escaped."""
    signs = f"[{re.escape(fmt.delimiter)}{re.escape(fmt.escape or '')}\n\r]"
    return "".join(
        fmt.delimiter.join(re.sub(signs, lambda sign: f"{fmt.escape}{sign[0]}", text) for text in row) + end
        for row in table
    )


DIALECTS = {
    "RFC 4180": (Delimited(header=False), False, "\r\n"),
    "all quoted": (Delimited(header=False), True, "\n"),
    "semicolons, cp1252": (Delimited(header=False, delimiter=";", encoding="utf-16"), False, "\n"),
    "tabs": (Delimited(header=False, delimiter="\t"), False, "\n"),
    "apostrophes": (Delimited(header=False, quote="'"), False, "\r\n"),
    "old Macintosh": (Delimited(header=False), False, "\r"),
    "Spark": (Delimited(header=False, escape="\\"), False, "\n"),
    "Spark, all quoted": (Delimited(header=False, escape="\\", delimiter="|"), True, "\n"),
    "two signs": (Delimited(header=False, delimiter="||"), False, "\n"),
    "comments": (Delimited(header=False, comment="#", encoding="utf-16-le"), False, "\n"),
}


@pytest.mark.parametrize("name", DIALECTS)
@given(table=TABLES)
@example(table=[["a|", "|b"], ["", ""], ['"', "\\"], ["\\\\", '\\"']])
@settings(max_examples=80, deadline=None)
def test_any_table_is_read_back_to_the_cell(name: str, table: list[list[str]]) -> None:
    fmt, always, end = DIALECTS[name]
    if fmt.delimiter == "||":
        # What ends with one sign of the delimiter and is not quoted cannot be told from the next field.
        always = any("|" in cell for row in table for cell in row)
    content = quoted(table, fmt, always=always, end=end).encode(fmt.encoding)
    assert [r.fields for r in fmt.records(content, file="x")] == table


@given(table=TABLES)
@settings(max_examples=80, deadline=None)
def test_any_table_is_read_back_where_nothing_is_quoted_and_all_is_escaped(table: list[list[str]]) -> None:
    fmt = Delimited(header=False, quote=None, escape="\\")
    found = list(fmt.records(bare(table, fmt, end="\r\n").encode(), file="x"))
    # A blank line is a row of the one column, and no row of several; of blank lines alone, none is a row.
    assert [r.fields for r in found] == (table if any(map(any, table)) or len(table[0]) > 1 else [])


@given(table=TABLES, delimiter=st.sampled_from(",;\t|"), quoting=st.sampled_from([0, 1]))
@settings(max_examples=80, deadline=None)
def test_what_python_writes_is_read_back(table: list[list[str]], delimiter: str, quoting: int) -> None:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter, quoting=quoting).writerows(table)
    fmt = Delimited(header=False, delimiter=delimiter)
    assert [r.fields for r in fmt.records(out.getvalue().encode(), file="x")] == table


@given(text=st.lists(st.sampled_from([*'ab"",,\n', "\r\n", "\r"]), max_size=40).map("".join))
@settings(max_examples=500, deadline=None)
def test_the_fast_way_reads_what_the_exact_way_reads(text: str) -> None:
    """The one goes through Python's own parser, and is left where that is not as strict."""
    grammar, at = _Grammar(Delimited()), 0
    while at < len(text):
        exact = grammar.record(text, at, len(text))
        end = line_end(text, at, len(text))
        one = grammar.on_one_line(text[at:end].rstrip("\r\n")) if text[at:end].strip("\r\n") else None
        several = grammar.on_lines(text, at, len(text))
        assert one is None or (one, end, None) == exact
        assert several is None or several == exact or text[at] in "\r\n"
        at = end


BASE = (
    b'id,note,ward\r\n1,plain,A\r\n2,"quoted, with comma",B\r\n3,"he said ""no""",C\r\n'
    b'4,"two\r\nlines, here",D\r\n5,,E\r\n6,"",F\r\n"7","all","G"\r\n8,",x","H\n"\r\n9,last,I\r\n'
)
TWO = b'id,note\n1,"a, b"\n2,"c\n3,d"\n4,"6"""\n5,e\n'
CHANGES = [b"", b'"', b",", b"\n", b"\r", b"x", b"\x00", b"\xff", b"\\", b" "]


class Piece(NamedTuple):
    line: int
    fields: list[str]
    start: int
    end: int
    error: str | None


def mutations(content: bytes) -> Iterator[tuple[int, int, bytes]]:
    """The place of a change, how many bytes it takes, and what it puts there."""
    for place in range(len(content)):
        for change in CHANGES:
            if content[place : place + 1] != change:
                yield place, 1, change
            if change:
                yield place, 0, change


@pytest.mark.parametrize("base", [BASE, TWO], ids=["three columns", "two columns"])
def test_no_byte_that_changes_makes_a_value_of_another_record_wrong(base: bytes) -> None:
    """Each record is in raw as it was, or told with its line; but for the one that the byte is in."""
    pieces = [Piece(*p) for p in split(base.decode(), fmt=Delimited()) if p[1]][1:]
    tried = told_in_all = 0
    for place, taken, put in mutations(base):
        changed = base[:place] + put + base[place + taken :]
        tried += 1
        try:
            found = list(Delimited().records(changed, file="x"))
        except UnreadableFileError:
            continue  # the header, or too much of the file, is of another encoding
        if place < pieces[0].start:
            continue  # the header: another number of columns makes every record another
        read = [r.fields for r in found if r.error is None]
        told = [(r.line, r.line + len(re.findall(r"\r{0,2}\n|\r", r.text))) for r in found if r.error]
        told_in_all += bool(told)
        # The second byte of a line's end is the next record's as well: the first is an end by itself.
        touched = [p for p in pieces if p.start - 1 <= place < p.end]
        untouched = [p for p in pieces if p not in touched]
        for piece in untouched:
            start = piece.start if piece.start < place else piece.start + len(put) - taken
            before = changed[:start].decode(errors="surrogateescape")
            line = len(re.findall(r"\r{0,2}\n|\r", before)) + 1
            covered = any(first <= line <= last for first, last in told)
            assert piece.fields in read or covered, (place, taken, put, piece, found)
        strange = [r for r in found if not r.error and r.fields not in [p.fields for p in untouched]]
        first, last = touched[0].line, touched[-1].line + 3
        assert all(first <= r.line <= last for r in strange), (place, taken, put, strange)
        assert all(len(r.fields) == len(pieces[0].fields) for r in strange)
    assert tried > 200
    assert told_in_all > 100
