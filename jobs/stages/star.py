"""Curated to star: calendars, dimensions, facts, each through the gate."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import reduce
from operator import or_
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from headgate.conf import Dimension, Fact, fingerprint
from headgate.etl.lake.history import TableChangedError, missing_file
from headgate.etl.lake.ledger import Entry
from headgate.etl.lake.tables import read_table
from headgate.etl.lake.zones import TableId
from headgate.etl.load.audit import Ruling
from headgate.etl.load.node import Account, Begun, Built, Node
from headgate.etl.load.process import process
from headgate.etl.load.row_counts import DROPPED, REMOVED_AS
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
from headgate.jobs.stages.step import each
from headgate.quality import Suite

__all__ = ["fact_source", "star", "unsound"]

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
        *each(run, "star", list(plan.calendars), _made_by(calendar_node)),
        *each(run, "star", list(plan.dimensions), _made_by(dimension_node)),
    ]
    if any(entry.status == "refused" for entry in first):
        return first
    return first + each(run, "star", list(plan.facts), _made_by(fact_node))


def _made_by(node: Callable[[Run, str], Node]) -> Callable[[Run, str], Entry]:
    return lambda run, name: process(run, node(run, name)).entry


def _members_before(begun: Begun) -> DataFrame | None:
    """The dimension as it was published last, whatever others did to it since: its keys stay.

    Raises
    ------
    TableChangedError
        Files of it are gone, and the keys with them.
    """
    found, spark = begun.found, begun.context.spark
    if found is None or found.ours is None:
        return None
    gone = missing_file(spark, found.path, found.ours.version)
    if gone:
        raise TableChangedError(
            table=f"star/{begun.entry.dataset}",
            reason=f"its data file {gone} is gone, and with it keys that facts refer to",
            fix=f"bring the file back, or delete {found.path}: its keys, and the facts, are then made anew",
        )
    return read_table(spark, found.path, dataset=begun.entry.dataset, version=found.ours.version)


def calendar_node(run: Run, name: str) -> Node:
    """A calendar, which is made of no data."""
    plan = run.pipeline.star.calendars[name]
    days = (plan.to - plan.from_).days + 1

    def build(begun: Begun) -> Built:
        frame = build_calendar(run.spark, key=plan.key, start=plan.from_, end=plan.to)
        return Built(rows=frame.coalesce(1), account=lambda _: Account(read=days, counts={"published": days}))

    return Node(target=TableId("star", name), stage="star", definition=[fingerprint(plan)], build=build)


def dimension_node(run: Run, name: str) -> Node:
    """A dimension, made of one curated table and of its own keys so far."""
    plan = run.pipeline.star.dimensions[name]
    suite, curated = run.suite(plan.suite), TableId("curated", plan.from_)

    def build(begun: Begun) -> Built:
        rows = _data(begun.inputs[curated]).withColumn(REMOVED_AS, F.lit(None).cast("string"))
        source = rows.transform(transform_of(plan.steps, removed_as=REMOVED_AS))
        frame = build_dimension(
            source.where(F.col(REMOVED_AS).isNull()).drop(REMOVED_AS),
            key=plan.key,
            natural_key=list(plan.natural_key),
            attributes=list(plan.attributes),
            order_by=list(plan.order_by),
            existing=_members_before(begun),
        )

        def account(_: Ruling | None) -> Account:
            counts = _members(source, list(plan.natural_key))
            read = counts["published"] + counts["superseded"] + sum(counts["dropped"].values())
            return Account(read=read, counts=counts)

        return Built(rows=frame, account=account)

    return _node(name, plan, suite, inputs=(curated,), build=build)


def fact_node(run: Run, name: str) -> Node:
    """A fact, made of one curated table and of the dimensions that it refers to."""
    star = run.pipeline.star
    plan = star.facts[name]
    suite, curated = run.suite(plan.suite), TableId("curated", plan.from_)
    named = {each.dimension: TableId("star", each.dimension) for each in plan.references.values()}
    keys = {name: dimension.key for name, dimension in star.dimensions.items()}
    keys |= {name: calendar.key for name, calendar in star.calendars.items()}

    def build(begun: Begun) -> Built:
        source = fact_source(plan, begun)
        dimensions = {dimension: begun.inputs[table] for dimension, table in named.items()}
        members = {
            fk: (dimensions[reference.dimension], keys[reference.dimension])
            for fk, reference in plan.references.items()
        }
        fact = build_fact(
            source,
            grain=list(plan.grain),
            references={fk: (*members[fk], reference.on) for fk, reference in plan.references.items()},
            columns=list(plan.columns),
        )

        def account(ruling: Ruling | None) -> Account:
            assert ruling is not None
            return Account(read=source.count(), details={"orphans": _orphans(ruling.staged.rows)})

        return Built(
            rows=fact,
            account=account,
            integrity=lambda rows: unsound(rows, grain=plan.grain, members=members),
        )

    node = _node(name, plan, suite, inputs=(curated, *named.values()), build=build)
    return replace(node, rules=rules_of(plan.steps))


def fact_source(plan: Fact, begun: Begun) -> DataFrame:
    """The rows that a fact is made of, after its own steps."""
    return _data(begun.inputs[TableId("curated", plan.from_)]).transform(
        transform_of(plan.steps, removed_as=REMOVED_AS)
    )


def _node(
    name: str,
    plan: Dimension | Fact,
    suite: Suite,
    *,
    inputs: tuple[TableId, ...],
    build: Callable[[Begun], Built],
) -> Node:
    return Node(
        target=TableId("star", name),
        stage="star",
        inputs=inputs,
        definition=[fingerprint(plan), suite.version],
        suite=suite,
        build=build,
        runs=plan.trends.runs,
        all_numbers=plan.trends.numbers == "all",
    )


def _data(frame: DataFrame) -> DataFrame:
    return frame.select(*map(quote, data_columns(frame)))


def _members(source: DataFrame, natural_key: list[str]) -> dict[str, Any]:
    """How many members the source tells of, how often it tells of one again, and rows left out."""
    keys = [F.col(quote(column)) for column in natural_key]
    without = F.coalesce(F.col(REMOVED_AS), F.when(reduce(or_, (key.isNull() for key in keys)), NO_KEY))
    members = F.count_distinct(F.struct(*keys))
    rows = source.groupBy(without.alias("removed_as")).agg(
        F.count(F.lit(1)).alias("rows"), members.alias("members")
    )
    found = {row.removed_as: row for row in rows.collect()}
    told = found.pop(None, None)
    return {
        "published": told.members if told else 0,
        "superseded": told.rows - told.members if told else 0,
        "dropped": {kind.removeprefix(DROPPED): row.rows for kind, row in sorted(found.items())},
    }


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
