"""Horizontal bars: rates with their intervals, importances, and the small bars of tables."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from headgate.jobs.report.intervals import wilson
from headgate.jobs.report.summary import Breakdown, Group
from headgate.jobs.report.svg import drawing, label, tag, text_width
from headgate.jobs.report.wording import compact, decimal, percent, plain

__all__ = ["importance_bars", "rate_bars", "small_bar"]

WIDTH = 360.0
ROW = 25.0
MOST_ROWS = 24
LABEL_ROOM = 112.0
# A group smaller than this has so wide an interval that it would squash the scale for all others.
COUNTS_FOR_SCALE = 30


def rate_bars(breakdown: Breakdown, *, identity: str) -> Markup:
    """Draw a rate by the values of an attribute, with counts and 95 % Wilson intervals.

    Parameters
    ----------
    breakdown : Breakdown
        The metric and its groups, drawn in their own order.
    identity : str
        An id for the picture.

    Returns
    -------
    Markup
        One ``svg`` element, 360 pixels wide. Beyond 24 groups the ones with most rows are drawn
        and the last line says how many are not.
    """
    groups = _largest(breakdown.rows)
    names = ["not known" if group.value is None else plain(group.value) or "empty text" for group in groups]
    above = any(text_width(name) > LABEL_ROOM for name in names)
    left, right = (0.0 if above else LABEL_ROOM + 8), WIDTH - 116
    row = ROW + 15 if above else ROW
    top = 34.0
    intervals = [_interval(group) for group in groups]
    scale = _ceiling(groups, intervals)

    def x(rate: float) -> float:
        return left + (right - left) * min(rate / scale, 1)

    parts = [
        tag("text", "rate", x=WIDTH - 64, y=13, class_="heading", text_anchor="end"),
        tag("text", "rows", x=WIDTH, y=13, class_="heading", text_anchor="end"),
    ]
    height = top + row * len(groups)
    overall = breakdown.overall
    if overall is not None:
        at = x(overall)
        parts.append(tag("line", x1=at, x2=at, y1=20, y2=height - 4, class_="reference"))
        parts.append(
            tag(
                "text",
                f"all {percent(overall)}",
                x=min(max(at, left + 28), right - 10),
                y=13,
                class_="heading",
                text_anchor="middle",
            )
        )
    told = []
    for i, (group, name, interval) in enumerate(zip(groups, names, intervals, strict=True)):
        y = top + row * i
        parts.append(
            label(name, 0, y + 9, class_="label halo", room=WIDTH)
            if above
            else label(name, LABEL_ROOM, y + 12, class_="label", room=LABEL_ROOM, anchor="end")
        )
        middle = y + (24 if above else 8)
        parts.append(tag("line", x1=left, x2=left, y1=middle - 8, y2=middle + 8, class_="axis"))
        if group.rate is not None:
            parts.append(
                tag("rect", x=left, y=middle - 5, width=x(group.rate) - left, height=10, class_="bar")
            )
        if interval:
            low, high = interval
            cut = high > scale * 1.0001
            parts.append(tag("line", x1=x(low), x2=x(high), y1=middle, y2=middle, class_="whisker"))
            parts.append(tag("line", x1=x(low), x2=x(low), y1=middle - 3, y2=middle + 3, class_="whisker"))
            end = f"M{x(high):.1f},{middle:.1f} " + ("m-4,-3.5 l5,3.5 l-5,3.5" if cut else "m0,-3 v6")
            parts.append(tag("path", d=end, class_="whisker"))
        parts.append(
            tag("text", percent(group.rate), x=WIDTH - 64, y=middle + 4, class_="number", text_anchor="end")
        )
        parts.append(
            tag("text", compact(group.encounters), x=WIDTH, y=middle + 4, class_="muted", text_anchor="end")
        )
        told.append(_in_words(name, group, interval))
    if unseen := len(breakdown.rows) - len(groups):
        note = f"and {unseen} smaller groups, not drawn"
        parts.append(tag("text", note, x=left, y=height + 12, class_="heading"))
        height += 18
    return drawing(
        identity=identity,
        title=f"{breakdown.metric} by {breakdown.by}",
        description=" ".join(told),
        width=WIDTH,
        height=height,
        class_="chart",
        parts=parts,
    )


def _largest(groups: Sequence[Group]) -> list[Group]:
    if len(groups) <= MOST_ROWS:
        return list(groups)
    least = sorted((group.encounters for group in groups), reverse=True)[MOST_ROWS - 1]
    return [group for group in groups if group.encounters >= least][:MOST_ROWS]


def _interval(group: Group) -> tuple[float, float] | None:
    if group.rate is None or not group.encounters:
        return None
    return wilson(rate=group.rate, trials=group.encounters)


def _ceiling(groups: Sequence[Group], intervals: Sequence[tuple[float, float] | None]) -> float:
    rates = [group.rate for group in groups if group.rate is not None]
    highs = [
        interval[1]
        for group, interval in zip(groups, intervals, strict=True)
        if interval and group.encounters >= COUNTS_FOR_SCALE
    ]
    return min(max([*rates, *highs], default=1.0) * 1.04, 1.0) or 1.0


def _in_words(name: str, group: Group, interval: tuple[float, float] | None) -> str:
    sure = f" (95% interval {percent(interval[0])} to {percent(interval[1])})" if interval else ""
    return f"{name}: {percent(group.rate)}{sure} of {compact(group.encounters)}."


def importance_bars(importances: Sequence[tuple[str, float]], *, identity: str, most: int = 15) -> Markup:
    """Draw the features a model leans on, the strongest first.

    Parameters
    ----------
    importances : sequence of (str, float)
        Feature and importance, in any order and unit; negative values are drawn to the left.
    identity : str
        An id for the picture.
    most : int
        How many features to draw at most.

    Returns
    -------
    Markup
        One ``svg`` element, 360 pixels wide.
    """
    ranked = sorted(importances, key=lambda pair: -pair[1])
    shown = ranked[:most]
    low = min([0.0, *(value for _, value in shown)])
    high = max([0.0, *(value for _, value in shown)])
    left, right = 158.0, WIDTH - 62
    span = (high - low) or 1.0

    def x(value: float) -> float:
        return left + (right - left) * (value - low) / span

    parts = []
    for i, (name, value) in enumerate(shown):
        middle = 10 + 22 * i
        begin, end = sorted((x(0), x(value)))
        parts.append(label(name, 150, middle + 4, class_="label", room=150, anchor="end"))
        parts.append(
            tag(
                "rect",
                x=begin,
                y=middle - 5,
                width=end - begin,
                height=10,
                class_="bar" if value >= 0 else "bar less",
            )
        )
        parts.append(
            tag("text", decimal(value, 4), x=WIDTH, y=middle + 4, class_="number", text_anchor="end")
        )
    height = 22.0 * len(shown)
    parts.append(tag("line", x1=x(0), x2=x(0), y1=0, y2=height, class_="axis"))
    if unseen := len(ranked) - len(shown):
        parts.append(
            tag("text", f"and {unseen} weaker features, not drawn", x=left, y=height + 14, class_="heading")
        )
        height += 20
    return drawing(
        identity=identity,
        title="Importance of the features",
        description=" ".join(f"{name}: {decimal(value, 4)}." for name, value in shown),
        width=WIDTH,
        height=height + 4,
        class_="chart",
        parts=parts,
    )


def small_bar(share: float | None, kind: str = "") -> Markup:
    """Draw a share as a bar that fills its table cell, unseen by screen readers: the number is beside it.

    Parameters
    ----------
    share : float or None
        0 to 1; None draws nothing.
    kind : str
        A further class.

    Returns
    -------
    Markup
        One ``svg`` element, or nothing.
    """
    if share is None:
        return Markup("")
    filled = max(min(share, 1.0), 0.0) * 100
    return tag(
        "svg",
        tag("rect", x=0, y=0, width=100, height=6, class_="track"),
        tag("rect", x=0, y=0, width=max(filled, 0.8) if filled else 0, height=6, class_="fill"),
        class_=f"small-bar {kind}".strip(),
        viewBox="0 0 100 6",
        preserveAspectRatio="none",
        aria_hidden="true",
    )
