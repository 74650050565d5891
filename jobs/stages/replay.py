"""Quarantine to curated: rows that were rejected run again, after a rule or the code was mended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from headgate.etl.errors import InputMissingError
from headgate.etl.lake.arrivals import arrivals
from headgate.etl.lake.commits import Commit
from headgate.etl.lake.history import snapshot
from headgate.etl.lake.ledger import Entry
from headgate.etl.lake.quarantine import bears, identity
from headgate.etl.lake.tables import read_table
from headgate.etl.lake.zones import TableId
from headgate.etl.load.context import fingerprint_of
from headgate.etl.load.node import Account, Begun, Built
from headgate.etl.load.process import finish, last_publication
from headgate.etl.load.rejects import open_among, settle
from headgate.etl.load.up_to_date import Inputs, note_predecessor
from headgate.etl.transform import require_columns
from headgate.jobs.context import Run
from headgate.jobs.exits import ArgumentsError
from headgate.jobs.stages.curate import arrived_since, cleaned, curate_one, dataset_node
from headgate.jobs.stages.step import each

__all__ = ["replay"]

PLACE = ("_file", "_file_hash", "_row")


def replay(run: Run, *, dataset: str, reasons: Sequence[str] = ()) -> list[Entry]:
    """Run the rows again that the quarantine of a dataset holds.

    Rows that pass now are published once, whatever is repeated, and released; the others stay, with
    their new reasons. A dataset that is overwritten is made anew from all of raw.

    Parameters
    ----------
    run : Run
    dataset : str
    reasons : sequence of str
        Only rows with one of these: a step, or an expectation's id or type.

    Returns
    -------
    list of Entry
        One, which is ``unchanged`` if there was nothing to run again.

    Raises
    ------
    ArgumentsError
        Reasons were given for a dataset that is overwritten.
    headgate.etl.errors.InputMissingError
        The dataset was never published.
    """
    overwritten = run.pipeline.datasets[dataset].publish.mode == "overwrite"
    if overwritten and reasons:
        raise ArgumentsError(
            argument="--reason",
            reason=f"{dataset} is overwritten as a whole, so that rows cannot be chosen",
            fix="leave it out, or publish the dataset by append or merge",
        )
    return each(run, "replay", [dataset], _made_anew if overwritten else partial(_again, reasons=reasons))


def _made_anew(run: Run, name: str) -> Entry:
    rows = open_among(run, run.lake.quarantine(TableId("curated", name)))
    if rows is None or rows.isEmpty():
        return replace(run.opened(stage="replay", dataset=name), status="unchanged")
    return curate_one(run, name, stage="replay")


def _again(run: Run, name: str, *, reasons: Sequence[str]) -> Entry:
    dataset = run.pipeline.datasets[name]
    node = dataset_node(run, name, stage="replay")
    node = replace(node, mode=node.mode.of_rows())
    table = snapshot(run.spark, run.lake.table(node.target))
    before = last_publication(run, node, table)
    if table is None or before is None:
        raise InputMissingError(
            dataset=name,
            file=run.lake.table(node.target),
            reason="nothing of it was ever published",
            fix="run headgate curate, which takes in what is in quarantine as well",
        )
    inputs, ids = before.note["inputs"], before.note.get("input_ids", {})
    quarantine = settle(run, node.target, table)
    note_predecessor(run, table)
    definition = [*node.definition, sorted(reasons)]
    fingerprint = fingerprint_of(definition, {**inputs, str(node.target): table.version}, ids)
    entry = run.opened(stage="replay", dataset=name, inputs=inputs, input_ids=ids, fingerprint=fingerprint)
    begun = Begun(
        context=run, entry=entry, inputs=Inputs(run), found=table, before=before, quarantine=quarantine
    )
    raw = _taken_in(run, name, before)
    chosen = open_among(run, quarantine.path, raw)
    if chosen is not None and reasons:
        chosen = chosen.where(bears(reasons))
    if chosen is None or chosen.isEmpty():
        return replace(entry, status="unchanged", finished_at=run.clock())
    rows = _among(raw, chosen.select(identity(fingerprint=False).alias("_place")), "left_semi")
    curated = read_table(run.spark, run.lake.table(node.target), dataset=name, version=table.version)
    require_columns(curated, PLACE, step="replay")
    rows = _among(rows, curated.select(_place().alias("_place")), "left_anti")
    built = Built(
        rows=cleaned(dataset, rows),
        account=lambda ruling: Account(read=rows.count()),
        compare=chosen,
        of_rows=True,
    )
    return finish(begun, node, built).entry


def _taken_in(run: Run, name: str, before: Commit) -> DataFrame:
    """The raw rows that the curated table was made from: others the next publication takes in anyway."""
    inputs, table = Inputs(run), TableId("raw", name)
    inputs.note(table)
    held = arrivals(run.spark, inputs.found[table])
    stand = held.stand(run.pipeline.datasets[name].source.redelivery)
    later = arrived_since(run, name, held, before, inputs).is_new()
    return inputs[table].where(stand & ~later)


def _place() -> Column:
    return identity("_", fingerprint=False)


def _among(rows: DataFrame, places: DataFrame, how: str) -> DataFrame:
    return rows.join(places, _place() == F.col("_place"), how)
