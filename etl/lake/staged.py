"""Rows that were written and are seen by nobody yet: what both ways to publish them have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from headgate.etl.lake.admission import Refusal, refusals_by_delta, refusals_of
from headgate.etl.lake.commits import Commit
from headgate.etl.lake.merging import merge_rows
from headgate.etl.lake.replacing import replace_rows
from headgate.etl.lake.tables import Publication, conflicts_refused
from headgate.etl.lake.target import Mode, Target, read_target
from headgate.etl.transform import quote

__all__ = ["Staged"]


@dataclass(frozen=True, kw_only=True)
class Staged(ABC):
    """Rows in files that no reader of the table sees. One class a way to make a table of them.

    Attributes
    ----------
    rows : DataFrame
        The rows read back from their files, with the verdict.
    seen : dict
        What was observed of all rows, those among them that were not kept.
    column : str
        With the verdict.
    target : Target
        The table when the rows were staged.
    partition_by : tuple of str
        For a table that is new.
    """

    rows: DataFrame
    seen: dict[str, Any]
    column: str
    target: Target
    partition_by: tuple[str, ...] = ()

    def written(self, verdict: str) -> int | None:
        """How many rows of one verdict the files hold, as they say themselves; None if they do not."""
        return None

    def refusals(
        self, verdict: str, columns: Sequence[str], *, mode: Mode, keys: Sequence[str] = ()
    ) -> list[Refusal]:
        """Why the table cannot take the rows of one verdict exactly as they are; nothing where it can."""
        target = read_target(self.rows.sparkSession, self.target.table)
        chosen = self.chosen(verdict, columns)
        return refusals_of(chosen, target, mode=mode, partition_by=self.partition_by, keys=keys)

    def publish(self, verdict: str, columns: Sequence[str], how: Publication) -> Commit:
        """Make the rows of one verdict the table, or part of it, in one commit.

        Parameters
        ----------
        verdict : str
            Whose rows.
        columns : sequence of str
            That the table is to have.
        how : Publication

        Raises
        ------
        headgate.etl.lake.tables.ConflictError
            Another writer has changed the table since the rows were staged: they may have to be
            audited again. Appending disturbs nobody, and is not disturbed.
        headgate.etl.lake.admission.TableRuleError
            The table cannot take the rows: see `refusals`.
        """
        spark, table = self.rows.sparkSession, self.target.table
        with conflicts_refused(spark, table, expected=self.target.version), refusals_by_delta(table):
            if how.mode == "merge":
                return merge_rows(self.chosen(verdict, columns), table, how, partition_by=self.partition_by)
            if how.replaces:
                return replace_rows(self.chosen(verdict, columns), table, how)
            return self._commit(verdict, columns, how)

    def chosen(self, verdict: str, columns: Sequence[str]) -> DataFrame:
        """The rows of one verdict, as the table is to have them."""
        return self.rows.where(F.col(quote(self.column)) == verdict).select(*map(quote, columns))

    @abstractmethod
    def _commit(self, verdict: str, columns: Sequence[str], how: Publication) -> Commit:
        """Publish what neither is merged nor replaces some of the rows."""

    @abstractmethod
    def discard(self, *, published: str | None = None) -> None:
        """Delete the files, but for those of the verdict that was published."""
