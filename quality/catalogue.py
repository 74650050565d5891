"""The expectation types of Great Expectations 1.24 and the parameters that each takes, as data.

A test compares this catalogue with Great Expectations itself, so that it cannot drift.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

__all__ = [
    "COMMON",
    "CONDITION_PARSERS",
    "SEVERITIES",
    "TYPES",
    "Domain",
    "Kind",
    "Parameter",
    "ResultFormat",
    "Type",
]

Kind = Literal[
    "name",  # a column's name: text and nothing else
    "text",
    "number",
    "integer",
    "bound",  # a number, a date or a timestamp
    "integer_bound",  # a whole number, or a timestamp
    "fraction",  # 0 to 1
    "flag",
    "choice",
    "list",
    "texts",
    "names",
    "pairs",
    "object",
    "any",
]
"""What a parameter's value may be; every kind but ``name`` also takes ``{"$PARAMETER": …}``."""

Domain = Literal["column", "pair", "columns", "table"]
"""What an expectation speaks about."""

ResultFormat = Literal["BOOLEAN_ONLY", "BASIC", "SUMMARY", "COMPLETE"]
"""How much each result says."""

SEVERITIES = ("critical", "warning", "info")
CONDITION_PARSERS = ("great_expectations", "great_expectations__experimental__", "pandas", "spark")

COMMON = frozenset(
    {
        "batch_id",
        "catch_exceptions",
        "description",
        "meta",
        "notes",
        "rendered_content",
        "result_format",
        "severity",
        "windows",
    }
)
"""Keys that every expectation takes beside its own parameters and that change no result here."""


@dataclass(frozen=True)
class Parameter:
    """One parameter of an expectation type."""

    kind: Kind
    required: bool = False
    default: object = None
    choices: tuple[str, ...] = ()
    at_least: int = 0
    nullable: bool = False


@dataclass(frozen=True)
class Type:
    """One expectation type.

    ``by_row`` says that each row keeps or breaks the rule, alone or among its equals, so that
    failing rows can be told apart; ``runs_on_spark`` that Great Expectations can evaluate it there.
    """

    domain: Domain
    parameters: Mapping[str, Parameter]
    by_row: bool = False
    needs_bound: bool = False
    runs_on_spark: bool = True


_CONDITION = {
    "row_condition": Parameter("any", nullable=True),
    "condition_parser": Parameter("choice", choices=CONDITION_PARSERS, nullable=True),
}
_MOSTLY = {"mostly": Parameter("fraction", default=1.0)}
_NAME = {"column": Parameter("name", required=True)}
_COLUMN = {**_NAME, **_CONDITION}
_MAP = {**_COLUMN, **_MOSTLY}
_STRICT = {"strict_min": Parameter("flag", default=False), "strict_max": Parameter("flag", default=False)}


def _range(kind: Kind) -> dict[str, Parameter]:
    return {"min_value": Parameter(kind, nullable=True), "max_value": Parameter(kind, nullable=True)}


_BETWEEN = {**_range("bound"), **_STRICT}
_NUMBER_BETWEEN = {**_range("number"), **_STRICT}
_INTEGER_BETWEEN = {**_range("integer"), **_STRICT}
_VALUE_SET = {"value_set": Parameter("list", required=True)}
_PAIR = {
    "column_A": Parameter("name", required=True),
    "column_B": Parameter("name", required=True),
    "ignore_row_if": Parameter(
        "choice",
        default="both_values_are_missing",
        choices=("both_values_are_missing", "either_value_is_missing", "neither"),
    ),
    **_CONDITION,
    **_MOSTLY,
}
_COLUMNS = {
    "column_list": Parameter("names", required=True, at_least=2),
    "ignore_row_if": Parameter(
        "choice",
        default="all_values_are_missing",
        choices=("all_values_are_missing", "any_value_is_missing", "never"),
    ),
    **_CONDITION,
    **_MOSTLY,
}
_STRICTLY = {"strictly": Parameter("flag", nullable=True)}
_MATCH_ON = {"match_on": Parameter("choice", default="any", choices=("any", "all"))}
_REGEX = {"regex": Parameter("text", required=True)}
_ESCAPE = {"escape": Parameter("text", nullable=True)}
_LIKE = {"like_pattern": Parameter("text", required=True), **_ESCAPE}
_LIKES = {"like_pattern_list": Parameter("texts", required=True, at_least=1), **_ESCAPE}


