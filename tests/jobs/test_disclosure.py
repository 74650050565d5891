"""Values of columns about persons are told nowhere but in the tables that hold them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from headgate.conf import Step
from headgate.etl.lake.zones import Lake
from headgate.etl.load.disclosure import Disclosure, looks_personal
from headgate.jobs import quarantine
from headgate.jobs.context import load_pipeline
from headgate.jobs.disclosure import made_by
from headgate.jobs.entry import run_pipeline

TEXT, NUMBER = "M4RK3R", 41414141

PIPELINE = """
name: clinic
pii: [Notes]
datasets:
  people:
    source: {files: "*.csv"}
    clean:
      - rename_to_snake_case
      - cast_columns: {columns: {mrn: int, ssn: int}}
      - parse_dates: {columns: [birth_date], formats: [yyyy-MM-dd]}
      - add_columns: {columns: {shout: "concat('x', notes)"}}
    suite: s.json
    tolerance: 0.9
    trends: {numbers: all}
"""

CSV = f"""id,Name,Email,MRN,SSN,Birth Date,Notes,Ward
1,{TEXT},a@x.org,{NUMBER},1,2000-01-01,fine,W4RD
2,{TEXT},{TEXT},1,2,2000-01-02,{TEXT},W4RD
3,ann,b@x.org,2,{TEXT},2000-01-03,{TEXT},W4RD
4,bob,c@x.org,3,4,{TEXT},fine,W4RD
5,{TEXT},d@x.org,4,5,2000-01-05,{TEXT},W4RD
6,{TEXT},d@x.org,4,5,2000-01-05,{TEXT},W4RD
7,{TEXT}
"""


def rule(name: str, severity: str = "warning", **kwargs: object) -> dict[str, object]:
    return {"type": f"expect_{name}", "kwargs": kwargs, "severity": severity}


RULES = [
    rule("column_values_to_match_regex", "critical", column="email", regex="@"),
    rule("column_values_to_be_in_set", column="name", value_set=["ann"]),
    rule("column_distinct_values_to_be_in_set", column="name", value_set=["ann"]),
    rule("column_most_common_value_to_be_in_set", column="name", value_set=["ann"]),
    rule("column_max_to_be_between", column="mrn", max_value=9),
    rule("column_sum_to_be_between", column="mrn", max_value=9),
    rule("column_median_to_be_between", column="mrn", max_value=1),
    rule("column_values_to_be_between", column="mrn", max_value=9),
    rule("column_values_to_be_unique", column="notes"),
    rule("column_values_to_not_match_regex", column="shout", regex="xM"),
    rule("compound_columns_to_be_unique", column_list=["email", "name"]),
    rule("column_pair_values_to_be_equal", column_A="name", column_B="notes"),
    rule("column_values_to_be_in_set", column="ward", value_set=["A"]),
    rule("table_row_count_to_equal", value=1),
]


def test_names_that_look_personal() -> None:
    personal = (
        "ssn SSN patient_ssn birth_date dob DateOfBirth birthdate email e-mail eMailAddress phone "
        "home_phone phoneNumber address Address1 street zip zip_code postcode name Name first_name "
        "lastName lastname patientname mrn insurance_number insurer_name passport_no iban tax_id "
        "nhs_no fax mobile ip driver_license medical_record_number social_security username "
    )
    assert [name for name in personal.split() if not looks_personal(name)] == []
    plain = "id cost ward amount unit test value department status visit_id taken_at diagnosis age"
    assert [name for name in plain.split() if looks_personal(name)] == []


def test_each_word_tells_as_much_as_it_says() -> None:
    policy = Disclosure(columns={"ward": "hide", "name": "show"})
    assert policy.value("Name", "Ann") == "Ann"
    assert policy.value("ward", "A2") is None
    assert policy.value("Home Phone", "+43 1/23") == "+99 9/99"
    assert policy.value("cost, ward", ["A2"]) is None
    assert Disclosure("hide").value("cost", 5) is None
    assert Disclosure("hide", {"cost": "show"}).value("cost", 5) == 5
    assert Disclosure("show").value("ssn", "1-2") == "1-2"
    assert policy.record('{"name": "Ann", "ward": "A2", "ssn": 12}') == (
        '{"name": "Ann", "ward": null, "ssn": "99"}'
    )
    assert policy.record("7,Ann\nsecret") == "9,Xxx\nxxxxxx"
    assert policy.value("_record", "7,Ann") == "9,Xxx"


def test_a_record_that_could_not_be_read_is_told_as_what_it_may_hold() -> None:
    assert Disclosure().value("_record", "7,Ann") == "9,Xxx"
    assert Disclosure("hide").value("_record", "7,Ann") is None
    assert Disclosure("show").value("_record", "7,Ann") == "7,Ann"
    assert Disclosure(columns={"record": "show"}).value("_record", "7,Ann") == "7,Ann"


def test_what_steps_make_of_a_column_is_as_secret() -> None:
    policy = Disclosure(columns={"notes": "mask"})
    for name, parameters in (
        ("add_columns", {"columns": {"first": "substring(notes, 1, 1)", "n": "cost + 1"}}),
        ("rename_columns", {"columns": {"first": "remark"}}),
        ("unpivot_columns", {"columns": ["remark", "cost"], "value": "code", "position": "rank"}),
    ):
        policy = policy.with_made(dict(made_by(Step(name=name, parameters=parameters))))
    assert [policy.word(name) for name in ("first", "n", "remark", "code", "rank")] == [
        "mask", "show", "mask", "mask", "show",
    ]  # fmt: skip


def test_results_keep_their_counts_and_lose_their_values() -> None:
    found = {
        "element_count": 5, "unexpected_count": 2, "observed_value": 17, "details": {"value_counts": [1]},
        "partial_unexpected_list": ["Ann", "Bob"],
        "partial_unexpected_counts": [{"value": "Ann", "count": 2}],
    }  # fmt: skip
    masked = Disclosure().result("expect_column_max_to_be_between", ["name"], found)
    assert masked == {
        "element_count": 5, "unexpected_count": 2, "observed_value": "99",
        "partial_unexpected_list": ["Xxx", "Xxx"],
        "partial_unexpected_counts": [{"value": "Xxx", "count": 2}],
    }  # fmt: skip
    hidden = Disclosure("hide").result("expect_column_max_to_be_between", ["cost"], found)
    assert hidden | {"partial_unexpected_list": 0, "partial_unexpected_counts": 0} == {
        "element_count": 5, "unexpected_count": 2, "observed_value": "…",
        "partial_unexpected_list": 0, "partial_unexpected_counts": 0,
    }  # fmt: skip
    counted = Disclosure().result("expect_column_unique_value_count_to_be_between", ["name"], found)
    assert counted["observed_value"] == 17


def test_a_value_is_found_in_raw_curated_and_quarantine_alone(
    spark: SparkSession, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "landing").mkdir()
    (tmp_path / "landing" / "people.csv").write_text(CSV)
    (tmp_path / "p.yaml").write_text(PIPELINE)
    (tmp_path / "s.json").write_text(json.dumps({"name": "s", "expectations": RULES}))
    pipeline, source = load_pipeline(str(tmp_path / "p.yaml"))
    lake = tmp_path / "lake"
    summary = run_pipeline(
        pipeline,
        source=source,
        lake=Lake(str(lake)),
        landing=str(tmp_path / "landing"),
        run_id="r1",
        steps=("ingest", "curate"),
        log_format="text",
        print_json=True,
        data_docs=True,
    )
    assert summary["stages"][-1]["quarantined"] == 4
    for given in ((), ("--rows",), ("--rows", "--json"), ("--json",)):
        quarantine.main([str(tmp_path / "p.yaml"), "--lake", str(lake), *given])
    said = capsys.readouterr()
    ledger = "\n".join(spark.read.format("delta").load(str(lake / "ledger")).toJSON().collect())
    places = {"output": said.out, "log": said.err, "ledger": ledger}
    for file in lake.rglob("*"):
        zone = file.relative_to(lake).parts[0]
        if file.is_file() and zone not in ("raw", "curated", "quarantine"):
            assert zone in ("ledger", "reports"), file
            places[str(file)] = file.read_bytes().decode("utf-8", "replace")
    # Its own tables' notes repeat what the ledger holds; their statistics are the tables' own.
    for log in (lake / "curated/people/_delta_log").glob("*.json"):
        places[str(log)] = "\n".join(line for line in log.read_text().splitlines() if "commitInfo" in line)
    marker = re.compile(f"{TEXT}|{NUMBER}|4[.]1414")
    assert {place: marker.findall(text) for place, text in places.items() if marker.search(text)} == {}
    assert ("W4RD" in ledger, "X9XX9X" in ledger) == (True, True)
    quarantine.main([str(tmp_path / "p.yaml"), "--lake", str(lake), "--rows", "--json", "--show-values"])
    assert TEXT in capsys.readouterr().out
