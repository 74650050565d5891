"""The landing: how much lies there, and who makes it where the pipeline says that it is made."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from importlib.metadata import entry_points
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
PACKED = {".parquet": 4, ".zip": 8, ".gz": 8, ".bz2": 10, ".xz": 12, ".zst": 8}
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


def is_small(pipeline: Pipeline, *, landing: str, lake: str) -> bool:
    """Whether there is little to read; told without Spark, and so only of what is on this machine.

    Parameters
    ----------
    pipeline : Pipeline
    landing : str
        The folder of the source files.
    lake : str
        The lake's folder: its raw zone keeps what has left the landing.
    """
    simulator = simulator_of(pipeline.simulate)
    if simulator is None and is_remote(landing):
        return False
    delivered = _bytes_said(landing) if simulator is None else simulator.size(pipeline)
    kept = 0 if is_remote(lake) else _bytes_said(f"{lake}/raw")
    return max(delivered, kept) < SMALL


def _bytes_said(folder: str) -> int:
    """What the files below a folder have to say, in bytes of text, about."""
    said = 0
    for place, _, names in os.walk(folder.removeprefix("file:")):
        for name in names:
            # Who reads the files tells of those that cannot be read.
            with suppress(OSError):
                size = os.path.getsize(os.path.join(place, name))
                said += size * PACKED.get(os.path.splitext(name)[1].lower(), 1)
    return said
