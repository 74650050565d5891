"""Trends: a suite's parameters, filled in from the batches before."""

from __future__ import annotations

import datetime as dt
import json
import math
from typing import Any

import pytest
from pyspark.sql import types as T

from headgate.quality import Suite, SuiteError, load_suite
from headgate.quality.profile import Profile, Traits
from headgate.quality.trends import Trends

MOMENT = dt.datetime(2024, 1, 2, 3, 4, 5, 6)

SCHEMA = T.StructType(
    [
        T.StructField("age", T.IntegerType()),
        T.StructField("sex", T.StringType()),
        T.StructField("day", T.DateType()),
        T.StructField("at", T.TimestampType()),
        T.StructField("tags", T.ArrayType(T.StringType())),
        T.StructField("first name", T.StringType()),
    ]
)


def suite_of(*rules: tuple[str, dict[str, Any]]) -> Suite:
    listed = [
        {"id": f"e{at}", "type": f"expect_{kind}", "kwargs": kwargs}
        for at, (kind, kwargs) in enumerate(rules)
    ]
    return load_suite(json.dumps({"name": "s", "expectations": listed}, indent=1), source="s.json")


def rows_at_least(expression: str) -> tuple[str, dict[str, Any]]:
    return "table_row_count_to_be_between", {"min_value": {"$PARAMETER": expression}}


def ages(rows: int, nulls: int, total: float, squares: float, low: float, high: float) -> Traits:
    return Traits(
        nulls=nulls,
        kind="number",
        count=rows - nulls,
        total=total,
        squares=squares,
        low=low,
        high=high,
    )


def batch(rows: int, **columns: Traits) -> Profile:
    return Profile(rows, columns)


HISTORY = [
    batch(4, age=ages(4, 0, 16, 80, 2, 8), sex=Traits(nulls=0, values=("f", "m"))),
    batch(6, age=ages(6, 3, 20, 200, 0, 14), sex=Traits(nulls=6, values=())),
]
"""The newest first."""


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("rows_mean", 5),
        ("rows_stddev", math.sqrt(2)),
        ("rows_min", 4),
        ("rows_max", 6),
        ("rows_last", 4),
        ("age_null_rate", 0.3),
        ("age_null_rate_min", 0),
        ("age_null_rate_max", 0.5),
        ("age_mean", 36 / 7),
        ("age_stddev", math.sqrt((280 - 36**2 / 7) / 6)),
        ("age_min", 0),
        ("age_max", 14),
        ("age_mean_min", 4),
        ("age_mean_max", 20 / 3),
        ("age_mean_stddev", (20 / 3 - 4) / math.sqrt(2)),
    ],
)
def test_what_a_trend_is(name, value):
    suite = suite_of(
        ("column_mean_to_be_between", {"column": "age", "max_value": {"$PARAMETER": f"trend_{name}"}})
    )
    (expectation,) = Trends(suite, SCHEMA).bind(HISTORY)[0].expectations
    assert expectation.kwargs["max_value"] == pytest.approx(value)


def test_a_set_of_values_stands_where_a_set_is_asked_for():
    values = {"$PARAMETER": "trend_sex_values"}
    suite = suite_of(("column_distinct_values_to_be_in_set", {"column": "sex", "value_set": values}))
    trends = Trends(suite, SCHEMA)
    assert (trends.values, trends.numbers, trends.sketches) == (("sex",), (), ())
    assert trends.bind(HISTORY)[0].expectations[0].kwargs["value_set"] == ["f", "m"]


def test_days_and_times_are_compared_as_such():
    past = batch(
        1,
        day=Traits(nulls=0, kind="date", count=1, low=19_000, high=19_001),
        at=Traits(nulls=0, kind="timestamp", count=1, low=0, high=T.TimestampType().toInternal(MOMENT)),
    )
    suite = suite_of(
        ("column_max_to_be_between", {"column": "day", "min_value": {"$PARAMETER": "trend_day_max"}}),
        ("column_max_to_be_between", {"column": "at", "min_value": {"$PARAMETER": "trend_at_max"}}),
    )
    bound, _ = Trends(suite, SCHEMA).bind([past])
    assert [e.kwargs["min_value"] for e in bound.expectations] == [dt.date(2022, 1, 9), MOMENT]


def test_distinct_values_come_from_sketches():
    kwargs = {"column": "sex", "min_value": {"$PARAMETER": "trend_sex_distinct_min * 0.5"}}
    kwargs |= {"max_value": {"$PARAMETER": "trend_sex_distinct"}}
    trends = Trends(suite_of(("column_unique_value_count_to_be_between", kwargs)), SCHEMA)
    assert trends.sketches == ("sex",)
    bound, _ = trends.bind(HISTORY, distinct={"sex": (9, (4, 8))})
    assert bound.expectations[0].kwargs == {"column": "sex", "min_value": 2, "max_value": 9}


