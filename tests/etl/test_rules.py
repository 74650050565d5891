"""Named rules and derived columns."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from chispa import assert_df_equality
from pyspark.sql import DataFrame, SparkSession

from headgate.etl import add_columns, drop_rows, keep_rows, unpivot_columns
from headgate.etl.errors import MissingColumnError, ParameterError
from headgate.etl.transform import Transform
from tests import engines


@pytest.fixture
def ages(spark: SparkSession) -> DataFrame:
    return spark.createDataFrame([(1, 30), (2, -1), (3, None)], "id int, age int").coalesce(1)


def test_where_a_condition_is_null_drop_keeps_and_keep_drops(ages: DataFrame) -> None:
    assert [row.id for row in ages.transform(drop_rows(rule="r", where="age < 0")).collect()] == [1, 3]
    assert [row.id for row in ages.transform(keep_rows(rule="r", where="age >= 0")).collect()] == [1]


def test_a_mark_names_the_first_rule_that_took_a_row_out(ages: DataFrame) -> None:
    first = drop_rows(rule="negative", where="age < 0", removed_as="_removed_as")
    second = keep_rows(rule="adults", where="age >= 18", removed_as="_removed_as")
    rows = ages.transform(first).transform(second).collect()
    assert [tuple(row) for row in rows] == [
        (1, 30, None),
        (2, -1, "dropped:negative"),
        (3, None, "dropped:adults"),
    ]


@pytest.mark.parametrize("make", [drop_rows, keep_rows])
@pytest.mark.parametrize(
    "where",
    ["age", "age >", "age > 0 AND", "max(age) > 0", "explode(array(true))", "nofunction(age)", "1", ""],
)
def test_a_condition_is_sql_that_is_true_or_false(
    make: Callable[..., Transform], where: str, ages: DataFrame
) -> None:
    with pytest.raises(ParameterError) as caught:
        ages.transform(make(rule="r", where=where))
    assert (caught.value.step, caught.value.parameter, caught.value.value) == (make.__name__, "where", where)
    assert "\n" not in str(caught.value)


def test_a_column_that_a_condition_names_must_be_there(ages: DataFrame) -> None:
    with pytest.raises(MissingColumnError) as caught:
        ages.transform(keep_rows(rule="r", where="agee > 18"))
    assert (caught.value.column, caught.value.nearest) == ("agee", "age")


@pytest.mark.parametrize("wrong", [{"rule": " "}, {"removed_as": "removed"}])
def test_a_rule_has_a_name_and_a_mark_is_metadata(wrong: dict[str, str]) -> None:
    with pytest.raises(ParameterError) as caught:
        drop_rows(**{"rule": "r", "where": "true", **wrong})
    assert caught.value.parameter in wrong


def test_expressions_see_the_columns_as_they_came_in(ages: DataFrame) -> None:
    result = ages.transform(add_columns(columns={"age": "age + 1", "was": "age", "a b": "upper('x')"}))
    assert result.columns == ["id", "age", "was", "a b"]
    assert tuple(result.first()) == (1, 31, 30, "X")


@pytest.mark.parametrize(
    ("columns", "error"),
    [
        ({"a": "id", "b": "a"}, MissingColumnError),
        ({"a": "explode(array(1, 2))"}, ParameterError),
        ({"a": "max(id)"}, ParameterError),
        ({"a": "id +"}, ParameterError),
        pytest.param(
            {"a": "id AS b"},
            ParameterError,
            marks=engines.lack("refusal of a name inside an expression", engines.SAIL),
        ),
    ],
)
def test_an_expression_is_of_one_row(
    columns: dict[str, str], error: type[Exception], ages: DataFrame
) -> None:
    with pytest.raises(error):
        ages.transform(add_columns(columns=columns))


@pytest.mark.parametrize("columns", [{}, {"_problems": "array()"}])
def test_metadata_cannot_be_overwritten(columns: dict[str, str]) -> None:
    with pytest.raises(ParameterError):
        add_columns(columns=columns)


def test_columns_become_rows_and_nulls_none(spark: SparkSession) -> None:
    df = spark.createDataFrame(
        [("a", 1, "x", None, "z", 5), ("b", 2, None, None, None, 6)],
        "k string, n int, d1 string, `d.2` string, d3 string, _row int",
    )
    result = df.transform(unpivot_columns(columns=["d3", "d.2", "d1"], value="d3", position="at"))
    expected = spark.createDataFrame(
        [("a", 1, 5, 1, "z"), ("a", 1, 5, 3, "x")], "k string, n int, _row int, at int, d3 string"
    )
    assert_df_equality(result, expected, ignore_row_order=True, ignore_nullable=True)


@pytest.mark.parametrize(
    ("columns", "value", "position"),
    [(["a", "b"], "v", "p"), (["a"], "B", "p"), (["a"], "v", "v"), ([], "v", "p"), (["a"], "_v", "p")],
)
def test_columns_to_unpivot_have_one_type_and_new_names(
    columns: list[str], value: str, position: str, spark: SparkSession
) -> None:
    df = spark.createDataFrame([(1, "x")], "a int, b string")
    with pytest.raises(ParameterError):
        df.transform(unpivot_columns(columns=columns, value=value, position=position))
