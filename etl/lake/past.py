"""What the ledger tells of works that were done: the past that a batch is held against."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from headgate.etl.lake.tables import find_table
from headgate.etl.lake.turns import TURN

__all__ = ["Work", "past_details"]


class Work(NamedTuple):
    """One part of the details of a work that was done, and what the work was made from."""

    inputs: dict[str, int]
    input_ids: dict[str, str]
    part: Any

    def same_batch(self, inputs: Mapping[str, int], input_ids: Mapping[str, str]) -> bool:
        """Whether it read the same versions of the same tables; older ledgers do not know their ids."""
        known = bool(self.input_ids and input_ids)
        return self.inputs == dict(inputs) and (not known or self.input_ids == dict(input_ids))


def past_details(
    spark: SparkSession, path: str, *, stage: str, dataset: str, name: str, last: int
) -> list[Work]:
    """Read one part of the details of the last works that were done on one dataset.

    Parameters
    ----------
    spark : SparkSession
    path : str
        The ledger's; there may be none yet.
    stage, dataset : str
    name : str
        Of the part; works without it are left out.
    last : int
        How many works at most. Those that read the same versions of the same tables count once, with
        the newest of them.

    Returns
    -------
    list of Work
        The newest first: by the ledger's commits, and by the versions of the table in one of them.
    """
    ledger = find_table(spark, path)
    if ledger is None:
        return []
    for column, kind in (("input_ids", "map<string,string>"), (TURN, "bigint")):
        if column not in ledger.columns:  # a ledger that an earlier release has written
            ledger = ledger.withColumn(column, F.lit(None).cast(kind))
    turn = F.struct(F.coalesce(TURN, F.lit(-1)), F.coalesce("version", F.lit(-1)), "started_at")
    done = (
        ledger.where(
            (F.col("stage") == stage) & (F.col("dataset") == dataset) & (F.col("status") == "done")
        )
        # Details may hold NaN, which get_json_object does not read.
        .select("inputs", "input_ids", turn.alias("turn"),
                F.from_json("details", f"`{name}` string")[name].alias("part"))
        .where("part is not null")
    )  # fmt: skip
    batch = (F.to_json("inputs"), F.to_json("input_ids"))
    newest = done.groupBy(*batch).agg(
        F.max_by(F.struct("turn", "inputs", "input_ids", "part"), "turn").alias("work")
    )
    rows = newest.select("work.*").orderBy(F.desc("turn")).limit(last).collect()
    return [
        Work(dict(row["inputs"] or {}), dict(row["input_ids"] or {}), json.loads(row["part"])) for row in rows
    ]
