"""What the parts of a pipeline say of each other: names that must exist, and columns that must agree.

Names are checked wherever they are written, columns in each part that is sound in itself, so that
the problems of a file come together.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from headgate.conf.dataset import Dataset
from headgate.conf.document import Document
from headgate.conf.export import Export
from headgate.conf.model import NAMED
from headgate.conf.problems import Path
from headgate.conf.publish import OF_MODE, REQUIRED, Publish
from headgate.conf.star import Calendar, Dimension, Fact

__all__ = ["check", "parts"]

M = TypeVar("M", bound=BaseModel)

DATASETS = ("datasets",)
DIMENSIONS = ("star", "dimensions")
CALENDARS = ("star", "calendars")
FACTS = ("star", "facts")
EXPORTS = ("exports",)


def check(document: Document) -> None:
    """Check the parts of a pipeline against each other.

    Parameters
    ----------
    document : Document
        Its steps have been read. What does not agree is reported there.
    """
    sections = {path[:depth] for path in NAMED for depth in range(1, len(path) + 1)}
    if not all(isinstance(document.mapping(path[:-1]).get(path[-1], {}), dict) for path in sections):
        # without its sections no name can be said to be missing
        return
    _check_datasets(document)
    _check_tables(document)
    _check_names(document)
    _check_columns(document)


def _check_datasets(document: Document) -> None:
    for name, dataset in parts(document, DATASETS, Dataset).items():
        if dataset.source.quote == dataset.source.delimiter:
            reason, fix = "the quote is the delimiter", "give two different characters"
            document.report((*DATASETS, name, "source", "quote"), reason=reason, fix=fix)
        _check_publish(document, (*DATASETS, name, "publish"), dataset.publish)


def _check_publish(document: Document, path: Path, publish: Publish) -> None:
    mode = publish.mode
    required, reason, fix = REQUIRED.get(mode, ("mode", "", ""))
    if not getattr(publish, required):
        document.report(path, reason=reason, fix=fix)
    for key in sorted({*chain.from_iterable(OF_MODE.values())} - {*OF_MODE[mode]}):
        if getattr(publish, key):
            others = " or ".join(other for other, takes in OF_MODE.items() if key in takes)
            reason, fix = f"'{key}' has no meaning in mode '{mode}'", f"remove it, or use mode: {others}"
            document.report((*path, key), reason=reason, fix=fix)
    judged = [column.removeprefix("-") for column in publish.order_by]
    for position, column in enumerate(judged):
        if column in publish.keys:
            reason = f"column '{column}' is a key: it is the same in the rows that are compared"
            document.report((*path, "order_by", position), reason=reason, fix="leave it out here")


def _check_tables(document: Document) -> None:
    taken: dict[str, str] = {}
    for section in (DIMENSIONS, CALENDARS, FACTS):
        for name in document.mapping(section):
            if name in taken:
                reason = f"the star has a table '{name}' already, among its {taken[name]}"
                fix = "give one of the two another name"
                document.report((*section, name), value=name, names=(), reason=reason, fix=fix)
            taken[name] = section[-1]


def _check_names(document: Document) -> None:
    datasets, facts = document.mapping(DATASETS), document.mapping(FACTS)
    dimensions = {**document.mapping(DIMENSIONS), **document.mapping(CALENDARS)}
    for section, names, kind in (
        (DIMENSIONS, datasets, "dataset"),
        (FACTS, datasets, "dataset"),
        (EXPORTS, facts, "fact"),
    ):
        for name in document.mapping(section):
            _check_known(document, (*section, name, "from"), names, kind)
    for name in facts:
        for key in document.mapping((*FACTS, name, "references")):
            place = (*FACTS, name, "references", key, "dimension")
            _check_known(document, place, dimensions, "dimension or calendar")
    for name, export in document.mapping(EXPORTS).items():
        fact = export.get("from") if isinstance(export, dict) else None
        if isinstance(fact, str) and fact in facts:
            references = document.mapping((*FACTS, fact, "references"))
            for key in document.mapping((*EXPORTS, name, "join")):
                _report_unless(document, (*EXPORTS, name, "join", key), key, references, "reference")
    _check_known(document, ("model", "export"), document.mapping(EXPORTS), "export")


def _check_known(document: Document, path: Path, names: Iterable[str], kind: str) -> None:
    """Report the name at `path` unless it is one of `names`; what is no text is reported elsewhere."""
    name = document.mapping(path[:-1]).get(str(path[-1]))
    if isinstance(name, str):
        _report_unless(document, path, name, names, kind)


def _report_unless(document: Document, path: Path, name: str, names: Iterable[str], kind: str) -> None:
    allowed = tuple(names)
    if name not in allowed:
        fix = f"name one that the file has, or add a {kind} '{name}'"
        document.report(path, value=name, allowed=allowed, reason=f"there is no {kind} '{name}'", fix=fix)


@dataclass(frozen=True)
class _Taken:
    """Columns that have a role already: none may have two."""

    document: Document
    roles: dict[str, str]

    def add(self, path: Path, columns: Iterable[str], role: str) -> None:
        for position, column in enumerate(columns):
            if column in self.roles:
                reason = f"column '{column}' is {self.roles[column]} already"
                place = (*path, position)
                self.document.report(place, value=column, names=(), reason=reason, fix="leave it out here")
            self.roles.setdefault(column, role)


def parts(document: Document, section: tuple[str, ...], model: type[M]) -> dict[str, M]:
    """The parts of a section that are right in themselves, by name; the others are reported elsewhere.

    Parameters
    ----------
    document : Document
    section : tuple of str
        Where they are.
    model : type of BaseModel
        What each of them is.
    """
    found = {}
    for name, body in document.mapping(section).items():
        try:
            found[name] = model.model_validate(body)
        except ValidationError:
            continue
    return found


def _check_columns(document: Document) -> None:
    dimensions = parts(document, DIMENSIONS, Dimension)
    calendars = parts(document, CALENDARS, Calendar)
    facts = parts(document, FACTS, Fact)
    for name, dimension in dimensions.items():
        taken = _Taken(document, {dimension.key: "the surrogate key"})
        taken.add((*DIMENSIONS, name, "natural_key"), dimension.natural_key, "in the natural key")
        taken.add((*DIMENSIONS, name, "attributes"), dimension.attributes, "an attribute")
    for name, calendar in calendars.items():
        if calendar.to < calendar.from_:
            reason = f"the calendar ends on {calendar.to}, before it begins"
            document.report((*CALENDARS, name, "to"), reason=reason, fix="exchange from and to")
    natural = {name: dimension.natural_key for name, dimension in dimensions.items()}
    natural |= dict.fromkeys(calendars, ("date",))
    for name, fact in facts.items():
        for key, reference in fact.references.items():
            if reference.dimension in natural:
                place = (*FACTS, name, "references", key, "on")
                _check_natural_key(
                    document, place, tuple(reference.on), natural[reference.dimension], reference.dimension
                )
        taken = _Taken(document, dict.fromkeys(fact.references, "a key of the fact"))
        taken.add((*FACTS, name, "columns"), fact.columns, "a column")
    for name, export in parts(document, EXPORTS, Export).items():
        _check_export(document, (*EXPORTS, name), export)
        if export.from_ in facts:
            _check_join(document, (*EXPORTS, name, "join"), export, facts[export.from_], dimensions)


def _check_natural_key(
    document: Document, path: Path, given: tuple[str, ...], natural: tuple[str, ...], dimension: str
) -> None:
    wrong = [column for column in given if column not in natural]
    lacks = [column for column in natural if column not in given]
    for column in wrong:
        document.report(
            (*path, column),
            value=column,
            allowed=natural,
            reason=f"'{column}' is not in the natural key of '{dimension}'",
            fix="write `column of the dimension: column of the fact`",
        )
    if lacks and not wrong:
        reason = f"the natural key of '{dimension}' has {', '.join(lacks)} too"
        document.report(path, allowed=natural, reason=reason, fix="give a column of the fact for each")


def _check_export(document: Document, path: Path, export: Export) -> None:
    if export.label == export.group or export.label in export.id:
        reason = f"column '{export.label}' is the label and also names rows or groups"
        fix = "give another column"
        document.report((*path, "label"), value=export.label, names=(), reason=reason, fix=fix)
    never = dict.fromkeys(export.id, "an id")
    taken = _Taken(document, {**never, export.group: "the group", export.label: "the label"})
    taken.add((*path, "features", "numeric"), export.features.numeric, "a numeric feature")
    taken.add((*path, "features", "categorical"), export.features.categorical, "a categorical feature")
    if not export.features.numeric and not export.features.categorical:
        fix = "name numeric or categorical columns"
        document.report((*path, "features"), reason="there is no feature", fix=fix)
    if export.dashboard:
        taken = _Taken(document, {export.dashboard.metric: "the metric"})
        taken.add((*path, "dashboard", "by"), export.dashboard.by, "in by")
    model = document.mapping(("model",)).get("export")
    if model == path[-1] and "test" not in export.splits:
        reason = "there is no split 'test' to judge the model on"
        document.report((*path, "splits"), reason=reason, fix="add test: to the splits")


def _check_join(
    document: Document, path: Path, export: Export, fact: Fact, dimensions: dict[str, Dimension]
) -> None:
    roles = dict.fromkeys(fact.columns, "a column of the fact")
    taken = _Taken(document, roles | dict.fromkeys(fact.references, "a key of the fact"))
    for key, columns in export.join.items():
        reference = fact.references.get(key)
        dimension = dimensions.get(reference.dimension) if reference else None
        if dimension:
            known = (*dimension.attributes, *dimension.natural_key)
            for position, column in enumerate(columns):
                _report_unless(document, (*path, key, position), column, known, "attribute")
        taken.add((*path, key), columns, "joined")
