"""The way of the data from left to right, for a desk and for paper."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from jobs.report.bands import bands
from jobs.report.svg import drawing, fit, label, tag, text_width
from jobs.report.way import Course, Leaving, Table, Way
from jobs.report.wording import compact, plain

__all__ = ["flow_wide"]

WIDTH = 1160.0
HEADING = 34.0
NAME_TO_BAND = 42.0
LINE = 17.0
BETWEEN = 26.0
BOX_LINE = 16.0


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


@dataclass(frozen=True)
class Box:
    """A table drawn at a place."""

    table: Table
    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> float:
        """The height at which arrows come and go."""
        return self.y + self.height / 2


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
    star = _boxes(way.star, mouths, x=columns.star or 0, width=columns.star_width, top=HEADING + 6, floor=floor)
    exports = _boxes(
        way.exports,
        {box.table.name: box.middle for box in star},
        x=columns.export or 0,
        width=columns.export_width,
        top=HEADING + 6,
        floor=floor,
    )
    height = max([floor, *(box.y + box.height for box in (*star, *exports))]) + 8
    links = [
        *_links(star, {name: (columns.curated + 2, at) for name, at in mouths.items()}),
        *_links(exports, {box.table.name: (box.x + box.width, box.middle) for box in star}),
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
            *links,
            *parts,
            *(part for box in (*star, *exports) for part in _box(box)),
            *_arrivals(star),
            *_arrivals(exports),
        ],
    )


def _columns(way: Way) -> Columns:
    if way.star and way.exports:
        step, star, export = 138.0, 756.0, 1010.0
    elif way.star:
        step, star, export = 170.0, 940.0, None
    else:
        step, star, export = 240.0, None, None
    return Columns(0, step, 2 * step, 3 * step, 4 * step, star, 172 if export else 220, export, 150)


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
            parts.append(tag("rect", x=start + 2, y=top, width=end - start - 2, height=thickness, class_="band"))
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
    share_a_line = all(_label_width(leaving) + 44 < columns.gate - columns.clean for leaving in course.at_clean)
    below = 0 if share_a_line else len(course.at_gate)
    gate_parts, gate_floor = _leave(
        course.at_gate, thick.at_gate, x=columns.gate, top=top + thick.curated, first=full + 14, limit=columns.curated + 90
    )
    first = (gate_floor + 4 if below else full) + 14
    clean_parts, clean_floor = _leave(
        course.at_clean, thick.at_clean, x=columns.clean, top=top + thick.gated, first=first, limit=columns.curated + 30
    )
    parts.extend([*clean_parts, *gate_parts])
    return parts, top + thick.curated / 2, max(full, gate_floor, clean_floor)


def _stop(course: Course, columns: Columns, top: float) -> Iterator[Markup]:
    if course.stop is None or course.stopped is None:
        return
    quiet = " quiet" if course.quiet else ""
    begin = {"raw": columns.raw, "clean": columns.clean, "gate": columns.gate, "curated": columns.raw}[course.stop]
    if course.stop == "clean" and course.cleaned is None:
        begin = columns.raw
    yield tag("line", x1=begin + 2, x2=columns.curated, y1=top + 1, y2=top + 1, class_=f"stopped{quiet}")
    yield label(
        course.stopped, begin + 10, top - 6, class_=f"stop-word{quiet}", room=max(columns.curated - begin, 150) + 20
    )
    if not course.quiet:
        yield tag("path", d=f"M{begin - 4:.0f},{top - 5:.0f} v12 M{begin + 1:.0f},{top - 5:.0f} v12", class_="barred")


def _leave(
    leavings: Sequence[Leaving], thicknesses: Sequence[float], *, x: float, top: float, first: float, limit: float
) -> tuple[list[Markup], float]:
    """Let bands turn out of the way, each down to a line of its own; tell how far down they reach."""
    parts: list[Markup] = []
    slice_top, line, floor = top, first, 0.0
    text_x = x + 22 + sum(thicknesses) + 3 * len(thicknesses)
    for i, (leaving, thickness) in enumerate(zip(leavings, thicknesses, strict=True)):
        line += thickness / 2
        from_y = slice_top + thickness / 2
        bend = x + 8 + sum(thicknesses[i + 1 :]) + 3 * (len(thicknesses) - i - 1) + thickness / 2
        radius = min(6 + thickness / 2, max(line - from_y, 1) / 2)
        path = (
            f"M{x + 2:.1f},{from_y:.1f} H{bend - radius:.1f} Q{bend:.1f},{from_y:.1f} {bend:.1f},{from_y + radius:.1f} "
            f"V{line - radius:.1f} Q{bend:.1f},{line:.1f} {bend + radius:.1f},{line:.1f} H{text_x - 6:.1f}"
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


def _label_width(leaving: Leaving) -> float:
    return text_width(f"{compact(leaving.rows)} {leaving.name}")


def _boxes(
    tables: Sequence[Table], mouths: dict[str, float], *, x: float, width: float, top: float, floor: float
) -> list[Box]:
    """Place each table as near as it can be to where its rows come from, without overlap."""
    gap = 12.0

    def wish(table: Table) -> float:
        at = [mouths[source] for source in table.sources if source in mouths]
        return sum(at) / len(at) if at else float("inf")

    ordered = sorted(tables, key=wish)
    heights = [10 + BOX_LINE * len(_box_lines(table)) for table in ordered]
    tops: list[float] = []
    at = top
    for table, height in zip(ordered, heights, strict=True):
        wished = wish(table) - height / 2
        at = max(at, wished if wished != float("inf") else at)
        tops.append(at)
        at += height + gap
    # What was pushed below the floor pushes back upwards, as far as the ceiling.
    bottom = max(floor, top + sum(heights) + gap * (len(heights) - 1))
    for i in reversed(range(len(tops))):
        tops[i] = min(tops[i], bottom - heights[i])
        bottom = tops[i] - gap
    return [
        Box(table, x, max(y, top), width, height) for table, y, height in zip(ordered, tops, heights, strict=True)
    ]


def _box_lines(table: Table) -> list[tuple[str, str]]:
    lines = [(table.name, "name small")]
    if table.status == "done":
        lines.append((f"{compact(table.published)} rows", "number"))
    else:
        lines.append((table.status, "muted" if table.status == "unchanged" else "trouble"))
    shown = table.leavings if len(table.leavings) <= 3 else table.leavings[:2]
    lines += [
        (f"{compact(leaving.rows)} {leaving.name}", "trouble" if leaving.to_quarantine else "muted") for leaving in shown
    ]
    if rest := table.leavings[len(shown) :]:
        lines.append((f"{compact(sum(leaving.rows for leaving in rest))} in {len(rest)} more ways", "muted"))
    return lines


def _box(box: Box) -> Iterator[Markup]:
    yield tag("rect", x=box.x, y=box.y, width=box.width, height=box.height, rx=3, class_="box")
    yield tag("rect", x=box.x, y=box.y, width=2, height=box.height, class_="node")
    for i, (text, kind) in enumerate(_box_lines(box.table)):
        yield label(text, box.x + 11, box.y + 16 + BOX_LINE * i, class_=kind, room=box.width - 18)


def _links(boxes: Sequence[Box], begins: dict[str, tuple[float, float]]) -> Iterator[Markup]:
    for box in boxes:
        for source in box.table.sources:
            if source in begins:
                x, y = begins[source]
                half = (box.x - x) / 2
                path = (
                    f"M{x:.1f},{y:.1f} C{x + half:.1f},{y:.1f} {box.x - half:.1f},{box.middle:.1f} "
                    f"{box.x:.1f},{box.middle:.1f}"
                )
                yield tag("path", d=path, class_="link")


def _arrivals(boxes: Sequence[Box]) -> Iterator[Markup]:
    for box in boxes:
        if box.table.sources:
            tip = f"M{box.x:.1f},{box.middle:.1f} l-6,-3.5 v7 z"
            yield tag("path", d=tip, class_="tip")
            if box.table.read is not None:
                number = compact(box.table.read)
                yield tag("text", number, x=box.x - 9, y=box.middle - 6, class_="number halo", text_anchor="end")
