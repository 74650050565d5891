"""Expectations drawn at random for a frame: of every type, and apt to be right, wrong or neither.

Values, bounds and sets come from the frame itself, so that boundaries are hit; ``mostly`` is often a
fraction k/n of its rows. The same seed gives the same expectations.
"""

from __future__ import annotations

import datetime as dt
import json
import random
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from typing import Any

from tests.quality.frames import BIG, Frame

__all__ = ["COSTLY", "TYPES_DRAWN", "Draw", "suites"]

PATTERNS = [
    "^a",
    "a$",
    r"\d+",
    "^$",
    "(?i)A",
    "[é😀]",
    r"^\w+$",
    r"\s",
    "a|b",
    ".",
    "0",
    r"^-?\d+(\.\d+)?$",
    "00$",
]
FORMATS = ["%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%d/%m/%Y"]
NUMBERS = ("tinyint", "smallint", "int", "bigint", "float", "double", "decimal")
IGNORED = ("both_values_are_missing", "either_value_is_missing", "neither")
IGNORED_OF_MANY = ("all_values_are_missing", "any_value_is_missing", "never")
PY_TYPES = ["IntegerType", "LongType", "StringType", "DoubleType", "DateType", "NumericType", "TimestampType"]

Kwargs = dict[str, Any]


