"""Profiles: measured while rows are written, and merged without reading any again."""

from __future__ import annotations

import datetime as dt
import json
import math
from dataclasses import replace
from functools import partial

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyspark.sql import DataFrame, Observation, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from headgate.quality.profile import MOST_VALUES, Profile, Traits, merge
from headgate.quality.profiling import Profiling, count_distinct, distinct_values, has_values, united

SCHEMA = "n int, x double, f float, d decimal(10,2), sex string, day date, at timestamp, ok boolean"
NAMES = ["n", "x", "f", "d", "sex", "day", "at", "ok"]

records = st.lists(
    st.tuples(
        st.none() | st.integers(-(2**20), 2**20),
        st.none()
        | st.integers(-(2**20), 2**20).map(lambda n: n / 64)
        | st.sampled_from([math.nan, math.inf, -math.inf]),
        st.none() | st.integers(-64, 64).map(lambda n: n / 8) | st.just(math.nan),
        st.none() | st.decimals(-1000, 1000, places=2),
        st.none() | st.sampled_from(["f", "m", "", "é"]),
        st.none() | st.dates(dt.date(1900, 1, 1), dt.date(2100, 1, 1)),
        st.none() | st.datetimes(dt.datetime(1971, 1, 1), dt.datetime(2030, 1, 1)),
        st.none() | st.booleans(),
    ),
    max_size=6,
)


def profile_of(df: DataFrame, *, among: str = "true", sketches: tuple[str, ...] = ()) -> Profile:
    """As the gate takes it, but by an aggregate of its own."""
    kept = F.expr(among)
    profiling = Profiling(df.schema, among=kept, numbers=df.columns, sketches=sketches)
    counts = [F.count_if(kept & F.col(name).isNull()).alias(f"null {name}") for name in df.columns]
    found = df.agg(F.count_if(kept).alias("rows"), *counts, *profiling.aggregates).first()
    assert found is not None
    nulls = {name: found[f"null {name}"] for name in df.columns}
    measured = profiling.read(found.asDict(), rows=found["rows"], nulls=nulls)
    sets = distinct_values(df.where(kept), [field.name for field in df.schema if has_values(field.dataType)])
    columns = {name: replace(measured.columns[name], values=values) for name, values in sets.items()}
    return replace(measured, columns={**measured.columns, **columns})


def rounded(profile: Profile) -> Profile:
    """Sums of floats depend on their order in the last digits."""

    def one(traits: Traits) -> Traits:
        sums = {name: getattr(traits, name) for name in ("total", "squares")}
        return replace(traits, **{k: None if v is None else round(v, 6) for k, v in sums.items()})

    return replace(profile, columns={name: one(traits) for name, traits in profile.columns.items()})


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=records, second=records)
def test_the_profile_of_two_batches_is_made_of_theirs(brisk: SparkSession, first, second):
    frame = partial(brisk.createDataFrame, schema=SCHEMA)
    one, other, both = (profile_of(frame(rows)) for rows in (first, second, first + second))
    assert rounded(merge(one, other)) == rounded(both)
    assert rounded(merge(other, one)) == rounded(both)


numbers = st.integers(-(2**40), 2**40).map(float)
traits = st.builds(
    Traits,
    nulls=st.integers(0, 9),
    kind=st.just("number"),
    count=st.integers(0, 9),
    total=numbers,
    squares=st.none() | numbers,
    low=st.none() | numbers,
    high=st.none() | numbers,
    values=st.none() | st.sets(st.integers(0, 60), max_size=40).map(lambda found: tuple(sorted(found))),
)
profiles = st.builds(
    Profile, st.integers(0, 99), st.dictionaries(st.sampled_from(["a", "b", "c"]), traits, max_size=3)
)


@given(profiles, profiles, profiles)
def test_in_which_order_batches_are_merged_is_the_same(a, b, c):
    assert merge(a, b) == merge(b, a)
    assert merge(merge(a, b), c) == merge(a, merge(b, c))
    assert merge(a, Profile(0)) == a


@given(profiles)
def test_a_profile_comes_back_from_its_json(profile):
    text = json.dumps(profile.to_json(), allow_nan=False)
    assert Profile.from_json(json.loads(text)) == profile


def test_a_profile_is_taken_while_the_rows_are_written(spark):
    people = spark.createDataFrame([(30, "f"), (50, "m"), (None, "m"), (99, "x")], "age int, sex string")
    profiling = Profiling(
        people.schema, among=F.col("sex") != "x", numbers=["age", "sex"], sketches=["sex", "age"]
    )
    seen = Observation()
    people.observe(seen, *profiling.aggregates).write.format("noop").mode("overwrite").save()
    profile = profiling.read(seen.get, rows=3, nulls={"age": 1, "sex": 0})
    age = profile.columns["age"]
    assert (age.count, age.mean, age.low, age.high, age.stddev) == (2, 40.0, 30.0, 50.0, math.sqrt(200))
    assert profile.columns["sex"].kind is None
    assert count_distinct(spark, [profile], ["sex", "age"]) == {"sex": (2, (2,)), "age": (2, (2,))}
    assert len(profile.columns["sex"].sketch) < 1500


def test_sketches_of_two_batches_make_one_of_both(spark):
    low, high = (
        profile_of(spark.range(*ends).select(F.col("id").cast("string")), sketches=("id",))
        for ends in ((0, 3000), (2000, 5000))
    )
    together, each = count_distinct(spark, [low, high], ["id"])["id"]
    assert (together, each) == (pytest.approx(5000, rel=0.1), pytest.approx((3000, 3000), rel=0.1))
    merged = merge(low, high, union=partial(united, spark))
    assert count_distinct(spark, [merged], ["id"])["id"][0] == together
    assert merge(low, high).columns["id"].sketch is None
    assert count_distinct(spark, [Profile(0)], ["id"]) == {}


@pytest.mark.parametrize(("distinct", "kept"), [(MOST_VALUES, True), (MOST_VALUES + 1, False)])
def test_a_large_set_of_values_is_not_kept(spark, distinct, kept):
    df = spark.range(3 * distinct).select((F.col("id") % distinct).alias("k"), F.lit(True).alias("ok"))
    found = distinct_values(df, ["k", "ok"])
    assert found == {"k": tuple(range(distinct)) if kept else None, "ok": (True,)}


def test_two_sets_that_are_too_large_together_are_not_kept():
    one, other = (Profile(1, {"k": Traits(nulls=0, values=tuple(range(n, n + 30)))}) for n in (0, 30))
    assert merge(one, other).columns["k"].values is None


def test_a_column_that_changed_its_kind_has_no_numbers_in_common():
    was = Traits(nulls=1, kind="date", count=2, low=1, high=2)
    now = Traits(nulls=2, kind="number", count=1, total=3.0, squares=9.0, low=3, high=3)
    assert merge(Profile(3, {"c": was}), Profile(3, {"c": now})).columns["c"] == Traits(nulls=3)


def test_a_sum_beyond_all_numbers_is_not_known(ansi, spark):
    profile = profile_of(spark.createDataFrame([(1e300,), (2e300,)], "x double"))
    assert profile.columns["x"].squares is None
    assert (profile.columns["x"].mean, profile.columns["x"].stddev) == (1.5e300, None)


def test_which_sets_can_be_kept():
    kinds = [T.StringType(), T.LongType(), T.DoubleType(), T.DecimalType(), T.ArrayType(T.StringType())]
    assert [has_values(kind) for kind in kinds] == [True, True, False, False, False]
