"""The data-quality gate: Great Expectations suites, measured in a few Spark jobs and judged strictly.

A suite is read (`load_suite`), rows that break its rules are told apart (`flag_failures`, `split`,
`count_failures`), the rest is audited (`validate`), and a batch is accepted or refused (`decide`). A suite
may compare a batch with those before it (`Trends`), of which their profiles are kept (`Profile`).
"""

import difflib
from typing import Any

from headgate.quality.catalogue import ResultFormat
from headgate.quality.decision import Decision, decide
from headgate.quality.errors import InapplicableError, QualityError, ReservedNameError, SuiteError
from headgate.quality.expectation import Expectation, Suite
from headgate.quality.failures import FAILURES, FailureCount, count_failures, sample
from headgate.quality.gx import data_docs
from headgate.quality.marks import Marks
from headgate.quality.observe import Observations, observations
from headgate.quality.profile import MOST_VALUES, Profile, Traits, merge
from headgate.quality.profiling import Profiling, count_distinct, distinct_values
from headgate.quality.report import Defect, Report, Result
from headgate.quality.rows import flag_failures, mark, split, told_by_rows
from headgate.quality.rules import UNIQUENESS
from headgate.quality.suite import load_suite
from headgate.quality.trends import NotAsked, Trends
from headgate.quality.unfit import require_fit, unfit
from headgate.quality.validation import validate

__all__ = [
    "FAILURES",
    "MOST_VALUES",
    "UNIQUENESS",
    "Decision",
    "Defect",
    "Expectation",
    "FailureCount",
    "InapplicableError",
    "Marks",
    "NotAsked",
    "Observations",
    "Profile",
    "Profiling",
    "QualityError",
    "Report",
    "ReservedNameError",
    "Result",
    "ResultFormat",
    "Suite",
    "SuiteError",
    "Traits",
    "Trends",
    "count_distinct",
    "count_failures",
    "data_docs",
    "decide",
    "distinct_values",
    "flag_failures",
    "load_suite",
    "mark",
    "merge",
    "observations",
    "require_fit",
    "sample",
    "split",
    "told_by_rows",
    "unfit",
    "validate",
]


def __getattr__(name: str) -> Any:
    near = difflib.get_close_matches(name, __all__, n=1)
    hint = f"; did you mean '{near[0]}'?" if near else ""
    raise AttributeError(f"module '{__name__}' has no '{name}'{hint}")
