"""What the simulator planted, held against what the run made of it."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from headgate.conf import Pipeline, Reference
from headgate.etl.lake import files
from headgate.etl.lake.commits import newest_version
from headgate.etl.lake.quarantine import events, open_rows
from headgate.etl.lake.turns import TURN
from headgate.etl.lake.zones import TableId
from headgate.etl.load.audit import Ruling
from headgate.etl.load.context import LoadContext
from headgate.etl.load.node import Begun, Node, Observer
from headgate.etl.load.row_counts import QUARANTINED, REJECTED, REMOVED_AS, VERDICT
from headgate.etl.load.up_to_date import Inputs
from headgate.etl.transform import PROBLEMS, data_columns, quote
from headgate.jobs.context import Run
from headgate.jobs.simulate.compare import compare
from headgate.jobs.simulate.schema import column_of
from headgate.jobs.simulate.truth import TRUTH_FILE, Truth
from headgate.jobs.stages.star import fact_source
from headgate.quality.failures import FAILURES

__all__ = ["PlantedTruth", "compare_facts", "compare_rows", "observers_of", "orphan_columns"]

ORPHAN = "orphan"


def observers_of(run: Run) -> list[Observer]:
    """Who compares what was planted in the run's landing with what becomes of it; nobody without a truth."""
    place = f"{run.landing.rstrip('/')}/{TRUTH_FILE}"
    if not files.exists(run.spark, place):
        return []
    return [PlantedTruth(run.pipeline, _parsed(files.read_bytes(run.spark, place)))]


@lru_cache(maxsize=1)
def _parsed(content: bytes) -> Truth:
    return Truth.parse(json.loads(content))


@dataclass(frozen=True)
class PlantedTruth:
    """Holds what was planted in a landing against what becomes of its rows.

    Parameters
    ----------
    pipeline : Pipeline
    truth : Truth
    """

    pipeline: Pipeline
    truth: Truth

    def keeps_left(self, node: Node) -> bool:
        """See `headgate.etl.load.node.Observer`: what became of a duplicate is told from its own row."""
        return node.target.zone == "curated"

    def observe(self, node: Node, begun: Begun, ruling: Ruling) -> Mapping[str, Any]:
        """See `headgate.etl.load.node.Observer`."""
        name = node.target.name
        if node.target.zone == "curated":
            return {"planted": compare_rows(self.truth, ruling.told, dataset=name)}
        plan = self.pipeline.star.facts.get(name)
        columns = orphan_columns(self.truth, plan.from_) if plan is not None else set()
        if plan is None or not columns:
            return {}
        unknown = _in_vain(fact_source(plan, begun), plan.references, begun.inputs, columns)
        quarantined = _quarantined(begun.context, plan.from_)
        found = compare_facts(self.truth, dataset=plan.from_, unknown=unknown, quarantined=quarantined)
        return {"planted": found}


def compare_rows(truth: Truth, staged: DataFrame, *, dataset: str) -> list[dict[str, Any]]:
    """Planted against found, for everything that shows in the rows of one dataset.

    Parameters
    ----------
    truth : Truth
    staged : DataFrame
        Every row of the dataset those removed among them, with problems and failures.
    dataset : str

    Returns
    -------
    list of dict
        In the form of the run summary's ``planted``; orphans show in the facts only.
    """
    faults = [fault for fault in truth.faults if fault.dataset == dataset]
    places = {(fault.file, fault.row) for fault in faults} | {fault.of for fault in faults if fault.of}
    if not places:
        return []
    meant = staged.sparkSession.createDataFrame(sorted(places), "file string, row bigint")
    told = F.col(REMOVED_AS).isNotNull() | F.col(PROBLEMS).isNotNull() | F.col(FAILURES).isNotNull()
    wanted = staged.join(
        F.broadcast(meant.withColumn("planted", F.lit(True))),
        (F.col("_file") == F.col("file")) & (F.col("_row") == F.col("row")),
        "left",
    ).where(told | F.col("planted"))
    rows = wanted.select(
        F.lit(dataset).alias("dataset"),
        F.col("_file").alias("file"),
        F.col("_row").alias("row"),
        F.when(F.col(VERDICT) == REJECTED, QUARANTINED).otherwise(F.col(REMOVED_AS)).alias("removed_as"),
        F.coalesce(PROBLEMS, F.array()).alias("problems"),
        F.coalesce(FAILURES, F.array()).alias("failures"),
        F.to_json(F.struct(*map(quote, data_columns(staged))), {"ignoreNullFields": "false"}).alias("values"),
    )
    found = [row.asDict(recursive=True) for row in rows.collect()]
    for row in found:
        row["values"] = json.loads(row["values"])
    return [line for line in compare(truth, found, datasets=[dataset]) if line["kind"] != ORPHAN]


def orphan_columns(truth: Truth, dataset: str) -> set[str]:
    """The columns of a dataset, by their names after cleaning, in which orphans were planted."""
    faults = (fault for fault in truth.faults if fault.kind == ORPHAN and fault.dataset == dataset)
    return {column_of(fault.column) for fault in faults if fault.column}


def compare_facts(
    truth: Truth,
    *,
    dataset: str,
    unknown: Mapping[str, Collection[str]],
    quarantined: Iterable[tuple[str, int]],
) -> list[dict[str, Any]]:
    """Planted orphans against the rows of a fact that refer to the unknown member.

    Parameters
    ----------
    truth : Truth
    dataset : str
        The dataset that the fact is made from.
    unknown : mapping of str to collection of str
        The keys that lead to no member, by the dataset's column that holds them.
    quarantined : iterable of (str, int)
        File and line of the dataset's rows that never came as far as the fact.
    """
    entry = [{"column": None, "severity": "critical"}]
    found = [{"dataset": dataset, "file": file, "row": row, "problems": entry} for file, row in quarantined]
    lines = compare(
        truth,
        found,
        unknown={(dataset, column): keys for column, keys in unknown.items()},
        datasets=[dataset],
    )
    return [line for line in lines if line["kind"] == ORPHAN]


def _in_vain(
    source: DataFrame,
    references: Mapping[str, Reference],
    inputs: Inputs,
    columns: Collection[str],
) -> dict[str, list[str]]:
    """Natural keys of one column that are given but have no member, by that column, of `columns`."""
    keys: dict[str, list[str]] = {}
    for reference in references.values():
        (member, given), *more = reference.on.items()
        if more or given not in columns or given in keys:
            continue
        asked = source.select(F.col(quote(given)).cast("string").alias("key")).dropna().distinct()
        known = inputs[TableId("star", reference.dimension)].select(
            F.col(quote(member)).cast("string").alias("key")
        )
        keys[given] = [row.key for row in asked.join(known, "key", "left_anti").collect()]
    return keys


def _quarantined(context: LoadContext, dataset: str) -> list[tuple[str, int]]:
    path = context.lake.quarantine(TableId("curated", dataset))
    told = events(context.spark, path)
    if told is None:
        return []
    known = told.select("file", "file_hash", "row", "fingerprint", "status", "at", TURN)
    # What the first commit tells is all open: to group it would take one job more.
    rows = known if newest_version(context.spark, path) == 0 else open_rows(known)
    return [(row.file, row.row) for row in rows.collect()]
