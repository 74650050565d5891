"""Transforms that clean the rows of one table: the closed list of steps that a pipeline file names."""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType
from typing import Any

from headgate.etl.clean.cast import cast_columns
from headgate.etl.clean.codes import map_codes
from headgate.etl.clean.dates import parse_dates, parse_timestamps
from headgate.etl.clean.derive import add_columns, unpivot_columns
from headgate.etl.clean.duplicates import drop_exact_duplicates, keep_latest
from headgate.etl.clean.missing import fill_missing, fit_fill_missing
from headgate.etl.clean.names import rename_columns, rename_to_snake_case, select_columns
from headgate.etl.clean.numbers import parse_numbers
from headgate.etl.clean.ranges import parse_ranges
from headgate.etl.clean.rules import drop_rows, keep_rows
from headgate.etl.clean.text import change_case, sentinels_to_null, trim_text
from headgate.etl.clean.uninformative import drop_uninformative, fit_drop_uninformative
from headgate.etl.clean.units import convert_units
from headgate.etl.transform import Transform

__all__ = [
    "add_columns",
    "cast_columns",
    "change_case",
    "convert_units",
    "drop_exact_duplicates",
    "drop_rows",
    "drop_uninformative",
    "fill_missing",
    "fit_drop_uninformative",
    "fit_fill_missing",
    "keep_latest",
    "keep_rows",
    "map_codes",
    "parse_dates",
    "parse_numbers",
    "parse_ranges",
    "parse_timestamps",
    "rename_columns",
    "rename_to_snake_case",
    "select_columns",
    "sentinels_to_null",
    "trim_text",
    "unpivot_columns",
]

FITTED: MappingProxyType[str, tuple[Callable[..., dict[str, Any]], Callable[[dict[str, Any]], Transform]]] = (
    MappingProxyType(
        {
            "drop_uninformative": (fit_drop_uninformative, drop_uninformative),
            "fill_missing": (fit_fill_missing, fill_missing),
        }
    )
)
"""The steps that learn first: what fits them and what applies what was learned, by the step's name."""
