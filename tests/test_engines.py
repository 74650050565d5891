"""What is refused on an engine that is not Spark, and that nothing is on Spark."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from headgate.etl import cast_columns
from headgate.etl.engine import is_sail
from headgate.etl.errors import EngineError
from headgate.quality import engine as quality_engine
from headgate.quality import validate
from headgate.quality.engine import unlike_java
from headgate.quality.plan import plan
from headgate.quality.rules import Broken, Delegated
from tests import engines
from tests.quality.suites import rule, suite_of


def test_the_engine_is_known(spark: SparkSession) -> None:
    assert is_sail(spark.range(1)) == quality_engine.is_sail(spark) == (engines.engine() == engines.SAIL)


def test_what_sail_would_write_otherwise_is_refused_there_alone(spark: SparkSession) -> None:
    weights = spark.createDataFrame([(1e-5,)], "weight double")
    try:
        written = weights.transform(cast_columns(columns={"weight": "string"})).first()[0]
    except EngineError as error:
        told = error
        assert (engines.engine(), told.engine, told.step) == ("sail", "sail", "cast_columns")
        assert "\n" not in str(told)
    else:
        assert (engines.engine() != "sail", written) == (True, "1.0E-5")


@pytest.mark.parametrize(
    "expectation",
    [
        rule("column_values_to_match_regex", column="s", regex="^a$"),
        rule("column_values_to_be_between", column="s", min_value=1),
        rule("column_value_lengths_to_equal", column="d", value=3),
    ],
)
def test_a_rule_that_sail_would_judge_otherwise_is_refused_there_alone(
    spark: SparkSession, expectation: dict[str, object]
) -> None:
    df = spark.createDataFrame([("a", 1.5)], "s string, d double")
    report = validate(df, suite_of(expectation))
    refused = [refusal for refusal in report.refusals if "Sail" in refusal]
    assert bool(refused) == (engines.engine() == engines.SAIL)
    assert not (refused and report.success)


def test_what_is_left_to_great_expectations_is_broken_on_sail_alone(spark: SparkSession) -> None:
    schema = spark.createDataFrame([], "d double").schema
    median = suite_of(rule("column_median_to_be_between", column="d", min_value=0))
    (planned,) = quality_engine.answerable(spark, plan(median, schema))
    assert type(planned) is (Broken if engines.engine() == engines.SAIL else Delegated)


@engines.lack("Spark's own client, which jobs bring along", engines.SAIL)
def test_a_job_on_a_connect_session_says_so_in_one_line(spark: SparkSession) -> None:
    from headgate.jobs.exits import ArgumentsError
    from headgate.jobs.session import spark_session

    if engines.engine() == engines.CLASSIC:
        with spark_session(app="test") as session:
            assert session is spark
        return
    with pytest.raises(ArgumentsError) as refused, spark_session(app="test"):
        pass
    assert "SPARK_REMOTE" in str(refused.value)
    assert "\n" not in str(refused.value)


@engines.lack("Spark's own client, which jobs bring along", engines.SAIL)
def test_a_job_that_is_sent_to_a_connect_server_ends_with_code_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from headgate.jobs import cli

    monkeypatch.setenv("SPARK_REMOTE", "sc://127.0.0.1:1")
    with pytest.raises(SystemExit) as ended:
        cli.main(["run", "hospital", "--lake", str(tmp_path), "--landing", str(tmp_path)])
    assert ended.value.code == 2
    assert "unset SPARK_REMOTE" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("pattern", "unlike"),
    [
        ("^[A-Z]{2}[0-9]+", None),
        (r"^(?:a|b)\.c\z", None),
        (r"[.$(]", None),
        (r"a\\", None),
        ("a$", "$"),
        ("a.b", "."),
        (r"\w+", r"\w"),
        (r"\\\d", r"\d"),
        (r"[^\s]", r"\s"),
        ("(?i)a", "(?"),
        ("a(?!b)", "(?"),
        ("[a-z&&[^b]]", "&&"),
    ],
)
def test_patterns_that_java_and_rust_read_otherwise_are_known(pattern: str, unlike: str | None) -> None:
    assert unlike_java(pattern) == unlike
