"""The pipelines that come with the package are right, and their suites come with them."""

from __future__ import annotations

import json

import jsonschema
import pytest

from headgate.conf import SHIPPED, Pipeline, PipelineError, load, relative, resource, schema, shipped
from headgate.conf.parse import read_document
from headgate.jobs.catalogue import FITS, STEPS


def text_of(name: str) -> tuple[str, str]:
    try:
        return shipped(name)
    except PipelineError:
        pytest.skip(f"{name}.yaml is not in the package yet")


def read(name: str) -> tuple[Pipeline, str]:
    text, source = text_of(name)
    return load(text, source=source, steps=STEPS, fits=FITS, environment={}), source


@pytest.mark.parametrize("name", SHIPPED)
def test_it_loads_without_any_variable_set(name: str):
    assert read(name)[0].name == name


@pytest.mark.parametrize("name", SHIPPED)
def test_it_is_valid_by_the_schema(name: str):
    text, source = text_of(name)
    data = json.loads(json.dumps(read_document(text, file=source).data, default=str))
    jsonschema.Draft202012Validator(schema(STEPS, FITS)).validate(data)


@pytest.mark.parametrize("name", SHIPPED)
def test_its_suites_are_json(name: str):
    pipeline, source = read(name)
    star = pipeline.star
    tables = [*pipeline.datasets.values(), *star.dimensions.values(), *star.facts.values()]
    suites = [table.suite for table in tables]
    assert suites
    for suite in suites:
        assert json.loads(resource(relative(source, suite)))
