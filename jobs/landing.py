"""The landing: how much lies there, and who makes it where the pipeline says that it is made."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import entry_points
from pathlib import Path
from typing import Protocol, cast

from headgate.conf import Pipeline, Simulate
from headgate.etl.load.node import Observer
from headgate.jobs.context import Run
from headgate.jobs.exits import ArgumentsError
from headgate.jobs.places import is_remote

__all__ = ["Simulator", "is_small", "simulator_of"]

GROUP = "headgate.simulators"
"""The entry points by which a simulator is found: production knows none by itself."""

SMALL = 8 * 1024**2
PACKED = {".zip": 8, ".gz": 8, ".bz2": 10, ".xz": 12, ".zst": 8}
"""How many times its size a packed file has to say, about."""


class Simulator(Protocol):
    """Makes a landing, and may look at what becomes of it."""

    def size(self, pipeline: Pipeline) -> int:
        """The bytes of the landing, about."""

    def columns(self, dataset: str) -> Sequence[str]:
        """The columns that a dataset is delivered with; none where it is not simulated."""

    def prepare(self, run: Run) -> None:
        """Make the landing where it is not there yet."""

    def observers(self, run: Run) -> Sequence[Observer]:
        """Who looks at what becomes of the rows."""


def simulator_of(simulate: Simulate | None) -> Simulator | None:
    """Who makes the landing where a pipeline has the section ``simulate``; None where it has not.

    Raises
    ------
    ArgumentsError
        The pipeline asks for one, and none is installed.
    """
    if simulate is None:
        return None
    found = next(iter(entry_points(group=GROUP, name="hospital")), None)
    if found is None:
        raise ArgumentsError(
            argument="simulate", reason="no simulator is installed", fix="install headgate again, whole"
        )
    return cast(Simulator, found.load())


def is_small(pipeline: Pipeline, landing: str) -> bool:
    """Whether there is little to read; told without Spark, and so only of what is on this machine.

    Parameters
    ----------
    pipeline : Pipeline
    landing : str
        The folder of the source files.
    """
    simulator = simulator_of(pipeline.simulate)
    if simulator is not None:
        return simulator.size(pipeline) < SMALL
    if is_remote(landing):
        return False
    files = (file for file in Path(landing.removeprefix("file:")).rglob("*") if file.is_file())
    return sum(file.stat().st_size * PACKED.get(file.suffix.lower(), 1) for file in files) < SMALL
