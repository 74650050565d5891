"""Great Expectations asked anew in every run, with frames and suites that nobody has seen before.

The seed is printed when a test fails; ``HEADGATE_SEED=…`` asks the same again.
"""

from __future__ import annotations

import os
import secrets

import pytest

from headgate.quality import validate
from tests.quality.comparison import same_form, suites_of, told
from tests.quality.frames import FAMILIES, drawn
from tests.quality.generate import suites
from tests.quality.oracle import ask
from tests.quality.record_corpus import answer_of

SEED = os.environ.get("HEADGATE_SEED") or secrets.token_hex(4)
SIZE = 42
SHAPES = ("mixed", "long", "dense", "several")
FORMATS = ("SUMMARY", "BASIC", "SUMMARY", "BOOLEAN_ONLY", "SUMMARY", "COMPLETE", "SUMMARY", "BASIC")


@pytest.mark.parametrize(("at", "family"), list(enumerate(FAMILIES)))
def test_headgate_answers_as_great_expectations_does_now(brisk, at, family):
    frame = drawn(family, SHAPES[at % len(SHAPES)], SEED)
    df = frame.on(brisk)
    (expectations,) = suites(frame, SEED, size=SIZE, number=1)
    answer = ask(df, expectations, FORMATS[at])
    theirs = {one["expectation_config"]["id"]: same_form(answer_of(one)) for one in answer["results"]}
    assert len(theirs) >= SIZE - 2
    differences = []
    for suite in suites_of(expectations):
        for result in validate(df, suite, result_format=FORMATS[at]).results:
            ours = same_form(answer_of(result.to_json_dict()))
            differences += told(result, ours, theirs.pop(result.id))
    differences += [f"{id}: Headgate did not answer" for id in theirs]
    assert not differences, "\n".join([f"HEADGATE_SEED={SEED}, frame {frame.name}", *differences])
