"""What a source is: it gives the rows that are new, and says how far it has been read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from pyspark.sql import DataFrame, SparkSession

__all__ = ["Batch", "Offsets", "Source"]

Offsets = Mapping[str, Any]
"""How far a source has been read, as plain data: files, partitions and positions, a watermark.

Only the source knows what it means. It is kept in the note of the commit that took the rows in, so that the
rows and the memory of them are one transaction.
"""


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Rows of a source that no batch before had.

    Parameters
    ----------
    df : DataFrame
        In the form of the raw zone: see `headgate.etl.sources.landing.RAW_METADATA`.
    id : str
        What was read, as one short text: equal batches, equal ids.
    offsets : mapping
        How far the source has been read once these rows are taken in.
    details : mapping
        What there is to tell of the batch, for the ledger.
    """

    df: DataFrame
    id: str
    offsets: Offsets
    details: Mapping[str, Any] = field(default_factory=dict)


class Source(Protocol):
    """Where the rows of a raw table come from."""

    def read(self, spark: SparkSession, *, since: Offsets | None, at: datetime) -> Batch | None:
        """The rows that are new.

        Parameters
        ----------
        spark : SparkSession
        since : mapping, optional
            The offsets of the last batch that was taken in; None where none was.
        at : datetime
            When the work began.

        Returns
        -------
        Batch or None
            None where nothing is new.

        Raises
        ------
        headgate.etl.errors.InputError
            What the source holds cannot be read: nothing of it is taken in.
        """
