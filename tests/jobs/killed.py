"""A command that is killed at one moment of its publication, JVM and all: a program for tests.

``python -m tests.jobs.killed MOMENT WAY COMMAND PIPELINE --lake … --landing …`` where WAY is
``in_place`` or ``copying``.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from headgate.etl.lake import transaction
from headgate.etl.lake.committing import StagedInPlace
from headgate.etl.lake.copying import StagedBeside
from headgate.etl.load import audit, rejects

ROOT = Path(__file__).resolve().parents[2]


def die(*_: Any, **__: Any) -> Any:
    os.killpg(0, signal.SIGKILL)


def while_it_works(work: Callable[..., Any]) -> Callable[..., Any]:
    def dying(*given: Any, **named: Any) -> Any:
        threading.Timer(0.2, die).start()
        return work(*given, **named)

    return dying


def arm(moment: str, way: str) -> None:
    if way == "copying":
        transaction.fits = lambda *_: False
    if moment == "during the write":
        audit.stage = while_it_works(audit.stage)
    elif moment == "during the audit":
        audit.validate = die
    elif moment == "between quarantine and commit":
        StagedInPlace.publish = StagedBeside.publish = die
    elif moment == "between commit and release":
        rejects.Rejects.tell_after = die
    elif moment == "after the commit":
        StagedInPlace.discard = StagedBeside.discard = die
    else:
        raise ValueError(moment)


def run_program(*program: str) -> subprocess.CompletedProcess[str]:
    """Run a program of the tests in a process of its own, at the head of a group."""
    return subprocess.run(
        [sys.executable, "-m", *program],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        start_new_session=True,
    )


def run_killed(moment: str, way: str, command: str, *given: str) -> None:
    """Run a command in a process of its own, in which it is killed at a moment."""
    ended = run_program("tests.jobs.killed", moment, way, command, *given)
    assert ended.returncode == -signal.SIGKILL, ended.stderr


if __name__ == "__main__":
    arm(*sys.argv[1:3])
    import_module(f"headgate.jobs.{sys.argv[3]}").main(sys.argv[4:])
