"""Referential integrity and grain."""

from __future__ import annotations

import pytest
from chispa import assert_df_equality
from pyspark.sql import DataFrame, SparkSession

from headgate.etl.errors import MissingColumnError, ParameterError
from headgate.etl.star import count_dangling, dangling_references, repeated_grain

pytestmark = pytest.mark.usefixtures("few_rows")


@pytest.fixture
def towns(spark: SparkSession) -> DataFrame:
    return spark.createDataFrame([(0,), (1,), (2,)], "id bigint")


def test_keys_without_a_member_and_null_keys_dangle(spark: SparkSession, towns: DataFrame) -> None:
    fact = spark.createDataFrame([(1, 0), (2, 2), (3, 7), (4, None)], "visit int, town_key bigint")
    dangling = dangling_references(fact, fk="town_key", dimension=towns, key="id")
    expected = spark.createDataFrame([(3, 7), (4, None)], "visit int, town_key bigint")
    assert_df_equality(dangling, expected, ignore_row_order=True, ignore_nullable=True)


@pytest.mark.usefixtures("ansi")
def test_several_dimensions_are_checked_at_once(spark: SparkSession, towns: DataFrame) -> None:
    days = spark.createDataFrame([(0,), (20240101,)], "date_key int")
    fact = spark.createDataFrame(
        [(1, 20240101, 1), (9, 20240101, 2), (8, 0, None), (None, 0, 0)],
        "a_key bigint, day_key int, b_key bigint",
    )
    counts = count_dangling(
        fact, references={"a_key": (towns, "id"), "day_key": (days, "date_key"), "b_key": (towns, "id")}
    )
    expected = spark.createDataFrame(
        [("a_key", 3, 8), ("b_key", 1, None)], "reference string, rows bigint, example bigint"
    )
    assert_df_equality(counts, expected, ignore_row_order=True, ignore_nullable=True)


def test_a_sound_fact_gives_no_row(spark: SparkSession, towns: DataFrame) -> None:
    fact = spark.createDataFrame([(1,), (0,)], "town_key bigint")
    assert count_dangling(fact, references={"town_key": (towns, "id")}).count() == 0


def test_a_fact_may_be_checked_against_a_dimension_with_its_own_column_names(spark: SparkSession) -> None:
    people = spark.createDataFrame([(1, 1), (2, 3)], "reference bigint, boss_key bigint")
    counts = count_dangling(people, references={"boss_key": (people, "reference")})
    assert counts.collect() == [("boss_key", 1, 3)]


def test_a_grain_that_repeats_is_shown_with_nulls_as_equal(spark: SparkSession) -> None:
    fact = spark.createDataFrame([(1, None), (1, None), (2, 1), (2, 2)], "visit int, line int")
    assert repeated_grain(fact, grain=["visit", "line"]).collect() == [(1, None, 2)]


def test_nothing_to_check_is_refused(spark: SparkSession) -> None:
    with pytest.raises(ParameterError) as caught:
        count_dangling(spark.range(1), references={})
    assert caught.value.parameter == "references"


def test_a_missing_key_is_named(spark: SparkSession, towns: DataFrame) -> None:
    fact = spark.createDataFrame([(1,)], "town_key bigint")
    with pytest.raises(MissingColumnError) as caught:
        count_dangling(fact, references={"town_key": (towns, "key")})
    assert caught.value.column == "key"
