"""The gate: stage once, audit what was staged, and say whether it may be published.

Every row of the cleaned frame that may be published or quarantined is written to the staging area,
once. What can be counted one row after the other is counted on the rows as they are written, what
takes groups is asked of the files, and the publication (`headgate.etl.load.publication`) is made of them:
what is published is what was audited.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from headgate.etl.lake.staged import Staged
from headgate.etl.lake.staging import as_stored, stage
from headgate.etl.lake.target import Mode
from headgate.etl.lake.zones import TableId
from headgate.etl.load.context import LoadContext
from headgate.etl.load.gate_results import gate_results
from headgate.etl.load.reasons import Reasons, count_reasons
from headgate.etl.load.row_counts import (
    ACCEPTED,
    QUARANTINED,
    REJECTED,
    REMOVED_AS,
    VERDICT,
    RowCounting,
    RowCounts,
    verdict,
)
from headgate.etl.load.trends import PROFILE, Asked, Past, ask
from headgate.etl.transform import PROBLEMS, data_columns, quote
from headgate.quality import Report, Result, Suite, validate
from headgate.quality.decision import decide
from headgate.quality.failures import FAILURES
from headgate.quality.flags import Flags
from headgate.quality.inapplicable import require_applicable
from headgate.quality.observe import observations
from headgate.quality.profile import Profile
from headgate.quality.rows import flag, told_by_rows
from headgate.quality.rules import UNIQUENESS

__all__ = ["Ruling", "audit"]

LINEAGE = ("_file", "_file_hash", "_row", PROBLEMS)
"""Metadata that a curated row keeps: where it came from, and which of its values could not be read."""


@dataclass(frozen=True, kw_only=True)
class Ruling:
    """What the gate found.

    Parameters
    ----------
    staged : Staged
        The rows that were written, each with its verdict.
    flags : Flags
        How to read which rules the rows break.
    suite : Suite
    beside : str
        The folder for rows that are set aside.
    report : Report
        Of the accepted rows.
    counts : dict
        ``published``, ``superseded``, ``duplicates``, ``quarantined``, and ``dropped`` by rule.
    nulls : dict of str to int
        By column, among the accepted rows.
    details : dict
        Gate results and quarantine reasons, for ledger and report.
    refusals : tuple of str
        Why nothing may be published; empty when it may.
    """

    staged: Staged
    flags: Flags
    suite: Suite
    beside: str
    report: Report
    counts: dict[str, Any]
    nulls: dict[str, int]
    details: dict[str, Any]
    refusals: tuple[str, ...]

    @property
    def columns(self) -> list[str]:
        """Of the table: the data, and the metadata that a published row keeps."""
        return [name for name in self.staged.rows.columns if not name.startswith("_") or name in LINEAGE]

    @property
    def accepted(self) -> DataFrame:
        """The rows for the table."""
        return self.staged.rows.where(F.col(VERDICT) == ACCEPTED)

    @property
    def rejected(self) -> DataFrame:
        """The rows for the quarantine, with their reasons."""
        return self.told.where(F.col(VERDICT) == REJECTED).drop(VERDICT, REMOVED_AS, *self.flags.columns)

    @property
    def told(self) -> DataFrame:
        """All rows, with their verdicts and reasons."""
        return _told(self.staged, self.flags, self.suite)

    def set_aside(self) -> None:
        """Put all rows where no table is, for people to look at."""
        self.told.write.mode("overwrite").partitionBy(VERDICT).parquet(self.beside)
        self.staged.discard()


def audit(
    context: LoadContext,
    df: DataFrame,
    target: TableId,
    *,
    suite: Suite,
    tolerance: float,
    rules: Sequence[str] = (),
    keep_left: bool = False,
    allow_empty: bool = False,
    integrity: Callable[[DataFrame], list[str]] | None = None,
    partition_by: Sequence[str] = (),
    mode: Mode = "overwrite",
    of_rows: bool = False,
    past: Past | None = None,
) -> Ruling:
    """Stage `df`, audit what was staged, and rule.

    Parameters
    ----------
    context : LoadContext
    df : DataFrame
        The cleaned rows; those that steps removed say so, those with a critical problem go to
        the quarantine.
    target : TableId
        What it is to become.
    suite : Suite
    tolerance : float
        The greatest share of the rows that may be quarantined.
    rules : sequence of str
        The names of the rules that may have dropped rows.
    keep_left : bool
        Whether rows that steps removed are staged as well, to be looked at.
    allow_empty : bool
        Whether no row at all may be published.
    integrity : callable, optional
        Looks at the accepted rows and says what else is wrong with them, a line each.
    partition_by : sequence of str
        The table's partition columns.
    mode : {'append', 'overwrite', 'overwrite_partitions', 'merge'}
        How it is going to be published.
    of_rows : bool
        Whether these are rows that make no batch: then the suite is asked only what rows are told by,
        and however many are rejected, the others may be published.
    past : Past, optional
        The batches before, for the suite's trends.

    Raises
    ------
    SuiteError
        The suite names what the rows lack, or awaits parameters that are no trends: nothing was staged.
    headgate.etl.lake.admission.TableRuleError
        The table cannot take rows of this schema: nothing was staged.
    """
    if of_rows:
        suite, tolerance, allow_empty = told_by_rows(suite), 1.0, True
    path = context.lake.table(target)
    df = as_stored(df, path, partition_by=partition_by)
    data = df.select(*map(quote, data_columns(df)))
    require_applicable(data, suite)
    asked = ask(suite, data, past, disclosure=context.disclosure)
    suite = asked.suite
    removals = REMOVED_AS in df.columns
    rows, flags = flag(df, suite, among=verdict(removals=removals) == ACCEPTED, among_equals=False)
    measured = partial(
        _written,
        path=path,
        asked=asked,
        rules=rules,
        unwritten=() if keep_left else (REMOVED_AS,),
        allow_empty=allow_empty,
        partition_by=partition_by,
        mode=mode,
    )
    beside = context.lake.place("staging", context.run_id, f"{target.zone}_{target.name}")
    kept = (ACCEPTED, REJECTED) if removals and not keep_left else None
    staged, counted, report, profile = measured(rows, flags=flags, beside=f"{beside}_staged", keep=kept)
    if any(map(_has_duplicates, report.results)):
        # Which rows are not unique is asked only where some are not: to ask costs a shuffle.
        first, removed_as = staged, F.when(F.col(VERDICT) == REJECTED, QUARANTINED)
        again = first.rows.withColumn(REMOVED_AS, removed_as) if removals and not keep_left else first.rows
        again, more = flag(again, suite, among=F.col(VERDICT) == ACCEPTED, alone=False)
        flags, again = flags | more, again.drop(VERDICT)
        staged, second, report, profile = measured(again, flags=flags, beside=f"{beside}_unique", keep=None)
        counted = counted.after_another_look(second)
        first.discard()
    if of_rows and not suite.expectations:
        report = replace(report, refusals=())
    # Only the rejected are read again, unless rows to be published have something to tell as well.
    of_interest = [REJECTED] * bool(counted.counts["quarantined"]) + [ACCEPTED] * bool(counted.at_fault)
    why = Reasons()
    if of_interest:
        considered = _told(staged, flags, suite).where(F.col(VERDICT).isin(of_interest))
        why = count_reasons(considered, suite=suite, dataset=target.name, disclosure=context.disclosure)
    decision = decide(
        report,
        failures=why.failures,
        rows=counted.counts["published"] + counted.counts["quarantined"],
        rejected=counted.counts["quarantined"],
        tolerance=tolerance,
        allow_empty=allow_empty,
    )
    unsound = integrity(_data(staged.rows)) if integrity else ()
    refusals = (*decision.reasons, *unsound, *asked.refusals(profile))
    return Ruling(
        staged=staged,
        flags=flags,
        suite=suite,
        beside=beside,
        report=report,
        counts=counted.counts,
        nulls=counted.nulls,
        details={
            "gate": gate_results(str(target), report, why.failures, refusals, disclosure=context.disclosure)
            | asked.told(profile),
            "quarantine": list(why.lines),
            PROFILE: profile.to_json(),
        },
        refusals=refusals,
    )


def _written(
    rows: DataFrame,
    *,
    flags: Flags,
    path: str,
    beside: str,
    asked: Asked,
    keep: Collection[str] | None,
    rules: Sequence[str],
    unwritten: Collection[str],
    allow_empty: bool,
    partition_by: Sequence[str],
    mode: Mode,
) -> tuple[Staged, RowCounts, Report, Profile]:
    """Write the rows and measure them on their way; then measure of the files what takes groups."""
    removals = REMOVED_AS in rows.columns
    judged = rows.withColumn(VERDICT, verdict(flags.critical, removals=removals))
    at_fault = flags.any
    if PROBLEMS in rows.columns:
        # Nothing costs nothing to write: an empty list is a value in each column of its structs.
        judged = judged.withColumn(PROBLEMS, F.when(F.size(PROBLEMS) > 0, F.col(PROBLEMS)))
        at_fault = at_fault | F.col(PROBLEMS).isNotNull()
    accepted = F.col(VERDICT) == ACCEPTED
    planned = observations(judged, asked.suite, among=accepted, flags=flags)
    counting = RowCounting(
        data_columns(judged), rules, at_fault, elsewhere=planned.columns, removals=removals
    )
    profiling = asked.profiling(accepted)
    observe = [*counting.aggregates, *planned.aggregates, *profiling.aggregates]
    staged = stage(
        judged,
        path,
        beside=beside,
        verdict=VERDICT,
        keep=keep,
        observe=observe,
        unwritten=unwritten,
        partition_by=partition_by,
        mode=mode,
    )
    data, seen = _data(staged.rows), planned.read(staged.seen)
    report = validate(data, asked.suite, allow_empty=allow_empty, observed=seen)
    counted = counting.read(staged.seen, present=planned.present(staged.seen))
    return staged, counted, report, asked.profile(profiling, staged.seen, counted, data)


def _told(staged: Staged, flags: Flags, suite: Suite) -> DataFrame:
    """The rows with their reasons spelled out, which takes long to plan where there are many rules."""
    return staged.rows.withColumn(FAILURES, flags.failures(suite))


def _data(staged: DataFrame) -> DataFrame:
    """The rows to be published, as those see them who do not know of metadata."""
    return staged.where(F.col(VERDICT) == ACCEPTED).select(*map(quote, data_columns(staged)))


def _has_duplicates(result: Result) -> bool:
    return result.type in UNIQUENESS and result.severity == "critical" and bool(result.unexpected_count)
