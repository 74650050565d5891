"""How sure a rate is."""

from __future__ import annotations

import math

__all__ = ["wilson"]

Z_95 = 1.959963984540054


def wilson(*, rate: float, trials: int, z: float = Z_95) -> tuple[float, float]:
    """Compute the Wilson score interval of a proportion.

    Unlike the textbook interval it stays within 0 and 1 and is honest for small groups.

    Parameters
    ----------
    rate : float
        The observed proportion, 0 to 1.
    trials : int
        The number of observations.
    z : float
        The normal quantile; the default gives 95 %.

    Returns
    -------
    tuple of float
        The lower and the upper bound; (0, 1) where there are no observations.

    References
    ----------
    E. B. Wilson (1927), "Probable Inference, the Law of Succession, and Statistical Inference",
    Journal of the American Statistical Association 22 (158): 209-212.

    Examples
    --------
    >>> low, high = wilson(rate=0.5, trials=10)
    >>> round(low, 4), round(high, 4)
    (0.2366, 0.7634)
    >>> wilson(rate=0.0, trials=0)
    (0.0, 1.0)
    """
    if trials <= 0:
        return 0.0, 1.0
    weight = z * z / trials
    centre = (rate + weight / 2) / (1 + weight)
    half = z / (1 + weight) * math.sqrt(rate * (1 - rate) / trials + weight / (4 * trials))
    return max(0.0, min(rate, centre - half)), min(1.0, max(rate, centre + half))
