"""Examples: a few of the values that break a rule, never more than asked for, in one job."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from typing import Any

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from headgate.quality.groups import occurrences
from headgate.quality.rules import GroupRule, RowRule
from headgate.quality.verdict import EXAMPLES, Wanted

__all__ = ["examples_of"]

_SAMPLE = 10_000
_AT = "__at__"


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
    of_rows: list[tuple[int, RowRule]] = []
    frames = []
    for at, one in enumerate(wanted):
        match one.rule:
            case RowRule():
                of_rows.append((at, one.rule))
            case GroupRule():
                slots = enumerate(name for name, _ in _slots(one.rule))
                values = _filled({name: F.col(f"k{n}") for n, name in slots}, types)
                frames.append(_groups(df, one.rule, one.test).select(F.lit(at).alias(_AT), *values))
    if of_rows:
        frames.append(_failing_rows(df, of_rows, types, counts))
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
    flags = []
    values: dict[str, Column] = {}
    at_column = _free(_AT, df.columns)
    for at, rule in rules:
        fails = rule.breaks()
        # Of very many a random part is plenty, and spares the sort below.
        thinned = _SAMPLE / max(counts[rule.unexpected], 1)
        flags.append(F.when(fails & (F.rand(at) < thinned) if thinned < 1 else fails, F.lit(at)))
        for (name, _), field in zip(_slots(rule), rule.fields, strict=True):
            before = values.get(name)
            is_this = F.col(at_column) == at
            values[name] = (
                F.when(is_this, field.column) if before is None else before.when(is_this, field.column)
            )
    failing = df.withColumn(at_column, F.explode(F.array_compact(F.array(*flags))))
    # Spark keeps no more than the limit of each part before it shuffles.
    rank = F.row_number().over(Window.partitionBy(_AT).orderBy(_AT))
    shown = failing.select(F.col(at_column).alias(_AT), *_filled(values, types))
    return shown.withColumn("rank", rank).where(F.col("rank") <= EXAMPLES).drop("rank")


def _free(name: str, columns: Iterable[str]) -> str:
    """Lengthen a name until no column has it: Spark would replace the column."""
    taken = {column.lower() for column in columns}
    while name in taken:
        name += "_"
    return name


def _groups(df: DataFrame, rule: GroupRule, test: str) -> DataFrame:
    groups = occurrences(df, rule.group)
    if test == "inside":
        return groups.where(rule.tests["inside"]).drop("n")
    if test:
        return groups.where(rule.tests[test]).drop("n").limit(EXAMPLES)
    copies = F.array_repeat(F.lit(0), F.least(F.col("n"), F.lit(EXAMPLES)).cast("int"))
    repeated = groups.where(F.col("n") > 1).limit(EXAMPLES)
    return repeated.withColumn("copy", F.explode(copies)).drop("n", "copy").limit(EXAMPLES)
