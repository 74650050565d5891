"""The report: what it cost, and its forms for Great Expectations, for JSON and for a notebook."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from headgate.quality import validate
from headgate.quality.counting import counted
from tests.quality.suites import rule, suite_of

SUITE = suite_of(
    rule("column_values_to_be_in_set", id="of the set", column="v", value_set=["<b>", None]),
    rule("column_values_to_not_be_null", severity="warning", column="v", mostly=0.5),
    rule("column_max_to_be_between", id="absent", column="no", max_value=9),
    rule("table_row_count_to_equal", value=2),
)


@pytest.fixture
def report(spark):
    return validate(spark.createDataFrame([("<i>",), (None,)], "v string").coalesce(1), SUITE)


def test_the_jobs_are_those_that_spark_ran(spark):
    other = spark.range(3)
    with counted(spark) as outer:
        other.collect()
        with counted(spark) as inner:
            other.collect()
            other.collect()
        with ThreadPoolExecutor(1) as pool, counted(spark) as elsewhere:
            pool.submit(other.collect).result()
    assert (inner.jobs, outer.jobs, elsewhere.jobs) == (2, 3, 0)


def test_the_callers_tags_stay(spark):
    spark.sparkContext.addJobTag("mine")
    with counted(spark):
        pass
    assert set(spark.sparkContext.getJobTags()) == {"mine"}
    spark.sparkContext.clearJobTags()


def test_a_report_says_what_it_cost(spark):
    df = spark.createDataFrame([("<i>",), ("<i>",)], "v string").coalesce(1)
    jobs = []
    for expectation in (
        rule("column_to_exist", column="v"),
        rule("column_values_to_be_unique", column="v"),
        rule("column_values_to_be_json_parseable", column="v"),
    ):
        with counted(spark) as cost:
            jobs.append(validate(df, suite_of(expectation)).spark_jobs)
        assert jobs[-1] == cost.jobs
    assert 1 <= jobs[0] < jobs[1] < jobs[2]


def test_the_json_form_is_whole(report):
    document = json.loads(json.dumps(report.to_json_dict()))
    ours = document["meta"]["headgate"]
    assert ours["spark_jobs"] == report.spark_jobs
    assert [warning["name"] for warning in ours["warnings"]] == ["null-in-set"]
    assert ours["refusals"] == list(report.refusals)
    assert document["success"] is False
    assert [result["success"] for result in document["results"]] == [True, True, False, True]


def test_great_expectations_takes_the_report_for_its_own(report):
    from great_expectations.core import ExpectationSuiteValidationResult
    from great_expectations.render.renderer import ValidationResultsPageRenderer
    from great_expectations.render.view import DefaultJinjaPageView

    found = report.to_gx()
    assert isinstance(found, ExpectationSuiteValidationResult)
    assert (found.success, found.statistics) == (report.success, report.statistics)
    assert found.get_max_severity_failure() == "critical"
    assert [one.expectation_config.type for one in found.results] == [one.type for one in report.results]
    document = found.to_json_dict()
    assert document["results"][0]["result"] == report.to_json_dict()["results"][0]["result"]
    page = DefaultJinjaPageView().render(ValidationResultsPageRenderer().render(found))
    assert "no column" in page or "does not exist" in page


def test_a_notebook_shows_all_of_it_and_runs_none_of_it(report):
    page = report._repr_html_()
    assert "null in the set" in page
    assert f"{report.spark_jobs} Spark jobs" in page
    assert "<i>" not in page
