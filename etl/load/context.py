"""What it takes to make tables of a lake, whoever asks: a job, a notebook, a stream."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import metadata
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from pyspark.sql import SparkSession

from headgate.etl.lake.ledger import Entry
from headgate.etl.lake.zones import Lake
from headgate.etl.load.disclosure import Disclosure

if TYPE_CHECKING:
    from headgate.etl.load.node import Observer

__all__ = ["VERSION", "LoadContext", "fingerprint_of", "utc_now"]

VERSION = metadata.version("headgate")


def utc_now() -> datetime:
    """The time, with its zone."""
    return datetime.now(UTC)


@dataclass(frozen=True, kw_only=True)
class LoadContext:
    """The session, the lake, and in whose name tables are made.

    Parameters
    ----------
    spark : SparkSession
    lake : Lake
    run_id : str
    name : str
        Of the pipeline, for the ledger.
    disclosure : Disclosure
        Which values may be told outside of the tables.
    may_write : callable
        Called before each commit: raises where another driver may be writing the lake.
    clock : callable
        Gives the time; the only one that is asked.
    say : callable
        Told of what a person should know, a line each.
    noted : list of Entry
        What commits say was done by other runs meanwhile: the ledger is told where it lacks it.
    observers : sequence of Observer
        Who looks at what becomes of the rows.
    """

    spark: SparkSession
    lake: Lake
    run_id: str
    name: str
    disclosure: Disclosure = field(default_factory=Disclosure)
    may_write: Callable[[], None] = lambda: None
    clock: Callable[[], datetime] = utc_now
    say: Callable[[str], None] = lambda line: None
    noted: list[Entry] = field(default_factory=list)
    observers: Sequence[Observer] = ()

    def opened(self, *, stage: str, dataset: str, **known: Any) -> Entry:
        """The entry of a work that begins now."""
        now = self.clock()
        return Entry(
            run_id=self.run_id,
            pipeline=self.name,
            stage=stage,
            dataset=dataset,
            status="done",
            started_at=now,
            finished_at=now,
            **known,
        )


def fingerprint_of(
    definition: object, inputs: Mapping[str, int], input_ids: Mapping[str, str] = MappingProxyType({})
) -> str:
    """What a table is made of, as one short text: equal texts, equal tables.

    Parameters
    ----------
    definition : object
        Plain data: the slice of the pipeline, the suite's version.
    inputs : mapping of str to int
        The versions of the tables that are read.
    input_ids : mapping of str to str
        Their ids.
    """
    text = json.dumps([VERSION, definition, dict(inputs), dict(input_ids)], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:32]
