"""Measure: run a plan over the data in as few Spark jobs as can be.

Everything that aggregates is one job; whatever needs groups is one more; examples of what failed
are one more, when something failed. Measuring judges nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any, TypeVar

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from quality.plan import ROWS, Delegated, Group, GroupRule, NumberRule, RowRule, Rule, within

__all__ = [
    "COPIES",
    "DISTINCT",
    "EXAMPLES",
    "Measures",
    "Wanted",
    "analysed",
    "examples_of",
    "measure",
    "test_key",
]

EXAMPLES = 20
"""Greatest number of unexpected values that are collected for one expectation."""

_SAMPLE = 10_000
_AT = "__at__"

COPIES = "copies"
DISTINCT = "distinct"
"""Keys of every group's measures: rows whose value occurs more than once, and groups."""

_Item = TypeVar("_Item")


@dataclass(frozen=True)
class Measures:
    """What was measured.

    Attributes
    ----------
    numbers : Mapping
        Value of each aggregate by its key.
    groups : Mapping
        For each group's key, value of each of its measures by theirs.
    errors : Mapping
        Key of each aggregate or group that could not be measured, to the reason.
    """

    numbers: Mapping[str, Any]
    groups: Mapping[str, Mapping[str, int]]
    errors: Mapping[str, Exception]

    def error_of(self, rule: Rule) -> Exception | None:
        """Give the reason why a rule could not be measured, if it could not."""
        keys: list[str] = []
        if isinstance(rule, RowRule | GroupRule | NumberRule):
            keys.extend(rule.aggregates)
        if isinstance(rule, GroupRule):
            keys.append(rule.group.key)
        return next((self.errors[key] for key in keys if key in self.errors), None)


def measure(df: DataFrame, rules: Iterable[Rule], *, known: Mapping[str, Any] | None = None) -> Measures:
    """Measure all that a plan asks for, and the number of rows.

    Parameters
    ----------
    df : DataFrame
        The data; it is read once for the aggregates, and once more for each group.
    rules : iterable of Rule
        The plan.
    known : Mapping or None
        Values of aggregates, by their keys, that need not be measured again.

    Returns
    -------
    Measures
        Whatever cannot be measured is named there and spoils nothing else.
    """
    rules, known = tuple(rules), dict(known or {})
    aggregates: dict[str, Column] = {ROWS: F.count(F.lit(1))}
    groups: dict[str, tuple[Group, dict[str, Column]]] = {}
    for rule in rules:
        if isinstance(rule, RowRule | GroupRule | NumberRule | Delegated):
            aggregates.update(rule.aggregates)
        if isinstance(rule, GroupRule):
            measures = groups.setdefault(rule.group.key, (rule.group, {}))[1]
            measures.update({test_key(rule, test): F.count_if(asked) for test, asked in rule.tests.items()})
    errors: dict[str, Exception] = {}
    unknown = [(key, column) for key, column in aggregates.items() if key not in known]
    numbers = known | _whatever_works(unknown, lambda items: _aggregate(df, items), errors)
    grouped = _whatever_works(list(groups.items()), lambda items: _group(df, items), errors)
    return Measures(numbers, grouped, errors)


def _whatever_works(
    items: Sequence[tuple[str, _Item]],
    run: Callable[[Sequence[tuple[str, _Item]]], dict[str, Any]],
    errors: dict[str, Exception],
) -> dict[str, Any]:
    """Run all at once; where that fails, halve until the culprits are alone."""
    if not items:
        return {}
    try:
        return run(items)
    except Exception as error:  # recorded: what is not measured is refused
        if len(items) == 1:
            errors[items[0][0]] = error
            return {}
    half = len(items) // 2
    return _whatever_works(items[:half], run, errors) | _whatever_works(items[half:], run, errors)


def analysed(df: DataFrame, aggregates: Mapping[str, Column]) -> dict[str, Column]:
    """Choose the aggregates that Spark can analyse on this data; no row is read."""

    def analyse(items: Sequence[tuple[str, Column]]) -> dict[str, Column]:
        # To ask for the schema makes Spark analyse.
        return dict(items) if df.agg(*(column for _, column in items)).schema else {}

    return _whatever_works(list(aggregates.items()), analyse, {})


def _aggregate(df: DataFrame, items: Sequence[tuple[str, Column]]) -> dict[str, Any]:
    row = df.agg(*(column.alias(f"m{at}") for at, (_, column) in enumerate(items))).collect()[0]
    return {key: row[at] for at, (key, _) in enumerate(items)}


def _group(
    df: DataFrame, items: Sequence[tuple[str, tuple[Group, Mapping[str, Column]]]]
) -> dict[str, dict[str, int]]:
    frames = []
    for at, (_, (group, measures)) in enumerate(items):
        copies = F.coalesce(F.sum(F.when(F.col("n") > 1, F.col("n"))), F.lit(0))
        values = [copies, F.count(F.lit(1)), *measures.values()]
        frames.append(_occurrences(df, group).agg(F.lit(at).alias("at"), F.array(*values).alias("values")))
    collected = {row["at"]: row["values"] for row in reduce(DataFrame.unionAll, frames).collect()}
    return {
        key: dict(zip((COPIES, DISTINCT, *measures), collected[at], strict=True))
        for at, (key, (_, measures)) in enumerate(items)
    }


