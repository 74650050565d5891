"""The recorded corpus: ten thousand answers of Great Expectations, and Headgate's to the same questions.

`tests.quality.record_corpus` wrote it; `tests.quality.comparison` says what is the same answer.
"""

from __future__ import annotations

import json
import lzma
from collections import Counter
from itertools import groupby

import pytest

from headgate.quality import validate
from tests.quality.comparison import same_form, suites_of, told
from tests.quality.frames import FRAMES, named
from tests.quality.generate import TYPES_DRAWN
from tests.quality.record_corpus import CORPUS, answer_of


@pytest.fixture(scope="module")
def corpus():
    with lzma.open(CORPUS, "rt", encoding="utf-8") as lines:
        return json.loads(next(lines)), [json.loads(line) for line in lines]


def test_the_corpus_is_large_and_small(corpus):
    head, suites = corpus
    assert CORPUS.stat().st_size < 2_000_000
    assert head["evaluations"] == sum(len(suite["answers"]) for suite in suites) >= 10_000
    assert head["great_expectations"].startswith("1.24.")


def test_the_corpus_asks_every_type_in_every_format(corpus):
    _, suites = corpus
    asked = Counter(
        (suite["format"], expectation["type"]) for suite in suites for expectation in suite["expectations"]
    )
    for format_ in ("BASIC", "SUMMARY", "COMPLETE"):
        assert {name for name in TYPES_DRAWN if not asked[format_, name]} <= {
            "expect_column_values_to_match_json_schema"
        }
    conditions = [
        "row_condition" in expectation["kwargs"] for suite in suites for expectation in suite["expectations"]
    ]
    assert sum(conditions) > 1000


@pytest.mark.parametrize("name", FRAMES)
def test_headgate_gives_the_recorded_answers(brisk, corpus, name):
    frame = named(name)
    df = frame.on(brisk)
    about = sorted((one for one in corpus[1] if one["frame"] == name), key=lambda one: one["format"])
    assert about
    differences = []
    for format_, asked in groupby(about, key=lambda one: one["format"]):
        questions = list(asked)
        assert {one["digest"] for one in questions} == {frame.digest}, "make corpus"
        theirs = {}
        expectations = []
        for at, one in enumerate(questions):
            for expectation in one["expectations"]:
                id = f"{at}.{expectation['id']}"
                expectations.append({**expectation, "id": id})
                theirs[id] = same_form(one["answers"][expectation["id"]])
        for suite in suites_of(expectations):
            for result in validate(df, suite, result_format=format_).results:
                ours = same_form(answer_of(result.to_json_dict()))
                differences += told(result, ours, theirs.pop(result.id))
        assert not theirs
    assert not differences, "\n".join(differences)
