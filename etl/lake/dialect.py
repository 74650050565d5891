"""How delimited files are written, what a record of one is, and what it means that a file has none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from headgate.etl.errors import ParameterError

__all__ = ["FileFormat", "Record", "UnreadableFileError"]


@dataclass(frozen=True, kw_only=True)
class FileFormat:
    r"""How the files of a dataset are written.

    Parameters
    ----------
    delimiter : str
        What stands between two fields: one character, or several.
    quote : str or None
        The character around a field that holds a delimiter, a quote or a line end; within such a field
        it is doubled (RFC 4180). With None no field is quoted, and quotes are text.
    escape : str, optional
        A character that makes the next one plain. Within quotes: a quote, or the character itself, as
        Spark and Hive write them. Without `quote`: a delimiter, a line end, or any sign; before a letter
        or a digit, as in ``\N``, it stands for itself.
    encoding : str
        Any codec that Python knows.
    skip : int
        How many lines stand above the header, or above the first record where there is none.
    comment : str, optional
        What a line begins with that is no record.
    footer : tuple of str
        What the lines begin with that follow the last record: those at the very end that do are none.
    header : bool
        Whether the first record names the columns.
    columns : tuple of str, optional
        The columns that the header must have, in any order; without a header, their names in order.
    optional : tuple of str
        Columns that a header may lack; they are null then.
    trailing_delimiter : bool
        Whether records end with a delimiter, which no field follows.
    member : str, optional
        Which files to read inside a zip archive, as a glob; all of them by default.
    section : str, optional
        For a file that stacks several tables, parted by records whose fields are all empty: the
        table whose header starts with this name.
    password : str, optional
        Of an encrypted zip archive.

    Raises
    ------
    headgate.etl.errors.ParameterError
        Two of the characters are the same, or one ends a line.
    """

    delimiter: str = ","
    quote: str | None = '"'
    escape: str | None = None
    encoding: str = "utf-8"
    skip: int = 0
    comment: str | None = None
    footer: tuple[str, ...] = ()
    header: bool = True
    columns: tuple[str, ...] | None = None
    optional: tuple[str, ...] = ()
    trailing_delimiter: bool = False
    member: str | None = None
    section: str | None = None
    password: str | None = None

    def __post_init__(self) -> None:
        signs = {"delimiter": self.delimiter, "quote": self.quote, "escape": self.escape}
        for name, sign in signs.items():
            said = None
            if sign is None:
                continue
            if not sign or set(sign) & {"\r", "\n"}:
                said = "text that ends no line"
            elif name != "delimiter" and len(sign) > 1:
                said = "one character"
            elif name != "delimiter" and sign in self.delimiter:
                said = "a character that the delimiter does not hold"
            if said:
                raise ParameterError(step="source", parameter=name, value=sign, allowed=said)

    def __repr__(self) -> str:
        secret = ", password=***" if self.password else ""
        return f"FileFormat(delimiter={self.delimiter!r}, encoding={self.encoding!r}{secret})"


class Record(NamedTuple):
    """One record: its physical line counted from 1, its fields, or its text and why it has none."""

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
