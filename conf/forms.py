"""Forms: what each step may be given.

A step's parameters are those of its function: names, types and defaults are read off the signature,
so a parameter is documented, and checked, in one place. A fit learns from a frame that the job hands
it: its first parameter is no business of the file's author. Neither is the ``removed_as`` of a step that
takes rows out.
"""

from __future__ import annotations

import inspect
import re
import types
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, Strict, create_model
from pydantic.errors import PydanticUserError

from headgate.conf.steps import StepError

__all__ = ["Form", "fit_form", "step_form"]


@dataclass(frozen=True)
class Form:
    """What may be written under a step's name.

    Parameters
    ----------
    name, description : str
        The step, and the first line of its docstring.
    parameters : tuple of str
        In the order of the signature.
    model : type of BaseModel
        Closed; every parameter is a field by its alias.
    function : callable
        What is called.
    """

    name: str
    description: str
    parameters: tuple[str, ...]
    model: type[BaseModel]
    function: Callable[..., Any]

    @property
    def required(self) -> bool:
        """Whether the name alone is not enough."""
        return any(field.is_required() for field in self.model.model_fields.values())


def step_form(name: str, function: Callable[..., Any]) -> Form:
    """The form of a transform.

    Parameters
    ----------
    name : str
        As the file names it.
    function : callable
        Takes keyword parameters and returns a transform.

    Returns
    -------
    Form

    Raises
    ------
    StepError
        A parameter cannot be given by a file.

    Examples
    --------
    >>> def top(*, columns: list[str], rows: int = 10):
    ...     '''Keep the first rows.'''
    >>> step_form("top", top).parameters
    ('columns', 'rows')
    """
    parameters = _signature(name, function)
    if any(parameter.name == "df" and parameter.default is parameter.empty for parameter in parameters):
        reason, fix = (
            "takes the DataFrame itself",
            "take keyword parameters and return a function of the DataFrame",
        )
        raise StepError(name=name, reason=reason, fix=fix)
    # A step that takes rows out, or leaves those alone that are out, says so: see etl.traits.
    sees_removed = getattr(getattr(function, "__headgate_step__", None), "sees_removed", False)
    hidden = ("df", "removed_as") if sees_removed else ("df",)
    return _form(name, function, [parameter for parameter in parameters if parameter.name not in hidden])


def fit_form(name: str, function: Callable[..., Any]) -> Form:
    """The form of a fit; as `step_form`, but for the first parameter, which is the frame.

    Raises
    ------
    StepError
        There is no first parameter, or another one cannot be given by a file.
    """
    parameters = _signature(name, function)
    if not parameters or parameters[0].kind is inspect.Parameter.KEYWORD_ONLY:
        reason, fix = "does not take the DataFrame to learn from", "make the DataFrame its first parameter"
        raise StepError(name=name, reason=reason, fix=fix)
    return _form(name, function, parameters[1:])


def _signature(name: str, function: Callable[..., Any]) -> list[inspect.Parameter]:
    try:
        return list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError) as error:
        reason, fix = f"has no signature to read ({error})", "wrap it in a function of Python"
        raise StepError(name=name, reason=reason, fix=fix) from error


def _form(name: str, function: Callable[..., Any], parameters: Iterable[inspect.Parameter]) -> Form:
    description, notes = _documented(function)
    named = [parameter for parameter in parameters if parameter.kind is not inspect.Parameter.VAR_POSITIONAL]
    for parameter in named:
        if parameter.kind in (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.VAR_KEYWORD):
            reason, fix = (
                f"parameter '{parameter.name}' has no name that a file can give",
                "make it keyword-only",
            )
            raise StepError(name=name, reason=reason, fix=fix)
    try:
        hints = get_type_hints(function, include_extras=True)
        fields: dict[str, Any] = {
            # a neutral field name, since a parameter may be called 'copy' or '_x'
            f"parameter_{place}": (
                _exact(hints.get(parameter.name, Any)),
                Field(
                    ... if parameter.default is parameter.empty else parameter.default,
                    alias=parameter.name,
                    title=parameter.name,
                    description=notes.get(parameter.name),
                ),
            )
            for place, parameter in enumerate(named)
        }
        model = create_model(name, __config__=ConfigDict(extra="forbid"), __doc__=description, **fields)
    except (NameError, TypeError, PydanticUserError) as error:
        reason = f"a parameter's type cannot be given by a file ({str(error).splitlines()[0]})"
        raise StepError(
            name=name, reason=reason, fix="annotate it with text, numbers, lists and dicts"
        ) from error
    return Form(name, description, tuple(parameter.name for parameter in named), model, function)


def _exact(annotation: Any) -> Any:
    """The same type, but never converted: pydantic would read 1 as true and "1" as 1."""
    arguments = get_args(annotation)
    if annotation in (str, int, float, bool):
        return Annotated[annotation, Strict()]
    if get_origin(annotation) in (Union, types.UnionType):
        return Union[tuple(_exact(argument) for argument in arguments)]  # noqa: UP007
    if (
        not arguments
        or get_origin(annotation) in (Literal, Annotated)
        or any(isinstance(a, list) for a in arguments)
    ):
        return annotation
    # of these two pydantic knows nothing, or looks at the items too late
    origin = {Collection: Sequence, Iterable: Sequence}.get(get_origin(annotation), get_origin(annotation))
    return origin[tuple(_exact(argument) for argument in arguments)]


def _documented(function: Callable[..., Any]) -> tuple[str, dict[str, str]]:
    """The first line of a numpy docstring, and its text for each parameter."""
    lines = (inspect.getdoc(function) or "").splitlines()
    notes: dict[str, list[str]] = {}
    for names, text in _parameter_lines(lines):
        for name in names:
            notes.setdefault(name, []).append(text)
    return lines[0] if lines else "", {name: " ".join(filter(None, texts)) for name, texts in notes.items()}


def _parameter_lines(lines: list[str]) -> Iterator[tuple[list[str], str]]:
    ruled = [place for place, line in enumerate(lines[1:]) if re.fullmatch(r"-{3,}", line)]
    start = next((place for place in ruled if lines[place] == "Parameters"), None)
    if start is None:
        return
    end = next((place for place in ruled if place > start), len(lines))
    names: list[str] = []
    for line in lines[start + 2 : end]:
        if line and not line.startswith(" "):
            names = [name.strip(" *") for name in line.partition(" : ")[0].split(",")]
        else:
            yield names, line.strip()