class Draw:
    """Draws expectations for one frame.

    Parameters
    ----------
    frame : Frame
    seed : str
    conditions : int
        How many row conditions the expectations may share; each costs Great Expectations jobs.
    """

    def __init__(self, frame: Frame, seed: str, conditions: int = 2) -> None:
        self.frame = frame
        self.chance = random.Random(f"{seed} {frame.name}")
        self.kinds = dict(frame.columns)
        self.values = {
            name: [row[at] for row in frame.rows if row[at] is not None]
            for at, (name, _) in enumerate(frame.columns)
        }
        self.conditions = [self._condition() for _ in range(conditions)]

    def expectation(self, name: str) -> dict[str, Any] | None:
        """Draw one of a type; None where the frame has no column for it."""
        kwargs = _DRAWERS[name](self)
        if kwargs is None:
            return None
        if name not in _WITHOUT_CONDITION and self.chance.random() < 0.35:
            kwargs |= self.chance.choice(self.conditions)
        if name.startswith(_BY_ROW) and self.chance.random() < 0.6:
            kwargs["mostly"] = self._mostly()
        return {"type": name, "kwargs": kwargs, "severity": self._severity()}

    def sibling(self, other: dict[str, Any]) -> dict[str, Any] | None:
        """Draw another threshold for an expectation; Great Expectations measures both at once."""
        kwargs = dict(other["kwargs"])
        if "min_value" in kwargs and "max_value" in kwargs:
            kwargs.pop(self.chance.choice(("min_value", "max_value")))
            kwargs["strict_min"] = self.chance.random() < 0.5
            kwargs["strict_max"] = self.chance.random() < 0.5
            if other["type"].endswith("values_to_be_between") or "lengths" in other["type"]:
                return None
        elif other["type"].startswith(_BY_ROW) and other["type"] not in _WITHOUT_CONDITION:
            kwargs["mostly"] = self._mostly()
        else:
            return None
        if other["type"] == "expect_table_column_count_to_be_between":
            kwargs = {key: value for key, value in kwargs.items() if not key.startswith("strict")}
        return {"type": other["type"], "kwargs": kwargs, "severity": self._severity()}

    def _severity(self) -> str:
        return self.chance.choice(("critical", "critical", "warning", "info"))

    # What is drawn.

    def column(self, *kinds: str) -> str | None:
        """Choose a column of one of these kinds, of any for none."""
        fitting = [name for name, kind in self.kinds.items() if not kinds or kind.startswith(kinds)]
        return self.chance.choice(fitting) if fitting else None

    def pair(self) -> list[str] | None:
        """Choose two columns of one kind."""
        return self.alike(2)

    def alike(self, most: int) -> list[str] | None:
        """Choose up to `most` columns, two at least, that can be compared."""
        families = [
            [name for name, kind in self.kinds.items() if kind.startswith(family)]
            for family in (NUMBERS, ("string",), ("date", "timestamp"), ("boolean",))
        ]
        families = [names for names in families if len(names) > 1]
        if not families:
            return None
        names = self.chance.choice(families)
        return self.chance.sample(names, k=self.chance.randint(2, min(most, len(names))))

    def any_columns(self) -> list[str] | None:
        """Choose two or three columns that Spark can group."""
        names = [name for name, kind in self.kinds.items() if not kind.startswith(("map", "array"))]
        return (
            self.chance.sample(names, k=self.chance.randint(2, min(3, len(names))))
            if len(names) > 1
            else None
        )

    def value(self, column: str) -> Any:
        """Choose a value of a column, as JSON writes it; now and then one that it does not have."""
        there = self.values[column]
        value = self.chance.choice(there) if there and self.chance.random() < 0.85 else None
        kind = self.kinds[column]
        if value is None:
            return self._foreign(kind)
        if isinstance(value, Decimal):
            return self.chance.choice((float(value), int(value) if abs(value) < BIG else float(value)))
        if isinstance(value, float) and (value != value or abs(value) == float("inf")):
            return self._foreign(kind)
        if isinstance(value, dt.datetime):
            return str(value)
        return value.isoformat() if isinstance(value, dt.date) else value

    def _foreign(self, kind: str) -> Any:
        if kind.startswith(NUMBERS):
            return self.chance.choice((0, 1, 5, 2.5, -1, BIG))
        if kind == "boolean":
            return self.chance.choice((True, False))
        if kind.startswith(("date", "timestamp")):
            return self.chance.choice(("2024-01-02", "2000-06-15"))
        return self.chance.choice(("q", "a", "10", ""))

    def some(self, column: str, *, empty: bool = True, nulls: bool = True) -> list[Any]:
        """Choose a set for a column."""
        values = [self.value(column) for _ in range(self.chance.randint(1, 4))]
        kept: list[Any] = []
        for value in values:
            if not any(value == other and type(value) is type(other) for other in kept):
                kept.append(value)
        if self.kinds[column].startswith(NUMBERS) and self.chance.random() < 0.15:
            kept = [str(value) for value in kept]
        if nulls and self.chance.random() < 0.08:
            kept.append(None)
        return [] if empty and self.chance.random() < 0.05 else kept

    def bounds(self, column: str | None, pool: Sequence[Any] = ()) -> Kwargs:
        """Choose one or two bounds, strict or not."""
        kwargs: Kwargs = {}
        moments = self.chance.random() < 0.7
        drawn = [self._bound(column, pool, moments) for _ in range(2)]
        low, high = sorted(drawn, key=_moment_or_number)
        which = self.chance.choice(("both", "both", "low", "high"))
        if which != "high":
            kwargs["min_value"] = low
            if self.chance.random() < 0.3:
                kwargs["strict_min"] = True
        if which != "low":
            kwargs["max_value"] = high
            if self.chance.random() < 0.3:
                kwargs["strict_max"] = True
        return kwargs

    def _bound(self, column: str | None, pool: Sequence[Any], moments: bool) -> Any:
        if column is None or not self.kinds[column].startswith(("date", "timestamp")):
            there = [] if column is None else [v for v in map(_finite, self.values[column]) if v is not None]
            return self.chance.choice([*(pool or there), *(pool or (0, 1, 5.5))])
        value = self.chance.choice([*self.values[column], dt.date(2024, 1, 2)])
        if moments and self.kinds[column] != "date":
            return value.isoformat() if isinstance(value, dt.datetime) else f"{value.isoformat()}T00:00:00"
        return value.isoformat()[:10]

    def _mostly(self) -> float:
        rows = max(len(self.frame.rows), 1)
        return self.chance.choice((0, 0.5, 0.9, 1, *(self.chance.randint(0, rows) / rows for _ in range(6))))

    def _condition(self) -> Kwargs:
        column = self.column("int", "string", "double", "boolean") or self.frame.columns[0][0]
        quoted, kind = f"`{column}`", self.kinds[column]
        value = self.value(column)
        literal = json.dumps(value, ensure_ascii=False) if not isinstance(value, str) else f"'{value}'"
        simple = not isinstance(value, str) or value.isalnum()
        plain = column.isidentifier() and column.isascii()
        dict_form = {"type": "comparison", "column": {"name": column}, "operator": "==", "parameter": value}
        forms: list[Kwargs] = [
            {"row_condition": f"{quoted} IS NOT NULL", "condition_parser": "spark"},
            {"row_condition": f"{quoted} IS NULL OR {quoted} IS NOT NULL"},
            {"row_condition": "1 = 0", "condition_parser": "spark"},
            {"row_condition": {"type": "nullity", "column": {"name": column}, "is_null": False}},
            {"row_condition": {"type": "pass_through", "pass_through_filter": f"{quoted} IS NOT NULL"}},
        ]
        if simple:
            operator = self.chance.choice(("==", "!=", "<", "<=", ">", ">=")) if kind != "boolean" else "=="
            forms += [
                {"row_condition": f"{quoted} {operator} {literal}", "condition_parser": "spark"},
                {"row_condition": {**dict_form, "operator": operator}},
                {
                    "row_condition": {
                        "type": self.chance.choice(("and", "or")),
                        "conditions": [
                            dict_form,
                            {"type": "nullity", "column": {"name": column}, "is_null": True},
                        ],
                    }
                },
            ]
            if kind != "boolean":
                forms += [
                    {"row_condition": {**dict_form, "operator": "IN", "parameter": [value]}},
                    {"row_condition": {**dict_form, "operator": "NOT_IN", "parameter": [value]}},
                ]
            if plain and kind != "boolean" and str(value).isascii() and value != "":
                text = f'"{value}"' if isinstance(value, str) else value
                forms += [
                    {
                        "row_condition": f'col("{column}") {operator} {text}',
                        "condition_parser": "great_expectations",
                    },
                    {"row_condition": f'col("{column}").notnull()', "condition_parser": "great_expectations"},
                ]
        return self.chance.choice(forms)


