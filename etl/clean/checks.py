"""What steps check before they touch the data, so that a wrong call fails with a typed error."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Sequence

from pyspark.sql import DataFrame
from pyspark.sql import types as T

from headgate.etl.errors import ParameterError
from headgate.etl.transform import data_columns, require_columns

__all__ = [
    "require_choice",
    "require_data_names",
    "require_names",
    "require_text",
    "require_values",
    "text_columns",
]


def require_choice(value: object, allowed: Sequence[str], *, step: str, parameter: str) -> None:
    """Raise `ParameterError` unless `value` is one of `allowed`."""
    if value in allowed:
        return
    near = difflib.get_close_matches(str(value), allowed, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    raise ParameterError(
        step=step, parameter=parameter, value=value, allowed=" or ".join(map(repr, allowed)) + hint
    )


def require_values(values: Collection[str], *, step: str, parameter: str) -> None:
    """Raise `ParameterError` unless `values` is a collection, not one text, with at least one entry."""
    if isinstance(values, str) or not values:
        raise ParameterError(step=step, parameter=parameter, value=values, allowed="at least one entry")


def require_names(names: Sequence[str], *, step: str, parameter: str) -> None:
    """Raise `ParameterError` unless `names` has at least one entry and none twice."""
    require_values(names, step=step, parameter=parameter)
    if len(set(names)) < len(names):
        raise ParameterError(step=step, parameter=parameter, value=names, allowed="each name once")


def require_data_names(names: Collection[str], *, step: str, parameter: str) -> None:
    """Raise `ParameterError` for a name that is blank or of a metadata column, which no step may write."""
    for name in names:
        if not name.strip() or name.startswith("_"):
            raise ParameterError(
                step=step, parameter=parameter, value=name, allowed="a name that does not begin with '_'"
            )


def require_text(df: DataFrame, columns: Sequence[str], *, step: str, parameter: str = "columns") -> None:
    """Raise `MissingColumnError` or `ParameterError` unless all `columns` are there and hold text."""
    require_columns(df, columns, step=step)
    for name in columns:
        kind = df.schema[name].dataType
        if not isinstance(kind, T.StringType):
            raise ParameterError(
                step=step,
                parameter=parameter,
                value=name,
                allowed=f"columns of text; this one is {kind.simpleString()}",
            )


def text_columns(df: DataFrame, columns: list[str] | None, *, step: str) -> list[str]:
    """The text columns a step works on: those named, or else all data columns that hold text."""
    if columns is None:
        return [name for name in data_columns(df) if isinstance(df.schema[name].dataType, T.StringType)]
    require_text(df, columns, step=step)
    return columns
