from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest

from headgate.conf import schema
from headgate.conf.parse import read_document
from tests.conf.clinic import CLINIC, FITS, STEPS, changed


def valid(text: str) -> bool:
    data = json.loads(json.dumps(read_document(text, file="p.yaml").data, default=str))
    return bool(jsonschema.Draft202012Validator(schema(STEPS, FITS)).is_valid(data))


def descriptions(node: Any, path: str = "") -> dict[str, str | None]:
    """Every property that the schema names, with its description."""
    found: dict[str, str | None] = {}
    for name, inner in node.items():
        if name == "properties":
            for key, value in inner.items():
                found[f"{path}.{key}"] = value.get("description")
        if isinstance(inner, dict):
            found |= descriptions(inner, f"{path}.{name}")
    return found


def test_it_is_a_json_schema():
    made = schema(STEPS, FITS)
    jsonschema.Draft202012Validator.check_schema(made)
    assert json.loads(json.dumps(made)) == made


def test_the_clinic_is_valid():
    assert valid(CLINIC)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("name: clinic", "name: Clinic"),
        ("    source: {", "    sorce: {"),
        ("- trim_text", "- trim_txt"),
        ("- trim_text", "- change_case"),
        ("- trim_text", "- trim_text: {colums: [a]}"),
        ("- trim_text", "- change_case: {columns: [a], to: loud}"),
        ("- trim_text", "- drop_rows: {rule: a, where: b, mark: c}"),
        ("- trim_text", "- fill_missing: {columns: {}}"),
        ("- drop_uninformative: {max_missing: 0.95}", "- trim_text"),
        ("password: ${secret:env:ZIP_PASSWORD}", "password: hunter2"),
        ("    group: patient_id\n", ""),
    ],
)
def test_what_load_refuses_by_its_form_the_schema_refuses_too(old: str, new: str):
    assert not valid(changed(old, new))


@pytest.mark.parametrize("step", ["trim_text: {columns: [a]}", "own.steps:f", '"own.steps:f": {a: 1}'])
def test_every_form_of_a_step_is_valid(step: str):
    assert valid(changed("- trim_text", f"- {step}"))


def test_steps_have_the_first_line_of_their_docstrings():
    step = schema(STEPS, FITS)["$defs"]["Step"]
    assert {"const": "trim_text", "description": "Trim white space."} in step["anyOf"]
    assert step["anyOf"][-1]["properties"]["map_codes"]["description"] == "Replace codes by names."


def test_every_key_is_described():
    described = descriptions(schema({}, {}))
    assert len(described) > 40
    assert not [path for path, text in described.items() if not text]


def test_the_internals_of_a_step_are_not_in_it():
    assert set(schema(STEPS, FITS)["$defs"]["Step"]) == {"description", "anyOf"}
