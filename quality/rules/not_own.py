"""What Headgate does not judge: rules that are left to Great Expectations, and those that nobody can."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from headgate.quality.rules.rule import Rule

__all__ = ["Broken", "Delegated"]


@dataclass(frozen=True, eq=False)
class Delegated(Rule):
    """Great Expectations itself must evaluate it.

    ``aggregates`` are measured beside it, so as to know what its answer is worth.
    """

    own: ClassVar[bool] = False

    @property
    def needs(self) -> Sequence[str]:
        """See `Rule`."""
        return ()


@dataclass(frozen=True, eq=False)
class Broken(Rule):
    """It cannot be evaluated on this data; ``column`` is the one that is at fault, if one is."""

    own: ClassVar[bool] = False

    reason: str
    column: str | None = None

    @property
    def fault(self) -> str:
        """See `Rule`."""
        return self.reason
