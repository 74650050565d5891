"""Numbers as people write them: read exactly, or told."""

from __future__ import annotations

from decimal import Decimal

import pytest
from pyspark.sql import SparkSession

from headgate.etl import parse_numbers
from headgate.etl.errors import ParameterError


@pytest.mark.parametrize(
    ("signs", "text", "value"),
    [
        ({"decimal": ","}, "12,5", "12.50"),
        ({"decimal": ","}, " -0,25 ", "-0.25"),
        ({"decimal": ","}, ",5", "0.50"),
        ({"decimal": ","}, "1.234,5", None),
        ({"decimal": ",", "group": "."}, "1.234,5", "1234.50"),
        ({"decimal": ",", "group": "."}, "+1.234.567", "1234567.00"),
        ({"decimal": ",", "group": "."}, "1234567,8", "1234567.80"),
        ({"decimal": ",", "group": "."}, "1.23,4", None),
        ({"decimal": ",", "group": "."}, "1.2345", None),
        ({"decimal": ",", "group": "."}, ".234", None),
        ({"decimal": ",", "group": "."}, "1,234.5", None),
        ({"decimal": ",", "group": "."}, "1.234,567", None),  # a digit more than the type holds
        ({"decimal": ".", "group": "'"}, "12'345.6", "12345.60"),
        ({"decimal": ".", "group": "\u202f"}, "12\u202f345", "12345.00"),
        ({"decimal": "|", "group": "\\"}, "1\\234|5", "1234.50"),
        ({"decimal": "]", "group": "^"}, "1^234]5", "1234.50"),
        ({"decimal": ","}, "1e3", None),
        ({"decimal": ","}, "NaN", None),
        ({"decimal": ","}, "", None),
        ({"decimal": ","}, "12,5\n", None),
    ],
)
def test_a_number_is_read_as_it_is_meant_or_not_at_all(spark: SparkSession, ansi, signs, text, value) -> None:
    df = spark.createDataFrame([(text,)], "cost string")
    (row,) = df.transform(parse_numbers(columns={"cost": "decimal(9,2)"}, **signs)).collect()
    assert row.cost == (None if value is None else Decimal(value))
    assert [(one.column, one.value) for one in row._problems] == ([("cost", text)] if value is None else [])


@pytest.mark.parametrize(
    "wrong",
    [
        {"decimal": ",,"},
        {"decimal": "5"},
        {"decimal": "-"},
        {"decimal": ".", "group": "."},
        {"group": "e"},
        {"group": ""},
        {"columns": {"cost": "date"}},
        {"columns": {}},
    ],
)
def test_signs_that_cannot_be_told_apart_and_other_types_are_refused(wrong) -> None:
    with pytest.raises(ParameterError):
        parse_numbers(**({"columns": {"cost": "double"}} | wrong))
