"""Where a suite may come from, and what no file, text or dict can do to whoever reads it."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest

from headgate.quality import SuiteError, load_suite

SUITE = {"name": "s", "expectations": [{"type": "expect_column_to_exist", "kwargs": {"column": "a"}}]}
TEXT = json.dumps(SUITE)


def put(folder: Path, content: bytes) -> Path:
    path = folder / "s.json"
    path.write_bytes(content)
    return path


def test_a_suite_comes_from_a_path_a_text_a_dict_or_great_expectations(tmp_path):
    import great_expectations as gx

    path = put(tmp_path, TEXT.encode())
    own = gx.ExpectationSuite(name="s", expectations=[gx.expectations.ExpectColumnToExist(column="a")])
    given = [path, str(path), TEXT, "\ufeff\n" + TEXT, SUITE, own]
    suites = [load_suite(one) for one in given]
    assert {suite.name for suite in suites} == {"s"}
    assert {suite.expectations[0].kwargs["column"] for suite in suites} == {"a"}
    assert [suite.source for suite in suites] == [str(path), str(path), "suite", "suite", "suite", "s"]
    assert len({suite.version for suite in suites[:5]}) == 1


def test_a_dict_may_hold_what_json_writes_as_text():
    kwargs = {"column": "a", "min_value": dt.date(2024, 1, 31)}
    suite = load_suite(
        {
            "name": "s",
            "expectations": ({"type": "expect_column_values_to_be_between", "kwargs": kwargs},),
        }
    )
    assert suite.expectations[0].kwargs == kwargs


def nested(depth: int) -> str:
    return '{"name": "s", "meta": ' + "[" * depth + "]" * depth + ', "expectations": []}'


def value(text: str) -> str:
    return (
        '{"name": "s",\n"expectations": [{"type": "expect_column_max_to_be_between", "kwargs": '
        f'{{"column": "a",\n"min_value": {text}}}}}]}}'
    )


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ("[" * 200_000, "nested 200,000 deep"),
        ('{"a":' * 200_000, "nested 200,000 deep"),
        (nested(500), "nested 501 deep"),
        (value("9" * 6_000), ":3: $: a number of 6,000 digits"),
        (value("-" + "9" * 6_000), "a number of 6,000 digits"),
        (value("1." + "9" * 6_000), "too long or too large"),
        (value("1e999"), ":3: $: the number 1e999"),
        (value("NaN"), ":3: $: NaN is no number"),
        (value("-Infinity"), "-Infinity is no number"),
        (value('"\\ud800"'), ":3: $: \\ud800 is half of a character"),
        (value('"\ud800"'), "is half of a character"),
        ('{"name": "s", "name": "t", "expectations": []}', "$.name: the key stands here twice"),
        ("{", "this is not JSON"),
        ('{"name": "s"} x', "this is not JSON"),
        ("[1]", "a suite is an object"),
        (value('{"a": ' + "1}" + "}" * 9), "this is not JSON"),
        ('{"name": "s", "meta": 1, "expectations": [{}]}', "$.expectations[0]: the expectation has no type"),
        (TEXT.replace('"kwargs"', '"meta": [], "kwargs"').replace("[],", "[1],"), "meta is an object"),
        (TEXT.replace('"name"', '"na\\nme\\u001b[31m"'), "there is no 'na\\nme\\x1b[31m' here"),
        (value('"' + "x" * 1_000_000 + '"'), "is not allowed"),
        ({"name": "s", "expectations": object()}, "object is none of its types"),
        ({"name": "s", "expectations": [float("nan")]}, "NaN is no number"),
        (7, "a suite is not of type int"),
        (None, "a suite is not of type NoneType"),
        ("nowhere.json", "there is no such file"),
        ("no\0where", "it cannot be read"),
        (Path("."), "this is no file"),
    ],
    ids=lambda value: str(value)[:30].encode("unicode_escape").decode(),
)
def test_what_is_no_suite_is_one_short_line(given, problem):
    with pytest.raises(SuiteError) as raised:
        load_suite(given)
    line = str(raised.value)
    assert problem in line
    assert line.endswith(raised.value.fix)
    assert line.isprintable()
    assert len(line) < 2_000


def test_circles_and_depths_of_a_dict_are_told():
    circle: dict[str, object] = {"name": "s"}
    circle["meta"] = circle
    deep: dict[str, object] = {}
    for _ in range(100_000):
        deep = {"a": deep}
    for given in (circle, deep):
        with pytest.raises(SuiteError):
            load_suite(given)
    while deep:  # or Python itself would take it apart one inside another
        deep = deep.pop("a")  # type: ignore[assignment]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (TEXT.encode("utf-16"), "it is not UTF-8, from byte 0 on"),
        (TEXT.replace("s", "é").encode("latin-1"), "it is not UTF-8"),
        (b"", "this is not JSON"),
        (b"\x00" * 10, "this is not JSON"),
    ],
)
def test_a_file_that_is_no_text_is_told(tmp_path, content, problem):
    path = put(tmp_path, content)
    with pytest.raises(SuiteError, match=problem) as raised:
        load_suite(path)
    assert raised.value.source == str(path)


@pytest.mark.parametrize("key", ["expectation_suite_name", "data_asset_type"])
def test_a_suite_of_great_expectations_0_says_so(key):
    old = {
        key: "old",
        "expectations": [
            {"expectation_type": "expect_column_to_exist", "kwargs": {"column": "a"}, "meta": {}}
        ],
        "meta": {"great_expectations_version": "0.18.22"},
    }
    with pytest.raises(SuiteError, match=r"this is a suite of Great Expectations 0\.x"):
        load_suite(old)
