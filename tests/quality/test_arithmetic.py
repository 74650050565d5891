"""Expressions of suite parameters, side by side with Great Expectations' own parser."""

from __future__ import annotations

import pytest
from great_expectations.core.suite_parameters import parse_suite_parameter
from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.quality.arithmetic import formula, names_in

VALUES = {"trend_rows_mean": 120.5, "trend_rows_last": 130, "trend_x_min": -4.25}

atoms = st.one_of(
    st.sampled_from(sorted(VALUES)),
    st.integers(0, 30).map(str),
    st.sampled_from([".5", "0.05", "1.5e2", "3E-1"]),
)
expressions = st.recursive(
    atoms,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from([" + ", " - ", "*", " / ", "+", "-"]), inner).map("".join),
        inner.map("({})".format),
        inner.map("-({})".format),
        st.tuples(inner, st.sampled_from(["^2", "^-1"])).map("".join),
        st.tuples(st.sampled_from(["abs", "round", "trunc"]), inner).map("{0[0]}({0[1]})".format),
    ),
    max_leaves=6,
)


@settings(max_examples=300, deadline=None)
@given(expressions)
def test_an_expression_comes_to_what_great_expectations_says(expression):
    expression = f"({expression}) + 0"  # alone, Great Expectations takes a number for a name
    try:
        theirs = parse_suite_parameter(expression, VALUES)
    except Exception:
        theirs = None
    try:
        ours = formula(expression).calculate(VALUES)
    except ValueError:
        ours = None
    assert theirs is None or not isinstance(theirs, complex)
    assert ours == theirs


@pytest.mark.parametrize(
    ("expression", "value"),
    [("-2^2", 4), ("2^3^2", 512), ("2 - 3 - 4", -5), ("8/4/2", 1.0), ("round(2.5)", 2), ("2 -3", -1)],
)
def test_signs_and_orders_are_great_expectations_own(expression, value):
    assert formula(expression).calculate({}) == value == parse_suite_parameter(expression, {})


@pytest.mark.parametrize(
    "expression", ["", "1 +", "(1", "1)", "1 2", "sqrt(2)", "+1", "a.b", "now()", "2a", "abs(1, 2)", "a = 1"]
)
def test_what_is_no_expression_is_refused(expression):
    with pytest.raises(ValueError, match=r"^(it cannot be read|it ends|there is no function)"):
        formula(expression)


@pytest.mark.parametrize("expression", ["1 / (a - 1)", "(0 - a)^0.5", "10.0^(a * 999)"])
def test_what_comes_to_no_number_is_refused(expression):
    with pytest.raises(ValueError, match="a number"):
        formula(expression).calculate({"a": 1})


def test_names_are_found_each_once():
    assert names_in("trend_a_mean*2 + trend_b_mean - trend_a_mean") == ("trend_a_mean", "trend_b_mean")
    assert names_in("1e5 * 2") == ()
    assert formula("round(a) + b * a").names == ("a", "b")
