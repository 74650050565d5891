"""Splits that share no group."""

from __future__ import annotations

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from headgate.etl.errors import MissingColumnError, ParameterError
from headgate.etl.features import split_by_group

FRACTIONS = {"train": 0.7, "validation": 0.15, "test": 0.15}
SPLIT = split_by_group(group="patient", fractions=FRACTIONS, seed=7)


@pytest.fixture
def stays(spark: SparkSession) -> DataFrame:
    return spark.range(6000).select("id", (F.col("id") % 2000).alias("patient"))


def by_patient(df: DataFrame) -> dict[int, str]:
    pairs = df.select(F.col("patient").cast("int"), "split").distinct().collect()
    found = {row.patient: row.split for row in pairs}
    assert len(found) == len(pairs), "a patient is in two splits"
    return found


@pytest.mark.usefixtures("ansi")
def test_a_patient_stays_in_the_same_split_for_ever(spark: SparkSession) -> None:
    patients = spark.createDataFrame(
        [("1",), ("2",), ("3",), ("4",), ("5",), ("6",), ("7",)], "patient string"
    )
    assert by_patient(patients.transform(SPLIT)) == {
        1: "train",
        2: "train",
        3: "train",
        4: "validation",
        5: "train",
        6: "train",
        7: "test",
    }


def test_no_patient_is_in_two_splits_and_each_split_has_about_its_share(stays: DataFrame) -> None:
    splits = list(by_patient(stays.transform(SPLIT)).values())
    assert len(splits) == 2000
    for name, share in FRACTIONS.items():
        assert splits.count(name) / 2000 == pytest.approx(share, abs=0.03)


def test_a_patients_split_does_not_depend_on_other_rows_their_order_or_the_type(stays: DataFrame) -> None:
    everyone = by_patient(stays.transform(SPLIT))
    shuffled = stays.orderBy(F.desc("id")).repartition(5)
    assert by_patient(shuffled.transform(SPLIT)) == everyone
    few = stays.where("id % 10 = 3").withColumn("patient", F.col("patient").cast("string"))
    assert by_patient(few.transform(SPLIT)).items() <= everyone.items()


def test_another_seed_draws_another_split(stays: DataFrame) -> None:
    other = split_by_group(group="patient", fractions=FRACTIONS, seed=8)
    first, second = by_patient(stays.transform(SPLIT)), by_patient(stays.transform(other))
    agree = sum(first[patient] == second[patient] for patient in first) / len(first)
    assert agree == pytest.approx(0.7**2 + 2 * 0.15**2, abs=0.05)


def test_a_single_split_takes_all(spark: SparkSession) -> None:
    split = split_by_group(group="id", fractions={"train": 1.0}, seed=1, to="part")
    assert spark.range(3).transform(split).select("part").distinct().collect() == [("train",)]


def test_a_row_without_a_group_fails_the_first_action_and_names_the_column(spark: SparkSession) -> None:
    rows = spark.createDataFrame([("a",), (None,)], "patient string").transform(SPLIT)
    # PySpark 3.5 hands on the error of the JVM as it is: a Py4JJavaError
    with pytest.raises(Exception, match="split_by_group: 'patient' is null"):
        rows.collect()


def test_a_row_that_a_rule_has_dropped_is_in_no_split_and_may_lack_its_group(spark: SparkSession) -> None:
    rows = spark.createDataFrame([("1", None), (None, "dropped:nobody")], "patient string, _out string")
    split = split_by_group(group="patient", fractions={"train": 1.0}, seed=7, removed_as="_out")
    assert [tuple(row) for row in rows.transform(split).orderBy("split").collect()] == [
        (None, "dropped:nobody", None),
        ("1", None, "train"),
    ]


@pytest.mark.parametrize(
    "fractions", [{}, {"train": 0.7, "test": 0.2}, {"train": 1.2, "test": -0.2}, {"train": 1.0, "test": 0.0}]
)
def test_fractions_that_do_not_share_out_the_whole_are_refused(fractions: dict[str, float]) -> None:
    with pytest.raises(ParameterError) as caught:
        split_by_group(group="patient", fractions=fractions, seed=7)
    assert (caught.value.parameter, caught.value.value) == ("fractions", fractions)


def test_a_missing_group_column_is_named(spark: SparkSession) -> None:
    with pytest.raises(MissingColumnError) as caught:
        spark.range(1).toDF("patent").transform(SPLIT)
    assert (caught.value.column, caught.value.nearest) == ("patient", "patent")
