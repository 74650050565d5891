"""Membership: whether a value is in a list, of however many values."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Any

from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql import types as T

from headgate.quality.literals import literal
from headgate.quality.schema import Field

__all__ = ["member"]

_MANY = 200
"""Values, up to which Spark compares one after the other, or by a set of its own."""
_A_FEW = 4
_LISTS, _TEXTS = "\x1e", "\x1f"
"""ASCII's own separators: of records, and of units in them."""


def member(field: Field, sql: str, values: Sequence[Any]) -> Column | None:
    """Tell whether a value is in a list, as ``isin`` does with ANSI mode off.

    A null in the list makes the answer null instead of false. As soon as the column or one of the
    values is text, all are compared as text. `sql` is the value, of the field's type.
    """
    if not values:
        return F.lit(False)
    given = [value for value in values if value is not None]
    kinds = {type(value) for value in given}
    family = field.family
    if not given:
        return F.lit(None).cast("boolean")
    if not kinds <= {str, int, float, bool} or family in ("nested", "binary"):
        return None
    as_type = "{}"
    if bool in kinds or family == "boolean":
        if kinds != {bool} or family != "boolean":
            return None
    elif str in kinds or family == "text":
        given = [value if type(value) is float else str(value) for value in given]
        as_type = "CAST({} AS STRING)" if float in kinds else as_type
        # A column of fixed width, cast, would no longer be compared as if its blanks were not there.
        sql = sql if family == "text" else field.text_of(sql)
    elif family != "number":
        return None
    elif isinstance(field.type, T.FloatType) and kinds == {int}:
        as_type = "CAST({} AS FLOAT)"
    elif float in kinds:
        given = [float(value) for value in given]
        sql = f"CAST({sql} AS DOUBLE)"
    nulls = ["NULL"] if len(given) < len(values) else []
    packed = _packed(field, sql, given) if len(given) > _MANY and as_type == "{}" else None
    if packed is not None:
        return F.expr(" OR ".join([packed, *nulls]))
    # As one text: a call into the JVM for each value takes long.
    listed = ", ".join([*(as_type.format(literal(value)) for value in given), *nulls])
    return F.expr(f"{sql} IN ({listed})")


def _packed(field: Field, sql: str, values: Sequence[Any]) -> str | None:
    """Look a text up in many thousand, all in one literal; None where they have to be compared otherwise.

    Spark takes a minute for an expression with so many parts. The texts are put into short lists by their
    CRC-32, so that a row is compared with a few of them.
    """
    plain = field.type == T.StringType() and not field.fixed
    if isinstance(field.type, T.IntegralType) and {type(value) for value in values} == {int}:
        sql = f"CAST({sql} AS STRING)"
    elif {type(value) for value in values} != {str} or (field.family == "text" and not plain):
        return None
    texts = {str(value) for value in values}
    if any(_LISTS in text or _TEXTS in text for text in texts):
        return None
    lists: list[list[str]] = [[] for _ in range(len(texts) // _A_FEW + 1)]
    for text in sorted(texts):
        lists[zlib.crc32(text.encode()) % len(lists)].append(text)
    enclosed = (_TEXTS + _TEXTS.join(texts) + _TEXTS if texts else "" for texts in lists)
    at = f"CAST(pmod(crc32(CAST({sql} AS BINARY)), {len(lists)}) AS INT) + 1"
    found = f"element_at(split({literal(_LISTS.join(enclosed))}, '{_LISTS}'), {at})"
    enclosing = f"instr({found}, concat('{_TEXTS}', {sql}, '{_TEXTS}')) > 0"
    return f"(instr({sql}, '{_TEXTS}') = 0 AND {enclosing})"
