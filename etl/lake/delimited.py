"""Delimited files, from bytes to records: every record with its place, none lost.

Pure Python over the bytes of one file, so that the same code runs in a test, on the driver and in
an executor, on any file system. A record that cannot be read comes out with its text and the reason.
"""

from __future__ import annotations

import codecs
import csv
import fnmatch
import gzip
import io
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["FileFormat", "Record", "UnreadableFileError", "members", "read_header", "records"]

WRONG_ENCODING_SHARE = 0.01
"""Above this share of lines that do not decode, the declared encoding is wrong, not the lines."""

csv.field_size_limit(2**31 - 1)


@dataclass(frozen=True, kw_only=True)
class FileFormat:
    """How the files of a dataset are written.

    Parameters
    ----------
    delimiter, quote : str
        One character each; a quote within a quoted field is doubled (RFC 4180).
    encoding : str
        Any codec that Python knows.
    header : bool
        Whether the first record names the columns.
    columns : tuple of str, optional
        The columns that the header must have, in any order; without a header, their names in order.
    member : str, optional
        Which files to read inside a zip archive, as a glob; all of them by default.
    section : str, optional
        For a file that stacks several tables, parted by records whose fields are all empty: the
        table whose header starts with this name.
    password : str, optional
        Of an encrypted zip archive.
    """

    delimiter: str = ","
    quote: str = '"'
    encoding: str = "utf-8"
    header: bool = True
    columns: tuple[str, ...] | None = None
    member: str | None = None
    section: str | None = None
    password: str | None = None

    def __repr__(self) -> str:
        secret = ", password=***" if self.password else ""
        return f"FileFormat(delimiter={self.delimiter!r}, encoding={self.encoding!r}{secret})"


@dataclass(frozen=True)
class Record:
    """One record: its physical line counted from 1, its fields, or why it has none."""

    line: int
    fields: list[str]
    text: str = ""
    error: str | None = None


class UnreadableFileError(Exception):
    """A whole file cannot be read: carries `file`, `reason`, `fix` and, where known, `line`."""

    def __init__(self, file: str, reason: str, fix: str, line: int | None = None) -> None:
        super().__init__(f"{file}: {reason}; {fix}")
        self.file = file
        self.reason = reason
        self.fix = fix
        self.line = line


def members(content: bytes, *, file: str, fmt: FileFormat) -> Iterator[tuple[str, bytes]]:
    """The files inside `content`: itself, decompressed where it is gzip, or those of a zip archive.

    Parameters
    ----------
    content : bytes
        A whole file. Its kind is told by its first bytes, not by its name.
    file : str
        Its name; a member of an archive is named ``archive.zip!member``.
    fmt : FileFormat
        ``member`` and ``password`` are used.

    Yields
    ------
    tuple of str and bytes
        Name and content.

    Raises
    ------
    UnreadableFileError
        The archive is damaged, encrypted, or holds no member that matches.

    Examples
    --------
    >>> [name for name, _ in members(b"a,b", file="x.csv", fmt=FileFormat())]
    ['x.csv']
    """
    if not content.strip():
        raise UnreadableFileError(
            file, "the file is empty", "deliver it again, or take it out of the landing"
        )
    if content[:2] == b"\x1f\x8b":
        try:
            yield file, gzip.decompress(content)
        except (OSError, EOFError, zlib.error) as error:
            raise UnreadableFileError(
                file, f"not a readable gzip file ({error})", "deliver it again"
            ) from error
        return
    if content[:4] not in (b"PK\x03\x04", b"PK\x05\x06"):
        if file.lower().endswith((".zip", ".gz")):
            kind = file.rsplit(".", 1)[-1].lower()
            raise UnreadableFileError(file, f"not a readable {kind} file", "deliver it again")
        yield file, content
        return
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = [name for name in archive.namelist() if not name.endswith("/")]
            wanted = [name for name in names if fnmatch.fnmatch(name, fmt.member or "*")]
            if not wanted:
                have = ", ".join(names) or "nothing"
                raise UnreadableFileError(
                    file, f"no member matches '{fmt.member}'", f"the archive holds {have}"
                )
            for name in sorted(wanted):
                secret = fmt.password.encode() if fmt.password else None
                yield f"{file}!{name}", archive.read(name, pwd=secret)
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise UnreadableFileError(
            file, f"not a readable zip archive ({error})", "deliver it again"
        ) from error
    except RuntimeError as error:
        raise UnreadableFileError(
            file, str(error), "set source.password to the archive's password"
        ) from error


def _text(content: bytes, *, file: str, fmt: FileFormat) -> tuple[str, bool]:
    """Decode `content`; the flag tells that some bytes did not decode and stand as lone surrogates."""
    try:
        encoding = codecs.lookup(fmt.encoding).name
    except LookupError as error:
        fix = "use a codec that Python knows, such as utf-8 or latin-1"
        raise UnreadableFileError(file, f"unknown encoding '{fmt.encoding}'", fix) from error
    if encoding == "utf-8":
        content = content.removeprefix(codecs.BOM_UTF8)
    try:
        return content.decode(encoding), False
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        place = f"byte 0x{content[error.start]:02x} is not {fmt.encoding}"
        fix = "set source.encoding to the encoding it was written in"
        if not encoding.startswith(("utf-8", "ascii")):
            raise UnreadableFileError(file, place, fix, line) from error
        text = content.decode(encoding, errors="surrogateescape")
        lines = text.split("\n")
        bad = sum(1 for part in lines if not _encodes(part))
        if line == 1 or bad > max(1.0, WRONG_ENCODING_SHARE * len(lines)):
            raise UnreadableFileError(
                file, f"{place} ({bad:,} of {len(lines):,} lines)", fix, line
            ) from error
        return text, True


