"""The closed list of steps that a pipeline file may name: Headgate's public transforms."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from headgate.conf import Publish, Step, imported_fit
from headgate.etl import FITTED, clean, health
from headgate.etl.errors import ParameterError
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


def transform_of(steps: Iterable[Step], *, removed_as: str | None = None) -> Transform:
    """The steps of a pipeline file as one transform, in their order.

    Parameters
    ----------
    steps : iterable of Step
    removed_as : str, optional
        Given to the steps that remove rows: they say so in this column instead, so that one write holds
        every row.
    """
    return compose(*(_bound(step, removed_as) for step in steps))


def rules_of(steps: Iterable[Step]) -> list[str]:
    """The names of the rules by which `steps` may drop rows."""
    return [step.parameters["rule"] for step in steps if traits_of(step.function).removes == "rule"]


def _bound(step: Step, removed_as: str | None) -> Transform:
    traits = traits_of(step.function)
    if removed_as is not None and traits.sees_removed:
        return _frame_of(step, step.function(**step.parameters, removed_as=removed_as))
    made = _frame_of(step, step.function(**step.parameters))
    if removed_as is None or not traits.looks_across_rows(step.parameters):
        return made
    return _on_the_others(made, removed_as)


def _frame_of(step: Step, transform: Callable[[DataFrame], Any]) -> Transform:
    """The same transform, that tells of a step which forgets to return its frame."""

    def apply(df: DataFrame) -> DataFrame:
        made = transform(df)
        if not isinstance(made, DataFrame):
            given = type(made).__name__
            raise ParameterError(step=step.name, parameter="its result", value=given, allowed="a DataFrame")
        return made

    return apply


def _on_the_others(transform: Transform, removed_as: str) -> Transform:
    """Apply `transform` to the rows that are not removed, so that those that are removed are as good as gone.

    They come along with their metadata, and null where their values no longer fit.
    """

    def apply(df: DataFrame) -> DataFrame:
        if removed_as not in df.columns:
            return transform(df)
        there = transform(df.where(F.col(quote(removed_as)).isNull()))
        types = dict(df.dtypes)
        kept = [quote(name) for name, type_ in there.dtypes if types.get(name) == type_]
        removed = df.where(F.col(quote(removed_as)).isNotNull()).select(*kept)
        return there.unionByName(removed, allowMissingColumns=True)

    return apply
