"""Exit codes, and how an error becomes one line and one of them."""

from __future__ import annotations

import difflib
import re
import sys
import traceback
from collections.abc import Callable, Collection
from enum import IntEnum

from conf import PipelineError
from etl.errors import EtlError, InputError, MissingColumnError, ParameterError
from etl.lake.arrivals import HistoryLostError
from etl.lake.history import TableChangedError
from etl.lake.merging import RepeatedKeyError
from etl.lake.tables import ConflictError, PartitionsError
from jobs.lease import BusyError, LeaseLostError
from quality import SuiteError

__all__ = ["ArgumentsError", "Exit", "RefusedError", "guarded", "reasons_of"]


class Exit(IntEnum):
    """What a job's exit code says."""

    DONE = 0
    UNEXPECTED = 1
    BAD_ARGUMENTS = 2
    REFUSED = 3
    INPUT_MISSING = 4
    BUSY = 5
    INTERRUPTED = 130


class ArgumentsError(Exception):
    """The command line is not understood: carries `argument`, `reason` and `fix`."""

    def __init__(self, *, argument: str, reason: str, fix: str) -> None:
        self.argument = argument
        self.reason = reason
        self.fix = fix
        super().__init__(f"{argument}: {reason}; {fix}")

    @classmethod
    def of_name(cls, argument: str, name: str, names: Collection[str], *, reason: str) -> ArgumentsError:
        """The error of a name that is none of `names`, with the nearest of them."""
        near = difflib.get_close_matches(name, names, n=1)
        known = f"use one of {', '.join(sorted(names))}" if names else "there is none yet"
        fix = f"did you mean '{near[0]}'?" if near else known
        return cls(argument=f"{argument} {name}", reason=reason, fix=fix)


class RefusedError(Exception):
    """The gate refused at least one table: carries `refusals`, table and reason each."""

    def __init__(self, refusals: list[tuple[str, str]]) -> None:
        self.refusals = refusals
        super().__init__("; ".join(f"{table}: {reason}" for table, reason in refusals))


def _code(error: BaseException) -> Exit:
    match error:
        case (
            ArgumentsError()
            | PipelineError()
            | SuiteError()
            | ParameterError()
            | MissingColumnError()
            | PartitionsError()
        ):
            return Exit.BAD_ARGUMENTS
        case RefusedError() | RepeatedKeyError() | HistoryLostError() | TableChangedError():
            return Exit.REFUSED
        case InputError():
            return Exit.INPUT_MISSING
        case BusyError() | LeaseLostError() | ConflictError():
            return Exit.BUSY
        case KeyboardInterrupt():
            return Exit.INTERRUPTED
        case _:
            return Exit.UNEXPECTED


def reasons_of(error: BaseException) -> list[str]:
    """What went wrong, one line each thing, without where in the code.

    Spark wraps what matters several times: of an error from the JVM the innermost cause is told.
    """
    if isinstance(error, KeyboardInterrupt):
        return ["interrupted: nothing was half-written; run the same command again and it goes on"]
    if isinstance(error, RefusedError):
        return [f"{table}: {reason}" for table, reason in error.refusals]
    if _code(error) is not Exit.UNEXPECTED or isinstance(error, EtlError):
        return [line for line in str(error).splitlines() if line.strip()]
    text = _all_said(error)
    if "No space left on device" in text:
        return [
            "the disk is full: nothing was half-published; free some space and run the same command again"
        ]
    reason = _innermost(text)
    if "AccessDenied" in text or "Permission denied" in text or "Forbidden" in text:
        return [f"no permission: {reason}; grant read and write on the lake and read on the landing"]
    return [f"{type(error).__name__}: {reason} (--debug shows where)"]


def _all_said(error: BaseException) -> str:
    said: list[str] = []
    cause: BaseException | None = error
    while cause is not None:
        said.append(str(cause))
        cause = cause.__cause__ or cause.__context__
    return "\n".join(said)


def _innermost(text: str) -> str:
    """The last cause that says something, by its Java trace; else the first line."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    causes = [line for line in lines if re.match(r"Caused by: \S+: ", line)]
    said = causes[-1].removeprefix("Caused by: ") if causes else next(iter(lines), "no message")
    return said[:400]


def guarded(job: Callable[[], None], *, debug: bool = False) -> int:
    """Run `job`; an error is printed on standard error, one line each thing that is wrong.

    Returns
    -------
    int
        0. Any other end raises `SystemExit` with its code: a Glue script that calls ``main()`` and
        forgets its result must not succeed when the job did not.
    """
    try:
        job()
    except (Exception, KeyboardInterrupt) as error:
        if debug:
            traceback.print_exc()
        for line in reasons_of(error):
            print(f"headgate: {line}", file=sys.stderr)
        raise SystemExit(int(_code(error))) from None
    return int(Exit.DONE)
