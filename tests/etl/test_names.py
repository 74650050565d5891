"""Column names."""

from __future__ import annotations

import pytest
from pyspark.sql import SparkSession

from headgate.etl import rename_columns, rename_to_snake_case, select_columns
from headgate.etl.errors import ParameterError


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Patient ID", "patient_id"),
        ("patient_nbr", "patient_nbr"),
        ("encounterId", "encounter_id"),
        ("HTTPServerName", "http_server_name"),
        ("A1Cresult", "a1_cresult"),
        ("glyburide-metformin", "glyburide_metformin"),
        (" Größe (cm) ", "grosse_cm"),
        ("Prénom", "prenom"),
        ("患者 ID", "患者_id"),
        ("2nd visit", "2nd_visit"),
        ("a.b`c", "a_b_c"),
        ("_row", "_row"),
    ],
)
def test_a_name_becomes_lower_case_words(name: str, expected: str, spark: SparkSession) -> None:
    df = spark.createDataFrame([(1, 2)], "x int, y int").toDF(name, "other")
    assert df.transform(rename_to_snake_case()).columns == [expected, "other"]


@pytest.mark.parametrize(
    ("names", "value"), [(["Patient ID", "patient_id"], ["Patient ID", "patient_id"]), (["%", "b"], "%")]
)
def test_names_that_would_be_lost_are_refused(names: list[str], value: object, spark: SparkSession) -> None:
    df = spark.createDataFrame([(1, 2)], "x int, y int").toDF(*names)
    with pytest.raises(ParameterError) as caught:
        df.transform(rename_to_snake_case())
    assert (caught.value.step, caught.value.value) == ("rename_to_snake_case", value)


def test_two_columns_swap_their_names(spark: SparkSession) -> None:
    df = spark.createDataFrame([(1, "x", "f")], "a int, `b.c` string, _file string")
    assert df.transform(rename_columns(columns={"a": "b.c", "b.c": "a"})).columns == ["b.c", "a", "_file"]


@pytest.mark.parametrize("columns", [{}, {"_file": "file"}, {"a": "_a"}, {"a": " "}])
def test_a_renaming_that_touches_metadata_is_refused_at_once(columns: dict[str, str]) -> None:
    with pytest.raises(ParameterError):
        rename_columns(columns=columns)


def test_a_source_column_with_an_underscore_can_become_data(spark: SparkSession) -> None:
    df = spark.createDataFrame([(1,)], "_id int")
    assert df.transform(rename_columns(columns={"_id": "id"})).columns == ["id"]


def test_a_name_that_is_taken_is_refused_whatever_its_letter_case(spark: SparkSession) -> None:
    df = spark.createDataFrame([(1, 2)], "a int, b int")
    with pytest.raises(ParameterError) as caught:
        df.transform(rename_columns(columns={"a": "B"}))
    assert caught.value.value == ["a", "b"]


def test_columns_come_in_the_order_named_and_metadata_last(spark: SparkSession) -> None:
    df = spark.createDataFrame([("f", 1, 2, 3)], "_file string, a int, b int, c int")
    assert df.transform(select_columns(columns=["c", "a"])).columns == ["c", "a", "_file"]


@pytest.mark.parametrize("columns", [[], ["a", "a"], "a"])
def test_a_selection_names_columns_once(columns: list[str]) -> None:
    with pytest.raises(ParameterError) as caught:
        select_columns(columns=columns)
    assert caught.value.parameter == "columns"
