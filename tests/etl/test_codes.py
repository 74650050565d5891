"""Vocabularies, diagnosis groups, ranges and units."""

from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from headgate.etl import cast_columns, convert_units, map_codes, parse_numbers, parse_ranges
from headgate.etl.errors import ParameterError
from headgate.etl.health import group_icd9


def problems(df: DataFrame) -> list[list[tuple[str, str, str]]]:
    return [[(p.column, p.value, p.severity) for p in row._problems] for row in df.collect()]


@pytest.fixture
def sexes(spark: SparkSession) -> DataFrame:
    return spark.createDataFrame([("F",), (" m ",), ("x",), ("",), (None,)], "sex string").coalesce(1)


@pytest.mark.parametrize(
    ("parameters", "expected", "wrong"),
    [
        ({}, ["female", "male", None, None, None], [("sex", "x", "critical"), ("sex", "", "critical")]),
        (
            {"unknown": "null"},
            ["female", "male", None, None, None],
            [("sex", "x", "warning"), ("sex", "", "warning")],
        ),
        ({"unknown": "keep"}, ["female", "male", "x", "", None], []),
        ({"unknown": "keep", "ignore_case": False}, ["female", " m ", "x", "", None], []),
    ],
)
@pytest.mark.usefixtures("ansi")
def test_codes_become_their_meaning(
    parameters: dict[str, Any], expected: list[str], wrong: list[tuple[str, str, str]], sexes: DataFrame
) -> None:
    result = sexes.transform(map_codes(column="sex", vocabulary={"F": "female", "M": "male"}, **parameters))
    assert [row.sex for row in result.collect()] == expected
    assert [entry for row in problems(result) for entry in row] == wrong


def test_the_meaning_can_have_a_column_of_its_own(sexes: DataFrame) -> None:
    row = sexes.transform(map_codes(column="sex", vocabulary={"f": "female"}, to="gender")).first()
    assert (row.sex, row.gender) == ("F", "female")


def test_a_vocabulary_of_thousands_with_any_letters_is_looked_up(spark: SparkSession) -> None:
    vocabulary = {f'"{number}\\ İI ß': f"näme '{number}'\n" for number in range(3000)}
    df = spark.createDataFrame([('"2999\\ İI ß',), ('"0\\ ii ß',)], "code string").coalesce(1)
    result = df.transform(map_codes(column="code", vocabulary=vocabulary)).collect()
    assert [row.code for row in result] == ["näme '2999'\n", "näme '0'\n"]


def test_codes_that_differ_by_letter_case_only_must_agree() -> None:
    with pytest.raises(ParameterError):
        map_codes(column="c", vocabulary={"a": "one", "A": "two"})
    map_codes(column="c", vocabulary={"a": "one", "A": "two"}, ignore_case=False)
    map_codes(column="c", vocabulary={"a": "one", "A": "one"})


@pytest.mark.parametrize("wrong", [{"vocabulary": {}}, {"unknown": "drop"}, {"to": "_problems"}])
def test_a_wrong_vocabulary_fails_at_once(wrong: dict[str, Any]) -> None:
    with pytest.raises(ParameterError) as caught:
        map_codes(**{"column": "c", "vocabulary": {"a": "b"}, **wrong})
    assert caught.value.parameter in wrong


CODES = {
    # code: (chapter, group of Strack et al.)
    "001.9": ("Infectious and parasitic", "Other"),
    "8": ("Infectious and parasitic", "Other"),
    "139": ("Infectious and parasitic", "Other"),
    "140": ("Neoplasms", "Neoplasms"),
    "239.9": ("Neoplasms", "Neoplasms"),
    "240": ("Endocrine, nutritional, metabolic and immunity", "Other"),
    "250.83": ("Endocrine, nutritional, metabolic and immunity", "Diabetes"),
    "250": ("Endocrine, nutritional, metabolic and immunity", "Diabetes"),
    "279": ("Endocrine, nutritional, metabolic and immunity", "Other"),
    "280": ("Blood", "Other"),
    "300": ("Mental", "Other"),
    "365.44": ("Nervous system and sense organs", "Other"),
    "428": ("Circulatory", "Circulatory"),
    "486": ("Respiratory", "Respiratory"),
    "530.81": ("Digestive", "Digestive"),
    "599": ("Genitourinary", "Genitourinary"),
    "648": ("Pregnancy and childbirth", "Other"),
    "682": ("Skin", "Other"),
    "715": ("Musculoskeletal", "Musculoskeletal"),
    "747": ("Congenital", "Other"),
    "770": ("Perinatal", "Other"),
    "780": ("Symptoms", "Other"),
    "785.4": ("Symptoms", "Circulatory"),
    "786": ("Symptoms", "Respiratory"),
    "787": ("Symptoms", "Digestive"),
    "788": ("Symptoms", "Genitourinary"),
    "789": ("Symptoms", "Other"),
    "996": ("Injury and poisoning", "Injury"),
    "999.99": ("Injury and poisoning", "Injury"),
    "E909": ("External causes", "Other"),
    "e849.0": ("External causes", "Other"),
    " V27.1 ": ("Supplementary", "Other"),
}
NO_CODES = [
    "",
    "?",
    "0",
    "000",
    "25083",
    "1000",
    "250.",
    "250.833",
    "V00",
    "V92",
    "V2",
    "E90",
    "99A",
    "-8",
    "250,8",
]