def _encodes(text: str) -> bool:
    return text.isascii() or not any("\udc80" <= character <= "\udcff" for character in text)


def _split(text: str, *, fmt: FileFormat) -> Iterator[tuple[int, list[str], str]]:
    """Every record of `text` with the physical line on which it starts and its own text."""
    taken: list[str] = []

    def lines() -> Iterator[str]:
        for line in io.StringIO(text, newline=""):
            taken.append(line)
            yield line

    reader = csv.reader(lines(), delimiter=fmt.delimiter, quotechar=fmt.quote, doublequote=True, strict=False)
    start = 1
    for fields in reader:
        raw = "".join(taken)
        taken.clear()
        if fields:
            yield start, fields, raw
        start = reader.line_num + 1


def _section(
    rows: Iterator[tuple[int, list[str], str]], *, file: str, name: str
) -> Iterator[tuple[int, list[str], str]]:
    """Only the rows of the stacked table whose header starts with `name`, header included."""
    seen: list[str] = []
    inside, at_header = False, True
    for line, fields, raw in rows:
        if not any(field.strip() for field in fields):
            if inside:
                return
            at_header = True
            continue
        if at_header:
            seen.append(fields[0].strip())
            inside, at_header = fields[0].strip() == name, False
        if inside:
            yield line, fields, raw
    if not inside:
        have = ", ".join(seen) or "none"
        raise UnreadableFileError(file, f"no section starts with '{name}'", f"the file's sections: {have}")


def _rows(content: bytes, *, file: str, fmt: FileFormat) -> tuple[Iterator[tuple[int, list[str], str]], bool]:
    text, damaged = _text(content, file=file, fmt=fmt)
    rows = _split(text, fmt=fmt)
    return (_section(rows, file=file, name=fmt.section) if fmt.section else rows), damaged


def read_header(content: bytes, *, file: str, fmt: FileFormat) -> list[str]:
    r"""The names of the columns of one file, as they stand in it.

    Raises
    ------
    UnreadableFileError
        The file does not decode, is empty, or its header is not the one declared.

    Examples
    --------
    >>> read_header(b"id,name\n1,Ada\n", file="x.csv", fmt=FileFormat())
    ['id', 'name']
    """
    rows, _ = _rows(content, file=file, fmt=fmt)
    first = next(rows, None)
    if first is None:
        raise UnreadableFileError(
            file, "the file is empty", "deliver it again, or take it out of the landing"
        )
    line, fields, _ = first
    if not fmt.header:
        return list(fmt.columns) if fmt.columns else [f"c{number}" for number in range(1, len(fields) + 1)]
    names = [field.strip() for field in fields]
    if fmt.columns is not None and sorted(names) != sorted(fmt.columns):
        missing = [name for name in fmt.columns if name not in names]
        extra = [name for name in names if name not in fmt.columns]
        said = "; ".join(
            part
            for part in (
                f"missing: {', '.join(missing)}" if missing else "",
                f"not declared: {', '.join(extra)}" if extra else "",
                "" if missing or extra else "a name stands twice",
            )
            if part
        )
        raise UnreadableFileError(
            file, f"the header does not match ({said})", "mend the file or source.columns", line
        )
    return names


def records(content: bytes, *, file: str, fmt: FileFormat) -> Iterator[Record]:
    r"""Every record of one file, the header left out.

    A record whose number of fields is not the header's, or that holds bytes of another encoding,
    has an ``error`` and no fields; its text is kept.

    Parameters
    ----------
    content : bytes
        The file, decompressed (see `members`).
    file : str
        Its name, for errors.
    fmt : FileFormat
        How it is written.

    Yields
    ------
    Record
        In the order of the file.

    Examples
    --------
    >>> for record in records(b"id,name\n1,Ada\n2\n", file="x.csv", fmt=FileFormat()):
    ...     print(record.line, record.fields, record.error)
    2 ['1', 'Ada'] None
    3 [] the record has 1 fields, the header 2
    """
    rows, damaged = _rows(content, file=file, fmt=fmt)
    width: int | None = None
    if fmt.header:
        header = next(rows, None)
        width = len(header[1]) if header else None
    elif fmt.columns:
        width = len(fmt.columns)
    for line, fields, raw in rows:
        if width is None:
            width = len(fields)
        if damaged and not _encodes(raw):
            shown = raw.encode("utf-8", errors="surrogateescape").decode("utf-8", errors="backslashreplace")
            yield Record(line, [], shown.rstrip("\r\n"), f"the record is not {fmt.encoding}")
        elif len(fields) != width:
            error = f"the record has {len(fields)} fields, the header {width}"
            yield Record(line, [], raw.rstrip("\r\n"), error)
        else:
            yield Record(line, fields)
