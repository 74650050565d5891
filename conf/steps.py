"""Steps: what a pipeline may name, and what each may be given.

A step's parameters are those of its function: names, types and defaults are read off the signature,
so a parameter is documented, and checked, in one place. A fit learns from a frame that the job hands
it: its first parameter is no business of the file's author. Neither is ``mark``.
"""

from __future__ import annotations

import importlib
import inspect
import re
import types
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, Strict, create_model
from pydantic.errors import PydanticUserError
from pydantic.json_schema import SkipJsonSchema

from conf.names import Closed

__all__ = [
    "OWN_STEP",
    "Fit",
    "Form",
    "Step",
    "StepError",
    "fit_form",
    "imported",
    "imported_fit",
    "step_form",
]

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
    return _form(
        name, function, [parameter for parameter in parameters if parameter.name not in ("mark", "df")]
    )


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
            fix="install it, or add its folder to PYTHONPATH (on Spark: --py-files)",
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
            reason, fix = f"parameter '{parameter}' has no name that a file can give", "make it keyword-only"
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
    return get_origin(annotation)[tuple(_exact(argument) for argument in arguments)]


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
