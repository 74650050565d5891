"""From what a table is made of to the table: the one way, whoever takes it.

    snapshot ─ up to date? ─ build ─ stage ─ audit ─ commit or refuse ─ quarantine ─ entry

A `Node` says what table is to be made; `process` makes it. The entry that it gives is for the ledger, and is
the note of the table's commit as well, so that a run which dies after the commit has told it already.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from headgate.etl.errors import EtlError
from headgate.etl.lake.arrivals import HistoryLostError
from headgate.etl.lake.commits import Commit, commit_at
from headgate.etl.lake.history import Snapshot, TableChangedError, snapshot
from headgate.etl.lake.ledger import Entry
from headgate.etl.lake.turns import append_after, overwrite_after
from headgate.etl.load.audit import audit
from headgate.etl.load.context import LoadContext, fingerprint_of
from headgate.etl.load.node import Begun, Built, Node
from headgate.etl.load.outcome import Outcome
from headgate.etl.load.publication import publish, retain
from headgate.etl.load.rejects import no_quarantine, settle
from headgate.etl.load.trends import Past
from headgate.etl.load.up_to_date import Inputs, disturbance, lost_file, note_predecessor, unchanged
from headgate.quality import Report

__all__ = [
    "BATCH",
    "BatchUnknownError",
    "finish",
    "last_publication",
    "process",
    "require_same_inputs",
    "up_to_date",
]

BATCH = "batch"
"""The key of a note under which it says which batch of which source was published."""


class BatchUnknownError(EtlError):
    """Whether a batch was published is not known any more.

    Attributes
    ----------
    table, source : str
    batch, reached : int
        The batch, and the last one of its source that was published.
    """

    def __init__(self, *, table: str, source: str, batch: int, reached: int) -> None:
        self.table, self.source, self.batch, self.reached = table, source, batch, reached
        super().__init__(
            f"{table}: the last batch of '{source}' that was published is {reached}, and the table's log "
            f"does not tell any more whether {batch} was; give it a number of its own, or leave it out"
        )


def process(context: LoadContext, node: Node) -> Outcome:
    """Make a table of what it is made of, or leave it as it is where that would change nothing.

    Parameters
    ----------
    context : LoadContext
    node : Node

    Returns
    -------
    Outcome
        ``done`` with the version published, ``refused`` with the reasons, or ``unchanged``.

    Raises
    ------
    headgate.etl.lake.history.TableChangedError
        Another has changed the table, and to add to it would hide what was lost.
    headgate.etl.lake.arrivals.HistoryLostError
        What is new to the table cannot be told.
    BatchUnknownError
        Whether a batch of a source was published is not known any more.
    headgate.etl.lake.tables.ConflictError
        Another writer has changed the table meanwhile: nothing is published.
    """
    inputs = Inputs(context)
    for table in node.inputs:
        inputs.note(table)
    fingerprint = fingerprint_of(list(node.definition), {**inputs.versions, **node.offsets}, inputs.ids)
    found = snapshot(context.spark, context.lake.table(node.target))
    before = last_publication(context, node, found)
    audited = node.suite is not None
    quarantine = settle(context, node.target, found) if audited else no_quarantine(context, node.target)
    done = up_to_date(context, node, found, before, inputs, fingerprint)
    # Rows that were told to the quarantine, and never published, may be published now.
    interrupted = quarantine.interrupted and not node.mode.incremental
    if done is not None and not node.again and not interrupted:
        return _outcome(context, node, done)
    # Of other sources than this one the note tells on, how far they have come.
    reached = _offsets(node, before)
    offsets = {source: max(upto, reached.get(source, upto)) for source, upto in node.offsets.items()}
    versions = {**reached, **inputs.versions, **offsets}
    entry = context.opened(
        stage=node.stage,
        dataset=node.target.name,
        inputs=versions,
        input_ids=inputs.ids,
        fingerprint=fingerprint,
    )
    begun = Begun(
        context=context, entry=entry, inputs=inputs, found=found, before=before, quarantine=quarantine
    )
    built = node.build(begun)
    if built is None:
        assert before is not None
        return _outcome(context, node, Entry.at_commit(before, status="unchanged"))
    note_predecessor(context, found)
    return finish(begun, node, built)


def _outcome(context: LoadContext, node: Node, entry: Entry, report: Report | None = None) -> Outcome:
    return Outcome(
        spark=context.spark,
        entry=entry,
        table=context.lake.table(node.target),
        quarantine_path=context.lake.quarantine(node.target),
        report=report,
    )


def finish(begun: Begun, node: Node, built: Built) -> Outcome:
    """Stage what was built, audit it, and publish or refuse it: the second half of `process`."""
    context, entry = begun.context, begun.entry
    if node.suite is None:
        return _outcome(context, node, _unaudited(begun, node, built))
    mode = built.mode or node.mode
    batch = replace(entry, stage="curate") if node.stage == "replay" else entry
    if built.of_rows:
        # They are held against all batches before.
        batch = replace(batch, inputs={}, input_ids={})
    ruling = audit(
        context,
        built.rows,
        node.target,
        suite=node.suite,
        tolerance=node.tolerance,
        rules=node.rules,
        keep_left=any(observer.keeps_left(node) for observer in context.observers),
        allow_empty=node.allow_empty,
        integrity=built.integrity,
        partition_by=mode.partition_by,
        mode=node.mode.kind,
        of_rows=built.of_rows,
        past=Past(context, node.target, batch, node.runs, node.all_numbers),
    )
    account = built.account(ruling)
    entry = replace(entry, read=account.read)
    if built.of_rows and not ruling.refusals and ruling.counts["quarantined"] == entry.read:
        entry = retain(context, entry, ruling, begun.quarantine, compare=built.compare, after=begun.after)
        return _outcome(context, node, entry, ruling.report)
    details = dict(account.details)
    for observer in context.observers:
        details |= observer.observe(node, begun, ruling)
    entry = publish(
        context,
        entry,
        ruling,
        node.target,
        mode=mode,
        replaces=built.replaces,
        after=begun.after,
        quarantine=begun.quarantine,
        compare=built.compare,
        counts=account.counts,
        details=details,
        offsets=built.offsets,
    )
    return _outcome(context, node, entry, ruling.report)


def _unaudited(begun: Begun, node: Node, built: Built) -> Entry:
    """Publish rows of which no suite speaks."""
    context, path = begun.context, begun.context.lake.table(node.target)
    account = built.account(None)
    known = {} if account.counts is None else {"read": account.read, **account.counts}
    entry = replace(begun.entry, details=account.details, **known).balanced()
    if built.id is not None:
        entry = replace(entry, fingerprint=built.id)
    note = {**entry.to_json(), **built.offsets}
    context.may_write()
    write = append_after if node.mode.incremental else overwrite_after
    commit = write(built.rows, path, after=begun.after, note=note)
    # Rows that are taken as they come are counted by the commit.
    counted = known or {"read": commit.rows, "published": commit.rows}
    return replace(entry, finished_at=context.clock(), version=commit.version, **counted).balanced()


def up_to_date(
    context: LoadContext,
    node: Node,
    found: Snapshot | None,
    before: Commit | None,
    inputs: Inputs,
    fingerprint: str,
) -> Entry | None:
    """The entry of a table that would be made as it is; None where it is to be made."""
    if node.offsets and found is not None and before is not None:
        return _published(context, node, found, before)
    if not node.mode.incremental:
        return unchanged(context, node.target, found, fingerprint=fingerprint)
    if before is None or not node.inputs:
        return None
    # Its rows stay as they were published, whatever is written of them now.
    require_same_inputs(before, inputs, node.target.name)
    if before.note["inputs"] != inputs.versions:
        return None
    return Entry.at_commit(before, status="unchanged")


def _published(context: LoadContext, node: Node, found: Snapshot, before: Commit) -> Entry | None:
    """The entry of a batch by the commit that published it; None if there is none."""
    reached = _offsets(node, before)
    if any(upto > reached.get(source, upto - 1) for source, upto in node.offsets.items()):
        return None
    for version in range(before.version, -1, -1):
        try:
            commit = commit_at(context.spark, found.path, version)
        except FileNotFoundError:  # cleaned up
            ((source, batch),) = node.offsets.items()
            raise BatchUnknownError(
                table=node.target.name, source=source, batch=batch, reached=reached[source]
            ) from None
        # Notes of before there was a batch in them say how far the sources had come.
        told = {} if commit is None else commit.note.get(BATCH, commit.note.get("inputs", {}))
        if commit is not None and node.offsets.items() <= told.items():
            return Entry.at_commit(commit, status="unchanged")
    return None


def _offsets(node: Node, before: Commit | None) -> Mapping[str, int]:
    """How far the sources of a table have come that is made of no other table."""
    return before.note.get("inputs", {}) if before is not None and not node.inputs else {}


def require_same_inputs(before: Commit, inputs: Inputs, dataset: str) -> None:
    """Raise `HistoryLostError` where an input is not the table that the last publication has read."""
    for table in inputs.found:
        key = str(table)
        noted, read = before.note.get("input_ids", {}).get(key, inputs.ids[key]), before.note["inputs"][key]
        if noted != inputs.ids[key] or read > inputs.versions[key]:
            raise HistoryLostError(dataset=dataset, version=read, zone=table.zone)


def last_publication(context: LoadContext, node: Node, found: Snapshot | None) -> Commit | None:
    """The commit by which a table was last published; None if there is no table.

    Raises
    ------
    headgate.etl.lake.arrivals.HistoryLostError
        There is a table, and no such commit: what is new to it cannot be told.
    TableChangedError
        The table is not what that commit made of it: to add to it would hide what was lost.
    """
    before = found.ours if found else None
    if found is None or not node.mode.incremental or node.suite is None:
        # What is not audited is added to: its source knows what has been taken out of it.
        return before
    if before is None:
        if not node.inputs:
            return None
        raise HistoryLostError(dataset=node.target.name, zone=node.target.zone, version=found.version)
    keep = node.changed_by_others == "keep"
    changed = lost_file(context, found) if keep else disturbance(context, node.target, found)
    if changed:
        anew, go_on = node.fixes
        raise TableChangedError(table=str(node.target), reason=changed, fix=anew if keep else anew + go_on)
    return before
