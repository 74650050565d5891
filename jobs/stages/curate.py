"""Raw to curated: clean each dataset, gate it, publish it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from conf import Dataset, fingerprint
from etl.lake.ledger import Entry
from etl.lake.tables import last_commit, read_table
from etl.transform import PROBLEMS, add_problems, data_columns, problem, quote
from jobs.catalogue import RENAMES, rules_of, transform_of
from jobs.context import Run
from jobs.fates import FATE, QUARANTINED
from jobs.gate import publish, rule
from jobs.planted import compare_rows, planted_truth
from jobs.stages.step import each, fingerprint_of, opened, standing

__all__ = ["curate", "set_unreadable_aside"]


def curate(run: Run) -> list[Entry]:
    """Clean, gate and publish every dataset.

    Parameters
    ----------
    run : Run

    Returns
    -------
    list of Entry
        One a dataset. A refused one publishes nothing; the others are not kept from going on.
    """
    return each(run, "curate", list(run.pipeline.datasets), _curate)


def set_unreadable_aside(raw: DataFrame) -> DataFrame:
    """Mark the records that could not be read, so that no step takes their nulls for values.

    They bear a critical problem, which leads them to the quarantine, and a fate, which makes steps
    leave them out of account.
    """
    unreadable = F.col("_unreadable").isNotNull()
    entry = problem(
        step="read",
        column="_record",
        value=F.col("_record"),
        reason=F.col("_unreadable"),
        invalid="reject",
    )
    return raw.withColumns(
        {
            PROBLEMS: add_problems(raw, [F.when(unreadable, entry)]),
            FATE: F.when(unreadable, QUARANTINED),
        }
    )


def _curate(run: Run, name: str) -> Entry:
    dataset = run.pipeline.datasets[name]
    suite = run.suite(dataset.suite)
    source = last_commit(run.spark, run.lake.table("raw", name))
    version = None if source is None else source.version
    raw = read_table(run.spark, run.lake.table("raw", name), dataset=name, version=version)
    inputs = {f"raw/{name}": version or 0}
    mark = fingerprint_of([fingerprint(dataset), suite.version], inputs)
    done = standing(last_commit(run.spark, run.lake.table("curated", name)), fingerprint=mark)
    if done is not None:
        return done
    entry = opened(run, stage="curate", dataset=name, inputs=inputs, fingerprint=mark)
    cleaned = raw.transform(set_unreadable_aside).transform(transform_of(dataset.clean, mark=FATE))
    truth = planted_truth(run)
    ruling = rule(
        run,
        cleaned,
        zone="curated",
        table=name,
        suite=suite,
        tolerance=dataset.tolerance,
        rules=rules_of(dataset.clean),
        keep_left=truth is not None,
        allow_empty=dataset.allow_empty,
    )
    read, delivered = _as_delivered(raw, dataset)
    published = ruling.counts["published"]
    details: dict[str, Any] = {
        "missingness": [
            {
                "dataset": name,
                "column": column,
                "rows": published,
                "as_delivered": empty,
                "after_cleaning": nulls,
            }
            for column, nulls in ruling.nulls.items()
            if (empty := delivered.get(column)) is not None
        ]
    }
    if truth is not None:
        details["planted"] = compare_rows(truth, ruling.staged.rows, dataset=name)
    return publish(run, replace(entry, read=read), ruling, zone="curated", table=name, details=details)


def _as_delivered(raw: DataFrame, dataset: Dataset) -> tuple[int, dict[str, int]]:
    """Rows, and empty values by the name that the column will have, in one pass over the raw table."""
    renames = [step for step in dataset.clean if step.name in RENAMES]
    named = raw.transform(transform_of(renames))
    columns = data_columns(named)
    counts = [F.count(F.col(quote(column))).alias(f"c{n}") for n, column in enumerate(columns)]
    found = named.agg(
        F.count(F.lit(1)).alias("rows"), F.count("_unreadable").alias("unreadable"), *counts
    ).first()
    assert found is not None
    readable = found["rows"] - found["unreadable"]
    return found["rows"], {column: readable - found[f"c{n}"] for n, column in enumerate(columns)}
