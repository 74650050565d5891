"""The readmission label: what counts, what does not, and what is not known."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from chispa import assert_df_equality
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from headgate.etl.errors import MissingColumnError, ParameterError
from headgate.etl.health import label_readmission

LABEL = label_readmission(patient="patient", admitted="admitted", discharged="discharged", to="label")

Row = tuple[object, ...]


def stays(spark: SparkSession, rows: Sequence[Row], kind: str = "date") -> DataFrame:
    frame = spark.createDataFrame(list(rows), "stay int, patient string, admitted string, discharged string")
    return frame.withColumns({name: F.col(name).cast(kind) for name in ("admitted", "discharged")})


def labels(df: DataFrame) -> dict[int, int | None]:
    rows = df.collect()
    found = {row.stay: row.label for row in rows}
    assert len(found) == len(rows), "a stay was doubled"
    return found


@pytest.mark.usefixtures("ansi")
def test_an_admission_on_the_last_day_counts_and_one_a_day_later_does_not(spark: SparkSession) -> None:
    rows = stays(
        spark,
        [
            (1, "ann", "2024-01-01", "2024-01-05"),
            (2, "ann", "2024-02-04", "2024-02-06"),
            (3, "ann", "2024-03-08", "2024-03-09"),
            (4, "bob", "2024-01-06", "2024-01-07"),
        ],
    )
    expected = rows.withColumn("label", F.when(F.col("stay") == 1, 1).otherwise(0))
    assert_df_equality(rows.transform(LABEL), expected, ignore_row_order=True, ignore_nullable=True)


@pytest.mark.parametrize("reverse", [False, True])
def test_the_order_of_rows_changes_nothing(spark: SparkSession, reverse: bool) -> None:
    rows: list[Row] = [
        (1, "ann", "2024-01-01", "2024-01-05"),
        (2, "ann", "2024-01-05", "2024-01-05"),
        (3, "ann", "2024-01-05", "2024-01-09"),
        (4, "ann", "2024-05-01", "2024-05-02"),
    ]
    frame = stays(spark, rows[::-1] if reverse else rows).repartition(3)
    assert labels(frame.transform(LABEL)) == {1: 1, 2: 0, 3: 0, 4: 0}


def test_an_admission_at_the_moment_of_discharge_counts(spark: SparkSession) -> None:
    rows: list[Row] = [(1, "ann", "2024-01-01", "2024-01-05"), (2, "ann", "2024-01-05", "2024-01-06")]
    assert labels(stays(spark, rows).transform(LABEL)) == {1: 1, 2: 0}


def test_stays_that_begin_at_the_same_moment_are_no_readmissions_of_each_other(spark: SparkSession) -> None:
    rows: list[Row] = [
        (1, "ann", "2024-01-01", "2024-01-01"),
        (2, "ann", "2024-01-01", "2024-01-01"),
        (3, "ann", "2024-01-01", "2024-01-04"),
    ]
    assert labels(stays(spark, rows).transform(LABEL)) == {1: 0, 2: 0, 3: 0}


def test_a_stay_that_begins_during_another_is_no_readmission_but_the_one_after_is(
    spark: SparkSession,
) -> None:
    rows: list[Row] = [
        (1, "ann", "2024-01-01", "2024-01-20"),
        (2, "ann", "2024-01-10", "2024-01-12"),
        (3, "ann", "2024-02-10", "2024-02-11"),
    ]
    assert labels(stays(spark, rows).transform(LABEL)) == {1: 1, 2: 1, 3: 0}
    assert labels(stays(spark, rows[:2]).transform(LABEL)) == {1: 0, 2: 0}


def test_a_stay_that_ends_before_it_begins_is_not_its_own_readmission(spark: SparkSession) -> None:
    rows: list[Row] = [(1, "ann", "2024-01-09", "2024-01-05")]
    assert labels(stays(spark, rows).transform(LABEL)) == {1: 0}


def test_what_is_not_known_has_no_label_but_an_open_stay_is_still_an_admission(spark: SparkSession) -> None:
    rows: list[Row] = [
        (1, "ann", "2024-01-01", "2024-01-05"),
        (2, "ann", "2024-01-20", None),
        (3, None, "2024-01-01", "2024-01-05"),
        (4, None, "2024-01-20", "2024-01-21"),
        (5, "bob", None, "2024-01-05"),
        (6, "bob", "2024-01-06", "2024-01-07"),
    ]
    assert labels(stays(spark, rows).transform(LABEL)) == {1: 1, 2: None, 3: None, 4: None, 5: 1, 6: 0}


@pytest.mark.usefixtures("ansi")
def test_a_day_between_timestamps_is_24_hours(spark: SparkSession) -> None:
    label = label_readmission(
        patient="patient", admitted="admitted", discharged="discharged", to="label", days=1
    )
    rows: list[Row] = [
        (1, "ann", "2024-01-01 08:00:00", "2024-01-05 10:00:00"),
        (2, "ann", "2024-01-06 10:00:00", "2024-01-06 11:00:00"),
        (3, "ann", "2024-01-07 11:00:00.000001", "2024-01-08 00:00:00"),
    ]
    assert labels(stays(spark, rows, "timestamp").transform(label)) == {1: 1, 2: 0, 3: 0}


def test_without_complete_follow_up_there_is_no_label_even_if_a_readmission_was_seen(
    spark: SparkSession,
) -> None:
    label = label_readmission(
        patient="patient",
        admitted="admitted",
        discharged="discharged",
        to="label",
        observed_until="2024-03-01",
    )
    rows: list[Row] = [
        (1, "ann", "2024-01-25", "2024-01-31"),
        (2, "ann", "2024-02-01", "2024-02-01"),
        (3, "ann", "2024-02-02", "2024-02-03"),
    ]
    assert labels(stays(spark, rows).transform(label)) == {1: 1, 2: None, 3: None}
    assert labels(stays(spark, rows, "timestamp").transform(label)) == {1: 1, 2: None, 3: None}


def test_a_row_that_a_rule_has_dropped_is_no_admission(spark: SparkSession) -> None:
    rows = stays(spark, [(1, "ann", "2024-01-01", "2024-01-05"), (2, "ann", "2024-01-07", "2024-01-08")])
    marked = rows.withColumn("_removed_as", F.when(F.col("stay") == 2, "dropped:test"))
    label = label_readmission(
        patient="patient", admitted="admitted", discharged="discharged", to="label", removed_as="_removed_as"
    )
    assert labels(marked.transform(label)) == {1: 0, 2: None}
    assert labels(marked.where("_removed_as is null").transform(label)) == {1: 0}


@pytest.mark.parametrize(
    ("schema", "parameter"),
    [
        ("patient string, admitted string, discharged date", "admitted"),
        ("patient string, admitted date, discharged int", "discharged"),
        ("patient string, admitted date, discharged timestamp", "discharged"),
    ],
)
def test_columns_that_tell_no_time_or_two_kinds_are_refused(
    spark: SparkSession, schema: str, parameter: str
) -> None:
    with pytest.raises(ParameterError) as caught:
        spark.createDataFrame([], schema).transform(LABEL)
    assert caught.value.parameter == parameter


@pytest.mark.parametrize(("parameter", "value"), [("days", -1), ("observed_until", "March 2024")])
def test_a_span_that_is_none_is_refused(parameter: str, value: object) -> None:
    columns = {"patient": "patient", "admitted": "admitted", "discharged": "discharged", "to": "label"}
    with pytest.raises(ParameterError) as caught:
        label_readmission(**columns, **{parameter: value})  # type: ignore[arg-type]
    assert (caught.value.parameter, caught.value.value) == (parameter, value)


def test_a_missing_column_is_named(spark: SparkSession) -> None:
    with pytest.raises(MissingColumnError) as caught:
        spark.createDataFrame([], "patient string, admitted date").transform(LABEL)
    assert caught.value.column == "discharged"
