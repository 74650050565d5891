"""Surrogate keys stay with their members, however the rows arrive."""

from __future__ import annotations

import re

import pytest
from chispa import assert_df_equality
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from headgate.etl.errors import MissingColumnError, ParameterError
from headgate.etl.star import assign_keys
from tests import engines

pytestmark = pytest.mark.usefixtures("few_rows")

KEYS = assign_keys(natural_key=["name"], key="id")


def by_name(df: DataFrame) -> dict[str | None, int]:
    return {row["name"]: row["id"] for row in df.collect()}


@pytest.mark.usefixtures("ansi")
def test_members_are_numbered_from_one_without_a_gap(spark: SparkSession) -> None:
    members = spark.range(1000).select(F.concat(F.lit("member "), "id").alias("name"))
    keys = sorted(row.id for row in members.transform(KEYS).collect())
    assert keys == list(range(1, 1001))


def test_keys_do_not_depend_on_the_order_or_the_partitions_of_the_rows(spark: SparkSession) -> None:
    members = spark.range(500).select(F.concat(F.lit("member "), "id").alias("name"))
    straight = by_name(members.coalesce(1).transform(KEYS))
    shuffled = by_name(members.orderBy(F.desc("name")).repartition(7).transform(KEYS))
    assert straight == shuffled


def test_rows_that_agree_in_the_natural_key_get_one_key_and_keep_their_columns(spark: SparkSession) -> None:
    rows = spark.createDataFrame([("ann", 1), ("ann", 2)], "name string, visit int")
    expected = spark.createDataFrame([(1, "ann", 1), (1, "ann", 2)], "id bigint, name string, visit int")
    assert_df_equality(rows.transform(KEYS), expected, ignore_row_order=True, ignore_nullable=True)


@pytest.mark.usefixtures("ansi")
def test_known_members_keep_their_keys_and_new_ones_get_higher_ones(spark: SparkSession) -> None:
    existing = spark.createDataFrame([(0, None), (4, "bob"), (9, "gone")], "id bigint, name string")
    members = spark.createDataFrame([("ann",), ("bob",), ("cid",)], "name string")
    keys = by_name(members.transform(assign_keys(natural_key=["name"], key="id", existing=existing)))
    assert keys["bob"] == 4
    assert sorted([keys["ann"], keys["cid"]]) == [10, 11]


def test_a_second_run_over_the_same_members_changes_no_key(spark: SparkSession) -> None:
    members = spark.range(300).select(F.concat(F.lit("member "), "id").alias("name"))
    first = members.transform(KEYS)
    again = members.repartition(5).transform(assign_keys(natural_key=["name"], key="id", existing=first))
    assert by_name(first) == by_name(again)


def test_an_existing_dimension_without_members_is_like_none(spark: SparkSession) -> None:
    existing = spark.createDataFrame([], "id bigint, name string")
    members = spark.createDataFrame([("ann",)], "name string")
    keys = members.transform(assign_keys(natural_key=["name"], key="id", existing=existing))
    assert by_name(keys) == {"ann": 1}


def test_a_natural_key_with_a_null_in_it_is_unknown(spark: SparkSession) -> None:
    existing = spark.createDataFrame([(0, None, None), (1, "a", 1)], "id bigint, site string, ward int")
    rows = spark.createDataFrame([("a", 1), ("a", None), (None, None)], "site string, ward int")
    keyed = rows.transform(assign_keys(natural_key=["site", "ward"], key="id", existing=existing))
    expected = spark.createDataFrame(
        [(1, "a", 1), (0, "a", None), (0, None, None)], "id bigint, site string, ward int"
    )
    assert_df_equality(keyed, expected, ignore_row_order=True, ignore_nullable=True)


def test_the_parts_of_a_natural_key_are_not_run_together(spark: SparkSession) -> None:
    rows = spark.createDataFrame([("ab", "c"), ("a", "bc")], "left string, right string")
    keyed = rows.transform(assign_keys(natural_key=["left", "right"], key="id"))
    assert sorted(row.id for row in keyed.collect()) == [1, 2]


def test_names_with_dots_and_spaces_are_taken_literally(spark: SparkSession) -> None:
    rows = spark.createDataFrame([("ann",)], "`full.name x` string")
    first = rows.transform(assign_keys(natural_key=["full.name x"], key="the.key"))
    again = rows.transform(assign_keys(natural_key=["full.name x"], key="the.key", existing=first))
    assert again.collect() == first.collect() == [(1, "ann")]


def test_no_rows_give_no_keys(spark: SparkSession) -> None:
    keyed = spark.createDataFrame([], "name string").transform(KEYS)
    assert (keyed.columns, keyed.count()) == (["id", "name"], 0)


@engines.lack("Spark's plans", engines.SAIL)
def test_no_window_runs_over_all_rows(spark: SparkSession, capfd: pytest.CaptureFixture[str]) -> None:
    existing = spark.createDataFrame([(1, "ann")], "id bigint, name string")
    members = spark.createDataFrame([("bob",)], "name string")
    members.transform(assign_keys(natural_key=["name"], key="id", existing=existing)).explain(True)
    windows = re.findall(r"windowspecdefinition\((.*?),", capfd.readouterr().out)
    assert windows
    assert not [first for first in windows if " ASC " in first]


@pytest.mark.parametrize("natural_key", [[], ["id"]])
def test_a_natural_key_that_cannot_be_one_is_refused(natural_key: list[str]) -> None:
    with pytest.raises(ParameterError) as caught:
        assign_keys(natural_key=natural_key, key="id")
    assert (caught.value.parameter, caught.value.value) == ("natural_key", natural_key)


def test_a_missing_column_is_named(spark: SparkSession) -> None:
    with pytest.raises(MissingColumnError) as caught:
        spark.range(1).transform(assign_keys(natural_key=["idd"], key="key"))
    assert (caught.value.column, caught.value.nearest) == ("idd", "id")


@pytest.mark.parametrize(("there", "now"), [("int", "string"), ("string", "int"), ("date", "timestamp")])
def test_a_natural_key_of_another_type_than_its_members_is_refused(
    spark: SparkSession, there: str, now: str
) -> None:
    """Spark would take '01' and '1' for one member, and give both its key."""
    existing = spark.createDataFrame([], f"id bigint, name {there}")
    members = spark.createDataFrame([], f"name {now}")
    with pytest.raises(ParameterError, match=f"natural_key.name='{now}' is not allowed; use {there}"):
        members.transform(assign_keys(natural_key=["name"], key="id", existing=existing))
