"""Raw to curated: clean each dataset, gate it, publish it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from headgate.conf import Dataset, fingerprint
from headgate.etl.lake.arrivals import Arrivals, Batch, HistoryLostError, arrivals
from headgate.etl.lake.commits import Commit
from headgate.etl.lake.history import Snapshot, TableChangedError, changes_by_others, snapshot
from headgate.etl.lake.ledger import Entry
from headgate.etl.lake.tables import read_table
from headgate.etl.transform import PROBLEMS, add_problems, data_columns, problem, quote, require_columns
from headgate.jobs.catalogue import RENAMES, rules_of, transform_of
from headgate.jobs.context import Run
from headgate.jobs.fates import FATE, QUARANTINED
from headgate.jobs.gate import Ruling, rule
from headgate.jobs.planted import compare_rows, planted_truth
from headgate.jobs.publication import publish
from headgate.jobs.redelivery import merge_anew, remade, replaced_files, stranded
from headgate.jobs.rejects import open_among, settle
from headgate.jobs.stages.standing import Inputs, disturbance, lost_file, note_predecessor, standing
from headgate.jobs.stages.step import each, fingerprint_of, opened
from headgate.jobs.trends import Past

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
        One a dataset whose files could be taken in. A refused one publishes nothing; the others are
        not kept from going on.
    """
    names = [name for name in run.pipeline.datasets if name not in run.undelivered]
    return each(run, "curate", names, curate_one)


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
    how = dataset.publish
    anew = how.mode == "overwrite"
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
    note_predecessor(run, table)
    held = arrivals(run.spark, run.lake.table("raw", name))
    batch = arrived_since(run, name, held, None if anew else before, inputs)
    merged_anew = remade(how, batch)
    if merged_anew:
        batch = arrived_since(run, name, held, None, inputs)
        how = how.model_copy(update={"mode": "overwrite", "order_by": ()})
    raw = raw.where(batch.is_read())
    compare = None
    if how.mode != "overwrite":
        again = quarantine.interrupted or before is None or batch.published
        compare = open_among(run, quarantine.path, raw) if again else None
    ruling = judge(run, entry, raw.where(~batch.is_superseded()), merged_anew=merged_anew)
    if how.mode == "overwrite_partitions" and batch.published:
        ruling = _unless_stranded(run, name, ruling, batch)
    read, superseded, delivered = _as_delivered(raw, dataset, batch)
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
        how=how,
        replaces=replaced_files(batch) if how.mode == "append" else frozenset(),
        after=table.version if table else -1,
        quarantine=quarantine,
        compare=compare,
        counts=ruling.counts | {"superseded": ruling.counts["superseded"] + superseded},
        details=details,
    )


def _unless_stranded(run: Run, name: str, ruling: Ruling, batch: Batch) -> Ruling:
    table = read_table(run.spark, run.lake.table("curated", name), dataset=name)
    said = stranded(table, ruling.accepted, run.pipeline.datasets[name].publish, batch)
    return replace(ruling, refusals=(*ruling.refusals, said)) if said else ruling


def judge(
    run: Run, entry: Entry, raw: DataFrame, *, of_rows: bool = False, merged_anew: bool = False
) -> Ruling:
    """Clean raw rows of a dataset, and ask the gate.

    Parameters
    ----------
    run : Run
    entry : Entry
        Of the work that is being done on the dataset.
    raw : DataFrame
    of_rows : bool
        See `headgate.jobs.gate.rule`. Rows that make no batch are held against all batches before.
    merged_anew : bool
        The rows are those of all batches that were ever merged.
    """
    dataset = run.pipeline.datasets[entry.dataset]
    batch = replace(entry, stage="curate")
    if of_rows:
        batch = replace(batch, inputs={}, input_ids={})
    how = dataset.publish
    cleaned = raw.transform(set_unreadable_aside).transform(transform_of(dataset.clean, mark=FATE))
    if merged_anew:
        cleaned = cleaned.transform(merge_anew(how))
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
        mode=how.mode,
        of_rows=of_rows,
        past=Past(run, "curated", batch, dataset.trends),
    )


def last_publication(run: Run, name: str, table: Snapshot | None) -> Commit | None:
    """The commit by which a curated table was last published; none if there is no table.

    Raises
    ------
    headgate.etl.lake.arrivals.HistoryLostError
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
    noted, version = before.note.get("input_ids", {}).get(key, inputs.ids[key]), before.note["inputs"][key]
    if noted != inputs.ids[key] or version > inputs.versions[key]:
        raise HistoryLostError(dataset=name, version=version, zone="raw")


def arrived_since(run: Run, name: str, held: Arrivals, before: Commit | None, inputs: Inputs) -> Batch:
    """The raw rows that came after those that a publication of the curated table was made from."""
    redelivery = run.pipeline.datasets[name].source.redelivery
    if before is None:
        return held.batch(redelivery, after=None, dataset=name)
    _same_raw(before, inputs, name)
    path, upto = run.lake.table("raw", name), inputs.versions[f"raw/{name}"]
    after = int(before.note["inputs"][f"raw/{name}"])
    changes = changes_by_others(run.spark, path, after=after, upto=upto)
    if changes and run.pipeline.datasets[name].publish.changed_by_others != "keep":
        reason = f"another has changed the table ({changes[-1]}): which rows are new cannot be told by it"
        raise TableChangedError(table=f"raw/{name}", reason=reason, fix=_fix(run, name, keep=False))
    # Others may have changed the raw table after the last ingest.
    return held.batch(redelivery, after=min(after, held.version), dataset=name)


def _as_delivered(raw: DataFrame, dataset: Dataset, batch: Batch) -> tuple[int, int, dict[str, int]]:
    """Rows, those of replaced deliveries, and of the others the empty values by the column's name to be.

    In one pass over the raw table.
    """
    renames = [step for step in dataset.clean if step.name in RENAMES]
    named = raw.transform(transform_of(renames))
    columns = data_columns(named)
    stands = ~batch.is_superseded()
    counts = [
        F.count(F.when(stands, F.col(quote(column)))).alias(f"c{n}") for n, column in enumerate(columns)
    ]
    readable = stands & F.col("_unreadable").isNull()
    found = named.agg(
        F.count(F.lit(1)).alias("rows"),
        F.count(F.when(stands, F.lit(1))).alias("stand"),
        F.count(F.when(readable, F.lit(1))).alias("readable"),
        *counts,
    ).first()
    assert found is not None
    empty = {column: found["readable"] - found[f"c{n}"] for n, column in enumerate(columns)}
    return found["rows"], found["rows"] - found["stand"], empty
