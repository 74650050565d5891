"""Reading a suite: what is accepted, and that whatever cannot be understood says where it stands."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest

from headgate.quality import SuiteError, load_suite
from headgate.quality.expectation import Suite


def suite_of(*expectations: dict[str, Any], **extra: Any) -> Suite:
    return load_suite(json.dumps({"name": "s", "expectations": expectations, **extra}), source="s.json")


def rule(name: str, **kwargs: Any) -> dict[str, Any]:
    return {"type": name, "kwargs": kwargs}


NOT_NULL = rule("expect_column_values_to_not_be_null", column="id")


def test_a_suite_as_great_expectations_writes_it_is_read():
    suite = load_suite(
        """{
          "id": null, "name": "people", "notes": null, "meta": {"great_expectations_version": "1.24.1"},
          "expectations": [
            {"id": "5f0", "type": "expect_column_values_to_be_between", "severity": "warning", "notes": null,
             "meta": {"owner": "ward"}, "description": null,
             "kwargs": {"column": "age", "min_value": 0, "max_value": "120", "strict_min": false,
                        "mostly": 1}}
          ]
        }""",
        source="people.json",
    )
    (expectation,) = suite.expectations
    assert (suite.name, len(suite.version)) == ("people", 12)
    assert (expectation.id, expectation.severity, expectation.meta) == ("5f0", "warning", {"owner": "ward"})
    assert expectation.kwargs == {"column": "age", "min_value": 0.0, "max_value": 120.0}
    assert (expectation.column, expectation.mostly) == ("age", 1.0)


def test_the_version_changes_with_the_content_and_not_with_the_layout():
    loose = (
        '{"expectations": [{"kwargs": {"column": "id"}, "type": "expect_column_to_exist"}],\n "name": "s"}'
    )
    tight = '{"name":"s","expectations":[{"type":"expect_column_to_exist","kwargs":{"column":"id"}}]}'
    other = tight.replace('"id"', '"no"')
    versions = [load_suite(text, source="s.json").version for text in (loose, tight, other)]
    assert versions[0] == versions[1] != versions[2]


def test_an_expectation_without_an_id_gets_one_that_only_depends_on_the_rule():
    first = suite_of(NOT_NULL, rule("expect_table_row_count_to_equal", value=3))
    second = suite_of(rule("expect_table_row_count_to_equal", value=3), NOT_NULL)
    assert first.expectations[0].id == second.expectations[1].id != first.expectations[1].id


@pytest.mark.parametrize(
    ("given", "read"),
    [
        (1, 1.0),
        ("1", 1.0),
        ("2024-1-2", dt.date(2024, 1, 2)),
        ("2024-01-02T03:04:05", dt.datetime(2024, 1, 2, 3, 4, 5)),
        ("2024-01-02 03:04:05.5Z", dt.datetime(2024, 1, 2, 3, 4, 5, 500000, dt.UTC)),
        (
            "2024-01-02T03:04+01:30",
            dt.datetime(2024, 1, 2, 3, 4, tzinfo=dt.timezone(dt.timedelta(minutes=90))),
        ),
    ],
)
def test_bounds_are_numbers_dates_or_timestamps(given, read):
    suite = suite_of(rule("expect_column_max_to_be_between", column="n", max_value=given))
    assert suite.expectations[0].kwargs["max_value"] == read
    assert type(suite.expectations[0].kwargs["max_value"]) is type(read)


@pytest.mark.parametrize(
    ("expectation", "place", "value", "nearest"),
    [
        (
            rule("expect_column_values_to_be_unqiue", column="id"),
            ".type",
            None,
            "expect_column_values_to_be_unique",
        ),
        (rule("expect_column_values_to_be_unique", colum="id"), ".kwargs.colum", "colum", "column"),
        (rule("expect_column_values_to_be_unique"), ".kwargs", "column", None),
        (rule("expect_column_values_to_be_unique", column=3), ".kwargs.column", 3, None),
        ({**NOT_NULL, "severity": "criticl"}, ".severity", "criticl", "critical"),
        (
            rule("expect_column_values_to_not_be_null", column="a", severity="bad"),
            ".kwargs.severity",
            "bad",
            None,
        ),
        (rule("expect_column_values_to_not_be_null", column="a", mostly=1.5), ".kwargs.mostly", 1.5, None),
        (rule("expect_column_values_to_not_be_null", column="a", mostly="x"), ".kwargs.mostly", "x", None),
        (rule("expect_column_values_to_be_between", column="a"), ".kwargs", None, None),
        (
            rule("expect_column_values_to_be_between", column="a", min_value="a"),
            ".kwargs.min_value",
            "a",
            None,
        ),
        (
            rule("expect_column_values_to_be_between", column="a", min_value=2, max_value=1),
            ".kwargs.min_value",
            2.0,
            None,
        ),
        (
            rule("expect_column_values_to_be_between", column="a", min_value=2, max_value="2024-01-01"),
            ".kwargs.min_value",
            2.0,
            None,
        ),
        (
            rule("expect_column_values_to_be_in_set", column="a", value_set="ab"),
            ".kwargs.value_set",
            "ab",
            None,
        ),
        (
            rule("expect_column_values_to_match_regex_list", column="a", regex_list=[]),
            ".kwargs.regex_list",
            [],
            None,
        ),
        (rule("expect_compound_columns_to_be_unique", column_list=["a"]), ".kwargs.column_list", ["a"], None),
        (
            rule(
                "expect_column_pair_values_to_be_equal",
                column_A="a",
                column_B="b",
                ignore_row_if="both_value_are_missing",
            ),
            ".kwargs.ignore_row_if",
            "both_value_are_missing",
            "both_values_are_missing",
        ),
        (
            rule("expect_column_values_to_be_null", column="a", row_condition={"type": "compare"}),
            ".kwargs.row_condition",
            {"type": "compare"},
            None,
        ),
        (
            {"expectation_type": "expect_column_to_exist", "kwargs": {}},
            ".expectation_type",
            "expectation_type",
            None,
        ),
    ],
)
def test_what_is_not_allowed_says_where_it_stands(expectation, place, value, nearest):
    with pytest.raises(SuiteError) as raised:
        suite_of(NOT_NULL, expectation)
    error = raised.value
    assert error.source == "s.json"
    assert error.place == "$.expectations[1]" + place
    assert error.value == (value if value is not None or place != ".type" else expectation["type"])
    assert error.nearest == nearest
    assert error.line == 1
    assert str(error).endswith(error.fix)
    assert "\n" not in str(error)


def test_the_line_of_the_value_is_told():
    text = '{"name": "s",\n "expectations": [\n{"type": "expect_column_to_exist",\n"kwargs":\n{"colum": 1}}]}'
    with pytest.raises(SuiteError) as raised:
        load_suite(text, source="s.json")
    assert (raised.value.place, raised.value.line) == ("$.expectations[0].kwargs.colum", 5)


def test_a_text_that_is_not_json_says_where_it_stops_being_so():
    with pytest.raises(SuiteError) as raised:
        load_suite('{"name": "s",\n "expectations": [,]}', source="s.json")
    assert (raised.value.place, raised.value.line) == ("$", 2)


@pytest.mark.parametrize(
    "text", ["[]", '{"name": "s"}', '{"name": "s", "expectations": []}', '{"name": "s", "expectations": {}}']
)
def test_a_suite_that_asks_nothing_is_refused(text):
    with pytest.raises(SuiteError):
        load_suite(text, source="s.json")


def test_a_suite_without_a_name_is_refused():
    with pytest.raises(SuiteError) as raised:
        load_suite(json.dumps({"expectations": [NOT_NULL]}), source="s.json")
    assert raised.value.place == "$"


def test_a_key_that_stands_twice_is_refused():
    with pytest.raises(SuiteError) as raised:
        load_suite(
            '{"name": "s", "expectations": [{"type": "expect_column_to_exist",\n'
            ' "kwargs": {"column": "a", "column": "b"}}]}',
            source="s.json",
        )
    assert (raised.value.place, raised.value.line) == ("$.expectations[0].kwargs.column", 2)


def test_the_same_rule_twice_is_refused_even_if_written_differently():
    with pytest.raises(SuiteError) as raised:
        suite_of(
            rule("expect_column_max_to_be_between", column="a", max_value=1),
            rule("expect_column_max_to_be_between", column="a", max_value="1", strict_max=False),
        )
    assert raised.value.place == "$.expectations[1]"


def test_the_same_id_twice_is_refused():
    with pytest.raises(SuiteError) as raised:
        suite_of({**NOT_NULL, "id": "x"}, {**rule("expect_column_to_exist", column="id"), "id": "x"})
    assert (raised.value.place, raised.value.value) == ("$.expectations[1].id", "x")


def test_a_type_of_ones_own_must_be_named():
    own = rule("expect_column_values_to_be_prime", column="n", upto=7)
    with pytest.raises(SuiteError):
        suite_of(own)
    text = json.dumps({"name": "s", "expectations": [own]})
    suite = load_suite(text, source="s.json", extra_types=["expect_column_values_to_be_prime"])
    assert suite.expectations[0].kwargs == {"column": "n", "upto": 7}


@pytest.mark.parametrize(
    ("condition", "parser", "sql"),
    [
        ("age > 18 and sex = 'F'", "spark", "age > 18 and sex = 'F'"),
        ("age > 18", None, "age > 18"),
        ('col("age") > 18', "great_expectations", "`age` > 18"),
        ('col("sex") == "F"', "great_expectations__experimental__", "`sex` == 'F'"),
        ('col("sex").notNull()', "great_expectations", "`sex` IS NOT NULL"),
        ({"type": "nullity", "column": {"name": "a.b"}, "is_null": True}, None, "`a`.`b` IS NULL"),
        (
            {
                "type": "and",
                "conditions": [
                    {
                        "type": "comparison",
                        "column": {"name": "my col"},
                        "operator": "IN",
                        "parameter": [1, 2],
                    },
                    {"type": "pass_through", "pass_through_filter": "x"},
                ],
            },
            None,
            "(`my col` IN (1, 2) AND x)",
        ),
    ],
)
def test_row_conditions_become_spark_sql(condition, parser, sql):
    given = {"row_condition": condition} | ({"condition_parser": parser} if parser else {})
    suite = suite_of(rule("expect_column_values_to_be_null", column="a", **given))
    condition = suite.expectations[0].row_condition
    assert condition is not None
    assert condition.sql == sql


@pytest.mark.parametrize(
    "condition",
    [
        "",
        5,
        {"type": "comparison", "column": "a", "operator": "==", "parameter": 1},
        {"type": "comparison", "column": {"name": "a"}, "operator": "~", "parameter": 1},
        {"type": "comparison", "column": {"name": "a"}, "operator": "IN", "parameter": 1},
        {"type": "or", "conditions": []},
        {
            "type": "and",
            "conditions": [
                {"type": "or", "conditions": [{"type": "pass_through", "pass_through_filter": "x"}]}
            ],
        },
    ],
)
def test_conditions_that_cannot_be_read_are_refused(condition):
    with pytest.raises(SuiteError) as raised:
        suite_of(rule("expect_column_values_to_be_null", column="a", row_condition=condition))
    assert raised.value.place == "$.expectations[0].kwargs.row_condition"


def test_placeholders_are_filled_by_name():
    suite = suite_of(rule("expect_column_max_to_be_between", column="n", max_value={"$PARAMETER": "top"}))
    assert suite.expectations[0].placeholders == {"max_value": "top"}
    assert suite.bind({"top": "2024-01-02"}).expectations[0].kwargs["max_value"] == dt.date(2024, 1, 2)


@pytest.mark.parametrize(("values", "problem"), [({"tob": 3}, "top"), ({"top": "x"}, "x")])
def test_placeholders_without_a_fitting_value_are_refused(values, problem):
    suite = suite_of(rule("expect_column_max_to_be_between", column="n", max_value={"$PARAMETER": "top"}))
    with pytest.raises(SuiteError) as raised:
        suite.bind(values)
    assert raised.value.place == "$.expectations[0].kwargs.max_value"
    assert raised.value.value == problem
