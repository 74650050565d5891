"""One writing driver a table at a time, where Delta's log store cannot keep two apart.

On S3 Delta's own log store keeps the commits of one driver apart, not those of two: of two drivers
that commit the same version, one loses its commit without a word. So a run takes a lease on the tables
that it is going to write, and renews it while it works. All leases of a lake are in one object, which S3
creates or replaces only under a condition: one request a beat, however many tables there are.

A run that finds one of its tables leased watches the holder: if it renews, it is alive, and the run is
refused; if it does not for a minute, it is gone, and the table is taken over. Nobody's clock is compared
with anybody else's. What all runs write for a moment, such as the ledger, they take turns at.

References
----------
Delta Lake documentation, "Storage configuration: Amazon S3, single-cluster setup"; Amazon S3 User
Guide, "How to prevent object overwrites with conditional writes"; C. Gray and D. Cheriton, "Leases",
SOSP 1989.
"""

from __future__ import annotations

import json
import socket
import threading
import time
import uuid
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, Protocol

__all__ = ["BusyError", "ConditionalObject", "Lease", "LeaseLostError", "Unleased", "lease"]

BEAT = 10.0
"""Seconds between two renewals."""

PATIENCE = 60.0
"""Seconds without a renewal after which a holder is taken for dead, and must take itself for it."""

TURN = 600.0
"""Seconds that a run waits for its turn at what all runs write."""

Holder = dict[str, Any]
Holders = Mapping[str, Holder]
"""Who holds which tables, by the token of the lease."""


class BusyError(Exception):
    """Another run is writing a table: carries `place`, `holder` and `tables`."""

    def __init__(self, *, place: str, holder: str, tables: Collection[str]) -> None:
        self.place, self.holder, self.tables = place, holder, tuple(sorted(tables))
        super().__init__(
            f"{place}: {holder} is writing {_named(tables)}, and Delta on S3 keeps one writing driver's "
            "commits apart, not two; run this again when it has ended"
        )


class LeaseLostError(Exception):
    """The lease could not be renewed in time, and the run may write no more: carries `place`."""

    def __init__(self, *, place: str) -> None:
        self.place = place
        super().__init__(
            f"{place}: the lease on this run's tables could not be renewed, so another run may be writing "
            "them; nothing was half-published; run this again"
        )


class ConditionalObject(Protocol):
    """One object of a store that writes under a condition; an ETag names one version of it."""

    place: str

    def read(self) -> tuple[str, str] | None:
        """Text and ETag, or None where there is nothing."""

    def put(self, text: str, *, over: str | None) -> str | None:
        """Write over the version `over` (None: over nothing); the new ETag, or None if it is not so."""

    def require_conditions(self) -> None:
        """Raise where the store does not keep to conditions. The object is there."""


class Unleased:
    """What stands for a lease where the log store keeps drivers apart."""

    def check(self) -> None:
        """May be written, always."""

    def turn_at(self, table: str) -> AbstractContextManager[None]:
        """Write what all runs write: whenever one likes."""
        return nullcontext()


