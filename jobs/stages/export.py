"""Star to training set: one flat row per case, split by group, fitted on the training split only.

A snapshot is published by its manifest: the data are written beside those of earlier snapshots, and
become *the* training set when the manifest, written last, names them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from headgate.conf import Export, Fit, fingerprint
from headgate.etl.clean.typical import is_missing
from headgate.etl.features import split_by_group
from headgate.etl.lake import files
from headgate.etl.lake.ledger import Entry
from headgate.etl.lake.staging import stage
from headgate.etl.lake.zones import TableId
from headgate.etl.load.context import fingerprint_of
from headgate.etl.load.disclosure import Disclosure
from headgate.etl.load.row_counts import ACCEPTED, REMOVED_AS, VERDICT, RowCounting, verdict
from headgate.etl.load.up_to_date import Inputs
from headgate.etl.transform import data_columns, quote, require_columns
from headgate.jobs.catalogue import apply_fitted, rules_of, transform_of
from headgate.jobs.context import Run
from headgate.jobs.stages.step import each
from headgate.quality.reserved import require_free

__all__ = ["export", "fit_on_training_split", "read_manifest"]

SPLIT = "split"
UNDRAWN = "_undrawn"

ROLES = {
    "group": "without a group no split can be drawn",
    "label": "without a label there is nothing to learn",
}
"""Columns of an export that every row must have, and why."""


def export(run: Run) -> list[Entry]:
    """Write every export of the pipeline: Parquet by split, and its manifest.

    Parameters
    ----------
    run : Run

    Returns
    -------
    list of Entry
        One an export: ``read`` counts the fact's rows, ``dropped`` those left out by a named rule.
    """
    return each(run, "export", list(run.pipeline.exports), _export)


def read_manifest(run: Run, name: str) -> dict[str, Any] | None:
    """The manifest of the newest snapshot of an export, or None."""
    path = run.lake.place("export", name, "manifest.json")
    if not files.exists(run.spark, path):
        return None
    manifest: dict[str, Any] = json.loads(files.read_bytes(run.spark, path))
    return manifest


def _export(run: Run, name: str) -> Entry:
    plan = run.pipeline.exports[name]
    inputs, fact, dimensions = Inputs(run), TableId("star", plan.from_), _dimensions(run, plan)
    for table in (fact, *dimensions.values()):
        inputs.note(table)
    made_of = fingerprint_of(fingerprint(plan), inputs.versions, inputs.ids)
    manifest = read_manifest(run, name)
    if manifest is not None and manifest["fingerprint"] == made_of:
        gone = _lost_file(run, name, manifest)
        if gone is None:
            return replace(Entry.from_json(manifest["entry"]), status="unchanged")
        run.watch.say(f"export/{name}: its data file {gone} is gone: it is made anew")
    entry = run.opened(
        stage="export",
        dataset=name,
        inputs=inputs.versions,
        input_ids=inputs.ids,
        fingerprint=made_of,
    )
    read = inputs[fact].count()

    # A folder of its own: two runs that write the same at a time must not mix their files.
    place = f"{made_of}-{run.run_id}"
    data = run.lake.place("export", name, "data", place)
    staging = run.lake.place("staging", run.run_id, f"export_{name}")
    wide = flatten(run, plan, inputs[fact], {name: inputs[table] for name, table in dimensions.items()})
    flat = wide.transform(transform_of(plan.steps, removed_as=REMOVED_AS))
    require_columns(flat, [*plan.id, plan.group, plan.label], step=f"exports.{name}")
    require_free(flat.schema, written=[SPLIT])
    flat = flat if REMOVED_AS in flat.columns else flat.withColumn(REMOVED_AS, F.lit(None).cast("string"))
    missing = {role: is_missing(flat, getattr(plan, role)) for role in ROLES}
    # The split itself would end the job at the first row without a group, and tell of no other.
    undrawn = F.coalesce(F.col(REMOVED_AS), F.when(missing["group"], "no group"))
    split = split_by_group(
        group=plan.group, fractions=dict(plan.splits), seed=plan.seed, to=SPLIT, removed_as=UNDRAWN
    )
    drawn = flat.withColumn(UNDRAWN, undrawn).transform(split).drop(UNDRAWN)
    told = drawn.withColumn(VERDICT, verdict())
    counting = RowCounting([], rules_of(plan.steps))
    holes = [
        F.count(F.when((F.col(VERDICT) == ACCEPTED) & absent, 1)).alias(f"without_{role}")
        for role, absent in missing.items()
    ]
    staged = stage(
        told,
        data,
        beside=staging,
        verdict=VERDICT,
        keep=[ACCEPTED],
        observe=[*counting.aggregates, *holes],
        in_place=False,
    )
    counted = counting.read(staged.seen)
    refusals = _refusals(plan, staged.seen, rows=counted.counts["published"])
    if refusals:
        staged.discard()
        entry = replace(entry, finished_at=run.clock(), read=read, **counted.counts)
        stands = {"stands": None if manifest is None else 0}
        return replace(entry.balanced(), status="refused", error="; ".join(refusals), details=stands)
    cases = staged.rows.drop(REMOVED_AS, VERDICT)

    fitted = fit_on_training_split(cases.drop(*plan.id, plan.group, plan.label), plan.fit)
    features = {"numeric": list(plan.features.numeric), "categorical": list(plan.features.categorical)}
    require_columns(cases, features["numeric"] + features["categorical"], step=f"exports.{name}.features")
    final = cases.transform(apply_fitted(fitted))
    made = [column for column in data_columns(final) if column not in cases.columns]
    features = {
        kind: [column for column in columns if column in final.columns] for kind, columns in features.items()
    }
    features["numeric"] += made
    wanted = list(
        dict.fromkeys([*plan.id, plan.group, plan.label, *features["numeric"], *features["categorical"]])
    )
    final.select(*map(quote, wanted), SPLIT).write.mode("overwrite").partitionBy(SPLIT).parquet(data)

    written = run.spark.read.parquet(data)
    measured = _measure(written, plan.label, wanted)
    entry = replace(
        entry,
        finished_at=run.clock(),
        **counted.counts,
        read=read,
        details={
            "dashboard": _dashboard(cases, plan, run.disclosure),
            "excluded": counted.counts["dropped"],
            **measured,
        },
    ).balanced()
    document = {
        "name": name,
        "fingerprint": made_of,
        "data": f"data/{place}",
        "files": _files(run, data),
        "id": list(plan.id),
        "group": plan.group,
        "label": plan.label,
        "features": features,
        "schema": [{"name": f.name, "type": f.dataType.simpleString()} for f in written.schema],
        "splits": dict(plan.splits),
        "seed": plan.seed,
        "sources": inputs.versions,
        "fitted": [{"step": step, "values": values} for step, values in fitted],
        "excluded": counted.counts["dropped"],
        **measured,
        "entry": entry.to_json(),
    }
    path = run.lake.place("export", name, "manifest.json")
    run.may_write()
    files.write_bytes(run.spark, path, json.dumps(document, indent=2, default=str).encode())
    staged.discard()
    return entry


def _refusals(plan: Export, seen: Mapping[str, Any], *, rows: int) -> list[str]:
    """Why nothing can be exported: rows without a group, which no split may have, and without a label."""
    found = [
        (getattr(plan, role), role, why, count)
        for role, why in ROLES.items()
        if (count := seen.get(f"without_{role}"))
    ]
    return [
        f"'{column}' is null in {count:,} of {rows:,} rows: {why}; leave them out by a named rule, as in "
        f'steps: [{{drop_rows: {{rule: no_{role}, where: "{quote(column)} IS NULL"}}}}]'
        for column, role, why, count in found
    ]


def _files(run: Run, data: str) -> list[str]:
    """The data files of a snapshot, below its folder."""
    found = []
    for folder in files.folders(run.spark, data):
        found += [f"{folder}/{name}" for name in files.names(run.spark, f"{data}/{folder}")]
    return sorted(name for name in found if name.endswith(".parquet"))


def _lost_file(run: Run, name: str, manifest: Mapping[str, Any]) -> str | None:
    """A data file that a manifest names and that is not there."""
    data = run.lake.place("export", name, *manifest["data"].split("/"))
    there = set(_files(run, data))
    gone = [file for file in manifest.get("files", []) if file not in there]
    return f"{data}/{gone[0]}" if gone else None


def _dimensions(run: Run, plan: Export) -> dict[str, TableId]:
    """The dimensions that an export takes attributes of, by their names."""
    references = run.pipeline.star.facts[plan.from_].references
    return {references[key].dimension: TableId("star", references[key].dimension) for key in plan.join}


def flatten(run: Run, plan: Export, fact: DataFrame, dimensions: Mapping[str, DataFrame]) -> DataFrame:
    """The fact with the attributes of the dimensions that the export asks for: one row a row of the fact."""
    for key, attributes in plan.join.items():
        star = run.pipeline.star
        reference = star.facts[plan.from_].references[key]
        calendar = star.calendars.get(reference.dimension)
        own = calendar.key if calendar else star.dimensions[reference.dimension].key
        dimension = dimensions[reference.dimension]
        require_columns(dimension, attributes, step=f"join {reference.dimension}")
        side = dimension.select(F.col(quote(own)).alias("_member"), *map(quote, attributes))
        fact = fact.join(side, fact[quote(key)] == side["_member"], "left").drop("_member")
    return fact


def fit_on_training_split(cases: DataFrame, steps: Sequence[Fit]) -> list[tuple[str, dict[str, Any]]]:
    """What each step learns from the training split, each from the output of the steps before it.

    Parameters
    ----------
    cases : DataFrame
        With a column ``split``; only rows whose split is ``train`` are looked at. Without id, group
        and label: what is learnt from a label is a leak.
    steps : sequence of Fit

    Returns
    -------
    list of (str, dict)
        Names with what was learnt, as plain data.
    """
    train = cases.where(F.col(SPLIT) == "train").drop(SPLIT)
    fitted: list[tuple[str, dict[str, Any]]] = []
    for step in steps:
        fitted.append((step.name, step.function(train.transform(apply_fitted(fitted)), **step.parameters)))
    return fitted


def _measure(written: DataFrame, label: str, columns: Sequence[str]) -> dict[str, Any]:
    """Rows and labels by split, nulls by column, and a hash of the content that no order of rows changes."""
    text = F.col(quote(label)).cast("string").alias("label")
    row = F.xxhash64(*map(quote, columns)).cast("decimal(38,0)")
    nulls = [F.count_if(F.col(quote(column)).isNull()).alias(f"n{n}") for n, column in enumerate(columns)]
    groups = written.groupBy(F.col(SPLIT).cast("string").alias(SPLIT), text)
    found = groups.agg(F.count(F.lit(1)).alias("rows"), F.sum(row).alias("hash"), *nulls).collect()
    by_split: dict[str, dict[str, int]] = {}
    for part in sorted(found, key=lambda part: (part[SPLIT], str(part.label))):
        by_split.setdefault(part[SPLIT], {})[str(part.label)] = part.rows
    content = json.dumps(
        [sum(part.rows for part in found), str(sum(part["hash"] for part in found)), list(columns)]
    )
    return {
        "rows": {split: sum(labels.values()) for split, labels in by_split.items()},
        "labels": by_split,
        "nulls": {column: sum(part[f"n{n}"] for part in found) for n, column in enumerate(columns)},
        "columns": len(columns),
        "hash": hashlib.sha256(content.encode()).hexdigest()[:32],
    }


def _dashboard(cases: DataFrame, plan: Export, disclosure: Disclosure) -> list[dict[str, Any]]:
    """The metric of the dashboard by each of its columns, over the rows that are not left out. One job."""
    board = plan.dashboard
    if board is None:
        return []
    require_columns(cases, [board.metric, *board.by], step="dashboard")
    pairs = [
        F.struct(F.lit(by).alias("by"), F.col(quote(by)).cast("string").alias("value")) for by in board.by
    ]
    metric = F.col(quote(board.metric)).cast("double").alias("metric")
    rows = (
        cases.select(metric, F.explode(F.array(*pairs)).alias("pair"))
        .groupBy("pair.by", "pair.value")
        .agg(F.count(F.lit(1)).alias("encounters"), F.avg("metric").alias("rate"))
        .collect()
    )

    return [
        {
            "title": f"{board.metric} by {by}".replace("_", " "),
            "by": by,
            "metric": board.metric,
            "rows": [
                {"value": disclosure.value(by, row["value"]), "encounters": row.encounters, "rate": row.rate}
                for row in sorted(rows, key=lambda row: str(row["value"]))
                if row["by"] == by
            ],
        }
        for by in board.by
    ]
