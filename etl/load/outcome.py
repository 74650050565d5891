"""What became of a batch: how many rows, where they are, and what the gate found."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from headgate.etl.errors import EtlError
from headgate.etl.lake.ledger import Entry
from headgate.etl.lake.quarantine import events, open_rows
from headgate.quality import Report

__all__ = ["BatchRefusedError", "Outcome"]

COUNTS = ("read", "published", "superseded", "duplicates", "quarantined")


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of a batch of rows.

    Attributes
    ----------
    entry : Entry
        As the ledger has it: counts, versions, details.
    table, quarantine_path : str
        The folders of the table and of its rejected rows.
    report : Report, optional
        What the gate found in the accepted rows; None where nothing was asked.
    """

    spark: SparkSession
    entry: Entry
    table: str
    quarantine_path: str
    report: Report | None = None

    @property
    def status(self) -> str:
        """``done``, ``unchanged`` where the batch was published before, or ``refused``."""
        return self.entry.status

    @property
    def version(self) -> int | None:
        """The version of the table that was written, or that stands."""
        return self.entry.version

    @property
    def read(self) -> int:
        """Rows that came."""
        return self.entry.read

    @property
    def published(self) -> int:
        """Rows that are in the table now."""
        return self.entry.published

    @property
    def quarantined(self) -> int:
        """Rows that were rejected."""
        return self.entry.quarantined

    @property
    def superseded(self) -> int:
        """Rows of which the table had newer ones."""
        return self.entry.superseded

    @property
    def dropped(self) -> Mapping[str, int]:
        """Rows by the rule that dropped them."""
        return self.entry.dropped

    @property
    def reasons(self) -> list[dict[str, Any]]:
        """Why rows were rejected, or values made null: a line a reason, the most frequent first."""
        return list(self.entry.details.get("quarantine", ()))

    @property
    def quarantine(self) -> DataFrame | None:
        """The rows that are in quarantine now, with their reasons; None where there never were any."""
        told = events(self.spark, self.quarantine_path)
        return None if told is None else open_rows(told)

    def __str__(self) -> str:
        counts = ", ".join(f"{getattr(self.entry, name):,} {name}" for name in COUNTS)
        dropped = "".join(f", {rows:,} dropped by {rule}" for rule, rows in sorted(self.dropped.items()))
        version = "" if self.version is None else f", version {self.version}"
        refused = f": {self.entry.error}" if self.entry.error else ""
        return f"{self.entry.dataset}: {self.status}{version}: {counts}{dropped}{refused}"

    def _repr_html_(self) -> str:
        cells = "".join(
            f"<td>{html.escape(str(value))}</td>"
            for value in (self.status, *(f"{getattr(self.entry, name):,}" for name in COUNTS))
        )
        head = "".join(f"<th>{name}</th>" for name in ("status", *COUNTS))
        lines = "".join(
            f"<li>{line['rows']:,} × {html.escape(str(line['rule']))}"
            f"{html.escape(' on ' + line['column']) if line['column'] else ''}</li>"
            for line in self.reasons
        )
        refused = f"<p>{html.escape(self.entry.error)}</p>" if self.entry.error else ""
        title = html.escape(self.entry.dataset)
        return f"<p>{title}</p><table><tr>{head}</tr><tr>{cells}</tr></table>{refused}<ul>{lines}</ul>"


class BatchRefusedError(EtlError):
    """The gate refused a batch: nothing of it was published, and its staged rows are kept.

    Attributes
    ----------
    outcome : Outcome
    """

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome
        super().__init__(f"{outcome.entry.dataset}: {outcome.entry.error}; nothing of it was published")
