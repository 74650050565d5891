"""Small lines that show how a number went from batch to batch."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from headgate.jobs.report.svg import tag

__all__ = ["sparkline"]

WIDTH, HEIGHT, MARGIN = 120.0, 22.0, 3.0


def sparkline(values: Sequence[float]) -> Markup:
    """Draw a line through `values`, the last one marked; unseen by screen readers: numbers are beside it.

    Parameters
    ----------
    values : sequence of float
        The oldest first. Fewer than two draw nothing.

    Returns
    -------
    Markup
        One ``svg`` element, or nothing.

    Examples
    --------
    >>> sparkline([1, 2])[:22], sparkline([1])
    (Markup('<svg class="sparkline"'), Markup(''))
    """
    if len(values) < 2:
        return Markup("")
    low, high = min(values), max(values)
    step = (WIDTH - 2 * MARGIN) / (len(values) - 1)
    # What does not change runs through the middle.
    heights = [(value - low) / (high - low) if high > low else 0.5 for value in values]
    points = [
        (MARGIN + at * step, HEIGHT - MARGIN - share * (HEIGHT - 2 * MARGIN))
        for at, share in enumerate(heights)
    ]
    return tag(
        "svg",
        tag("polyline", points=" ".join(f"{x:.1f},{y:.1f}" for x, y in points)),
        tag("circle", cx=points[-1][0], cy=points[-1][1], r=2.5),
        class_="sparkline",
        viewBox=f"0 0 {WIDTH:.0f} {HEIGHT:.0f}",
        width=WIDTH,
        height=HEIGHT,
        aria_hidden="true",
    )
