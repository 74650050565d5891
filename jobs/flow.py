"""The way of the data. Read this first.

    landing ─ ingest ─► raw ─ curate ─► curated ─ star ─► star ─ export ─► training set ─ train ─► model

Each step does its work for every dataset or table, leaves alone what stands already, and makes one
ledger entry of each. A batch that the gate refuses publishes nothing, and ends the run after the
step that it belongs to: what builds on it is not built. Files that cannot be read keep only their
own dataset from being curated: the others are, and then the run ends.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from headgate.conf import Pipeline
from headgate.etl.errors import together
from headgate.etl.lake.ledger import Entry
from headgate.jobs.context import Run
from headgate.jobs.exits import RefusedError
from headgate.jobs.stages.curate import curate
from headgate.jobs.stages.export import export
from headgate.jobs.stages.ingest import ingest
from headgate.jobs.stages.star import star
from headgate.jobs.stages.train import train

__all__ = ["STEPS", "Step", "flow", "tables_of"]

Step = Callable[[Run], list[Entry]]

STEPS: Mapping[str, Step] = {
    "ingest": ingest,
    "curate": curate,
    "star": star,
    "export": export,
    "train": train,
}


def tables_of(plan: Pipeline, steps: Sequence[str | Step]) -> set[str]:
    """What `steps` may write, by zone and name; for a step that is not one of `STEPS`, all there is."""
    written = {
        "ingest": {f"raw/{name}" for name in plan.datasets},
        "curate": {f"curated/{name}" for name in plan.datasets},
        "star": {f"star/{name}" for name in plan.star.tables},
        "export": {f"export/{name}" for name in plan.exports},
        "train": {f"export/{name}" for name in plan.exports},
    }
    named = [step for step in steps if isinstance(step, str)]
    return set().union(*(written[step] for step in (named if len(named) == len(steps) else written)))


def flow(run: Run, steps: Sequence[str | Step] = tuple(STEPS)) -> None:
    """Take `steps` in their order.

    Parameters
    ----------
    run : Run
        What is done is added to its entries as it is done, so that it is known however the flow ends.
    steps : sequence of str or Step
        Of `STEPS` by their names, or others.

    Raises
    ------
    RefusedError
        The gate refused at least one table of a step.
    headgate.etl.errors.InputError
        The files of at least one dataset cannot be read.
    """
    for step in steps:
        if run.undelivered and step != "curate":
            break
        refused = [
            (f"{entry.stage}/{entry.dataset}", entry.error or "")
            for entry in (STEPS[step] if isinstance(step, str) else step)(run)
            if entry.status == "refused"
        ]
        if refused:
            undelivered = [(f"ingest/{name}", str(error)) for name, error in run.undelivered.items()]
            raise RefusedError([*undelivered, *refused])
    if run.undelivered:
        raise together(list(run.undelivered.values()))
