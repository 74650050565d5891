"""Names of columns that the gate writes or reads itself, and that a user's column cannot have.

This is the one place that knows them. A column of such a name is refused at the door, unless it is what the
gate, or a step of Headgate's, has written there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from pyspark.sql import types as T

from headgate.quality.errors import ReservedNameError
from headgate.quality.failures import FAILURES

__all__ = ["PROBLEMS", "require_free"]

PROBLEMS = "_problems"
"""The metadata column in which steps have recorded values that they could not read."""

_STRUCTS = {
    FAILURES: {"expectation_id", "expectation_type", "column", "value", "severity"},
    PROBLEMS: {"step", "column", "value", "reason", "severity"},
}
_MARK = re.compile(r"_(broken|repeated|copies)_\d+")


def require_free(schema: T.StructType, *, written: Iterable[str] = ()) -> None:
    """Raise for the first column whose name is taken.

    Parameters
    ----------
    schema : StructType
        Of the data.
    written : iterable of str
        Names that are about to be written: no column at all may have them.

    Raises
    ------
    ReservedNameError
        With the column's name.

    Examples
    --------
    >>> require_free(spark.createDataFrame([], "id int, _failures string").schema)
    Traceback (most recent call last):
    ...
    headgate.quality.errors.ReservedNameError: column '_failures': the name is Headgate's own; rename ...
    """
    taken = {name.lower() for name in written}
    for field in schema.fields:
        # Spark tells names apart without regard to case.
        name = field.name.lower()
        own = name in _STRUCTS or _MARK.fullmatch(name) is not None
        if name in taken or (own and not (field.name == name and _is_ours(field))):
            raise ReservedNameError(column=field.name)


def _is_ours(field: T.StructField) -> bool:
    """Tell whether a column is what its name says: structs of the right fields, or flags."""
    if field.name not in _STRUCTS:
        return isinstance(field.dataType, T.LongType)
    element = field.dataType.elementType if isinstance(field.dataType, T.ArrayType) else None
    return isinstance(element, T.StructType) and set(element.names) == _STRUCTS[field.name]
