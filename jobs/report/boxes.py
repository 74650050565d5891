"""The right-hand side of the wide picture: tables as boxes, and the links between them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from headgate.jobs.report.svg import label, tag
from headgate.jobs.report.way import Table
from headgate.jobs.report.wording import compact

__all__ = ["Box", "arrivals", "boxed", "links", "placed"]

LINE = 16.0


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


def placed(
    tables: Sequence[Table], mouths: Mapping[str, float], *, x: float, width: float, top: float, floor: float
) -> list[Box]:
    """Place each table as near as it can be to where its rows come from, without overlap.

    Parameters
    ----------
    tables : sequence of Table
        The tables of one column of the picture.
    mouths : mapping of str to float
        The height, in pixels, at which each possible source ends.
    x, width : float
        The column's left edge and width.
    top, floor : float
        Where the column begins, and where it should end if the tables leave room.

    Returns
    -------
    list of Box
        The tables in their order from top to bottom.
    """
    gap = 12.0

    def wish(table: Table) -> float:
        # The first source is the one that a fact or a dimension is built from; the others are looked up.
        return next((mouths[source] for source in table.sources if source in mouths), float("inf"))

    ordered = sorted(tables, key=wish)
    heights = [10 + LINE * len(_box_lines(table)) for table in ordered]
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
        Box(table, x, max(y, top), width, height)
        for table, y, height in zip(ordered, tops, heights, strict=True)
    ]


def _box_lines(table: Table) -> list[tuple[str, str]]:
    lines = [(table.name, "name small")]
    if table.status == "done":
        lines.append((f"{compact(table.published)} rows", "number"))
    elif table.status == "unchanged" and table.published is not None:
        lines.append((f"{compact(table.published)} rows, unchanged", "muted"))
    else:
        lines.append((table.status, "muted" if table.status == "unchanged" else "trouble"))
    shown = table.leavings if len(table.leavings) <= 3 else table.leavings[:2]
    lines += [
        (
            f"{compact(leaving.rows)} {leaving.name.removeprefix('dropped: ')}",
            "trouble" if leaving.to_quarantine else "muted",
        )
        for leaving in shown
    ]
    if rest := table.leavings[len(shown) :]:
        lines.append((f"{compact(sum(leaving.rows for leaving in rest))} in {len(rest)} more ways", "muted"))
    return lines


def boxed(box: Box) -> Iterator[Markup]:
    """Draw a table: its name, its rows, and what was left behind on the way into it.

    Parameters
    ----------
    box : Box
        The table at its place.

    Yields
    ------
    Markup
        SVG elements.
    """
    yield tag("rect", x=box.x, y=box.y, width=box.width, height=box.height, rx=3, class_="box")
    yield tag("rect", x=box.x, y=box.y, width=2, height=box.height, class_="node")
    for i, (text, kind) in enumerate(_box_lines(box.table)):
        yield label(text, box.x + 11, box.y + 16 + LINE * i, class_=kind, room=box.width - 18)


def links(boxes: Sequence[Box], begins: Mapping[str, tuple[float, float]]) -> Iterator[Markup]:
    """Draw a line from every source to what is built from it, the sources only looked up fainter.

    Parameters
    ----------
    boxes : sequence of Box
        What is built.
    begins : mapping of str to (float, float)
        The point at which each source ends.

    Yields
    ------
    Markup
        SVG elements, to be drawn beneath everything else.
    """
    for box in boxes:
        for i, source in enumerate(source for source in box.table.sources if source in begins):
            x, y = begins[source]
            half = (box.x - x) / 2
            path = (
                f"M{x:.1f},{y:.1f} C{x + half:.1f},{y:.1f} {box.x - half:.1f},{box.middle:.1f} "
                f"{box.x:.1f},{box.middle:.1f}"
            )
            yield tag("path", d=path, class_="link also" if i else "link")


def arrivals(boxes: Sequence[Box]) -> Iterator[Markup]:
    """Write how many rows each table read where its arrow arrives.

    Parameters
    ----------
    boxes : sequence of Box
        What is built.

    Yields
    ------
    Markup
        SVG elements, to be drawn above everything else.
    """
    for box in boxes:
        if box.table.sources:
            tip = f"M{box.x:.1f},{box.middle:.1f} l-6,-3.5 v7 z"
            yield tag("path", d=tip, class_="tip")
            if box.table.read is not None:
                number = compact(box.table.read)
                yield tag(
                    "text", number, x=box.x - 9, y=box.middle - 6, class_="number halo", text_anchor="end"
                )
