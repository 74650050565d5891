"""What the parts of a pipeline say of each other: names that must exist, and columns that must agree.

Each part that is sound in itself is checked, whatever is wrong elsewhere, so that a file's problems
come together. A name counts as existing as soon as the file has it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from conf.document import Document
from conf.export import Export, Model
from conf.model import NAMED
from conf.problems import Path
from conf.star import Calendar, Dimension, Fact

__all__ = ["check"]

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True)
class _Checker:
    """The names of the file, the parts that are sound, and where to report."""

    document: Document
    datasets: tuple[str, ...]
    dimensions: dict[str, Dimension | None]
    calendars: dict[str, Calendar | None]
    facts: dict[str, Fact | None]
    exports: dict[str, Export | None]

    def known(self, path: Path, name: str, names: tuple[str, ...], kind: str) -> bool:
        """Report a name that is not there."""
        if name not in names:
            fix = f"name one that the file has, or add {kind} '{name}'"
            self.document.report(
                path, value=name, allowed=names, reason=f"there is no {kind} '{name}'", fix=fix
            )
        return name in names

    def once(self, path: Path, column: str, taken: dict[str, str], role: str) -> None:
        """Report a column that has another role already."""
        if column in taken:
            reason = f"column '{column}' is {taken[column]} already"
            self.document.report(path, value=column, names=(), reason=reason, fix=f"leave it out of {role}")
        taken.setdefault(column, role)


def check(document: Document) -> None:
    """Check the parts of a pipeline against each other.

    Parameters
    ----------
    document : Document
        Its steps have been read. What does not agree is reported there.
    """
    if not _has_shape(document):
        return
    checker = _Checker(
        document,
        tuple(document.mapping(("datasets",))),
        _sound(document, ("star", "dimensions"), Dimension),
        _sound(document, ("star", "calendars"), Calendar),
        _sound(document, ("star", "facts"), Fact),
        _sound(document, ("exports",), Export),
    )
    _check_tables(checker)
    for name, dimension in checker.dimensions.items():
        if dimension:
            _check_dimension(checker, ("star", "dimensions", name), dimension)
    for name, calendar in checker.calendars.items():
        if calendar and calendar.to < calendar.from_:
            reason = f"the calendar ends on {calendar.to}, before it begins"
            document.report(("star", "calendars", name, "to"), reason=reason, fix="exchange from and to")
    for name, fact in checker.facts.items():
        if fact:
            _check_fact(checker, ("star", "facts", name), fact)
    for name, export in checker.exports.items():
        if export:
            _check_export(checker, ("exports", name), export)
    _check_model(checker)


def _has_shape(document: Document) -> bool:
    """Whether every section is a mapping, so that a name that is not found is really not there."""
    paths = {path[:depth] for path in NAMED for depth in range(1, len(path) + 1)}
    return all(isinstance(document.mapping(path[:-1]).get(path[-1], {}), dict) for path in paths)


def _sound(document: Document, path: Path, model: type[M]) -> dict[str, M | None]:
    return {name: _model(body, model) for name, body in document.mapping(path).items()}


def _model(body: object, model: type[M]) -> M | None:
    try:
        return model.model_validate(body)
    except ValidationError:
        # reported with the whole pipeline's errors
        return None


def _check_tables(checker: _Checker) -> None:
    taken: dict[str, str] = {}
    for kind in ("dimensions", "calendars", "facts"):
        for name in checker.document.mapping(("star", kind)):
            path = ("star", kind, name)
            if name in taken:
                reason = f"the star has a table '{name}' already, among its {taken[name]}"
                checker.document.report(
                    path, value=name, names=(), reason=reason, fix="give one of the two another name"
                )
            taken[name] = kind


def _check_dimension(checker: _Checker, path: Path, dimension: Dimension) -> None:
    checker.known((*path, "from"), dimension.from_, checker.datasets, "dataset")
    taken = {dimension.key: "the surrogate key"}
    for role, columns in (("natural_key", dimension.natural_key), ("attributes", dimension.attributes)):
        for position, column in enumerate(columns):
            checker.once((*path, role, position), column, taken, role)


def _check_fact(checker: _Checker, path: Path, fact: Fact) -> None:
    checker.known((*path, "from"), fact.from_, checker.datasets, "dataset")
    for key, reference in fact.references.items():
        place = (*path, "references", key)
        tables = (*checker.dimensions, *checker.calendars)
        if not checker.known((*place, "dimension"), reference.dimension, tables, "dimension or calendar"):
            continue
        dimension = checker.dimensions.get(reference.dimension)
        natural = (
            ("date",) if reference.dimension in checker.calendars else dimension and dimension.natural_key
        )
        if natural and set(reference.on) != set(natural):
            _report_natural_key(checker, (*place, "on"), tuple(reference.on), natural, reference.dimension)
    taken = dict.fromkeys(fact.references, "a key of the fact")
    for position, column in enumerate(fact.columns):
        checker.once((*path, "columns", position), column, taken, "columns")


def _report_natural_key(
    checker: _Checker, path: Path, given: tuple[str, ...], natural: tuple[str, ...], dimension: str
) -> None:
    wrong = [column for column in given if column not in natural]
    if wrong:
        checker.document.report(
            (*path, wrong[0]),
            value=wrong[0],
            allowed=natural,
            reason=f"'{wrong[0]}' is not in the natural key of '{dimension}'",
            fix="write `column of the dimension: column of the fact`",
        )
        return
    lacks = [column for column in natural if column not in given]
    reason = f"the natural key of '{dimension}' has {', '.join(lacks)} too"
    checker.document.report(path, reason=reason, fix="give a column of the fact for each", allowed=natural)


def _check_export(checker: _Checker, path: Path, export: Export) -> None:
    found = checker.known((*path, "from"), export.from_, tuple(checker.facts), "fact")
    fact = checker.facts[export.from_] if found else None
    if fact:
        _check_join(checker, (*path, "join"), export, fact)
    never = {**dict.fromkeys(export.id, "an id"), export.group: "the group", export.label: "the label"}
    if export.label in export.id or export.label == export.group:
        reason = f"column '{export.label}' is the label and also names rows or groups"
        checker.document.report(
            (*path, "label"), value=export.label, names=(), reason=reason, fix="give another column"
        )
    for kind in ("numeric", "categorical"):
        for position, column in enumerate(getattr(export.features, kind)):
            checker.once((*path, "features", kind, position), column, never, f"{kind} features")
    if not export.features.numeric and not export.features.categorical:
        checker.document.report(
            (*path, "features"), reason="there is no feature", fix="name numeric or categorical columns"
        )
    if export.dashboard:
        taken = {export.dashboard.metric: "the metric"}
        for position, column in enumerate(export.dashboard.by):
            checker.once((*path, "dashboard", "by", position), column, taken, "by")


def _check_join(checker: _Checker, path: Path, export: Export, fact: Fact) -> None:
    taken = dict.fromkeys(fact.columns, "a column of the fact") | dict.fromkeys(
        fact.references, "a key of the fact"
    )
    for key, columns in export.join.items():
        if not checker.known((*path, key), key, tuple(fact.references), "reference"):
            continue
        dimension = checker.dimensions.get(fact.references[key].dimension)
        for position, column in enumerate(columns):
            place = (*path, key, position)
            if dimension:
                checker.known(place, column, (*dimension.attributes, *dimension.natural_key), "attribute")
            checker.once(place, column, taken, "join")


def _check_model(checker: _Checker) -> None:
    model = _model(checker.document.mapping(("model",)) or None, Model)
    if not model or not checker.known(("model", "export"), model.export, tuple(checker.exports), "export"):
        return
    export = checker.exports[model.export]
    if export and "test" not in export.splits:
        reason = f"export '{model.export}' has no split 'test' to judge the model on"
        checker.document.report(
            ("exports", model.export, "splits"), reason=reason, fix="add test: to its splits"
        )
