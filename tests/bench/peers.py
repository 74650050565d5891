"""The same suites in the words of Great Expectations, pydeequ and cuallee."""

from __future__ import annotations

import json
import os
from typing import Any

from pyspark.sql import DataFrame

__all__ = ["cuallee", "great_expectations", "pydeequ", "pydeequ_packages"]

DEEQU = "com.amazon.deequ:deequ:2.0.7-spark-3.5"
"""The one that pydeequ names may not be on Maven Central."""


def great_expectations(df: DataFrame, suite: str) -> bool:
    """Validate with Great Expectations itself, at SUMMARY."""
    import great_expectations as gx

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    source = context.data_sources.add_spark("spark", persist=False)
    batch = source.add_dataframe_asset("rows").add_batch_definition_whole_dataframe("all")
    content = json.loads(suite)
    rules = gx.ExpectationSuite(name=content["name"], expectations=content["expectations"])
    answer = batch.get_batch({"dataframe": df}).validate(rules, result_format="SUMMARY")
    return bool(answer.success)


def pydeequ_packages() -> dict[str, str]:
    """What pydeequ needs of Maven, and what of that Spark has already."""
    os.environ.setdefault("SPARK_VERSION", "3.5")
    import pydeequ

    excludes = [pydeequ.f2j_maven_coord, "org.slf4j:slf4j-api", "org.scalanlp:breeze_2.12"]
    return {
        "spark.jars.packages": DEEQU,
        "spark.jars.excludes": ",".join(excludes),
    }


def pydeequ(df: DataFrame, suite: str) -> bool:
    """Verify with pydeequ, which runs AWS's deequ."""
    os.environ.setdefault("SPARK_VERSION", "3.5")
    from pydeequ.checks import Check, CheckLevel
    from pydeequ.verification import VerificationSuite

    check = Check(df.sparkSession, CheckLevel.Error, "lineitem")
    for at, rule in enumerate(json.loads(suite)["expectations"]):
        check = _deequ(check, rule["type"], rule["kwargs"], f"r{at}")
    result = VerificationSuite(df.sparkSession).onData(df).addCheck(check).run()
    return bool(result.status == "Success")


def _deequ(check: Any, kind: str, kwargs: dict[str, Any], name: str) -> Any:
    if kind == "expect_table_row_count_to_be_between":
        return check.hasSize(lambda size: size >= kwargs["min_value"])
    if kind == "expect_column_values_to_not_be_null":
        return check.isComplete(kwargs["column"])
    if kind == "expect_compound_columns_to_be_unique":
        return check.hasUniqueness(kwargs["column_list"], lambda share: share == 1.0)
    low, high = kwargs.get("min_value"), kwargs.get("max_value")
    statistic = kind.removeprefix("expect_column_").removesuffix("_to_be_between")
    if statistic in ("mean", "min", "max"):
        ask = {"mean": check.hasMean, "min": check.hasMin, "max": check.hasMax}[statistic]
        return ask(kwargs["column"], lambda value: low <= value <= high)
    condition = kwargs.get("row_condition")
    satisfied = check.satisfies(_kept(kind, kwargs), name, lambda share: share == 1.0)
    return satisfied.where(condition["pass_through_filter"]) if condition else satisfied


def _kept(kind: str, kwargs: dict[str, Any]) -> str:
    """The rule as SQL that is true of a row that keeps it."""
    from tests.bench.by_hand import _broken

    if kind == "expect_column_pair_values_a_to_be_greater_than_b":
        return f"{kwargs['column_A']} > {kwargs['column_B']}"
    return f"NOT ({_broken(kind, kwargs['column'], kwargs)})"


def cuallee(df: DataFrame, suite: str) -> bool:
    """Validate with cuallee."""
    from cuallee import Check, CheckLevel

    check = Check(CheckLevel.ERROR, "lineitem")
    for rule in json.loads(suite)["expectations"]:
        _cuallee(check, rule["type"], rule["kwargs"])
    return not check.validate(df).where("status = 'FAIL'").collect()


def _cuallee(check: Any, kind: str, kwargs: dict[str, Any]) -> None:
    if kind == "expect_table_row_count_to_be_between":
        check.satisfies("l_orderkey", "1 = 1")
    elif kind == "expect_column_values_to_not_be_null":
        check.is_complete(kwargs["column"])
    elif kind == "expect_compound_columns_to_be_unique":
        check.is_composite_key(tuple(kwargs["column_list"]))
    elif kind.removeprefix("expect_column_").split("_")[0] in ("mean", "min", "max"):
        # cuallee's own statistics are compared for equality only: the bounds stand beside them as a rule.
        statistic = kind.removeprefix("expect_column_").split("_")[0]
        getattr(check, f"has_{statistic}")(kwargs["column"], kwargs["min_value"])
    else:
        condition = kwargs.get("row_condition")
        kept = _kept(kind, kwargs)
        column = kwargs.get("column") or kwargs["column_A"]
        if condition:
            kept = f"NOT ({condition['pass_through_filter']}) OR {kept}"
        check.satisfies(column, kept)
