"""The way of the data from left to right, for a desk and for paper."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from headgate.jobs.report.bands import bands
from headgate.jobs.report.boxes import arrivals, boxed, links, placed
from headgate.jobs.report.svg import drawing, fit, label, tag, text_width
from headgate.jobs.report.way import Course, Leaving, Way
from headgate.jobs.report.wording import compact, plain

__all__ = ["flow_wide"]

WIDTH = 1160.0
HEADING = 34.0
NAME_TO_BAND = 42.0
LINE = 17.0
BETWEEN = 26.0


@dataclass(frozen=True)
class Columns:
    """Where each stage stands, in pixels from the left."""

    landing: float
    raw: float
    clean: float
    gate: float
    curated: float
    star: float | None
    star_width: float
    export: float | None
    export_width: float


def flow_wide(way: Way) -> Markup:
    """Draw the way of the data as one picture, from left to right.

    Parameters
    ----------
    way : Way
        What is to be drawn.

    Returns
    -------
    Markup
        One ``svg`` element, 1160 pixels wide and as high as it needs to be.
    """
    columns = _columns(way)
    parts: list[Markup] = []
    mouths: dict[str, float] = {}
    y = HEADING
    for course in way.courses:
        drawn, mouths[course.dataset], y = _course(course, columns, y)
        parts.extend(drawn)
        y += BETWEEN
    floor = max(y - BETWEEN, HEADING)
    star = placed(
        way.star, mouths, x=columns.star or 0, width=columns.star_width, top=HEADING + 6, floor=floor
    )
    exports = placed(
        way.exports,
        {box.table.name: box.middle for box in star},
        x=columns.export or 0,
        width=columns.export_width,
        top=HEADING + 6,
        floor=floor,
    )
    height = max([floor, *(box.y + box.height for box in (*star, *exports))]) + 8
    connections = [
        *links(star, {name: (columns.curated + 2, at) for name, at in mouths.items()}),
        *links(exports, {box.table.name: (box.x + box.width, box.middle) for box in star}),
    ]
    return drawing(
        identity="flow-wide",
        title="The way of the data, from landing to export",
        description=way.in_words(),
        width=WIDTH,
        height=height,
        class_="flow wide",
        parts=[
            *_grid(columns, height),
            *connections,
            *parts,
            *(part for box in (*star, *exports) for part in boxed(box)),
            *arrivals(star),
            *arrivals(exports),
        ],
    )


def _columns(way: Way) -> Columns:
    step, star, export = 240.0, None, None
    if way.exports:
        step, star, export = 134.0, 740.0 if way.star else None, 984.0
    elif way.star:
        step, star = 170.0, 940.0
    return Columns(0, step, 2 * step, 3 * step, 4 * step, star, 168 if export else 220, export, 176)


def _grid(columns: Columns, height: float) -> Iterator[Markup]:
    named = (
        ("Landing", columns.landing),
        ("Raw", columns.raw),
        ("Clean", columns.clean),
        ("Gate", columns.gate),
        ("Curated", columns.curated),
        ("Star", columns.star),
        ("Export", columns.export),
    )
    for name, x in named:
        if x is None:
            continue
        yield tag("text", name, x=x, y=13, class_="stage")
        if name not in ("Star", "Export"):
            yield tag("line", x1=x + 1, x2=x + 1, y1=HEADING - 12, y2=height, class_="grid")


def _course(course: Course, columns: Columns, y: float) -> tuple[list[Markup], float, float]:
    """Draw one dataset; tell the height at which its band ends and the picture's new floor."""
    parts = [label(course.dataset, 8, y + 15, class_="name", room=columns.raw * 2 - 20, size=14)]
    if course.stands and course.stop is None:
        beside = 8 + min(text_width(course.dataset, size=14), columns.raw * 2 - 20) + 10
        parts.append(tag("text", "unchanged", x=beside, y=y + 15, class_="stop-word quiet"))
    top = y + NAME_TO_BAND
    thick = bands(course)
    segments = (
        (columns.landing, columns.raw, course.landed, thick.landed),
        (columns.raw, columns.clean, course.cleaned, thick.cleaned),
        (columns.clean, columns.gate, course.gated, thick.gated),
        (columns.gate, columns.curated, course.curated, thick.curated),
    )
    for start, end, rows, thickness in segments:
        if rows is None:
            continue
        if thickness:
            parts.append(
                tag("rect", x=start + 2, y=top, width=end - start - 2, height=thickness, class_="band")
            )
        else:
            parts.append(tag("line", x1=start + 2, x2=end, y1=top, y2=top, class_="dry"))
        parts.append(tag("text", compact(rows), x=start + 8, y=top - 6, class_="number"))
    for x, height in (
        (columns.landing, thick.landed),
        (columns.raw, max(thick.landed, thick.cleaned)),
        (columns.clean, max(thick.cleaned, thick.gated)),
        (columns.gate, max(thick.gated, thick.curated)),
        (columns.curated, thick.curated),
    ):
        if height:
            kind = "node gate" if x == columns.gate else "node"
            parts.append(tag("rect", x=x, y=top - 1, width=2, height=max(height, 1) + 2, class_=kind))
    parts.extend(_stop(course, columns, top))
    full = top + max(thick.landed, thick.cleaned, thick.gated, thick.curated, 2)
    below = course.at_gate and _reach(course.at_clean, thick.at_clean, columns.clean) > columns.gate
    gate_parts, gate_floor = _leave(
        course.at_gate,
        thick.at_gate,
        x=columns.gate,
        top=top + thick.curated,
        first=full + 14,
        limit=columns.curated + 90,
    )
    first = (gate_floor + 4 if below else full) + 14
    clean_parts, clean_floor = _leave(
        course.at_clean,
        thick.at_clean,
        x=columns.clean,
        top=top + thick.gated,
        first=first,
        limit=columns.curated + 60,
    )
    parts.extend([*clean_parts, *gate_parts])
    return parts, top + thick.curated / 2, max(full, gate_floor, clean_floor)


