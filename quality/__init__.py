"""The data-quality gate: Great Expectations suites, measured in a few Spark jobs and judged strictly.

A suite is read (`load_suite`), data is audited (`validate`), rows that break its critical rules are parted
from the others (`split`) or told their reasons (`flag_failures`), and a report is shown as Data Docs
(`data_docs`).
"""

import difflib
from typing import Any

from headgate.quality.catalogue import ResultFormat
from headgate.quality.errors import InapplicableError, QualityError, ReservedNameError, SuiteError
from headgate.quality.expectation import Expectation, Suite
from headgate.quality.gx import data_docs
from headgate.quality.report import Defect, Report, Result
from headgate.quality.rows import flag_failures, split
from headgate.quality.suite import load_suite
from headgate.quality.validation import validate

__all__ = [
    "Defect",
    "Expectation",
    "InapplicableError",
    "QualityError",
    "Report",
    "ReservedNameError",
    "Result",
    "ResultFormat",
    "Suite",
    "SuiteError",
    "data_docs",
    "flag_failures",
    "load_suite",
    "split",
    "validate",
]


def __getattr__(name: str) -> Any:
    near = difflib.get_close_matches(name, __all__, n=1)
    hint = f"; did you mean '{near[0]}'?" if near else ""
    raise AttributeError(f"module '{__name__}' has no '{name}'{hint}")
