"""What each step does to the columns of a table, told without a frame.

For every step of the closed list there is a function here of the same name and parameters. It notes
what does not fit the columns that come in, and gives those that come out. A test holds each against
the step itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from headgate.etl.clean.missing import require_fills
from headgate.etl.clean.names import snake_case
from headgate.etl.clean.uninformative import require_share
from headgate.etl.transform import PROBLEMS
from headgate.jobs.columns import Columns, View, is_number, is_whole

__all__ = ["EFFECTS", "Effect"]

Effect = Callable[..., Columns]

TOLD = {PROBLEMS: "array"}


def _add_columns(view: View, *, columns: dict[str, str]) -> Columns:
    return view.columns.having(
        {name: view.expression(sql, "columns", name, windows=True) for name, sql in columns.items()}
    )


def _cast_columns(view: View, *, columns: dict[str, str], invalid: str = "") -> Columns:
    for name, kind in columns.items():
        texts = kind == "string"
        view.need(
            name,
            "columns",
            name,
            fits=lambda own, texts=texts: (  # type: ignore[misc]
                own in ("string", "boolean") or is_number(own) or (texts and own == "date")
            ),
            of="text, a number or a boolean",
            fix="leave it out here",
        )
    types = {name: kind.lower().replace(" ", "") for name, kind in columns.items()}
    return view.columns.having({**types, **TOLD})


def _change_case(view: View, *, columns: list[str], to: str) -> Columns:
    view.need_all(columns, "columns", text=True)
    return view.columns


def _convert_units(
    view: View, *, value: str, unit: str, to: str, factors: Mapping[str, float], invalid: str = ""
) -> Columns:
    fix = f"add cast_columns: {{columns: {{{value}: double}}}} before"
    view.need(value, "value", fits=is_number, of="a number", fix=fix)
    view.need_text(unit, "unit")
    return view.columns.having({value: "double", unit: "string", **TOLD})


def _drop_exact_duplicates(view: View, *, columns: list[str] | None = None) -> Columns:
    view.need_all(columns or [], "columns")
    return view.columns


def _filter_rows(view: View, *, rule: str, where: str) -> Columns:
    view.condition(where, "where")
    return view.columns


def _group_icd9(view: View, *, column: str, to: str, scheme: str = "", invalid: str = "") -> Columns:
    view.need_text(column, "column")
    return view.columns.having({to: "string", **TOLD})


def _keep_latest(view: View, *, keys: list[str], order_by: list[str]) -> Columns:
    for place, name in enumerate(keys):
        view.need(name, "keys", place)
    view.need_all(order_by, "order_by")
    return view.columns


def _map_codes(
    view: View,
    *,
    column: str,
    vocabulary: Mapping[str, str],
    unknown: str = "",
    ignore_case: bool = True,
    to: str | None = None,
) -> Columns:
    view.need_text(column, "column")
    return view.columns.having({column if to is None else to: "string", **TOLD})


def _parse_dates(view: View, *, columns: list[str], formats: list[str], invalid: str = "") -> Columns:
    view.need_all(columns, "columns", text=True)
    return view.columns.having({**dict.fromkeys(columns, "date"), **TOLD})


def _parse_numbers(
    view: View, *, columns: dict[str, str], decimal: str = "", group: str | None = None, invalid: str = ""
) -> Columns:
    for name in columns:
        view.need_text(name, "columns", name)
    types = {name: kind.lower().replace(" ", "") for name, kind in columns.items()}
    return view.columns.having({**types, **TOLD})


def _parse_ranges(
    view: View, *, column: str, low: str, high: str, middle: str | None = None, invalid: str = ""
) -> Columns:
    view.need_text(column, "column")
    made = [low, high] if middle is None else [low, high, middle]
    return view.columns.having({**dict.fromkeys(made, "double"), **TOLD})


def _parse_timestamps(
    view: View, *, columns: list[str], formats: list[str], zone: str = "", invalid: str = ""
) -> Columns:
    view.need_all(columns, "columns", text=True)
    return view.columns.having({**dict.fromkeys(columns, "timestamp"), **TOLD})


def _rename_columns(view: View, *, columns: dict[str, str]) -> Columns:
    for name in columns:
        view.need(name, "columns", name)
    return _renamed(view, columns, "columns")


def _rename_to_snake_case(view: View) -> Columns:
    names = {name: snake_case(name) for name in view.columns.data}
    for name, new in names.items():
        if not new:
            fix = "rename it first with rename_columns"
            view.note(value=name, reason=f"of column '{name}' no letter or digit would be left", fix=fix)
    return _renamed(view, names)


def _renamed(view: View, names: Mapping[str, str], *at: str) -> Columns:
    new = {name: names.get(name, name) for name in view.columns.types}
    counts = Counter(name.lower() for name in new.values())
    for name, renamed in new.items():
        if counts[renamed.lower()] > 1 and name in names:
            same = [old for old, other in new.items() if other.lower() == renamed.lower()]
            view.note(
                *at,
                value=name,
                reason=f"the columns {', '.join(map(repr, same))} would all become '{renamed}'",
                fix="rename one of them to something else by rename_columns",
            )
            break
    return Columns({new[name]: kind for name, kind in view.columns.types.items()}, view.columns.whole)


def _select_columns(view: View, *, columns: list[str]) -> Columns:
    view.need_all(columns, "columns")
    metadata = [name for name in view.columns.types if name.startswith("_") and name not in columns]
    return view.columns.only([*columns, *metadata])


def _sentinels_to_null(
    view: View,
    *,
    values: list[str],
    columns: list[str] | None = None,
    keep: Mapping[str, list[str]] | None = None,
    ignore_case: bool = False,
) -> Columns:
    view.need_all(columns or [], "columns", text=True)
    for name in keep or {}:
        view.need(name, "keep", name)
    return view.columns


def _trim_text(view: View, *, columns: list[str] | None = None) -> Columns:
    view.need_all(columns or [], "columns", text=True)
    return view.columns


def _unpivot_columns(view: View, *, columns: list[str], value: str, position: str) -> Columns:
    kinds = [view.need(name, "columns", place) for place, name in enumerate(columns)]
    known = {kind for kind in kinds if kind}
    if len(known) > 1:
        reason = f"the columns are of several types: {', '.join(sorted(known))}"
        view.note("columns", value=columns[0], reason=reason, fix="bring them to one by cast_columns before")
    others = view.columns.without(columns)
    for parameter, name in (("value", value), ("position", position)):
        if name.lower() in {other.lower() for other in others.types}:
            reason, fix = f"there is a column '{name}' already", "choose a name that no other column has"
            view.note(parameter, value=name, reason=reason, fix=fix)
    kind = known.pop() if len(known) == 1 and None not in kinds else None
    return Columns({**others.types, position: "int", value: kind}, others.whole)


MOMENT = "a date or timestamp"
PARSED = "make it one by parse_dates or parse_timestamps"


def _is_moment(kind: str) -> bool:
    return kind in ("date", "timestamp")


def _label_readmission(
    view: View,
    *,
    patient: str,
    admitted: str,
    discharged: str,
    to: str,
    days: int = 30,
    observed_until: str | None = None,
) -> Columns:
    view.need(patient, "patient")
    begin = view.need(admitted, "admitted", fits=_is_moment, of=MOMENT, fix=PARSED)
    end = view.need(discharged, "discharged", fits=_is_moment, of=MOMENT, fix=PARSED)
    if begin and end and begin != end and _is_moment(begin) and _is_moment(end):
        reason = f"column '{discharged}' is {end}, and '{admitted}' is {begin}"
        view.note("discharged", value=discharged, reason=reason, fix="make both of one type")
    return view.columns.having({to: "int"})


def _count_prior_encounters(
    view: View, *, patient: str, admitted: str, to: str, within_days: int | None = None
) -> Columns:
    view.need(patient, "patient")
    number = within_days is None
    view.need(
        admitted,
        "admitted",
        fits=lambda kind: _is_moment(kind) or (number and is_whole(kind)),
        of=f"{MOMENT}, or a whole number," if number else MOMENT,
        fix=PARSED,
    )
    return view.columns.having({to: "int"})


def _fill_missing(
    view: View, *, columns: dict[str, str | dict[str, Any]], indicators: bool = True
) -> Columns:
    fills, filled = require_fills(columns), {}
    for name, fill in fills.items():
        number = fill.strategy in ("median", "mean")
        kind = view.need(
            name,
            "columns",
            name,
            fits=is_number if number else None,
            of="a number",
            fix="cast it before, or use mode or constant",
        )
        for group in fill.by:
            view.need(group, "columns", name)
        if number:
            filled[name] = fill.type_over(kind) if kind and is_number(kind) else None
    added: dict[str, str | None] = {}
    for name in fills if indicators else ():
        added[f"{name}_was_missing"] = "boolean"
        if f"{name}_was_missing" in view.columns.types:
            reason = f"there is a column '{name}_was_missing' already"
            view.note("columns", name, value=name, reason=reason, fix="rename that, or set indicators: false")
    return view.columns.having({**filled, **added})


def _drop_uninformative(
    view: View, *, max_missing: float = 1.0, constant: bool = True, keep: list[str] | None = None
) -> Columns:
    require_share(max_missing)
    view.need_all(keep or [], "keep")
    return view.columns


EFFECTS: Mapping[str, Effect] = MappingProxyType(
    {
        "add_columns": _add_columns,
        "cast_columns": _cast_columns,
        "change_case": _change_case,
        "convert_units": _convert_units,
        "count_prior_encounters": _count_prior_encounters,
        "drop_exact_duplicates": _drop_exact_duplicates,
        "drop_rows": _filter_rows,
        "drop_uninformative": _drop_uninformative,
        "fill_missing": _fill_missing,
        "group_icd9": _group_icd9,
        "keep_latest": _keep_latest,
        "keep_rows": _filter_rows,
        "label_readmission": _label_readmission,
        "map_codes": _map_codes,
        "parse_dates": _parse_dates,
        "parse_numbers": _parse_numbers,
        "parse_ranges": _parse_ranges,
        "parse_timestamps": _parse_timestamps,
        "rename_columns": _rename_columns,
        "rename_to_snake_case": _rename_to_snake_case,
        "select_columns": _select_columns,
        "sentinels_to_null": _sentinels_to_null,
        "trim_text": _trim_text,
        "unpivot_columns": _unpivot_columns,
    }
)
"""By the name of the step."""
