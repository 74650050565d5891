"""Dimensions: one row a member, and the unknown member."""

from __future__ import annotations

import pytest
from chispa import assert_df_equality
from pyspark.sql import DataFrame, SparkSession

from headgate.etl.errors import MissingColumnError, ParameterError
from headgate.etl.star import build_dimension

pytestmark = pytest.mark.usefixtures("few_rows")

VISITS = "visit int, name string, city string, age int"
PEOPLE = "id bigint, name string, city string, age int"
UNKNOWN = (0, None, "Unknown", None)


def build(
    df: DataFrame, existing: DataFrame | None = None, order_by: tuple[str, ...] = ("visit",)
) -> DataFrame:
    return build_dimension(
        df, key="id", natural_key=["name"], attributes=["city", "age"], order_by=order_by, existing=existing
    )


def assert_rows(actual: DataFrame, rows: list[tuple[object, ...]], schema: str = PEOPLE) -> None:
    expected = actual.sparkSession.createDataFrame(rows, schema)
    assert_df_equality(actual, expected, ignore_row_order=True, ignore_nullable=True)


@pytest.mark.usefixtures("ansi")
def test_the_last_row_of_a_member_wins_with_its_nulls(spark: SparkSession) -> None:
    visits = spark.createDataFrame([(2, "ann", None, 41), (1, "ann", "Rome", 40)], VISITS)
    assert_rows(build(visits), [UNKNOWN, (1, "ann", None, 41)])


def test_a_minus_sign_makes_the_first_row_win(spark: SparkSession) -> None:
    visits = spark.createDataFrame([(2, "ann", "Oslo", 41), (1, "ann", "Rome", 40)], VISITS)
    assert_rows(build(visits, order_by=("-visit",)), [UNKNOWN, (1, "ann", "Rome", 40)])


@pytest.mark.parametrize("order_by", [("visit",), ("-visit",)])
def test_a_row_that_says_when_wins_over_one_that_does_not(
    spark: SparkSession, order_by: tuple[str, ...]
) -> None:
    visits = spark.createDataFrame([(None, "ann", "Oslo", 41), (1, "ann", "Rome", 40)], VISITS)
    assert_rows(build(visits, order_by=order_by), [UNKNOWN, (1, "ann", "Rome", 40)])


def test_rows_that_tie_are_settled_by_their_attributes(spark: SparkSession) -> None:
    rows = [(1, "ann", "Rome", 40), (1, "ann", "Oslo", 50), (1, "ann", "Rome", 39)]
    for order in (rows, rows[::-1]):
        visits = spark.createDataFrame(order, VISITS).coalesce(1)
        assert_rows(build(visits), [UNKNOWN, (1, "ann", "Rome", 40)])


def test_digits_that_are_text_are_judged_as_numbers(spark: SparkSession) -> None:
    rows = [("9", "ann", "Rome", 1), ("10", "ann", "Oslo", 2), ("x", "ann", "Bern", 3)]
    visits = spark.createDataFrame(rows, VISITS.replace("visit int", "visit string")).coalesce(1)
    assert_rows(build(visits), [UNKNOWN, (1, "ann", "Oslo", 2)])


def test_a_row_without_a_natural_key_tells_of_no_member(spark: SparkSession) -> None:
    visits = spark.createDataFrame([(1, None, "Rome", 40)], VISITS)
    assert_rows(build(visits), [UNKNOWN])


def test_no_rows_give_the_unknown_member(spark: SparkSession) -> None:
    assert_rows(build(spark.createDataFrame([], VISITS)), [UNKNOWN])


@pytest.mark.usefixtures("ansi")
def test_a_later_run_overwrites_attributes_keeps_keys_and_forgets_nobody(spark: SparkSession) -> None:
    first = spark.createDataFrame([UNKNOWN, (1, "ann", "Rome", 40), (2, "bob", "Bern", 7)], PEOPLE)
    visits = spark.createDataFrame([(8, "cid", "Kiel", 9), (9, "ann", "Oslo", 41)], VISITS)
    expected = [UNKNOWN, (1, "ann", "Oslo", 41), (2, "bob", "Bern", 7), (3, "cid", "Kiel", 9)]
    assert_rows(build(visits, first), expected)


def test_running_again_on_ones_own_output_changes_nothing(spark: SparkSession) -> None:
    visits = spark.createDataFrame(
        [(1, "ann", "Rome", 40), (2, "bob", "Bern", 7), (3, "cid", None, 9)], VISITS
    )
    first = build(visits)
    again = build(visits.repartition(3), first)
    assert_df_equality(first, again, ignore_row_order=True, ignore_nullable=True)


def test_an_attribute_that_is_new_is_null_for_members_that_are_gone(spark: SparkSession) -> None:
    first = spark.createDataFrame(
        [(0, None, "Unknown"), (1, "bob", "Bern")], "id bigint, name string, city string"
    )
    visits = spark.createDataFrame([(1, "ann", "Rome", 40)], VISITS)
    assert_rows(build(visits, first), [UNKNOWN, (1, "bob", "Bern", None), (2, "ann", "Rome", 40)])


def test_attributes_may_be_left_out(spark: SparkSession) -> None:
    codes = spark.createDataFrame([("250",), ("250",)], "code string")
    actual = build_dimension(codes, key="id", natural_key=["code"])
    assert_rows(actual, [(0, None), (1, "250")], "id bigint, code string")


def test_a_column_with_two_roles_is_refused(spark: SparkSession) -> None:
    with pytest.raises(ParameterError) as caught:
        build_dimension(
            spark.createDataFrame([], VISITS), key="id", natural_key=["name"], attributes=["name"]
        )
    assert caught.value.parameter == "natural_key"


def test_a_missing_column_is_named(spark: SparkSession) -> None:
    with pytest.raises(MissingColumnError) as caught:
        build(spark.createDataFrame([], VISITS), order_by=("-visitt",))
    assert (caught.value.column, caught.value.nearest) == ("visitt", "visit")
