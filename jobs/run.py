"""``headgate run``: the whole way, from landing files to a trained model.

spark-submit jobs/run.py hospital --lake s3://bucket/lake
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from headgate.jobs.entry import job_main
from headgate.jobs.flow import STEPS

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Parse `argv` and run every step; see `headgate.jobs.entry.job_main`."""
    return job_main(
        argv,
        prog="headgate run",
        description="Run a pipeline: ingest, curate, star, export, train, in this order; then the report.",
        example="headgate run diabetes130 --lake ./lake --landing ./diabetes130",
        steps=tuple(STEPS),
    )


if __name__ == "__main__":
    sys.exit(main())
