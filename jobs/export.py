"""``headgate export``: one step of the way; see `headgate.jobs.flow`."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from headgate.jobs.entry import job_main

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Parse `argv` and take this step; see `headgate.jobs.entry.job_main`."""
    return job_main(
        argv,
        prog="headgate export",
        description="Write the training sets: split by group, fitted on the training split only.",
        example="headgate export hospital --lake ./lake --set exports.readmission.seed=2",
        steps=("export",),
    )


if __name__ == "__main__":
    sys.exit(main())
