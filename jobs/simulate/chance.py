"""A stream of chance that is the same on every machine and Python version.

Of `random.Random`, Python guarantees only that ``random()`` gives the same sequence for the same
seed, and of floating point only that ``+ - * /`` round alike everywhere (``exp`` and ``log`` do not).
All chance is therefore drawn from ``random()``, and shaped by those four operations alone.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TypeVar

__all__ = ["Chance"]

T = TypeVar("T")

ROOT_3 = 1.7320508075688772


class Chance:
    """A seeded stream; streams of other names are independent of it.

    Parameters
    ----------
    seed : int
        The simulation's seed.
    name : str
        What the stream is for: what one stream draws never moves another.

    Examples
    --------
    >>> chance = Chance(7, "people")
    >>> chance.whole(1, 6), chance.whole(1, 6), chance.one_of("abc")
    (3, 4, 'a')
    """

    def __init__(self, seed: int, name: str) -> None:
        self.uniform = random.Random(f"{seed}:{name}").random

    def happens(self, probability: float) -> bool:
        """Whether something of this probability comes to pass."""
        return self.uniform() < probability

    def whole(self, low: int, high: int) -> int:
        """A whole number from `low` to `high`, both included, each as likely."""
        return low + int(self.uniform() * (high - low + 1))

    def one_of(self, items: Sequence[T]) -> T:
        """One of `items`, each as likely."""
        return items[int(self.uniform() * len(items))]

    def weighted(self, items: Sequence[tuple[T, float]]) -> T:
        """One of `items`, each as likely as its weight says."""
        # Not sum(): since Python 3.12 it rounds floats in another way.
        total = 0.0
        for _, weight in items:
            total += weight
        left = self.uniform() * total
        for item, weight in items:
            left -= weight
            if left < 0:
                return item
        return items[-1][0]

    def normal(self) -> float:
        """A number of mean 0 and standard deviation 1, nearly normal: the scaled sum of four uniforms."""
        uniform = self.uniform
        return ROOT_3 * (uniform() + uniform() + uniform() + uniform() - 2.0)

    def some(self, count: int, of: int) -> list[int]:
        """`count` different whole numbers below `of` (all of them, at most), in the order drawn."""
        taken: dict[int, None] = {}
        while len(taken) < min(count, of):
            taken[int(self.uniform() * of)] = None
        return list(taken)

    def shuffled(self, items: Sequence[T]) -> list[T]:
        """All of `items` in random order."""
        mixed = list(items)
        for last in range(len(mixed) - 1, 0, -1):
            other = int(self.uniform() * (last + 1))
            mixed[last], mixed[other] = mixed[other], mixed[last]
        return mixed
