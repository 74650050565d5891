"""Arithmetic: the expressions that a suite parameter may be, calculated as Great Expectations does."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

__all__ = ["Formula", "formula", "names_in"]

Number = int | float
Values = Mapping[str, Number]
Calculation = Callable[[Values], Any]

_TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:\d+|\.\d+)(?:\.\d+)?(?:[eE][+-]?\d+)?)|(?P<name>[A-Za-z][A-Za-z0-9_$]*)|(?P<sign>\S))"
)
_FUNCTIONS: Mapping[str, Callable[[Any], Any]] = {"abs": abs, "round": round, "trunc": int}
_SUMS: Mapping[str, Callable[[Any, Any], Any]] = {"+": operator.add, "-": operator.sub}
_PRODUCTS: Mapping[str, Callable[[Any, Any], Any]] = {"*": operator.mul, "/": operator.truediv}


@dataclass(frozen=True)
class Formula:
    """An expression that was read.

    Attributes
    ----------
    text : str
        As written.
    names : tuple of str
        The names that need values, each once.
    """

    text: str
    names: tuple[str, ...]
    _calculation: Calculation

    def calculate(self, values: Values) -> Number:
        """Calculate it.

        Parameters
        ----------
        values : mapping of str to number
            By name; there must be one for each of `names`.

        Raises
        ------
        ValueError
            It has no result that is a number.
        """
        try:
            result = self._calculation(values)
        except (ArithmeticError, TypeError) as error:
            raise ValueError(f"a number: {error}") from None
        if isinstance(result, complex) or result != result:
            raise ValueError("a number")
        return result  # type: ignore[no-any-return]


def names_in(expression: str) -> tuple[str, ...]:
    """Name all that an expression speaks of, in its order and each once, whether it can be read or not.

    Examples
    --------
    >>> names_in("round(rows_mean * 0.5) - rows_mean")
    ('round', 'rows_mean')
    """
    found = (match["name"] for match in _TOKEN.finditer(expression) if match["name"])
    return tuple(dict.fromkeys(found))


def formula(expression: str) -> Formula:
    """Read an expression: numbers, names, ``+ - * / ^``, parentheses, ``abs``, ``round``, ``trunc``.

    As in Great Expectations a sign belongs to the number that follows it: ``-2^2`` is 4.

    Parameters
    ----------
    expression : str
        What stands after ``$PARAMETER``.

    Returns
    -------
    Formula

    Raises
    ------
    ValueError
        It is no such expression; the message says from where on.

    Examples
    --------
    >>> formula("mean - 3 * stddev").calculate({"mean": 40.0, "stddev": 1.5})
    35.5
    >>> formula("mean - now()")
    Traceback (most recent call last):
    ...
    ValueError: there is no function 'now' here
    """
    return _Reader(expression).formula()


class _Reader:
    """Reads from left to right: sums of products of powers of atoms."""

    def __init__(self, expression: str) -> None:
        self.expression = expression
        self.names: dict[str, None] = {}
        found = _TOKEN.finditer(expression.rstrip())
        self.tokens = [(str(match.lastgroup), match[str(match.lastgroup)]) for match in found]

    def formula(self) -> Formula:
        calculation = self.sum()
        if self.tokens:
            self.fail()
        return Formula(self.expression, tuple(self.names), calculation)

    def sum(self) -> Calculation:
        return self.chain(self.product, _SUMS)

    def product(self) -> Calculation:
        return self.chain(self.power, _PRODUCTS)

    def chain(
        self, part: Callable[[], Calculation], by: Mapping[str, Callable[[Any, Any], Any]]
    ) -> Calculation:
        result = part()
        while self.tokens and self.tokens[0] in [("sign", sign) for sign in by]:
            result = _combined(by[self.take()], result, part())
        return result

    def power(self) -> Calculation:
        base = self.atom()
        if self.next_is("^"):
            self.take()
            return _combined(operator.pow, base, self.power())
        return base

    def atom(self) -> Calculation:
        if self.next_is("-"):
            self.take()
            inner = self.atom()
            return lambda values: -inner(values)
        if not self.tokens or self.tokens[0][0] == "sign":
            return self.enclosed()
        kind, text = self.tokens[0]
        self.take()
        if kind == "number":
            number = int(text) if text.isdigit() else float(text)
            return lambda values: number
        if not self.next_is("("):
            self.names[text] = None
            return lambda values: values[text]
        if text not in _FUNCTIONS:
            raise ValueError(f"there is no function '{text}' here")
        function, argument = _FUNCTIONS[text], self.enclosed()
        return lambda values: function(argument(values))

    def enclosed(self) -> Calculation:
        if not self.next_is("("):
            self.fail()
        self.take()
        result = self.sum()
        if not self.next_is(")"):
            self.fail()
        self.take()
        return result

    def next_is(self, sign: str) -> bool:
        return bool(self.tokens) and self.tokens[0] == ("sign", sign)

    def take(self) -> str:
        return self.tokens.pop(0)[1]

    def fail(self) -> NoReturn:
        left = " ".join(text for _, text in self.tokens)
        raise ValueError(f"it cannot be read from '{left}' on" if left else "it ends too early")


def _combined(by: Callable[[Any, Any], Any], first: Calculation, second: Calculation) -> Calculation:
    return lambda values: by(first(values), second(values))
