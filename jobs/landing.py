"""The landing of the embedded example: made by the simulator where there is none."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from etl.lake import files
from jobs.context import Run
from jobs.simulate import simulate

__all__ = ["TRUTH", "planted_truth", "prepare_landing"]

TRUTH = "_truth/truth.json"
"""Where the simulator says what it planted: beside the landing files, matched by no dataset's glob."""


def prepare_landing(run: Run) -> None:
    """Simulate the landing where the pipeline says so and it is not there yet.

    The truth file is written last: a landing without it was interrupted and is made again.
    """
    plan = run.pipeline.simulate
    truth = f"{run.landing.rstrip('/')}/{TRUTH}"
    if plan is None or files.exists(run.spark, truth):
        return
    run.watch.say(f"simulating {plan.patients:,} patients (seed {plan.seed}) into {run.landing}")
    with tempfile.TemporaryDirectory(prefix="headgate-landing-") as folder:
        made = Path(folder)
        simulate(patients=plan.patients, seed=plan.seed, output=made)
        written = sorted(file for file in made.rglob("*") if file.is_file())
        for file in sorted(written, key=lambda file: file.relative_to(made).as_posix() == TRUTH):
            place = f"{run.landing.rstrip('/')}/{file.relative_to(made).as_posix()}"
            files.write_bytes(run.spark, place, file.read_bytes())


def planted_truth(run: Run) -> dict[str, Any] | None:
    """What the simulator planted in this landing, or None where the landing is not a simulated one."""
    place = f"{run.landing.rstrip('/')}/{TRUTH}"
    if run.pipeline.simulate is None or not files.exists(run.spark, place):
        return None
    truth: dict[str, Any] = json.loads(files.read_bytes(run.spark, place))
    return truth
