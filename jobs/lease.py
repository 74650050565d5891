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

import socket
import threading
import time
import uuid
from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from headgate.jobs.leases import ConditionalObject, Edit, Holders, Leases, now

__all__ = [
    "BusyError",
    "Lease",
    "LeaseLostError",
    "Unleased",
    "lease",
]

BEAT = 10.0
"""Seconds between two renewals."""

PATIENCE = 60.0
"""Seconds without a renewal after which a holder is taken for dead, and must take itself for it."""

TURN = 600.0
"""Seconds that a run waits for its turn at what all runs write."""


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
        self._leases, self._say, self._beat, self._patience = Leases(leases), say, beat, patience
        self._token, self._about = uuid.uuid4().hex, {"holder": holder, "host": socket.gethostname()}
        self._tables: list[str] = []
        self._beats = 0
        self._held = self._lost = False
        self._renewed = now()
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
        begun = now()
        watched: dict[str, tuple[int, float]] = {}

        def taken(holders: Holders) -> Holders | None:
            at, dead, busy = now(), set(), False
            for token, other in holders.items():
                wanted = _both(other["tables"], tables)
                if token == self._token or not wanted:
                    continue
                beat, since = watched.setdefault(token, (other["beat"], at))
                if beat != other["beat"]:
                    if at - begun >= limit:
                        raise BusyError(place=self._leases.place, holder=other["holder"], tables=wanted)
                    watched[token] = (other["beat"], at)
                elif at - since >= self._patience:
                    dead.add(token)
                    continue
                elif since == at and not limit:
                    wait = f"waiting up to {self._patience:.0f} s to see if it lives"
                    self._say(f"{other['holder']} holds the lease on {_named(wanted)}: {wait}")
                busy = True
            if busy:
                return None
            self._lost = self._lost or (self._held and self._token not in holders)
            self.check()
            left = {token: other for token, other in holders.items() if token not in dead}
            return left | self._mine({*self._tables, *tables}, self._beats)

        while not self._taken(tables, taken):
            time.sleep(self._beat / 5)

    def _taken(self, tables: Collection[str], edit: Edit) -> bool:
        with self._changing:  # a renewal in between would give the tables away again
            if not self._change(edit):
                return False
            self._tables, self._held = sorted({*self._tables, *tables}), True
            return True

    @contextmanager
    def turn_at(self, table: str) -> Iterator[None]:
        """Hold what all runs write for as long as the block lasts, after whoever holds it."""
        kept = table in self._tables
        self.take([table], limit=TURN)
        try:
            yield
        finally:
            if not kept:
                self._tables = [other for other in self._tables if other != table]
            self.renew()  # where the store is out of reach, the next beat tells it

    def check(self) -> None:
        """Raise `LeaseLostError` where the lease is no longer held: to be asked before each commit."""
        if self._lost or (self._held and now() - self._renewed > self._patience / 2):
            raise LeaseLostError(place=self._leases.place)

    def renew(self) -> bool:
        """Tell that this run is alive, and say whether to go on: not if others took it for dead."""
        with self._changing:
            beats = self._beats + 1

            def again(holders: Holders) -> Holders | None:
                return holders | self._mine(self._tables, beats) if self._token in holders else None

            try:
                told = self._change(again)
            except Exception:  # the store is out of reach: `check` counts the seconds, and the next beat asks
                return True
            self._beats, self._lost = beats, not told
            return told

    def give_back(self) -> None:
        """Leave the tables to others."""

        def without(holders: Holders) -> Holders | None:
            others = {token: other for token, other in holders.items() if token != self._token}
            return others if self._token in holders else None

        for tries_left in reversed(range(3)):
            try:
                self._change(without)
            except Exception as error:
                # What the run has done is done: others take its tables as they take a dead run's.
                if tries_left:
                    time.sleep(self._beat / 5)
                    continue
                wait = f"the next run waits {self._patience:.0f} s for it"
                self._say(f"{self._leases.place}: the lease could not be given back ({error}); {wait}")
            return

    def _mine(self, tables: Collection[str], beats: int) -> Holders:
        return {self._token: {**self._about, "beat": beats, "tables": sorted(tables)}}

    def _change(self, edit: Edit) -> bool:
        with self._changing:
            at = self._leases.change(edit)
            if at is not None:
                self._renewed = at
            return at is not None


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
