"""What is wrong with a pipeline file, in a form that people and programs can both read.

All problems of a file come together in one `PipelineError`, one line each, with the place and the fix::

    hospital.yaml:14: datasets.patients.sorce: unknown key 'sorce'; did you mean 'source'? (allowed: …)
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["Path", "PipelineError", "Problem", "dotted", "nearest_name"]

Path = tuple[str | int, ...]
"""Where a value is in the file: keys and list positions, from the top down."""

ALLOWED_SHOWN = 12


def dotted(path: Path) -> str:
    """A path as it is written in messages and in ``--set``.

    Examples
    --------
    >>> dotted(("datasets", "patients", "clean", 0))
    'datasets.patients.clean.0'
    """
    return ".".join(str(part) for part in path)


def nearest_name(name: str, names: Iterable[str]) -> str | None:
    """The one of `names` that is most alike, if any is near.

    Examples
    --------
    >>> nearest_name("sorce", ["source", "suite"])
    'source'
    """
    near = difflib.get_close_matches(name, list(names), n=1)
    return near[0] if near else None


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One thing that is wrong, and what to do about it.

    Parameters
    ----------
    file : str
        The pipeline file, or ``--set`` for a value from the command line.
    line : int or None
        Counted from 1; None for a value from the command line.
    key : str
        The dotted path of the value; empty when the text is not YAML.
    reason, fix : str
        What is wrong, and what to do.
    value : str or None
        What is written there: ``${VAR}`` and not its value, and nothing at all from a secret field.
    allowed : tuple of str
        What could be written there, where that is a closed list.
    nearest : str or None
        The allowed or existing name that is most alike, if any is near.

    Examples
    --------
    >>> print(Problem(file="p.yaml", line=3, key="lake", reason="a number", fix='write "1"'))
    p.yaml:3: lake: a number; write "1"
    """

    file: str
    line: int | None
    key: str
    reason: str
    fix: str
    value: str | None = None
    allowed: tuple[str, ...] = ()
    nearest: str | None = None

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        more = ", …" if len(self.allowed) > ALLOWED_SHOWN else ""
        allowed = f" (allowed: {', '.join(self.allowed[:ALLOWED_SHOWN])}{more})" if self.allowed else ""
        words = f"{place}: {self.key + ': ' if self.key else ''}{self.reason}; {self.fix}{allowed}"
        return " ".join(words.split())


class PipelineError(Exception):
    """A pipeline file that cannot be used; carries every problem that was found in it.

    Attributes
    ----------
    problems : tuple of Problem
        In the order of the file, then of the suites; those of the command line last.

    Examples
    --------
    >>> print(PipelineError([Problem(file="p.yaml", line=1, key="", reason="empty", fix="fill it")]))
    p.yaml:1: empty; fill it
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        given = list(problems)
        files = list(dict.fromkeys(problem.file for problem in given))

        def place(problem: Problem) -> tuple[bool, bool, int, int]:
            suite = problem.file.endswith(".json")
            return problem.line is None, suite, files.index(problem.file) if suite else 0, problem.line or 0

        self.problems = tuple(sorted(given, key=place))
        super().__init__("\n".join(map(str, self.problems)))