class Lease:
    """The tables that this run alone may write, as long as `check` says so.

    Parameters
    ----------
    leases : ConditionalObject
        Where all leases of the lake are.
    holder : str
        Who takes it, for whoever finds a table leased.
    say : callable
        Told what is waited for.
    beat, patience : float
        Seconds: see `BEAT` and `PATIENCE`.
    """

    def __init__(
        self,
        leases: ConditionalObject,
        *,
        holder: str,
        say: Callable[[str], None],
        beat: float = BEAT,
        patience: float = PATIENCE,
    ) -> None:
        self._leases, self._say, self._beat, self._patience = leases, say, beat, patience
        self._token = uuid.uuid4().hex
        self._mine: Holder = {"holder": holder, "host": socket.gethostname(), "beat": 0, "tables": []}
        self._seen: tuple[Holders, str | None] | None = None
        self._renewed = time.monotonic()
        self._lost = False
        self._changing = threading.RLock()  # its thread renews it while the run takes a turn

    def take(self, tables: Collection[str], *, limit: float = 0.0) -> None:
        """Take tables as well, as soon as whoever holds them gave them back or died.

        Parameters
        ----------
        tables : collection of str
        limit : float
            Seconds to wait for a holder that is alive.

        Raises
        ------
        BusyError
            Another run holds one of them, and is alive.
        LeaseLostError
            Another run has taken over what this one held before.
        """
        begun = time.monotonic()
        watched: dict[str, tuple[int, float]] = {}

        def taken(holders: Holders) -> Holders | None:
            now, dead, busy = time.monotonic(), set(), False
            for token, other in holders.items():
                wanted = _both(other["tables"], tables)
                if token == self._token or not wanted:
                    continue
                beat, since = watched.setdefault(token, (other["beat"], now))
                if beat != other["beat"]:
                    if now - begun >= limit:
                        raise BusyError(place=self._leases.place, holder=other["holder"], tables=wanted)
                    watched[token] = (other["beat"], now)
                elif now - since >= self._patience:
                    dead.add(token)
                    continue
                elif since == now and not limit:
                    wait = f"waiting up to {self._patience:.0f} s to see if it lives"
                    self._say(f"{other['holder']} holds the lease on {_named(wanted)}: {wait}")
                busy = True
            if busy:
                return None
            self._lost = self._lost or bool(self._mine["tables"] and self._token not in holders)
            self.check()
            left = {token: other for token, other in holders.items() if token not in dead}
            return left | {self._token: self._mine | {"tables": sorted({*self._mine["tables"], *tables})}}

        while not self._change(taken):
            time.sleep(self._beat / 5)

    @contextmanager
    def turn_at(self, table: str) -> Iterator[None]:
        """Hold what all runs write for as long as the block lasts, after whoever holds it."""
        self.take([table], limit=TURN)
        try:
            yield
        finally:
            self._tell(lambda mine: mine | {"tables": [other for other in mine["tables"] if other != table]})

    def check(self) -> None:
        """Raise `LeaseLostError` where the lease is no longer held: to be asked before each commit."""
        if self._lost or (self._mine["tables"] and time.monotonic() - self._renewed > self._patience / 2):
            raise LeaseLostError(place=self._leases.place)

    def renew(self) -> bool:
        """Tell that this run is alive, and say whether to go on: not if others took it for dead."""
        try:
            self._lost = not self._tell(lambda mine: mine | {"beat": mine["beat"] + 1})
        except Exception:  # the store is out of reach: `check` counts the seconds, the next beat may reach it
            return True
        return not self._lost

    def give_back(self) -> None:
        """Leave the tables to others."""
        self._tell(lambda mine: mine | {"tables": []})

    def _tell(self, edit: Callable[[Holder], Holder]) -> bool:
        """Edit this run's part of the leases; False where others have taken it over."""

        def edited(holders: Holders) -> Holders | None:
            if self._token not in holders:
                return None
            others = {token: other for token, other in holders.items() if token != self._token}
            mine = edit(self._mine)
            return others | ({self._token: mine} if mine["tables"] else {})

        return self._change(edited)

    def _change(self, edit: Callable[[Holders], Holders | None]) -> bool:
        """Edit the leases of the lake, after whoever was faster; False where the edit gives None."""
        with self._changing:
            known, self._seen = self._seen, None
            while True:
                begun = time.monotonic()
                holders, etag = known or self._read()
                changed = edit(holders)
                if known is None and changed == holders:  # it was written, and only the answer was lost
                    self._seen, self._mine = (holders, etag), holders.get(self._token, self._mine)
                    return True
                if changed is not None:
                    new = self._leases.put(json.dumps({"holders": changed}), over=etag)
                    if new is not None:
                        self._seen, self._renewed = (changed, new), begun
                        self._mine = changed.get(self._token, self._mine | {"tables": []})
                        return True
                elif known is None:
                    return False
                known = None  # what was last read or written is so no longer, or nothing can be said by it

    def _read(self) -> tuple[Holders, str | None]:
        found = self._leases.read()
        if found is None:
            return {}, None
        told = json.loads(found[0])
        if "holders" in told:
            return told["holders"], found[1]
        # One of before there was a lease on each table.
        return ({} if told.get("released") else {"": {"beat": 0, **told, "tables": None}}), found[1]


def _both(held: Collection[str] | None, wanted: Collection[str]) -> set[str]:
    """The tables of two leases; None stands for all there are."""
    return {*wanted} if held is None else {*held} & {*wanted}


def _named(tables: Collection[str]) -> str:
    shown, more = sorted(tables)[:3], len(tables) - 3
    return ", ".join(shown) + (f" and {more} more" if more > 0 else "")


@contextmanager
def lease(
    leases: ConditionalObject,
    *,
    tables: Collection[str],
    holder: str,
    say: Callable[[str], None],
    beat: float = BEAT,
    patience: float = PATIENCE,
) -> Iterator[Lease]:
    """Hold the lease on some tables for as long as the block lasts.

    Parameters
    ----------
    leases, holder, say, beat, patience
        See `Lease`.
    tables : collection of str

    Yields
    ------
    Lease

    Raises
    ------
    BusyError
        Another run holds one of them, and is alive.
    """
    held = Lease(leases, holder=holder, say=say, beat=beat, patience=patience)
    held.take(tables)
    ended = threading.Event()

    def renewing() -> None:
        while not ended.wait(beat) and held.renew():
            pass

    thread = threading.Thread(target=renewing, name="headgate-lease", daemon=True)
    thread.start()
    try:
        leases.require_conditions()
        yield held
    finally:
        ended.set()
        thread.join()
        held.give_back()
