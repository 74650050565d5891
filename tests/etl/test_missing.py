"""What is learned on the training data and applied anywhere."""

from __future__ import annotations

import datetime
import json
import random
from decimal import Decimal
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

from headgate.etl import drop_uninformative, fill_missing, fit_drop_uninformative, fit_fill_missing
from headgate.etl.errors import MissingColumnError, ParameterError
from tests import engines

SCHEMA = "sex string, age int, weight double, ward string, seen date, paid boolean, cost decimal(6,2)"
TRAIN = [
    ("F", 20, 50.0, "b", datetime.date(2023, 5, 1), True, Decimal("9.50")),
    ("F", 20, 60.0, "b", datetime.date(2023, 5, 1), True, Decimal("10.00")),
    ("F", 30, float("nan"), "a", datetime.date(2023, 1, 1), False, None),
    ("M", 30, 80.5, "a", None, False, Decimal("9.50")),
    ("M", None, 90.0, None, None, None, Decimal("10.00")),
    (None, 9, None, "c", datetime.date(2023, 1, 1), None, None),
]


@pytest.fixture(scope="module")
def train(spark: SparkSession) -> DataFrame:
    return spark.createDataFrame(random.Random(3).sample(TRAIN, len(TRAIN)), SCHEMA).repartition(2).cache()


def learned(train: DataFrame, column: str, how: Any) -> Any:
    return fit_fill_missing(train, columns={column: how})["columns"][column]["value"]


@pytest.mark.parametrize(
    ("column", "strategy", "value"),
    [
        ("age", "median", 20.0),
        ("age", "mean", 21.8),
        ("weight", "median", 70.25),
        ("weight", "mean", 70.125),
        ("cost", "median", "9.750"),
        ("age", "mode", 20),
        ("ward", "mode", "a"),
        ("seen", "mode", "2023-01-01"),
        ("paid", "mode", False),
        ("cost", "mode", "9.50"),
    ],
)
def test_a_value_is_learned_and_a_tie_goes_to_the_smallest(
    column: str, strategy: str, value: object, train: DataFrame
) -> None:
    assert learned(train, column, strategy) == value


def test_numbers_tie_by_size_not_by_letters(spark: SparkSession) -> None:
    df = spark.createDataFrame([(10,), (9,), (-1,), (-1,), (10,), (9,)], "n int")
    assert learned(df, "n", "mode") == -1


def test_what_is_learned_is_plain_data_that_serves_after_a_trip_through_json(
    train: DataFrame, spark: SparkSession
) -> None:
    fitted = fit_fill_missing(
        train,
        columns={
            "weight": {"strategy": "median", "by": ["sex", "age"]},
            "ward": {"strategy": "mode", "by": ["sex"]},
            "age": "mean",
            "seen": "mode",
            "paid": {"strategy": "constant", "value": False},
            "cost": {"strategy": "constant", "value": 0},
        },
    )
    assert json.loads(json.dumps(fitted)) == fitted
    assert fitted["columns"]["weight"] == {
        "type": "double",
        "strategy": "median",
        "value": 70.25,
        "by": ["sex", "age"],
        "groups": {"F": {"20": 55.0}, "M": {"30": 80.5}},
    }
    assert fitted["columns"]["ward"]["groups"] == {"F": "b", "M": "a"}
    rows = [
        ("F", 20, None, None, None, None, None),
        ("F", 99, float("nan"), None, None, True, None),
        ("x", None, 1.5, "z", datetime.date(2020, 1, 1), None, Decimal("1.00")),
        (None, 30, None, None, None, None, None),
    ]
    result = (
        spark.createDataFrame(rows, SCHEMA)
        .coalesce(1)
        .transform(fill_missing(json.loads(json.dumps(fitted))))
    )
    seen, zero = datetime.date(2023, 1, 1), Decimal("0.00")
    names = ["sex", "age", "weight", "ward", "seen", "paid", "cost"]
    assert [tuple(row[name] for name in names) for row in result.collect()] == [
        ("F", 20.0, 55.0, "b", seen, False, zero),
        ("F", 99.0, 70.25, "b", seen, True, zero),
        ("x", 21.8, 1.5, "z", datetime.date(2020, 1, 1), False, Decimal("1.00")),
        (None, 30.0, 70.25, "a", seen, False, zero),
    ]
    assert [row.weight_was_missing for row in result.collect()] == [True, True, False, True]
    assert [row.age_was_missing for row in result.collect()] == [False, False, True, False]
    assert result.columns[7:] == [f"{name}_was_missing" for name in fitted["columns"]]
    types = [result.schema[name].dataType.simpleString() for name in names]
    assert types == ["string", "double", "double", "string", "date", "boolean", "decimal(6,2)"]


