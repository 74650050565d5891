"""``headgate check``: is a pipeline file right? Without Spark, in a second."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import conf
from jobs import arguments
from jobs.context import load_pipeline
from jobs.exits import guarded
from jobs.places import read_text
from jobs.session import session_to_read
from jobs.terminal import shown
from quality import load_suite

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Check the pipeline that `argv` names, and every suite that it names."""
    given = list(sys.argv[1:] if argv is None else argv)

    def job() -> None:
        made = arguments.parser(
            "headgate check",
            "Check a pipeline file and its suites, without starting Spark; every problem is one line.",
            "headgate check my_pipeline.yaml",
        )
        values = arguments.parse(made, given)
        with session_to_read(values.pipeline):
            pipeline, source = load_pipeline(
                values.pipeline, overrides=values.overrides, trust_code=values.trust_code
            )
            star = pipeline.star
            suites = {dataset.suite for dataset in pipeline.datasets.values()}
            suites |= {dimension.suite for dimension in star.dimensions.values()}
            suites |= {fact.suite for fact in star.facts.values()}
            for suite in sorted(suites):
                place = conf.relative(source, suite)
                load_suite(read_text(place), source=place)
        print(
            f"{shown(source)}: {len(pipeline.datasets)} datasets, "
            f"{len(star.dimensions) + len(star.calendars)} dimensions, {len(star.facts)} facts, "
            f"{len(pipeline.exports)} exports, {len(suites)} suites: no problem found"
        )

    return guarded(job, debug="--debug" in given)


if __name__ == "__main__":
    sys.exit(main())
