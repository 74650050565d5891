"""History features look at the strict past only."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from chispa import assert_df_equality
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from headgate.etl.errors import MissingColumnError, ParameterError
from headgate.etl.health import count_prior_encounters

PRIOR = count_prior_encounters(patient="patient", admitted="admitted", to="prior")


def stays(spark: SparkSession, rows: Sequence[tuple[object, ...]], kind: str = "date") -> DataFrame:
    frame = spark.createDataFrame(list(rows), "patient string, admitted string")
    return frame.withColumn("admitted", F.col("admitted").cast(kind))


def assert_prior(df: DataFrame, rows: Sequence[tuple[object, ...]]) -> None:
    actual = df.withColumn("admitted", F.col("admitted").cast("string"))
    expected = df.sparkSession.createDataFrame(list(rows), "patient string, admitted string, prior int")
    assert_df_equality(actual, expected, ignore_row_order=True, ignore_nullable=True)


@pytest.mark.usefixtures("ansi")
def test_earlier_encounters_of_the_same_patient_count_and_ties_do_not(spark: SparkSession) -> None:
    rows = [("ann", "2024-01-01"), ("ann", "2024-03-01"), ("ann", "2024-03-01"), ("bob", "2024-02-01")]
    assert_prior(
        stays(spark, rows).transform(PRIOR), [(*row, n) for row, n in zip(rows, [0, 1, 1, 0], strict=True)]
    )


def test_what_comes_later_changes_no_count(spark: SparkSession) -> None:
    rows = [("ann", f"2024-01-{day:02d}") for day in range(1, 10)]
    full = {row.admitted: row.prior for row in stays(spark, rows).transform(PRIOR).collect()}
    for known in range(1, 10, 4):
        cut = stays(spark, rows[:known]).repartition(2).transform(PRIOR).collect()
        assert all(row.prior == full[row.admitted] for row in cut)
    assert sorted(full.values()) == list(range(9))


@pytest.mark.usefixtures("ansi")
def test_within_days_reaches_back_to_the_same_moment_so_many_days_ago(spark: SparkSession) -> None:
    prior = count_prior_encounters(patient="patient", admitted="admitted", to="prior", within_days=30)
    rows = [("ann", "2024-01-01"), ("ann", "2024-01-31"), ("ann", "2024-03-02")]
    assert_prior(
        stays(spark, rows).transform(prior), [(*row, n) for row, n in zip(rows, [0, 1, 0], strict=True)]
    )
    moments = [
        ("ann", "2024-01-01 00:00:00"),
        ("ann", "2024-01-31 00:00:00"),
        ("ann", "2024-03-01 00:00:00.1"),
    ]
    expected = [(*row, n) for row, n in zip(moments, [0, 1, 0], strict=True)]
    assert_prior(stays(spark, moments, "timestamp").transform(prior), expected)


def test_days_are_24_hours_whatever_the_session_time_zone(spark: SparkSession) -> None:
    # in New York the night to 10 March 2024 lost an hour
    prior = count_prior_encounters(patient="patient", admitted="admitted", to="prior", within_days=1)
    moments = [("ann", "2024-03-09 20:00:00+00:00"), ("ann", "2024-03-10 20:00:00+00:00")]
    before = spark.conf.get("spark.sql.session.timeZone") or "UTC"
    spark.conf.set("spark.sql.session.timeZone", "America/New_York")
    try:
        counts = sorted(row.prior for row in stays(spark, moments, "timestamp").transform(prior).collect())
    finally:
        spark.conf.set("spark.sql.session.timeZone", before)
    assert counts == [0, 1]


def test_a_running_number_may_stand_for_time(spark: SparkSession) -> None:
    rows = spark.createDataFrame([("ann", 12), ("ann", 7), ("bob", 1)], "patient string, admitted bigint")
    expected = [("ann", "12", 1), ("ann", "7", 0), ("bob", "1", 0)]
    assert_prior(rows.transform(PRIOR), expected)


def test_an_unknown_patient_or_time_has_no_history_and_is_none(spark: SparkSession) -> None:
    rows = [(None, "2024-01-01"), (None, "2024-02-01"), ("ann", None), ("ann", "2024-01-01")]
    expected = [(*row, n) for row, n in zip(rows, [None, None, None, 0], strict=True)]
    assert_prior(stays(spark, rows).transform(PRIOR), expected)


def test_a_row_that_a_rule_has_dropped_does_not_count(spark: SparkSession) -> None:
    rows = spark.createDataFrame(
        [("ann", 1, "dropped:test"), ("ann", 2, None), ("ann", 3, None)],
        "patient string, admitted int, _out string",
    )
    prior = count_prior_encounters(patient="patient", admitted="admitted", to="prior", removed_as="_out")
    marked = {row.admitted: row.prior for row in rows.transform(prior).collect()}
    removed = {row.admitted: row.prior for row in rows.where("_out is null").transform(prior).collect()}
    assert marked == {1: None, **removed} == {1: None, 2: 0, 3: 1}


@pytest.mark.parametrize(("kind", "within_days"), [("string", None), ("double", None), ("int", 30)])
def test_a_column_that_tells_no_time_is_refused(
    spark: SparkSession, kind: str, within_days: int | None
) -> None:
    rows = spark.createDataFrame([], f"patient string, admitted {kind}")
    prior = count_prior_encounters(
        patient="patient", admitted="admitted", to="prior", within_days=within_days
    )
    with pytest.raises(ParameterError) as caught:
        rows.transform(prior)
    assert (caught.value.parameter, caught.value.value) == ("admitted", f"admitted: {kind}")


def test_no_days_are_refused() -> None:
    with pytest.raises(ParameterError) as caught:
        count_prior_encounters(patient="patient", admitted="admitted", to="prior", within_days=0)
    assert caught.value.parameter == "within_days"


def test_a_missing_column_is_named(spark: SparkSession) -> None:
    with pytest.raises(MissingColumnError) as caught:
        spark.createDataFrame([], "patient string, admited date").transform(PRIOR)
    assert (caught.value.column, caught.value.nearest) == ("admitted", "admited")
