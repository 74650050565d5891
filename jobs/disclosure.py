"""What a pipeline says of its columns: which of their values may be told outside of its tables.

Columns that it marks as ``pii``, those whose names look like it, and what ``add_columns``,
``rename_columns`` or ``unpivot_columns`` make of them are masked, unless it says otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from headgate.conf import Pipeline, Step
from headgate.etl.load.disclosure import Disclosure
from headgate.quality.sql import SqlError, parse_sql

__all__ = ["disclosure_of", "made_by"]


def disclosure_of(pipeline: Pipeline) -> Disclosure:
    """The policy of a pipeline: ``examples`` and ``pii``, and what its steps make of such columns."""
    said = pipeline.examples
    default = said if isinstance(said, str) else None
    named = said if isinstance(said, Mapping) else {}
    marked = dict.fromkeys(pipeline.pii, "mask" if default in (None, "show") else default)
    policy = Disclosure.of({**marked, **named}, default)
    for step in _steps(pipeline):
        policy = policy.with_made(dict(made_by(step)))
    return policy


def _steps(pipeline: Pipeline) -> Iterator[Step]:
    star = pipeline.star
    for dataset in pipeline.datasets.values():
        yield from dataset.clean
    for dimension in star.dimensions.values():
        yield from dimension.steps
    for fact in star.facts.values():
        yield from fact.steps
    for export in pipeline.exports.values():
        yield from export.steps


def made_by(step: Step) -> Iterator[tuple[str, Sequence[str]]]:
    """The columns that a step makes, each with those that it is made of."""
    parameters = step.parameters
    if step.name == "add_columns":
        for name, sql in parameters.get("columns", {}).items():
            try:
                yield name, parse_sql(sql, windows=True)
            except SqlError:
                # The step refuses it with its reason; nothing is made.
                continue
    elif step.name == "rename_columns":
        for old, new in parameters.get("columns", {}).items():
            yield new, [old]
    elif step.name == "unpivot_columns":
        yield parameters.get("value", ""), parameters.get("columns", [])
