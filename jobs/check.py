"""``headgate check``: is a pipeline file right? Without Spark, in a second."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from headgate.conf import Document, Pipeline, Simulate, Source
from headgate.jobs import arguments
from headgate.jobs.columns import Columns
from headgate.jobs.context import load_pipeline
from headgate.jobs.delivered import delivered_columns
from headgate.jobs.exits import guarded
from headgate.jobs.rehearsal import rehearse
from headgate.jobs.session import session_to_read
from headgate.quality.oneline import shown

__all__ = ["checked_pipeline", "main"]


def checked_pipeline(
    name: str,
    *,
    lake: str | None = None,
    landing: str | None = None,
    overrides: Sequence[str] = (),
    trust_code: bool = False,
    unknown: list[str] | None = None,
) -> tuple[Pipeline, str]:
    """Parse and check a pipeline, and rehearse it.

    Every job does this before it starts Spark, so that a run says what ``headgate check`` says.

    Parameters
    ----------
    name : str
        See `headgate.jobs.context.load_pipeline`.
    lake, landing : str, optional
        Where they are, if that is not said in the file.
    overrides, trust_code
        See `headgate.jobs.context.load_pipeline`.
    unknown : list of str, optional
        Gets the names of datasets whose columns could not be found.

    Returns
    -------
    tuple of Pipeline and str
        The pipeline, and its source: what suites are relative to.

    Raises
    ------
    conf.PipelineError
        With every problem of the file and of its suites.
    """

    def also(document: Document, *, source: str) -> None:
        def said(given: str | None, key: str) -> str | None:
            written = given or document.at((key,))
            return written if isinstance(written, str) else None

        root = said(lake, "lake")
        place = said(landing, "landing") or (f"{root.rstrip('/')}/landing" if root else None)
        simulate = Simulate() if document.at(("simulate",)) else None

        def delivered(dataset: str, how: Source) -> Columns:
            columns = delivered_columns(dataset, how, lake=root, landing=place, simulate=simulate)
            if unknown is not None and not columns.whole:
                unknown.append(dataset)
            return columns

        rehearse(document, source=source, delivered=delivered)

    return load_pipeline(name, overrides=overrides, trust_code=trust_code, also=also)


def main(argv: Sequence[str] | None = None) -> int:
    """Check the pipeline that `argv` names, and every suite that it names."""
    given = list(sys.argv[1:] if argv is None else argv)

    def job() -> None:
        made = arguments.parser(
            "headgate check",
            "Check a pipeline file and its suites, without starting Spark; every problem is one line.",
            "headgate check my_pipeline.yaml --landing ./landing",
            runs=False,
        )
        values = arguments.parse(made, given)
        unknown: list[str] = []
        with session_to_read(values.pipeline):
            pipeline, source = checked_pipeline(
                values.pipeline,
                lake=values.lake,
                landing=values.landing,
                overrides=values.overrides,
                trust_code=values.trust_code,
                unknown=unknown,
            )
        star = pipeline.star
        suites = {
            part.suite
            for parts in (pipeline.datasets, star.dimensions, star.facts)
            for part in parts.values()
        }
        print(
            f"{shown(source)}: {len(pipeline.datasets)} datasets, "
            f"{len(star.dimensions) + len(star.calendars)} dimensions, {len(star.facts)} facts, "
            f"{len(pipeline.exports)} exports, {len(suites)} suites: no problem found"
        )
        if unknown:
            print(
                f"not known here, and so not checked: the columns of {', '.join(unknown)}; "
                "name --landing DIR or --lake DIR with files of theirs, or list source.columns"
            )

    return guarded(job, debug="--debug" in given)


if __name__ == "__main__":
    sys.exit(main())