def _finite(value: Any) -> float | int | str | None:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    number = float(value) if isinstance(value, Decimal) else value
    return number if abs(number) < 1e300 else None


def _moment_or_number(value: Any) -> Any:
    return dt.datetime.fromisoformat(value) if isinstance(value, str) else value


def _of(
    *kinds: str, then: Callable[[Draw, str], Kwargs | None] | None = None
) -> Callable[[Draw], Kwargs | None]:
    def draw(by: Draw) -> Kwargs | None:
        column = by.column(*kinds)
        if column is None:
            return None
        more = then(by, column) if then else {}
        return None if more is None else {"column": column, **more}

    return draw


def _between(by: Draw, column: str) -> Kwargs:
    if by.kinds[column] == "string" and by.chance.random() < 0.3:
        time = by.chance.choice(("", "T00:00:00"))
        return {"min_value": f"2024-01-01{time}", "max_value": f"2024-01-02{time}"}
    return by.bounds(column, (0, 1, 5, 10) if by.kinds[column] == "string" else ())


def _lengths(by: Draw, _: str) -> Kwargs:
    return by.bounds(None, (0, 1, 2, 3, 5, 10))


def _patterns(by: Draw, _: str) -> Kwargs:
    listed = by.chance.sample(PATTERNS, k=by.chance.randint(1, 3))
    return {"regex_list": listed, "match_on": by.chance.choice(("any", "all"))}


def _no_patterns(by: Draw, column: str) -> Kwargs:
    return {"regex_list": _patterns(by, column)["regex_list"]}


def _quantiles(by: Draw, column: str) -> Kwargs:
    quantiles = by.chance.choice(([0.5], [0.25, 0.75], [0.1, 0.5, 0.9]))
    ranges = [by.chance.choice(([None, 5], [0, None], [0, 10], [-1, 1])) for _ in quantiles]
    return {"quantile_ranges": {"quantiles": quantiles, "value_ranges": ranges}}


def _paired(then: Callable[[Draw, list[str]], Kwargs] | None = None) -> Callable[[Draw], Kwargs | None]:
    def draw(by: Draw) -> Kwargs | None:
        pair = by.pair()
        if pair is None:
            return None
        kwargs: Kwargs = {"column_A": pair[0], "column_B": pair[1]}
        if by.chance.random() < 0.6:
            kwargs["ignore_row_if"] = by.chance.choice(IGNORED)
        return kwargs | (then(by, pair) if then else {})

    return draw


