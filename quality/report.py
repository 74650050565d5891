"""Report: what came of a suite on some data, in types of its own and in Great Expectations' form."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from importlib import metadata
from typing import Any, Literal

from headgate.quality.expectation import Expectation
from headgate.quality.oneline import one_line
from headgate.quality.parameters import to_json

__all__ = ["Defect", "Report", "Result"]

_WIDTH = 120
"""Of a report's table, in characters."""


@dataclass(frozen=True)
class Defect:
    """A defect of Great Expectations that bears on a result.

    Attributes
    ----------
    name : str
        Such as ``null-in-set``: one of `headgate.quality.defects.DEFECTS`.
    expectation_id : str
        The rule.
    problem : str
        The rule and what is wrong with the answer, in one line.
    """

    name: str
    expectation_id: str
    problem: str


@dataclass(frozen=True)
class Result:
    """What came of one expectation.

    Attributes
    ----------
    expectation : Expectation
        The rule.
    success : bool
        As Great Expectations has it: at least ``mostly`` of the counted rows keep the rule.
    engine : str
        ``headgate`` or ``gx``: who evaluated it.
    result : Mapping
        The ``result`` of Great Expectations, plain values only.
    exception : str or None
        Why it could not be evaluated.
    """

    expectation: Expectation
    success: bool
    engine: Literal["headgate", "gx"]
    result: Mapping[str, Any]
    exception: str | None = None

    @property
    def id(self) -> str:
        """The expectation's id."""
        return self.expectation.id

    @property
    def type(self) -> str:
        """The expectation's type."""
        return self.expectation.type

    @property
    def column(self) -> str | None:
        """The columns it speaks about, as one text."""
        return self.expectation.column

    @property
    def name(self) -> str:
        """The type and the columns: how messages speak of it."""
        return f"{self.type} on {self.column}" if self.column else self.type

    @property
    def severity(self) -> str:
        """``critical``, ``warning`` or ``info``."""
        return self.expectation.severity

    @property
    def kwargs(self) -> dict[str, Any]:
        """The parameters, as JSON can hold them."""
        parameters: dict[str, Any] = to_json(self.expectation.kwargs)
        return parameters

    @property
    def element_count(self) -> int | None:
        """Rows of the row condition."""
        return self.result.get("element_count")

    @property
    def unexpected_count(self) -> int | None:
        """Rows, or distinct values, that break the rule."""
        return self.result.get("unexpected_count")

    @property
    def unexpected_percent(self) -> float | None:
        """Share of the counted rows that break the rule, in percent."""
        return self.result.get("unexpected_percent")

    @property
    def missing_count(self) -> int | None:
        """Rows that do not count, or expected values that do not occur."""
        return self.result.get("missing_count")

    @property
    def missing_percent(self) -> float | None:
        """Share of the rows that do not count, in percent."""
        return self.result.get("missing_percent")

    @property
    def observed_value(self) -> Any:
        """The number, type or names that were found, for a rule about the column or table."""
        return self.result.get("observed_value")

    @property
    def examples(self) -> tuple[Any, ...]:
        """At most twenty of the values that break the rule."""
        return tuple(self.result.get("partial_unexpected_list") or ())

    def to_json_dict(self) -> dict[str, Any]:
        """Give Great Expectations' form of one result."""
        config: dict[str, Any] = {
            "type": self.type,
            "kwargs": self.kwargs,
            "meta": dict(self.expectation.meta),
            "severity": self.severity,
        }
        config |= {
            key: self.expectation.given[key] for key in ("id", "notes") if self.expectation.given.get(key)
        }
        return {
            "success": self.success,
            "expectation_config": config,
            "result": dict(self.result),
            "meta": {},
            "exception_info": {
                "raised_exception": self.exception is not None,
                "exception_message": self.exception,
                "exception_traceback": None if self.exception is None else "",
            },
        }


