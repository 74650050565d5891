"""Steps: functions by name, with the parameters that they are called with."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable
from typing import Any

from pydantic import Field
from pydantic.json_schema import SkipJsonSchema

from headgate.conf.names import Closed

__all__ = ["OWN_STEP", "Fit", "Step", "StepError", "imported", "imported_fit"]

OWN_STEP = r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*$"
"""A step of the author's own: ``module:function``."""


class StepError(Exception):
    """A step whose function cannot be had, or whose signature does not say what it takes.

    Attributes
    ----------
    name : str
        The step.
    reason, fix : str
        What is wrong, and what to do.
    """

    def __init__(self, *, name: str, reason: str, fix: str) -> None:
        self.name = name
        self.reason = reason
        self.fix = fix
        super().__init__(f"{name}: {reason}; {fix}")


def _unresolved(*_: Any, **__: Any) -> Any:
    reason, fix = "its function was not looked up", "take steps from a pipeline that `load` returned"
    raise StepError(name="step", reason=reason, fix=fix)


class Step(Closed):
    """One step of a pipeline: a function, and the parameters it is called with.

    ``step.function(**step.parameters)`` is the transform.

    Examples
    --------
    >>> Step(name="trim_text", parameters={"columns": ["city"]}, place=7)
    Step(name='trim_text', parameters={'columns': ['city']}, place=7)
    """

    name: str = Field(description="The step's name, or module:function.")
    parameters: dict[str, Any] = Field({}, description="What the file gives; the rest is at its default.")
    function: SkipJsonSchema[Callable[..., Any]] = Field(_unresolved, exclude=True, repr=False)
    place: int | None = Field(None, exclude=True, description="The line of the file, for messages.")


class Fit(Step):
    """A step that learns on the training split and is applied to all splits.

    ``fit.function(df, **fit.parameters)`` is what it learned.
    """


def imported(name: str) -> Callable[..., Any]:
    """The function that ``module:function`` names.

    Parameters
    ----------
    name : str

    Returns
    -------
    callable

    Raises
    ------
    StepError
        The module cannot be imported, or has no such function.

    Examples
    --------
    >>> imported("os.path:basename")("a/b")
    'b'
    """
    if not re.fullmatch(OWN_STEP, name):
        raise StepError(name=name, reason="not the name of a function", fix="write module:function")
    module_name, _, function_name = name.partition(":")
    try:
        module = importlib.import_module(module_name)
    # a module may raise anything while it is imported, sys.exit included
    except (Exception, SystemExit) as error:
        raise StepError(
            name=name,
            reason=f"module '{module_name}' cannot be imported ({type(error).__name__}: {error})",
            fix="put it beside the pipeline file, or install it (on Spark: --py-files)",
        ) from error
    function = getattr(module, function_name, None)
    if not callable(function):
        reason, fix = (
            f"module '{module_name}' has no function '{function_name}'",
            "name a function of the module",
        )
        raise StepError(name=name, reason=reason, fix=fix)
    return function  # type: ignore[no-any-return]


def imported_fit(name: str) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """The two functions of a fit: for ``module:cap``, those are ``module:fit_cap`` and ``module:cap``.

    Parameters
    ----------
    name : str

    Returns
    -------
    tuple of callable
        The one that learns, ``fit_cap(df, ...) -> dict``, and the one that makes a transform of what
        was learned, ``cap(values)``.

    Raises
    ------
    StepError
        One of them cannot be imported.
    """
    module_name, _, function_name = name.partition(":")
    return imported(f"{module_name}:fit_{function_name}"), imported(name)
