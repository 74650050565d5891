"""White space, letter case and sentinels."""

from __future__ import annotations

import pytest
from chispa import assert_df_equality
from pyspark.sql import SparkSession

from headgate.etl import change_case, sentinels_to_null, trim_text
from headgate.etl.errors import ParameterError


def test_white_space_of_every_kind_is_trimmed_and_collapsed(spark: SparkSession) -> None:
    cases = [
        ("  a  b ", "a b"),
        ("\u00a0a\u00a0\u00a0b\u202f", "a b"),
        ("a\t\r\n\vb\u3000", "a b"),
        ("\ufeffa\u200bb", "ab"),
        ("\u2003", ""),
        ("", ""),
        ("a-b", "a-b"),
        (None, None),
    ]
    df = spark.createDataFrame([(text, number) for number, (text, _) in enumerate(cases)], "t string, n int")
    expected = spark.createDataFrame(
        [(text, number) for number, (_, text) in enumerate(cases)], "t string, n int"
    )
    assert_df_equality(df.transform(trim_text()), expected, ignore_row_order=True)


@pytest.mark.parametrize(
    ("to", "expected"),
    [
        ("lower", ["o'neil-smith iı", "istanbul", "éric straße", "", None]),
        ("upper", ["O'NEIL-SMITH II", "İSTANBUL", "ÉRIC STRASSE", "", None]),
        ("title", ["O'neil-Smith Iı", "İstanbul", "Éric Straße", "", None]),
    ],
)
def test_letter_case_knows_words_and_accents(to: str, expected: list[str], spark: SparkSession) -> None:
    texts = ["o'NEIL-SMITH iı", "İSTANBUL", "éRIC straße", "", None]
    df = spark.createDataFrame([(text,) for text in texts], "t string").coalesce(1)
    result = df.transform(change_case(columns=["t"], to=to))  # type: ignore[arg-type]
    assert [row.t for row in result.collect()] == expected


def test_sentinels_become_null_unless_a_column_keeps_them(spark: SparkSession) -> None:
    schema = "race string, glucose string, n int"
    df = spark.createDataFrame(
        [("?", "None", 0), (" n/a ", "?", 1), ("None", "N/A", 2), (" ", "ok?", 3)], schema
    )
    result = df.transform(
        sentinels_to_null(values=["?", "N/A", "none", ""], keep={"glucose": ["None"]}, ignore_case=True)
    )
    expected = [(None, "None", 0), (None, None, 1), (None, None, 2), (None, "ok?", 3)]
    assert_df_equality(result, spark.createDataFrame(expected, schema), ignore_row_order=True)


def test_sentinels_are_compared_letter_by_letter_and_only_where_told(spark: SparkSession) -> None:
    df = spark.createDataFrame([("NA", "NA"), ("na", "na")], "a string, b string").coalesce(1)
    result = df.transform(sentinels_to_null(values=["NA"], columns=["b"])).collect()
    assert [tuple(row) for row in result] == [("NA", None), ("na", "na")]


@pytest.mark.parametrize(
    "step",
    [
        trim_text(columns=["n"]),
        change_case(columns=["n"], to="lower"),
        sentinels_to_null(values=["-999"], columns=["n"]),
    ],
)
def test_a_column_that_is_no_text_is_refused(step: object, spark: SparkSession) -> None:
    with pytest.raises(ParameterError) as caught:
        spark.createDataFrame([(1,)], "n int").transform(step)  # type: ignore[arg-type]
    assert (caught.value.parameter, caught.value.value) == ("columns", "n")


def test_an_unknown_letter_case_is_refused_with_the_nearest() -> None:
    with pytest.raises(ParameterError) as caught:
        change_case(columns=["a"], to="titel")  # type: ignore[arg-type]
    assert (caught.value.parameter, caught.value.value) == ("to", "titel")
    assert "'title'?" in caught.value.allowed


def test_sentinels_must_be_given() -> None:
    with pytest.raises(ParameterError):
        sentinels_to_null(values=[])
