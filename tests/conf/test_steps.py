from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

import pytest
from pydantic import ValidationError

from headgate.conf.forms import fit_form, step_form
from headgate.conf.steps import Step, StepError, imported, imported_fit
from tests.conf import own_steps
from tests.conf.clinic import (
    STEPS,
    changed,
    fit_drop_uninformative,
    line_of,
    map_codes,
    problem,
    problems,
    read,
    trim_text,
)

FIRST = 'map_codes: {column: sex, vocabulary: {"1": male, "2": female}}'
KEY = "datasets.patients.clean.1"


def with_step(step: str) -> str:
    return changed(FIRST, step)


LINE = line_of(with_step("trim_text"), "- trim_text\n") + 1


def test_a_step_has_its_name_parameters_function_and_line():
    first, second = read().datasets["patients"].clean
    assert (first.name, first.parameters, first.function, first.place) == ("trim_text", {}, trim_text, 7)
    assert second.parameters == {"column": "sex", "vocabulary": {"1": "male", "2": "female"}}


def test_a_fit_has_the_function_that_learns():
    fit = read().exports["returns"].fit[0]
    assert (fit.name, fit.function) == ("drop_uninformative", fit_drop_uninformative)


def test_a_step_is_frozen():
    step = read().datasets["patients"].clean[0]
    with pytest.raises(ValueError, match="frozen"):
        step.name = "other"  # type: ignore[misc]


def test_a_step_made_by_hand_has_no_function():
    with pytest.raises(StepError):
        Step(name="trim_text").function()


def test_an_unknown_step_has_a_nearest_name_and_the_allowed_ones():
    found = problem(with_step("trim_txt"))
    assert (found.line, found.key, found.value, found.nearest) == (LINE, KEY, "trim_txt", "trim_text")
    assert found.allowed == tuple(STEPS)


def test_an_unknown_parameter_has_a_nearest_name():
    found = problem(with_step("trim_text: {colums: [a]}"))
    assert (found.line, found.key) == (LINE, f"{KEY}.trim_text.colums")
    assert (found.value, found.nearest, found.allowed) == ("colums", "columns", ("columns",))


def test_the_column_of_what_is_removed_is_not_for_the_author():
    found = problem(with_step("drop_rows: {rule: a, where: b, removed_as: c}"))
    assert (found.value, found.allowed) == ("removed_as", ("rule", "where"))


def test_a_parameter_that_is_missing_is_named():
    found = problem(with_step("drop_rows: {rule: a}"))
    assert found.key == f"{KEY}.drop_rows.where"


def test_a_name_alone_is_refused_where_parameters_are_needed():
    found = problem(with_step("change_case"))
    assert (found.line, found.key, found.allowed) == (LINE, KEY, ("columns", "to"))


