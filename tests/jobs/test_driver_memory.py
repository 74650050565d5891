"""The driver's memory does not grow with the number of failing rows."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

MANY = 1_000_000
"""So many integers of Python take 35 MB, and 15 are allowed."""


def failing(rows, lake):
    command = [sys.executable, "-m", "tests.jobs.failing", str(rows), str(lake)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=1200)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.slow
def test_a_million_failing_rows_take_the_driver_no_more_than_ten_thousand(tmp_path):
    few, many = failing(10_000, tmp_path / "few"), failing(MANY, tmp_path / "many")
    assert many["unexpected"] == [MANY] * 2
    assert many["examples"] == few["examples"] == [20] * 2
    assert (many["quarantined"], many["status"], few["status"]) == (MANY, "done", "done")
    assert many["python_mb"] < few["python_mb"] + 15