def _listed(
    choose: Callable[[Draw], list[str] | None], then: Callable[[Draw], Kwargs] | None = None
) -> Callable[[Draw], Kwargs | None]:
    def draw(by: Draw) -> Kwargs | None:
        columns = choose(by)
        if columns is None:
            return None
        kwargs: Kwargs = {"column_list": columns}
        if by.chance.random() < 0.6:
            kwargs["ignore_row_if"] = by.chance.choice(IGNORED_OF_MANY)
        return kwargs | (then(by) if then else {})

    return draw


def _numbers(by: Draw) -> list[str] | None:
    plain = [
        n for n, kind in by.kinds.items() if kind.startswith(NUMBERS) and n.isidentifier() and n.isascii()
    ]
    return by.chance.sample(plain, k=by.chance.randint(2, min(3, len(plain)))) if len(plain) > 1 else None


def _count(by: Draw) -> Kwargs:
    return {"value": len(by.frame.rows) + by.chance.choice((0, 0, 1, -1))}


def _counts(by: Draw) -> Kwargs:
    rows = len(by.frame.rows)
    return by.bounds(None, (rows - 1, rows, rows + 1))


def _column_counts(by: Draw) -> Kwargs:
    columns = len(by.frame.columns)
    drawn = by.bounds(None, (columns - 1, columns, columns + 1, columns + 2))
    return {name: bound for name, bound in drawn.items() if name.endswith("_value")}


def _names(by: Draw) -> list[str]:
    names = [name for name, _ in by.frame.columns]
    by.chance.random() < 0.4 and by.chance.shuffle(names)
    return names[: by.chance.choice((None, None, 2))] + by.chance.choice(([], [], ["nowhere"]))


_TEXTUAL = ("string", *NUMBERS, "date", "timestamp", "boolean")
_SETTABLE = ("string", *NUMBERS, "date", "boolean", "timestamp")
_ORDERED = (*NUMBERS, "date", "timestamp")
_AVERAGED = ("int", "bigint", "double", "float", "decimal")
_set = _of(*_SETTABLE, then=lambda by, c: {"value_set": by.some(c)})
_groupable = ("string", *NUMBERS, "date", "timestamp", "boolean", "binary", "struct")
_small = (0, 1, 2, 3, 5, 8)

