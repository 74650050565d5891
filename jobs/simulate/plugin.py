"""What Headgate asks of the simulator, where a pipeline has the section ``simulate``.

It is found by its entry point, as a plug-in of anybody's would be: nothing that makes tables imports it.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from headgate.conf import Pipeline
from headgate.etl.lake import files
from headgate.etl.load.node import Observer
from headgate.jobs.context import Run
from headgate.jobs.simulate.landing import simulate
from headgate.jobs.simulate.schema import TABLES
from headgate.jobs.simulate.truth import TRUTH_FILE

__all__ = ["columns", "observers", "prepare", "size"]

BYTES_OF_A_PATIENT = 3_200


def size(pipeline: Pipeline) -> int:
    """The bytes of the landing, about."""
    return pipeline.simulate.patients * BYTES_OF_A_PATIENT if pipeline.simulate else 0


def columns(dataset: str) -> list[str]:
    """The columns that a dataset is delivered with; none where it is not simulated."""
    return [field.header for field in TABLES.get(dataset, ())]


def observers(run: Run) -> list[Observer]:
    """Who looks at what becomes of the rows."""
    from headgate.jobs.simulate.observer import observers_of

    return observers_of(run)


def prepare(run: Run) -> None:
    """Simulate the landing where it is not there yet.

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
