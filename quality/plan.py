"""Plan: what must be measured of the data so that each expectation of a suite can be judged.

Planning looks at the suite and at the schema, never at a row. An expectation becomes a row rule, a
group rule, a number rule or a schema rule, all of which Headgate measures itself; or it is left to
Great Expectations; or it is broken, since it names a column that the data lacks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from pyspark.errors import ParseException
from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql import types as T

from headgate.quality.expectation import Expectation, Suite
from headgate.quality.listed import listed_texts
from headgate.quality.membership import member
from headgate.quality.oneline import one_line
from headgate.quality.populations import Population, count, without_missing
from headgate.quality.predicates import PREDICATES, legible
from headgate.quality.rules import (
    ROWS,
    UNIQUENESS,
    Broken,
    Delegated,
    Group,
    GroupRule,
    NumberRule,
    RowRule,
    Rule,
    SchemaRule,
    both,
    within,
)
from headgate.quality.schema import Field, columns_of, resolve, type_named
from headgate.quality.sql import SqlError, parse_sql
from headgate.quality.uniqueness import bounds_of

__all__ = ["plan"]


def plan(suite: Suite, schema: T.StructType, *, among: Column | None = None) -> tuple[Rule, ...]:
    """Say for each expectation, in the suite's order, how it is to be measured.

    Parameters
    ----------
    suite : Suite
        Placeholders that are still open are left to Great Expectations.
    schema : StructType
        Of the data.
    among : Column or None
        The rows that are the data, as a condition that is never null; None for all.

    Returns
    -------
    tuple of Rule
        As long as the suite.

    Examples
    --------
    >>> from headgate.quality import load_suite
    >>> suite = load_suite('''{"name": "s", "expectations": [
    ...     {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "id"}},
    ...     {"type": "expect_column_median_to_be_between", "kwargs": {"column": "id", "min_value": 0}},
    ...     {"type": "expect_column_max_to_be_between", "kwargs": {"column": "no", "min_value": 0}}]}''',
    ...     source="s.json")
    >>> [type(rule).__name__ for rule in plan(suite, spark.range(1).schema)]
    ['RowRule', 'Delegated', 'Broken']
    """
    listed = listed_texts(suite, schema)
    return tuple(_rule_alone(expectation, schema, among, listed) for expectation in suite.expectations)


def _rule_alone(
    expectation: Expectation,
    schema: T.StructType,
    among: Column | None,
    listed: Mapping[str, tuple[str, ...]],
) -> Rule:
    """Plan one expectation; one that cannot even be planned is broken, and spoils no other."""
    try:
        within(expectation)
        rule = _rule(expectation, schema, among, listed)
    except ParseException as error:
        return Broken(
            expectation, f"the condition is not SQL: {one_line(str(error).strip().splitlines()[0])}"
        )
    except Exception as error:  # recorded: what cannot be planned is refused
        return Broken(expectation, one_line(f"it cannot be planned: {type(error).__name__}: {error}"))
    fields = (resolve(column, schema) for column in expectation.columns)
    mistaken = any(found is not None and found.mistaken for found in fields)
    return replace(rule, mistaken=True) if mistaken else rule


def _rule(
    expectation: Expectation,
    schema: T.StructType,
    among: Column | None,
    listed: Mapping[str, tuple[str, ...]],
) -> Rule:
    name = expectation.type
    columns = tuple(column for column, _ in columns_of(schema))
    if name == "expect_column_to_exist" and not expectation.placeholders:
        return SchemaRule(expectation, columns)
    fields = []
    for column in expectation.columns:
        found = resolve(column, schema)
        if found is None:
            reason = f'Error: The column "{column}" in BatchData does not exist.'
            return Broken(expectation, reason, column)
        fields.append(replace(found, listed=listed.get(found.sql, ())))
    dotted = [column for column, found in zip(expectation.columns, fields, strict=True) if found.dotted]
    several = expectation.spec is not None and expectation.spec.domain == "columns"
    if dotted and (several or name in _BY_NAME):
        return Broken(
            expectation,
            f'in such a rule Great Expectations does not find "{dotted[0]}", for the dot; rename the column',
            dotted[0],
        )
    if expectation.row_condition is not None:
        try:
            parse_sql(expectation.row_condition.sql, columns=schema.names)
        except SqlError as error:
            return Broken(expectation, f"the row condition: {error}")
    if expectation.placeholders or expectation.spec is None or not expectation.spec.runs_on_spark:
        return Delegated(expectation)
    if name in PREDICATES:
        return _row_rule(expectation, tuple(fields), among)
    if name in _GROUPED:
        return _group_rule(expectation, tuple(fields), among)
    if name in _SCHEMA and _type_can_be_told(expectation, columns):
        return SchemaRule(expectation, columns, fields[0].type if fields else None)
    if name in _NUMBERS:
        return _number_rule(expectation, fields[0] if fields else None, among)
    return _delegated(expectation, tuple(fields), among)


def _delegated(expectation: Expectation, fields: tuple[Field, ...], among: Column | None) -> Delegated:
    if expectation.type not in _OUTLYING or fields[0].family != "number":
        return Delegated(expectation, fields=fields)
    base = Population(expectation, fields, among)
    deviation = f"deviation {fields[0].sql} | {base.rows}"
    aggregates = {
        deviation: lambda: F.stddev_samp(_where(base.within, fields[0].column)),
        base.counted: base.aggregates[base.counted],
    }
    return Delegated(expectation, fields=fields, aggregates=aggregates)


def _row_rule(expectation: Expectation, fields: tuple[Field, ...], among: Column | None) -> Rule:
    expected = PREDICATES[expectation.type](expectation, fields)
    if expected is None:
        return Delegated(expectation)
    base = Population(expectation, fields, among)
    unexpected, kept = f"unexpected {expectation.id}", None
    if expectation.type == "expect_column_values_to_not_be_null":
        kept = without_missing(fields, base.condition)
        aggregates = base.aggregates | {kept: lambda: count(base.within, expected)}
    else:
        aggregates = base.aggregates | {unexpected: lambda: count(base.within, base.counted_if, ~expected)}
    readable = legible(expectation, fields)
    unread = None if readable is None else f"unread {expectation.id}"
    if readable is not None and unread is not None:
        aggregates[unread] = lambda: count(base.within, base.counted_if, ~readable)
    return RowRule(
        expectation,
        fields=fields,
        expected=expected,
        rows=base.rows,
        counted=base.counted,
        unexpected=unexpected,
        aggregates=aggregates,
        unread=unread,
        kept=kept,
    )


def _group_rule(expectation: Expectation, fields: tuple[Field, ...], among: Column | None) -> Rule:
    name, base = expectation.type, Population(expectation, fields, among)
    maps = [field.name for field in fields if _holds_map(field.type)]
    if maps:
        # Spark tells it only while it runs, where windows are concerned.
        return Broken(expectation, f"'{maps[0]}' holds maps, which Spark does not compare")
    tests: dict[str, Column] = {}
    if "distinct_values" in name:
        values = expectation.kwargs["value_set"]
        inside = member(fields[0], "k0", values)
        if inside is None or not _python_agrees(fields[0], values):
            return Delegated(expectation, fields=fields)
        if not name.endswith("contain_set"):
            # With an empty set Great Expectations counts every value.
            tests["outside"] = ~inside if values else F.lit(True)
        if not name.endswith("be_in_set"):
            tests["inside"] = inside
    group = Group(base.group, expectation, fields, among)
    bounds = bounds_of(group) if name in UNIQUENESS else {}
    return GroupRule(
        expectation,
        fields=fields,
        group=group,
        rows=base.rows,
        counted=base.counted,
        aggregates={**base.aggregates, **bounds},
        tests=tests,
    )


def _holds_map(data_type: T.DataType) -> bool:
    if isinstance(data_type, T.StructType):
        return any(_holds_map(field.dataType) for field in data_type.fields)
    if isinstance(data_type, T.ArrayType):
        return _holds_map(data_type.elementType)
    return isinstance(data_type, T.MapType)


def _python_agrees(field: Field, values: Sequence[Any]) -> bool:
    """Whether the set means the same to Spark and to Python.

    Great Expectations asks Spark how many values are missing and Python which.
    """
    kinds = {type(value) for value in values}
    if isinstance(field.type, T.DecimalType):
        return kinds <= {int}
    allowed: Mapping[str, set[type]] = {
        "text": {str},
        "number": {int, float},
        "boolean": {bool},
        "date": {str},
        "timestamp": {str},
    }
    return kinds <= allowed.get(field.family, set())


def _number_rule(expectation: Expectation, of: Field | None, among: Column | None) -> Rule:
    name = expectation.type
    condition = "" if expectation.row_condition is None else expectation.row_condition.sql
    every = f"{ROWS} | {condition}" if condition else ROWS
    counts = {every: lambda: count(among, within(expectation))}
    if of is None:
        return NumberRule(expectation, value=every, rows=every, aggregates=counts)
    if name == "expect_column_proportion_of_non_null_values_to_be_between":
        base = Population(expectation, (of,), among)
        return NumberRule(expectation, value=base.counted, rows=base.rows, aggregates=base.aggregates)
    if not _NUMBERS[name](of):
        return Delegated(expectation)
    statistic = name.removeprefix("expect_column_").removesuffix("_to_be_between")
    value = f"{statistic} {of.sql} | {condition}"
    measured = _STATISTICS[statistic]
    return NumberRule(
        expectation,
        value=value,
        rows=every,
        aggregates=counts | {value: lambda: measured(_where(both(among, within(expectation)), of.column))},
        kind=of.type if statistic in ("min", "max") else None,
    )


def _where(condition: Column | None, column: Column) -> Column:
    return column if condition is None else F.when(condition, column)


def _type_can_be_told(expectation: Expectation, columns: Sequence[str]) -> bool:
    # Of the three, only expect_column_type_to_be resolves names; the others raise.
    if expectation.type.startswith("expect_column_values") and expectation.column not in columns:
        return False
    names = expectation.kwargs.get("type_list") or [expectation.kwargs.get("type_")]
    return all(name is None or type_named(name) is not None for name in names)


_GROUPED = frozenset(
    {
        *UNIQUENESS,
        "expect_column_unique_value_count_to_be_between",
        "expect_column_proportion_of_unique_values_to_be_between",
        "expect_column_distinct_values_to_be_in_set",
        "expect_column_distinct_values_to_contain_set",
        "expect_column_distinct_values_to_equal_set",
    }
)

_OUTLYING = (
    "expect_column_value_z_scores_to_be_less_than",
    "expect_column_values_to_not_be_outliers",
)

_BY_NAME = (
    "expect_column_distinct_values_to_be_in_set",
    "expect_column_distinct_values_to_contain_set",
    "expect_column_distinct_values_to_equal_set",
)
"""Beside the rules about several columns, those for which Great Expectations does not quote names."""

_SCHEMA = frozenset(
    {
        "expect_column_type_to_be",
        "expect_column_values_to_be_of_type",
        "expect_column_values_to_be_in_type_list",
        "expect_table_column_count_to_equal",
        "expect_table_column_count_to_be_between",
        "expect_table_columns_to_match_ordered_list",
        "expect_table_columns_to_match_set",
    }
)


def _ordered(of: Field) -> bool:
    return of.family in ("number", "date", "timestamp")


def _averaged(of: Field) -> bool:
    return isinstance(of.type, T.DecimalType | T.IntegerType | T.LongType | T.DoubleType | T.FloatType)


def _numeric(of: Field) -> bool:
    return of.family == "number"


_NUMBERS = {
    "expect_column_min_to_be_between": _ordered,
    "expect_column_max_to_be_between": _ordered,
    "expect_column_mean_to_be_between": _averaged,
    "expect_column_sum_to_be_between": _numeric,
    "expect_column_stdev_to_be_between": _numeric,
    "expect_column_proportion_of_non_null_values_to_be_between": _numeric,
    "expect_table_row_count_to_equal": _numeric,
    "expect_table_row_count_to_be_between": _numeric,
}

_STATISTICS = {
    "min": F.min,
    "max": F.max,
    # A sum that overflows is null, and a null refuses; Spark would wrap around or raise, by ANSI mode.
    "mean": F.try_avg,
    "sum": F.try_sum,
    "stdev": F.stddev_samp,
}