@dataclass(frozen=True)
class Report:
    """What came of a suite on some data.

    Attributes
    ----------
    suite_name, suite_version : str
        The suite.
    rows : int or None
        Rows of the data; None where even they could not be counted.
    results : tuple of Result
        In the suite's order.
    refusals : tuple of str
        Reasons, one line each, why the gate must refuse the data although Great Expectations may
        call it a success: nothing was asked, or something asked was not answered.
    warnings : tuple of Defect
        Defects of Great Expectations that bear on the results; those that touch a verdict are among
        the refusals.
    problems : int or None
        Rows with a critical problem in ``_problems``; None where they could not be counted.
    spark_jobs : int or None
        Jobs that Spark ran for it; None where Spark does not tell, as on Spark Connect.
    """

    suite_name: str
    suite_version: str
    rows: int | None
    results: tuple[Result, ...]
    refusals: tuple[str, ...]
    warnings: tuple[Defect, ...] = ()
    problems: int | None = 0
    spark_jobs: int | None = None

    def __str__(self) -> str:
        """A short table: a line a rule, and a line a reason to refuse."""
        held = self.statistics["successful_expectations"]
        rows = "rows unknown" if self.rows is None else f"{self.rows:,} rows"
        lines = [f"{self.suite_name} {self.suite_version}: {held} of {len(self.results)} hold, {rows}"]
        cells = [tuple(map(one_line, _cells(result))) for result in self.results]
        widths = [max((len(row[at]) for row in cells), default=0) for at in range(4)]
        for row in cells:
            named = "  ".join(cell.ljust(min(width, 48)) for cell, width in zip(row[:4], widths, strict=True))
            lines.append(f"{named}  {row[4]}".rstrip())
        lines.extend(f"refused: {reason}" for reason in self.refusals)
        return "\n".join(one_line(line, _WIDTH) for line in lines)

    @property
    def success(self) -> bool:
        """Whether every expectation succeeded, as Great Expectations has it: severity does not count."""
        return all(result.success for result in self.results)

    @cached_property
    def by_id(self) -> Mapping[str, Result]:
        """The results by their expectations' ids."""
        return {result.id: result for result in self.results}

    @property
    def statistics(self) -> dict[str, int | float | None]:
        """How many expectations succeeded."""
        evaluated, successful = len(self.results), sum(result.success for result in self.results)
        return {
            "evaluated_expectations": evaluated,
            "successful_expectations": successful,
            "unsuccessful_expectations": evaluated - successful,
            "success_percent": successful / evaluated * 100 if evaluated else None,
        }

    def to_json_dict(self) -> dict[str, Any]:
        """Give the form of Great Expectations' ``ExpectationSuiteValidationResult``.

        Its ``meta`` says under ``headgate`` which suite this was, what was evaluated by Great
        Expectations itself, which of its defects bear on it, and why the gate must refuse. An
        expectation that could not be evaluated carries the flat form of ``exception_info``.
        """
        return {
            "success": self.success,
            "results": [result.to_json_dict() for result in self.results],
            "suite_name": self.suite_name,
            "suite_parameters": {},
            "statistics": self.statistics,
            "meta": {
                "great_expectations_version": _installed("great_expectations"),
                "headgate": {
                    "suite_version": self.suite_version,
                    "refusals": list(self.refusals),
                    "problems": self.problems,
                    "evaluated_by_great_expectations": [
                        result.id for result in self.results if result.engine == "gx"
                    ],
                    "warnings": [asdict(warning) for warning in self.warnings],
                    "spark_jobs": self.spark_jobs,
                },
            },
            "id": None,
        }

    def to_gx(self) -> Any:
        """Give a real ``ExpectationSuiteValidationResult``; imports Great Expectations.

        Examples
        --------
        >>> report = Report(suite_name="s", suite_version="1", rows=0, results=(), refusals=("no rows",))
        >>> type(report.to_gx()).__name__
        'ExpectationSuiteValidationResult'
        """
        from headgate.quality.gx import suite_result

        return suite_result(self.to_json_dict())

    def _repr_html_(self) -> str:
        rows = "".join(
            "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in _cells(result)) + "</tr>"
            for result in self.results
        )
        head = "".join(f"<th>{name}</th>" for name in ("", "expectation", "column", "severity", "found"))
        refusals = "".join(f"<li>{html.escape(reason)}</li>" for reason in self.refusals)
        jobs = "" if self.spark_jobs is None else f", {self.spark_jobs} Spark jobs"
        title = html.escape(f"{self.suite_name} {self.suite_version}: {self.rows} rows{jobs}")
        return f"<p>{title}</p><ul>{refusals}</ul><table><tr>{head}</tr>{rows}</table>"


def _cells(result: Result) -> tuple[str, str, str, str, str]:
    if result.exception is not None:
        found = result.exception
    elif result.unexpected_count is not None:
        found = f"{result.unexpected_count} unexpected"
    else:
        found = "" if result.observed_value is None else str(result.observed_value)
    return ("✓" if result.success else "✗", result.type, result.column or "", result.severity, found)


def _installed(distribution: str) -> str | None:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None
