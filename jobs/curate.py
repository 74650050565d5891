"""``headgate curate``: one step of the way; see `headgate.jobs.flow`."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from headgate.jobs.entry import job_main

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Parse `argv` and take this step; see `headgate.jobs.entry.job_main`."""
    return job_main(
        argv,
        prog="headgate curate",
        description="Clean each dataset, gate it, and publish it to the curated zone.",
        example="headgate curate hospital --lake ./lake",
        steps=("curate",),
    )


if __name__ == "__main__":
    sys.exit(main())
