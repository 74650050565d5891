"""Whether a definition has changed since it was last carried out."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from pydantic import BaseModel

__all__ = ["fingerprint"]


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
        counts with its reference, so that a new password changes nothing.

    Examples
    --------
    >>> from conf.model import Simulate
    >>> fingerprint(Simulate(patients=50)) == fingerprint(Simulate(seed=7, patients=50))
    True
    >>> fingerprint(Simulate(patients=50)) == fingerprint(Simulate(patients=60))
    False
    """
    plain = [
        part.model_dump(mode="json", by_alias=True) if isinstance(part, BaseModel) else part for part in parts
    ]
    return hashlib.sha256(json.dumps(plain, separators=(",", ":")).encode()).hexdigest()
