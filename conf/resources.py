"""The files that come with the package: shipped pipelines and their suites."""

from __future__ import annotations

import posixpath
import re
from importlib.resources import files

from headgate.conf.problems import PipelineError, Problem, nearest_name

__all__ = ["SHIPPED", "relative", "resource", "shipped"]

SHIPPED = ("diabetes130", "hospital")

PREFIX = "shipped:"
"""What the source of a shipped pipeline begins with, where that of another is a path or address."""


def shipped(name: str) -> tuple[str, str]:
    """A pipeline that comes with the package.

    Parameters
    ----------
    name : {"diabetes130", "hospital"}

    Returns
    -------
    tuple of str and str
        Its text, and its source: what `load` and `relative` take.

    Raises
    ------
    PipelineError
        There is none of this name.
    """
    if name not in SHIPPED:
        nearest = nearest_name(name, SHIPPED)
        raise PipelineError(
            [
                Problem(
                    file=name,
                    line=None,
                    key="",
                    value=name,
                    allowed=SHIPPED,
                    nearest=nearest,
                    reason="no such pipeline comes with the package",
                    fix=f"did you mean '{nearest}'?"
                    if nearest
                    else "name one of these, or give the path of a file",
                )
            ]
        )
    source = f"{PREFIX}{name}.yaml"
    return resource(source), source


def relative(source: str, path: str) -> str:
    """Where a file named in a pipeline is: next to the pipeline file, wherever that is.

    Parameters
    ----------
    source : str
        The pipeline's: a path, an address, or what `shipped` gave.
    path : str
        As the pipeline names it.

    Returns
    -------
    str
        Of the same kind as `source`; for `resource` if it begins with ``shipped:``.

    Examples
    --------
    >>> relative("pipelines/hospital.yaml", "suites/patients.json")
    'pipelines/suites/patients.json'
    >>> relative("s3://bucket/hospital.yaml", "suites/patients.json")
    's3://bucket/suites/patients.json'
    >>> relative("shipped:hospital.yaml", "suites/patients.json")
    'shipped:suites/patients.json'
    """
    root, rest = re.fullmatch(r"([A-Za-z][\w+.-]*:(?://[^/]*/)?)?(.*)", source, re.DOTALL).groups("")  # type: ignore[union-attr]
    return f"{root}{posixpath.normpath(posixpath.join(posixpath.dirname(rest), path))}"


def resource(path: str) -> str:
    """The text of a file of the package.

    Parameters
    ----------
    path : str
        Such as ``suites/patients.json``, with or without ``shipped:`` before it.

    Returns
    -------
    str

    Raises
    ------
    PipelineError
        The package has no such file.
    """
    plain = posixpath.normpath(path.removeprefix(PREFIX))
    inside = plain.endswith((".json", ".yaml")) and not plain.startswith(("/", ".."))
    file = files("headgate.conf").joinpath(*plain.split("/"))
    if not inside or not file.is_file():
        reason, fix = "the package has no such file", "name a file of the package, or give a path on disk"
        raise PipelineError([Problem(file=path, line=None, key="", value=path, reason=reason, fix=fix)])
    return file.read_text(encoding="utf-8")
