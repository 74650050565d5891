"""What a file is, told by its first bytes; and the files within it, where it is compressed or an archive."""

from __future__ import annotations

import bz2
import fnmatch
import io
import lzma
import posixpath
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Protocol

from headgate.etl.sources.formats.format import EMPTY, FileFormat, UnreadableFileError

__all__ = ["members"]

BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    NotImplementedError,
    OSError,
    ValueError,
)
"""What the standard library raises for damaged archives."""


class _Decompressor(Protocol):
    @property
    def eof(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, /) -> bytes: ...


COMPRESSED: dict[str, tuple[bytes, Callable[[], _Decompressor]]] = {
    "gzip": (b"\x1f\x8b", lambda: zlib.decompressobj(wbits=31)),
    "bzip2": (b"BZh", bz2.BZ2Decompressor),
    "xz": (b"\xfd7zXZ\x00", lzma.LZMADecompressor),
}

BZIP2_BLOCKS = (b"1AY&SY", b"\x17rE8P\x90")
"""What follows ``BZh9``: a block, or the end of a file without any. Text may begin with the former."""

ENDINGS = {".gz": "gzip", ".gzip": "gzip", ".bz2": "bzip2", ".xz": "xz", ".zip": "zip"}

OTHERS = (
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"\x28\xb5\x2f\xfd", "a file compressed by zstd"),
    (b"\x04\x22\x4d\x18", "a file compressed by lz4"),
    (b"\xff\x06\x00\x00sNaPpY", "a file compressed by snappy"),
    (b"\x1f\x9d", "a file compressed by compress (.Z)"),
    (b"PAR1", "a Parquet file"),
    (b"Obj\x01", "an Avro file"),
    (b"ARROW1\x00", "an Arrow file"),
    (b"%PDF-", "a PDF document"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Microsoft Office document (.xls, .doc)"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file"),
    (b"\x89PNG\r\n\x1a\n", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"{\\rtf", "an RTF document"),
)
PAGES = ((b"<?xml", "an XML document"), (b"<!doctype html", "a web page"), (b"<html", "a web page"))
OFFICE = {"xl/": "an Excel workbook", "word/": "a Word document", "ppt/": "a PowerPoint presentation"}

METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
FOREIGN_METHODS = {9: "Deflate64", 20: "zstd", 93: "zstd", 95: "xz", 98: "PPMd", 99: "AES encryption"}


def members(content: bytes, *, file: str, fmt: FileFormat) -> Iterator[tuple[str, bytes]]:
    """The files inside `content`: itself, decompressed (gzip, bzip2, xz), or those of a zip archive.

    What the systems of those who deliver put beside them (``__MACOSX/``, ``.DS_Store``) is left out.

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
        The file is empty, or of a kind that is not read; the archive is damaged, encrypted, or holds no
        member that matches, or two of one name.

    Examples
    --------
    >>> [name for name, _ in members(b"a,b", file="x.csv", fmt=FileFormat())]
    ['x.csv']
    """
    plain = _decompressed(content, file=file)
    if not plain.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")):
        yield file, _text(plain, file=file, packed=plain is not content)
        return
    try:
        with zipfile.ZipFile(io.BytesIO(plain)) as archive:
            for member in _chosen(archive, file=file, fmt=fmt):
                name = f"{file}!{member.filename}"
                raw = _read(archive, member, name=name, fmt=fmt)
                inner = _decompressed(raw, file=name)
                yield name, _text(inner, file=name, packed=inner is not raw)
    except BROKEN as error:
        raise _broken(file, "zip", error) from error


def _broken(file: str, kind: str, error: Exception) -> UnreadableFileError:
    said = str(error) or type(error).__name__
    what = "zip archive" if kind == "zip" else f"{kind} file"
    return UnreadableFileError(file, f"not a readable {what} ({said})", "deliver it again")


def _decompressed(content: bytes, *, file: str) -> bytes:
    """The content, out of as many layers of compression as it is in."""
    while kind := _compression(content):
        try:
            content = _inflated(content, COMPRESSED[kind][1])
        except BROKEN as error:
            raise _broken(file, kind, error) from error
    return content


def _compression(content: bytes) -> str | None:
    kind = next((kind for kind, (magic, _) in COMPRESSED.items() if content.startswith(magic)), None)
    return None if kind == "bzip2" and content[4:10] not in BZIP2_BLOCKS else kind


