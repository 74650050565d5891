"""What every step of a run shares: the session, the pipeline, the lake, the run's name and clock."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from functools import partial

from headgate import conf
from headgate.conf import Pipeline, Source
from headgate.etl.errors import InputError
from headgate.etl.lake.ledger import Entry
from headgate.etl.load.context import LoadContext
from headgate.etl.sources import Files
from headgate.etl.sources.formats import FORMATS, FileFormat
from headgate.jobs.aws import reveal
from headgate.jobs.catalogue import FITS, STEPS
from headgate.jobs.lease import Lease, Unleased
from headgate.jobs.own_code import carry, find_beside
from headgate.jobs.places import PIPELINE_BYTES, read_text
from headgate.jobs.progress import Watch
from headgate.jobs.trust import trusts_code
from headgate.quality import Suite, load_suite

__all__ = ["Run", "file_format", "load_pipeline", "new_run_id"]


def new_run_id(now: datetime) -> str:
    """A run's name when nobody gave one: sortable, and safe in a path."""
    return now.strftime("%Y%m%dT%H%M%S.%fZ")


def load_pipeline(
    name: str,
    *,
    overrides: Sequence[str] = (),
    trust_code: bool = False,
    also: Callable[..., None] | None = None,
) -> tuple[Pipeline, str]:
    """Parse and check a pipeline, without Spark unless it is in the lake.

    Parameters
    ----------
    name : str
        A path or an address, or the name of a pipeline that is shipped.
    overrides : sequence of str
        ``dotted.key=value`` each.
    trust_code : bool
        Whether it may name code of its own; else the user's own configuration says so: see
        `headgate.jobs.trust`.
    also : callable, optional
        Checks more of it, given the source, and reports it on the document.

    Returns
    -------
    tuple of Pipeline and str
        The pipeline, and its source: what suites are relative to.

    Raises
    ------
    conf.PipelineError
        With every problem of the file.
    """
    if "/" in name or name.endswith((".yaml", ".yml")):
        text, source = read_text(name, largest=PIPELINE_BYTES), name
    else:
        text, source = conf.shipped(name)
    trusted = trusts_code(trust_code)
    if trusted:
        find_beside(source, "\n".join((text, *overrides)))
    pipeline = conf.load(
        text,
        source=source,
        steps=STEPS,
        fits=FITS,
        environment=os.environ,
        overrides=overrides,
        trust_code=trusted,
        also=None if also is None else partial(also, source=source),
    )
    carry(conf.own_modules(pipeline), source)
    return pipeline, source


@dataclass(frozen=True, kw_only=True)
class Run(LoadContext):
    """One run of one pipeline on one lake.

    Parameters
    ----------
    pipeline : Pipeline
    source : str
        The pipeline's file, or the name it is shipped under; suites are relative to it.
    landing : str
        The folder of the source files.
    watch : Watch
        Told of progress.
    lease : Lease or Unleased
        On the tables that the run may write.
    parallel : int
        Datasets worked on at a time.
    entries : list of Entry
        What was done so far.
    undelivered : dict of str to InputError
        Datasets whose files of now cannot be taken in, and why.
    """

    pipeline: Pipeline
    source: str
    landing: str
    watch: Watch
    lease: Lease | Unleased = field(default_factory=Unleased)
    parallel: int = 4
    entries: list[Entry] = field(default_factory=list)
    undelivered: dict[str, InputError] = field(default_factory=dict)

    def suite(self, path: str) -> Suite:
        """The suite at `path`, relative to the pipeline's file."""
        place = conf.relative(self.source, path)
        return load_suite(read_text(place, self.spark), source=place)

    def source_of(self, dataset: str) -> Files:
        """Where the rows of `dataset` come from; the only place where a password is revealed."""
        source = self.pipeline.datasets[dataset].source
        password = reveal(source.password) if source.password else None
        return Files(
            dataset=dataset,
            folder=self.landing,
            pattern=source.files,
            form=file_format(source, password=password),
            say=self.watch.say,
        )


def file_format(source: Source, *, password: str | None = None) -> FileFormat:
    """How the files of a dataset are written, from what its pipeline says."""
    form = FORMATS[source.format]
    said = {each.name: getattr(source, each.name) for each in fields(form) if each.name != "password"}
    return form(**said, password=password)