def _stop(course: Course, columns: Columns, top: float) -> Iterator[Markup]:
    if course.stop is None or course.stopped is None:
        return
    quiet = " quiet" if course.quiet else ""
    begin = {"raw": columns.raw, "clean": columns.clean, "gate": columns.gate, "curated": columns.raw}[
        course.stop
    ]
    if course.stop == "clean" and course.cleaned is None:
        begin = columns.raw
    yield tag("line", x1=begin + 2, x2=columns.curated, y1=top + 1, y2=top + 1, class_=f"stopped{quiet}")
    yield label(
        course.stopped,
        begin + 10,
        top - 6,
        class_=f"stop-word{quiet}",
        room=max(columns.curated - begin, 150) + 20,
    )
    if not course.quiet:
        yield tag(
            "path",
            d=f"M{begin - 4:.0f},{top - 5:.0f} v12 M{begin + 1:.0f},{top - 5:.0f} v12",
            class_="barred",
        )


def _leave(
    leavings: Sequence[Leaving],
    thicknesses: Sequence[float],
    *,
    x: float,
    top: float,
    first: float,
    limit: float,
) -> tuple[list[Markup], float]:
    """Let bands turn out of the way, each down to a line of its own; tell how far down they reach."""
    parts: list[Markup] = []
    slice_top, line, floor = top, first, 0.0
    text_x = _text_x(x, thicknesses)
    for i, (leaving, thickness) in enumerate(zip(leavings, thicknesses, strict=True)):
        line += thickness / 2
        from_y = slice_top + thickness / 2
        bend = x + 8 + sum(thicknesses[i + 1 :]) + 3 * (len(thicknesses) - i - 1) + thickness / 2
        radius = min(6 + thickness / 2, max(line - from_y, 1) / 2)
        path = (
            f"M{x + 2:.1f},{from_y:.1f} H{bend - radius:.1f} "
            f"Q{bend:.1f},{from_y:.1f} {bend:.1f},{from_y + radius:.1f} V{line - radius:.1f} "
            f"Q{bend:.1f},{line:.1f} {bend + radius:.1f},{line:.1f} H{text_x - 6:.1f}"
        )
        kind = "leaving quarantine" if leaving.to_quarantine else "leaving"
        parts.append(tag("path", d=path, stroke_width=thickness, class_=kind))
        parts.append(_leaving_label(leaving, text_x, line + 4, limit - text_x))
        floor = line + max(thickness / 2, 6)
        slice_top += thickness
        line += thickness / 2 + LINE - 2
    return parts, floor


def _leaving_label(leaving: Leaving, x: float, y: float, room: float) -> Markup:
    number = compact(leaving.rows)
    whole = plain(leaving.name)
    seen = fit(whole, room=room - text_width(number) - 6)
    title = [tag("title", whole)] if seen != whole else []
    kind = "leaving-label quarantine" if leaving.to_quarantine else "leaving-label"
    return tag("text", *title, tag("tspan", number, class_="number"), " ", seen, x=x, y=y, class_=kind)


def _text_x(x: float, thicknesses: Sequence[float]) -> float:
    """Place the labels of what leaves at ``x`` to the right of its last bend."""
    return x + 22 + sum(thicknesses) + 3 * len(thicknesses)


def _reach(leavings: Sequence[Leaving], thicknesses: Sequence[float], x: float) -> float:
    """Tell where the first label ends, which alone could run into what leaves at the next stage."""
    if not leavings:
        return x
    return _text_x(x, thicknesses) + text_width(f"{compact(leavings[0].rows)} {leavings[0].name}")
