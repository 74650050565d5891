"""Raw to curated: clean each dataset, gate it, publish it."""

from __future__ import annotations

from functools import partial
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from headgate.conf import Dataset, fingerprint
from headgate.etl.lake.arrivals import Arrivals, Batch, arrivals
from headgate.etl.lake.commits import Commit
from headgate.etl.lake.history import TableChangedError, changes_by_others
from headgate.etl.lake.ledger import Entry
from headgate.etl.lake.zones import TableId
from headgate.etl.load.audit import Ruling
from headgate.etl.load.node import Account, Begun, Built, Node
from headgate.etl.load.process import process, require_same_inputs
from headgate.etl.load.rejects import open_among
from headgate.etl.load.row_counts import QUARANTINED, REMOVED_AS
from headgate.etl.load.up_to_date import Inputs
from headgate.etl.transform import PROBLEMS, add_problems, data_columns, problem, quote, require_columns
from headgate.jobs.catalogue import RENAMES, rules_of, transform_of, write_mode
from headgate.jobs.context import Run
from headgate.jobs.stages.step import each

__all__ = [
    "arrived_since",
    "cleaned",
    "curate",
    "curate_one",
    "dataset_node",
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

    They bear a critical problem, which leads them to the quarantine, and count as removed, which makes steps
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
            PROBLEMS: add_problems(raw, [(unreadable, entry)]),
            REMOVED_AS: F.when(unreadable, QUARANTINED),
        }
    )


def curate_one(run: Run, name: str, *, stage: str = "curate") -> Entry:
    """Clean, gate and publish one dataset.

    Parameters
    ----------
    run : Run
    name : str
    stage : {'curate', 'replay'}
        What the ledger calls it; a replay is made even if the table is up to date.
    """
    return process(run, dataset_node(run, name, stage=stage)).entry


def dataset_node(run: Run, name: str, *, stage: str = "curate") -> Node:
    """A curated table, made from what its dataset's raw table has taken in."""
    dataset = run.pipeline.datasets[name]
    suite = run.suite(dataset.suite)
    return Node(
        target=TableId("curated", name),
        stage=stage,
        inputs=(TableId("raw", name),),
        definition=[fingerprint(dataset), suite.version],
        suite=suite,
        mode=write_mode(dataset.publish),
        build=partial(_clean_batch, run, dataset),
        tolerance=dataset.tolerance,
        rules=rules_of(dataset.clean),
        allow_empty=dataset.allow_empty,
        runs=dataset.trends.runs,
        all_numbers=dataset.trends.numbers == "all",
        changed_by_others=dataset.publish.changed_by_others,
        fixes=_fixes(name, dataset),
        again=stage == "replay",
    )


def _clean_batch(run: Run, dataset: Dataset, begun: Begun) -> Built:
    name, mode, raw = begun.entry.dataset, write_mode(dataset.publish), TableId("raw", begun.entry.dataset)
    held = arrivals(run.spark, begun.inputs.found[raw])
    batch = arrived_since(run, name, held, begun.before if mode.incremental else None, begun.inputs)
    anew = mode.made_anew(batch)
    if anew:
        batch = arrived_since(run, name, held, None, begun.inputs)
    rows = begun.inputs[raw].where(batch.is_read())
    compare = None
    if (
        mode.incremental
        and not anew
        and (begun.quarantine.interrupted or begun.before is None or batch.published)
    ):
        compare = open_among(run, begun.quarantine.path, rows)

    def refused(accepted: DataFrame) -> list[str]:
        said = mode.refusal(accepted, run.lake.table(TableId("curated", name)), batch)
        return [said] if said else []

    return Built(
        rows=cleaned(dataset, rows.where(~batch.is_superseded()), merged_anew=anew is not None),
        account=partial(_account, run, dataset, name, rows, batch),
        mode=anew,
        replaces=mode.replaces(batch),
        compare=compare,
        integrity=refused if batch.published else None,
    )


def cleaned(dataset: Dataset, raw: DataFrame, *, merged_anew: bool = False) -> DataFrame:
    """Raw rows of a dataset after its steps, those that steps removed among them.

    Parameters
    ----------
    dataset : Dataset
    raw : DataFrame
    merged_anew : bool
        Whether these are the rows of all batches that were ever merged.
    """
    rows = raw.transform(set_unreadable_aside).transform(transform_of(dataset.clean, removed_as=REMOVED_AS))
    mode = write_mode(dataset.publish)
    if merged_anew:
        rows = rows.transform(mode.of_all_batches())
    require_columns(rows, mode.columns, step="publish")
    return rows


def _account(run: Run, dataset: Dataset, name: str, raw: DataFrame, batch: Batch, ruling: Ruling) -> Account:
    read, superseded, delivered = _as_delivered(raw, dataset, batch)
    details: dict[str, Any] = {
        "missingness": [
            {
                "dataset": name,
                "column": column,
                "rows": ruling.counts["published"],
                "as_delivered": empty,
                "after_cleaning": nulls,
            }
            for column, nulls in ruling.nulls.items()
            if (empty := delivered.get(column)) is not None
        ]
    }
    counts = ruling.counts | {"superseded": ruling.counts["superseded"] + superseded}
    return Account(read=read, counts=counts, details=details)


def _fixes(name: str, dataset: Dataset) -> tuple[str, str]:
    by = ", ".join(dataset.publish.partition_by)
    how = f"{{mode: overwrite, partition_by: [{by}]}}" if by else "{mode: overwrite}"
    return (
        f"make it anew from all of raw, once: --set 'datasets.{name}.publish={how}'",
        f"; or go on from what it holds now: --set datasets.{name}.publish.changed_by_others=keep",
    )


def arrived_since(run: Run, name: str, held: Arrivals, before: Commit | None, inputs: Inputs) -> Batch:
    """The raw rows that came after those that a publication of the curated table was made from."""
    redelivery = run.pipeline.datasets[name].source.redelivery
    if before is None:
        return held.batch(redelivery, after=None, dataset=name)
    require_same_inputs(before, inputs, name)
    path, upto = run.lake.table(TableId("raw", name)), inputs.versions[f"raw/{name}"]
    after = int(before.note["inputs"][f"raw/{name}"])
    changes = changes_by_others(run.spark, path, after=after, upto=upto)
    if changes and run.pipeline.datasets[name].publish.changed_by_others != "keep":
        reason = f"another has changed the table ({changes[-1]}): which rows are new cannot be told by it"
        raise TableChangedError(
            table=f"raw/{name}", reason=reason, fix="".join(_fixes(name, run.pipeline.datasets[name]))
        )
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