_DRAWERS: dict[str, Callable[[Draw], Kwargs | None]] = {
    "expect_column_values_to_not_be_null": _of(),
    "expect_column_values_to_be_null": _of(),
    "expect_column_values_to_be_in_set": _set,
    "expect_column_values_to_not_be_in_set": _set,
    "expect_column_values_to_be_between": _of("string", *_ORDERED, then=_between),
    "expect_column_value_lengths_to_equal": _of(
        *_TEXTUAL, "binary", then=lambda by, c: {"value": by.chance.choice((0, 1, 2, 4, 10))}
    ),
    "expect_column_value_lengths_to_be_between": _of(*_TEXTUAL, "binary", then=_lengths),
    "expect_column_values_to_match_regex": _of(
        *_TEXTUAL, then=lambda by, c: {"regex": by.chance.choice(PATTERNS)}
    ),
    "expect_column_values_to_not_match_regex": _of(
        *_TEXTUAL, then=lambda by, c: {"regex": by.chance.choice(PATTERNS)}
    ),
    "expect_column_values_to_match_regex_list": _of(*_TEXTUAL, then=_patterns),
    "expect_column_values_to_not_match_regex_list": _of(*_TEXTUAL, then=_no_patterns),
    "expect_column_values_to_be_json_parseable": _of("string"),
    "expect_column_values_to_match_json_schema": lambda by: (
        {
            "column": "o",
            "json_schema": {"type": by.chance.choice(("number", "string", "object"))},
        }
        if "o" in by.kinds
        else None
    ),
    "expect_column_values_to_match_strftime_format": _of(
        "string", then=lambda by, c: {"strftime_format": by.chance.choice(FORMATS)}
    ),
    "expect_column_value_z_scores_to_be_less_than": _of(
        *_AVERAGED,
        then=lambda by, c: {
            "threshold": by.chance.choice((0.5, 1, 2)),
            "double_sided": by.chance.random() < 0.5,
        },
    ),
    "expect_column_values_to_not_be_outliers": _of(
        *_AVERAGED,
        then=lambda by, c: {
            "method": by.chance.choice(("iqr", "std")),
            "multiplier": by.chance.choice((0.5, 1, 1.5, 3)),
        },
    ),
    "expect_column_pair_values_to_be_equal": _paired(),
    "expect_column_pair_values_a_to_be_greater_than_b": _paired(
        lambda by, pair: by.chance.choice(({}, {"or_equal": True}, {"or_equal": False}))
    ),
    "expect_column_pair_values_to_be_in_set": _paired(
        lambda by, pair: {
            "value_pairs_set": [
                [by.value(pair[0]), by.value(pair[1])] for _ in range(by.chance.randint(1, 3))
            ]
        }
    ),
    "expect_multicolumn_sum_to_equal": _listed(
        _numbers, lambda by: {"sum_total": by.chance.choice((0, 1, 2, 2.5, 10, 11, 20))}
    ),
    "expect_multicolumn_values_to_be_equal": _listed(lambda by: by.alike(3)),
    "expect_select_column_values_to_be_unique_within_record": _listed(lambda by: by.alike(3)),
    "expect_column_values_to_be_unique": _of(*_groupable),
    "expect_compound_columns_to_be_unique": _listed(lambda by: by.any_columns()),
    "expect_column_values_to_be_increasing": _of(
        *_ORDERED, then=lambda by, c: by.chance.choice(({}, {"strictly": True}))
    ),
    "expect_column_values_to_be_decreasing": _of(
        *_ORDERED, then=lambda by, c: by.chance.choice(({}, {"strictly": True}))
    ),
    "expect_column_min_to_be_between": _of(*_ORDERED, then=lambda by, c: by.bounds(c)),
    "expect_column_max_to_be_between": _of(*_ORDERED, then=lambda by, c: by.bounds(c)),
    "expect_column_mean_to_be_between": _of(*_AVERAGED, then=lambda by, c: by.bounds(c)),
    "expect_column_median_to_be_between": _of(*_AVERAGED, then=lambda by, c: by.bounds(c)),
    "expect_column_sum_to_be_between": _of(*NUMBERS, then=lambda by, c: by.bounds(c, (*_small, 10, 50))),
    "expect_column_stdev_to_be_between": _of(
        *NUMBERS, then=lambda by, c: by.bounds(None, (*_small, 10, 0.5))
    ),
    "expect_column_unique_value_count_to_be_between": _of(
        *_groupable, then=lambda by, c: by.bounds(None, _small)
    ),
    "expect_column_proportion_of_unique_values_to_be_between": _of(
        *_groupable, then=lambda by, c: by.bounds(None, (0, 0.25, 0.5, 1 / 3, 2 / 3, 1))
    ),
    "expect_column_proportion_of_non_null_values_to_be_between": _of(
        then=lambda by, c: by.bounds(None, (0, 0.25, 0.5, 1 / 3, 2 / 3, 1))
    ),
    "expect_column_quantile_values_to_be_between": _of(*_AVERAGED, then=_quantiles),
    "expect_column_distinct_values_to_be_in_set": _of(
        *_SETTABLE, then=lambda by, c: {"value_set": by.some(c, empty=False)}
    ),
    "expect_column_distinct_values_to_contain_set": _set,
    "expect_column_distinct_values_to_equal_set": _set,
    "expect_column_most_common_value_to_be_in_set": _of(
        *_SETTABLE, then=lambda by, c: {"value_set": by.some(c), "ties_okay": by.chance.random() < 0.5}
    ),
    "expect_column_kl_divergence_to_be_less_than": _of(
        "string",
        then=lambda by, c: {
            "partition_object": {"values": ["a", "b"], "weights": [0.5, 0.5]},
            "threshold": by.chance.choice((0.1, 1.0)),
        },
    ),
    "expect_column_to_exist": _of(
        then=lambda by, c: by.chance.choice(({}, {"column_index": by.chance.randint(0, 5)}))
    ),
    "expect_column_type_to_be": _of(then=lambda by, c: {"type_": by.chance.choice(PY_TYPES)}),
    "expect_column_values_to_be_of_type": _of(
        *_TEXTUAL, "binary", then=lambda by, c: {"type_": by.chance.choice(PY_TYPES)}
    ),
    "expect_column_values_to_be_in_type_list": _of(
        *_TEXTUAL,
        "binary",
        then=lambda by, c: {"type_list": by.chance.sample(PY_TYPES, k=by.chance.randint(1, 3))},
    ),
    "expect_table_column_count_to_equal": lambda by: {
        "value": len(by.frame.columns) + by.chance.choice((0, 0, 1, 2))
    },
    "expect_table_column_count_to_be_between": _column_counts,
    "expect_table_columns_to_match_ordered_list": lambda by: {"column_list": _names(by)},
    "expect_table_columns_to_match_set": lambda by: {
        "column_set": _names(by),
        "exact_match": by.chance.random() < 0.5,
    },
    "expect_table_row_count_to_equal": _count,
    "expect_table_row_count_to_be_between": _counts,
    "unexpected_rows_expectation": lambda by: {
        "unexpected_rows_query": by.chance.choice(
            (
                "SELECT * FROM {batch} WHERE 1 = 0",
                f"SELECT 1 AS one FROM {{batch}} WHERE `{by.column()}` IS NULL",
            )
        )
    },
}

