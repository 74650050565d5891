"""Trends: the batches before this one, and what a suite asks of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import types as T

from headgate.etl.lake.commits import last_commit
from headgate.etl.lake.ledger import Entry
from headgate.etl.lake.past import Work, past_details
from headgate.etl.lake.zones import TableId
from headgate.etl.load.context import LoadContext
from headgate.etl.load.disclosure import Disclosure
from headgate.etl.load.row_counts import RowCounts
from headgate.quality import Suite, SuiteError
from headgate.quality.profile import MOST_VALUES, Profile, Traits
from headgate.quality.profiling import Profiling, count_distinct, distinct_values
from headgate.quality.trends import NotAsked, Trends

__all__ = ["Asked", "Past", "ask"]

PROFILE = "profile"
"""Under which name an entry's details hold the profile of its batch."""


@dataclass(frozen=True)
class Past:
    """Where the batches before this one are told of: the ledger, and the note of the table's last commit.

    Parameters
    ----------
    context : LoadContext
    target : TableId
    entry : Entry
        Of the work that is being done. Works with the same inputs are about the same batch, and are
        no past of it.
    runs : int
        How many batches at most.
    all_numbers : bool
        Whether the numbers of all columns are kept for later batches, or those that the suite asks for.
    """

    context: LoadContext
    target: TableId
    entry: Entry
    runs: int = 7
    all_numbers: bool = False

    def profiles(self) -> list[Profile]:
        """The profiles of the batches published last, the newest first. Reads the ledger, no data."""
        spark, lake, entry = self.context.spark, self.context.lake, self.entry
        told = past_details(
            spark,
            lake.ledger,
            stage=entry.stage,
            dataset=entry.dataset,
            name=PROFILE,
            last=self.runs + 1,
        )
        commit = last_commit(spark, lake.table(self.target))
        if commit is not None and PROFILE in commit.note.get("details", {}):
            # A run that was killed after its commit is not in the ledger.
            last = Entry.from_json(commit.note)
            known = any(work.same_batch(last.inputs, last.input_ids) for work in told)
            if last.stage == entry.stage and not known:
                told.insert(0, Work(dict(last.inputs), dict(last.input_ids), last.details[PROFILE]))
        others = [work.part for work in told if not work.same_batch(entry.inputs, entry.input_ids)]
        return [Profile.from_json(profile) for profile in others[: self.runs]]


@dataclass(frozen=True)
class Asked:
    """A suite whose trends are filled in, and what is to be measured for the trends of later batches.

    Attributes
    ----------
    suite : Suite
    not_asked : tuple of NotAsked
        What needs a past that there is not.
    history : tuple of Profile
        The past that was looked at, the newest first; empty where the suite asks for none.
    """

    suite: Suite
    not_asked: tuple[NotAsked, ...]
    history: tuple[Profile, ...]
    trends: Trends
    schema: T.StructType
    all_numbers: bool
    disclosure: Disclosure

    def profiling(self, among: Column) -> Profiling:
        """What is to be measured of the rows while they are written."""
        return Profiling(
            self.schema,
            among=among,
            numbers=self.schema.names if self.all_numbers else self.trends.numbers,
            sketches=self.trends.sketches,
        )

    def profile(
        self, profiling: Profiling, seen: dict[str, Any], counted: RowCounts, published: DataFrame
    ) -> Profile:
        """The profile of the rows to be published; one Spark job where the suite asks for sets of values.

        Parameters
        ----------
        profiling : Profiling
        seen : dict
            What came of it.
        counted : RowCounts
        published : DataFrame
            The rows to be published, in their files.
        """
        measured = profiling.read(seen, rows=counted.counts["published"], nulls=counted.nulls)
        sets = distinct_values(published, self.trends.values)
        columns = {name: replace(measured.columns[name], values=values) for name, values in sets.items()}
        measured = replace(measured, columns={**measured.columns, **columns})
        return replace(
            measured,
            columns={
                name: traits
                if self.disclosure.word(name) == "show"
                # How many, and how many different: no value, nor a sum, which of one row is its value.
                else Traits(nulls=traits.nulls, sketch=traits.sketch)
                for name, traits in measured.columns.items()
            },
        )

    def refusals(self, profile: Profile) -> list[str]:
        """Why the batch must not become part of a past: a set of values that cannot be kept."""
        return [
            f"{name} has more than {MOST_VALUES} distinct values, so that trend_{name}_values cannot be kept"
            for name in self.trends.values
            if profile.columns[name].values is None
        ]

    def told(self, profile: Profile) -> dict[str, Any]:
        """What was not asked, and the past beside this batch, for ledger and report."""
        return {"not_asked": self._not_asked(), **({"past": self._past(profile)} if self.history else {})}

    def _past(self, profile: Profile) -> dict[str, Any]:
        batches = [*reversed(self.history), profile]
        rates = {
            name: [
                round(batch.columns[name].nulls / batch.rows, 6)
                if name in batch.columns and batch.rows
                else None
                for batch in batches
            ]
            for name in profile.columns
        }
        # A picture of a column that never has a null shows nothing.
        seen = {name: rate for name, rate in rates.items() if any(rate)}
        return {"rows": [batch.rows for batch in batches], "null_rates": seen}

    def _not_asked(self) -> list[dict[str, Any]]:
        return [
            {
                "id": each.expectation.id,
                "type": each.expectation.type,
                "column": each.expectation.column,
                "severity": each.expectation.severity,
                "needs": list(each.parameters),
            }
            for each in self.not_asked
        ]


def ask(suite: Suite, data: DataFrame, past: Past | None, *, disclosure: Disclosure) -> Asked:
    """Fill the trends of a suite in.

    Parameters
    ----------
    suite : Suite
    data : DataFrame
        What it is about; only its schema is looked at.
    past : Past, optional
        It is looked at where the suite asks for it; where there is none, no batch was before.

    disclosure : Disclosure
        Of which columns the ledger may keep values.

    Raises
    ------
    quality.SuiteError
        The suite asks for what there cannot be, or must not be kept.
    """
    trends = Trends(suite, data.schema)
    for name in (*trends.numbers, *trends.values):
        if disclosure.word(name) != "show":
            raise SuiteError(
                source=suite.source,
                place="$.expectations",
                line=suite.lines.get("$.expectations"),
                problem=f"trends of '{name}' need its values in the ledger, which must not hold them",
                fix=f"write examples: {{{name}: show}} into the pipeline, or leave these trends out",
            )
    history = past.profiles() if past is not None and trends else []
    distinct = count_distinct(data.sparkSession, history, trends.sketches)
    bound, not_asked = trends.bind(history, distinct=distinct)
    if suite.expectations and not bound.expectations:
        raise SuiteError(
            source=suite.source,
            place="$.expectations",
            line=suite.lines.get("$.expectations"),
            problem="every expectation asks for earlier batches, and there is none yet",
            fix="add one that the first batch can be asked, such as expect_table_row_count_to_be_between",
        )
    # Whoever else awaits a parameter waits in vain: a pipeline gives none.
    bound = bound.bind(None)
    all_numbers = past is not None and past.all_numbers
    return Asked(bound, not_asked, tuple(history), trends, data.schema, all_numbers, disclosure)
