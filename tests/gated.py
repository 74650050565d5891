"""Rows through the gate into a lake, without a pipeline around it."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from pyspark.sql import DataFrame

from headgate.conf import Pipeline
from headgate.etl.lake.ledger import Entry
from headgate.etl.lake.zones import Lake
from headgate.jobs.context import Run, load_pipeline
from headgate.jobs.gate import rule
from headgate.jobs.progress import watching
from headgate.jobs.publication import publish
from headgate.jobs.rejects import settle
from headgate.jobs.stages.step import opened
from headgate.quality import Suite


@cache
def _pipeline() -> tuple[Pipeline, str]:
    return load_pipeline("hospital")


def gated(rows: DataFrame, suite: Suite, lake: str, *, table: str, tolerance: float) -> Entry:
    """Stage, audit and publish `rows` as jobs do."""
    pipeline, source = _pipeline()
    with watching("json") as watch:
        run = Run(
            spark=rows.sparkSession,
            pipeline=pipeline,
            source=source,
            lake=Lake(lake),
            landing="",
            run_id="gated",
            watch=watch,
        )
        entry = opened(run, stage="curate", dataset=table)
        ruling = rule(run, rows, zone="curated", table=table, suite=suite, tolerance=tolerance)
        read = ruling.counts["published"] + ruling.counts["quarantined"]
        return publish(
            run,
            replace(entry, read=read),
            ruling,
            zone="curated",
            table=table,
            after=-1,
            quarantine=settle(run, "curated", table, None),
        )
