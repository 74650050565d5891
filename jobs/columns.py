"""What is known of a table's columns before there is a row, and what a step says that does not fit them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from headgate.etl.clean.sql import Reading, read_sql
from headgate.quality.sql import SqlError

__all__ = ["Columns", "Misfit", "View", "is_number", "is_whole"]

WHOLE = ("tinyint", "smallint", "int", "bigint")


def is_whole(kind: str) -> bool:
    """Whether it is a type of whole numbers."""
    return kind in WHOLE


def is_number(kind: str) -> bool:
    """Whether it is a type of numbers."""
    return is_whole(kind) or kind in ("float", "double") or kind.startswith("decimal")


@dataclass(frozen=True)
class Columns:
    """The columns of a table, in order, as far as they are known.

    Parameters
    ----------
    types : mapping of str to str or None
        By name, the type as Spark writes it; None where only a run can tell.
    whole : bool
        Whether there are no others.

    Examples
    --------
    >>> Columns({"a": "string"}).having({"b": "int", "A": "date"}).types
    {'A': 'date', 'b': 'int'}
    """

    types: Mapping[str, str | None]
    whole: bool = True

    @property
    def data(self) -> list[str]:
        """The names of those that are data."""
        return [name for name in self.types if not name.startswith("_")]

    def having(self, more: Mapping[str, str | None]) -> Columns:
        """With more columns, which replace those of the same name, letter case aside, as Spark does it."""
        types = dict(self.types)
        for name, kind in more.items():
            same = [old for old in types if old.lower() == name.lower()]
            if same:
                types = {name if old in same else old: kind if old in same else types[old] for old in types}
            else:
                types[name] = kind
        return replace(self, types=types)

    def only(self, names: Iterable[str]) -> Columns:
        """Those of `names`, in their order, and no others."""
        return Columns({name: self.types.get(name) for name in names})

    def without(self, names: Collection[str]) -> Columns:
        """All but `names`."""
        return replace(self, types={name: kind for name, kind in self.types.items() if name not in names})

    def forgotten(self) -> Columns:
        """What is known after something that may do anything: the names that were there, of no known type."""
        return Columns(dict.fromkeys(self.types), whole=False)


class Misfit(NamedTuple):
    """What a step says that does not fit the columns: where among its parameters, what, and what to do."""

    at: tuple[str | int, ...]
    value: str
    reason: str
    fix: str
    allowed: tuple[str, ...] = ()


@dataclass
class View:
    """A step's view of the columns that it is given; what does not fit is noted.

    Parameters
    ----------
    columns : Columns
    misfits : list of Misfit
    """

    columns: Columns
    misfits: list[Misfit] = field(default_factory=list)

    def note(self, *at: str | int, value: str, reason: str, fix: str, allowed: tuple[str, ...] = ()) -> None:
        """Note something that does not fit."""
        self.misfits.append(Misfit(at, value, reason, fix, allowed))

    def need(
        self,
        name: str,
        *at: str | int,
        fits: Callable[[str], bool] | None = None,
        of: str = "",
        fix: str = "",
    ) -> str | None:
        """A column that must be there, and of a type that fits; gives its type where it is known.

        Parameters
        ----------
        name : str
        *at : str or int
            Where it is named among the parameters.
        fits : callable, optional
            Whether a type will do.
        of : str
            In words, what will do.
        fix : str
            What to do where it does not.
        """
        if name not in self.columns.types:
            if self.columns.whole:
                self.note(
                    *at,
                    value=name,
                    reason=f"there is no column '{name}' at this point",
                    fix="name one that is there",
                    allowed=tuple(self.columns.data),
                )
            return None
        kind = self.columns.types[name]
        if kind is not None and fits is not None and not fits(kind):
            reason = f"column '{name}' is {kind} at this point, where {of} is due"
            self.note(*at, value=name, reason=reason, fix=fix or "convert it before")
        return kind

    def need_text(self, name: str, *at: str | int) -> str | None:
        """A column of text that must be there."""
        fix = "take this step before the one that converts the column"
        return self.need(name, *at, fits=lambda kind: kind == "string", of="text", fix=fix)

    def need_all(self, names: Iterable[str], *at: str | int, text: bool = False) -> None:
        """Columns that must be there, each named at its place in a list."""
        for place, name in enumerate(names):
            (self.need_text if text else self.need)(name.removeprefix("-") if not text else name, *at, place)

    def expression(self, sql: str, *at: str | int, windows: bool = False) -> str | None:
        """An SQL expression over the columns; gives its type where that is known."""
        reading = self._read(sql, *at, windows=windows)
        return reading.type_over(self.columns.types) if reading else None

    def condition(self, sql: str, *at: str | int) -> None:
        """An SQL expression over the columns that must be true or false."""
        kind = self.expression(sql, *at)
        if kind not in (None, "boolean"):
            fix = "write a comparison, such as age > 0"
            self.note(*at, value=sql, reason=f"the condition is {kind}, neither true nor false", fix=fix)

    def _read(self, sql: str, *at: str | int, windows: bool) -> Reading | None:
        try:
            reading = read_sql(sql, windows=windows)
        except SqlError as error:
            self.note(*at, value=sql, reason=f"'{sql}': {error}", fix="correct the SQL")
            return None
        # In SQL letter case does not count.
        known = {name.lower() for name in self.columns.types}
        for name in reading.columns:
            if name.lower() not in known:
                self.need(name, *at)
        return reading
