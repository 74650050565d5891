from __future__ import annotations

import string

from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.conf.clinic import CLINIC, problems

LINES = CLINIC.splitlines()

yaml_texts = st.text(st.sampled_from(string.printable + "é\x85\u2028\ud800\U0001f3e5"), max_size=60)
PIECES = "{ } [ ] : - &a *a <<: ! !!int ${ ${X} ${secret:env:X} $${ | > # ' null yes 1 0x 2015-01-01 1:30 ?"
pieces = st.sampled_from([*PIECES.split(), ": ", "- ", "&a ", "<<: ", "!!int ", "? ", "\n", "\n  ", "\t"])


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """The clinic with one to three places cut, doubled, or replaced."""
    text = CLINIC
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(text)))
        length = draw(st.integers(0, 12))
        text = text[:start] + draw(pieces | yaml_texts) + text[start + length :]
    return text


@st.composite
def rearranged(draw: st.DrawFn) -> str:
    """The lines of the clinic with some removed, doubled or indented."""
    lines = list(LINES)
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, len(lines) - 1))
        change = draw(st.sampled_from(["remove", "repeat", "indent", "dedent", "empty"]))
        line = lines[place]
        lines[place : place + 1] = {
            "remove": [],
            "repeat": [line, line],
            "indent": [f"  {line}"],
            "dedent": [line.removeprefix("  ")],
            "empty": [line.partition(":")[0] + ":"],
        }[change]
    return "\n".join(lines)


def problems_are_whole(text: str, *overrides: str) -> bool:
    """Whether every problem of a text, if it has any, is one line with a reason and a fix."""
    return all(
        "\n" not in str(problem) and problem.reason and problem.fix and problem.line != 0
        for problem in problems(text, overrides=overrides, X="x")
    )


@given(yaml_texts)
@example("a: &a [*a]")
@example('a: "\\U00110000"')
@example("%YAML 1.99999999999999999\n---\na: 1")
@example("!!int ''")
@example("? [a]\n: b")
@settings(max_examples=150, deadline=None)
def test_no_text_raises_anything_else(text: str):
    assert problems_are_whole(text)


@given(mutated())
@settings(max_examples=100, deadline=None)
def test_no_mutation_of_a_pipeline_raises_anything_else(text: str):
    assert problems_are_whole(text)


@given(rearranged())
@settings(max_examples=100, deadline=None)
def test_no_rearrangement_of_a_pipeline_raises_anything_else(text: str):
    assert problems_are_whole(text)


@given(
    st.lists(
        st.sampled_from(["datasets", "patients", "clean", "0", "1", "model", "", "x", "star"]), max_size=5
    ),
    yaml_texts,
)
@settings(max_examples=100, deadline=None)
def test_no_setting_raises_anything_else(parts: list[str], value: str):
    assert problems_are_whole(CLINIC, f"{'.'.join(parts)}={value}")
