"""The way of the data as a graph: what is to be drawn, before anybody decides how.

``flow_wide`` draws it from left to right for a desk, ``flow_tall`` from top to bottom for a phone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from headgate.jobs.report.summary import CURATING, Stage, Summary
from headgate.jobs.report.wording import count

__all__ = ["Course", "Leaving", "Table", "Way", "way_of"]

MOST_RULES = 6


@dataclass(frozen=True)
class Leaving:
    """Rows that leave the way at one point.

    Attributes
    ----------
    rows : int
        How many.
    name : str
        Under which name: duplicates, superseded, dropped by a rule, quarantined.
    to_quarantine : bool
        Whether they are kept in quarantine, to be looked at.
    """

    rows: int
    name: str
    to_quarantine: bool = False


@dataclass(frozen=True)
class Course:
    """One dataset from landing to curated.

    Attributes
    ----------
    dataset : str
        Its name.
    landed, cleaned, gated, curated : int or None
        Rows on the four arrows: landing to raw, raw to clean, clean to gate, gate to curated; None
        where the run did not come so far.
    at_clean, at_gate : tuple of Leaving
        What leaves at these two points.
    stop : str or None
        Where the way ends early or nothing moved: ``raw``, ``clean``, ``gate`` or ``curated``.
    stopped : str or None
        Why, in a few words.
    quiet : bool
        Whether the stop is harmless (nothing new to do).
    stands : bool
        Whether nothing new was done: the counts are those of the run that made what stands.
    """

    dataset: str
    landed: int | None
    cleaned: int | None
    gated: int | None
    curated: int | None
    at_clean: tuple[Leaving, ...]
    at_gate: tuple[Leaving, ...]
    stop: str | None
    stopped: str | None
    quiet: bool
    stands: bool = False

    @property
    def largest(self) -> int:
        """The largest count on the way: the scale of the picture's bands."""
        return max((n for n in (self.landed, self.cleaned, self.gated, self.curated) if n), default=0)


@dataclass(frozen=True)
class Table:
    """A table of the star, or an export.

    Attributes
    ----------
    name : str
        Its name.
    sources : tuple of str
        The tables drawn before it that it is built from.
    read, published : int or None
        Rows.
    leavings : tuple of Leaving
        What was left behind on the way into it.
    status : str
        The stage's status.
    """

    name: str
    sources: tuple[str, ...]
    read: int | None
    published: int | None
    leavings: tuple[Leaving, ...]
    status: str


@dataclass(frozen=True)
class Way:
    """All that is drawn."""

    courses: tuple[Course, ...]
    star: tuple[Table, ...]
    exports: tuple[Table, ...]

    @property
    def empty(self) -> bool:
        """Whether nothing was run."""
        return not (self.courses or self.star or self.exports)

    def in_words(self) -> str:
        """Tell the picture to who cannot see it."""
        told = [*map(_course_in_words, self.courses), *map(_table_in_words, (*self.star, *self.exports))]
        return " ".join(told)


def way_of(summary: Summary) -> Way:
    """Gather the stages of a run into the way that its data took.

    Parameters
    ----------
    summary : Summary
        The run.

    Returns
    -------
    Way
        One course per dataset in the order of first appearance, then the tables of the star and
        the exports with what they were built from.
    """
    by_dataset: dict[str, dict[str, Stage]] = {}
    for stage in summary.stages:
        if stage.stage == "ingest" or stage.stage in CURATING:
            step = "ingest" if stage.stage == "ingest" else "curate"
            by_dataset.setdefault(stage.dataset, {})[step] = stage
    courses = tuple(
        _course(dataset, stages.get("ingest"), stages.get("curate")) for dataset, stages in by_dataset.items()
    )
    star_stages = [stage for stage in summary.stages if stage.stage == "star"]
    export_stages = [stage for stage in summary.stages if stage.stage == "export"]
    star_names = [stage.dataset for stage in star_stages]
    return Way(
        courses=courses,
        star=tuple(_table(stage, zone="curated", known=by_dataset) for stage in star_stages),
        exports=tuple(_table(stage, zone="star", known=star_names) for stage in export_stages),
    )


