"""The landing of the embedded example: made by the simulator where there is none."""

from __future__ import annotations

import tempfile
from pathlib import Path

from headgate.conf import Pipeline
from headgate.etl.lake import files
from headgate.jobs.context import Run
from headgate.jobs.places import is_remote
from headgate.jobs.simulate import TRUTH_FILE, simulate

__all__ = ["is_small", "prepare_landing"]

SMALL = 64 * 1024**2
BYTES_OF_A_PATIENT = 3_200


def is_small(pipeline: Pipeline, landing: str) -> bool:
    """Whether there is little to read; told without Spark, and so only of what is on this machine.

    Parameters
    ----------
    pipeline : Pipeline
    landing : str
        The folder of the source files.
    """
    if pipeline.simulate is not None:
        return pipeline.simulate.patients * BYTES_OF_A_PATIENT < SMALL
    if is_remote(landing):
        return False
    return (
        sum(file.stat().st_size for file in Path(landing.removeprefix("file:")).rglob("*") if file.is_file())
        < SMALL
    )


def prepare_landing(run: Run) -> None:
    """Simulate the landing where the pipeline says so and it is not there yet.

    The truth file is written last: a landing without it was interrupted and is made again.
    """
    plan = run.pipeline.simulate
    truth = f"{run.landing.rstrip('/')}/{TRUTH_FILE}"
    if plan is None or files.exists(run.spark, truth):
        return
    run.watch.say(f"simulating {plan.patients:,} patients (seed {plan.seed}) into {run.landing}")
    with tempfile.TemporaryDirectory(prefix="headgate-landing-") as folder:
        made = Path(folder)
        simulate(patients=plan.patients, seed=plan.seed, output=made)
        written = sorted(file for file in made.rglob("*") if file.is_file())
        for file in sorted(written, key=lambda file: file.relative_to(made).as_posix() == TRUTH_FILE):
            place = f"{run.landing.rstrip('/')}/{file.relative_to(made).as_posix()}"
            files.write_bytes(run.spark, place, file.read_bytes())
