"""A pipeline rehearsed on names and types alone: every step bound, every column carried, no row read.

What a run would stumble over is told with its line, before Spark starts: a parameter that a step does
not take, SQL that does not parse, a column that is not there at that point, or of a type that will not
do, in steps, star, exports and suites alike.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from headgate import conf
from headgate.conf import (
    Dataset,
    Dimension,
    Document,
    Export,
    Fact,
    Problem,
    Source,
    Step,
    dotted,
    parts,
    step_lists,
)
from headgate.etl.errors import ParameterError
from headgate.jobs.columns import Columns, View, is_number, is_whole
from headgate.jobs.effects import EFFECTS
from headgate.jobs.exits import ArgumentsError
from headgate.jobs.fitness import misfits
from headgate.jobs.places import read_text
from headgate.quality import Suite, SuiteError, load_suite

__all__ = ["rehearse"]

Path = tuple[str | int, ...]

Delivered = Callable[[str, Source], Columns]
"""What columns the raw table of a dataset has, given the name and how it is read."""

RAW = ("_file", "_file_hash", "_row", "_seq", "_op", "_record", "_unreadable", "_ingested_at", "_run_id")
STEPPED = ("_problems", "_removed_as")
CALENDAR = {
    "date": "date",
    **dict.fromkeys(("year", "quarter", "month", "day", "iso_year", "iso_week"), "int"),
    "weekday": "string",
    "is_weekend": "boolean",
    "is_month_end": "boolean",
}
SPLIT = "split"


def rehearse(document: Document, *, source: str, delivered: Delivered) -> None:
    """Report on `document` what its parts say that does not fit.

    Parameters
    ----------
    document : Document
        Its steps have been read, and its names checked.
    source : str
        What suites are relative to.
    delivered : callable
        Gives the columns of the raw table of a dataset, as far as they are known.
    """
    _Rehearsal(document, source, delivered).run()


class _Rehearsal:
    def __init__(self, document: Document, source: str, delivered: Delivered) -> None:
        self.document, self.source, self.delivered = document, source, delivered
        self.suites: dict[str, Suite | None] = {}

    def run(self) -> None:
        faulty = {problem.key for problem in self.document.problems}
        self.unsound = {
            (*path, place)
            for path, _ in step_lists(self.document)
            for place, _ in enumerate(self.document.at(path))
            if any(
                key == step or key.startswith(f"{step}.")
                for key in faulty
                for step in [dotted((*path, place))]
            )
        }
        datasets = parts(self.document, ("datasets",), Dataset)
        curated = {
            name: self._dataset(name, dataset, self.delivered(name, dataset.source))
            for name, dataset in datasets.items()
        }
        dimensions = {
            name: self._dimension(name, dimension, curated.get(dimension.from_, UNKNOWN))
            for name, dimension in parts(self.document, ("star", "dimensions"), Dimension).items()
        }
        for name, calendar in self.document.mapping(("star", "calendars")).items():
            key = calendar.get("key") if isinstance(calendar, dict) else None
            dimensions[name] = Columns({**({key: "int"} if isinstance(key, str) else {}), **CALENDAR})
        facts = parts(self.document, ("star", "facts"), Fact)
        made = {
            name: self._fact(name, fact, curated.get(fact.from_, UNKNOWN), dimensions)
            for name, fact in facts.items()
        }
        for name, export in parts(self.document, ("exports",), Export).items():
            self._export(name, export, made.get(export.from_, UNKNOWN), facts.get(export.from_), dimensions)

    def _dataset(self, name: str, dataset: Dataset, raw: Columns) -> Columns:
        path = ("datasets", name)
        columns = raw.having(dict.fromkeys((*RAW, *STEPPED)))
        columns = self._steps((*path, "clean"), dataset.clean, columns)
        for key in ("keys", "order_by", "partition_by"):
            self._need_all(columns, getattr(dataset.publish, key), (*path, "publish", key))
        table = Columns({column: columns.types[column] for column in columns.data}, columns.whole)
        self._suite((*path, "suite"), dataset.suite, table)
        return table

    def _dimension(self, name: str, dimension: Dimension, curated: Columns) -> Columns:
        path = ("star", "dimensions", name)
        columns = self._steps(
            (*path, "steps"), dimension.steps, curated.having(dict.fromkeys(["_removed_as"]))
        )
        for key in ("natural_key", "attributes", "order_by"):
            self._need_all(columns, getattr(dimension, key), (*path, key))
        kept = columns.only([*dimension.natural_key, *dimension.attributes])
        table = Columns({dimension.key: "bigint", **kept.types})
        self._suite((*path, "suite"), dimension.suite, table)
        return table

    def _fact(self, name: str, fact: Fact, curated: Columns, dimensions: Mapping[str, Columns]) -> Columns:
        path = ("star", "facts", name)
        columns = self._steps((*path, "steps"), fact.steps, curated)
        kept = [
            column for column in dict.fromkeys([*fact.grain, *fact.columns]) if column not in fact.references
        ]
        for key in ("grain", "columns"):
            wanted = getattr(fact, key)
            self._need_all(columns, wanted, (*path, key), skip=fact.references)
        keys: dict[str, str | None] = {}
        for fk, reference in fact.references.items():
            place = (*path, "references", fk, "on")
            dimension = dimensions.get(reference.dimension, UNKNOWN)
            for of_dimension, of_fact in reference.on.items():
                self._need_key(columns, of_fact, (*place, of_dimension), dimension.types.get(of_dimension))
            keys[fk] = next(iter(dimension.types.values()), None)
        table = Columns({**keys, **columns.only(kept).types})
        self._suite((*path, "suite"), fact.suite, table)
        return table

    def _need_key(self, columns: Columns, name: str, path: Path, due: str | None) -> None:
        def fits(kind: str) -> bool:
            return due is None or kind == due or (is_whole(kind) and is_whole(due))

        view = View(columns)
        view.need(name, fits=fits, of=f"{due}, as in the dimension,", fix="cast it in the fact's steps")
        self._tell(view, path)

    def _export(
        self,
        name: str,
        export: Export,
        fact: Columns,
        plan: Fact | None,
        dimensions: Mapping[str, Columns],
    ) -> None:
        path = ("exports", name)
        columns = fact.having(dict.fromkeys(["_orphans", "_removed_as"])) if plan else UNKNOWN
        for fk, attributes in export.join.items():
            reference = plan.references.get(fk) if plan else None
            dimension = dimensions.get(reference.dimension, UNKNOWN) if reference else UNKNOWN
            if reference and reference.dimension in self.document.mapping(("star", "calendars")):
                self._need_all(dimension, attributes, (*path, "join", fk))
            columns = columns.having(dimension.only(attributes).types)
        columns = self._steps((*path, "steps"), export.steps, columns)
        self._split_is_free(path, export, columns)
        self._need_all(columns, export.id, (*path, "id"))
        self._need_all(columns, [export.group], (*path, "group"), alone=True)
        trained = self.document.mapping(("model",)).get("export") == name
        self._need_number(columns, export.label, (*path, "label"), "cast it: a model learns 0 and 1", trained)
        self._features(path, export, columns)
        if export.dashboard:
            metric = (*path, "dashboard", "metric")
            self._need_number(columns, export.dashboard.metric, metric, "cast it: its mean is shown")
            self._need_all(columns, export.dashboard.by, (*path, "dashboard", "by"))
        # What is learnt from a label is a leak: fits do not see these.
        hidden = {*export.id, export.group, export.label, SPLIT}
        self._steps((*path, "fit"), export.fit, columns.without(hidden))

    def _split_is_free(self, path: Path, export: Export, columns: Columns) -> None:
        named = {
            **{(*path, "id", place): column for place, column in enumerate(export.id)},
            (*path, "group"): export.group,
            (*path, "label"): export.label,
            **{(*path, "features", "numeric", n): each for n, each in enumerate(export.features.numeric)},
            **{
                (*path, "features", "categorical", n): each
                for n, each in enumerate(export.features.categorical)
            },
        }
        places = [place for place, column in named.items() if column.lower() == SPLIT]
        if not places and any(column.lower() == SPLIT for column in columns.types):
            places = [path]
        for place in places:
            self.document.report(
                place,
                reason=f"'{SPLIT}' is the column in which the export says which split a row belongs to",
                fix="rename the data's own by rename_columns, in the dataset's clean steps",
            )

    def _features(self, path: Path, export: Export, columns: Columns) -> None:
        fix = "cast it by cast_columns, or list it under categorical"
        for place, feature in enumerate(export.features.numeric):
            self._need_number(columns, feature, (*path, "features", "numeric", place), fix)
        self._need_all(columns, export.features.categorical, (*path, "features", "categorical"))

    def _need_number(self, columns: Columns, name: str, path: Path, fix: str, must: bool = True) -> None:
        view = View(columns)
        fits = (lambda kind: is_number(kind) or kind == "boolean") if must else None
        view.need(name, fits=fits, of="a number", fix=fix)
        self._tell(view, path)

    def _need_all(
        self,
        columns: Columns,
        names: Sequence[str],
        path: Path,
        *,
        alone: bool = False,
        skip: Mapping[str, Any] | None = None,
    ) -> None:
        for place, name in enumerate(names):
            if not skip or name not in skip:
                view = View(columns)
                order = path[-1] == "order_by"
                view.need(name.removeprefix("-") if order else name)
                self._tell(view, path if alone else (*path, place))

    def _steps(self, path: Path, steps: Sequence[Step], columns: Columns) -> Columns:
        for place, step in enumerate(steps):
            own = ":" in step.name
            if (*path, place) in self.unsound:
                columns = columns.forgotten()
                continue
            at = (*path, place, step.name)
            if not isinstance(step, conf.Fit):
                self._bind(step, at)
            if own:
                columns = columns.forgotten()
                continue
            view = View(columns)
            try:
                columns = EFFECTS[step.name](view, **step.parameters)
            except ParameterError as error:
                self._refuse(error, step, at)
            self._tell(view, at)
        return columns

    def _bind(self, step: Step, path: Path) -> None:
        """Call the step's function, which checks its parameters and touches no data."""
        try:
            step.function(**step.parameters)
        except ParameterError as error:
            self._refuse(error, step, path)
        except Exception as error:
            if ":" not in step.name:
                raise
            reason = f"it raises {type(error).__name__} when it is given its parameters: {error}"
            self.document.report(path, reason=reason, fix="correct the step, or what it is given")

    def _refuse(self, error: ParameterError, step: Step, path: Path) -> None:
        place = (*path, *_within(step.parameters, error))
        value = str(error.value)
        self.document.report(
            place, value=value, names=(), reason=f"{error.value!r} is not allowed", fix=f"use {error.allowed}"
        )

    def _tell(self, view: View, path: Path) -> None:
        for misfit in view.misfits:
            self.document.report(
                (*path, *misfit.at),
                value=misfit.value,
                allowed=misfit.allowed,
                reason=misfit.reason,
                fix=misfit.fix,
            )

    def _suite(self, path: Path, name: str, columns: Columns) -> None:
        if name not in self.suites:
            self.suites[name] = self._load(path, name)
        suite = self.suites[name]
        for error in misfits(suite, columns) if suite else ():
            self._note(error)

    def _load(self, path: Path, name: str) -> Suite | None:
        place = conf.relative(self.source, name)
        try:
            return load_suite(read_text(place), source=place)
        except ArgumentsError as error:
            self.document.report(path, reason=f"{error.argument}: {error.reason}", fix=error.fix)
        except SuiteError as error:
            for each in (error, *error.others):
                self._note(each)
        return None

    def _note(self, error: SuiteError) -> None:
        problem = Problem(
            file=error.source,
            line=error.line,
            key=error.place,
            reason=error.problem,
            fix=error.fix,
            value=None if error.value is None else str(error.value),
            nearest=error.nearest,
        )
        if problem not in self.document.problems:
            self.document.problems.append(problem)


UNKNOWN = Columns({}, whole=False)


def _within(parameters: Mapping[str, Any], error: ParameterError) -> Path:
    """Where among a step's parameters the value is that an error is about."""
    name = next((name for name in parameters if name == error.parameter), None)
    if name is None:
        return ()
    given = parameters[name]
    items = given.items() if isinstance(given, dict) else enumerate(given) if isinstance(given, list) else ()
    return (name, *next(((key,) for key, item in items if error.value in (key, item)), ()))
