"""The transforms of the package, under the names and with the parameters that pipelines give them."""

from __future__ import annotations

import pytest

from headgate import etl
from headgate.conf import PipelineError, load, schema
from headgate.conf.forms import Form, fit_form, step_form
from headgate.etl import health

FITS = {name: getattr(etl, f"fit_{name}") for name in ("fill_missing", "drop_uninformative")}
STEPS = {
    name: getattr(etl, name)
    for name in (
        "rename_to_snake_case",
        "rename_columns",
        "select_columns",
        "trim_text",
        "change_case",
        "sentinels_to_null",
        "cast_columns",
        "parse_dates",
        "parse_numbers",
        "parse_timestamps",
        "map_codes",
        "parse_ranges",
        "convert_units",
        "drop_exact_duplicates",
        "keep_latest",
        "drop_rows",
        "keep_rows",
        "add_columns",
        "unpivot_columns",
    )
} | {name: getattr(health, name) for name in health.__all__}

FORMS = [step_form(name, step) for name, step in STEPS.items()] + [fit_form(*each) for each in FITS.items()]

PIPELINE = """\
name: clinic
datasets:
  patients:
    source: {files: "patients*.csv"}
    suite: suites/patients.json
    clean:
      - %s
"""


def load_step(step: str) -> None:
    load(PIPELINE % step, source="clinic.yaml", steps=STEPS, fits=FITS, environment={})


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_every_step_and_every_parameter_is_described(form: Form):
    assert form.description
    assert not [field.alias for field in form.model.model_fields.values() if not field.description]


@pytest.mark.parametrize(
    "step",
    [
        "rename_to_snake_case",
        "rename_columns: {columns: {Pat ID: patient_id}}",
        "select_columns: {columns: [a, b]}",
        "trim_text",
        "trim_text: {columns: [name]}",
        "change_case: {columns: [name], to: title}",
        'sentinels_to_null: {values: ["?", "None"], keep: {max_glu_serum: ["None"]}}',
        "cast_columns: {columns: {age: int, weight: double}, invalid: 'null'}",
        "parse_dates: {columns: [born_on], formats: [yyyy-MM-dd, dd.MM.yyyy]}",
        "parse_timestamps: {columns: [at], formats: ['yyyy-MM-dd HH:mm'], zone: Europe/Berlin}",
        "map_codes: {column: sex, vocabulary: {1: male, 2: female}, unknown: keep}",
        "group_icd9: {column: diag_1, to: diagnosis, scheme: strack}",
        "parse_numbers: {columns: {cost: 'decimal(9,2)'}, group: '.'}",
        "parse_ranges: {column: age, low: age_low, high: age_high, middle: age_years}",
        "convert_units: {value: weight, unit: unit, to: kg, factors: {kg: 1, lb: 0.45359237}}",
        "drop_exact_duplicates",
        "keep_latest: {keys: [id], order_by: [-changed_at]}",
        "drop_rows: {rule: died, where: \"discharge = 'expired'\"}",
        'keep_rows: {rule: adults, where: "age >= 18"}',
        "add_columns: {columns: {length_of_stay: 'datediff(left_on, came_on)'}}",
        "label_readmission: {patient: id, admitted: came_on, discharged: left_on, to: back, days: 30}",
        "unpivot_columns: {columns: [diag_1, diag_2], value: code, position: position}",
    ],
)
def test_a_step_as_pipelines_write_it_is_accepted(step: str):
    load_step(step)


@pytest.mark.parametrize(
    ("step", "key", "nearest"),
    [
        ("trim_text: {column: [name]}", "trim_text.column", "columns"),
        ("rename_to_snake_cse", None, "rename_to_snake_case"),
        ("change_case: {columns: [a], to: titel}", "change_case.to", "title"),
        ("cast_columns: {columns: {a: int}, invalid: rejected}", "cast_columns.invalid", "reject"),
        ("group_icd9: {column: a, to: b, scheme: strak}", "group_icd9.scheme", "strack"),
        ("sentinels_to_null: {values: [0]}", "sentinels_to_null.values.0", None),
        ("cast_columns: {columns: {a: int}, invalid: null}", "cast_columns.invalid", None),
        ("drop_rows: {rule: a, where: true}", "drop_rows.where", None),
    ],
)
def test_a_step_with_a_mistake_has_its_place_and_the_nearest_name(
    step: str, key: str | None, nearest: str | None
):
    with pytest.raises(PipelineError) as error:
        load_step(step)
    (problem,) = error.value.problems
    assert (problem.line, problem.nearest) == (7, nearest)
    assert problem.key == ".".join(filter(None, ("datasets.patients.clean.0", key)))


def test_all_of_them_have_a_form_in_the_schema():
    forms = schema(STEPS, FITS)["$defs"]
    assert set(forms["Step"]["anyOf"][-1]["properties"]) == set(STEPS)
    assert set(forms["Fit"]["anyOf"][-1]["properties"]) == set(FITS)
