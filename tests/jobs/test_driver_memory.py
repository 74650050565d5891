"""The driver's memory does not grow with the number of failing rows."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

FEW, MANY = 2_000, 300_000
"""So many integers of Python take 12 MB, and 6 are allowed."""


@pytest.mark.slow
def test_many_failing_rows_take_the_driver_no_more_than_a_few(tmp_path):
    command = [sys.executable, "-m", "tests.jobs.failing", str(tmp_path), str(FEW), str(MANY)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=1200)
    assert done.returncode == 0, done.stderr[-3000:]
    few, many = map(json.loads, done.stdout.splitlines()[-2:])
    assert many["unexpected"] == [MANY] * 2
    assert many["examples"] == few["examples"] == [20] * 2
    assert (many["quarantined"], many["status"], few["status"]) == (MANY, "done", "done")
    assert many["python_mb"] < few["python_mb"] + 6
