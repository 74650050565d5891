"""Landing to raw: what arrived is kept as it arrived, each delivery once."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from pyspark.sql import functions as F

from headgate.etl.errors import InputError
from headgate.etl.lake.arrivals import arrivals
from headgate.etl.lake.ledger import Entry
from headgate.etl.lake.tables import ConflictError
from headgate.etl.lake.zones import TableId
from headgate.etl.load.modes import Append
from headgate.etl.load.node import Account, Begun, Built, Node
from headgate.etl.load.process import process
from headgate.etl.sources import Batch, Source
from headgate.etl.sources.landing import changes_told
from headgate.jobs.context import Run
from headgate.jobs.stages.step import each

__all__ = ["ingest", "raw_node"]

TRIES = 5
"""How often a run looks again at what to take in, as another one was faster."""


def ingest(run: Run) -> list[Entry]:
    """Append to each dataset's raw table the files of the landing that it has not taken in yet.

    All files of a dataset are surveyed before its first row is written. A delivery that cannot be read
    keeps its dataset as it was, and the others from nothing.

    Parameters
    ----------
    run : Run
        Its `undelivered` is told of each dataset whose files cannot be read.

    Returns
    -------
    list of Entry
        One a dataset; ``read`` and ``published`` count records, the unreadable ones among them.
        ``failed`` where a file is missing, empty, damaged, or not as declared: nothing of the dataset
        is written.
    """
    names = list(run.pipeline.datasets)
    entries = each(run, "ingest", names, _if_delivered)
    # In the order of the pipeline, whichever was found first.
    found = dict(run.undelivered)
    run.undelivered.clear()
    run.undelivered.update((name, found[name]) for name in names if name in found)
    return entries


def _if_delivered(run: Run, name: str) -> Entry:
    begun = run.opened(stage="ingest", dataset=name)
    try:
        return _ingest(run, name)
    except InputError as error:
        run.undelivered[name] = error
        return replace(begun, status="failed", finished_at=run.clock(), error=str(error)[:400])


def _ingest(run: Run, name: str) -> Entry:
    source = run.source_of(name)
    for tries_left in reversed(range(TRIES)):
        try:
            with changes_told(name):
                return process(run, raw_node(run, name, source)).entry
        except ConflictError:
            if not tries_left:
                raise
    raise AssertionError("the last try returns or raises")


def raw_node(run: Run, name: str, source: Source) -> Node:
    """A raw table, to which is added what its source has to give."""
    build = partial(_arriving, run, source)
    return Node(target=TableId("raw", name), stage="ingest", definition=(), build=build, mode=Append())


def _arriving(run: Run, source: Source, begun: Begun) -> Built | None:
    held = arrivals(run.spark, begun.found)
    batch = source.read(run.spark, since=held.offsets, at=begun.entry.started_at)
    if batch is None and held.commit is not None:
        return None
    if batch is None:
        # A table of before its commits told what was taken in: what its rows tell is written down.
        assert begun.found is not None
        assert held.offsets is not None
        rows = run.spark.read.format("delta").load(begun.found.path).limit(0)
        batch = Batch(df=rows, id="", offsets=held.offsets)
    return Built(
        rows=batch.df.withColumn("_run_id", F.lit(run.run_id)),
        account=lambda _: Account(read=0, details=batch.details),
        id=batch.id,
        offsets=batch.offsets,
    )