def _course(dataset: str, ingest: Stage | None, curate: Stage | None) -> Course:
    landed = ingest.read if ingest else None
    stop, stopped, quiet = None, None, False
    if ingest and ingest.status not in ("done", "unchanged"):
        stop, stopped = "raw", ingest.status
    if curate is None:
        if stop is None:
            stop, stopped, quiet = "clean", "not cleaned in this run", True
        return Course(dataset, landed, None, None, None, (), (), stop, stopped, quiet)
    if curate.status == "refused":
        stop, stopped = "gate", "refused: nothing published"
    elif curate.status == "unchanged" and not curate.read:
        stop, stopped, quiet = "curated", "unchanged", True
    elif curate.status not in ("done", "unchanged"):
        stop, stopped = "clean", curate.status
    at_clean = _leavings_of_clean(curate)
    gated = None
    if curate.read is not None and stop not in ("clean", "raw", "curated"):
        gated = max(curate.read - sum(leaving.rows for leaving in at_clean), 0)
    return Course(
        dataset=dataset,
        landed=landed,
        cleaned=None if stop == "curated" else curate.read,
        gated=gated,
        curated=curate.published if stop is None else None,
        at_clean=at_clean,
        at_gate=_leavings_of_gate(curate),
        stop=stop,
        stopped=stopped,
        quiet=quiet,
        stands=curate.status == "unchanged",
    )


def _table(stage: Stage, *, zone: str, known: Iterable[str]) -> Table:
    wanted = set(known)
    sources = [
        parts[-1]
        for name, _ in stage.inputs
        if len(parts := name.rstrip("/").split("/")) >= 2 and parts[-2] == zone and parts[-1] in wanted
    ]
    return Table(
        name=stage.dataset,
        sources=tuple(dict.fromkeys(sources)),
        read=stage.read,
        published=stage.published,
        leavings=(*_leavings_of_clean(stage), *_leavings_of_gate(stage)),
        status=stage.status,
    )


def _leavings_of_clean(stage: Stage) -> tuple[Leaving, ...]:
    return tuple(leaving for leaving in _each_leaving_of_clean(stage) if leaving.rows)


def _each_leaving_of_clean(stage: Stage) -> Iterator[Leaving]:
    yield Leaving(stage.duplicates, "duplicates")
    yield Leaving(stage.superseded, "superseded")
    rules = sorted(stage.dropped, key=lambda rule: -rule[1])
    shown = rules if len(rules) <= MOST_RULES else rules[: MOST_RULES - 1]
    for name, rows in shown:
        yield Leaving(rows, f"dropped: {name}")
    if rest := rules[len(shown) :]:
        yield Leaving(sum(rows for _, rows in rest), f"dropped by {len(rest)} more rules")


def _leavings_of_gate(stage: Stage) -> tuple[Leaving, ...]:
    if not stage.quarantined:
        return ()
    # Of a batch that is refused nothing goes to quarantine: its rows stay together, for a look.
    refused = stage.status == "refused"
    name = "turned away" if refused else "quarantined"
    return (Leaving(stage.quarantined, name, to_quarantine=not refused),)


def _course_in_words(course: Course) -> str:
    arrows = [
        f"{count(rows)} rows {arrow}"
        for rows, arrow in (
            (course.landed, "from landing to raw"),
            (course.cleaned, "from raw to clean"),
            (course.gated, "from clean to the gate"),
            (course.curated, "from the gate to curated"),
        )
        if rows is not None
    ]
    leavings = [f"{count(leaving.rows)} {leaving.name}" for leaving in (*course.at_clean, *course.at_gate)]
    told = ", ".join([*arrows, *leavings, *([course.stopped] if course.stopped else [])])
    return f"{course.dataset}: {told}."


def _table_in_words(table: Table) -> str:
    sources = f" from {', '.join(table.sources)}" if table.sources else ""
    return f"{table.name}{sources}: {count(table.read)} rows read, {count(table.published)} published."
