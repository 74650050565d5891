from __future__ import annotations

import pytest

from headgate.conf.document import Document
from headgate.conf.parse import read_document
from headgate.conf.secrets import SecretReference
from headgate.conf.variables import substitute


def substituted(text: str, **environment: str) -> Document:
    document = read_document(text, file="p.yaml")
    substitute(document, environment)
    return document


@pytest.mark.parametrize(
    ("text", "environment", "value"),
    [
        ("${A}/x", {"A": "s3://b"}, "s3://b/x"),
        ("${A}${B}", {"A": "1", "B": "2"}, "12"),
        ("${A:-d}", {}, "d"),
        ("${A:-d}", {"A": ""}, "d"),
        ("${A:-}", {}, ""),
        ("${A:-s3://b/p}", {}, "s3://b/p"),
        ("${A}", {"A": ""}, ""),
        ("$${A}", {"A": "x"}, "${A}"),
        ("$A", {"A": "x"}, "$A"),
        ("${A}", {"A": "${B}"}, "${B}"),
    ],
)
def test_variables_are_replaced_as_in_a_shell(text: str, environment: dict[str, str], value: str):
    document = substituted(f"a: '{text}'", **environment)
    assert (document.data, document.problems) == ({"a": value}, [])


def test_a_value_brings_no_yaml_with_it():
    document = substituted("a: ${A}\nb: [x]", A="x\nb: [y]\nc: *z")
    assert document.data == {"a": "x\nb: [y]\nc: *z", "b": ["x"]}


def test_a_value_that_looks_like_a_number_stays_text():
    assert substituted("a: ${A}", A="7").data == {"a": "7"}


def test_keys_are_left_alone():
    assert substituted("${A}: 1", A="x").data == {"${A}": 1}


def test_an_undefined_variable_is_named_with_its_line_and_the_nearest_one():
    (problem,) = substituted("a: 1\nb:\n  - ${LANDNG}", LANDING="x").problems
    assert (problem.line, problem.key, problem.value, problem.nearest) == (3, "b.0", "LANDNG", "LANDING")


@pytest.mark.parametrize("text", ["${}", "${1A}", "${A B}", "${A-d}", "${A", "${A:-${B}}"])
def test_a_malformed_variable_is_reported(text: str):
    (problem,) = substituted(f"a: '{text}'", A="x", B="y").problems
    assert (problem.line, problem.key) == (1, "a")


def test_a_secret_becomes_a_reference_and_stays_one():
    document = substituted("a: ${secret:env:A}", A="hunter2")
    assert document.data == {"a": SecretReference("env", "A")}


@pytest.mark.parametrize(
    "text",
    [
        "x${secret:env:A}",
        "${secret:env:A}x",
        "${secret:env:A}${secret:env:B}",
        "${secret:env:1}",
        "${secret:env}",
    ],
)
def test_a_secret_that_is_not_the_whole_value_or_malformed_is_reported(text: str):
    (problem,) = substituted(f"a: '{text}'").problems
    assert problem.key == "a"
    assert "${secret:env:NAME}" in problem.allowed


def test_the_store_of_a_secret_has_a_nearest_name():
    (problem,) = substituted("a: ${secret:secretmanager:x}").problems
    assert "'secretsmanager'" in problem.fix
