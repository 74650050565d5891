"""``headgate replay``: run rows in quarantine again; see `headgate.jobs.stages.replay`."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from functools import partial

from headgate.conf import Pipeline
from headgate.jobs.entry import job_main
from headgate.jobs.exits import ArgumentsError
from headgate.jobs.flow import Step
from headgate.jobs.stages.replay import replay

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Parse `argv` and run the rows again; see `headgate.jobs.entry.job_main`."""
    return job_main(
        argv,
        prog="headgate replay",
        description="Run rows in quarantine again, after a rule or the code was mended; publish what passes.",
        example="headgate replay hospital --lake ./lake --dataset encounters",
        steps=_steps,
        options=_options,
    )


def _options(made: ArgumentParser) -> None:
    made.add_argument("--dataset", required=True, metavar="D", help="whose rows")
    made.add_argument(
        "--reason",
        dest="reasons",
        action="append",
        default=[],
        metavar="R",
        help="only rows with this reason: a step, an expectation's id or type; may be repeated",
    )


def _steps(values: Namespace, pipeline: Pipeline) -> tuple[Step, ...]:
    if values.dataset not in pipeline.datasets:
        raise ArgumentsError.of_name(
            "--dataset", values.dataset, pipeline.datasets.keys(), reason="there is no such dataset"
        )
    return (partial(replay, dataset=values.dataset, reasons=tuple(values.reasons)),)


if __name__ == "__main__":
    sys.exit(main())
