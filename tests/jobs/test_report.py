"""The report page: what it says, what it refuses to say, and that no data can break out of it."""

from __future__ import annotations

import base64
import copy
import hashlib
import json
import math
import re
from html.parser import HTMLParser
from typing import Any

import pytest

from headgate.jobs.report import render
from headgate.jobs.report.bands import THICKEST, THINNEST, bands
from headgate.jobs.report.conservation import balance
from headgate.jobs.report.intervals import wilson
from headgate.jobs.report.reading import read_summary
from headgate.jobs.report.way import way_of
from tests.jobs import summaries

ALL = ["diabetes", "hospital", "refused", "failed", "twelve_datasets", "hostile"]
VOID = {"meta", "link", "br", "img", "input", "hr", "base"}


class Page(HTMLParser):
    """A page taken apart: its elements, the text under each id, and whether its tags are balanced."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.path: list[tuple[str, str | None]] = []
        self.unbalanced: list[str] = []
        self.texts: list[tuple[tuple[tuple[str, str | None], ...], str]] = []
        self.feed(html)
        self.close()
        self.unbalanced += [name for name, _ in self.path]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.path.append((tag, dict(attrs).get("id")))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if self.path and self.path[-1][0] == tag:
            self.path.pop()
        else:
            self.unbalanced.append(f"/{tag}")

    def handle_data(self, data: str) -> None:
        self.texts.append((tuple(self.path), data))

    def text(self, identity: str | None = None) -> str:
        """The text a reader sees under an id, or on the whole page, blanks run together."""
        seen = (
            data
            for path, data in self.texts
            if not any(tag in ("style", "title", "desc") for tag, _ in path)
            and (identity is None or any(at == identity for _, at in path))
        )
        return " ".join(" ".join(seen).split())

    def sections(self) -> list[str | None]:
        """The ids of the sections, in order."""
        return [attributes.get("id") for tag, attributes in self.elements if tag == "section"]


def page(summary: dict[str, Any]) -> Page:
    return Page(render(summary))


@pytest.fixture(params=ALL)
def summary(request: pytest.FixtureRequest) -> dict[str, Any]:
    return getattr(summaries, request.param)()  # type: ignore[no-any-return]


def test_every_tag_is_closed_where_it_was_opened(summary: dict[str, Any]) -> None:
    assert page(summary).unbalanced == []


def test_no_id_occurs_twice(summary: dict[str, Any]) -> None:
    ids = [attributes["id"] or "" for _, attributes in page(summary).elements if "id" in attributes]
    assert sorted(set(ids)) == sorted(ids)


def test_there_is_no_script_and_no_address_outside_the_page(summary: dict[str, Any]) -> None:
    for tag, attributes in page(summary).elements:
        assert tag not in ("script", "iframe", "object", "embed", "img", "base", "form", "use")
        assert not [
            name for name in attributes if name.startswith("on") or name in ("style", "src", "srcset")
        ]
        assert (attributes.get("href") or "#").startswith(("#", "data:,"))
    style = render(summary).partition("<style>")[2].partition("</style>")[0]
    assert "url(" not in style
    assert "@import" not in style


def test_the_policy_allows_its_own_stylesheet_and_nothing_else() -> None:
    html = render(summaries.diabetes())
    style = re.search("<style>(.*?)</style>", html, re.DOTALL)
    policy = re.search('Content-Security-Policy" content="([^"]*)"', html)
    assert style is not None
    assert policy is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    rules = dict(rule.strip().split(" ", 1) for rule in policy[1].split(";"))
    assert rules["default-src"] == "'none'"
    assert rules["style-src"] == f"'sha256-{digest}'"
    assert "script-src" not in rules


def test_every_picture_is_announced_by_its_title_and_description(summary: dict[str, Any]) -> None:
    taken = page(summary)
    ids = {
        attributes["id"]
        for tag, attributes in taken.elements
        if tag in ("title", "desc") and "id" in attributes
    }
    pictures = [attributes for tag, attributes in taken.elements if tag == "svg"]
    for picture in pictures:
        if picture.get("aria-hidden") != "true":
            assert picture["role"] == "img"
            assert set((picture["aria-labelledby"] or "").split()) <= ids


def test_sections_come_in_the_order_of_the_run() -> None:
    assert page(summaries.diabetes()).sections() == [
        "way",
        "conservation",
        "gates",
        "quarantine",
        "missing",
        "dashboard",
        "export",
        "model",
        "timings",
    ]
    assert page(summaries.hospital()).sections() == [
        "way",
        "conservation",
        "gates",
        "quarantine",
        "missing",
        "planted",
        "dashboard",
        "export",
        "timings",
    ]


def test_links_lead_to_sections_that_are_there(summary: dict[str, Any]) -> None:
    taken = page(summary)
    links = [(attributes.get("href") or "")[1:] for tag, attributes in taken.elements if tag == "a"]
    assert links == taken.sections()


def test_the_head_says_what_was_run_and_what_it_came_to() -> None:
    text = page(summaries.diabetes()).text()
    for said in (
        "diabetes130 Done",
        "Every row that was read is accounted for",
        "2025-11-21T114307Z-4f1c",
        "21 Nov 2025, 11:43 UTC",
        "84.2 s",
        "s3://hospital-lake/diabetes",
        "rows read 101,829",
        "equations hold 17 of 17",
        "expectations hold 11 of 12",
        "rows exported 99,343",
        "ROC AUC 0.682",
        "spark 3.5.7",
    ):
        assert said in text


def test_the_way_carries_a_count_on_every_arrow_and_a_name_on_every_leaving() -> None:
    wide = re.search(r'<svg class="flow wide".*?</svg>', render(summaries.hospital()), re.DOTALL)
    assert wide is not None
    drawn = Page(wide[0])
    text = drawn.text()
    # lab_results: landing to raw, raw to clean, clean to gate, gate to curated, then into the fact.
    assert text.count("84,213") == 2
    assert text.count("62,508") == 1
    assert text.count("61,305") == 2
    for leaving in (
        "4,022 duplicates",
        "411 superseded",
        "17,180 dropped: not_a_result",
        "92 dropped: before_2015",
        "1,203 quarantined",
        "4 quarantined",
        "301 died_in_hospital",
    ):
        assert leaving in text


def test_the_way_is_told_in_words_to_who_cannot_see_it() -> None:
    told = way_of(read_summary(summaries.hospital())).in_words()
    assert (
        "patients: 2,061 rows from landing to raw, 2,061 rows from raw to clean, "
        "2,000 rows from clean to the gate, 1,998 rows from the gate to curated, "
        "21 duplicates, 40 superseded, 2 quarantined." in told
    )
    assert "dim_patient from patients: 1,998 rows read, 1,999 published." in told


def test_bands_are_in_proportion_and_never_thinner_than_a_hairline() -> None:
    courses = {course.dataset: course for course in way_of(read_summary(summaries.twelve_datasets())).courses}
    vital = bands(courses["vital_signs"])
    assert vital.landed == pytest.approx(THICKEST, abs=3 * THINNEST)
    assert vital.at_clean[2] == pytest.approx(0.38 * THICKEST)
    assert vital.at_gate == (THINNEST,)
    assert vital.curated + sum(vital.at_gate) + sum(vital.at_clean) == pytest.approx(vital.cleaned)
    assert bands(courses["wards"]).landed == THICKEST
    assert bands(courses["staff"]).curated == 0


def test_more_rules_than_fit_are_summed_and_none_is_lost() -> None:
    course = next(
        course
        for course in way_of(read_summary(summaries.twelve_datasets())).courses
        if course.dataset == "billing_items"
    )
    assert course.at_clean[-1].name == "dropped by 6 more rules"
    dropped = sum(leaving.rows for leaving in course.at_clean if "dropped" in leaving.name)
    assert dropped == sum(11_000 - 900 * i for i in range(11))


@pytest.mark.parametrize(
    ("stage", "published", "left", "lost", "made"),
    [
        (
            "curate",
            95,
            {"superseded": 1, "duplicates": 1, "quarantined": 1, "dropped": {"a": 1, "b": 1}},
            0,
            0,
        ),
        ("curate", 95, {"superseded": 2}, 3, 0),
        ("curate", 101, {}, -1, 0),
        ("star", 101, {}, 0, 1),
        ("star", 99, {}, 1, 0),
        ("curate", 0, {"status": "refused", "quarantined": 40}, None, 0),
        ("curate", None, {}, None, 0),
        ("curate", 99, {"status": "unchanged", "duplicates": 1}, 0, 0),
        ("curate", 7, {"status": "unchanged"}, None, 0),
    ],
)
def test_a_stage_balances_only_when_no_row_is_unnamed(
    stage: str, published: int | None, left: dict[str, Any], lost: int | None, made: int
) -> None:
    entry = summaries.stage(stage, "patients", 100, published, **left)
    got = balance(read_summary({"stages": [entry]}).stages[0])
    assert (got.lost, got.made) == (lost, made)


def test_conservation_is_checked_line_by_line() -> None:
    text = page(summaries.hospital()).text("conservation")
    assert (
        "lab_results 84,213 61,305 411 4,022 1,203 17,272 17,180 not_a_result 92 before_2015 balances" in text
    )
    assert text.count("balances") == 16
    assert "unaccounted for" not in text


def test_a_run_that_lost_rows_is_not_called_good() -> None:
    summary = summaries.hospital()
    summary["stages"][5]["published"] -= 7
    taken = page(summary)
    assert "7 unaccounted for" in taken.text("conservation")
    assert "The run ended, but 7 rows are not accounted for." in taken.text()
    assert ("header", {"class": "head bad"}) in taken.elements


def test_a_closed_gate_in_a_run_that_says_done_is_not_called_good() -> None:
    summary = summaries.hospital()
    summary["gates"][0]["success"] = False
    taken = page(summary)
    assert "The run ended, but the gate of curated/lab_results did not pass." in taken.text()
    assert ("header", {"class": "head bad"}) in taken.elements


def test_a_run_that_found_everything_done_shows_the_counts_that_stand() -> None:
    summary = summaries.hospital()
    for entry in summary["stages"]:
        entry["status"] = "unchanged"
    taken = page(summary)
    assert "Nothing new had arrived; every table stands as it stood." in taken.text()
    assert "patients unchanged 2,061 2,061 2,000 1,998" in taken.text("way")
    assert "1,999 rows, unchanged" in taken.text("way")
    assert taken.text("conservation").count("balances unchanged") == 16


def test_a_refused_run_says_what_was_refused_and_why() -> None:
    taken = page(summaries.refused())
    text = taken.text()
    assert "hospital Refused" in text
    assert "The gate refused curated/lab_results. Nothing of it was published" in text
    assert "31.4% of the rows fail, the tolerance is 5%" in text
    assert "refused: nothing published" in taken.text("way")
    assert (
        "lab_results 84,213 – 0 4,022 – 0 refused, nothing published: 25,180 turned away, 0 had passed"
        in taken.text("conservation")
    )
    assert "No training set was exported" in taken.text("export")
    assert ("header", {"class": "head bad"}) in taken.elements


def test_a_failed_run_says_where_it_stopped() -> None:
    text = page(summaries.failed()).text()
    assert "hospital Failed" in text
    assert "The run stopped in ingest of patients." in text
    assert "landing/patients.csv: no such file; put it there or set --landing" in text


def test_what_is_not_there_is_said_in_one_sentence() -> None:
    taken = page({})
    assert taken.sections() == ["way", "conservation", "gates", "quarantine", "missing", "export", "timings"]
    for section, said in (
        ("way", "No stage was run"),
        ("conservation", "nothing to balance"),
        ("gates", "No table came before a gate"),
        ("quarantine", "did not come as far"),
        ("missing", "not measured"),
        ("export", "No training set"),
        ("timings", "No stage recorded its time"),
    ):
        assert said in taken.text(section)
    assert "does not say how the run ended" in taken.text()


@pytest.mark.parametrize("key", sorted(summaries.diabetes()))
@pytest.mark.parametrize("broken", [None, [], {}, "text", math.nan, [None, 3, "x", []], {"a": None}])
def test_any_key_may_be_broken(key: str, broken: object) -> None:
    assert page(summaries.diabetes() | {key: broken}).unbalanced == []


@pytest.mark.parametrize("key", sorted(summaries.diabetes()))
def test_any_key_may_be_missing(key: str) -> None:
    summary = summaries.diabetes()
    del summary[key]
    assert page(summary).unbalanced == []


def test_a_summary_of_empty_entries_renders() -> None:
    lists = ("stages", "gates", "quarantine", "missingness", "planted", "dashboard", "exports")
    assert page({key: [{}] for key in lists} | {"model": {"roc": None}}).unbalanced == []


def test_the_summary_is_left_as_it_was() -> None:
    summary = summaries.hospital()
    before = copy.deepcopy(summary)
    render(summary)
    assert summary == before


def test_a_summary_that_went_through_json_gives_the_same_page(summary: dict[str, Any]) -> None:
    assert render(json.loads(json.dumps(summary))) == render(summary)


def test_hostile_texts_are_shown_and_not_run() -> None:
    html = render(summaries.hostile())
    taken = Page(html)
    assert "<script" not in html
    assert "<img" not in html
    assert summaries.HOSTILE in taken.text()
    assert "{{7*7}}" in taken.text()
    html.encode("utf-8")
    assert not re.search("[\x00-\x09\x0b-\x1f\u202a-\u202e\u2066-\u2069]", html)


def test_long_texts_are_cut_and_keep_more_of_themselves_as_a_title() -> None:
    taken = page(summaries.hostile())
    longest = max(
        len(data) for path, data in taken.texts if path and path[-1][0] not in ("style", "desc", "title")
    )
    assert longest <= 400
    titles = [attributes["title"] or "" for _, attributes in taken.elements if "title" in attributes]
    assert max(map(len, titles)) == 600


def test_null_nan_and_empty_text_can_be_told_apart() -> None:
    examples = [None, math.nan, "", " ", 0]
    unmet = summaries.expectation("expect_column_values_to_be_unique", "id", success=False, examples=examples)
    text = page({"gates": [summaries.gate("curated/x", [unmet])]}).text("gates")
    assert "null NaN empty text 0" in text


def test_failing_expectations_come_first_and_holding_ones_are_folded() -> None:
    taken = page(summaries.refused())
    text = taken.text("gates")
    assert text.index("curated/lab_results") < text.index("curated/patients")
    assert (
        text.index("values to be between")
        < text.index("values to match regex")
        < text.index("values to not be null")
    )
    folded = [
        " ".join(data.split()) for path, data in taken.texts if any(tag == "details" for tag, _ in path)
    ]
    assert "values to not be null" in folded
    assert "values to be between" not in folded
    assert "25,180 31.40% of 80,191" in text
    assert "min value 0 · max value 2000" in text
    assert "there is no column 'unitt'; did you mean 'unit'?" in text


def test_a_doubtful_answer_is_shown_first_though_it_holds() -> None:
    held = summaries.expectation("expect_column_values_to_be_in_set", "sex", id="known-sex")
    found = summaries.expectation("expect_column_values_to_not_be_null", "age", unexpected_count=7)
    warning = {"name": "null-in-set", "expectation_id": "known-sex", "problem": "…"}
    gate = summaries.gate("curated/x", [found, held], warnings=[warning], spark_jobs=2, success=False)
    text = page({"gates": [gate]}).text("gates")
    assert text.index("cannot be believed sex") < text.index("holds age")
    assert "not to be believed, a defect of Great Expectations: null-in-set" in text
    assert "The audit took 2 Spark jobs." in text


def test_quarantine_names_file_line_and_value() -> None:
    text = page(summaries.hospital()).text("quarantine")
    assert "1,267 rows were set aside" in text
    assert "lab_results value outside 0 to 2000 expect_column_values_to_be_between 1,203" in text
    assert "lab_results-2025-11-20.csv:118 -4.2" in text
    assert "encounters.csv:940 empty text" in text
    assert "Values made null by a step, rows kept" in text


def test_missing_values_are_shares_of_the_rows_and_of_the_training_set() -> None:
    text = page(summaries.diabetes()).text("missing")
    assert "weight 0% 96.9% left out" in text
    assert "race 0% 2.2% 0%" in text
    assert "diag_1 0% <0.1% 0%" in text
    assert "4 columns never lack a value encounter_id , sex , age , insulin" in text
    summary = summaries.diabetes()
    summary["missingness"] = [summaries.missing("encounters", "weight", 101_766, 0, 98_569, 9_934)]
    assert "weight 0% 96.9% 10.0%" in page(summary).text("missing")
    summary["exports"] *= 2
    assert "weight 0% 96.9% 9,934" in page(summary).text("missing")


def test_planted_defects_are_held_against_what_was_found() -> None:
    text = page(summaries.hospital()).text("planted")
    assert "hid 5,434 defects of 5 kinds" in text
    assert "5,433 were found, 1 missed, and 0 found that nobody planted" in text
    assert "unit mixup medications 34 33 1 0 one dose is possible in both units" in text
    summary = summaries.hospital()
    summary["planted"] = summary["planted"][:4]
    assert "All of them were found" in page(summary).text("planted")


def test_rates_carry_their_counts_and_wilson_intervals() -> None:
    html = render(summaries.diabetes())
    text = Page(html).text("dashboard")
    assert "0–10 1.9% 161" in text
    assert "all 11.2%" in text
    low, high = wilson(rate=3 / 161, trials=161)
    assert f"0–10: 1.9% (95% interval {low:.1%} to {high:.1%}) of 161." in html


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    # Newcombe (1998), Statistics in Medicine 17: 857-872, table I, method 3.
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_gives_the_published_intervals(successes: int, trials: int, low: float, high: float) -> None:
    assert wilson(rate=successes / trials, trials=trials) == pytest.approx((low, high), abs=5e-5)


def test_the_export_shows_splits_labels_exclusions_and_hash() -> None:
    text = page(summaries.diabetes()).text("export")
    assert "train 69,540 70.0% 0 : 61,616 88.6% 1 : 7,924 11.4%" in text
    assert "2,423 expired_or_hospice" in text
    assert "sha256:9f2c64d0" in text


def test_the_model_is_held_against_guessing() -> None:
    taken = page(summaries.diabetes())
    text = taken.text("model")
    for said in (
        "area 0.682",
        "area 0.231",
        "base rate 11.4%",
        "chance",
        "always the base rate: 0.1008",
        "visits_before",
    ):
        assert said in text
    titles = [data for path, data in taken.texts if path[-1:] and path[-1][0] == "title"]
    assert {"ROC curve", "Precision and recall", "Calibration", "Importance of the features"} <= set(titles)


def test_timings_name_versions_and_what_was_read() -> None:
    text = page(summaries.diabetes()).text("timings")
    assert "curate encounters done 24.6 s 0 raw/encounters @0" in text
    assert text.startswith(
        "Timings Stage Dataset Status Seconds Version Read from ingest encounters done 11.8 s"
    )


def test_what_was_not_asked_is_said_by_name_and_the_past_is_drawn() -> None:
    summary = copy.deepcopy(summaries.hospital())
    gate = summary["gates"][0]
    gate["not_asked"] = [
        {
            "id": "x",
            "type": "expect_column_mean_to_be_between",
            "column": "age<b>",
            "severity": "critical",
            "needs": ["trend_age_mean"],
        }
    ]
    gate["past"] = {"rows": [100, 90, 50], "null_rates": {"age": [0.0, None, 0.5], "sex": [0.1]}}
    html = render(summary)
    page = Page(html)
    assert page.unbalanced == []
    said = page.text("gates")
    assert "1 not asked" in said
    assert "age<b> : mean to be between needs trend_age_mean" in said
    assert "rows 100 → 90 → 50" in said
    assert "nulls in age 0% → 50.0%" in said
    assert "nulls in sex" not in said
    assert len(re.findall('class="sparkline"', html)) == 2
