"""Expectations in words a reader takes in at a glance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headgate.jobs.report.summary import Expectation
from headgate.jobs.report.wording import plain

__all__ = ["criterion", "doubt", "spoken", "subject"]

# Said in a column of the table, or of no use to a reader.
_SAID_ELSEWHERE = frozenset({"column", "batch_id", "severity", "result_format", "catch_exceptions", "meta"})
_OF_SEVERAL_COLUMNS = ("column_list", "column_set", "column_A", "column_B")


def spoken(type_: str) -> str:
    """Say an expectation's type in words.

    Examples
    --------
    >>> spoken("expect_column_values_to_be_between")
    'values to be between'
    >>> spoken("expect_table_row_count_to_equal")
    'table row count to equal'
    """
    return type_.removeprefix("expect_").removeprefix("column_").replace("_", " ")


def subject(expectation: Expectation) -> str:
    """Name the column or columns that an expectation is about, or the table.

    Examples
    --------
    >>> from headgate.jobs.report.reading import read_summary
    >>> gate = {"expectations": [{"type": "x", "kwargs": {"column_list": ["a", "b"]}}]}
    >>> subject(read_summary({"gates": [gate]}).gates[0].expectations[0])
    'a, b'
    """
    if expectation.column:
        return expectation.column
    names: list[str] = []
    for key in _OF_SEVERAL_COLUMNS:
        value = expectation.kwargs.get(key)
        names += [
            plain(each) for each in (value if isinstance(value, (list, tuple)) else [value] if value else [])
        ]
    return ", ".join(names) or "whole table"


def criterion(kwargs: Mapping[str, Any]) -> str:
    """Write down what an expectation was told to expect.

    Examples
    --------
    >>> criterion({"column": "age", "min_value": 0, "max_value": None, "mostly": 0.95})
    'min value 0 · mostly 0.95'
    """
    said = (
        f"{plain(key).replace('_', ' ')} {plain(value)}"
        for key, value in kwargs.items()
        if value is not None and key not in _SAID_ELSEWHERE and key not in _OF_SEVERAL_COLUMNS
    )
    return " · ".join(said)


def doubt(expectation: Expectation) -> str:
    """Say that Great Expectations' answer cannot be believed, and by which of its defects; else nothing.

    Examples
    --------
    >>> from headgate.jobs.report.reading import read_summary
    >>> gate = {"expectations": [{"id": "e1", "type": "x"}, {"id": "e2", "type": "x"}],
    ...     "warnings": [{"expectation_id": "e1", "name": "null-in-set"}]}
    >>> [doubt(each) for each in read_summary({"gates": [gate]}).gates[0].expectations]
    ['not to be believed, a defect of Great Expectations: null-in-set', '']
    """
    names = ", ".join(expectation.defects)
    return names and f"not to be believed, a defect of Great Expectations: {names}"
