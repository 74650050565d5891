from __future__ import annotations

import pytest

from tests.conf.clinic import changed, problem, problems, read


@pytest.mark.parametrize(
    ("setting", "path", "value"),
    [
        ("name=other", ("name",), "other"),
        ("lake=s3://bucket/lake", ("lake",), "s3://bucket/lake"),
        ("model.seed=9", ("model", "seed"), 9),
        ("datasets.patients.tolerance=0.5", ("datasets", "patients", "tolerance"), 0.5),
        ("datasets.patients.allow_empty=true", ("datasets", "patients", "allow_empty"), True),
        (
            "exports.returns.features.numeric=[minutes, age]",
            ("exports", "returns", "features", "numeric"),
            ("minutes", "age"),
        ),
        ("simulate.patients=10", ("simulate", "patients"), 10),
        ("lake=a=b", ("lake",), "a=b"),
        ("landing=", ("landing",), None),
        ("landing=null", ("landing",), None),
    ],
)
def test_a_value_is_set(setting: str, path: tuple[str, ...], value: object):
    found: object = read(overrides=(setting,))
    for part in path:
        found = found[part] if isinstance(found, dict) else getattr(found, part)
    assert found == value


def test_the_last_setting_wins():
    assert read(overrides=("model.seed=1", "model.seed=2")).model.seed == 2  # type: ignore[union-attr]


def test_a_step_is_set_by_its_position():
    pipeline = read(overrides=("datasets.patients.clean.0=trim_text: {columns: [sex]}",))
    assert pipeline.datasets["patients"].clean[0].parameters == {"columns": ["sex"]}


def test_a_parameter_of_a_step_is_set():
    pipeline = read(overrides=("datasets.patients.clean.1.map_codes.column=gender",))
    assert pipeline.datasets["patients"].clean[1].parameters["column"] == "gender"


def test_a_name_with_a_dot_is_found():
    text = changed('{"1": male, "2": female}', '{"1.5": male}')
    pipeline = read(text, overrides=("datasets.patients.clean.1.map_codes.vocabulary.1.5=none",))
    assert pipeline.datasets["patients"].clean[1].parameters["vocabulary"] == {"1.5": "none"}


def test_a_value_set_makes_up_for_a_variable_that_is_not_set():
    text = changed("${LANDING:-/data/clinic}", "${LANDING}")
    assert read(text, overrides=("landing=/data",)).landing == "/data"


def test_a_variable_in_a_value_set_is_replaced():
    assert read(overrides=("lake=${ROOT}/lake",), ROOT="/data").lake == "/data/lake"


@pytest.mark.parametrize(
    ("setting", "key", "value", "nearest"),
    [
        ("model.sed=1", "model.sed", "sed", "seed"),
        ("modell.seed=1", "modell", "modell", "model"),
        ("datasets.pateints.tolerance=1", "datasets.pateints.tolerance", "pateints", "patients"),
        ("exports.return.seed=1", "exports.return.seed", "return", "returns"),
        (
            "datasets.patients.clean.1.map_code.column=a",
            "datasets.patients.clean.1.map_code.column",
            "map_code",
            "map_codes",
        ),
        (
            "datasets.patients.clean.1.map_codes.colum=a",
            "datasets.patients.clean.1.map_codes.colum",
            "colum",
            "column",
        ),
        (
            "model.estimator=logistic_regresion",
            "model.estimator",
            "logistic_regresion",
            "logistic_regression",
        ),
        ("datasets.patients.clean.7=trim_text", "datasets.patients.clean.7", "7", None),
        ("datasets.patients.clean.x=trim_text", "datasets.patients.clean.x", "x", None),
        ("name.first=a", "name.first", None, None),
        ("lake=1", "lake", "1", None),
        ("lake=[a", "lake", None, None),
        ("lake={a: 1, a: 2}", "lake.a", None, None),
        ("lake", "lake", None, None),
        ("=lake", "", None, None),
    ],
)
def test_what_cannot_be_set_is_reported(setting: str, key: str, value: str | None, nearest: str | None):
    found = problems(overrides=(setting,))[0]
    assert (found.file, found.line, found.key, found.value, found.nearest) == (
        "--set",
        None,
        key,
        value,
        nearest,
    )


def test_problems_of_the_command_line_come_after_those_of_the_file():
    found = problems(changed("seed: 7}", "seed: x}"), overrides=("lake=1",))
    assert [each.file for each in found] == ["clinic.yaml", "--set"]


def test_the_line_printed_has_no_line_number():
    assert str(problem(overrides=("lake=1",))).startswith("--set: lake: ")
