"""The way of one dataset from top to bottom, for a phone."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from headgate.jobs.report.bands import THICKEST, bands
from headgate.jobs.report.svg import drawing, fit, tag, text_width
from headgate.jobs.report.way import Course, Leaving, Way
from headgate.jobs.report.wording import compact, plain

__all__ = ["flow_tall"]

WIDTH = 340.0
SPINE = 76.0
STEP = 34.0
LINE = 19.0


def flow_tall(course: Course, *, identity: str) -> Markup:
    """Draw one dataset's way from landing to curated, from top to bottom.

    Parameters
    ----------
    course : Course
        What is to be drawn.
    identity : str
        An id for the picture.

    Returns
    -------
    Markup
        One ``svg`` element, 340 pixels wide.
    """
    thick = bands(course)
    parts: list[Markup] = []
    y = 8.0
    stages: tuple[tuple[str, str, int | None, float, Sequence[Leaving], Sequence[float]], ...] = (
        ("landing", "Landing", course.landed, thick.landed, (), ()),
        ("raw", "Raw", course.cleaned, thick.cleaned, (), ()),
        ("clean", "Clean", course.gated, thick.gated, course.at_clean, thick.at_clean),
        ("gate", "Gate", course.curated, thick.curated, course.at_gate, thick.at_gate),
    )
    arriving = 0.0
    for key, name, rows, thickness, leavings, thicknesses in stages:
        parts.append(tag("text", name, x=SPINE - 12, y=y + 4, class_="stage", text_anchor="end"))
        widest = max(arriving, thickness)
        if widest:
            kind = "node gate" if key == "gate" else "node"
            parts.append(tag("rect", x=SPINE - 1, y=y - 1, width=widest + 2, height=2, class_=kind))
        drawn, below = _leave(leavings, thicknesses, left=SPINE + thickness, right=SPINE + widest, y=y)
        parts.extend(drawn)
        length = max(STEP, below - y + 20)
        if rows is not None and thickness:
            parts.append(tag("rect", x=SPINE, y=y + 1, width=thickness, height=length - 1, class_="band"))
        elif course.stop is not None and rows is None:
            quiet = " quiet" if course.quiet else ""
            parts.append(
                tag("line", x1=SPINE + 1, x2=SPINE + 1, y1=y, y2=y + length, class_=f"stopped{quiet}")
            )
        if rows is not None:
            middle = y + length - STEP / 2 + 4
            parts.append(tag("text", compact(rows), x=SPINE + THICKEST + 10, y=middle, class_="number"))
        elif course.stopped and key == {"curated": "raw", "clean": "raw"}.get(course.stop or "", course.stop):
            quiet = " quiet" if course.quiet else ""
            word = fit(course.stopped, room=WIDTH - SPINE - 24)
            parts.append(
                tag("text", word, x=SPINE + 12, y=y + length - STEP / 2 + 4, class_=f"stop-word{quiet}")
            )
        arriving = thickness
        y += length
    parts.append(tag("text", "Curated", x=SPINE - 12, y=y + 4, class_="stage", text_anchor="end"))
    if arriving:
        parts.append(tag("rect", x=SPINE - 1, y=y - 1, width=arriving + 2, height=2, class_="node"))
    return drawing(
        identity=identity,
        title=f"The way of {course.dataset}, from landing to curated",
        description=Way((course,), (), ()).in_words(),
        width=WIDTH,
        height=y + 12,
        class_="flow",
        parts=parts,
    )


def _leave(
    leavings: Sequence[Leaving], thicknesses: Sequence[float], *, left: float, right: float, y: float
) -> tuple[list[Markup], float]:
    """Let bands turn to the right, the outermost first; tell how far down they reach."""
    parts: list[Markup] = []
    x, line = left + sum(thicknesses), y + 12
    text_x = max(right, x) + 26
    for leaving, thickness in zip(leavings, thicknesses, strict=True):
        x -= thickness
        line += thickness / 2
        at = x + thickness / 2
        radius = min(6 + thickness / 2, max(line - y, 1) / 2)
        path = (
            f"M{at:.1f},{y + 1:.1f} V{line - radius:.1f} Q{at:.1f},{line:.1f} {at + radius:.1f},{line:.1f} "
            f"H{text_x - 6:.1f}"
        )
        kind = " quarantine" if leaving.to_quarantine else ""
        number, whole = compact(leaving.rows), plain(leaving.name)
        seen = fit(whole, room=WIDTH - text_x - text_width(number) - 6)
        title = [tag("title", whole)] if seen != whole else []
        parts.append(tag("path", d=path, stroke_width=thickness, class_=f"leaving{kind}"))
        parts.append(
            tag(
                "text",
                *title,
                tag("tspan", number, class_="number"),
                " ",
                seen,
                x=text_x,
                y=line + 4,
                class_=f"leaving-label{kind}",
            )
        )
        line += thickness / 2 + LINE - 2
    return parts, line