def _map(parameters: Mapping[str, Parameter] | None = None, *, needs_bound: bool = False) -> Type:
    return Type("column", {**_MAP, **(parameters or {})}, by_row=True, needs_bound=needs_bound)


def _aggregate(parameters: Mapping[str, Parameter]) -> Type:
    return Type("column", {**_COLUMN, **parameters})


def _not_on_spark(domain: Domain, parameters: Mapping[str, Parameter]) -> Type:
    return Type(domain, parameters, runs_on_spark=False)


TYPES: Mapping[str, Type] = {
    # Each row by itself.
    "expect_column_values_to_not_be_null": _map(),
    "expect_column_values_to_be_null": _map(),
    "expect_column_values_to_be_in_set": _map(_VALUE_SET),
    "expect_column_values_to_not_be_in_set": _map(_VALUE_SET),
    "expect_column_values_to_be_between": _map(_BETWEEN, needs_bound=True),
    "expect_column_value_lengths_to_equal": _map({"value": Parameter("number", required=True)}),
    "expect_column_value_lengths_to_be_between": _map(_INTEGER_BETWEEN, needs_bound=True),
    "expect_column_values_to_match_regex": _map({"regex": Parameter("text", default="(?s).*")}),
    "expect_column_values_to_not_match_regex": _map(_REGEX),
    "expect_column_values_to_match_regex_list": _map(
        {"regex_list": Parameter("texts", required=True, at_least=1), **_MATCH_ON}
    ),
    "expect_column_values_to_not_match_regex_list": _map(
        {"regex_list": Parameter("texts", required=True, at_least=1)}
    ),
    "expect_column_values_to_be_json_parseable": _map(),
    "expect_column_values_to_match_json_schema": _map({"json_schema": Parameter("object", required=True)}),
    "expect_column_values_to_match_strftime_format": _map(
        {"strftime_format": Parameter("text", required=True)}
    ),
    "expect_column_value_z_scores_to_be_less_than": _map(
        {"threshold": Parameter("number", required=True), "double_sided": Parameter("flag", required=True)}
    ),
    "expect_column_values_to_not_be_outliers": _map(
        {
            "method": Parameter("choice", default="iqr", choices=("iqr", "std")),
            "multiplier": Parameter("number", default=1.5),
        }
    ),
    "expect_column_pair_values_to_be_equal": Type("pair", _PAIR, by_row=True),
    "expect_column_pair_values_a_to_be_greater_than_b": Type(
        "pair", {**_PAIR, "or_equal": Parameter("flag", nullable=True)}, by_row=True
    ),
    "expect_column_pair_values_to_be_in_set": Type(
        "pair", {**_PAIR, "value_pairs_set": Parameter("pairs", required=True)}, by_row=True
    ),
    "expect_multicolumn_sum_to_equal": Type(
        "columns", {**_COLUMNS, "sum_total": Parameter("number", required=True)}, by_row=True
    ),
    "expect_multicolumn_values_to_be_equal": Type("columns", _COLUMNS, by_row=True),
    "expect_select_column_values_to_be_unique_within_record": Type("columns", _COLUMNS, by_row=True),
    # Each row among its equals or its neighbours.
    "expect_column_values_to_be_unique": _map(),
    "expect_compound_columns_to_be_unique": Type("columns", _COLUMNS, by_row=True),
    "expect_column_values_to_be_increasing": _map(_STRICTLY),
    "expect_column_values_to_be_decreasing": _map(_STRICTLY),
    # One number of a column.
    "expect_column_min_to_be_between": _aggregate(_BETWEEN),
    "expect_column_max_to_be_between": _aggregate(_BETWEEN),
    "expect_column_mean_to_be_between": _aggregate(_BETWEEN),
    "expect_column_median_to_be_between": _aggregate(_BETWEEN),
    "expect_column_sum_to_be_between": _aggregate(_BETWEEN),
    "expect_column_stdev_to_be_between": _aggregate(_NUMBER_BETWEEN),
    "expect_column_unique_value_count_to_be_between": _aggregate(_INTEGER_BETWEEN),
    "expect_column_proportion_of_unique_values_to_be_between": _aggregate(_NUMBER_BETWEEN),
    "expect_column_proportion_of_non_null_values_to_be_between": _aggregate(_NUMBER_BETWEEN),
    "expect_column_quantile_values_to_be_between": _aggregate(
        {
            "quantile_ranges": Parameter("object", required=True),
            "allow_relative_error": Parameter("any", default=False),
        }
    ),
    # The distinct values of a column.
    "expect_column_distinct_values_to_be_in_set": _aggregate(
        {"value_set": Parameter("list", required=True, at_least=1)}
    ),
    "expect_column_distinct_values_to_contain_set": _aggregate(_VALUE_SET),
    "expect_column_distinct_values_to_equal_set": _aggregate(_VALUE_SET),
    "expect_column_most_common_value_to_be_in_set": _aggregate(
        {**_VALUE_SET, "ties_okay": Parameter("flag", nullable=True)}
    ),
    "expect_column_kl_divergence_to_be_less_than": _aggregate(
        {
            "partition_object": Parameter("object", nullable=True),
            "threshold": Parameter("number", nullable=True),
            "internal_weight_holdout": Parameter("number", default=0.0, nullable=True),
            "tail_weight_holdout": Parameter("number", default=0.0, nullable=True),
            "bucketize_data": Parameter("flag", default=True),
            **_range("bound"),
        }
    ),
    # The schema.
    "expect_column_to_exist": Type("column", {**_NAME, "column_index": Parameter("integer", nullable=True)}),
    "expect_column_type_to_be": Type("column", {**_NAME, "type_": Parameter("text", required=True)}),
    "expect_column_values_to_be_of_type": Type("column", {**_MAP, "type_": Parameter("text", required=True)}),
    "expect_column_values_to_be_in_type_list": Type(
        "column", {**_MAP, "type_list": Parameter("texts", nullable=True)}
    ),
    "expect_table_column_count_to_equal": Type("table", {"value": Parameter("integer", required=True)}),
    "expect_table_column_count_to_be_between": Type("table", _range("bound")),
    "expect_table_columns_to_match_ordered_list": Type(
        "table", {"column_list": Parameter("list", nullable=True)}
    ),
    "expect_table_columns_to_match_set": Type(
        "table",
        {
            "column_set": Parameter("list", nullable=True),
            "exact_match": Parameter("flag", default=True, nullable=True),
        },
    ),
    # The rows.
    "expect_table_row_count_to_equal": Type(
        "table", {"value": Parameter("integer", required=True), **_CONDITION}
    ),
    "expect_table_row_count_to_be_between": Type(
        "table", {**_range("integer_bound"), **_STRICT, **_CONDITION}
    ),
    "unexpected_rows_expectation": Type("table", {"unexpected_rows_query": Parameter("text", required=True)}),
    # Great Expectations registers these and cannot evaluate them on Spark.
    "expect_column_values_to_be_dateutil_parseable": _not_on_spark("column", _MAP),
    "expect_column_values_to_match_like_pattern": _not_on_spark("column", {**_MAP, **_LIKE}),
    "expect_column_values_to_not_match_like_pattern": _not_on_spark("column", {**_MAP, **_LIKE}),
    "expect_column_values_to_match_like_pattern_list": _not_on_spark(
        "column", {**_MAP, **_LIKES, **_MATCH_ON}
    ),
    "expect_column_values_to_not_match_like_pattern_list": _not_on_spark("column", {**_MAP, **_LIKES}),
    "expect_table_row_count_to_equal_other_table": _not_on_spark(
        "table", {"other_table_name": Parameter("text", required=True), **_CONDITION}
    ),
    "expect_query_results_to_match_comparison": _not_on_spark(
        "table",
        {
            "base_query": Parameter("text", required=True),
            "comparison_data_source_name": Parameter("text", required=True),
            "comparison_query": Parameter("text", required=True),
            **_MOSTLY,
        },
    ),
}
