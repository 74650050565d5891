"""The three curves that judge a classifier: ROC, precision and recall, calibration."""

from __future__ import annotations

import math
from collections.abc import Sequence

from markupsafe import Markup

from headgate.jobs.report.summary import Model
from headgate.jobs.report.svg import drawing, tag
from headgate.jobs.report.wording import compact, decimal, percent

__all__ = ["calibration_curve", "pr_curve", "roc_curve"]

WIDTH = 340.0
HEIGHT = 320.0
LEFT, TOP, SIDE = 54.0, 10.0, 264.0
MOST_POINTS = 240

Point = tuple[float, float]


def roc_curve(model: Model, *, identity: str) -> Markup:
    """Draw true against false positive rate, with the line of chance.

    Parameters
    ----------
    model : Model
        Its ``roc`` points and ``roc_auc``.
    identity : str
        An id for the picture.

    Returns
    -------
    Markup
        One ``svg`` element.
    """
    parts = [
        *_frame("false positive rate", "true positive rate", 1.0),
        _line([(0, 0), (1, 1)], 1.0, "reference"),
        _word("chance", 0.72, 0.66, 1.0, "heading"),
        _line(model.roc, 1.0, "curve"),
        _word(f"area {decimal(model.roc_auc)}", 0.96, 0.06, 1.0, "figure-word"),
    ]
    return _drawing(
        identity, "ROC curve", f"Area under the curve {decimal(model.roc_auc)}; chance would give 0.5.", parts
    )


def pr_curve(model: Model, *, identity: str) -> Markup:
    """Draw precision against recall, with the base rate that guessing would reach.

    Parameters
    ----------
    model : Model
        Its ``pr`` points, ``pr_auc`` and ``base_rate``.
    identity : str
        An id for the picture.

    Returns
    -------
    Markup
        One ``svg`` element.
    """
    parts = _frame("recall", "precision", 1.0)
    if model.base_rate is not None:
        parts.append(_line([(0, model.base_rate), (1, model.base_rate)], 1.0, "reference"))
        # Beneath the line where there is room, or else above the curve's own end.
        under = model.base_rate > 0.08
        parts.append(
            _word(
                f"base rate {percent(model.base_rate)}",
                0.04,
                model.base_rate - 0.06 if under else 0.1,
                1.0,
                "heading",
                "start",
            )
        )
    parts.append(_line(model.pr, 1.0, "curve"))
    parts.append(_word(f"area {decimal(model.pr_auc)}", 0.96, 0.92, 1.0, "figure-word"))
    return _drawing(
        identity,
        "Precision and recall",
        f"Area under the curve {decimal(model.pr_auc)}; guessing would give {percent(model.base_rate)}.",
        parts,
    )


def calibration_curve(model: Model, *, identity: str) -> Markup:
    """Draw observed against predicted rates, with the line where both are equal.

    Parameters
    ----------
    model : Model
        Its ``calibration`` bins: predicted, observed, rows.
    identity : str
        An id for the picture.

    Returns
    -------
    Markup
        One ``svg`` element; the larger a dot, the more rows in its bin.
    """
    bins = [(min(max(p, 0.0), 1.0), min(max(o, 0.0), 1.0), max(n, 0.0)) for p, o, n in model.calibration]
    top = _round_up(max((max(p, o) for p, o, _ in bins), default=1.0))
    most = max((n for _, _, n in bins), default=1.0) or 1.0
    parts = [
        *_frame("predicted rate", "observed rate", top),
        _line([(0, 0), (top, top)], top, "reference"),
        _word("perfect", 0.8 * top, 0.86 * top, top, "heading"),
        _line([(p, o) for p, o, _ in bins], top, "curve thin"),
    ]
    for predicted, observed, rows in bins:
        x, y = _at((predicted, observed), top)
        told = f"predicted {percent(predicted)}, observed {percent(observed)}, {compact(rows)} rows"
        parts.append(
            tag("circle", tag("title", told), cx=x, cy=y, r=2.5 + 2.5 * math.sqrt(rows / most), class_="dot")
        )
    told = " ".join(f"Predicted {percent(p)}, observed {percent(o)}, {compact(n)} rows." for p, o, n in bins)
    return _drawing(identity, "Calibration", told, parts)


def _drawing(identity: str, title: str, description: str, parts: Sequence[Markup]) -> Markup:
    return drawing(
        identity=identity,
        title=title,
        description=description,
        width=WIDTH,
        height=HEIGHT,
        class_="chart",
        parts=parts,
    )


def _at(point: Point, top: float) -> Point:
    return LEFT + SIDE * point[0] / top, TOP + SIDE * (1 - point[1] / top)


def _frame(across: str, up: str, top: float) -> list[Markup]:
    parts = []
    for i in range(5):
        share = i / 4
        x, y = LEFT + SIDE * share, TOP + SIDE * (1 - share)
        parts.append(tag("line", x1=LEFT, x2=LEFT + SIDE, y1=y, y2=y, class_="axis" if i == 0 else "grid"))
        if i % 2 == 0:
            text = percent(share * top, 0 if top >= 0.2 else 1)
            parts.append(tag("text", text, x=LEFT - 8, y=y + 4, class_="tick", text_anchor="end"))
            parts.append(tag("text", text, x=x, y=TOP + SIDE + 17, class_="tick", text_anchor="middle"))
    parts.append(
        tag("text", across, x=LEFT + SIDE / 2, y=TOP + SIDE + 36, class_="heading", text_anchor="middle")
    )
    parts.append(
        tag(
            "text",
            up,
            x=0,
            y=0,
            transform=f"translate(11 {TOP + SIDE / 2:.0f}) rotate(-90)",
            class_="heading",
            text_anchor="middle",
        )
    )
    return parts


def _line(points: Sequence[Point], top: float, kind: str) -> Markup:
    step = max(len(points) / MOST_POINTS, 1.0)
    kept = [points[int(i * step)] for i in range(int(len(points) / step))]
    if points and kept[-1] != points[-1]:
        kept.append(points[-1])
    path = " L".join("{:.1f},{:.1f}".format(*_at(point, top)) for point in kept)
    return tag("path", d=f"M{path}" if kept else "", class_=kind)


def _word(text: str, x: float, y: float, top: float, kind: str, anchor: str = "end") -> Markup:
    at = _at((x, y), top)
    return tag("text", text, x=at[0], y=at[1], class_=f"{kind} halo", text_anchor=anchor)


def _round_up(top: float) -> float:
    return next((step for step in (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0) if top <= step), 1.0)
