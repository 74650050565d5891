"""The law that every stage must keep: no row disappears without a name."""

from __future__ import annotations

from dataclasses import dataclass

from headgate.jobs.report.summary import Stage

__all__ = ["Balance", "balance"]

# The star gives rows that no source row stands for: the unknown member of a dimension, the days of
# a calendar, the rows of an unpivoted fact.
MAY_ADD_ROWS = frozenset({"star"})


@dataclass(frozen=True)
class Balance:
    """One stage's equation.

    Attributes
    ----------
    stage : Stage
        The stage with its counts.
    lost : int or None
        Rows read that are in none of the named outcomes; negative where more came out than went
        in; None where there is nothing to balance because the stage published nothing.
    made : int
        Rows that the star added by rule, such as the unknown member of a dimension.
    """

    stage: Stage
    lost: int | None
    made: int = 0

    @property
    def holds(self) -> bool | None:
        """Whether the equation holds; None where there is none to check."""
        return None if self.lost is None else self.lost == 0


def balance(stage: Stage) -> Balance:
    """Check ``read = published + superseded + duplicates + quarantined + dropped`` for a stage.

    Parameters
    ----------
    stage : Stage
        A stage of the run.

    Returns
    -------
    Balance
        The equation with what is missing from it. A stage that was refused, failed or lacks its
        counts has none; an unchanged one is checked where it tells the counts of the step that
        stands.
    """
    if stage.status not in ("done", "unchanged") or stage.read is None or stage.published is None:
        return Balance(stage, lost=None)
    left = stage.superseded + stage.duplicates + stage.quarantined + stage.dropped_rows
    lost = stage.read - stage.published - left
    if lost < 0 and stage.stage in MAY_ADD_ROWS:
        return Balance(stage, lost=0, made=-lost)
    if lost and stage.status == "unchanged":
        return Balance(stage, lost=None)
    return Balance(stage, lost=lost)
