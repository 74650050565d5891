"""What the simulator planted, held against what the run made of it."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from headgate.etl.lake import files
from headgate.etl.load.fates import FATE, QUARANTINED, REJECTED, VERDICT
from headgate.etl.transform import PROBLEMS, data_columns, quote
from headgate.jobs.context import Run
from headgate.jobs.simulate import TRUTH_FILE, Truth, compare
from headgate.jobs.simulate.schema import column_of
from headgate.quality import FAILURES

__all__ = ["compare_facts", "compare_rows", "orphan_columns", "planted_truth"]

ORPHAN = "orphan"


def planted_truth(run: Run) -> Truth | None:
    """What was planted in the run's landing, or None where that is not a simulated one."""
    place = f"{run.landing.rstrip('/')}/{TRUTH_FILE}"
    if run.pipeline.simulate is None or not files.exists(run.spark, place):
        return None
    return _parsed(files.read_bytes(run.spark, place))


@lru_cache(maxsize=1)
def _parsed(content: bytes) -> Truth:
    return Truth.parse(json.loads(content))


def compare_rows(truth: Truth, staged: DataFrame, *, dataset: str) -> list[dict[str, Any]]:
    """Planted against found, for everything that shows in the rows of one dataset.

    Parameters
    ----------
    truth : Truth
    staged : DataFrame
        Every row of the dataset with its fate, problems and failures.
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
    told = F.col(FATE).isNotNull() | F.col(PROBLEMS).isNotNull() | F.col(FAILURES).isNotNull()
    wanted = staged.join(
        F.broadcast(meant.withColumn("planted", F.lit(True))),
        (F.col("_file") == F.col("file")) & (F.col("_row") == F.col("row")),
        "left",
    ).where(told | F.col("planted"))
    rows = wanted.select(
        F.lit(dataset).alias("dataset"),
        F.col("_file").alias("file"),
        F.col("_row").alias("row"),
        F.when(F.col(VERDICT) == REJECTED, QUARANTINED).otherwise(F.col(FATE)).alias("fate"),
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
