"""The closed list of steps that a pipeline file may name: Headgate's public transforms."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from inspect import signature
from typing import Any

import etl
from conf import Step
from etl.transform import Transform, compose

__all__ = ["FITS", "RENAMES", "STEPS", "transform_of"]

FITS: Mapping[str, Callable[..., Any]] = {name: fit for name, (fit, _) in etl.FITTED.items()}
"""Steps that learn from the training split first, by the name of the step that applies what was learnt."""

STEPS: Mapping[str, Callable[..., Transform]] = {name: getattr(etl, name) for name in etl.TRANSFORMS}
"""Every other step."""

RENAMES = ("rename_to_snake_case", "rename_columns")
"""Steps that change names only: with them a raw column is found again in the curated table."""


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
