"""What each test file costs: the table of docs/testing.md, printed at the end of a run."""

from __future__ import annotations

from collections import Counter

import pytest

LEAST = 5.0
"""Seconds below which a file is not listed by itself."""


def costs(reports: list[pytest.TestReport]) -> list[tuple[str, int, float]]:
    """File, tests and seconds, the dearest file first; cheap files are one line, the last."""
    seconds: Counter[str] = Counter()
    tests: Counter[str] = Counter()
    for report in reports:
        file = report.nodeid.split("::", 1)[0]
        seconds[file] += report.duration  # type: ignore[assignment]
        tests[file] += report.when == "call"
    dear = [(file, tests[file], spent) for file, spent in seconds.most_common() if spent >= LEAST]
    cheap = seconds.keys() - {file for file, _, _ in dear}
    rest = (
        f"{len(cheap)} more files",
        sum(tests[file] for file in cheap),
        sum(seconds[file] for file in cheap),
    )
    return [*dear, rest] if cheap else dear


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the table, if the run was long enough to ask for one."""
    reports = [
        report
        for reports in terminalreporter.stats.values()
        for report in reports
        if isinstance(report, pytest.TestReport)
    ]
    lines = costs(reports)
    whole = sum(spent for _, _, spent in lines)
    if whole < 60:
        return
    terminalreporter.section("seconds by file")
    for file, tests, spent in lines:
        terminalreporter.write_line(f"{spent:8.1f} s {tests:5} tests  {file}")
    terminalreporter.write_line(f"{whole:8.1f} s in all, of every worker")