def _occurrences(df: DataFrame, group: Group) -> DataFrame:
    rows = df if group.rows_if is None else df.where(group.rows_if)
    keys = [field.column.alias(f"k{at}") for at, field in enumerate(group.fields)]
    return (
        rows.select(*keys).groupBy(*(f"k{at}" for at in range(len(keys)))).agg(F.count(F.lit(1)).alias("n"))
    )


def test_key(rule: GroupRule, test: str) -> str:
    """Name the measure that counts the distinct values for which a test of a rule holds."""
    return f"{test} {rule.expectation.id}"


@dataclass(frozen=True)
class Wanted:
    """Values to be collected: those that break a rule, or those for which one of its tests holds."""

    rule: RowRule | GroupRule
    test: str = ""

    @property
    def key(self) -> str:
        """Name it."""
        return f"{self.test} {self.rule.expectation.id}"


def examples_of(
    df: DataFrame, wanted: Iterable[Wanted], counts: Mapping[str, int]
) -> dict[str, list[tuple[Any, ...]]]:
    """Collect a few values for each of several questions, in one job.

    Parameters
    ----------
    df : DataFrame
        The data.
    wanted : iterable of Wanted
        The questions.
    counts : Mapping
        How many rows there are to each question's key, where they are rows.

    Returns
    -------
    dict
        For each question's key at most `EXAMPLES` tuples with the values of the rule's columns;
        of the values inside a set all there are. Which ones, where there are more, is up to Spark.
    """
    wanted = tuple(wanted)
    types = {name: kind for one in wanted for name, kind in _slots(one.rule)}
    of_rows = [(at, one.rule) for at, one in enumerate(wanted) if isinstance(one.rule, RowRule)]
    frames = [_failing_rows(df, of_rows, types, counts)] if of_rows else []
    for at, one in enumerate(wanted):
        if isinstance(one.rule, GroupRule):
            values = _filled({name: F.col(f"k{n}") for n, (name, _) in enumerate(_slots(one.rule))}, types)
            frames.append(_groups(df, one.rule, one.test).select(F.lit(at).alias(_AT), *values))
    found: dict[str, list[tuple[Any, ...]]] = {one.key: [] for one in wanted}
    for row in reduce(DataFrame.unionAll, frames).collect() if frames else ():
        one = wanted[row[_AT]]
        found[one.key].append(tuple(row[name] for name, _ in _slots(one.rule)))
    return found


def _slots(rule: RowRule | GroupRule) -> list[tuple[str, str]]:
    """Columns by type, with their types, so that values of many types can stand in one union."""
    kinds = [field.type.simpleString() for field in rule.fields]
    return [(f"{kind} {kinds[:at].count(kind)}", kind) for at, kind in enumerate(kinds)]


def _filled(values: Mapping[str, Column], types: Mapping[str, str]) -> list[Column]:
    return [values.get(name, F.lit(None)).cast(kind).alias(name) for name, kind in types.items()]


def _failing_rows(
    df: DataFrame, rules: Sequence[tuple[int, RowRule]], types: Mapping[str, str], counts: Mapping[str, int]
) -> DataFrame:
    """Find a few failing rows of each rule in one pass."""
    marks = []
    values: dict[str, Column] = {}
    for at, rule in rules:
        fails = rule.unexpected_if
        for condition in (rule.counted_if, within(rule.expectation)):
            fails = fails if condition is None else condition & fails
        # Of very many a random part is plenty, and spares the sort below.
        thinned = _SAMPLE / max(counts[rule.unexpected], 1)
        marks.append(F.when(fails & (F.rand(at) < thinned) if thinned < 1 else fails, F.lit(at)))
        for (name, _), field in zip(_slots(rule), rule.fields, strict=True):
            before = values.get(name)
            is_this = F.col(_AT) == at
            values[name] = (
                F.when(is_this, field.column) if before is None else before.when(is_this, field.column)
            )
    failing = df.withColumn(_AT, F.explode(F.array_compact(F.array(*marks))))
    # Spark keeps no more than the limit of each part before it shuffles.
    rank = F.row_number().over(Window.partitionBy(_AT).orderBy(_AT))
    few = (
        failing.select(_AT, *_filled(values, types)).withColumn("rank", rank).where(F.col("rank") <= EXAMPLES)
    )
    return few.drop("rank")


def _groups(df: DataFrame, rule: GroupRule, test: str) -> DataFrame:
    groups = _occurrences(df, rule.group)
    if test == "inside":
        return groups.where(rule.tests["inside"]).drop("n")
    if test:
        return groups.where(rule.tests[test]).drop("n").limit(EXAMPLES)
    copies = F.array_repeat(F.lit(0), F.least(F.col("n"), F.lit(EXAMPLES)).cast("int"))
    repeated = groups.where(F.col("n") > 1).limit(EXAMPLES)
    return repeated.withColumn("copy", F.explode(copies)).drop("n", "copy").limit(EXAMPLES)
