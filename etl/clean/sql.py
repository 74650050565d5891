"""What an SQL expression says, read without an engine: the columns that it names, and plain types."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

__all__ = ["Reading", "read_sql"]


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


def read_sql(sql: str) -> Reading:
    """Read an expression in Spark's SQL.

    Parameters
    ----------
    sql : str

    Returns
    -------
    Reading

    Raises
    ------
    ValueError
        It is not one expression over the columns of a row; the message says what is wrong, and where.

    Examples
    --------
    >>> read_sql("exists(doses, d -> d > least) AND `ward.id` = 'A' AND home.city = 'B'").columns
    ('doses', 'least', 'ward.id', 'home')
    >>> read_sql("dose <> < 0")
    Traceback (most recent call last):
    ...
    ValueError: no SQL expression (an operand is missing)
    """
    try:
        # Alone, the last word of `age > 0 AND` would pass for a name; in parentheses it does not.
        tree = sqlglot.parse_one(f"({sql}\n)", dialect="spark")
    except SqlglotError as error:
        raise ValueError(f"no SQL expression ({_said(error, sql)})") from error
    if not isinstance(tree, exp.Condition) or isinstance(tree.unnest(), exp.Star | exp.Alias):
        raise ValueError("no SQL expression over the columns of one row")
    if tree.find(exp.Query):
        raise ValueError("no SQL expression over the columns of one row, as it asks another table")
    found = (column.parts[0].name for column in tree.find_all(exp.Column, bfs=False))
    return Reading(tuple(dict.fromkeys(found)), tree)


def _said(error: SqlglotError, sql: str) -> str:
    details: dict[str, Any] = next(iter(getattr(error, "errors", [])), {})
    said = str(details.get("description") or error).splitlines()[0]
    if said.startswith("Required keyword"):
        said = "an operand is missing"
    near = str(details.get("highlight", "")).strip()
    return f"near '{near}': {said.rstrip('.')}" if near and near != ")" else said.rstrip(".")
