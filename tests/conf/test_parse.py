from __future__ import annotations

import pytest

from headgate.conf.document import Document
from headgate.conf.parse import read_document
from headgate.conf.problems import PipelineError, Problem
from tests.conf.clinic import line_of


def read(text: str) -> Document:
    return read_document(text, file="p.yaml")


def refused(text: str) -> Problem:
    with pytest.raises(PipelineError) as error:
        read(text)
    return error.value.problems[0]


def test_every_value_knows_its_line():
    document = read("a: 1\nb:\n  - x\n  - c: y\n")
    assert [document.place(path).line for path in [("a",), ("b",), ("b", 0), ("b", 1), ("b", 1, "c")]] == [
        1,
        2,
        3,
        4,
        4,
    ]


def test_a_path_that_is_not_there_has_the_place_of_what_is_around_it():
    assert read("a:\n  b: 1").place(("a", "c", "d")).line == 1


def test_keys_are_text_as_they_are_written():
    assert read("on: 1\n1: a\n010: b\nno: c\n2015-01-01: d").data == {
        "on": 1,
        "1": "a",
        "010": "b",
        "no": "c",
        "2015-01-01": "d",
    }


def test_an_equals_sign_is_text():
    assert read("delimiter: =").data == {"delimiter": "="}


def test_a_key_that_repeats_is_reported_at_its_second_line():
    (problem,) = read("a: 1\nb:\n  c: 2\n  c: 3\n").problems
    assert (problem.line, problem.key, problem.value) == (4, "b.c", "c")


def test_a_number_and_a_text_that_look_alike_are_the_same_key():
    (problem,) = read("1: a\n'1': b\n").problems
    assert (problem.line, problem.key) == (2, "1")


def test_merge_keys_merge_and_own_keys_win():
    document = read("base: &base {x: 1, y: 2}\nuse:\n  <<: *base\n  y: 3\n  z: 4\n")
    assert document.data["use"] == {"x": 1, "y": 3, "z": 4}
    assert document.problems == []
    assert document.place(("use", "x")).line == 1
    assert document.place(("use", "y")).line == 4


def test_of_several_merged_mappings_the_first_wins():
    document = read("a: &a {x: 1}\nb: &b {x: 2, y: 2}\nuse: {<<: [*a, *b]}\n")
    assert document.data["use"] == {"x": 1, "y": 2}


def test_only_a_mapping_can_be_merged():
    (problem,) = read("a: &a [1]\nuse:\n  <<: *a\n").problems
    assert problem.key == "use.<<"


def test_each_alias_is_a_value_of_its_own():
    data = read("a: &a [1]\nb: *a\n").data
    data["a"].append(2)
    assert data["b"] == [1]


@pytest.mark.parametrize(
    "text", ["a: !!python/object:os.system x", "a: !own {b: 1}", "a: !!set {b}", "a: !!int x"]
)
def test_tags_are_refused(text: str):
    (problem,) = read(text).problems
    assert problem.key == "a"


def test_a_text_tag_makes_text():
    assert read("a: !!str 1").data == {"a": "1"}


@pytest.mark.parametrize("scalar", ["2015-13-45", "0b_", "0x_"])
def test_a_scalar_that_only_looks_like_a_number_or_date_is_reported(scalar: str):
    (problem,) = read(f"a: 1\nb: {scalar}").problems
    assert (problem.line, problem.key) == (2, "b")


def test_a_key_that_is_a_list_is_reported():
    (problem,) = read("a:\n  ? [x]\n  : 1\n").problems
    assert (problem.line, problem.key) == (2, "a")


def test_half_a_surrogate_pair_is_reported():
    (problem,) = read('a: "\\ud800"').problems
    assert problem.key == "a"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: 1\nb: [", 2),
        ("a: 1\n b: 2", 2),
        ("a: 1\n\tb: 2", 2),
        ("a: 1\nb: *c", 2),
        ("a: 1\nb: \x01", 2),
        ("", 1),
        ("# nothing but a comment", 1),
        ('a: "\\U00110000"', 1),
        ("a: 1\n---\nb: 1", 2),
    ],
)
def test_what_is_not_one_yaml_document_is_refused_with_its_line(text: str, line: int):
    problem = refused(text)
    assert (problem.file, problem.line, problem.key) == ("p.yaml", line, "")


def test_an_unquoted_variable_in_braces_is_told_to_be_quoted():
    assert "quotes" in refused("source: {password: ${secret:env:X}}").fix


def test_what_follows_an_asterisk_is_not_repeated():
    assert "hunter2" not in str(refused("password: *hunter2"))


def test_nesting_is_bounded():
    assert refused("a: " + "[" * 5000).line == 1


def test_an_alias_inside_its_own_anchor_is_refused():
    assert refused("x: 1\na: &a\n  b: *a").line == 2


def test_a_mapping_that_merges_itself_is_refused():
    assert refused("a: &a {<<: *a}").line == 1


def test_an_alias_bomb_is_refused_without_being_built():
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    assert "aliases" in refused("\n".join(lines)).reason


def test_a_merge_bomb_is_refused_without_being_built():
    lines = ["a0: &a0 {x: 1}"]
    lines += [f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 10)}]}}" for n in range(1, 12)]
    assert "aliases" in refused("\n".join(lines)).reason


def test_line_of_counts_from_one():
    assert line_of("a\nb\nc", "b") == 2
