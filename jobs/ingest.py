"""``headgate ingest``: one step of the way; see `headgate.jobs.flow`."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from headgate.jobs.entry import job_main

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Parse `argv` and take this step; see `headgate.jobs.entry.job_main`."""
    return job_main(
        argv,
        prog="headgate ingest",
        description="Append to the raw zone the landing files that it does not hold yet.",
        example="headgate ingest hospital --lake ./lake",
        steps=("ingest",),
    )


if __name__ == "__main__":
    sys.exit(main())
