"""Whether a definition has changed since it was last carried out."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from headgate.conf.code import code_of
from headgate.conf.steps import Step

__all__ = ["fingerprint", "own_modules"]


def fingerprint(*parts: Any) -> str:
    """The SHA-256 of what the parts mean, not of how they are written.

    Parameters
    ----------
    *parts : BaseModel or JSON value
        Slices of a pipeline, and anything else that the result depends on: the suite's text, a version.

    Returns
    -------
    str
        64 hexadecimal digits. Formatting, comments, and the order of a model's keys do not change
        it; the order of names that the author chooses does, since columns follow it. A secret
        counts with its reference, so that a new password changes nothing. A step of the author's own
        counts with its code, and with the modules of the author's that it imports.

    Examples
    --------
    >>> from headgate.conf.model import Simulate
    >>> fingerprint(Simulate(patients=50)) == fingerprint(Simulate(seed=7, patients=50))
    True
    >>> fingerprint(Simulate(patients=50)) == fingerprint(Simulate(patients=60))
    False
    """
    plain = [
        part.model_dump(mode="json", by_alias=True) if isinstance(part, BaseModel) else part for part in parts
    ]
    own = own_modules(*parts)
    if own:
        plain.append({module: code_of(module) for module in own})
    return hashlib.sha256(json.dumps(plain, separators=(",", ":")).encode()).hexdigest()


def own_modules(*parts: Any) -> list[str]:
    """The modules that a pipeline's own steps, or those of a part of it, are in."""
    return sorted({step.name.partition(":")[0] for step in _steps(parts) if ":" in step.name})


def _steps(part: Any) -> Iterator[Step]:
    if isinstance(part, Step):
        yield part
    elif isinstance(part, BaseModel):
        yield from _steps([value for _, value in part])
    elif isinstance(part, Mapping):
        yield from _steps(list(part.values()))
    elif isinstance(part, (list, tuple)):
        for each in part:
            yield from _steps(each)
