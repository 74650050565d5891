"""Insert the rows whose keys the table does not have."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from headgate.etl.lake.tables import Publication
from headgate.etl.load.modes.merge import Merge
from headgate.etl.load.modes.mode import Files
from headgate.etl.load.redelivery import merge_anew
from headgate.etl.transform import Transform

__all__ = ["InsertNew"]


@dataclass(frozen=True, kw_only=True)
class InsertNew(Merge):
    """A merge that updates nothing: rows whose keys are there are left out, and counted as superseded."""

    name = "insert_new"

    def publication(self, note: dict[str, Any], *, after: int, replaces: Files = frozenset()) -> Publication:
        """See `WriteMode`."""
        return replace(super().publication(note, after=after, replaces=replaces), update=False)

    def of_all_batches(self) -> Transform:
        """See `WriteMode`."""
        return merge_anew(keys=self.keys, first=True)
