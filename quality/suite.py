"""Suites: an unmodified Great Expectations 1.x suite JSON, read once and strictly.

Great Expectations drops an expectation of unknown type or severity with a line in a log, and a
suite with nothing left in it passes. Here whatever cannot be understood is an error that says
where it stands.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any, NoReturn

from headgate.quality.catalogue import COMMON, SEVERITIES, TYPES, Type
from headgate.quality.conditions import RowCondition, read_condition
from headgate.quality.document import Document, read_document
from headgate.quality.errors import SuiteError
from headgate.quality.expectation import Expectation, Suite
from headgate.quality.oneline import one_line
from headgate.quality.parameters import is_placeholder, read, to_json
from headgate.quality.places import lines_of

__all__ = ["load_suite"]

_SUITE_KEYS = ("name", "id", "expectations", "meta", "notes", "suite_parameters", "ge_cloud_id")
_EXPECTATION_KEYS = (
    "type",
    "kwargs",
    "meta",
    "notes",
    "id",
    "severity",
    "description",
    "rendered_content",
    "expectation_context",
    "windows",
)


def load_suite(
    given: str | Path | Mapping[str, Any] | object,
    *,
    source: str | None = None,
    extra_types: Collection[str] = (),
) -> Suite:
    """Read a Great Expectations 1.x suite.

    Parameters
    ----------
    given : str, Path, Mapping or ExpectationSuite
        A path, the suite's JSON as Great Expectations writes it, the same as a dict, or Great
        Expectations' own object. A text is JSON if it begins with a bracket, or if it has a `source`;
        else a path.
    source : str or None
        The file or name it comes from, for messages; by default the path, or the suite's name.
    extra_types : collection of str
        Expectation types of the user's own, whose classes are imported; Great Expectations
        evaluates them, and their parameters are not checked here.

    Returns
    -------
    Suite
        Frozen.

    Raises
    ------
    SuiteError
        If it is not JSON within bounds, holds no expectation, or holds one that is unknown, incomplete,
        repeated, or has a parameter, a severity or a condition that is not allowed.

    Examples
    --------
    >>> suite = load_suite({"name": "people", "expectations": [
    ...     {"type": "expect_column_values_to_be_between", "kwargs": {"column": "age", "min_value": 0}}]})
    >>> suite.expectations[0].kwargs, suite.expectations[0].severity
    ({'column': 'age', 'min_value': 0.0}, 'critical')
    >>> load_suite('{"name": "people", "expectations": []}', source="people.json")
    Traceback (most recent call last):
    ...
    headgate.quality.errors.SuiteError: people.json:1: $.expectations: the suite has no expectations; ...
    """
    return _Reader(read_document(given, source), extra_types).suite()


class _Reader:
    def __init__(self, document: Document, extra_types: Collection[str]) -> None:
        self.document = document.content
        self.source = document.source
        self.lines = lines_of(document.text)
        self.extra_types = frozenset(extra_types)

    def suite(self) -> Suite:
        document = self.document
        if "expectation_suite_name" in document or "data_asset_type" in document:
            self._fail(
                "$.expectation_suite_name" if "expectation_suite_name" in document else "$.data_asset_type",
                "this is a suite of Great Expectations 0.x",
                value=document.get("expectation_suite_name"),
                fix="load it with Great Expectations 1.x and save it again",
            )
        self._closed(document, _SUITE_KEYS, "$")
        listed = document.get("expectations")
        if not isinstance(listed, list) or not listed:
            self._fail(
                "$.expectations" if "expectations" in document else "$",
                "the suite has no expectations",
                value=listed,
                fix="add at least one",
            )
        name = document.get("name")
        if not isinstance(name, str) or not name:
            self._fail("$.name" if "name" in document else "$", "the suite has no name", fix='add "name"')
        expectations = tuple(
            self._expectation(item, f"$.expectations[{at}]") for at, item in enumerate(listed)
        )
        self._no_repeats(expectations)
        return Suite(
            name=name,
            version=_digest(document),
            expectations=expectations,
            source=self.source,
            meta=self._meta(document, "$"),
            lines=self.lines,
        )

    def _expectation(self, item: Any, place: str) -> Expectation:
        if not isinstance(item, dict):
            self._fail(
                place, "an expectation is an object", value=item, fix='write {"type": …, "kwargs": {…}}'
            )
        if "expectation_type" in item:
            self._fail(
                f"{place}.expectation_type",
                "this is how Great Expectations 0.x writes it",
                value="expectation_type",
                fix="write 'type', and save the suite with Great Expectations 1.x",
            )
        self._closed(item, _EXPECTATION_KEYS, place)
        name = item.get("type")
        if not isinstance(name, str):
            self._fail(place, "the expectation has no type", value=name, fix='add "type"', allowed=TYPES)
        given = item.get("kwargs") or {}
        if not isinstance(given, dict):
            self._fail(f"{place}.kwargs", "kwargs is an object", value=given, fix='write {"column": …}')
        spec = TYPES.get(name)
        if spec is None and name not in self.extra_types:
            self._fail(
                f"{place}.type",
                f"there is no expectation type '{name}'",
                value=name,
                allowed=(*TYPES, *self.extra_types),
                fix="name a type of Great Expectations 1.x; it would drop this one without a word",
            )
        kwargs = self._kwargs(given, spec, place) if spec else dict(given)
        condition = self._condition(kwargs, f"{place}.kwargs")
        if condition is not None:
            kwargs["row_condition"] = condition.echo
        return Expectation(
            id=str(item.get("id") or _digest({"type": name, "kwargs": to_json(kwargs)})),
            type=name,
            kwargs=kwargs,
            severity=self._severity(item, given, place),
            meta=self._meta(item, place),
            row_condition=condition,
            given=item,
            place=place,
        )

    def _kwargs(self, given: Mapping[str, Any], spec: Type, place: str) -> dict[str, Any]:
        self._closed(given, spec.parameters, f"{place}.kwargs", also=COMMON)
        kwargs: dict[str, Any] = {}
        for name, parameter in spec.parameters.items():
            at = f"{place}.kwargs.{name}"
            if name not in given:
                if parameter.required:
                    self._fail(
                        f"{place}.kwargs", f"the parameter '{name}' is missing", value=name, fix="add it"
                    )
                continue
            try:
                value = read(given[name], parameter)
            except ValueError as error:
                self._fail(
                    at,
                    f"{one_line(repr(given[name]), 80)} is not allowed",
                    value=given[name],
                    allowed=parameter.choices,
                    fix=f"give {error}",
                )
            if value != parameter.default:
                kwargs[name] = value
        self._bounds(kwargs, spec, place)
        return kwargs

    def _bounds(self, kwargs: Mapping[str, Any], spec: Type, place: str) -> None:
        low, high = kwargs.get("min_value"), kwargs.get("max_value")
        if spec.needs_bound and low is None and high is None:
            self._fail(f"{place}.kwargs", "there is neither min_value nor max_value", fix="give at least one")
        if low is None or high is None or is_placeholder(low) or is_placeholder(high):
            return
        at = f"{place}.kwargs.min_value"
        try:
            ordered = low <= high
        except TypeError:
            self._fail(
                at,
                f"min_value {to_json(low)} and max_value {to_json(high)} cannot be compared",
                value=to_json(low),
                fix="give two of one kind",
            )
        if not ordered:
            self._fail(
                at,
                f"min_value {to_json(low)} is greater than max_value {to_json(high)}",
                value=to_json(low),
                fix="exchange them",
            )

    def _condition(self, kwargs: Mapping[str, Any], place: str) -> RowCondition | None:
        try:
            return read_condition(kwargs.get("row_condition"), kwargs.get("condition_parser"))
        except ValueError as error:
            self._fail(
                f"{place}.row_condition",
                f"the condition {one_line(repr(kwargs.get('row_condition')), 200)} cannot be read",
                value=kwargs.get("row_condition"),
                fix=f"write {error}",
            )

    def _severity(self, item: Mapping[str, Any], given: Mapping[str, Any], place: str) -> str:
        inside = given.get("severity") is not None
        severity = given["severity"] if inside else item.get("severity")
        if severity is None:
            return "critical"
        if severity not in SEVERITIES:
            self._fail(
                f"{place}.kwargs.severity" if inside else f"{place}.severity",
                f"there is no severity {severity!r}",
                value=severity,
                allowed=SEVERITIES,
                fix="give one of " + ", ".join(SEVERITIES),
            )
        return str(severity)

    def _meta(self, given: Mapping[str, Any], place: str) -> Mapping[str, Any]:
        meta = given.get("meta") or {}
        if not isinstance(meta, dict):
            self._fail(f"{place}.meta", "meta is an object", value=meta, fix='write {"notes": …}')
        return meta

    def _no_repeats(self, expectations: tuple[Expectation, ...]) -> None:
        rules: dict[str, Expectation] = {}
        ids: dict[str, Expectation] = {}
        for expectation in expectations:
            rule = _digest({"type": expectation.type, "kwargs": to_json(expectation.kwargs)})
            if rule in rules:
                self._fail(
                    expectation.place,
                    f"it repeats {rules[rule].place}",
                    value=expectation.type,
                    fix="keep one, or make them differ",
                )
            if expectation.id in ids:
                self._fail(
                    f"{expectation.place}.id",
                    f"it has the id of {ids[expectation.id].place}",
                    value=expectation.id,
                    fix="give each its own",
                )
            rules[rule] = ids[expectation.id] = expectation

    def _closed(
        self, given: Mapping[str, Any], known: Iterable[str], place: str, also: Collection[str] = ()
    ) -> None:
        allowed = tuple(known)
        for key in given:
            if key not in allowed and key not in also:
                self._fail(
                    f"{place}.{key}",
                    f"there is no '{key}' here",
                    value=key,
                    allowed=allowed,
                    fix="allowed: " + ", ".join(allowed),
                )

    def _line(self, place: str) -> int | None:
        while place not in self.lines and "." in place:
            place = place.rpartition(".")[0]
        return self.lines.get(place)

    def _fail(
        self,
        place: str,
        problem: str,
        *,
        fix: str,
        value: object = None,
        allowed: Iterable[str] = (),
        line: int | None = None,
    ) -> NoReturn:
        raise SuiteError(
            source=self.source,
            place=place,
            line=line or self._line(place),
            problem=problem,
            value=value,
            allowed=allowed,
            fix=fix,
        )


def _digest(value: Any) -> str:
    canonical = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)
    return hashlib.sha256(canonical.encode()).hexdigest()[:12]
