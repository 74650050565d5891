"""What each file costs is added up over its tests and their fixtures."""

from __future__ import annotations

import pytest

from tests.costs import costs


def report(nodeid: str, when: str, seconds: float) -> pytest.TestReport:
    return pytest.TestReport(
        nodeid,
        ("", 0, ""),
        {},
        "passed",
        None,
        when,
        duration=seconds,  # type: ignore[arg-type]
    )


def test_dear_files_come_first_and_cheap_ones_together() -> None:
    reports = [
        report("a.py::one", "setup", 1.0),
        report("a.py::one", "call", 1.0),
        report("b.py::one", "setup", 4.0),
        report("b.py::one", "call", 2.0),
        report("b.py::two", "call", 1.0),
        report("c.py::one", "call", 0.5),
    ]
    assert costs(reports) == [("b.py", 2, 7.0), ("2 more files", 2, 2.5)]
