"""Whether a pipeline's own steps (``module:function``) may run: only where the user says so.

A pipeline file is data, until it names code. Who runs a file that somebody else wrote says by
``--trust-code``, by ``HEADGATE_TRUST_CODE``, or in their own configuration that they trust it; the file
itself cannot.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import yaml

from headgate.jobs.exits import ArgumentsError

__all__ = ["configuration", "trusts_code"]

VARIABLE = "HEADGATE_TRUST_CODE"

WORDS = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False, "": False}


def configuration(environment: Mapping[str, str]) -> Path:
    """The user's own configuration: ``~/.config/headgate/config.yaml``, or below ``XDG_CONFIG_HOME``.

    Parameters
    ----------
    environment : mapping of str to str
    """
    home = environment.get("XDG_CONFIG_HOME") or Path(environment.get("HOME") or Path.home(), ".config")
    return Path(home, "headgate", "config.yaml")


def trusts_code(given: bool, environment: Mapping[str, str] = os.environ) -> bool:
    """Whether the user trusts the code that a pipeline names.

    Parameters
    ----------
    given : bool
        ``--trust-code``.
    environment : mapping of str to str

    Raises
    ------
    ArgumentsError
        The variable or the configuration says something else than yes or no.
    """
    if given:
        return True
    if VARIABLE in environment:
        word = environment[VARIABLE].strip().lower()
        if word not in WORDS:
            raise ArgumentsError(
                argument=VARIABLE, reason=f"'{word}' is no yes or no", fix="write true or false"
            )
        return WORDS[word]
    place = configuration(environment)
    try:
        text = place.read_text("utf-8")
    except OSError:
        # Most users have none, and who cannot read theirs has said nothing.
        return False
    try:
        said = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError) as error:
        raise ArgumentsError(
            argument=str(place), reason="it is not YAML", fix="write trust_code: true"
        ) from error
    if said is None:
        return False
    if (
        not isinstance(said, dict)
        or set(said) - {"trust_code"}
        or not isinstance(said.get("trust_code", False), bool)
    ):
        raise ArgumentsError(
            argument=str(place),
            reason="it may say trust_code: true or false, and nothing else",
            fix="correct it",
        )
    return bool(said.get("trust_code", False))
