"""Measure: run a plan over the data in as few Spark jobs as can be.

Everything that aggregates is one job; whatever needs groups is one more, or two where there are many
rows and not all keys are unique. Measuring judges nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from headgate.quality.groups import group_measures, proven_unique
from headgate.quality.rules import ROWS, Aggregates, Group, Rule

__all__ = ["Measures", "analysed", "made", "measure", "whatever_works"]

FEW = 100_000
"""Rows at most that one task groups as fast as several."""

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
        return next((self.errors[key] for key in rule.needs if key in self.errors), None)


def measure(
    df: DataFrame,
    rules: Iterable[Rule],
    *,
    known: Mapping[str, Any] | None = None,
    also: Aggregates | None = None,
) -> Measures:
    """Measure all that a plan asks for, and the number of rows.

    Parameters
    ----------
    df : DataFrame
        The data; it is read once for the aggregates, and once more for each group, or twice where its
        keys could not be proven unique.
    rules : iterable of Rule
        The plan.
    known : Mapping or None
        Values of aggregates, by their keys, that need not be measured again.
    also : Mapping or None
        Other aggregates, by their keys.

    Returns
    -------
    Measures
        Whatever cannot be measured is named there and spoils nothing else.
    """
    rules, known = tuple(rules), dict(known or {})
    aggregates: dict[str, Callable[[], Column]] = {ROWS: lambda: F.count(F.lit(1)), **(also or {})}
    groups: dict[str, tuple[Group, dict[str, Column]]] = {}
    for rule in rules:
        aggregates.update(rule.aggregates)
        group = rule.asked_of
        if group is not None:
            groups.setdefault(group.key, (group, {}))[1].update(rule.group_counts())
    errors: dict[str, Exception] = {}
    unknown = made({key: make for key, make in aggregates.items() if key not in known}, errors)
    numbers = known | _numbers(df, unknown, errors)
    for rule in rules:
        numbers.update(rule.derived(numbers))
    unique = whatever_works([("unique", rules)], lambda _: proven_unique(df, rules, numbers), {})
    left = [(key, asked) for key, asked in groups.items() if key not in unique]
    # Rows that were counted before lie in files: a few of them are grouped without an exchange.
    few = known and (numbers.get(ROWS) or 0) <= FEW
    rows = df.coalesce(1) if few else df
    grouped = unique | whatever_works(left, lambda items: group_measures(rows, items), errors)
    return Measures(numbers, grouped, errors)


def whatever_works(
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
    return whatever_works(items[:half], run, errors) | whatever_works(items[half:], run, errors)


def made(makers: Mapping[str, Callable[[], Column]], errors: dict[str, Exception]) -> dict[str, Column]:
    """Make the aggregates, but for those that cannot be made."""
    columns = {}
    for key, make in makers.items():
        try:
            columns[key] = make()
        except Exception as error:  # recorded: what is not measured is refused
            errors[key] = error
    return columns


def analysed(
    df: DataFrame, aggregates: Mapping[str, Column], errors: dict[str, Exception] | None = None
) -> dict[str, Column]:
    """Choose the aggregates that Spark can analyse on this data; no row is read."""

    def analyse(columns: Mapping[str, Column]) -> Exception | None:
        try:
            # To ask for the schema makes Spark analyse.
            df.agg(*columns.values()).schema  # noqa: B018
        except Exception as error:  # recorded: what is not measured is refused
            return error
        return None

    if not aggregates or analyse(aggregates) is None:
        return dict(aggregates)
    found = {key: analyse({key: column}) for key, column in aggregates.items()}
    if errors is not None:
        errors.update({key: error for key, error in found.items() if error is not None})
    return {key: column for key, column in aggregates.items() if found[key] is None}


def _numbers(df: DataFrame, columns: Mapping[str, Column], errors: dict[str, Exception]) -> dict[str, Any]:
    """Measure all at once; where that fails, what Spark can analyse, and of that whatever works."""
    try:
        return _aggregate(df, list(columns.items())) if columns else {}
    except Exception:  # narrowed down to the culprits, which are recorded
        fit = list(analysed(df, columns, errors).items())
    return whatever_works(fit, lambda items: _aggregate(df, items), errors)


def _aggregate(df: DataFrame, items: Sequence[tuple[str, Column]]) -> dict[str, Any]:
    row = df.agg(*(column.alias(f"m{at}") for at, (_, column) in enumerate(items))).collect()[0]
    return {key: row[at] for at, (key, _) in enumerate(items)}
