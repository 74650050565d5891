"""Row predicates: what a row must satisfy, as a Spark column, for each type that a row can keep or break.

Each predicate gives what Great Expectations' own gives with ANSI mode off, whatever the mode: where
Spark would coerce silently in one mode and raise in the other, the cast is written out. Where even
that cannot be had (a text compared with a whole number, say) there is no predicate, and the
expectation is left to Great Expectations.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from itertools import combinations
from operator import and_, or_
from typing import Any

from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql import types as T

from headgate.quality.expectation import Expectation
from headgate.quality.literals import literal
from headgate.quality.membership import member
from headgate.quality.schema import Field

__all__ = ["PREDICATES", "considered", "counts_all", "legible"]

_FIRST_YEAR = 1000
"""PySpark cannot make a literal of an earlier date; nor can Great Expectations."""

Fields = Sequence[Field]
Predicate = Callable[[Expectation, Fields], Column | None]


def counts_all(expectation: Expectation) -> bool:
    """Tell whether an expectation counts rows without a value as well."""
    if expectation.type in ("expect_column_values_to_not_be_null", "expect_column_values_to_be_null"):
        return True
    return expectation.parameter("ignore_row_if") in ("neither", "never")


def considered(expectation: Expectation, fields: Fields) -> Column | None:
    """Tell which rows an expectation counts: those with a value; None where it counts all.

    Rows outside its row condition are another matter.
    """
    if counts_all(expectation):
        return None
    missing = [field.column.isNull() for field in fields]
    if expectation.parameter("ignore_row_if") in ("either_value_is_missing", "any_value_is_missing"):
        return ~reduce(or_, missing)
    return ~reduce(and_, missing)


def legible(expectation: Expectation, fields: Fields) -> Column | None:
    """Tell which values can be read as what they are compared with; None where all can."""
    if expectation.type != "expect_column_values_to_be_between" or fields[0].family != "text":
        return None
    bounds = [expectation.parameter(name) for name in ("min_value", "max_value")]
    values = [_comparable(fields[0], bound) for bound in bounds if bound is not None]
    return reduce(and_, [v.isNotNull() for v in values if v is not None])


def _not_null(_: Expectation, fields: Fields) -> Column:
    return fields[0].column.isNotNull()


def _null(_: Expectation, fields: Fields) -> Column:
    return fields[0].column.isNull()


def _in_set(expectation: Expectation, fields: Fields) -> Column | None:
    return member(fields[0], fields[0].sql, expectation.kwargs["value_set"])


def _not_in_set(expectation: Expectation, fields: Fields) -> Column | None:
    found = _in_set(expectation, fields)
    return None if found is None else ~found


def _between(expectation: Expectation, fields: Fields) -> Column | None:
    sides = []
    for name, strict_name, above in (("min_value", "strict_min", True), ("max_value", "strict_max", False)):
        bound = expectation.parameter(name)
        if bound is None:
            continue
        value = _comparable(fields[0], bound)
        if value is None:
            return None
        literal = F.lit(bound)
        if expectation.parameter(strict_name):
            sides.append(value > literal if above else value < literal)
        else:
            sides.append(value >= literal if above else value <= literal)
    return reduce(and_, sides)


def _comparable(field: Field, bound: float | dt.date | dt.datetime) -> Column | None:
    """Give the column in the type in which Spark compares it with a bound of this kind."""
    if isinstance(bound, dt.date):
        if bound.year < _FIRST_YEAR:
            return None
        if field.family == "text":
            return field.tried_as("timestamp" if isinstance(bound, dt.datetime) else "date")
        return field.column if field.family in ("date", "timestamp") else None
    if field.family == "text":
        return field.tried_as("double")
    return field.column.cast("double") if field.family == "number" else None


def _length(field: Field) -> Column | None:
    if field.family == "nested":
        return None
    return F.length(field.column if field.family == "binary" else field.text)


def _length_equal(expectation: Expectation, fields: Fields) -> Column | None:
    length = _length(fields[0])
    return None if length is None else length == F.lit(expectation.kwargs["value"])


def _length_between(expectation: Expectation, fields: Fields) -> Column | None:
    length = _length(fields[0])
    low, high = expectation.parameter("min_value"), expectation.parameter("max_value")
    if length is None:
        return None
    sides: list[Column] = []
    if low is not None:
        sides.append(length > low if expectation.parameter("strict_min") else length >= low)
    if high is not None:
        sides.append(length < high if expectation.parameter("strict_max") else length <= high)
    return reduce(and_, sides)


def _matches(field: Field, pattern: str) -> Column:
    matched = field.text.rlike(pattern)
    if not field.listed:
        return matched
    # To match takes many times as long as to compare. Spark finds out while it plans whether all listed
    # texts match, or none, and leaves the one comparison, or the other, or neither. Compared is the text
    # that would be matched: of a column of fixed width, the blanks as well.
    inside = field.text.isin(*field.listed)
    found = [F.lit(text).rlike(pattern) for text in field.listed]
    every, any_ = reduce(and_, found), reduce(or_, found)
    return (inside & every) | ((~inside | any_) & matched)


def _regex(expectation: Expectation, fields: Fields) -> Column | None:
    if fields[0].family == "nested":
        return None
    return _matches(fields[0], expectation.parameter("regex"))


def _not_regex(expectation: Expectation, fields: Fields) -> Column | None:
    found = _regex(expectation, fields)
    return None if found is None else ~found


def _regexes(expectation: Expectation, fields: Fields) -> Column | None:
    patterns = expectation.kwargs["regex_list"]
    if fields[0].family == "nested":
        return None
    if expectation.parameter("match_on") == "any":
        return _matches(fields[0], "|".join(patterns))
    return reduce(and_, [_matches(fields[0], pattern) for pattern in patterns])


def _no_regexes(expectation: Expectation, fields: Fields) -> Column | None:
    if fields[0].family == "nested":
        return None
    found = [_matches(fields[0], pattern) for pattern in expectation.kwargs["regex_list"]]
    return reduce(and_, [~one for one in found])


def _aligned(first: Field, second: Field) -> tuple[Column, Column] | None:
    """Give two columns in types that Spark compares in the same way in both ANSI modes."""
    families = {first.family, second.family}
    if families == {"number"}:
        floats = [isinstance(field.type, T.FloatType) for field in (first, second)]
        integrals = [isinstance(field.type, T.IntegralType) for field in (first, second)]
        if any(floats) and any(integrals):
            return first.column.cast("float"), second.column.cast("float")
    elif not families <= {"date", "timestamp"} and first.type != second.type:
        return None
    return first.column, second.column


def _pair_equal(_: Expectation, fields: Fields) -> Column | None:
    pair = _aligned(*fields)
    return None if pair is None else pair[0].eqNullSafe(pair[1])


def _pair_greater(expectation: Expectation, fields: Fields) -> Column | None:
    pair = _aligned(*fields)
    if pair is None:
        return None
    if expectation.parameter("or_equal"):
        return (pair[0] >= pair[1]) | pair[0].eqNullSafe(pair[1])
    return pair[0] > pair[1]


def _pair_in_set(expectation: Expectation, fields: Fields) -> Column | None:
    # Great Expectations leaves the row condition out of this one, and trips over the result.
    if expectation.row_condition is not None or not expectation.kwargs["value_pairs_set"]:
        return None
    found = []
    for pair in expectation.kwargs["value_pairs_set"]:
        first, second = map(_equals, fields, pair)
        if first is None or second is None:
            return None
        found.append(f"({first} AND {second})")
    # As one text, of which Spark makes a tree of even depth.
    return F.expr(" OR ".join(found))


def _equals(field: Field, value: Any) -> str | None:
    if value is None:
        return f"{field.sql} IS NULL"
    kind, family = type(value), field.family
    if kind in (int, float) and family == "number":
        narrow = kind is int and isinstance(field.type, T.FloatType)
        return f"{field.sql} <=> {f'CAST({literal(value)} AS FLOAT)' if narrow else literal(value)}"
    if (kind is str and family == "text") or (kind is bool and family == "boolean"):
        return f"{field.sql} <=> {literal(value)}"
    return None


def _sum_equal(expectation: Expectation, fields: Fields) -> Column | None:
    # On Spark 3 Great Expectations writes the names into SQL without quotes.
    plain = all(re.fullmatch(r"`\w+`", field.sql) for field in fields)
    if not plain or any(field.family != "number" for field in fields):
        return None
    floats = {isinstance(field.type, T.FloatType) for field in fields}
    if floats == {True, False}:
        return None
    terms = []
    for field in fields:
        # Whole numbers are summed exactly; Spark would wrap around or raise, by ANSI mode.
        exact = isinstance(field.type, T.IntegralType)
        term = field.column.cast("decimal(20,0)") if exact else field.column
        terms.append(F.coalesce(term, F.lit(0).cast("decimal(20,0)" if exact else field.type)))
    # Only decimals of the data's own can overflow.
    add = F.try_add if any(isinstance(field.type, T.DecimalType) for field in fields) else Column.__add__
    return reduce(add, terms).cast("double") == F.lit(expectation.kwargs["sum_total"])


def _all_equal(_: Expectation, fields: Fields) -> Column | None:
    pairs = [_aligned(fields[0], field) for field in fields[1:]]
    equal = [pair[0].eqNullSafe(pair[1]) for pair in pairs if pair is not None]
    return reduce(and_, equal) if len(equal) == len(pairs) else None


def _all_different(_: Expectation, fields: Fields) -> Column | None:
    pairs = [_aligned(first, second) for first, second in combinations(fields, 2)]
    equal = [pair[0].eqNullSafe(pair[1]) for pair in pairs if pair is not None]
    return ~reduce(or_, equal) if len(equal) == len(pairs) else None


PREDICATES: Mapping[str, Predicate] = {
    "expect_column_values_to_not_be_null": _not_null,
    "expect_column_values_to_be_null": _null,
    "expect_column_values_to_be_in_set": _in_set,
    "expect_column_values_to_not_be_in_set": _not_in_set,
    "expect_column_values_to_be_between": _between,
    "expect_column_value_lengths_to_equal": _length_equal,
    "expect_column_value_lengths_to_be_between": _length_between,
    "expect_column_values_to_match_regex": _regex,
    "expect_column_values_to_not_match_regex": _not_regex,
    "expect_column_values_to_match_regex_list": _regexes,
    "expect_column_values_to_not_match_regex_list": _no_regexes,
    "expect_column_pair_values_to_be_equal": _pair_equal,
    "expect_column_pair_values_a_to_be_greater_than_b": _pair_greater,
    "expect_column_pair_values_to_be_in_set": _pair_in_set,
    "expect_multicolumn_sum_to_equal": _sum_equal,
    "expect_multicolumn_values_to_be_equal": _all_equal,
    "expect_select_column_values_to_be_unique_within_record": _all_different,
}
"""What a row must satisfy, by type; null counts as satisfied."""
