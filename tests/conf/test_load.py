from __future__ import annotations

from datetime import date

import pytest

from headgate.conf import PipelineError, load
from headgate.conf.parse import read_document
from headgate.conf.problems import dotted
from tests.conf.clinic import CLINIC, changed, line_of, problem, problems, read


def test_the_clinic_is_read_into_frozen_values():
    pipeline = read()
    assert pipeline.name == "clinic"
    assert pipeline.landing == "/data/clinic"
    assert pipeline.datasets["patients"].source.delimiter == ";"
    assert pipeline.star.calendars["dim_date"].from_ == date(2015, 1, 1)
    assert pipeline.star.facts["fact_visit"].references["patient_key"].on == {"patient_id": "patient_id"}
    assert pipeline.exports["returns"].splits == {"train": 0.7, "validation": 0.15, "test": 0.15}
    with pytest.raises(ValueError, match="frozen"):
        pipeline.name = "other"  # type: ignore[misc]


def test_sections_but_the_datasets_are_optional():
    pipeline = read("name: a\ndatasets:\n  b:\n    source: {files: b.csv}\n    suite: b.json\n")
    assert (pipeline.star.facts, pipeline.exports, pipeline.model, pipeline.simulate) == ({}, {}, None, None)
    assert pipeline.datasets["b"].tolerance == 0.05


def test_a_misspelt_key_prints_as_one_line_with_place_nearest_and_allowed():
    found = problem(changed("    source: {files", "    sorce: {files"))
    assert str(found) == (
        "clinic.yaml:5: datasets.patients.sorce: unknown key 'sorce'; did you mean 'source'? "
        "(allowed: source, clean, suite, tolerance, allow_empty, publish, trends)"
    )


