"""Curated to star: calendars, dimensions, facts, each through the gate."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import reduce
from operator import or_
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from headgate.conf import Reference, fingerprint
from headgate.etl.lake.commits import newest_version
from headgate.etl.lake.history import Snapshot, TableChangedError, missing_file, snapshot
from headgate.etl.lake.ledger import Entry
from headgate.etl.lake.quarantine import events, open_rows
from headgate.etl.lake.tables import conflicts_refused, read_table, write_table
from headgate.etl.lake.turns import TURN
from headgate.etl.star import (
    ORPHANS,
    build_calendar,
    build_dimension,
    build_fact,
    count_dangling,
    repeated_grain,
)
from headgate.etl.transform import data_columns, quote
from headgate.jobs.catalogue import rules_of, transform_of
from headgate.jobs.context import Run
from headgate.jobs.fates import DROPPED, FATE
from headgate.jobs.gate import rule
from headgate.jobs.planted import compare_facts, orphan_columns, planted_truth
from headgate.jobs.publication import publish
from headgate.jobs.rejects import Quarantine, settle
from headgate.jobs.stages.standing import Inputs, note_predecessor, standing
from headgate.jobs.stages.step import each, fingerprint_of, opened
from headgate.jobs.trends import Past

__all__ = ["star", "unsound"]

NO_KEY = f"{DROPPED}no_natural_key"
"""Rows that name no member: facts made from them refer to the unknown one."""


def star(run: Run) -> list[Entry]:
    """Build every table of the pipeline's star.

    Parameters
    ----------
    run : Run

    Returns
    -------
    list of Entry
        One a table. Of a dimension, the rows that told again of a member are ``superseded``; its
        unknown member, and members that the source no longer has, are in the table and in no count.
    """
    plan = run.pipeline.star
    first = [
        *each(run, "star", list(plan.calendars), _calendar),
        *each(run, "star", list(plan.dimensions), _dimension),
    ]
    if any(entry.status == "refused" for entry in first):
        return first
    return first + each(run, "star", list(plan.facts), _fact)


def _members_before(run: Run, name: str, found: Snapshot | None) -> DataFrame | None:
    """The dimension as it was published last, whatever others did to it since: its keys stay.

    Raises
    ------
    TableChangedError
        Files of it are gone, and the keys with them.
    """
    if found is None or found.ours is None:
        return None
    gone = missing_file(run.spark, found.path, found.ours.version)
    if gone:
        raise TableChangedError(
            table=f"star/{name}",
            reason=f"its data file {gone} is gone, and with it keys that facts refer to",
            fix=f"bring the file back, or delete {found.path}: its keys, and the facts, are then made anew",
        )
    return read_table(run.spark, found.path, dataset=name, version=found.ours.version)


def _calendar(run: Run, name: str) -> Entry:
    plan = run.pipeline.star.calendars[name]
    mark = fingerprint_of(fingerprint(plan), {})
    path = run.lake.table("star", name)
    table = snapshot(run.spark, path)
    done = standing(run, "star", name, table, fingerprint=mark)
    if done is not None:
        return done
    note_predecessor(run, table)
    days = (plan.to - plan.from_).days + 1
    entry = opened(run, stage="star", dataset=name, fingerprint=mark, read=days, published=days)
    frame = build_calendar(run.spark, key=plan.key, start=plan.from_, end=plan.to)
    run.may_write()
    with conflicts_refused(run.spark, path, expected=table.version if table else -1):
        commit = write_table(frame.coalesce(1), path, mode="overwrite", note=entry.to_json())
    return replace(entry, finished_at=run.clock(), version=commit.version)


def _dimension(run: Run, name: str) -> Entry:
    plan = run.pipeline.star.dimensions[name]
    suite = run.suite(plan.suite)
    inputs = Inputs(run)
    curated = _data(inputs.read("curated", plan.from_))
    work = _begun(run, name, [fingerprint(plan), suite.version], inputs)
    if isinstance(work, Entry):
        return work
    table, quarantine, entry = work
    source = curated.withColumn(FATE, F.lit(None).cast("string")).transform(
        transform_of(plan.steps, mark=FATE)
    )
    existing = _members_before(run, name, table)
    frame = build_dimension(
        source.where(F.col(FATE).isNull()).drop(FATE),
        key=plan.key,
        natural_key=list(plan.natural_key),
        attributes=list(plan.attributes),
        order_by=list(plan.order_by),
        existing=existing,
    )
    past = Past(run, "star", entry, plan.trends)
    ruling = rule(run, frame, zone="star", table=name, suite=suite, tolerance=0.0, past=past)
    counts = _members(source, list(plan.natural_key))
    read = counts["published"] + counts["superseded"] + sum(counts["dropped"].values())
    return publish(
        run,
        replace(entry, read=read),
        ruling,
        zone="star",
        table=name,
        after=table.version if table else -1,
        quarantine=quarantine,
        counts=counts,
    )


def _data(frame: DataFrame) -> DataFrame:
    return frame.select(*map(quote, data_columns(frame)))


def _begun(
    run: Run, name: str, definition: list[str], inputs: Inputs
) -> Entry | tuple[Snapshot | None, Quarantine, Entry]:
    """The entry of a table that stands; or the table, its quarantine, and the entry of its making."""
    mark = fingerprint_of(definition, inputs.versions, inputs.ids)
    table = snapshot(run.spark, run.lake.table("star", name))
    quarantine = settle(run, "star", name, table)
    done = standing(run, "star", name, table, fingerprint=mark)
    if done is not None and not quarantine.interrupted:
        return done
    note_predecessor(run, table)
    known = {"inputs": inputs.versions, "input_ids": inputs.ids, "fingerprint": mark}
    return table, quarantine, opened(run, stage="star", dataset=name, **known)


def _members(source: DataFrame, natural_key: list[str]) -> dict[str, Any]:
    """How many members the source tells of, how often it tells of one again, and rows left out."""
    keys = [F.col(quote(column)) for column in natural_key]
    without = F.coalesce(F.col(FATE), F.when(reduce(or_, (key.isNull() for key in keys)), NO_KEY))
    members = F.count_distinct(F.struct(*keys))
    rows = source.groupBy(without.alias("fate")).agg(
        F.count(F.lit(1)).alias("rows"), members.alias("members")
    )
    found = {row.fate: row for row in rows.collect()}
    told = found.pop(None, None)
    return {
        "published": told.members if told else 0,
        "superseded": told.rows - told.members if told else 0,
        "dropped": {fate.removeprefix(DROPPED): row.rows for fate, row in sorted(found.items())},
    }


def _fact(run: Run, name: str) -> Entry:
    plan = run.pipeline.star.facts[name]
    suite = run.suite(plan.suite)
    inputs = Inputs(run)
    curated = _data(inputs.read("curated", plan.from_))
    dimensions = {
        dimension: inputs.read("star", dimension)
        for dimension in dict.fromkeys(reference.dimension for reference in plan.references.values())
    }
    work = _begun(run, name, [fingerprint(plan), suite.version], inputs)
    if isinstance(work, Entry):
        return work
    table, quarantine, entry = work
    source = curated.transform(transform_of(plan.steps, mark=FATE))
    star = run.pipeline.star
    keys = {table: spec.key for table, spec in star.dimensions.items()}
    keys |= {table: spec.key for table, spec in star.calendars.items()}
    fact = build_fact(
        source,
        grain=list(plan.grain),
        references={
            fk: (dimensions[reference.dimension], keys[reference.dimension], reference.on)
            for fk, reference in plan.references.items()
        },
        columns=list(plan.columns),
    )
    members = {
        fk: (dimensions[reference.dimension], keys[reference.dimension])
        for fk, reference in plan.references.items()
    }
    ruling = rule(
        run,
        fact,
        zone="star",
        table=name,
        suite=suite,
        tolerance=0.0,
        rules=rules_of(plan.steps),
        integrity=lambda rows: unsound(rows, grain=plan.grain, members=members),
        past=Past(run, "star", entry, plan.trends),
    )
    details: dict[str, Any] = {"orphans": _orphans(ruling.staged.rows)}
    truth = planted_truth(run)
    planted = orphan_columns(truth, plan.from_) if truth is not None else set()
    if truth is not None and planted:
        details["planted"] = compare_facts(
            truth,
            dataset=plan.from_,
            unknown=_in_vain(source, plan.references, dimensions, planted),
            quarantined=_quarantined(run, plan.from_),
        )
    return publish(
        run,
        replace(entry, read=source.count()),
        ruling,
        zone="star",
        table=name,
        after=table.version if table else -1,
        quarantine=quarantine,
        details=details,
    )


def unsound(
    fact: DataFrame, *, grain: Sequence[str], members: Mapping[str, tuple[DataFrame, str]]
) -> list[str]:
    """What is wrong with a fact, a line each: a grain that repeats, a key without a member.

    Parameters
    ----------
    fact : DataFrame
    grain : sequence of str
        The columns that identify a row.
    members : mapping of str to (DataFrame, str)
        For each foreign key, the dimension and its key.
    """
    found = []
    repeated = repeated_grain(fact, grain=grain).agg(F.count(F.lit(1)).alias("n")).first()
    if repeated is not None and repeated.n:
        found.append(f"the grain ({', '.join(grain)}) repeats for {repeated.n:,} of its values")
    if members:
        found += [
            f"{row.reference}: {row.rows:,} rows refer to no member, such as {row.example}"
            for row in count_dangling(fact, references=members).orderBy("reference").collect()
        ]
    return found


def _orphans(staged: DataFrame) -> dict[str, int]:
    """Rows whose natural key is given but has no member, by foreign key: they refer to the unknown one."""
    names = staged.select(F.explode(ORPHANS).alias("fk")).groupBy("fk").count().collect()
    return {row.fk: row["count"] for row in sorted(names, key=lambda row: str(row.fk))}


def _in_vain(
    source: DataFrame,
    references: Mapping[str, Reference],
    dimensions: Mapping[str, DataFrame],
    columns: Collection[str],
) -> dict[str, list[str]]:
    """Natural keys of one column that are given but have no member, by that column, of `columns`."""
    keys: dict[str, list[str]] = {}
    for reference in references.values():
        (member, given), *more = reference.on.items()
        if more or given not in columns or given in keys:
            continue
        asked = source.select(F.col(quote(given)).cast("string").alias("key")).dropna().distinct()
        known = dimensions[reference.dimension].select(F.col(quote(member)).cast("string").alias("key"))
        keys[given] = [row.key for row in asked.join(known, "key", "left_anti").collect()]
    return keys


def _quarantined(run: Run, dataset: str) -> list[tuple[str, int]]:
    path = run.lake.table("quarantine", dataset)
    told = events(run.spark, path)
    if told is None:
        return []
    known = told.select("file", "file_hash", "row", "fingerprint", "status", "at", TURN)
    # What the first commit tells is all open: to group it would take one job more.
    rows = known if newest_version(run.spark, path) == 0 else open_rows(known)
    return [(row.file, row.row) for row in rows.collect()]
