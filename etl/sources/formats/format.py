"""What all formats of files have: bytes of one file to its columns and its records, none of them lost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

__all__ = ["EMPTY", "FileFormat", "Record", "UnreadableFileError"]

EMPTY = ("the file is empty", "deliver it again, or take it out of the landing")
"""Reason and fix of a file without a byte of data."""


class Record(NamedTuple):
    """One record: its physical line counted from 1, its fields, or its text and why it has none."""

    line: int
    fields: Sequence[str | None]
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


@dataclass(frozen=True, kw_only=True)
class FileFormat:
    """How the files of a dataset are written. One class a format, whose fields are what may be said of it.

    Parameters
    ----------
    encoding : str
        Any codec that Python knows.
    optional : tuple of str
        Columns that a file may lack; they are null then.
    member : str, optional
        Which files to read inside a zip archive, as a glob; all of them by default.
    password : str, optional
        Of an encrypted zip archive.

    Attributes
    ----------
    name : str
        The word of the pipeline file.
    has_header : bool
        Whether a line of the file names its columns, so that another line may be taken for it.
    empty_is_null : bool
        Whether an empty field is how the format says that there is no value.
    """

    name: ClassVar[str]
    has_header: ClassVar[bool] = False
    empty_is_null: ClassVar[bool] = False

    encoding: str = "utf-8"
    optional: tuple[str, ...] = ()
    member: str | None = None
    password: str | None = None

    @property
    def header_ends(self) -> int:
        """The line up to which a file must be readable for any record of it to be; 0 where there is none."""
        return 0

    def columns_in(self, content: bytes, *, file: str) -> list[str]:
        """The names of the columns of one file, as they stand in it.

        Parameters
        ----------
        content : bytes
            The file, decompressed: see `headgate.etl.sources.archives.members`.
        file : str
            Its name, for errors.

        Raises
        ------
        UnreadableFileError
        """
        raise NotImplementedError

    def records(self, content: bytes, *, file: str) -> Iterator[Record]:
        """Every record of one file, in its order; the fields in the order of `columns_in`.

        A record that cannot be read has an ``error`` and no fields; its text is kept.

        Parameters
        ----------
        content, file
            See `columns_in`.
        """
        raise NotImplementedError

    def __repr__(self) -> str:
        secret = ", password=***" if self.password else ""
        return f"{type(self).__name__}(encoding={self.encoding!r}{secret})"
