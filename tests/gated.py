"""Rows through the gate into a lake, without a pipeline around it."""

from __future__ import annotations

from pyspark.sql import DataFrame

from headgate.etl.lake.ledger import Entry
from headgate.etl.lake.zones import Lake, TableId
from headgate.etl.load import LoadContext
from headgate.etl.load.node import Built, Node
from headgate.etl.load.process import process
from headgate.quality import Suite


def gated(rows: DataFrame, suite: Suite, lake: str, *, table: str, tolerance: float) -> Entry:
    """Stage, audit and publish `rows` as jobs do."""
    context = LoadContext(spark=rows.sparkSession, lake=Lake(lake), run_id="gated", name="gated")
    node = Node(
        target=TableId("curated", table),
        stage="curate",
        definition=[],
        build=lambda _: Built(rows=rows),
        suite=suite,
        tolerance=tolerance,
        again=True,
    )
    return process(context, node).entry
