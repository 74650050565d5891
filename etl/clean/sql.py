"""What an SQL expression says, read without an engine: the columns that it names, and plain types."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sqlglot
from sqlglot import exp

from headgate.quality.sql import parse_sql

__all__ = ["Reading", "has_window", "read_sql"]


@dataclass(frozen=True)
class Reading:
    """An expression over the columns of one row.

    Attributes
    ----------
    columns : tuple of str
        The columns that it names, each once; of a field of a struct, the struct.
    """

    columns: tuple[str, ...]
    tree: exp.Condition

    def type_over(self, types: Mapping[str, str | None]) -> str | None:
        """The type of its value where the expression tells it by itself; None where an engine has to.

        Parameters
        ----------
        types : mapping of str to str or None
            Those of the columns, as far as they are known.

        Examples
        --------
        >>> [read_sql(sql).type_over({"n": "int"}) for sql in ("n > 1", "CAST(n AS STRING)", "n", "n + 1")]
        ['boolean', 'string', 'int', None]
        """
        node = self.tree.unnest()
        if isinstance(node, exp.Predicate | exp.And | exp.Or | exp.Not | exp.Xor):
            return "boolean"
        if isinstance(node, exp.Cast | exp.TryCast):
            return node.to.sql("spark").lower().replace(" ", "")
        if isinstance(node, exp.Literal):
            return "string" if node.is_string else None
        if isinstance(node, exp.Column) and len(node.parts) == 1:
            return {name.lower(): kind for name, kind in types.items()}.get(node.name.lower())
        return None


def read_sql(sql: str, *, windows: bool = False) -> Reading:
    """Read an expression in Spark's SQL.

    Parameters
    ----------
    sql : str
    windows : bool
        Whether it may ask of other rows by ``OVER``.

    Returns
    -------
    Reading

    Raises
    ------
    headgate.quality.sql.SqlError
        It is not one expression over the columns of a row; the message says what is wrong, and where.

    Examples
    --------
    >>> read_sql("exists(doses, d -> d > least) AND `ward.id` = 'A' AND home.city = 'B'").columns
    ('doses', 'least', 'ward.id', 'home')
    """
    columns = parse_sql(sql, windows=windows)
    return Reading(columns, sqlglot.parse_one(sql, dialect="spark", into=exp.Condition))


def has_window(sql: str) -> bool:
    """Whether an expression asks of other rows than its own; False of what is no SQL.

    Examples
    --------
    >>> [has_window(sql) for sql in ("max(cost) OVER (PARTITION BY ward)", "hand_over + 1", "'over'", "(")]
    [True, False, False, False]
    """
    try:
        return sqlglot.parse_one(sql, dialect="spark").find(exp.Window) is not None
    except sqlglot.ParseError:
        return False
