"""The shipped hospital pipeline knows all that the simulator can write, and its suites what can be true."""

from __future__ import annotations

import json
from typing import Any

import pytest

from headgate.conf import Pipeline, load, relative, resource, shipped
from headgate.jobs.catalogue import FITS, STEPS
from headgate.jobs.simulate import vocabulary as words
from headgate.jobs.simulate.schema import TABLES, column_of
from headgate.quality import load_suite


@pytest.fixture(scope="module")
def pipeline() -> Pipeline:
    text, source = shipped("hospital")
    return load(text, source=source, steps=STEPS, fits=FITS, environment={})


def steps_of(pipeline: Pipeline, dataset: str, name: str) -> list[dict[str, Any]]:
    return [step.parameters for step in pipeline.datasets[dataset].clean if step.name == name]


def suite_of(dataset: str) -> list[dict[str, Any]]:
    _, source = shipped("hospital")
    suite = json.loads(resource(relative(source, f"suites/hospital/{dataset}.json")))
    expectations: list[dict[str, Any]] = suite["expectations"]
    return expectations


def test_every_table_of_the_landing_is_a_dataset(pipeline: Pipeline) -> None:
    assert set(pipeline.datasets) == set(TABLES)


@pytest.mark.parametrize(
    ("dataset", "column", "codes"),
    [
        ("patients", "sex", words.SEX),
        ("encounters", "payer", words.PAYER),
        ("encounters", "admission_type", words.ADMISSION_TYPE),
        ("encounters", "discharge_disposition", words.DISCHARGE),
        ("encounters", "weight_unit", {unit: words.UNIT[unit] for unit in ("kg", "lb")}),
        ("labs", "test", words.TEST),
        ("labs", "unit", {unit: words.UNIT[unit] for unit in words.UNIT if unit not in ("kg", "lb")}),
    ],
)
def test_every_spelling_is_in_the_vocabulary(
    pipeline: Pipeline, dataset: str, column: str, codes: dict[str, tuple[str, ...]]
) -> None:
    maps = {step["column"]: step["vocabulary"] for step in steps_of(pipeline, dataset, "map_codes")}
    known = {spelling.lower(): code for spelling, code in maps[column].items()}
    meant = {spelling.lower(): code for code, spellings in codes.items() for spelling in spellings}
    assert known == meant


@pytest.mark.parametrize("dataset", [dataset for dataset in TABLES if dataset != "payers"])
def test_every_sentinel_is_made_null_and_no_spelling_is_one(pipeline: Pipeline, dataset: str) -> None:
    (step,) = steps_of(pipeline, dataset, "sentinels_to_null")
    assert set(step["values"]) == {"", *words.SENTINELS}
    spellings = {
        spelling for field in TABLES[dataset] for known in (field.codes or {}).values() for spelling in known
    }
    assert not spellings & set(step["values"])


def test_every_other_unit_has_the_simulators_factor(pipeline: Pipeline) -> None:
    (weight,) = steps_of(pipeline, "encounters", "convert_units")
    (labs,) = steps_of(pipeline, "labs", "convert_units")
    for quantity, (unit, factor, _) in words.OTHER_UNIT.items():
        known = weight["factors"][unit] if quantity == "weight" else labs["factors"][f"{quantity} {unit}"]
        assert known == factor
    for test, facts in words.LAB_TESTS.items():
        assert labs["factors"][f"{test} {facts.unit}"] == 1


def test_the_gate_draws_the_line_where_values_cannot_be_true() -> None:
    expectations = [*suite_of("encounters"), *suite_of("labs")]
    bounds = {
        one["id"].removesuffix("-plausible"): (one["kwargs"]["min_value"], one["kwargs"]["max_value"])
        for one in expectations
        if one["id"].endswith("-plausible")
    }
    assert {quantity: bounds[quantity] for quantity in words.PLAUSIBLE} == words.PLAUSIBLE


@pytest.mark.parametrize("dataset", TABLES)
def test_the_gate_wants_a_value_where_there_must_be_one(dataset: str) -> None:
    given = {
        one["kwargs"]["column"]
        for one in suite_of(dataset)
        if one["type"] == "expect_column_values_to_not_be_null" and one["severity"] == "critical"
    }
    assert {column_of(field.header) for field in TABLES[dataset] if field.required} <= given


def test_every_suite_can_be_read(pipeline: Pipeline) -> None:
    star = pipeline.star
    tables = [*pipeline.datasets.values(), *star.dimensions.values(), *star.facts.values()]
    _, source = shipped("hospital")
    for table in tables:
        suite = load_suite(resource(relative(source, table.suite)), source=table.suite)
        assert any(one.severity == "critical" for one in suite.expectations)
        ids = [one.id for one in suite.expectations]
        assert len(set(ids)) == len(ids)


def test_the_dead_and_the_unobserved_are_left_out_by_name(pipeline: Pipeline) -> None:
    steps = pipeline.exports["readmission"].steps
    names = [step.name for step in steps]
    rules = {step.parameters["rule"] for step in steps if step.name == "drop_rows"}
    assert rules == {
        "unknown_patient",
        "died_in_hospital",
        "discharged_to_hospice",
        "not_observed_for_30_days",
    }
    # a stay that is left out is still an admission: label and history come first
    assert max(names.index("label_readmission"), names.index("count_prior_encounters")) < names.index(
        "drop_rows"
    )