@pytest.mark.parametrize(
    ("old", "new", "key", "value", "nearest"),
    [
        ("landing:", "landin:", "landin", "landin", "landing"),
        ("    tolerance:", "    tolerence:", "datasets.patients.tolerence", "tolerence", "tolerance"),
        ("delimiter:", "delimeter:", "datasets.patients.source.delimeter", "delimeter", "delimiter"),
        (
            "      attributes:",
            "      atributes:",
            "star.dimensions.dim_patient.atributes",
            "atributes",
            "attributes",
        ),
        ("      grain:", "      grian:", "star.facts.fact_visit.grian", "grian", "grain"),
        ("    from: fact_visit", "    form: fact_visit", "exports.returns.form", "form", "from"),
        ("    label:", "    lable:", "exports.returns.lable", "lable", "label"),
        ("  facts:", "  fact:", "star.fact", "fact", "facts"),
        ("from: patients", "from: patient", "star.dimensions.dim_patient.from", "patient", "patients"),
        ("from: visits", "from: visit", "star.facts.fact_visit.from", "visit", "visits"),
        ("from: fact_visit", "from: fact_visits", "exports.returns.from", "fact_visits", "fact_visit"),
        (
            "dimension: dim_patient",
            "dimension: dim_patients",
            "star.facts.fact_visit.references.patient_key.dimension",
            "dim_patients",
            "dim_patient",
        ),
        (
            "on: {patient_id:",
            "on: {patientid:",
            "star.facts.fact_visit.references.patient_key.on.patientid",
            "patientid",
            "patient_id",
        ),
        (
            "on: {date:",
            "on: {day:",
            "star.facts.fact_visit.references.visited_date_key.on.day",
            "day",
            None,
        ),
        (
            "join: {patient_key:",
            "join: {patent_key:",
            "exports.returns.join.patent_key",
            "patent_key",
            "patient_key",
        ),
        (
            "[sex, birth_date]}",
            "[sex, birthdate]}",
            "exports.returns.join.patient_key.1",
            "birthdate",
            "birth_date",
        ),
        ("export: returns", "export: return", "model.export", "return", "returns"),
        (
            "estimator: logistic_regression",
            "estimator: logistic_regresion",
            "model.estimator",
            "logistic_regresion",
            "logistic_regression",
        ),
    ],
)
def test_a_name_that_is_not_there_has_its_place_and_the_nearest(
    old: str, new: str, key: str, value: str, nearest: str | None
):
    text = changed(old, new)
    found = {each.key: each for each in problems(text)}
    assert key in found, "\n".join(map(str, found.values()))
    assert (found[key].file, found[key].line) == ("clinic.yaml", line_of(text, new))
    assert (found[key].value, found[key].nearest) == (value, nearest)
    assert found[key].allowed


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("name: clinic", "name: Clinic", "name"),
        ("  patients:\n", "  Patients-2:\n", "datasets.Patients-2"),
        ("    suite: suites/patients.json\n", "", "datasets.patients.suite"),
        ("suites/patients.json", "/suites/patients.json", "datasets.patients.suite"),
        ("suites/patients.json", "s3://b/patients.json", "datasets.patients.suite"),
        ("suites/patients.json", "suites/patients.yaml", "datasets.patients.suite"),
        ("tolerance: 0.05", "tolerance: 1.5", "datasets.patients.tolerance"),
        ("tolerance: 0.05", "tolerance: .nan", "datasets.patients.tolerance"),
        ("tolerance: 0.05", 'tolerance: "0.05"', "datasets.patients.tolerance"),
        ("tolerance: 0.05", "tolerance: yes", "datasets.patients.tolerance"),
        ("tolerance: 0.05", "allow_empty: 1", "datasets.patients.allow_empty"),
        ("tolerance: 0.05", "trends: {runs: 0}", "datasets.patients.trends.runs"),
        ("tolerance: 0.05", "trends: {numbers: some}", "datasets.patients.trends.numbers"),
        ('delimiter: ";"', 'delimiter: ""', "datasets.patients.source.delimiter"),
        ('delimiter: ";"', "encoding: utf-9", "datasets.patients.source.encoding"),
        ('delimiter: ";"', "encoding: hex", "datasets.patients.source.encoding"),
        ('delimiter: ";"', "format: xls", "datasets.patients.source.format"),
        ('delimiter: ";"', "columns: [a, b, a]", "datasets.patients.source.columns"),
        ('delimiter: ";"', "quote: ','", "datasets.patients.source.quote"),
        ("natural_key: [patient_id]", "natural_key: []", "star.dimensions.dim_patient.natural_key"),
        ("[sex, birth_date]", "[sex, sex]", "star.dimensions.dim_patient.attributes"),
        ("[sex, birth_date]", "[sex, patient_id]", "star.dimensions.dim_patient.attributes.1"),
        ("from: 2015-01-01", "from: 2026-01-01", "star.calendars.dim_date.to"),
        ("from: 2015-01-01", "from: 1.1.2015", "star.calendars.dim_date.from"),
        ("from: 2015-01-01", "from: 20150101", "star.calendars.dim_date.from"),
        ("from: 2015-01-01", "from: 2015-01-01 10:00:00", "star.calendars.dim_date.from"),
        ("from: 2015-01-01", 'from: "2015-02-30"', "star.calendars.dim_date.from"),
        (
            "natural_key: [patient_id]",
            "natural_key: [a, patient_id]",
            "star.facts.fact_visit.references.patient_key.on",
        ),
        ("dim_date: {", "dim_patient: {", "star.calendars.dim_patient"),
        ("patient_id, minutes]", "patient_key, minutes]", "star.facts.fact_visit.columns.1"),
        (
            "join: {patient_key: [sex",
            "join: {patient_key: [patient_id, sex",
            "exports.returns.join.patient_key.0",
        ),
        ("test: 0.15", "test: 0.2", "exports.returns.splits"),
        ("train: 0.7", "training: 0.7", "exports.returns.splits"),
        ("validation: 0.15, test: 0.15", "validation: 0.3", "exports.returns.splits"),
        ("train: 0.7", "train: 0", "exports.returns.splits.train"),
        ("    group: patient_id\n", "", "exports.returns.group"),
        ("    label: returned\n", "", "exports.returns.label"),
        ("categorical: [sex]", "categorical: [returned]", "exports.returns.features.categorical.0"),
        ("categorical: [sex]", "categorical: [patient_id]", "exports.returns.features.categorical.0"),
        ("categorical: [sex]", "categorical: [minutes]", "exports.returns.features.categorical.0"),
        ("{numeric: [minutes], categorical: [sex]}", "{}", "exports.returns.features"),
        ("label: returned", "label: patient_id", "exports.returns.label"),
        ("by: [sex]", "by: [returned]", "exports.returns.dashboard.by.0"),
        ("by: [sex]", "by: []", "exports.returns.dashboard.by"),
        ("seed: 7\n", "seed: 7.0\n", "exports.returns.seed"),
        ("seed: 7\n", "seed: ${SEED:-7}\n", "exports.returns.seed"),
    ],
)
def test_what_is_not_right_in_itself_has_its_place(old: str, new: str, key: str):
    assert key in [each.key for each in problems(changed(old, new))]


