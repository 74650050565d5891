"""Whether a table is up to date: still what Headgate made of it, from what it would be made of now.

The table is asked, not what was once said of it: its newest change is ours and bears the fingerprint,
its data files are there, and so is its quarantine. No Spark job is needed for a table that is.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from pyspark.sql import DataFrame

from headgate.etl.lake.history import (
    Snapshot,
    TableChangedError,
    changes_by_others,
    missing_file,
    snapshot,
    table_id,
)
from headgate.etl.lake.ledger import Entry
from headgate.etl.lake.tables import no_such_table, read_table
from headgate.etl.lake.zones import TableId
from headgate.etl.load.context import LoadContext

__all__ = ["Inputs", "disturbance", "lost_file", "note_predecessor", "unchanged"]


@dataclass
class Inputs:
    """The tables that a step reads, each as it stands when the step begins.

    What a table is known by is told without opening it: that is done for the rows of one that is made anew.
    """

    context: LoadContext
    versions: dict[str, int] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)
    found: dict[TableId, Snapshot] = field(default_factory=dict)
    _frames: dict[TableId, DataFrame] = field(default_factory=dict)

    def note(self, table: TableId) -> None:
        """Note how a table stands. What its rows are known by is the version that changed them last.

        Raises
        ------
        headgate.etl.errors.InputMissingError
            There is none.
        """
        path = self.context.lake.table(table)
        found = snapshot(self.context.spark, path)
        if found is None:
            raise no_such_table(path, dataset=table.name)
        self.versions[str(table)], self.ids[str(table)] = found.holds, found.id
        self.found[table] = found
        self._frames.pop(table, None)

    def __getitem__(self, table: TableId) -> DataFrame:
        """The rows of a table that was noted."""
        if table not in self._frames:
            found = self.found[table]
            if table_id(self.context.spark, found.path, found.version) != found.id:
                reason = "it was made anew while this ran"
                raise TableChangedError(table=str(table), reason=reason, fix="run this again")
            # An older version with the same rows may have lost its files to OPTIMIZE and VACUUM.
            self._frames[table] = read_table(
                self.context.spark, found.path, dataset=table.name, version=found.version
            )
        return self._frames[table]


def unchanged(
    context: LoadContext, table: TableId, found: Snapshot | None, *, fingerprint: str
) -> Entry | None:
    """The entry of a table that is up to date, or None where it is to be made anew.

    Parameters
    ----------
    context : LoadContext
    table : TableId
    found : Snapshot or None
        The table as it is.
    fingerprint : str
        Of what it would be made of now.
    """
    if found is None or found.ours is None or found.ours.note.get("fingerprint") != fingerprint:
        return None
    disturbed = disturbance(context, table, found)
    if disturbed:
        context.say(f"{table}: {disturbed}: it is made anew")
        return None
    return Entry.at_commit(found.ours, status="unchanged")


def disturbance(context: LoadContext, table: TableId, found: Snapshot) -> str | None:
    """What somebody else has done to a table since it was published, or to its quarantine."""
    if found.by_others is not None:
        return f"another has changed the table ({found.by_others})"
    lost = lost_file(context, found)
    if lost:
        return lost
    noted = found.ours.note.get("quarantine") if found.ours else None
    if not noted:
        return None
    path = context.lake.quarantine(table)
    quarantine = snapshot(context.spark, path)
    if quarantine is None or quarantine.id != noted["id"]:
        return f"its quarantine is gone ({path})"
    changes = changes_by_others(context.spark, path, after=noted["version"], upto=quarantine.version)
    return f"another has changed its quarantine ({changes[-1]})" if changes else None


def lost_file(context: LoadContext, found: Snapshot) -> str | None:
    """Which data file of a table is gone, if one is."""
    gone = missing_file(context.spark, found.path, found.version)
    return f"its data file {gone} is gone" if gone else None


def note_predecessor(context: LoadContext, found: Snapshot | None) -> None:
    """Have the ledger told of the publication that the next one follows on, if its run could not."""
    before = Entry.of_commit(found.ours) if found is not None and found.ours is not None else None
    if before is not None:
        context.noted.append(before)
