"""Ctrl-C while the main thread awaits Java's answer."""

from __future__ import annotations

import subprocess
import sys

import pytest

INTERRUPTED_AGAIN_AND_AGAIN = """
import os, signal, threading
from headgate.jobs.session import spark_session

with spark_session(app="interrupted", small=True) as spark:
    for turn in range(6):
        threading.Timer(0.3 + turn / 10, os.kill, (os.getpid(), signal.SIGINT)).start()
        try:
            if turn % 2:
                while True:
                    spark.range(7).filter("id > 3").schema
            spark.range(10**13).selectExpr("sum(id * id % 7)").collect()
        except KeyboardInterrupt:
            print("interrupted", spark.range(turn).count())
"""


@pytest.mark.real
def test_an_interrupted_thread_goes_on_with_the_answers_to_its_own_questions() -> None:
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED_AGAIN_AND_AGAIN],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.stdout.splitlines() == [f"interrupted {turn}" for turn in range(6)], done.stderr
    assert "Traceback" not in done.stderr
