"""The manifest: which files the raw zone has taken in, in which order, and how each was read.

Every ingest writes the whole manifest into the note of its commit, so that what was taken in and the
memory of it are one transaction. Pure; sees no data and no clock: one delivery is later than another
because its commit is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from fnmatch import fnmatch
from typing import Any, Literal, Protocol, TypeVar

__all__ = ["Delivery", "Landed", "Manifest", "Redelivery", "Withdrawn"]

Redelivery = Literal["replace", "append"]
"""Whether a file that is delivered again replaces what it said before, or adds to it."""


class Landed(Protocol):
    """A file as it lies in the landing."""

    @property
    def file(self) -> str:
        """Its name below the landing folder."""

    @property
    def hash(self) -> str:
        """Of its content."""

    @property
    def names(self) -> tuple[str, ...]:
        """Its columns, as the raw zone has them."""

    @property
    def empty(self) -> bool:
        """Whether it has no record."""


L = TypeVar("L", bound=Landed)


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """One file, taken in by one ingest.

    Attributes
    ----------
    file, hash : str
        Its name below the landing folder, and the hash of its content.
    at : datetime
        When the ingest began: ``_ingested_at`` of its rows. Of two ingests of a table, the one that
        was committed later has the later one.
    reading : str or None
        By which format it was read; None where nobody wrote it down.
    names : tuple of str
        Its columns in the raw zone.
    empty : bool
        Whether it has no record, and so no row in the raw zone.
    version : int or None
        Of the commit that brought it; None where nobody wrote it down.
    lost : bool
        Whether another writer has taken its rows out of the raw table.
    """

    file: str
    hash: str
    at: datetime
    reading: str | None = None
    names: tuple[str, ...] = ()
    empty: bool = False
    version: int | None = None
    lost: bool = False

    @property
    def flags(self) -> str:
        """What is seldom so, a letter each."""
        return ("e" if self.empty else "") + ("l" if self.lost else "")


@dataclass(frozen=True)
class Withdrawn:
    """A member that an archive had when it came before, and has no longer: a file without a record."""

    file: str
    hash: str = ""
    names: tuple[str, ...] = ()
    empty: bool = True


@dataclass(frozen=True)
class Manifest:
    """The deliveries of a raw table, those of one file in the order of their commits."""

    deliveries: tuple[Delivery, ...] = ()

    def newest(self) -> dict[str, Delivery]:
        """The last delivery of each file."""
        return {delivery.file: delivery for delivery in self.deliveries}

    def missing(self, landed: Iterable[L], *, reading: str) -> list[L]:
        """Files of the landing that are to be taken in.

        Parameters
        ----------
        landed : iterable of Landed
        reading : str
            By which format they are read now.

        Returns
        -------
        list of Landed
            Those that were never taken in, whose content is not that of their last delivery, that were
            read by another format, or whose rows were lost.
        """
        newest = self.newest()

        def stands(file: L) -> bool:
            last = newest.get(file.file)
            if last is None or last.lost or last.hash != file.hash:
                return False
            return last.reading in (None, reading)

        return [file for file in landed if not stands(file)]

    def withdrawn(self, landed: Iterable[Landed], *, members: str) -> list[Withdrawn]:
        """The members that archives of the landing have no longer.

        Parameters
        ----------
        landed : iterable of Landed
            A member is named ``archive!member``.
        members : str
            The glob by which members are chosen: those that are not asked for are not missed.
        """
        there = {file.file for file in landed}
        archives = {file.partition("!")[0] for file in there if "!" in file}
        return [
            Withdrawn(file)
            for file, last in self.newest().items()
            if file not in there
            and last.hash
            and file.partition("!")[0] in archives
            and fnmatch(file.partition("!")[2], members)
        ]

    def read_otherwise(self, landed: Iterable[Landed], *, reading: str) -> list[str]:
        """Files that cannot be read by a format that is new, as they are not in the landing any more."""
        if any(delivery.reading == reading for delivery in self.deliveries):
            return []
        there = {file.file for file in landed}
        return [
            file
            for file, last in self.newest().items()
            if file not in there and last.reading is not None and last.hash
        ]

    def columns(self, *, reading: str) -> list[str]:
        """The columns of the files as they were delivered last, of those that were read by this format."""
        found: dict[str, str] = {}
        for delivery in self.newest().values():
            if delivery.reading == reading:
                for name in delivery.names:
                    found.setdefault(name.lower(), name)
        return list(found.values())

    def next_moment(self, at: datetime) -> datetime:
        """When the next ingest is said to begin: at `at`, but after all before it, whatever clocks say."""
        last = max((delivery.at for delivery in self.deliveries), default=None)
        return at if last is None else max(at, last + timedelta(microseconds=1))

    def took_in(self, files: Iterable[Landed], *, reading: str, at: datetime) -> Manifest:
        """The manifest after one more ingest."""
        new = [
            Delivery(
                file=file.file, hash=file.hash, at=at, reading=reading, names=file.names, empty=file.empty
            )
            for file in files
        ]
        return Manifest((*self.deliveries, *new))

    def committed(self, version: int) -> Manifest:
        """The manifest as read from the commit of this version, which could not say its own number."""
        return Manifest(
            tuple(
                replace(delivery, version=version)
                if delivery.version is None and delivery.reading is not None
                else delivery
                for delivery in self.deliveries
            )
        )

    def seen(self, there: Iterable[tuple[str, datetime]]) -> Manifest:
        """The manifest with those deliveries lost that should have rows, and have none in the table."""
        have = set(there)
        return Manifest(
            tuple(
                replace(known, lost=not known.empty and (known.file, known.at) not in have)
                for known in self.deliveries
            )
        )

    def superseded(self, redelivery: Redelivery) -> set[Delivery]:
        """The deliveries that later ones of the same file have replaced.

        By ``append`` only those whose very content was read once more, by another format, or as its
        rows had been lost.
        """
        gone = set()
        later: defaultdict[str, list[Delivery]] = defaultdict(list)
        for known in reversed(self.deliveries):
            after = later[known.file]
            read_again = (
                other.hash == known.hash and (known.lost or other.reading != known.reading) for other in after
            )
            if after and (redelivery == "replace" or any(read_again)):
                gone.add(known)
            if not known.lost:
                after.append(known)
        return gone

    def to_json(self) -> dict[str, Any]:
        """The manifest as plain data, which names what its deliveries share only once."""
        readings: dict[tuple[Any, ...], int] = {}
        ingests: dict[tuple[Any, ...], int] = {}
        files: defaultdict[str, list[list[Any]]] = defaultdict(list)
        for delivery in self.deliveries:
            read = readings.setdefault((delivery.reading, delivery.names), len(readings))
            ingest = ingests.setdefault((delivery.at.isoformat(), delivery.version), len(ingests))
            files[delivery.file].append([delivery.hash, read, ingest, *filter(None, [delivery.flags])])
        return {
            "readings": [[reading, list(names)] for reading, names in readings],
            "ingests": [list(ingest) for ingest in ingests],
            "files": dict(files),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Manifest:
        """Read what `to_json` wrote."""
        readings = [(reading, tuple(names)) for reading, names in data["readings"]]
        ingests = [(datetime.fromisoformat(at), version) for at, version in data["ingests"]]
        found = []
        for file, deliveries in data["files"].items():
            for digest, read, ingest, *flags in deliveries:
                (reading, names), (at, version) = readings[read], ingests[ingest]
                found.append(
                    Delivery(
                        file=file, hash=digest, at=at, reading=reading, names=names, version=version,
                        empty="e" in "".join(flags), lost="l" in "".join(flags),
                    )
                )  # fmt: skip
        return cls(tuple(found))
