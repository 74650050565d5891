"""Trends: what a suite asks of the runs before, as parameters that Great Expectations knows.

An expectation speaks of them by suite parameters whose names begin with ``trend_``, such as
``{"$PARAMETER": "trend_rows_mean * 0.5"}``. They are calculated from the profiles of earlier batches.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pyspark.sql import types as T

from headgate.quality.arithmetic import formula, names_in
from headgate.quality.errors import SuiteError
from headgate.quality.expectation import Expectation, Suite
from headgate.quality.history import PREFIX, Measure, measures_of, value_of
from headgate.quality.parameters import read
from headgate.quality.profile import Profile
from headgate.quality.profiling import Distinct

__all__ = ["NotAsked", "Trends"]

_GRAMMAR = "numbers, trends that are numbers, + - * / ^, parentheses, abs, round and trunc"


@dataclass(frozen=True)
class NotAsked:
    """An expectation that was not asked, since nothing is known yet of what it compares with.

    Attributes
    ----------
    expectation : Expectation
    parameters : tuple of str
        The trend parameters without a value.
    """

    expectation: Expectation
    parameters: tuple[str, ...]


class Trends:
    """The trend parameters of a suite, checked against the data.

    Parameters
    ----------
    suite : Suite
        From `quality.load_suite`.
    schema : StructType
        Of the data.

    Attributes
    ----------
    sketches : tuple of str
        The columns whose distinct values must be sketched.
    values : tuple of str
        The columns whose distinct values must be kept.
    numbers : tuple of str
        The columns whose numbers must be taken.

    Raises
    ------
    SuiteError
        If a parameter that begins with ``trend_`` is none of the data's, or stands in an expression
        that cannot be calculated.

    Examples
    --------
    >>> from headgate.quality import load_suite
    >>> suite = load_suite('''{"name": "people", "expectations": [
    ...     {"id": "enough", "type": "expect_table_row_count_to_be_between",
    ...      "kwargs": {"min_value": {"$PARAMETER": "trend_rows_mean * 0.5"}}}]}''', source="people.json")
    >>> trends = Trends(suite, spark.createDataFrame([], "age int").schema)
    >>> bound, not_asked = trends.bind([Profile(90), Profile(110)])
    >>> bound.expectations[0].kwargs, not_asked
    ({'min_value': 50}, ())
    >>> bound, not_asked = trends.bind([])
    >>> bound.expectations, not_asked[0].parameters
    ((), ('trend_rows_mean',))
    """

    def __init__(self, suite: Suite, schema: T.StructType) -> None:
        self._suite = suite
        known = measures_of(schema)
        self._measures: dict[str, Measure] = {}
        for expectation in suite.expectations:
            for parameter, expression in _expressions(expectation).items():
                self._check(expectation, parameter, expression, known)
        used = self._measures.values()
        self.sketches = _columns(used, "sketch")
        self.values = _columns(used, "values")
        self.numbers = _columns(used, "numbers")

    def __bool__(self) -> bool:
        """Whether the suite asks for any."""
        return bool(self._measures)

    def _check(
        self, expectation: Expectation, parameter: str, expression: str, known: Mapping[str, list[Measure]]
    ) -> None:
        for name in _trends_in(expression):
            found = known.get(name, [])
            if len(found) != 1:
                raise self._error(
                    expectation,
                    parameter,
                    f"'{name}' may mean two things" if found else f"there is no trend '{name}'",
                    value=name,
                    allowed=() if found else known,
                    fix="rename a column" if found else "a trend is of the rows, or of a column that has it",
                )
            self._measures[name] = found[0]
        if expression in self._measures:
            return
        try:
            names = formula(expression).names
        except ValueError as error:
            raise self._error(
                expectation, parameter, f"'{expression}': {error}", value=expression, fix=f"use {_GRAMMAR}"
            ) from None
        for name in names:
            if name not in self._measures or not self._measures[name].is_number:
                raise self._error(
                    expectation,
                    parameter,
                    f"'{expression}': '{name}' is not a trend that is a number",
                    value=expression,
                    fix=f"use {_GRAMMAR}",
                )

    def bind(
        self, history: Sequence[Profile], *, distinct: Distinct | None = None
    ) -> tuple[Suite, tuple[NotAsked, ...]]:
        """Fill the trends in, and leave out the expectations whose trends are not known yet.

        Parameters
        ----------
        history : sequence of Profile
            Of the batches before, the newest first.
        distinct : mapping, optional
            What `headgate.quality.profiling.count_distinct` says of the history and of the columns in
            `sketches`.

        Returns
        -------
        suite : Suite
            Without open trends; other placeholders stay.
        not_asked : tuple of NotAsked

        Raises
        ------
        SuiteError
            If an expression comes to what its parameter does not take.
        """
        values = {
            name: value_of(measure, history, distinct or {}) for name, measure in self._measures.items()
        }
        kept, left_out = [], []
        for expectation in self._suite.expectations:
            expressions = _expressions(expectation)
            used = [name for expression in expressions.values() for name in _trends_in(expression)]
            missing = tuple(dict.fromkeys(name for name in used if values[name] is None))
            if missing:
                left_out.append(NotAsked(expectation, missing))
            else:
                kept.append(self._bound(expectation, expressions, values))
        return replace(self._suite, expectations=tuple(kept)), tuple(left_out)

    def _bound(
        self, expectation: Expectation, expressions: Mapping[str, str], values: Mapping[str, Any]
    ) -> Expectation:
        kwargs = dict(expectation.kwargs)
        for parameter, expression in expressions.items():
            spec = expectation.spec
            try:
                value = values[expression] if expression in values else formula(expression).calculate(values)
                kwargs[parameter] = read(value, spec.parameters[parameter]) if spec else value
            except ValueError as error:
                raise self._error(
                    expectation,
                    parameter,
                    f"'{expression}' does not come to a value that is allowed here",
                    value=expression,
                    fix=f"give {error}",
                ) from None
        return replace(expectation, kwargs=kwargs)

    def _error(self, expectation: Expectation, parameter: str, problem: str, **more: Any) -> SuiteError:
        place = f"{expectation.place}.kwargs.{parameter}"
        return SuiteError(
            source=self._suite.source,
            place=place,
            line=self._suite.lines.get(place),
            problem=problem,
            **more,
        )


def _expressions(expectation: Expectation) -> dict[str, str]:
    """The placeholders that speak of a trend, by parameter."""
    return {name: text for name, text in expectation.placeholders.items() if _trends_in(text)}


def _trends_in(expression: str) -> list[str]:
    return [name for name in names_in(expression) if name.startswith(PREFIX)]


def _columns(measures: Iterable[Measure], part: str) -> tuple[str, ...]:
    """The columns of whose profile a part is needed."""
    return tuple(dict.fromkeys(each.column for each in measures if each.part == part))
