"""A run that waits at the write of raw until another one is there too: a program for tests.

``python -m tests.jobs.held FOLDER NAME PIPELINE --lake … --run-id …``; the two are ``one`` and ``two``.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from headgate.etl.lake import transaction
from headgate.jobs import run

PATIENCE = 300.0


def meeting(folder: Path, name: str, work: Callable[..., Any]) -> Callable[..., Any]:
    def held(frame: Any, path: str, **named: Any) -> Any:
        if path.endswith("raw/v"):
            (folder / f"{name}.ready").touch()
            until = time.monotonic() + PATIENCE
            while time.monotonic() < until and len(list(folder.glob("*.ready"))) < 2:
                time.sleep(0.02)
        return work(frame, path, **named)

    return held


if __name__ == "__main__":
    transaction.append = meeting(Path(sys.argv[1]), sys.argv[2], transaction.append)
    run.main(sys.argv[3:])
