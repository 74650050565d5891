"""Data Docs from results: a page for each suite and validation, with what Great Expectations says on them."""

from __future__ import annotations

import html
import json
import lzma
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from headgate.quality import data_docs, validate
from tests.quality.record_corpus import CORPUS
from tests.quality.suites import rule, suite_of

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
BROKEN = "An unexpected Exception occurred during data docs rendering"


def text_of(page: Path) -> str:
    """What a reader sees, blanks run together."""
    seen = re.sub(r"(?s)<(script|style).*?</\1>|<[^>]+>", " ", page.read_text(encoding="utf-8"))
    return " ".join(html.unescape(seen).split())


def told(text: str, *parts: str) -> list[str]:
    """The parts that a page does not say, blanks between tags aside."""
    return [part for part in parts if part.replace(" ", "") not in text.replace(" ", "")]


@pytest.fixture(scope="module")
def report(spark):
    suite = suite_of(
        rule("column_values_to_be_between", column="age", id="age-from-0", min_value=0, mostly=0.9),
        rule("column_values_to_be_in_set", column="sex", value_set=["f", "m"]),
        rule("table_row_count_to_be_between", min_value=1),
        rule("column_values_to_not_be_null", column="nowhere"),
    )
    return validate(spark.createDataFrame([(30, "f"), (-1, "m")], "age int, sex string"), suite)


def test_the_site_has_an_index_and_a_page_for_each_suite_and_validation(report, tmp_path):
    document = report.to_json_dict()
    other = {**document, "suite_name": "people/v.2", "success": True, "results": document["results"][1:3]}
    index = data_docs({"curated/people": document, "b": other}, tmp_path, run_name="r1", run_time=NOON)
    assert index == tmp_path / "index.html"
    pages = {page.relative_to(tmp_path).as_posix() for page in tmp_path.rglob("*.html")}
    at = "r1/20260102T120000.000000Z"
    assert pages == {
        "index.html",
        "expectations/s.html",
        "expectations/people-v/2.html",
        f"validations/s/{at}/curated-people.html",
        f"validations/people-v/2/{at}/b.html",
    }
    listed = index.read_text()
    assert all(page in listed for page in pages - {"index.html"})


def test_a_validations_page_says_what_was_expected_and_found(report, tmp_path):
    data_docs({"people.csv": report.to_json_dict()}, tmp_path, run_name="r1", run_time=NOON)
    (page,) = (tmp_path / "validations").rglob("*.html")
    text = text_of(page)
    said = (
        "Data asset: people.csv Status: Failed",
        "values must be greater than or equal to 0.0 , at least 90 % of the time",
        "1 unexpected values found. 50% of 2 total rows",
        "values must belong to this set: f m",
        "Must have greater than or equal to 1 rows",
        "refused",
        "expect_column_values_to_not_be_null on nowhere could not be evaluated",
    )
    assert told(text, *said) == [], text
    assert BROKEN not in text


def test_every_type_that_was_ever_recorded_has_its_line(tmp_path):
    with lzma.open(CORPUS, "rt", encoding="utf-8") as lines:
        next(lines)
        suites = [json.loads(line) for line in lines]
    chosen = {}
    for suite in suites:
        if suite["format"] == "SUMMARY":
            for expectation in suite["expectations"]:
                answer = suite["answers"][expectation["id"]]
                key = (expectation["type"], answer["success"], answer["raised"])
                chosen.setdefault(key, (expectation, answer))
    results = [result_of(expectation, answer) for expectation, answer in chosen.values()]
    document = {
        "success": False,
        "suite_name": "all",
        "suite_parameters": {},
        "statistics": {},
        "meta": {},
        "id": None,
    }
    data_docs({"data": {**document, "results": results}}, tmp_path, run_name="r1", run_time=NOON)
    (page,) = (tmp_path / "validations").rglob("*.html")
    written = page.read_text()
    assert BROKEN not in written
    assert len({name for name, *_ in chosen}) > 50
    answered = [result for result in results if not result["exception_info"]["raised_exception"]]
    assert written.count("fa-check-circle") + written.count("fa-times") >= len(answered)
    assert written.count("raised an exception") == len(results) - len(answered)


def result_of(expectation, answer):
    """A recorded answer as a report has it."""
    return {
        "success": answer["success"],
        "expectation_config": {
            "type": expectation["type"],
            "kwargs": answer["kwargs"],
            "meta": {},
            "severity": "critical",
        },
        "result": answer["result"],
        "meta": {},
        "exception_info": {
            "raised_exception": answer["raised"],
            "exception_message": "it raised" if answer["raised"] else None,
            "exception_traceback": "" if answer["raised"] else None,
        },
    }


def test_a_page_that_was_not_written_is_no_success(report, tmp_path, monkeypatch):
    from great_expectations.render.renderer.page_renderer import ValidationResultsPageRenderer

    def broken(self, *_, **__):
        raise ValueError("no")

    monkeypatch.setattr(ValidationResultsPageRenderer, "render", broken)
    with pytest.raises(RuntimeError, match="has not written the page"):
        data_docs({"people.csv": report.to_json_dict()}, tmp_path, run_name="r1", run_time=NOON)
