"""The closed list of steps that a pipeline file may name: Headgate's public transforms."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from inspect import signature
from typing import Any

from conf import Step, imported_fit
from etl import FITTED, clean
from etl.features import count_prior_encounters, label_readmission
from etl.transform import Transform, compose

__all__ = ["FITS", "RENAMES", "STEPS", "apply_fitted", "transform_of"]

FITS: Mapping[str, Callable[..., Any]] = {name: fit for name, (fit, _) in FITTED.items()}
"""Steps that learn from the training split first, by the name of the step that applies what was learnt."""

STEPS: Mapping[str, Callable[..., Transform]] = {
    **{name: getattr(clean, name) for name in clean.__all__ if name not in FITS},
    **{step.__name__: step for step in (label_readmission, count_prior_encounters)},
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


def _bound(step: Step, mark: str | None) -> Transform:
    function = step.function
    marks = mark is not None and "mark" in signature(function).parameters
    made: Transform = function(**step.parameters, **({"mark": mark} if marks else {}))
    return made
