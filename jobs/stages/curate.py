"""Raw to curated: clean each dataset, gate it, publish it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from conf import Dataset, fingerprint
from etl.lake.arrivals import HistoryLostError, arrived
from etl.lake.history import Snapshot, TableChangedError, changes_by_others, snapshot
from etl.lake.ledger import Entry
from etl.lake.tables import Commit
from etl.transform import PROBLEMS, add_problems, data_columns, problem, quote, require_columns
from jobs.catalogue import RENAMES, rules_of, transform_of
from jobs.context import Run
from jobs.fates import FATE, QUARANTINED
from jobs.gate import Ruling, rule
from jobs.planted import compare_rows, planted_truth
from jobs.publication import publish
from jobs.rejects import open_among, settle
from jobs.stages.standing import Inputs, disturbance, lost_file, note_predecessor, standing
from jobs.stages.step import each, fingerprint_of, opened
from jobs.trends import Past

__all__ = [
    "arrived_since",
    "curate",
    "curate_one",
    "judge",
    "last_publication",
    "set_unreadable_aside",
]


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
    return each(run, "curate", list(run.pipeline.datasets), curate_one)


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


def curate_one(run: Run, name: str, *, stage: str = "curate") -> Entry:
    """Clean, gate and publish one dataset.

    Parameters
    ----------
    run : Run
    name : str
    stage : {'curate', 'replay'}
        What the ledger calls it; a replay is made even if the table stands already.
    """
    dataset = run.pipeline.datasets[name]
    anew = dataset.publish.mode == "overwrite"
    inputs = Inputs(run)
    raw = inputs.read("raw", name)
    mark = fingerprint_of(
        [fingerprint(dataset), run.suite(dataset.suite).version], inputs.versions, inputs.ids
    )
    table = snapshot(run.spark, run.lake.table("curated", name))
    before = last_publication(run, name, table)
    quarantine = settle(run, "curated", name, table)
    done = (
        standing(run, "curated", name, table, fingerprint=mark)
        if anew
        else _nothing_new(before, inputs, name)
    )
    if done is not None and stage == "curate" and not (anew and quarantine.interrupted):
        return done
    entry = opened(
        run,
        stage=stage,
        dataset=name,
        inputs=inputs.versions,
        input_ids=inputs.ids,
        fingerprint=mark,
    )
    compare = None
    if not anew:
        raw = raw.where(arrived_since(run, name, before, inputs))
        compare = open_among(run, quarantine.path, raw) if quarantine.interrupted or before is None else None
    note_predecessor(run, table)
    ruling = judge(run, entry, raw)
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
    truth = planted_truth(run)
    if truth is not None:
        details["planted"] = compare_rows(truth, ruling.told, dataset=name)
    return publish(
        run,
        replace(entry, read=read),
        ruling,
        zone="curated",
        table=name,
        how=dataset.publish,
        after=table.version if table else -1,
        quarantine=quarantine,
        compare=compare,
        details=details,
    )


def judge(run: Run, entry: Entry, raw: DataFrame, *, of_rows: bool = False) -> Ruling:
    """Clean raw rows of a dataset, and ask the gate.

    Parameters
    ----------
    run : Run
    entry : Entry
        Of the work that is being done on the dataset.
    raw : DataFrame
    of_rows : bool
        See `jobs.gate.rule`. Rows that make no batch are held against all batches before.
    """
    dataset = run.pipeline.datasets[entry.dataset]
    batch = replace(entry, stage="curate")
    if of_rows:
        batch = replace(batch, inputs={}, input_ids={})
    how = dataset.publish
    cleaned = raw.transform(set_unreadable_aside).transform(transform_of(dataset.clean, mark=FATE))
    judged = [name.removeprefix("-") for name in how.order_by]
    require_columns(cleaned, [*how.keys, *judged, *how.partition_by], step="publish")
    return rule(
        run,
        cleaned,
        zone="curated",
        table=entry.dataset,
        suite=run.suite(dataset.suite),
        tolerance=dataset.tolerance,
        rules=rules_of(dataset.clean),
        keep_left=planted_truth(run) is not None,
        allow_empty=dataset.allow_empty,
        partition_by=how.partition_by,
        of_rows=of_rows,
        past=Past(run, "curated", batch, dataset.trends),
    )


def last_publication(run: Run, name: str, table: Snapshot | None) -> Commit | None:
    """The commit by which a curated table was last published; none if there is no table.

    Raises
    ------
    etl.lake.arrivals.HistoryLostError
        There is a table, and no such commit: what is new to it cannot be told.
    TableChangedError
        The table is not what that commit made of it: to add to it would hide what was lost.
    """
    before = table.ours if table else None
    publish = run.pipeline.datasets[name].publish
    if table is None or publish.mode == "overwrite":
        return before
    if before is None:
        raise HistoryLostError(dataset=name, zone="curated", version=table.version)
    keep = publish.changed_by_others == "keep"
    changed = lost_file(run, table) if keep else disturbance(run, "curated", name, table)
    if changed:
        raise TableChangedError(table=f"curated/{name}", reason=changed, fix=_fix(run, name, keep=keep))
    return before


def _fix(run: Run, name: str, *, keep: bool) -> str:
    by = ", ".join(run.pipeline.datasets[name].publish.partition_by)
    how = f"{{mode: overwrite, partition_by: [{by}]}}" if by else "{mode: overwrite}"
    anew = f"make it anew from all of raw, once: --set 'datasets.{name}.publish={how}'"
    kept = f"; or go on from what it holds now: --set datasets.{name}.publish.changed_by_others=keep"
    return anew if keep else anew + kept


def _nothing_new(before: Commit | None, inputs: Inputs, name: str) -> Entry | None:
    """The entry of the table as it stands, if nothing arrived since: its rows stay as they were published."""
    if before is None:
        return None
    _same_raw(before, inputs, name)
    if before.note["inputs"] != inputs.versions:
        return None
    return replace(Entry.from_json(before.note), status="unchanged", version=before.version)


def _same_raw(before: Commit, inputs: Inputs, name: str) -> None:
    """Raise `HistoryLostError` where the raw table is not the one that the last publication has read."""
    key = f"raw/{name}"
    noted = before.note.get("input_ids", {}).get(key, inputs.ids[key])
    if noted != inputs.ids[key]:
        raise HistoryLostError(dataset=name, version=before.note["inputs"][key], zone="raw")


def arrived_since(run: Run, name: str, before: Commit | None, inputs: Inputs) -> Column:
    """Whether a raw row arrived after those that the last publication of the curated table was made from."""
    if before is None:
        return F.lit(True)
    _same_raw(before, inputs, name)
    path, upto = run.lake.table("raw", name), inputs.versions[f"raw/{name}"]
    after = int(before.note["inputs"][f"raw/{name}"])
    changes = changes_by_others(run.spark, path, after=after, upto=upto)
    if changes and run.pipeline.datasets[name].publish.changed_by_others != "keep":
        reason = f"another has changed the table ({changes[-1]}): which rows are new cannot be told by it"
        raise TableChangedError(table=f"raw/{name}", reason=reason, fix=_fix(run, name, keep=False))
    return arrived(run.spark, path, dataset=name, after=after, upto=upto)


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
