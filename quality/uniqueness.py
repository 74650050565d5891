"""Uniqueness of many rows, proven without grouping them by their keys.

To group millions of rows by their keys moves every key through a shuffle. Two cheaper measures prove
that keys are unique where they are, which is nearly always: whole numbers that lie close together are
set in bitmaps, a bit for each number that could be; texts are replaced by hashes of eight bytes. As
many different bits, or hashes, as rows mean that no two rows are equal. Fewer prove nothing where
hashes may collide, or keys are null: then rows are grouped after all.

References
----------
Spark documentation, "Built-in Functions": ``bitmap_construct_agg``, ``xxhash64``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql import types as T

from headgate.quality.rules import Aggregates, Group
from headgate.quality.schema import Field

__all__ = ["MANY", "Proof", "bounds_of", "proof_of"]

MANY = 1_000_000
"""Rows from which on a proof is tried: fewer are grouped in the time that a second job takes to start."""

BITS_PER_ROW = 64
"""The greatest room for a bitmap: no more than the keys themselves take."""

_WHOLE = (T.ByteType, T.ShortType, T.IntegerType, T.LongType)
_HASHABLE = (*_WHOLE, T.BooleanType, T.DateType, T.TimestampType, T.DecimalType)


class Proof:
    """How the number of different keys is found; never more than there are.

    Attributes
    ----------
    key : Column
        What stands for a row's key.
    dense : bool
        Whether keys are numbers from nought on, for bitmaps; else they are hashes.
    """

    def __init__(self, key: Column, *, dense: bool) -> None:
        self.key, self.dense = key, dense


def bounds_of(group: Group) -> Aggregates:
    """Aggregates that tell how close together whole numbers lie; none for keys of other types.

    Parameters
    ----------
    group : Group
        The rows, and their keys.
    """
    if not all(isinstance(field.type, _WHOLE) for field in group.fields):
        return {}

    def bound(of: Callable[[Column], Column], field: Field) -> Column:
        within = group.rows_if
        return of(field.column if within is None else F.when(within, field.column))

    return {
        f"{side} {at} of {group.key}": partial(bound, of, field)
        for at, field in enumerate(group.fields)
        for side, of in (("lowest", F.min), ("highest", F.max))
    }


def proof_of(group: Group, rows: int, numbers: Mapping[str, Any]) -> Proof | None:
    """How to prove that `rows` rows have as many keys; None where only grouping can tell.

    Parameters
    ----------
    group : Group
    rows : int
        That count.
    numbers : Mapping
        What came of `bounds_of`, among others.
    """
    fields = group.fields
    bounds = [
        (numbers.get(f"lowest {at} of {group.key}"), numbers.get(f"highest {at} of {group.key}"))
        for at in range(len(fields))
    ]
    ranges = [(low, high - low + 1) for low, high in bounds if low is not None and high is not None]
    if len(ranges) == len(fields) and math.prod(width for _, width in ranges) <= BITS_PER_ROW * rows:
        key = F.lit(0).cast("bigint")
        for field, (low, width) in zip(fields, ranges, strict=True):
            key = key * F.lit(width) + (field.column.cast("bigint") - F.lit(low))
        return Proof(key, dense=True)
    if any(_is_text(field.type) for field in fields) and all(_hashable(field.type) for field in fields):
        return Proof(F.xxhash64(*(field.column for field in fields)), dense=False)
    return None


def _hashable(kind: T.DataType) -> bool:
    # Numbers with a point are left out: nought and minus nought are equal, and their hashes are not.
    return isinstance(kind, _HASHABLE) or _is_text(kind)


def _is_text(kind: T.DataType) -> bool:
    # A text with a collation of its own equals texts of other bytes.
    return kind == T.StringType()
