"""The closed list of steps that a pipeline file may name: Headgate's public transforms."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from headgate.conf import Publish, Step, imported_fit
from headgate.etl import FITTED, clean, health
from headgate.etl.load import MODES, WriteMode
from headgate.etl.traits import traits_of
from headgate.etl.transform import Transform, compose, quote

__all__ = ["FITS", "RENAMES", "STEPS", "apply_fitted", "rules_of", "transform_of", "write_mode"]

FITS: Mapping[str, Callable[..., Any]] = {name: fit for name, (fit, _) in FITTED.items()}
"""Steps that learn from the training split first, by the name of the step that applies what was learnt."""

STEPS: Mapping[str, Callable[..., Transform]] = {
    **{name: getattr(clean, name) for name in clean.__all__ if name.removeprefix("fit_") not in FITS},
    **{name: getattr(health, name) for name in health.__all__},
}
"""Every other step."""

RENAMES = ("rename_to_snake_case", "rename_columns")
"""Steps that change names only: with them a raw column is found again in the curated table."""


def apply_fitted(fitted: Iterable[tuple[str, dict[str, Any]]]) -> Transform:
    """What fitted steps have learnt, as one transform.

    Parameters
    ----------
    fitted : iterable of (str, dict)
        Names of steps, with what they learnt.
    """
    return compose(*(_application(name)(values) for name, values in fitted))


def _application(name: str) -> Callable[[dict[str, Any]], Transform]:
    return imported_fit(name)[1] if ":" in name else FITTED[name][1]


def write_mode(publish: Publish) -> WriteMode:
    """The mode that a pipeline asks for."""
    return MODES[publish.mode](**publish.options)


def transform_of(steps: Iterable[Step], *, mark: str | None = None) -> Transform:
    """The steps of a pipeline file as one transform, in their order.

    Parameters
    ----------
    steps : iterable of Step
    mark : str, optional
        Given to the steps that remove rows: they mark them in this column instead, so that one
        write holds every row with its fate.
    """
    return compose(*(_bound(step, mark) for step in steps))


def rules_of(steps: Iterable[Step]) -> list[str]:
    """The names of the rules by which `steps` may drop rows."""
    return [step.parameters["rule"] for step in steps if traits_of(step.function).removes == "rule"]


def _bound(step: Step, mark: str | None) -> Transform:
    traits = traits_of(step.function)
    if mark is not None and traits.marks:
        marking: Transform = step.function(**step.parameters, mark=mark)
        return marking
    made: Transform = step.function(**step.parameters)
    return made if mark is None or not traits.looks_across_rows(step.parameters) else _on_unmarked(made, mark)


def _on_unmarked(transform: Transform, mark: str) -> Transform:
    """Apply `transform` to the rows that are not marked, so that the marked ones are as good as gone.

    The marked rows come along with their metadata, and null where their values no longer fit.
    """

    def apply(df: DataFrame) -> DataFrame:
        if mark not in df.columns:
            return transform(df)
        unmarked = transform(df.where(F.col(quote(mark)).isNull()))
        types = dict(df.dtypes)
        kept = [quote(name) for name, type_ in unmarked.dtypes if types.get(name) == type_]
        marked = df.where(F.col(quote(mark)).isNotNull()).select(*kept)
        return unmarked.unionByName(marked, allowMissingColumns=True)

    return apply
