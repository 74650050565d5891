"""The nouns of the gate: an expectation, and the suite that holds it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from headgate.quality.catalogue import TYPES, Type
from headgate.quality.conditions import RowCondition
from headgate.quality.errors import SuiteError
from headgate.quality.parameters import is_placeholder, read

__all__ = ["Expectation", "Suite"]


@dataclass(frozen=True)
class Expectation:
    """One rule of a suite.

    Attributes
    ----------
    id : str
        The suite's own id, or a stable hash of type and parameters where it gives none.
    type : str
        Such as ``expect_column_values_to_be_unique``.
    kwargs : Mapping
        Its parameters as plain values; those equal to their defaults are left out.
    severity : str
        ``critical``, ``warning`` or ``info``.
    meta : Mapping
        As written.
    row_condition : RowCondition or None
        The rows it speaks about, if not all.
    given : Mapping
        The whole expectation as written.
    place : str
        Its JSON path.
    """

    id: str
    type: str
    kwargs: Mapping[str, Any]
    severity: str = "critical"
    meta: Mapping[str, Any] = field(default_factory=dict)
    row_condition: RowCondition | None = None
    given: Mapping[str, Any] = field(default_factory=dict)
    place: str = "$"

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns it speaks about, as written."""
        if "column" in self.kwargs:
            return (self.kwargs["column"],)
        if "column_A" in self.kwargs:
            return (self.kwargs["column_A"], self.kwargs["column_B"])
        of_columns = self.spec is not None and self.spec.domain == "columns"
        return tuple(self.kwargs["column_list"]) if of_columns else ()

    @property
    def column(self) -> str | None:
        """The columns it speaks about as one text; None for a rule about the table."""
        return ", ".join(self.columns) or None

    @property
    def mostly(self) -> float:
        """The share of rows that must keep the rule."""
        return float(self.kwargs.get("mostly", 1.0))

    @property
    def spec(self) -> Type | None:
        """What the catalogue says about its type; None for a type of the user's own."""
        return TYPES.get(self.type)

    def parameter(self, name: str) -> Any:
        """Give the value of one parameter, its default where it has none."""
        parameter = self.spec.parameters.get(name) if self.spec else None
        return self.kwargs.get(name, parameter.default if parameter else None)

    @property
    def placeholders(self) -> dict[str, str]:
        """Parameters that await a value: name of the parameter to the expression it awaits."""
        return {
            name: str(value["$PARAMETER"]) for name, value in self.kwargs.items() if is_placeholder(value)
        }


@dataclass(frozen=True)
class Suite:
    """A suite, read and checked.

    Attributes
    ----------
    name : str
        As written.
    version : str
        First twelve hexadecimal digits of the SHA-256 of the suite's canonical JSON.
    expectations : tuple of Expectation
        In the order written.
    source : str
        Where it was read from.
    meta : Mapping
        As written.
    lines : Mapping
        The line of the text, counted from 1, on which the value of each JSON path begins.
    """

    name: str
    version: str
    expectations: tuple[Expectation, ...]
    source: str = "suite"
    meta: Mapping[str, Any] = field(default_factory=dict)
    lines: Mapping[str, int] = field(default_factory=dict, repr=False, compare=False)

    def bind(self, parameters: Mapping[str, Any] | None) -> Suite:
        """Fill the placeholders that are the bare name of a parameter.

        Parameters
        ----------
        parameters : Mapping or None
            Values by name.

        Returns
        -------
        Suite
            With the values in place; placeholders that calculate stay, for Great Expectations.

        Raises
        ------
        SuiteError
            If a placeholder names a parameter that has no value, or the value is not allowed there.

        Examples
        --------
        >>> from headgate.quality import load_suite
        >>> suite = load_suite('''{"name": "s", "expectations": [{
        ...     "type": "expect_table_row_count_to_equal", "kwargs": {"value": {"$PARAMETER": "rows"}}}]}''',
        ...     source="s.json")
        >>> suite.bind({"rows": 3}).expectations[0].kwargs
        {'value': 3}
        """
        values = dict(parameters or {})
        bound = tuple(self._bind(expectation, values) for expectation in self.expectations)
        return replace(self, expectations=bound)

    def _bind(self, expectation: Expectation, values: Mapping[str, Any]) -> Expectation:
        kwargs = dict(expectation.kwargs)
        for name, expression in expectation.placeholders.items():
            if not re.fullmatch(r"[A-Za-z][\w$]*", expression):
                continue
            place = f"{expectation.place}.kwargs.{name}"
            if expression not in values:
                raise SuiteError(
                    source=self.source,
                    place=place,
                    line=self.lines.get(place),
                    problem=f"the parameter '{expression}' has no value",
                    value=expression,
                    allowed=values,
                    fix="give it a value in suite_parameters",
                )
            spec = expectation.spec
            try:
                kwargs[name] = read(values[expression], spec.parameters[name]) if spec else values[expression]
            except ValueError as error:
                raise SuiteError(
                    source=self.source,
                    place=place,
                    line=self.lines.get(place),
                    problem=f"the parameter '{expression}' is {values[expression]!r}",
                    value=values[expression],
                    fix=f"give {error}",
                ) from None
        return replace(expectation, kwargs=kwargs)
