"""Delimited files, from bytes to records: every record with its place, none lost.

Pure Python over the bytes of one file, so that the same code runs in a test, on the driver and in
an executor, on any file system. A record that cannot be read comes out with its text and the reason.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from headgate.etl.sources.formats.decoding import decode, intact, shown
from headgate.etl.sources.formats.dialect import Dialect
from headgate.etl.sources.formats.format import EMPTY, Record, UnreadableFileError
from headgate.etl.sources.formats.splitting import Piece, line_end, split

__all__ = ["Delimited"]

LOOKED_AT = 50
"""How many records are held against a header, to see whether it is one."""

NO_PIECE: Piece = (0, [], 0, 0, None)

OTHER_DELIMITERS = (";", "\t", "|", ",")


@dataclass(frozen=True, kw_only=True, repr=False)
class Delimited(Dialect):
    """Delimited text: CSV, TSV, and what is written like them."""

    def columns_in(self, content: bytes, *, file: str) -> list[str]:
        r"""The names of the columns of one file, as they stand in it: a name may repeat, or be empty.

        Raises
        ------
        UnreadableFileError
            The file does not decode, is empty, its header is not the one declared, or the records after it
            show that it is none.

        Examples
        --------
        >>> Delimited().columns_in(b"id,name\n1,Ada\n", file="x.csv")
        ['id', 'name']
        """
        _, pieces, _ = _pieces(content, file=file, fmt=self)
        line, first, _, _, error = next((piece for piece in pieces if piece[1] or piece[4]), NO_PIECE)
        if not first and not error:
            raise UnreadableFileError(file, *EMPTY)
        if not self.header:
            width = len(_trimmed(first, None, self))
            return list(self.columns) if self.columns else [f"c{number}" for number in range(1, width + 1)]
        if error:
            raise UnreadableFileError(file, f"the header cannot be read: {error}", "mend the file", line)
        names = [field.strip() for field in _trimmed(first, None, self)]
        _require_header(names, line, file=file, fmt=self)
        if self.section is None:
            following = [fields for _, fields, _, _, _ in islice(pieces, LOOKED_AT) if fields]
            _require_fit(names, line, following, file=file, fmt=self)
        return names

    def records(self, content: bytes, *, file: str) -> Iterator[Record]:
        r"""Every record of one file, the header left out.

        A record whose number of fields is not the header's, whose quotes do not fit, or that holds bytes of
        another encoding, has an ``error`` and no fields; its text is kept. A blank line is a record where
        there is one column, and none where there are several.

        Parameters
        ----------
        content : bytes
            The file, decompressed (see `headgate.etl.sources.archives.members`).
        file : str
            Its name, for errors.

        Yields
        ------
        Record
            In the order of the file.

        Examples
        --------
        >>> for record in Delimited().records(b"id,name\n1,Ada\n2\n", file="x.csv"):
        ...     print(record.line, record.fields, record.error)
        2 ['1', 'Ada'] None
        3 [] the record has 1 fields, the header 2
        """
        text, pieces, damaged = _pieces(content, file=file, fmt=self)
        width: int | None = None
        blank: list[int] = []
        if self.header:
            _, header, _, _, _ = next((piece for piece in pieces if piece[1]), NO_PIECE)
            width = len(_trimmed(header, None, self))
        elif self.columns:
            width = len(self.columns)
        for line, fields, start, end, error in pieces:
            if len(fields) == width and not damaged:
                yield Record(line, fields)
                continue
            if not fields and not error:
                if width == 1:
                    yield Record(line, [""])
                elif width is None:
                    blank.append(line)
                continue
            if self.trailing_delimiter:
                fields = _trimmed(fields, width, self)
            if width is None and not error:
                width = len(fields)
                yield from (Record(line, [""]) for line in blank if width == 1)
            if damaged and not intact(text[start:end]):
                said = shown(text[start:end], fmt=self).rstrip("\r\n")
                yield Record(line, [], said, f"the record is not {self.encoding}")
            elif error is not None:
                yield Record(line, [], text[start:end].rstrip("\r\n"), error)
            elif len(fields) == width:
                yield Record(line, fields)
            else:
                yield Record(line, [], text[start:end].rstrip("\r\n"), _ragged(fields, width))


def _trimmed(fields: list[str], width: int | None, fmt: Dialect) -> list[str]:
    """The fields without the empty one after a trailing delimiter, where the dialect has those."""
    ends = fmt.trailing_delimiter and len(fields) > 1 and not fields[-1]
    return fields[:-1] if ends and (width is None or len(fields) == width + 1) else fields


def _ragged(fields: list[str], width: int | None) -> str:
    more = width is not None and len(fields) == width + 1 and not fields[-1]
    hint = "; if every record ends with a delimiter, set source.trailing_delimiter" if more else ""
    return f"the record has {len(fields)} fields, the header {width}{hint}"


def _pieces(content: bytes, *, file: str, fmt: Dialect) -> tuple[str, Iterator[Piece], bool]:
    """The text, its records with the header among them, and whether bytes of it did not decode."""
    text, damaged = decode(content, file=file, fmt=fmt)
    start, end = _body(text, fmt)
    pieces = split(text, fmt=fmt, start=start, end=end, line=fmt.skip + 1)
    return text, _section(pieces, file=file, name=fmt.section) if fmt.section else pieces, damaged


def _body(text: str, fmt: Dialect) -> tuple[int, int]:
    """The part of a file that is records: what is above them, and below, is left out."""
    end = len(text)
    if text.endswith(("\n\x1a", "\r\x1a")):
        end -= 1  # what DOS ends a file with
    start = 0
    for _ in range(min(fmt.skip, end)):
        start = line_end(text, start, end)
    while fmt.footer:
        last = end
        while last > start and text[last - 1] in "\r\n":
            last -= 1
        line = max(start, text.rfind("\n", start, last) + 1, text.rfind("\r", start, last) + 1)
        if line == last or not text[line:last].startswith(fmt.footer):
            break
        end = line
    return start, end


def _section(pieces: Iterator[Piece], *, file: str, name: str) -> Iterator[Piece]:
    """Only the records of the stacked table whose header starts with `name`, header included."""
    seen: list[str] = []
    inside, at_header = False, True
    for piece in pieces:
        _, fields, _, _, error = piece
        if not error and not any(field.strip() for field in fields):
            if inside:
                return
            at_header = True
            continue
        if at_header and not error:
            seen.append(fields[0].strip())
            inside, at_header = seen[-1] == name, False
        if inside:
            yield piece
    if not inside:
        have = ", ".join(seen) or "none"
        raise UnreadableFileError(file, f"no section starts with '{name}'", f"the file's sections: {have}")


def _require_header(names: list[str], line: int, *, file: str, fmt: Dialect) -> None:
    """Raise unless the header is a line of text, and the one that was declared."""
    if "\x00" in "".join(names):
        fix = "set source.encoding: utf-16, if the file is that"
        raise UnreadableFileError(file, "the header holds null characters", fix, line)
    if re.fullmatch(r"sep=.?", "".join(names), re.IGNORECASE):
        reason = f"line {line} is a note of the delimiter, and no header"
        raise UnreadableFileError(file, reason, f"set source.skip: {line}", line)
    if fmt.columns is None:
        return
    found, due = Counter(names), set(fmt.columns)
    missing = [name for name in fmt.columns if name not in found and name not in fmt.optional]
    extra = [name for name in found if name not in due and name not in fmt.optional]
    if len(due) > 1 and not due & set(found):
        # Such a line is mostly a record: its values are not told.
        reason = f"line {line} names none of source.columns: it may be a record, and the header missing"
        raise UnreadableFileError(file, reason, "have the file mended, or set source.header: false", line)
    twice = [name for name, times in found.items() if times > 1]
    said = "; ".join(
        part
        for part in (
            f"missing: {', '.join(missing)}" if missing else "",
            f"not declared: {', '.join(extra)}" if extra else "",
            f"a name stands twice: {', '.join(twice)}" if twice else "",
        )
        if part
    )
    if said:
        raise UnreadableFileError(
            file, f"the header does not match ({said})", "mend the file or source.columns", line
        )


def _require_fit(names: list[str], line: int, following: list[list[str]], *, file: str, fmt: Dialect) -> None:
    """Raise where the records show that what was taken for the header is a title, or one field of many."""
    width = len(names)
    widths = Counter(len(_trimmed(fields, width, fmt)) for fields in following)
    common, times = widths.most_common(1)[0] if widths else (width, 0)
    if (
        common != width
        and times > 1
        and (times == len(following) or (width == 1 and 2 * times > len(following)))
    ):
        has = f"it has {width} {'field' if width == 1 else 'fields'}, and the records after it {common}"
        if common == width + 1 and all(not fields[-1] for fields in following):
            fix = "set source.trailing_delimiter, if every record ends with one"
        else:
            fix = "set source.skip to the number of lines above the header, or source.comment, or mend it"
        raise UnreadableFileError(file, f"line {line} is not a header: {has}", fix, line)
    if width == 1 and fmt.columns is None:
        for other in OTHER_DELIMITERS:
            count = names[0].count(other)
            if count and following and all(len(f) == 1 and f[0].count(other) == count for f in following):
                reason = f"line {line} has no '{fmt.delimiter}', and every line {count} of {other!r}"
                fix = f"set source.delimiter: {other!r}, or name the one column in source.columns"
                raise UnreadableFileError(file, reason, fix, line)
