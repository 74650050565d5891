"""Facts: keys in the place of natural keys."""

from __future__ import annotations

from datetime import date

import pytest
from chispa import assert_df_equality
from pyspark.sql import DataFrame, SparkSession

from headgate.etl.errors import MissingColumnError, ParameterError
from headgate.etl.star import build_calendar, build_dimension, build_fact
from tests import engines

pytestmark = pytest.mark.usefixtures("few_rows")


@pytest.fixture
def towns(spark: SparkSession) -> DataFrame:
    return spark.createDataFrame(
        [(0, None, "Unknown"), (1, "Rome", "IT"), (2, "Bern", "CH")],
        "town_key bigint, town string, country string",
    )


@pytest.mark.usefixtures("ansi")
@engines.SORTED_ARRAYS
def test_a_natural_key_becomes_a_key_and_what_has_none_becomes_zero(
    spark: SparkSession, towns: DataFrame
) -> None:
    visits = spark.createDataFrame(
        [(1, "Rome", 5, "x"), (2, None, 6, "x"), (3, "Roma", 7, "x")],
        "visit int, city string, cost int, note string",
    )
    fact = build_fact(
        visits,
        grain=["visit"],
        references={"town_key": (towns, "town_key", {"town": "city"})},
        columns=["cost"],
    )
    expected = spark.createDataFrame(
        [(1, 1, 5, []), (0, 2, 6, []), (0, 3, 7, ["town_key"])],
        "town_key bigint, visit int, cost int, _orphans array<string>",
    )
    assert_df_equality(fact, expected, ignore_row_order=True, ignore_nullable=True)
    assert not fact.schema["town_key"].nullable


@engines.SORTED_ARRAYS
def test_one_dimension_may_play_several_roles(spark: SparkSession, towns: DataFrame) -> None:
    trips = spark.createDataFrame(
        [(1, "Rome", "Bern"), (2, "Oslo", "Nice")], "trip int, start string, end string"
    )
    fact = build_fact(
        trips,
        grain=["trip"],
        references={
            "start_key": (towns, "town_key", {"town": "start"}),
            "end_key": (towns, "town_key", {"town": "end"}),
        },
        columns=[],
    )
    expected = spark.createDataFrame(
        [(1, 2, 1, []), (0, 0, 2, ["start_key", "end_key"])],
        "start_key bigint, end_key bigint, trip int, _orphans array<string>",
    )
    assert_df_equality(fact, expected, ignore_row_order=True, ignore_nullable=True)


@engines.SORTED_ARRAYS
def test_a_composite_key_with_a_null_in_it_is_unknown_but_no_orphan(spark: SparkSession) -> None:
    wards = spark.createDataFrame([(0, None, None), (1, "a", 1)], "ward_key bigint, site string, ward int")
    stays = spark.createDataFrame([("a", 1), ("a", None), ("a", 2)], "site string, ward int")
    fact = build_fact(
        stays,
        grain=["site", "ward"],
        references={"ward_key": (wards, "ward_key", {"site": "site", "ward": "ward"})},
        columns=[],
    )
    expected = spark.createDataFrame(
        [(1, "a", 1, []), (0, "a", None, []), (0, "a", 2, ["ward_key"])],
        "ward_key bigint, site string, ward int, _orphans array<string>",
    )
    assert_df_equality(fact, expected, ignore_row_order=True, ignore_nullable=True)


@engines.SORTED_ARRAYS
def test_dates_find_their_key_in_the_calendar(spark: SparkSession) -> None:
    calendar = build_calendar(spark, key="date_key", start=date(2024, 1, 1), end=date(2024, 1, 31))
    stays = spark.createDataFrame(
        [(1, date(2024, 1, 9)), (2, date(1999, 1, 1)), (3, None)], "stay int, day date"
    )
    fact = build_fact(
        stays,
        grain=["stay"],
        references={"day_key": (calendar, "date_key", {"date": "day"})},
        columns=[],
    )
    expected = spark.createDataFrame(
        [(20240109, 1, []), (0, 2, ["day_key"]), (0, 3, [])], "day_key int, stay int, _orphans array<string>"
    )
    assert_df_equality(fact, expected, ignore_row_order=True, ignore_nullable=True)


def test_a_dimension_built_from_the_same_rows_is_found_again(spark: SparkSession) -> None:
    visits = spark.createDataFrame([(1, "ann"), (2, "bob"), (3, "ann")], "visit int, name string")
    people = build_dimension(visits, key="person_key", natural_key=["name"])
    fact = build_fact(
        visits,
        grain=["visit"],
        references={"person_key": (people, "person_key", {"name": "name"})},
        columns=["name"],
    )
    keys = {row.visit: row.person_key for row in fact.collect()}
    assert keys[1] == keys[3] != keys[2]
    assert sorted(set(keys.values())) == [1, 2]


def test_metadata_columns_stay_and_other_columns_go(spark: SparkSession, towns: DataFrame) -> None:
    visits = spark.createDataFrame(
        [(1, "Rome", "x", "dropped:old")], "visit int, town string, note string, _removed_as string"
    )
    fact = build_fact(
        visits,
        grain=["visit"],
        references={"town_key": (towns, "town_key", {"town": "town"})},
        columns=["visit"],
    )
    assert fact.columns == ["town_key", "visit", "_removed_as", "_orphans"]


def test_a_fact_without_references_keeps_its_columns(spark: SparkSession) -> None:
    fact = build_fact(spark.range(1), grain=["id"], references={}, columns=[])
    assert fact.collect() == [(0, [])]


def test_text_in_the_place_of_a_number_is_refused(spark: SparkSession) -> None:
    codes = spark.createDataFrame([(1, 6)], "code_key bigint, code int")
    visits = spark.createDataFrame([(1, "06")], "visit int, code string")
    with pytest.raises(ParameterError) as caught:
        build_fact(
            visits,
            grain=["visit"],
            references={"code_key": (codes, "code_key", {"code": "code"})},
            columns=[],
        )
    assert (caught.value.parameter, caught.value.value) == ("references.code_key.code", "code: string")


def test_whole_numbers_of_other_sizes_are_one_type(spark: SparkSession) -> None:
    codes = spark.createDataFrame([(1, 6)], "code_key bigint, code int")
    visits = spark.createDataFrame([(1, 6)], "visit int, code bigint")
    fact = build_fact(
        visits, grain=["visit"], references={"code_key": (codes, "code_key", {"code": "code"})}, columns=[]
    )
    assert fact.select("code_key").collect() == [(1,)]


@pytest.mark.parametrize(
    ("grain", "on", "missing"),
    [
        (["vist"], {"town": "town"}, "vist"),
        (["visit"], {"town": "twn"}, "twn"),
        (["visit"], {"city": "town"}, "city"),
    ],
)
def test_a_missing_column_is_named_wherever_it_is(
    spark: SparkSession, towns: DataFrame, grain: list[str], on: dict[str, str], missing: str
) -> None:
    visits = spark.createDataFrame([(1, "Rome")], "visit int, town string")
    with pytest.raises(MissingColumnError) as caught:
        build_fact(visits, grain=grain, references={"town_key": (towns, "town_key", on)}, columns=[])
    assert caught.value.column == missing