TYPES_DRAWN = tuple(_DRAWERS)
"""Every type that Great Expectations can evaluate on Spark."""

COSTLY = (
    "expect_column_values_to_be_json_parseable",
    "expect_column_values_to_match_json_schema",
    "expect_column_values_to_match_strftime_format",
    "expect_column_value_z_scores_to_be_less_than",
    "expect_column_values_to_not_be_outliers",
    "expect_column_values_to_be_increasing",
    "expect_column_values_to_be_decreasing",
    "expect_column_median_to_be_between",
    "expect_column_quantile_values_to_be_between",
    "expect_column_most_common_value_to_be_in_set",
    "expect_column_kl_divergence_to_be_less_than",
    "unexpected_rows_expectation",
)
"""The types for which Great Expectations needs several jobs of its own."""

_WITHOUT_CONDITION = {
    "expect_column_pair_values_to_be_in_set",  # Great Expectations raises
    "expect_column_to_exist",
    "expect_column_type_to_be",
    "expect_column_values_to_be_of_type",
    "expect_column_values_to_be_in_type_list",
    "unexpected_rows_expectation",
    *(name for name in TYPES_DRAWN if name.startswith("expect_table_column")),
}
_BY_ROW = (
    "expect_column_value",
    "expect_column_pair",
    "expect_multicolumn",
    "expect_select",
    "expect_compound",
)


def suites(
    frame: Frame, seed: str, *, size: int, number: int, types: Sequence[str] = TYPES_DRAWN
) -> Iterator[list[dict[str, Any]]]:
    """Draw some suites for a frame, in which no expectation occurs twice.

    The types take turns, so that each occurs as often as any other.

    Parameters
    ----------
    frame : Frame
    seed : str
    size : int
        Expectations of a suite.
    number : int
        Of suites.
    types : sequence of str
        What they may be.
    """
    chance = random.Random(f"types {seed} {frame.name}")
    turns: list[str] = []
    for at in range(number):
        draw = Draw(frame, f"{seed} {at}")
        seen: set[str] = set()
        suite: list[dict[str, Any]] = []
        for _ in range(20 * size):
            if len(suite) == size:
                break
            turns = turns or chance.sample(types, k=len(types))
            if suite and chance.random() < 0.5:
                drawn = draw.sibling(chance.choice(suite))
            else:
                drawn = draw.expectation(turns.pop())
            key = json.dumps(drawn and [drawn["type"], drawn["kwargs"]], sort_keys=True)
            if drawn is not None and key not in seen:
                seen.add(key)
                suite.append({"id": str(len(suite)), **drawn})
        yield suite
