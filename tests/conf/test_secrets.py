from __future__ import annotations

import pytest

from headgate.conf.fingerprint import fingerprint
from headgate.conf.secrets import SecretError, SecretReference
from tests.conf.clinic import changed, problem, problems, read


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("${secret:env:ZIP_PASSWORD}", SecretReference("env", "ZIP_PASSWORD")),
        (
            "${secret:secretsmanager:prod/zip#password}",
            SecretReference("secretsmanager", "prod/zip", "password"),
        ),
        ("${secret:secretsmanager:prod/zip}", SecretReference("secretsmanager", "prod/zip")),
        (
            "${secret:secretsmanager:arn:aws:secretsmanager:eu-west-1:1:secret:zip-AbC#p}",
            SecretReference("secretsmanager", "arn:aws:secretsmanager:eu-west-1:1:secret:zip-AbC", "p"),
        ),
        ("${secret:ssm:/prod/zip}", SecretReference("ssm", "/prod/zip")),
    ],
)
def test_a_reference_is_read_and_prints_as_it_was_written(text: str, reference: SecretReference):
    assert SecretReference.parse(text) == reference
    assert str(reference) == repr(reference) == text


@pytest.mark.parametrize(
    "text", ["hunter2", "${secret:env:a b}", "${secret:ssm:zip}", "${secret:vault:x}", "${X}"]
)
def test_another_text_is_refused_and_not_repeated(text: str):
    with pytest.raises(SecretError) as error:
        SecretReference.parse(text)
    assert text not in str(error.value)


def test_a_secret_field_holds_the_reference():
    password = read().datasets["visits"].source.password
    assert password == SecretReference("env", "ZIP_PASSWORD")


def test_json_shows_the_reference():
    source = read(ZIP_PASSWORD="hunter2").datasets["visits"].source
    assert '"password":"${secret:env:ZIP_PASSWORD}"' in source.model_dump_json()
    assert "hunter2" not in repr(source) + source.model_dump_json()


@pytest.mark.parametrize(
    "literal",
    ["hunter2", '"hunter2"', "{hunter2: x}", "[hunter2]", "20151131", "2015-11-31", "${PLAIN}", "!hunter2 x"],
)
def test_a_literal_in_a_secret_field_is_refused_and_never_shown(literal: str):
    text = changed("${secret:env:ZIP_PASSWORD}", literal)
    found = problem_of_password(text)
    assert "hunter2" not in found
    assert "2015" not in found


def problem_of_password(text: str) -> str:
    found = problems(text, PLAIN="hunter2")
    assert {each.key for each in found} == {"datasets.visits.source.password"}
    assert all(each.value is None for each in found)
    return "\n".join(map(str, found))


def test_a_literal_password_from_the_command_line_is_never_shown():
    found = problem(overrides=("datasets.visits.source.password=hunter2",))
    assert (found.file, found.key, found.value) == ("--set", "datasets.visits.source.password", None)
    assert "hunter2" not in str(found)


def test_a_misspelt_password_field_does_not_show_its_value():
    found = problem(changed("password: ${secret:env:ZIP_PASSWORD}", "pasword: hunter2"))
    assert (found.value, found.nearest) == ("pasword", "password")
    assert "hunter2" not in str(found)


def test_a_secret_elsewhere_is_refused():
    found = problem(changed("${LANDING:-/data/clinic}", "${secret:env:LANDING}"))
    assert (found.line, found.key) == (2, "landing")


def test_a_secret_in_a_step_is_refused():
    found = problem(changed("{rule: died, where: died}", '{rule: died, where: "${secret:env:WHERE}"}'))
    assert found.key == "exports.returns.steps.0.drop_rows.where"


def test_the_fingerprint_depends_on_the_reference_alone():
    one = read(ZIP_PASSWORD="hunter2").datasets["visits"]
    two = read(ZIP_PASSWORD="swordfish").datasets["visits"]
    other = read(changed("${secret:env:ZIP_PASSWORD}", "${secret:env:OTHER}")).datasets["visits"]
    assert fingerprint(one) == fingerprint(two) != fingerprint(other)
