"""How delimited files are written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from headgate.etl.errors import ParameterError
from headgate.etl.sources.formats.format import FileFormat

__all__ = ["Dialect"]


@dataclass(frozen=True, kw_only=True, repr=False)
class Dialect(FileFormat):
    r"""How delimited files are written: see `FileFormat` for what all formats have.

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
    trailing_delimiter : bool
        Whether records end with a delimiter, which no field follows.
    section : str, optional
        For a file that stacks several tables, parted by records whose fields are all empty: the
        table whose header starts with this name.

    Raises
    ------
    headgate.etl.errors.ParameterError
        Two of the characters are the same, or one ends a line.
    """

    name: ClassVar[str] = "csv"
    has_header: ClassVar[bool] = True
    empty_is_null: ClassVar[bool] = True

    delimiter: str = ","
    quote: str | None = '"'
    escape: str | None = None
    skip: int = 0
    comment: str | None = None
    footer: tuple[str, ...] = ()
    header: bool = True
    columns: tuple[str, ...] | None = None
    trailing_delimiter: bool = False
    section: str | None = None

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

    @property
    def header_ends(self) -> int:
        """See `FileFormat`."""
        return self.skip + 1 if self.header else 0