@pytest.mark.parametrize("scheme", ["chapters", "strack"])
def test_a_diagnosis_code_has_one_group(scheme: Any, spark: SparkSession) -> None:
    df = spark.createDataFrame([(code,) for code in [None, *CODES, *NO_CODES]], "code string").coalesce(1)
    result = df.transform(group_icd9(column="code", to="group", scheme=scheme))
    groups = [names[scheme == "strack"] for names in CODES.values()]
    assert [row.group for row in result.collect()] == [None, *groups, *[None] * len(NO_CODES)]
    wrong = [[("code", code, "critical")] for code in NO_CODES]
    assert problems(result) == [*[[]] * (1 + len(CODES)), *wrong]


def test_every_code_of_the_diabetes_data_has_a_group(spark: SparkSession, shared_data: Path) -> None:
    with zipfile.ZipFile(shared_data / "diabetes130" / "dataset_diabetes.zip") as archive:
        text = io.TextIOWrapper(archive.open("dataset_diabetes/diabetic_data.csv"), "utf-8")
        codes = sorted({row[name] for row in csv.DictReader(text) for name in ("diag_1", "diag_2", "diag_3")})
    df = spark.createDataFrame([(code,) for code in codes], "code string")
    result = df.transform(group_icd9(column="code", to="group", scheme="strack"))
    assert [row.code for row in result.filter(F.col("group").isNull()).collect()] == ["?"]
    assert result.select("group").distinct().count() == 10


RANGES = {
    "[50-60)": (50.0, 60.0, 55.0),
    "(0, 1.5]": (0.0, 1.5, 0.75),
    " [0-10) ": (0.0, 10.0, 5.0),
    "50-60": (50.0, 60.0, 55.0),
    "50 – 60": (50.0, 60.0, 55.0),
    "[-5--1]": (-5.0, -1.0, -3.0),
    "[5-5]": (5.0, 5.0, 5.0),
    ">200": (200.0, None, None),
    ">= 200.5": (200.5, None, None),
    "≥200": (200.0, None, None),
    "<=5": (None, 5.0, None),
    "<5": (None, 5.0, None),
}
NO_RANGES = [
    "",
    "50",
    "[50-60",
    "50-60)",
    "[60-50)",
    "60-50",
    "[a-b)",
    ">",
    "=5",
    "[50-60)x",
    "50,60",
    "1-2-3",
    "[50-60)\n",
]


@pytest.mark.usefixtures("ansi")
def test_a_range_has_bounds_and_a_middle(spark: SparkSession) -> None:
    df = spark.createDataFrame([(text,) for text in [None, *RANGES, *NO_RANGES]], "age string").coalesce(1)
    result = df.transform(parse_ranges(column="age", low="low", high="high", middle="middle", invalid="null"))
    nothing = (None, None, None)
    assert [(row.low, row.high, row.middle) for row in result.collect()] == [
        nothing,
        *RANGES.values(),
        *[nothing] * len(NO_RANGES),
    ]
    assert problems(result) == [
        *[[]] * (1 + len(RANGES)),
        *([("age", text, "warning")] for text in NO_RANGES),
    ]


def test_a_range_may_do_without_its_middle_or_replace_its_text(spark: SparkSession) -> None:
    df = spark.createDataFrame([("[5-6)",)], "age string")
    assert df.transform(parse_ranges(column="age", low="low", high="high")).columns == [
        "age",
        "low",
        "high",
        "_problems",
    ]
    row = df.transform(parse_ranges(column="age", low="low", high="high", middle="age")).first()
    assert (row.age, row.low, row._problems) == (5.5, 5.0, [])


