"""The exit codes, and what each says: the only place that knows them all.

``headgate --help`` and ``docs/exit-codes.md`` tell them from here; nothing is imported but the standard
library, since ``--help`` must not pay for Spark.
"""

from __future__ import annotations

from enum import IntEnum

__all__ = ["MEANINGS", "Exit"]


class Exit(IntEnum):
    """What a job's exit code says."""

    DONE = 0
    UNEXPECTED = 1
    BAD_ARGUMENTS = 2
    REFUSED = 3
    INPUT_MISSING = 4
    BUSY = 5
    INTERRUPTED = 130
    TERMINATED = 143


MEANINGS = {
    Exit.DONE: "done",
    Exit.UNEXPECTED: "unexpected",
    Exit.BAD_ARGUMENTS: "bad arguments or pipeline",
    Exit.REFUSED: "refused by the gate",
    Exit.INPUT_MISSING: "input missing or unreadable",
    Exit.BUSY: "another run is writing",
    Exit.INTERRUPTED: "interrupted from the keyboard",
    Exit.TERMINATED: "ended by SIGTERM",
}