@pytest.mark.parametrize(
    "files",
    [
        "/etc/passwd",
        "~/x.csv",
        "../x.csv",
        "a/../../x.csv",
        "a/..",
        "{a,..}/x.csv",
        "{./.,a}./x.csv",
        "s3://bucket/x.csv",
        "file:/x.csv",
        "C:/x.csv",
        "a\\\\..\\\\x.csv",
        "a\\nb",
        "a\\0",
    ],
)
def test_source_files_cannot_leave_the_landing_folder(files: str):
    found = problem(changed('files: "patients*.csv"', f'files: "{files}"'))
    assert found.key == "datasets.patients.source.files"


@pytest.mark.parametrize("files", ["*.csv", "a/b-*/x.{csv,tsv}", "patients..csv", "2015-[0-9]*/..x.csv"])
def test_source_files_may_be_any_glob_below_the_landing_folder(files: str):
    assert not problems(changed('files: "patients*.csv"', f'files: "{files}"'))


def test_the_members_of_an_archive_cannot_leave_it_either():
    found = problem(changed("files: visits.zip", "files: visits.zip\n      member: ../x.csv"))
    assert found.key == "datasets.visits.source.member"


def test_a_day_may_be_quoted():
    assert read(changed("from: 2015-01-01", 'from: "2015-01-01"')).star.calendars["dim_date"].from_ == date(
        2015, 1, 1
    )


def test_a_missing_key_is_reported_where_it_should_be():
    text = changed("    suite: suites/patients.json\n", "")
    found = problem(text)
    assert (found.line, found.key) == (line_of(text, "  patients:"), "datasets.patients.suite")


def test_a_misspelt_key_is_not_also_reported_as_missing():
    assert (
        problem(changed("    suite: suites/patients.json", "    suit: suites/patients.json")).nearest
        == "suite"
    )


def test_a_wrong_name_is_reported_besides_what_is_wrong_under_it():
    found = problems(changed("  patients:\n", "  Patients:\n").replace("tolerance: 0.05", "tolerance: 2"))
    assert {"datasets.Patients", "datasets.Patients.tolerance"} <= {each.key for each in found}


def test_all_problems_of_a_file_come_together_in_its_order():
    text = (
        changed("name: clinic", "name: Clinic")
        .replace("delimiter", "delimeter")
        .replace("- trim_text", "- trim_txt")
        .replace("from: visits", "from: visit")
        .replace("test: 0.15", "test: 0.25")
        .replace("seed: 7}", "seed: x}")
        .replace("${LANDING:-/data/clinic}", "${LANDING}")
    )
    found = problems(text)
    assert [each.key for each in found] == [
        "name",
        "landing",
        "datasets.patients.source.delimeter",
        "datasets.patients.clean.0",
        "star.facts.fact_visit.from",
        "exports.returns.splits",
        "model.seed",
    ]
    assert [each.line for each in found] == sorted(each.line or 0 for each in found)


def test_the_error_prints_one_line_a_problem():
    with pytest.raises(PipelineError) as error:
        read(changed("name: clinic", "name: 1").replace("seed: 7}", "seed: x}"))
    assert str(error.value).splitlines() == [str(each) for each in error.value.problems]
    assert len(error.value.problems) == 2


SCALARS = [
    dotted(path)
    for path, place in read_document(CLINIC, file="p.yaml").places.items()
    if place.text is not None
]


@pytest.mark.parametrize("key", SCALARS)
def test_a_variable_is_shown_by_its_name_and_not_by_its_value(key: str):
    found = problems(overrides=(f"{key}=${{X}}", "model.sed=7"), X="hunter-2")
    assert found
    assert "hunter" not in "".join(str(each) for each in found if each.key == key)


def test_a_section_of_another_kind_is_one_problem():
    found = problem("name: a\ndatasets: [b]\nmodel: {export: c}")
    assert (found.line, found.key) == (2, "datasets")


def test_a_file_that_is_no_mapping_is_refused():
    assert problem("- a\n- b\n").key == ""


def test_nothing_is_read_from_the_real_environment(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LANDING", "/elsewhere")
    assert read().landing == "/data/clinic"


def test_a_file_without_steps_needs_none():
    text = "name: a\ndatasets: {b: {source: {files: b.csv}, suite: b.json}}"
    assert load(text, source="a.yaml", steps={}, fits={}, environment={}).name == "a"


def test_anchors_and_merge_keys_serve_to_write_things_once():
    text = CLINIC.replace(
        'source: {files: "patients*.csv", delimiter: ";"}', 'source: &source {files: "p.csv", delimiter: ";"}'
    )
    text = text.replace("      files: visits.zip", "      <<: *source\n      files: visits.zip")
    assert read(text).datasets["visits"].source.delimiter == ";"