def test_without_a_past_nothing_is_asked_and_that_is_told():
    three_away = "trend_age_mean + 3 * trend_age_stddev"
    suite = suite_of(
        rows_at_least("trend_rows_mean / 2"),
        ("column_mean_to_be_between", {"column": "age", "max_value": {"$PARAMETER": three_away}}),
        ("column_values_to_not_be_null", {"column": "age"}),
    )
    bound, not_asked = Trends(suite, SCHEMA).bind([])
    assert [e.id for e in bound.expectations] == ["e2"]
    assert bound.version == suite.version
    assert [(n.expectation.id, n.parameters) for n in not_asked] == [
        ("e0", ("trend_rows_mean",)),
        ("e1", ("trend_age_mean", "trend_age_stddev")),
    ]


def test_a_column_that_is_new_is_not_asked_for():
    suite = suite_of(
        rows_at_least("trend_rows_last"),
        ("column_mean_to_be_between", {"column": "age", "min_value": {"$PARAMETER": "trend_age_mean"}}),
    )
    _, not_asked = Trends(suite, SCHEMA).bind([batch(3)])
    assert [n.parameters for n in not_asked] == [("trend_age_mean",)]
    _, not_asked = Trends(suite, SCHEMA).bind(
        [batch(3, age=Traits(nulls=3, kind="number", total=0.0, squares=0.0))]
    )
    assert [n.parameters for n in not_asked] == [("trend_age_mean",)]


def test_batches_that_did_not_measure_it_take_no_part():
    suite = suite_of(
        ("column_mean_to_be_between", {"column": "age", "min_value": {"$PARAMETER": "trend_age_mean"}}),
        ("column_values_to_be_in_set", {"column": "sex", "value_set": {"$PARAMETER": "trend_sex_values"}}),
    )
    unasked = batch(100, age=Traits(nulls=2), sex=Traits(nulls=0))
    bound, not_asked = Trends(suite, SCHEMA).bind([unasked, HISTORY[0], batch(7), unasked])
    assert not_asked == ()
    assert [e.kwargs.get("min_value", e.kwargs.get("value_set")) for e in bound.expectations] == [
        4,
        ["f", "m"],
    ]


def test_a_spread_of_runs_needs_two_of_them():
    suite = suite_of(rows_at_least("trend_rows_last - trend_rows_stddev"))
    bound, not_asked = Trends(suite, SCHEMA).bind(HISTORY[:1])
    assert (bound.expectations, not_asked[0].parameters) == ((), ("trend_rows_stddev",))


def test_a_suite_without_trends_stays_as_it_is():
    suite = suite_of(("column_values_to_not_be_null", {"column": "age"}), rows_at_least("lowest * 2"))
    trends = Trends(suite, SCHEMA)
    assert not trends
    assert trends.bind([]) == (suite, ())


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("trend_rows_maen", "there is no trend 'trend_rows_maen'; did you mean 'trend_rows_mean'?"),
        ("2 * trend_agee_mean", "there is no trend 'trend_agee_mean'; did you mean 'trend_age_mean'?"),
        ("trend_sex_mean", "there is no trend 'trend_sex_mean'; did you mean"),
        ("trend_tags_values", "there is no trend 'trend_tags_values'"),
        ("trend_sex_values * 2", "'trend_sex_values' is not a trend that is a number"),
        ("trend_day_max - 1", "'trend_day_max' is not a trend that is a number"),
        ("trend_rows_mean * share", "'share' is not a trend that is a number"),
        ("sqrt(trend_rows_mean)", "there is no function 'sqrt' here"),
        ("trend_rows_mean *", "it ends too early"),
    ],
)
def test_a_trend_that_cannot_be_is_refused_with_its_place(expression, said):
    with pytest.raises(SuiteError) as caught:
        Trends(suite_of(rows_at_least(expression)), SCHEMA)
    assert said in str(caught.value)
    assert (caught.value.place, caught.value.line) == ("$.expectations[0].kwargs.min_value", 8)


def test_a_name_that_may_mean_two_things_is_refused():
    schema = T.StructType([T.StructField("rows", T.IntegerType())])
    with pytest.raises(SuiteError, match="'trend_rows_mean' may mean two things; rename a column"):
        Trends(suite_of(rows_at_least("trend_rows_mean")), schema)


def test_a_value_that_is_not_allowed_there_is_refused():
    mostly = {"$PARAMETER": "1.2 - trend_age_null_rate_min"}
    suite = suite_of(("column_values_to_not_be_null", {"column": "age", "mostly": mostly}))
    with pytest.raises(
        SuiteError, match=r"does not come to a value that is allowed here; give a number from 0 to 1"
    ):
        Trends(suite, SCHEMA).bind(HISTORY)