def test_indicators_can_be_left_out(train: DataFrame) -> None:
    fitted = fit_fill_missing(train, columns={"age": "median"}, indicators=False)
    assert train.transform(fill_missing(fitted)).columns == train.columns


@engines.JOBS
def test_more_columns_take_no_more_jobs(spark: SparkSession, train: DataFrame) -> None:
    def jobs(group: str, columns: Any) -> int:
        spark.sparkContext.setJobGroup(group, "")
        fit_fill_missing(train, columns=columns)
        spark.sparkContext.setJobGroup("", "")
        return len(spark.sparkContext.statusTracker().getJobIdsForGroup(group))

    few = {"age": {"strategy": "median", "by": ["sex"]}, "ward": "mode"}
    more = {
        "weight": {"strategy": "mean", "by": ["sex"]},
        "seen": {"strategy": "mode", "by": ["sex"]},
        "paid": "mode",
    }
    train.count()
    assert jobs("more", {**few, **more}) == jobs("few", few) > 0


@pytest.mark.parametrize(
    ("columns", "value"),
    [
        ({"none": "median"}, "none"),
        ({"none": "mode"}, "none"),
        ({"ward": "median"}, "ward"),
        ({"at": "mode"}, "at"),
        ({"ward": {"strategy": "constant", "value": 1}}, "ward"),
        ({"age": {"strategy": "constant", "value": 1.5}}, "age"),
        ({"age": {"strategy": "constant", "value": 2**31}}, "age"),
        ({"age": {"strategy": "constant", "value": True}}, "age"),
        ({"age": {"strategy": "median", "by": ["at"]}}, "at"),
    ],
)
def test_a_column_that_cannot_be_learned_is_named(columns: Any, value: str, spark: SparkSession) -> None:
    df = spark.createDataFrame([(None, "a", 1, None)], "none double, ward string, age int, at timestamp")
    with pytest.raises(ParameterError) as caught:
        fit_fill_missing(df, columns=columns)
    assert (caught.value.step, caught.value.value) == ("fit_fill_missing", value)


@pytest.mark.parametrize(
    "how",
    [
        "modus",
        {"by": ["sex"]},
        {"strategy": "constant"},
        {"strategy": "mode", "value": 1},
        {"strategy": "mode", "by": "sex"},
        {"strategy": "mode", "by": ["age"]},
    ],
)
def test_a_strategy_is_one_of_four_and_whole(how: Any, train: DataFrame) -> None:
    with pytest.raises(ParameterError) as caught:
        fit_fill_missing(train, columns={"age": how})
    assert caught.value.parameter == "columns['age']"


@pytest.mark.parametrize("columns", [{"agee": "mode"}, {"age": {"strategy": "mode", "by": ["agee"]}}])
def test_a_column_to_learn_from_must_be_there(columns: Any, train: DataFrame) -> None:
    with pytest.raises(MissingColumnError) as caught:
        fit_fill_missing(train, columns=columns)
    assert (caught.value.column, caught.value.nearest) == ("agee", "age")


def test_data_that_is_not_as_in_training_is_refused(train: DataFrame, spark: SparkSession) -> None:
    fill = fill_missing(fit_fill_missing(train, columns={"age": "mode"}))
    with pytest.raises(ParameterError) as caught:
        spark.createDataFrame([("1",)], "age string").transform(fill)
    assert caught.value.value == "age"
    with pytest.raises(ParameterError) as caught:
        train.transform(fill).transform(fill)
    assert caught.value.value == "age_was_missing"
    with pytest.raises(ParameterError):
        fill_missing({"drop": {}})


def test_columns_that_tell_nothing_are_dropped(spark: SparkSession) -> None:
    nan = float("nan")
    df = spark.createDataFrame(
        [
            (1, "x", None, "x", None, nan, {"k": 1}, [1], "f"),
            (2, "x", None, None, None, nan, {"k": 1}, [1], "f"),
            (3, "x", None, None, None, 2.0, {"k": 1}, [2], "f"),
        ],
        "id int, same string, none int, flag string, kept int, d double, "
        "m map<string,int>, a array<int>, _file string",
    )
    fitted = fit_drop_uninformative(df, max_missing=0.67, keep=["kept"])
    assert fitted == {
        "drop": {
            "same": "the same in every row",
            "none": "missing in every row",
            "m": "the same in every row",
        }
    }
    assert json.loads(json.dumps(fitted)) == fitted
    assert df.transform(drop_uninformative(fitted)).columns == ["id", "flag", "kept", "d", "a", "_file"]
    assert fit_drop_uninformative(df, max_missing=0.5, constant=False) == {
        "drop": {
            "none": "100.0 % missing",
            "flag": "66.7 % missing",
            "kept": "100.0 % missing",
            "d": "66.7 % missing",
        }
    }


