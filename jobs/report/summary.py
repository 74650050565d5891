"""The run summary as values that the page can trust; ``reading`` makes them from the JSON form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = [
    "CURATING",
    "Breakdown",
    "Expectation",
    "Export",
    "Gate",
    "Group",
    "Missing",
    "Model",
    "NotAsked",
    "Planted",
    "Reason",
    "Series",
    "Split",
    "Stage",
    "Summary",
]


CURATING = ("curate", "replay")
"""The stages from the raw zone to the curated one."""


@dataclass(frozen=True)
class Stage:
    """One dataset or table in one stage of the run."""

    stage: str
    dataset: str
    status: str
    seconds: float | None
    read: int | None
    published: int | None
    superseded: int
    duplicates: int
    quarantined: int
    dropped: tuple[tuple[str, int], ...]
    version: int | None
    inputs: tuple[tuple[str, int | None], ...]
    error: str | None
    held_back: int = 0
    """Rows that the rules would have let through, of a batch that was refused."""
    first: bool = False
    """Whether a batch was refused of which no version stands."""

    @property
    def dropped_rows(self) -> int:
        """Rows dropped, over all rules."""
        return sum(rows for _, rows in self.dropped)


@dataclass(frozen=True)
class Expectation:
    """What one expectation saw."""

    type: str
    column: str | None
    severity: str
    success: bool
    engine: str
    kwargs: Mapping[str, Any]
    element_count: int | None
    unexpected_count: int | None
    unexpected_share: float | None
    observed_value: Any
    examples: tuple[Any, ...]
    exception: str | None
    defects: tuple[str, ...]
    turned_away: int = 0
    """Rows that broke it and so were not let through; the counts are of those that were."""

    @property
    def notable(self) -> bool:
        """Whether it is to be looked at although it holds."""
        return bool(self.unexpected_count or self.turned_away or self.defects)

    @property
    def holds(self) -> bool:
        """Whether it holds, and no row had to be turned away for it."""
        return self.success and not self.turned_away


@dataclass(frozen=True)
class NotAsked:
    """An expectation that compares with earlier batches, of which there were none yet."""

    type: str
    column: str | None
    severity: str
    needs: tuple[str, ...]


@dataclass(frozen=True)
class Series:
    """A number of a table, batch by batch, the oldest first and this run's last."""

    name: str
    values: tuple[float, ...]
    share: bool


@dataclass(frozen=True)
class Gate:
    """One table before its gate."""

    table: str
    suite: str | None
    suite_version: str | None
    success: bool
    refusals: tuple[str, ...]
    spark_jobs: int | None
    expectations: tuple[Expectation, ...]
    not_asked: tuple[NotAsked, ...] = ()
    past: tuple[Series, ...] = ()
    unchanged: bool = False
    """Whether this run did not ask, as what stands had passed before."""

    @property
    def notable(self) -> tuple[Expectation, ...]:
        """Expectations to look at: those that failed, then those that hold but are doubtful or found rows."""
        found = sorted(
            (each for each in self.holding if each.notable),
            key=lambda each: (not each.defects, -each.turned_away, -(each.unexpected_share or 0)),
        )
        return (*self.failing, *found)

    @property
    def quiet(self) -> tuple[Expectation, ...]:
        """Expectations that hold and found nothing."""
        return tuple(each for each in self.holding if not each.notable)

    @property
    def failing(self) -> tuple[Expectation, ...]:
        """Expectations that did not hold, critical ones first, then by how much failed."""
        return tuple(
            sorted(
                (each for each in self.expectations if not each.success),
                key=lambda each: (each.severity != "critical", -(each.unexpected_share or 0)),
            )
        )

    @property
    def holding(self) -> tuple[Expectation, ...]:
        """Expectations that held, in the suite's order."""
        return tuple(each for each in self.expectations if each.success)


@dataclass(frozen=True)
class Reason:
    """One reason for which rows went to quarantine (critical) or lost a value (warning)."""

    dataset: str
    rule: str
    column: str | None
    reason: str
    severity: str
    rows: int | None
    examples: tuple[tuple[str | None, int | None, Any], ...]
    by_step: bool = True
    """Whether a step found it, which made the value null; else it is a rule of the suite."""
    refused: bool = False
    """Whether the whole batch was refused, so that no row of it went to quarantine."""


@dataclass(frozen=True)
class Missing:
    """How many values of one column are missing at three points of the way."""

    dataset: str
    column: str
    rows: int
    as_delivered: int | None
    after_cleaning: int | None
    in_training_set: int | None


@dataclass(frozen=True)
class Planted:
    """Defects of one kind that the simulator planted, and what became of them."""

    kind: str
    dataset: str
    planted: int | None
    found: int | None
    missed: int | None
    invented: int | None
    note: str | None


@dataclass(frozen=True)
class Group:
    """One bar of a breakdown."""

    value: Any
    encounters: int
    rate: float | None


@dataclass(frozen=True)
class Breakdown:
    """A metric by the values of one attribute."""

    title: str
    by: str
    metric: str
    rows: tuple[Group, ...]

    @property
    def overall(self) -> float | None:
        """The metric over all groups that have one, weighted by their rows."""
        known = [(row.encounters, row.rate) for row in self.rows if row.rate is not None]
        total = sum(encounters for encounters, _ in known)
        return sum(encounters * rate for encounters, rate in known) / total if total else None


@dataclass(frozen=True)
class Split:
    """One split of an export: its rows and its labels."""

    name: str
    rows: int | None
    labels: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Export:
    """One training set."""

    name: str
    splits: tuple[Split, ...]
    excluded: tuple[tuple[str, int], ...]
    columns: int | None
    hash: str | None

    @property
    def rows(self) -> int:
        """Rows over all splits."""
        return sum(split.rows or 0 for split in self.splits)


@dataclass(frozen=True)
class Model:
    """The model trained on an export and its figures on the test split."""

    export: str | None
    estimator: str | None
    label: str | None
    roc_auc: float | None
    pr_auc: float | None
    brier: float | None
    base_rate: float | None
    seed: int | None
    rows: tuple[tuple[str, int], ...]
    roc: tuple[tuple[float, float], ...]
    pr: tuple[tuple[float, float], ...]
    calibration: tuple[tuple[float, float, float], ...]
    importances: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class Summary:
    """All that is known of one run."""

    run_id: str | None
    pipeline: str | None
    status: str
    started_at: str | None
    finished_at: str | None
    seconds: float | None
    lake: str | None
    error: str | None
    versions: tuple[tuple[str, str | None], ...]
    stages: tuple[Stage, ...]
    gates: tuple[Gate, ...]
    quarantine: tuple[Reason, ...]
    missingness: tuple[Missing, ...]
    planted: tuple[Planted, ...]
    dashboard: tuple[Breakdown, ...]
    exports: tuple[Export, ...]
    model: Model | None
