"""What one would write by hand for these suites: one fused aggregate, and bitmaps for the compound key."""

from __future__ import annotations

import json
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

__all__ = ["check"]


def check(df: DataFrame, suite: str) -> bool:
    """Whether `df` keeps the suite's rules, in two Spark jobs."""
    rules = [rule for rule in json.loads(suite)["expectations"] if "unique" not in rule["type"]]
    asked = {f"c{at}": F.expr(_sql(rule)) for at, rule in enumerate(rules)}
    found = df.agg(*(column.alias(name) for name, column in asked.items())).collect()[0]
    kept = [_kept(rule, found[f"c{at}"]) for at, rule in enumerate(rules)]
    rows = found["c0"]
    # Line numbers go from 1 to 7: three bits.
    key = F.col("l_orderkey") * 8 + F.col("l_linenumber")
    bitmaps = df.groupBy(F.bitmap_bucket_number(key)).agg(
        F.bitmap_construct_agg(F.bitmap_bit_position(key)).alias("bits")
    )
    distinct = bitmaps.agg(F.sum(F.bitmap_count("bits"))).collect()[0][0]
    return all(kept) and distinct == rows


def _sql(rule: dict[str, Any]) -> str:
    kind, kwargs = rule["type"], rule["kwargs"]
    if kind == "expect_table_row_count_to_be_between":
        return "count(1)"
    if kind == "expect_column_pair_values_a_to_be_greater_than_b":
        return f"count_if({kwargs['column_A']} <= {kwargs['column_B']})"
    column = kwargs["column"]
    statistic = kind.removeprefix("expect_column_").removesuffix("_to_be_between")
    if statistic in ("mean", "min", "max"):
        return f"{statistic}({column})"
    condition = kwargs.get("row_condition")
    only = f" AND {condition['pass_through_filter']}" if condition else ""
    return f"count_if({_broken(kind, column, kwargs)}{only})"


def _broken(kind: str, column: str, kwargs: dict[str, Any]) -> str:
    low, high = kwargs.get("min_value"), kwargs.get("max_value")
    if isinstance(low, str):
        low, high = f"DATE'{low}'", f"DATE'{high}'"
    listed = ", ".join(repr(value) for value in kwargs.get("value_set", ()))
    regex = kwargs.get("regex", "").replace("\\", "\\\\")
    return {
        "expect_column_values_to_not_be_null": f"{column} IS NULL",
        "expect_column_values_to_be_between": f"{column} NOT BETWEEN {low} AND {high}",
        "expect_column_value_lengths_to_be_between": f"length({column}) NOT BETWEEN {low} AND {high}",
        "expect_column_values_to_be_in_set": f"{column} NOT IN ({listed})",
        "expect_column_values_to_not_be_in_set": f"{column} IN ({listed})",
        "expect_column_values_to_match_regex": f"NOT {column} RLIKE '{regex}'",
        "expect_column_values_to_not_match_regex": f"{column} RLIKE '{regex}'",
    }[kind]


def _kept(rule: dict[str, Any], found: Any) -> bool:
    if "between" in rule["type"] and "values" not in rule["type"] and "lengths" not in rule["type"]:
        low, high = rule["kwargs"].get("min_value"), rule["kwargs"].get("max_value")
        return (low is None or float(found) >= low) and (high is None or float(found) <= high)
    return bool(found == 0)