@pytest.mark.parametrize("names", [{"low": "a", "high": "a"}, {"low": "a", "high": "_b"}])
def test_results_need_names_of_their_own(names: dict[str, str]) -> None:
    with pytest.raises(ParameterError):
        parse_ranges(column="age", **names)


@pytest.mark.usefixtures("ansi")
@pytest.mark.parametrize("kind", ["double", "int", "decimal(6,1)"])
def test_values_are_converted_by_their_unit(kind: str, spark: SparkSession) -> None:
    rows = [(2, " g "), (3, "kg"), (4, "stone"), (5, None), (None, "g"), (None, "stone"), (6, "KG")]
    df = spark.createDataFrame(rows, "amount int, unit string").coalesce(1)
    df = df.withColumn("amount", F.col("amount").cast(kind))
    result = df.transform(convert_units(value="amount", unit="unit", to="kg", factors={"g": 0.001}))
    expected = [
        (0.002, "kg"),
        (3.0, "kg"),
        (None, "stone"),
        (None, None),
        (None, "kg"),
        (None, "stone"),
        (None, "KG"),
    ]
    assert [(row.amount, row.unit) for row in result.collect()] == expected
    assert result.schema["amount"].dataType.simpleString() == "double"
    assert [len(row) for row in problems(result)] == [0, 0, 1, 1, 0, 0, 1]


@pytest.mark.parametrize("factors", [{}, {"g": 0}, {"g": -1.0}, {"g": float("nan")}, {"kg": 2.0}])
def test_a_factor_that_makes_no_sense_is_refused(factors: dict[str, float]) -> None:
    with pytest.raises(ParameterError) as caught:
        convert_units(value="amount", unit="unit", to="kg", factors=factors)
    assert caught.value.parameter == "factors"


def test_values_must_be_numbers(spark: SparkSession) -> None:
    df = spark.createDataFrame([("1", "kg")], "amount string, unit string")
    with pytest.raises(ParameterError) as caught:
        df.transform(convert_units(value="amount", unit="unit", to="kg", factors={"g": 0.001}))
    assert (caught.value.parameter, caught.value.value) == ("value", "amount")


@pytest.mark.parametrize(
    ("step", "asked", "times"),
    [
        (parse_ranges(column="a", low="low", high="high", middle="middle"), "RLIKE", 3),
        (group_icd9(column="a", to="chapter"), "RLIKE", 3),
        (map_codes(column="a", vocabulary={"1": "one"}), "element_at(", 1),
        (convert_units(value="n", unit="a", to="kg", factors={"lb": 0.4}), "element_at(", 1),
    ],
    ids=["parse_ranges", "group_icd9", "map_codes", "convert_units"],
)
def test_a_value_is_found_once_and_not_for_each_use(
    spark: SparkSession, step: Any, asked: str, times: int
) -> None:
    # Of an expression that Spark puts in the place of its name each use is evaluated.
    rows = spark.sql("SELECT a, 1.0D AS n FROM VALUES ('1'), ('x') AS t(a)").repartition(1)
    plan = rows.transform(step)._jdf.queryExecution().optimizedPlan().toString()
    assert plan.count(asked) == times, plan


@pytest.mark.parametrize(
    ("step", "names"),
    [
        (
            parse_ranges(column="a", low="low", high="high"),
            ("_read_shape", "_READ_FIRST", "_read_second", "_read_second_"),
        ),
        (group_icd9(column="a", to="chapter"), ("_Read_Group", "_Read_A")),
        (map_codes(column="a", vocabulary={"1": "one"}), ("_read_meaning", "_read_a")),
        (convert_units(value="n", unit="a", to="kg", factors={"lb": 0.4}), ("_read_factor",)),
        (cast_columns(columns={"a": "int"}), ("_read_a",)),
        (parse_numbers(columns={"a": "double"}, decimal=",", group="."), ("_read_a", "_PLAIN_A")),
    ],
    ids=["parse_ranges", "group_icd9", "map_codes", "convert_units", "cast_columns", "parse_numbers"],
)
def test_no_column_of_the_data_is_lost_for_its_name(spark: SparkSession, step: Any, names: Any) -> None:
    rows = spark.sql("SELECT a, 1.0D AS n FROM VALUES ('1'), ('x') AS t(a)")
    told = rows.select("*", *(F.lit(f"of {name}").alias(name) for name in names)).transform(step)
    for row in told.collect():
        assert [row[name] for name in names] == [f"of {name}" for name in names]
    assert {column for column in told.columns if column.startswith("_")} == {*names, "_problems"}