@pytest.mark.parametrize(
    ("step", "key", "value"),
    [
        ("trim_text: {columns: name}", "trim_text.columns", "name"),
        ("trim_text: {columns: [1]}", "trim_text.columns.0", "1"),
        ("trim_text: {columns: [yes]}", "trim_text.columns.0", "yes"),
        ("trim_text: {columns: [2015-01-01]}", "trim_text.columns.0", "2015-01-01"),
        ("trim_text: {columns: [null]}", "trim_text.columns.0", "null"),
        ("map_codes: {column: 1, vocabulary: {}}", "map_codes.column", "1"),
        ("map_codes: {column: a, vocabulary: {x: No}}", "map_codes.vocabulary.x", "No"),
        ("map_codes: {column: a, vocabulary: {x: 010}}", "map_codes.vocabulary.x", "010"),
        ("map_codes: {column: a, vocabulary: {x: 1:30}}", "map_codes.vocabulary.x", "1:30"),
        ("map_codes: {column: a, vocabulary: [x]}", "map_codes.vocabulary", None),
        ("map_codes: {column: a, vocabulary: {}, fold: 1}", "map_codes.fold", "1"),
        ("map_codes: {column: a, vocabulary: {}, fold: 'true'}", "map_codes.fold", "true"),
        ("convert_units: {value: a, factors: {kg: '1'}}", "convert_units.factors.kg", "1"),
        ("convert_units: {value: a, factors: {kg: yes}}", "convert_units.factors.kg", "yes"),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused(step: str, key: str, value: str | None):
    found = problem(with_step(step))
    assert (found.line, found.key, found.value) == (LINE, f"{KEY}.{key}", value)


@pytest.mark.parametrize("written", ["1", "No", "yes", "2015-01-01", "010", "1.50", "null"])
def test_text_that_yaml_reads_as_something_else_is_told_to_be_quoted(written: str):
    step = f"map_codes: {{column: {written}, vocabulary: {{}}}}"
    assert problem(with_step(step)).fix == f'write "{written}" in quotes'
    assert not problems(with_step(step.replace(written, f'"{written}"', 1)))


def test_keys_need_no_quotes():
    step = read(with_step("map_codes: {column: a, vocabulary: {1: x, No: y}}")).datasets["patients"].clean[1]
    assert step.parameters["vocabulary"] == {"1": "x", "No": "y"}


def test_a_choice_has_its_allowed_values():
    found = problem(with_step("change_case: {columns: [a], to: loud}"))
    assert (found.key, found.value, found.allowed) == (f"{KEY}.change_case.to", "loud", ("lower", "upper"))


def test_a_choice_has_a_nearest_value():
    assert problem(with_step("change_case: {columns: [a], to: uper}")).nearest == "upper"


def test_a_choice_that_yaml_reads_as_something_else_is_told_to_be_quoted():
    found = problem(with_step("map_codes: {column: a, vocabulary: {}, unknown: null}"))
    assert found.fix == 'write "null" in quotes'


def test_a_whole_number_does_for_a_number():
    assert not problems(with_step("convert_units: {value: a, factors: {g: 1}}"))


def test_a_choice_of_kinds_is_one_problem():
    found = problem(changed("{minutes: median}", "{minutes: 5}"))
    assert found.key == "exports.returns.fit.1.fill_missing.columns.minutes"


@pytest.mark.parametrize(
    "step", ["3", "[trim_text]", "{}", "{trim_text: {}, change_case: {}}", "'trim_text':", "trim_text: [a]"]
)
def test_an_entry_of_another_form_is_refused(step: str):
    found = problem(with_step(step))
    assert found.line == LINE
    assert found.key.startswith(KEY)


def test_parameters_that_are_not_indented_are_told_to_be():
    found = problem(changed(f"- {FIRST}", "- trim_text:\n        columns: [a]"))
    assert found.key == KEY
    assert "indented" in found.fix


def test_in_a_choice_of_kinds_the_one_that_was_meant_is_reported():
    found = problem(with_step('"tests.conf.own_steps:choose": {columns: {a: {b: x}}}'))
    assert found.key == f"{KEY}.tests.conf.own_steps:choose.columns.a.b"


def test_a_name_without_a_module_is_no_step_of_ones_own():
    with pytest.raises(StepError):
        imported("double")


def test_a_fit_among_the_clean_steps_is_told_where_it_belongs():
    found = problem(with_step("fill_missing: {columns: {}}"))
    assert (found.key, found.value) == (f"{KEY}.fill_missing", "fill_missing")
    assert "fit:" in found.fix


def test_a_step_among_the_fits_is_told_where_it_belongs():
    found = problem(changed("- drop_uninformative: {max_missing: 0.95}", "- trim_text"))
    assert found.key == "exports.returns.fit.0"


def test_a_step_of_ones_own_is_imported_and_bound():
    step = (
        read(with_step('"tests.conf.own_steps:double": {column: a, times: 3}')).datasets["patients"].clean[1]
    )
    assert step.function is own_steps.double
    assert step.parameters == {"column": "a", "times": 3}


def test_the_parameters_of_a_step_of_ones_own_are_checked():
    found = problem(with_step('"tests.conf.own_steps:double": {column: a, tims: 3}'))
    assert (found.value, found.nearest, found.allowed) == ("tims", "times", ("column", "times"))


def test_a_fit_of_ones_own_is_imported_by_its_prefix():
    text = changed("drop_uninformative: {max_missing: 0.95}", '"tests.conf.own_steps:cap": {columns: [a]}')
    assert read(text).exports["returns"].fit[0].function is own_steps.fit_cap
    assert imported_fit("tests.conf.own_steps:cap") == (own_steps.fit_cap, own_steps.cap)


@pytest.mark.parametrize(
    "name",
    [
        "no_such_module:f",
        "tests.conf.own_steps:no_such_function",
        "tests.conf.own_steps:not_a_function",
        "tests.conf.own_steps:takes_the_frame",
        "tests.conf.own_steps:takes_anything",
        "tests.conf.own_steps:takes_a_function",
        "builtins:dict",
    ],
)
def test_a_step_of_ones_own_that_cannot_be_used_is_reported(name: str):
    found = problem(with_step(f'"{name}"'))
    assert (found.line, found.key, found.value) == (LINE, KEY, name)


def test_an_import_that_fails_has_the_name_and_the_cause():
    with pytest.raises(StepError) as error:
        imported("no_such_module:f")
    assert error.value.name == "no_such_module:f"
    assert isinstance(error.value.__cause__, ModuleNotFoundError)


def test_a_module_that_exits_is_an_import_that_fails(tmp_path: Any, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "leaves_at_once.py").write_text("raise SystemExit(3)")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(StepError):
        imported("leaves_at_once:f")


def test_parameters_are_in_the_order_of_the_signature():
    step = read(with_step("map_codes: {vocabulary: {}, column: a}")).datasets["patients"].clean[1]
    assert list(step.parameters) == ["column", "vocabulary"]


def test_a_parameter_may_be_called_like_anything():
    def odd(*, copy: str, model_config: int, _x: bool = True) -> Callable[[Any], Any]:
        return lambda df: df

    form = step_form("odd", odd)
    assert form.parameters == ("copy", "model_config", "_x")
    assert form.model.model_validate({"copy": "a", "model_config": 1})


def test_sequences_and_tuples_take_lists():
    def many(
        *, a: Sequence[str], b: tuple[str, ...], c: Collection[int], d: Iterable[str] | None = None
    ) -> Callable[[Any], Any]:
        return lambda df: df

    model = step_form("many", many).model
    assert model.model_validate({"a": ["x"], "b": ["y"], "c": [1], "d": ["z"]})
    with pytest.raises(ValidationError) as error:
        model.model_validate({"a": "x", "b": "y", "c": ["1"], "d": [1]})
    assert {each["loc"][0] for each in error.value.errors()} == {"a", "b", "c", "d"}


def test_the_form_has_the_docstring_and_its_notes():
    form = step_form("trim_text", trim_text)
    (field,) = form.model.model_fields.values()
    assert (form.description, form.required) == ("Trim white space.", False)
    assert field.description == "Text columns; all of them by default."
    assert step_form("map_codes", map_codes).required


def test_a_fit_must_take_the_frame():
    with pytest.raises(StepError):
        fit_form("map_codes", map_codes)
