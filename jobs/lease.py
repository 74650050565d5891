"""One writing driver at a time, where Delta's log store cannot keep two apart.

On S3 Delta's own log store keeps the commits of one driver apart, not those of two: of two drivers
that commit the same version, one loses its commit without a word. So a run takes a lease on the lake
first, an object that S3 creates or replaces only under a condition, and renews it while it works.

A run that finds the lease taken watches it: if it is renewed, its holder is alive, and the run is
refused; if it is not renewed for a minute, its holder is gone, and the lease is taken over. Nobody's
clock is compared with anybody else's.

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
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

__all__ = ["BusyError", "LeaseLostError", "Seat", "lease"]

BEAT = 10.0
"""Seconds between two renewals."""

PATIENCE = 60.0
"""Seconds without a renewal after which the holder is taken for dead, and must take itself for it."""


class BusyError(Exception):
    """Another run is writing the lake: carries `place` and `holder`."""

    def __init__(self, *, place: str, holder: str) -> None:
        self.place = place
        self.holder = holder
        super().__init__(
            f"{place}: {holder} is writing this lake, and Delta on S3 keeps one writing driver's commits "
            "apart, not two; run this again when it has ended"
        )


class LeaseLostError(Exception):
    """The lease could not be renewed in time, and the run may write no more: carries `place`."""

    def __init__(self, *, place: str) -> None:
        self.place = place
        super().__init__(
            f"{place}: the lease on this lake could not be renewed, so another run may be writing it; "
            "nothing was half-published; run this again"
        )


class Seat(Protocol):
    """One object of a store that writes under a condition; a mark names one version of it."""

    place: str

    def read(self) -> tuple[str, str] | None:
        """Text and mark, or None where there is nothing."""

    def put(self, text: str, *, over: str | None) -> str | None:
        """Write over the version `over` (None: over nothing); the new mark, or None if it is not so."""


@contextmanager
def lease(
    seat: Seat,
    *,
    holder: str,
    say: Callable[[str], None],
    beat: float = BEAT,
    patience: float = PATIENCE,
) -> Iterator[Callable[[], None]]:
    """Hold the lease for as long as the block lasts.

    Parameters
    ----------
    seat : Seat
    holder : str
        Who takes it, for whoever finds it taken.
    say : callable
        Told what is waited for.
    beat, patience : float
        Seconds: see `BEAT` and `PATIENCE`.

    Yields
    ------
    callable
        To be called before each commit: raises `LeaseLostError` where the lease is no longer held.

    Raises
    ------
    BusyError
        Another run holds it, and is alive.
    """
    about = {"holder": holder, "host": socket.gethostname()}
    held = _Held(seat, about, _take(seat, about, say=say, beat=beat, patience=patience), patience)
    ended = threading.Event()

    def renewing() -> None:
        while not ended.wait(beat) and held.renew():
            pass

    thread = threading.Thread(target=renewing, name="headgate-lease", daemon=True)
    thread.start()
    try:
        yield held.check
    finally:
        ended.set()
        thread.join()
        held.release()


def _take(
    seat: Seat, about: dict[str, Any], *, say: Callable[[str], None], beat: float, patience: float
) -> str:
    watched: str | None = None
    since = time.monotonic()
    while True:
        found = seat.read()
        mark = found[1] if found else None
        free = found is None or json.loads(found[0]).get("released", False)
        if free or (mark == watched and time.monotonic() - since >= patience):
            taken = seat.put(json.dumps({**about, "beat": 0}), over=mark)
            if taken is not None:
                return taken
            continue  # somebody else was faster: look again
        assert found is not None
        holder = str(json.loads(found[0]).get("holder", "another run"))
        if watched is not None and mark != watched:
            raise BusyError(place=seat.place, holder=holder)
        if watched is None:
            say(
                f"{holder} holds the lease on {seat.place}: waiting up to {patience:.0f} s to see if it lives"
            )
            watched, since = mark, time.monotonic()
        time.sleep(beat / 5)


class _Held:
    """A lease that was taken: what its thread renews, and its run asks of."""

    def __init__(self, seat: Seat, about: dict[str, Any], mark: str, patience: float) -> None:
        self._seat, self._about, self._patience = seat, about, patience
        self._mark: str | None = mark
        self._beats = 0
        self._renewed = time.monotonic()

    def renew(self) -> bool:
        """Renew it, and say whether to go on: not if somebody else has it."""
        self._beats += 1
        begun = time.monotonic()
        try:
            mark = self._seat.put(json.dumps({**self._about, "beat": self._beats}), over=self._mark)
        except Exception:  # the store is out of reach: `check` counts the seconds, the next beat may reach it
            return True
        self._mark = mark
        self._renewed = begun
        return mark is not None

    def check(self) -> None:
        if self._mark is None or time.monotonic() - self._renewed > self._patience / 2:
            raise LeaseLostError(place=self._seat.place)

    def release(self) -> None:
        if self._mark is not None:
            self._seat.put(json.dumps({**self._about, "released": True}), over=self._mark)
