"""What a step says of itself: whether it looks at other rows, and whether it takes rows out.

A pipeline's write holds every row: those that a step removes stay, with a word on it, and later steps
must not see them. What a step does there is told by `step`, and guessed from nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeVar, get_args

from headgate.etl.errors import ParameterError

__all__ = ["Removes", "Scope", "Traits", "step", "traits_of"]

Scope = Literal["row", "group"]
Removes = Literal["duplicate", "superseded", "rule"]

ATTRIBUTE = "__headgate_step__"

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, kw_only=True)
class Traits:
    """What a step says of itself; see `step`."""

    scope: Scope | Callable[..., Scope] = "group"
    removes: Removes | None = None
    sees_removed: bool = False

    def looks_across_rows(self, parameters: Mapping[str, Any]) -> bool:
        """Whether, given these parameters, what becomes of a row may depend on others."""
        scope = self.scope(**parameters) if callable(self.scope) else self.scope
        return scope != "row"


def step(
    *,
    scope: Scope | Callable[..., Scope],
    removes: Removes | None = None,
    sees_removed: bool = False,
) -> Callable[[F], F]:
    """Say of a function that returns a transform what the transform does to rows.

    Parameters
    ----------
    scope : {'row', 'group'}, or callable
        ``row`` if what becomes of a row depends on nothing but that row. Of a step that says nothing it is
        taken that it looks at others, so that it is given only the rows that are still in. A callable is
        given the step's parameters.
    removes : {'duplicate', 'superseded', 'rule'}, optional
        As what rows that the step takes out are counted; ``rule``: by the name in its parameter ``rule``. Its
        function then takes `removed_as` as well.
    sees_removed : bool
        Whether the function takes `removed_as`, a column in which rows that are out say why, and leaves
        those alone by itself.

    Examples
    --------
    >>> @step(scope="row")
    ... def shout(*, column):
    ...     return lambda df: df.withColumn(column, F.upper(column))
    >>> traits_of(shout)
    Traits(scope='row', removes=None, sees_removed=False)
    """
    if not callable(scope) and scope not in get_args(Scope):
        allowed = f"one of {', '.join(get_args(Scope))}, or a function"
        raise ParameterError(step="step", parameter="scope", value=scope, allowed=allowed)
    if removes is not None and removes not in get_args(Removes):
        allowed = f"one of {', '.join(get_args(Removes))}"
        raise ParameterError(step="step", parameter="removes", value=removes, allowed=allowed)

    def declared(function: F) -> F:
        setattr(
            function,
            ATTRIBUTE,
            Traits(scope=scope, removes=removes, sees_removed=sees_removed or removes is not None),
        )
        return function

    return declared


def traits_of(function: Callable[..., Any]) -> Traits:
    """What a step says of itself; of one that says nothing, the cautious."""
    said = getattr(function, ATTRIBUTE, None)
    return said if isinstance(said, Traits) else Traits()
