"""Bytes to text: byte order marks, encodings, and bytes that are of another."""

from __future__ import annotations

import codecs

from headgate.etl.sources.formats.format import FileFormat, UnreadableFileError

__all__ = ["decode", "intact", "shown"]

WRONG_ENCODING_SHARE = 0.01
"""Above this share of lines that do not decode, the declared encoding is wrong, not the lines."""

MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
WIDE = ("utf-16", "utf-32")
"""Encodings in which a byte is no character, so that one that is wrong spoils what follows."""

OF_NAMES = ("punycode", "idna", "unicode_escape", "raw_unicode_escape", "undefined")
"""Codecs of Python that turn text into text."""

FIX = "set source.encoding to the encoding it was written in"


def decode(content: bytes, *, file: str, fmt: FileFormat) -> tuple[str, bool]:
    r"""The text of a file, without byte order marks, and whether bytes of it did not decode.

    Such bytes stand as lone surrogates (see `intact`).

    Parameters
    ----------
    content : bytes
    file : str
        For errors.
    fmt : FileFormat
        With the encoding. A file of single bytes that begins with the mark of UTF-8, and is UTF-8
        throughout, is read as such.

    Raises
    ------
    UnreadableFileError
        The file is in another encoding, so far as it can be told.

    Examples
    --------
    >>> decode(b"\xef\xbb\xbfid", file="x.csv", fmt=FileFormat(encoding="cp1252"))
    ('id', False)
    """
    try:
        encoding = codecs.lookup(fmt.encoding).name
        "a,b".encode(encoding).decode(encoding)
    except (LookupError, UnicodeError) as error:
        fix = "use an encoding of files that Python knows, such as utf-8 or latin-1"
        raise UnreadableFileError(file, f"unknown encoding '{fmt.encoding}'", fix) from error
    if encoding in OF_NAMES:
        raise UnreadableFileError(file, f"'{fmt.encoding}' encodes names, not files", "use utf-8 or latin-1")
    mark, marked = next(((mark, name) for mark, name in MARKS if content.startswith(mark)), (b"", encoding))
    if marked == "utf-32-le" and encoding.startswith("utf-16"):
        mark, marked = codecs.BOM_UTF16_LE, "utf-16-le"  # and then a null character
    if mark:
        encoding = _agreed(encoding, marked, content, file=file, declared=fmt.encoding)
        while content.startswith(mark):
            content = content[len(mark) :]
    try:
        text, damaged = content.decode(encoding), False
    except UnicodeDecodeError as error:
        text, damaged = _damaged(content, error, encoding, file=file, fmt=fmt), True
    return text.lstrip("\ufeff"), damaged


def _agreed(encoding: str, marked: str, content: bytes, *, file: str, declared: str) -> str:
    """The encoding to read by where the file's mark says one and the pipeline another, or the same."""
    if encoding.startswith("utf-8"):
        agree = marked == "utf-8"
    elif encoding.startswith(WIDE):
        agree = marked.startswith(encoding)
    else:
        agree = marked == "utf-8"
        try:
            content.decode("utf-8")
        except UnicodeDecodeError:
            marked = encoding if agree else marked  # the mark is all that there is of UTF-8
    if not agree:
        raise UnreadableFileError(
            file,
            f"it begins with the byte order mark of {marked}, and the encoding is said to be {declared}",
            f"set source.encoding: {marked.removesuffix('-le').removesuffix('-be')}",
            1,
        )
    return marked


def _damaged(content: bytes, error: UnicodeDecodeError, encoding: str, *, file: str, fmt: FileFormat) -> str:
    """The text, with what does not decode as lone surrogates, unless that is too much for damage."""
    line = content[: error.start].decode(encoding, errors="ignore").count("\n") + 1
    place = f"byte 0x{content[error.start]:02x} is not {fmt.encoding}"
    if encoding.startswith(WIDE):
        raise UnreadableFileError(file, place, FIX, line) from error
    try:
        text = content.decode(encoding, errors="surrogateescape")
    except UnicodeDecodeError:
        raise UnreadableFileError(file, place, FIX, line) from error
    lines = text.split("\n")
    bad = sum(1 for part in lines if not intact(part))
    if line <= fmt.header_ends or bad > max(1.0, WRONG_ENCODING_SHARE * len(lines)):
        said = f"{place} ({bad:,} of {len(lines):,} lines)"
        raise UnreadableFileError(file, said, FIX, line) from error
    return text


def intact(text: str) -> bool:
    """Whether all bytes of a text did decode."""
    return text.isascii() or not any("\udc80" <= character <= "\udcff" for character in text)


def shown(text: str, *, fmt: FileFormat) -> str:
    r"""A text with its bytes that did not decode written as ``\xNN``."""
    content = text.encode(fmt.encoding, errors="surrogateescape")
    return content.decode(fmt.encoding, errors="backslashreplace")
