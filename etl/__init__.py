"""Transforms from raw data to clean tables, a star schema and training sets: the table of contents.

Everything here is a function whose parameters are bound first and which is then applied by
``df.transform(…)``, or one that learns (``fit_…``) what such a function applies.
"""

# One table, cleaned. (Tables joined into a star, and training sets, come from etl.star and etl.features.)
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
    group_icd9,
    keep_latest,
    keep_rows,
    map_codes,
    parse_dates,
    parse_ranges,
    parse_timestamps,
    rename_columns,
    rename_to_snake_case,
    select_columns,
    sentinels_to_null,
    trim_text,
    unpivot_columns,
)
from headgate.etl.transform import Transform, compose

__all__ = [
    "FITTED",
    "Transform",
    "add_columns",
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
    "group_icd9",
    "keep_latest",
    "keep_rows",
    "map_codes",
    "parse_dates",
    "parse_ranges",
    "parse_timestamps",
    "rename_columns",
    "rename_to_snake_case",
    "select_columns",
    "sentinels_to_null",
    "trim_text",
    "unpivot_columns",
]
