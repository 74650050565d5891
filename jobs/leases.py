"""The leases of a lake: one object of a store, edited after whoever was faster.

References
----------
Amazon S3 User Guide, "How to prevent object overwrites with conditional writes".
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any, Protocol

__all__ = ["ConditionalObject", "Edit", "Holders", "LeaseUnreadableError", "Leases", "now"]

Holders = dict[str, dict[str, Any]]
"""Who holds which tables, by the token of the lease."""

Edit = Callable[[Holders], Holders | None]
"""Gives the leases as they are to be; None to leave them as they are."""


def now() -> float:
    """Seconds that pass while the machine sleeps as well, where it can tell."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


class LeaseUnreadableError(Exception):
    """What is in the place of the leases are none: carries `place`."""

    def __init__(self, *, place: str) -> None:
        self.place = place
        super().__init__(f"{place}: what is in it are no leases; delete it if no job writes this lake")


class ConditionalObject(Protocol):
    """One object of a store that writes under a condition; an ETag names one version of it."""

    place: str

    def read(self) -> tuple[str, str] | None:
        """Text and ETag, or None where there is nothing."""

    def put(self, text: str, *, over: str | None) -> str | None:
        """Write over the version `over` (None: over nothing); the new ETag, or None if it is not so."""

    def require_conditions(self) -> None:
        """Raise where the store does not keep to conditions. The object is there."""


class Leases:
    """What is in the object, and how it is edited: by one thread at a time.

    Parameters
    ----------
    store : ConditionalObject
    """

    def __init__(self, store: ConditionalObject) -> None:
        self.place, self._store = store.place, store
        self._seen: tuple[Holders, str | None] | None = None

    def change(self, edit: Edit) -> float | None:
        """Edit the leases, and give the time at which that was begun; None where the edit gives None."""
        known, self._seen = self._seen, None
        put_at: float | None = None
        while True:
            begun = now()
            holders, etag = known or self._read()
            changed = edit(holders)
            if put_at is not None and changed == holders:  # it was written, and only the answer was lost
                self._seen = holders, etag
                return put_at
            if changed is not None:
                put_at = begun if put_at is None else put_at
                new = self._store.put(json.dumps({"holders": changed}), over=etag)
                if new is not None:
                    self._seen = changed, new
                    return begun
            elif known is None:
                return None
            known = None  # what was last read or written is so no longer, or nothing can be said by it

    def _read(self) -> tuple[Holders, str | None]:
        try:
            found = self._store.read()
        except UnicodeDecodeError as error:
            raise LeaseUnreadableError(place=self.place) from error
        if found is None:
            return {}, None
        try:
            return _holders(json.loads(found[0])), found[1]
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise LeaseUnreadableError(place=self.place) from error


def _holders(told: Any) -> Holders:
    if "holders" in told:
        named = ("holder", "beat", "tables")
        return {token: one | {name: one[name] for name in named} for token, one in told["holders"].items()}
    # One of before there was a lease on each table.
    whole = {"holder": told["holder"], "beat": told.get("beat", 0), "tables": None}
    return {} if told.get("released") else {"": whole}
