"""Types: exactly or not at all."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

import pytest
from pyspark.sql import SparkSession

from headgate.etl import cast_columns
from headgate.etl.errors import ParameterError

LONG_MAX = 2**63 - 1

TAKEN: dict[str, dict[str, Any]] = {
    "smallint": {"-32768": -32768},
    "int": {"12": 12, " 12 ": 12, "+7": 7, "-0": 0, "007": 7, "12.0": 12, "12.": 12, "2147483647": 2**31 - 1},
    "bigint": {str(LONG_MAX): LONG_MAX, str(-LONG_MAX - 1): -LONG_MAX - 1},
    "double": {
        "12.7": 12.7,
        "1e3": 1000.0,
        ".5": 0.5,
        "5.": 5.0,
        "0e400": 0.0,
        str(2**53): 2.0**53,
        "0.1": 0.1,
    },
    "float": {"0.5": 0.5, "16777216": 16777216.0},
    "decimal(5,2)": {
        "123.45": Decimal("123.45"),
        "1.500": Decimal("1.5"),
        ".5": Decimal("0.5"),
        "-7": Decimal(-7),
    },
    "boolean": {
        **dict.fromkeys(["true", "T", "Yes", "y", "1"], True),
        **dict.fromkeys(["FALSE", "f", "no", "N", " 0 "], False),
    },
    "string": {"": "", " x ": " x "},
}

REFUSED = {
    "smallint": ["32768"],
    "int": ["12.7", "", "1e3", "2147483648", "0x1F", "NaN", "1,000", "--1", "٣", "12\n", "12 3"],
    "bigint": [str(LONG_MAX + 1), "1" * 50],
    "double": [
        *("1e400", "-1e400", "1e-400", "1e99999", "NaN", "Infinity"),
        *("1d", "0x1p3", "1e", ".", "1_000", "٣", str(2**53 + 1)),
    ],
    "float": ["1e39", "1e-60", "16777217"],
    "decimal(5,2)": [
        *("1234.5", "1.005", "1e2", ".", "NaN", "1" * 60, "0." + "0" * 60 + "1"),
        *("1.234,56", "1,234.56", "(100.00)", "$5.00", "100-", "１２"),
    ],
    "boolean": ["2", "", "ja", "1.0"],
    "string": [],
}


@pytest.mark.usefixtures("ansi")
@pytest.mark.parametrize("kind", TAKEN)
def test_a_text_is_read_exactly_or_is_a_problem(kind: str, spark: SparkSession) -> None:
    texts = [None, *TAKEN[kind], *REFUSED[kind]]
    df = spark.createDataFrame([(text,) for text in texts], "v string").coalesce(1)
    result = df.transform(cast_columns(columns={"v": kind}))
    rows = result.collect()
    assert result.schema["v"].dataType.simpleString() == kind
    assert [row.v for row in rows] == [
        None,
        *TAKEN[kind].values(),
        *[None] * len(REFUSED[kind]),
    ]
    found = [[(p.step, p.column, p.value, p.severity) for p in row._problems] for row in rows]
    refused = [[("cast_columns", "v", text, "critical")] for text in REFUSED[kind]]
    assert found == [*[[]] * (len(texts) - len(refused)), *refused]


@pytest.mark.usefixtures("ansi")
@pytest.mark.parametrize(
    ("source", "kind", "taken", "refused"),
    [
        ("double", "int", [(12.0, 12), (-0.0, 0)], [12.7, 2.0**31, math.nan, math.inf, 1e300]),
        ("double", "bigint", [(2.0**62, 2**62)], [2.0**63]),
        ("double", "float", [(0.1, 0.10000000149011612), (math.inf, math.inf)], [1e39, 1e-60]),
        ("double", "decimal(5,2)", [(1.25, Decimal("1.25"))], [1.255, 1000.0, math.nan]),
        ("double", "boolean", [(1.0, True), (0.0, False)], [0.5, 2.0]),
        ("double", "string", [(1.5, "1.5")], []),
        ("bigint", "smallint", [(7, 7)], [32768]),
        ("bigint", "double", [(2**53, 2.0**53)], [2**53 + 1, LONG_MAX]),
        ("int", "float", [(16777216, 16777216.0)], [16777217, 2**31 - 1]),
        ("int", "boolean", [(1, True), (0, False)], [5]),
        ("int", "decimal(3,1)", [(12, Decimal("12.0"))], [123]),
        ("boolean", "int", [(True, 1), (False, 0)], []),
        ("decimal(20,2)", "double", [(Decimal("12.30"), 12.3)], [Decimal("9007199254740993")]),
        ("decimal(20,2)", "int", [(Decimal("12.00"), 12)], [Decimal("12.30")]),
    ],
)
def test_a_number_comes_back_the_same_or_is_a_problem(
    source: str, kind: str, taken: list[tuple[Any, Any]], refused: list[Any], spark: SparkSession
) -> None:
    values = [None, *(value for value, _ in taken), *refused]
    df = spark.createDataFrame([(value,) for value in values], f"v {source}").coalesce(1)
    rows = df.transform(cast_columns(columns={"v": kind})).collect()
    assert [row.v for row in rows] == [None, *(value for _, value in taken), *[None] * len(refused)]
    assert [len(row._problems) for row in rows] == [0] * (1 + len(taken)) + [1] * len(refused)


def test_a_kept_row_has_a_warning_that_says_why(spark: SparkSession) -> None:
    df = spark.createDataFrame([("x", "70000")], "`a.b` string, c string")
    row = df.transform(cast_columns(columns={"a.b": "int", "c": "smallint"}, invalid="null")).first()
    assert [(p.column, p.value, p.reason, p.severity) for p in row._problems] == [
        ("a.b", "x", "not a whole number", "warning"),
        ("c", "70000", "out of the range of smallint", "warning"),
    ]


@pytest.mark.parametrize(
    ("kind", "nearest"),
    [
        ("integer", "int"),
        ("long", "bigint"),
        ("doubl", "double"),
        ("decimal", "decimal(p,s)"),
        ("decimal(40,2)", ""),
        ("decimal(2,3)", ""),
        ("date", ""),
    ],
)
def test_an_unknown_type_is_refused_with_the_nearest(kind: str, nearest: str) -> None:
    with pytest.raises(ParameterError) as caught:
        cast_columns(columns={"v": kind})
    assert caught.value.value == kind
    assert f"{nearest!r}?" in caught.value.allowed or not nearest


@pytest.mark.parametrize("source", ["timestamp", "array<int>", "date"])
def test_a_type_that_cannot_be_cast_is_refused(source: str, spark: SparkSession) -> None:
    with pytest.raises(ParameterError) as caught:
        spark.createDataFrame([(None,)], f"v {source}").transform(cast_columns(columns={"v": "int"}))
    assert caught.value.value == "v"


@pytest.mark.parametrize(
    ("columns", "invalid"), [({}, "reject"), ({"_row": "int"}, "reject"), ({"a": "int"}, "drop")]
)
def test_a_wrong_call_fails_at_once(columns: dict[str, str], invalid: Any) -> None:
    with pytest.raises(ParameterError):
        cast_columns(columns=columns, invalid=invalid)