@pytest.mark.parametrize(
    ("wrong", "parameter"),
    [({"max_missing": 1.5}, "max_missing"), ({"max_missing": True}, "max_missing"), ({}, "df")],
)
def test_a_share_is_a_share_and_training_data_has_rows(
    wrong: dict[str, Any], parameter: str, spark: SparkSession
) -> None:
    with pytest.raises(ParameterError) as caught:
        fit_drop_uninformative(spark.createDataFrame([], "a int"), **wrong)
    assert caught.value.parameter == parameter


def test_columns_to_keep_and_to_drop_must_be_there(spark: SparkSession) -> None:
    df = spark.createDataFrame([(1,)], "a int")
    with pytest.raises(MissingColumnError):
        fit_drop_uninformative(df, keep=["b"])
    with pytest.raises(MissingColumnError):
        df.transform(drop_uninformative({"drop": {"b": "the same in every row"}}))
    with pytest.raises(ParameterError):
        drop_uninformative({"columns": {}})


BIG = "9007199254740993"


@pytest.fixture(scope="module")
def exact(spark: SparkSession) -> DataFrame:
    """Values that a double would change: by one at the end of 16 digits and more."""
    rows = [
        (1, Decimal("1234567890123456.78"), int(BIG), Decimal("0.10"), 7, 0.1, Decimal("9" * 36 + ".99")),
        (1, Decimal("1234567890123456.79"), int(BIG) + 2, Decimal("0.11"), 8, 0.2, Decimal("0.01")),
        (2, Decimal("-1.00"), -(2**63), Decimal("99999999999.99"), -(2**31), 0.4, Decimal("-0.02")),
        (2, None, None, None, None, None, None),
        (1, None, None, None, None, None, None),
    ]
    schema = "g int, d decimal(18,2), n bigint, s decimal(13,2), i int, f float, w decimal(38,2)"
    return spark.createDataFrame(rows, schema)


@pytest.mark.parametrize("strategy", ["median", "mean", "mode"])
def test_filling_changes_no_value_that_is_there(exact: DataFrame, strategy: str) -> None:
    columns = ["d", "n", "s", "i", "f", "w"]
    fitted = fit_fill_missing(exact, columns=dict.fromkeys(columns, strategy), indicators=False)
    fitted = json.loads(json.dumps(fitted))
    before, after = exact.collect(), exact.transform(fill_missing(fitted)).collect()
    for name in columns:
        assert [row[name] for row in after][:3] == [row[name] for row in before][:3], name
        assert None not in [row[name] for row in after], name


def test_a_median_is_exact(exact: DataFrame) -> None:
    by = {"strategy": "median", "by": ["g"]}
    fitted = fit_fill_missing(exact, columns={"d": by, "n": by, "s": by, "w": by})["columns"]
    assert {name: each["groups"]["1"] for name, each in fitted.items()} == {
        "d": "1234567890123456.785",
        "n": "9007199254740994.0",
        "s": "0.105",
        # 38 digits leave no room for the half: it is rounded, as the documentation says.
        "w": "500000000000000000000000000000000000.00",
    }
    assert {name: each["value"] for name, each in fitted.items()} == {
        "d": "1234567890123456.780",
        "n": f"{BIG}.0",
        "s": "0.110",
        "w": "0.01",
    }


@pytest.mark.parametrize(
    ("column", "value"), [("s", 0.105), ("s", 1e12), ("seen", "20240101"), ("seen", "2024-W01-1")]
)
def test_a_constant_that_the_type_would_change_is_refused(
    spark: SparkSession, column: str, value: object
) -> None:
    df = spark.createDataFrame([(None, None)], "s decimal(13,2), seen date")
    with pytest.raises(ParameterError, match=column):
        fit_fill_missing(df, columns={column: {"strategy": "constant", "value": value}})


def test_a_column_without_a_value_is_named_with_the_fix(spark: SparkSession) -> None:
    df = spark.createDataFrame([(None, None, None, 1)], "d double, n decimal(38,2), t string, k int")
    for name, strategy in (("d", "mean"), ("n", "median"), ("t", "mode")):
        with pytest.raises(ParameterError, match=rf"'{name}' has none; .*strategy: constant"):
            fit_fill_missing(df, columns={"k": "median", name: strategy})
