"""Duplicates and superseded rows."""

from __future__ import annotations

import random
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from headgate.etl import drop_exact_duplicates, keep_latest
from headgate.etl.errors import MissingColumnError, ParameterError
from headgate.etl.transform import PROBLEM_TYPE

CRITICAL = [("cast_columns", "n", "x", "not a whole number", "critical")]
WARNING = [("cast_columns", "n", "y", "not a whole number", "warning")]


def frame(spark: SparkSession, rows: list[tuple[Any, ...]], schema: str, *, seed: int = 1) -> DataFrame:
    """The rows in any order and over several partitions."""
    return spark.createDataFrame(random.Random(seed).sample(rows, len(rows)), schema).repartition(3)


def with_problems(spark: SparkSession, rows: list[tuple[Any, ...]], schema: str) -> DataFrame:
    """As `frame`, where the last value of each row is the list of its problems."""
    df = frame(
        spark,
        [(*row[:-1], [list(entry) for entry in row[-1]]) for row in rows],
        f"{schema}, p array<array<string>>",
    )
    names = [field.name for field in PROBLEM_TYPE.elementType.fields]  # type: ignore[attr-defined]
    entries = F.transform("p", lambda p: F.struct(*(p[i].alias(name) for i, name in enumerate(names))))
    return df.withColumn("_problems", entries).drop("p")


def removed(df: DataFrame) -> dict[int, str | None]:
    return {row._row: row._removed_as for row in df.collect()}


def lines(df: DataFrame) -> list[int]:
    return sorted(row._row for row in df.collect())


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_first_line_of_equal_rows_stays_nulls_included(seed: int, spark: SparkSession) -> None:
    rows = [
        (1, None, 0.0, "b.csv", 1),
        (1, None, -0.0, "a.csv", 3),
        (1, None, 0.0, "a.csv", 2),
        (1, "x", 0.0, "a.csv", 4),
        (None, None, None, "a.csv", 5),
        (None, None, None, "a.csv", 6),
        (2, "", float("nan"), "a.csv", 7),
        (2, "", float("nan"), "a.csv", 8),
    ]
    df = frame(spark, rows, "id int, t string, d double, _file string, _row int", seed=seed)
    assert lines(df.transform(drop_exact_duplicates())) == [2, 4, 5, 7]
    assert removed(df.transform(drop_exact_duplicates(removed_as="_removed_as"))) == {
        **dict.fromkeys([2, 4, 5, 7]),
        **dict.fromkeys([1, 3, 6, 8], "duplicate"),
    }


def test_only_the_columns_named_are_compared(spark: SparkSession) -> None:
    df = frame(spark, [(1, "b", 2), (1, "a", 2), (2, "c", 1)], "id int, t string, _row int")
    result = df.transform(drop_exact_duplicates(columns=["id"])).orderBy("id").collect()
    assert [tuple(row) for row in result] == [(1, "a", 2), (2, "c", 1)]


def test_columns_that_hold_maps_are_compared_too(spark: SparkSession) -> None:
    rows = [(1, {"k": 1}, [{"k": 1}], 1), (1, {"k": 1}, [{"k": 1}], 2), (1, {"k": 2}, [{"k": 1}], 3)]
    df = frame(spark, rows, "id int, m map<string,int>, a array<map<string,int>>, _row int")
    assert lines(df.transform(drop_exact_duplicates())) == [1, 3]
    assert len(df.transform(keep_latest(keys=["id"], order_by=["m"])).collect()) == 1


def test_a_row_on_its_way_to_quarantine_takes_no_valid_rows_place(spark: SparkSession) -> None:
    rows = [(1, None, 1, CRITICAL), (1, None, 2, []), (1, None, 3, WARNING), (1, None, 4, CRITICAL)]
    df = with_problems(spark, rows, "id int, n int, _row int")
    assert removed(df.transform(drop_exact_duplicates(removed_as="_removed_as"))) == {
        1: None,
        2: None,
        3: "duplicate",
        4: "duplicate",
    }


def test_a_marked_row_is_left_out_of_account(spark: SparkSession) -> None:
    rows = [(1, "dropped:rule", 1), (1, None, 2), (1, None, 3), (1, "duplicate", 4)]
    df = frame(spark, rows, "id int, _removed_as string, _row int")
    expected = {1: "dropped:rule", 2: None, 3: "duplicate", 4: "duplicate"}
    assert removed(df.transform(drop_exact_duplicates(removed_as="_removed_as"))) == expected
    expected = {1: "dropped:rule", 2: "superseded", 3: None, 4: "duplicate"}
    assert (
        removed(df.transform(keep_latest(keys=["id"], order_by=["_row"], removed_as="_removed_as")))
        == expected
    )


