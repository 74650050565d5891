"""How thick the bands of a course are drawn, whichever way it runs."""

from __future__ import annotations

from dataclasses import dataclass

from headgate.jobs.report.way import Course

__all__ = ["Bands", "bands"]

THICKEST = 24.0
THINNEST = 1.5


@dataclass(frozen=True)
class Bands:
    """Thickness in pixels of each arrow of a course, and of what leaves it."""

    landed: float
    cleaned: float
    gated: float
    curated: float
    at_clean: tuple[float, ...]
    at_gate: tuple[float, ...]


def bands(course: Course) -> Bands:
    """Scale a course's counts to thickness.

    Within a course thickness is proportional to rows, the largest count giving the thickest band.
    Between courses it is not: three rows and a hundred million must both stay readable, and the
    counts are written on the arrows. A band that would be thinner than a hairline is drawn as one,
    and what is upstream of it grows by as much, so that the parts never exceed the whole.

    Parameters
    ----------
    course : Course
        A dataset's way.

    Returns
    -------
    Bands
        Thickness of every arrow, in pixels; 0 where no rows went.
    """
    largest = course.largest

    def thickness(rows: int | None) -> float:
        return max(THINNEST, THICKEST * min(rows / largest, 1)) if rows and rows > 0 and largest else 0.0

    at_clean = tuple(thickness(leaving.rows) for leaving in course.at_clean)
    at_gate = tuple(thickness(leaving.rows) for leaving in course.at_gate)
    curated = thickness(course.curated)
    gated = max(thickness(course.gated), curated + sum(at_gate)) if course.gated is not None else 0.0
    cleaned = max(thickness(course.cleaned), gated + sum(at_clean)) if course.cleaned is not None else 0.0
    landed = cleaned if course.landed == course.cleaned else thickness(course.landed)
    return Bands(landed, cleaned, gated, curated, at_clean, at_gate)
