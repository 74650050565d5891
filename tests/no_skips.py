"""In CI a test that is skipped is a test that failed, unless its reason is on the list."""

from __future__ import annotations

import os
from collections.abc import Generator

import pytest

ALLOWED = ("real data absent:", "lack of connect:", "lack of sail:")
"""How the reason of a skip may begin: the published data sets are not part of the repository, and
docs/engines.md names what an engine lacks."""


def _refuse_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    if not os.environ.get("HEADGATE_NO_SKIPS") or not report.skipped or hasattr(report, "wasxfail"):
        return
    reason = str(report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr)
    if not reason.removeprefix("Skipped: ").startswith(ALLOWED):
        report.outcome = "failed"
        report.longrepr = f"skipped where nothing may be skipped (HEADGATE_NO_SKIPS is set): {reason}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    _refuse_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    _refuse_skip(report)
    return report