@pytest.mark.parametrize(
    ("order_by", "kept"),
    [
        (["at"], [2, 5]),  # the greatest value; of both, the greater text
        (["-at"], [1, 5]),  # the smallest value
        (["t"], [3, 5]),
        (["-t", "at"], [4, 5]),
        (["_row"], [4, 5]),
    ],
)
def test_the_latest_is_the_greatest_in_the_order_told(
    order_by: list[str], kept: list[int], spark: SparkSession
) -> None:
    rows = [("k", 1, "a", 1), ("k", 2, "b", 2), ("k", None, "c", 3), ("k", 2, "a", 4), ("l", None, None, 5)]
    df = frame(spark, rows, "key string, at int, t string, _row int")
    assert lines(df.transform(keep_latest(keys=["key"], order_by=order_by))) == kept


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_ties_are_broken_by_every_column_and_then_by_place(seed: int, spark: SparkSession) -> None:
    rows = [
        ("k", 1, "a", "z", "a.csv", 1),
        ("k", 1, "b", "a", "a.csv", 2),
        ("k", 1, "b", "b", "b.csv", 3),
        ("k", 1, "b", "b", "b.csv", 4),
        ("k", 1, "b", None, "c.csv", 5),
    ]
    df = frame(spark, rows, "key string, at int, t string, u string, _file string, _row int", seed=seed)
    assert lines(df.transform(keep_latest(keys=["key"], order_by=["at"]))) == [4]


def test_rows_without_a_whole_key_all_stay(spark: SparkSession) -> None:
    rows = [("k", None, 1), ("k", None, 2), (None, 1, 3), ("k", 1, 4), ("k", 1, 5)]
    df = frame(spark, rows, "a string, b int, _row int")
    assert lines(df.transform(keep_latest(keys=["a", "b"], order_by=["_row"]))) == [1, 2, 3, 5]


def test_a_row_with_a_critical_problem_displaces_none_and_stays(spark: SparkSession) -> None:
    rows = [("k", 1, 1, []), ("k", 2, 2, WARNING), ("k", 3, 3, CRITICAL), ("k", 4, 4, CRITICAL)]
    df = with_problems(spark, rows, "key string, at int, _row int")
    expected = {1: "superseded", 2: None, 3: None, 4: None}
    assert (
        removed(df.transform(keep_latest(keys=["key"], order_by=["at"], removed_as="_removed_as")))
        == expected
    )


@pytest.mark.parametrize("removed_as", ["removed", "_problems", ""])
def test_a_mark_is_a_metadata_column(removed_as: str) -> None:
    for step in (
        lambda: drop_exact_duplicates(removed_as=removed_as),
        lambda: keep_latest(keys=["a"], order_by=["b"], removed_as=removed_as),
    ):
        with pytest.raises(ParameterError) as caught:
            step()
        assert (caught.value.parameter, caught.value.value) == ("removed_as", removed_as)


@pytest.mark.parametrize(("keys", "order_by"), [([], ["a"]), (["a"], []), (["a", "a"], ["b"]), ("ab", ["c"])])
def test_keys_and_order_must_be_given(keys: list[str], order_by: list[str]) -> None:
    with pytest.raises(ParameterError):
        keep_latest(keys=keys, order_by=order_by)


def test_a_descending_column_is_named_without_its_sign(spark: SparkSession) -> None:
    with pytest.raises(MissingColumnError) as caught:
        frame(spark, [(1,)], "a int").transform(keep_latest(keys=["a"], order_by=["-b"]))
    assert caught.value.column == "b"


@pytest.mark.usefixtures("ansi")
def test_digits_that_are_text_are_judged_as_numbers(spark: SparkSession) -> None:
    dates, numbers = ["2024-01-02", "2024-01-10"], ["9", "10", "-3", " 2.5 "]
    long = ["99999999999999999999998", "99999999999999999999999", "100000000000000000000"]
    rows = [(n, text) for n, texts in enumerate([dates, numbers, long, ["x", "7", None]]) for text in texts]
    df = spark.createDataFrame(rows, "id int, v string").coalesce(1)
    for order_by, kept in {
        "v": ["2024-01-10", "10", "99999999999999999999999", "7"],
        "-v": ["2024-01-02", "-3", "100000000000000000000", "7"],
    }.items():
        found = df.transform(keep_latest(keys=["id"], order_by=[order_by])).orderBy("id").collect()
        assert [row.v for row in found] == kept
