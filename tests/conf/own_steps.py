"""What an author of pipelines may have in a module of his own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from headgate.etl.traits import step


def cap(values: dict[str, Any]) -> Callable[[Any], Any]:
    return lambda df: df


def fit_cap(df: Any, *, columns: list[str], quantile: float = 0.99) -> dict[str, Any]:
    return {}


@step(scope="row", sees_removed=True)
def double(*, column: str, times: int = 2, removed_as: str | None = None) -> Callable[[Any], Any]:
    return lambda df: df


def choose(*, columns: dict[str, str | dict[str, int]]) -> Callable[[Any], Any]:
    return lambda df: df


def takes_the_frame(df: Any, *, column: str) -> Any:
    return df


def takes_anything(**parameters: Any) -> Callable[[Any], Any]:
    return lambda df: df


def takes_a_function(*, key: Undefined) -> Callable[[Any], Any]:  # type: ignore[name-defined]  # noqa: F821
    return lambda df: df


not_a_function = 3
