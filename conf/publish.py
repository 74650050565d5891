"""How a dataset is published: the write modes, and what may be said of each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from headgate.conf.names import Closed, Columns

__all__ = ["OF_MODE", "REQUIRED", "Publish"]

OF_MODE: Mapping[str, tuple[str, ...]] = {
    "overwrite": (),
    "append": (),
    "overwrite_partitions": (),
    "merge": ("keys", "order_by"),
    "insert_new": ("keys",),
}
"""What may be said of each mode alone."""

KEYS = "add keys: [the columns that identify a row]"
REQUIRED: Mapping[str, tuple[str, str, str]] = {
    "merge": ("keys", "a merge needs keys", KEYS),
    "insert_new": ("keys", "to insert what is new needs keys", KEYS),
    "overwrite_partitions": (
        "partition_by",
        "there are no partitions to overwrite",
        "add partition_by: [the columns of the partitions]",
    ),
}
"""What must be said of a mode, and the reason and the fix where it is not."""


class Publish(Closed):
    """How the rows that the gate accepts become the table, or part of it."""

    mode: Literal["overwrite", "append", "overwrite_partitions", "merge", "insert_new"] = Field(
        "overwrite",
        description="`overwrite` makes the table anew from all that ever arrived. The others take only what "
        "arrived since: `append` adds its rows, `overwrite_partitions` replaces the partitions that it has "
        "rows of, `merge` updates the rows whose keys are there and inserts the others, `insert_new` only "
        "inserts.",
        examples=["merge"],
    )
    keys: Columns = Field(
        (),
        description="For `merge` and `insert_new`: the columns that identify a row. Each batch must have "
        "them once: see keep_latest.",
        examples=[["visit_id"]],
    )
    order_by: Columns = Field(
        (),
        description="For a merge: a row that is older by these columns than the table's row of the same key "
        "is not applied; '-name' turns the order round, null is oldest, and texts that are numbers are "
        "judged by their size. By default what comes last wins.",
        examples=[["updated_at"]],
    )
    partition_by: Columns = Field(
        (),
        description="The columns that the table is partitioned by, from its first publication on.",
        examples=[["admitted_on"]],
    )
    changed_by_others: Literal["refuse", "keep"] = Field(
        "refuse",
        description="What to do where another has changed the table, its quarantine or the raw table since "
        "(RESTORE, DELETE, UPDATE …): `refuse`, or `keep` what they hold now and go on from it. A table that "
        "is overwritten is made anew either way.",
        examples=["keep"],
    )

    @property
    def options(self) -> dict[str, tuple[str, ...]]:
        """What is said for the mode."""
        return {name: getattr(self, name) for name in ("partition_by", *OF_MODE[self.mode])}