def _inflated(content: bytes, decompressor: Callable[[], _Decompressor]) -> bytes:
    """All streams of a file, one after another; the standard library overlooks what follows a broken one."""
    parts = []
    while content:
        stream = decompressor()
        parts.append(stream.decompress(content))
        if not stream.eof:
            raise EOFError("it ends too early")
        content = stream.unused_data.lstrip(b"\x00")
    return b"".join(parts)


def _chosen(archive: zipfile.ZipFile, *, file: str, fmt: FileFormat) -> list[zipfile.ZipInfo]:
    """The members to read, by name."""
    infos = [info for info in archive.infolist() if not info.is_dir() and not _is_beside(info.filename)]
    names = [info.filename for info in infos]
    document = _document(archive, names)
    if document:
        raise _foreign(file, document)
    wanted = sorted(
        (info for info in infos if fnmatch.fnmatchcase(info.filename, fmt.member or "*")),
        key=lambda info: info.filename,
    )
    if not wanted:
        have = ", ".join(names) or "nothing"
        reason = f"no member matches '{fmt.member}'" if fmt.member else "the archive holds no file"
        raise UnreadableFileError(file, reason, f"the archive holds {have}")
    name, times = Counter(info.filename for info in wanted).most_common(1)[0]
    if times > 1:
        reason = f"the archive holds {times} members named '{name}'"
        raise UnreadableFileError(file, reason, "deliver it again, with a name for each")
    return wanted


def _is_beside(name: str) -> bool:
    last = posixpath.basename(name)
    return (
        name.startswith("__MACOSX/")
        or last.startswith("._")
        or last in (".DS_Store", "Thumbs.db", "desktop.ini")
    )


def _document(archive: zipfile.ZipFile, names: list[str]) -> str | None:
    """The kind of document that is a zip archive by its nature, if it is one."""
    if "[Content_Types].xml" in names:
        found = (said for folder, said in OFFICE.items() if any(name.startswith(folder) for name in names))
        return next(found, "a Microsoft Office document")
    if "mimetype" in names and "META-INF/manifest.xml" in names:
        return "an OpenDocument file" + (
            " (a spreadsheet)" if b"spreadsheet" in archive.read("mimetype") else ""
        )
    return "a Java archive" if "META-INF/MANIFEST.MF" in names else None


def _read(archive: zipfile.ZipFile, member: zipfile.ZipInfo, *, name: str, fmt: FileFormat) -> bytes:
    if member.compress_type not in METHODS:
        method = FOREIGN_METHODS.get(member.compress_type, f"method {member.compress_type}")
        reason = f"the member is packed by {method}, which is not supported"
        raise UnreadableFileError(name, reason, "deliver it as a plain zip archive, or as gzip")
    try:
        return archive.read(member, pwd=fmt.password.encode() if fmt.password else None)
    except NotImplementedError as error:  # of RuntimeError's kind, and no question of a password
        raise UnreadableFileError(
            name, str(error), "deliver it as a plain zip archive, or as gzip"
        ) from error
    except RuntimeError as error:
        raise UnreadableFileError(
            name, str(error), "set source.password to the archive's password"
        ) from error


def _text(content: bytes, *, file: str, packed: bool) -> bytes:
    """The content, if it can be text by its first bytes."""
    if not content.strip():
        raise UnreadableFileError(file, *EMPTY)
    kind = next((said for magic, said in OTHERS if content.startswith(magic)), None)
    start = content[:64].lstrip().lower()
    kind = kind or next((said for magic, said in PAGES if start.startswith(magic)), None)
    if content[257:263] in (b"ustar\x00", b"ustar "):
        kind = "a tar archive"
    elif content.startswith(b"ORC") and content[-4:-1] == b"ORC":
        kind = "an ORC file"  # ORCID would do for a column
    elif content.startswith(b"PK\x03\x04"):
        kind = "a zip archive within an archive"
    if kind:
        raise _foreign(file, kind)
    due = ENDINGS.get(posixpath.splitext(file.lower())[1])
    if due and not packed:
        raise UnreadableFileError(file, f"not a readable {due} file", "deliver it again")
    return content


def _foreign(file: str, kind: str) -> UnreadableFileError:
    fix = "deliver text, plain or as gzip, bzip2, xz or zip, or leave it out by source.files or source.member"
    return UnreadableFileError(file, f"it is {kind}", fix)
