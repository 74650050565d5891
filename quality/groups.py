"""Groups: how often values, or combinations of values, occur."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from headgate.quality.engine import is_sail
from headgate.quality.rules import COPIES, DISTINCT, Group, GroupRule, Rule
from headgate.quality.uniqueness import MANY, Proof, proof_of

__all__ = ["group_measures", "occurrences", "proven_unique"]


def proven_unique(
    df: DataFrame, rules: Iterable[Rule], numbers: Mapping[str, Any]
) -> dict[str, dict[str, int]]:
    """The measures of the groups of one row each, as far as that can be proven without grouping; one job.

    Parameters
    ----------
    df : DataFrame
        The data.
    rules : iterable of Rule
        The plan.
    numbers : Mapping
        What came of its aggregates.

    Returns
    -------
    dict
        By the group's key, for those only that were proven; `group_measures` has to look at the others.
    """
    asked = [rule for rule in rules if isinstance(rule, GroupRule)]
    others = {rule.group.key for rule in asked if not rule.told_by_rows}
    tried: dict[str, tuple[Group, int, Proof]] = {}
    for rule in asked:
        group, rows = rule.group, numbers.get(rule.counted) or 0
        if rows < MANY or group.key in others or group.key in tried:
            continue
        proof = proof_of(group, rows, numbers)
        if proof is not None:
            tried[group.key] = (group, rows, proof)
    if not tried or is_sail(df.sparkSession):
        return {}
    found = _distinct(df, list(tried.items()))
    return {key: {COPIES: 0, DISTINCT: rows} for key, (_, rows, _) in tried.items() if found[key] == rows}


def _distinct(df: DataFrame, items: Sequence[tuple[str, tuple[Group, int, Proof]]]) -> dict[str, int]:
    frames = []
    for at, (_, (group, _, proof)) in enumerate(items):
        rows = df if group.rows_if is None else df.where(group.rows_if)
        keys = rows.select(proof.key.alias("key"))
        if proof.dense:
            bits = F.bitmap_construct_agg(F.bitmap_bit_position("key")).alias("bits")
            parts = keys.groupBy(F.bitmap_bucket_number("key")).agg(bits)
            different = F.coalesce(F.sum(F.bitmap_count("bits")), F.lit(0))
        else:
            parts = keys.distinct()
            different = F.count(F.lit(1))
        frames.append(parts.agg(F.lit(at).alias("at"), different.alias("different")))
    return {items[row["at"]][0]: row["different"] for row in reduce(DataFrame.unionAll, frames).collect()}


def group_measures(
    df: DataFrame, items: Sequence[tuple[str, tuple[Group, Mapping[str, Column]]]]
) -> dict[str, dict[str, int]]:
    """Group the rows of each group by their values, and count: one job for all.

    Parameters
    ----------
    df : DataFrame
        The data.
    items : sequence of (str, (Group, Mapping))
        Keys, groups, and what else is to be counted of each group's values.

    Returns
    -------
    dict
        For each key, the measures by theirs; `COPIES` and `DISTINCT` are among them.
    """
    frames = []
    for at, (_, (group, measures)) in enumerate(items):
        copies = F.coalesce(F.sum(F.when(F.col("n") > 1, F.col("n"))), F.lit(0))
        values = [copies, F.count(F.lit(1)), *measures.values()]
        frames.append(occurrences(df, group).agg(F.lit(at).alias("at"), F.array(*values).alias("values")))
    collected = {row["at"]: row["values"] for row in reduce(DataFrame.unionAll, frames).collect()}
    return {
        key: dict(zip((COPIES, DISTINCT, *measures), collected[at], strict=True))
        for at, (key, (_, measures)) in enumerate(items)
    }


def occurrences(df: DataFrame, group: Group) -> DataFrame:
    """The values of a group, in ``k0``, ``k1`` …, and how often each occurs, in ``n``."""
    rows = df if group.rows_if is None else df.where(group.rows_if)
    keys = [field.column.alias(f"k{at}") for at, field in enumerate(group.fields)]
    return (
        rows.select(*keys).groupBy(*(f"k{at}" for at in range(len(keys)))).agg(F.count(F.lit(1)).alias("n"))
    )
