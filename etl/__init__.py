"""Transforms from raw data to clean tables, and what publishes them: the table of contents.

A transform is a function whose parameters are bound first and which is then applied by
``df.transform(…)``; one that learns (``fit_…``) gives what such a function applies. `publish` writes rows
to a table through the gate, in the way of `append`, `overwrite`, `overwrite_partitions`, `merge` or
`insert_new`.
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

# One table, cleaned. (A star, training sets and health care are etl.star, etl.features and etl.health.)
from headgate.etl.clean import (
    FITTED,
    add_columns,
    cast_columns,
    change_case,
    convert_units,
    drop_exact_duplicates,
    drop_rows,
    drop_uninformative,
    fill_missing,
    fit_drop_uninformative,
    fit_fill_missing,
    keep_latest,
    keep_rows,
    map_codes,
    parse_dates,
    parse_numbers,
    parse_ranges,
    parse_timestamps,
    rename_columns,
    rename_to_snake_case,
    select_columns,
    sentinels_to_null,
    trim_text,
    unpivot_columns,
)
from headgate.etl.traits import step
from headgate.etl.transform import Transform, compose

if TYPE_CHECKING:
    from headgate.etl.load import (
        BatchRefusedError,
        BatchUnknownError,
        Outcome,
        append,
        insert_new,
        merge,
        overwrite,
        overwrite_partitions,
        publish,
        read_table,
    )

__all__ = [
    "FITTED",
    "BatchRefusedError",
    "BatchUnknownError",
    "Outcome",
    "Transform",
    "add_columns",
    "append",
    "cast_columns",
    "change_case",
    "compose",
    "convert_units",
    "drop_exact_duplicates",
    "drop_rows",
    "drop_uninformative",
    "fill_missing",
    "fit_drop_uninformative",
    "fit_fill_missing",
    "insert_new",
    "keep_latest",
    "keep_rows",
    "map_codes",
    "merge",
    "overwrite",
    "overwrite_partitions",
    "parse_dates",
    "parse_numbers",
    "parse_ranges",
    "parse_timestamps",
    "publish",
    "read_table",
    "rename_columns",
    "rename_to_snake_case",
    "select_columns",
    "sentinels_to_null",
    "step",
    "trim_text",
    "unpivot_columns",
]


def __getattr__(name: str) -> Any:
    """What writes tables, once it is asked for: unlike transforms it needs a Spark with a JVM at hand."""
    if name in __all__:
        from headgate.etl import load

        return getattr(load, name)
    near = difflib.get_close_matches(name, __all__, n=1)
    hint = f"; did you mean '{near[0]}'?" if near else ""
    if name == "run":
        hint = "; a pipeline is run by headgate.run"
    raise AttributeError(f"module '{__name__}' has no '{name}'{hint}")
