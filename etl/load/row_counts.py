"""What becomes of the rows that a table is made from, and how many they are."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from types import MappingProxyType
from typing import Any

from pyspark.sql import Column
from pyspark.sql import functions as F

from headgate.etl.transform import quote

__all__ = [
    "ACCEPTED",
    "DROPPED",
    "LEFT",
    "QUARANTINED",
    "REJECTED",
    "REMOVED_AS",
    "VERDICT",
    "RowCounting",
    "RowCounts",
    "verdict",
]  # fmt: skip

REMOVED_AS = "_removed_as"
"""The metadata column in which a step that removes a row writes why; null where no step did."""

QUARANTINED = "quarantined"
DROPPED = "dropped:"

VERDICT = "_verdict"
"""The metadata column that says where a row goes from the gate."""

ACCEPTED, REJECTED, LEFT = "accepted", "rejected", "left"
"""To be published; to the quarantine; left out by a step."""


def verdict(*critical: Column, removals: bool = True) -> Column:
    """Where a row goes, by what steps and rules say of it.

    Parameters
    ----------
    *critical : Column
        Conditions, of which any rejects a row.
    removals : bool
        Whether steps may have removed some of the rows: whether there is such a column.
    """
    if not removals:
        return F.when(reduce(or_, critical, F.lit(False)), REJECTED).otherwise(ACCEPTED)
    rejected = reduce(or_, critical, F.coalesce(F.col(REMOVED_AS) == QUARANTINED, F.lit(False)))
    left = F.col(REMOVED_AS).isNotNull() & (F.col(REMOVED_AS) != QUARANTINED)
    return F.when(left, LEFT).when(rejected, REJECTED).otherwise(ACCEPTED)


@dataclass(frozen=True)
class RowCounts:
    """What became of how many rows.

    Attributes
    ----------
    counts : dict
        ``published``, ``superseded``, ``duplicates``, ``quarantined``, and ``dropped`` by rule.
    nulls : dict of str to int
        By column, among the rows to be published.
    at_fault : int
        Rows to be published with a problem or a failure.
    """

    counts: dict[str, Any]
    nulls: dict[str, int]
    at_fault: int

    def after_another_look(self, second: RowCounts) -> RowCounts:
        """The counts after the rows to be published were looked at once more."""
        known = {name: second.counts[name] for name in ("published", "quarantined")}
        return RowCounts(self.counts | known, second.nulls, second.at_fault)


class RowCounting:
    """The aggregates that count rows with the column ``_verdict``.

    Parameters
    ----------
    columns : sequence of str
        Whose nulls are counted.
    rules : sequence of str
        The names of the rules that may drop rows: rows dropped by another are in no count, so that
        the law of conservation refuses them.
    at_fault : Column or None
        Which rows have a problem or a failure.
    elsewhere : collection of str
        Those of `columns` that somebody else counts.
    removals : bool
        See `verdict`.

    Attributes
    ----------
    aggregates : list of Column
        For ``DataFrame.observe``.
    """

    def __init__(
        self,
        columns: Sequence[str],
        rules: Sequence[str] = (),
        at_fault: Column | None = None,
        *,
        elsewhere: Collection[str] = (),
        removals: bool = True,
    ) -> None:
        accepted = F.col(VERDICT) == ACCEPTED
        self._rules, self._columns = list(rules), list(columns)
        kinds = {"superseded": "superseded", "duplicates": "duplicate"}
        kinds |= {f"dropped_{n}": f"{DROPPED}{rule}" for n, rule in enumerate(self._rules)}
        wanted = {
            "published": accepted,
            "quarantined": F.col(VERDICT) == REJECTED,
            **({} if at_fault is None else {"at_fault": accepted & at_fault}),
            **{name: F.col(REMOVED_AS) == kind for name, kind in kinds.items() if removals},
            **{
                f"null_{n}": accepted & F.col(quote(name)).isNull()
                for n, name in enumerate(self._columns)
                if name not in elsewhere
            },
        }
        # Not by count_if, which evaluates its condition twice.
        self.aggregates = [F.count(F.when(found, F.lit(1))).alias(name) for name, found in wanted.items()]

    def read(
        self, seen: Mapping[str, Any], *, present: Mapping[str, int] = MappingProxyType({})
    ) -> RowCounts:
        """What came of the aggregates; no rows where nothing was seen.

        Parameters
        ----------
        seen : mapping
            By the aggregates' names.
        present : mapping of str to int, optional
            By column: values among the rows to be published, as counted elsewhere.
        """
        names = ("published", "superseded", "duplicates", "quarantined")
        dropped = {rule: seen.get(f"dropped_{n}", 0) for n, rule in enumerate(self._rules)}
        published = seen.get("published", 0)
        return RowCounts(
            counts={
                **{name: seen.get(name, 0) for name in names},
                "dropped": {rule: rows for rule, rows in sorted(dropped.items()) if rows},
            },
            nulls={
                name: published - present[name] if name in present else seen.get(f"null_{n}", 0)
                for n, name in enumerate(self._columns)
            },
            at_fault=seen.get("at_fault", 0),
        )
