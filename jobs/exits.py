"""How an error becomes one line, or one for each thing that is wrong, and a code of `headgate.jobs.codes`."""

from __future__ import annotations

import difflib
import os
import re
import select
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Collection
from types import FrameType
from typing import TextIO

from headgate.conf import PipelineError
from headgate.etl.errors import REFUSED_BY_DATA, EtlError, InputError, MissingColumnError, ParameterError
from headgate.etl.lake.admission import TableRuleError
from headgate.etl.lake.arrivals import HistoryLostError
from headgate.etl.lake.history import TableChangedError
from headgate.etl.lake.ledger import LedgerChangedError
from headgate.etl.lake.merging import RepeatedKeyError
from headgate.etl.lake.tables import ConflictError, PartitionsError
from headgate.jobs.codes import Exit
from headgate.jobs.interrupt import TerminatedError, quiet_gateway
from headgate.jobs.lease import BusyError, LeaseLostError
from headgate.jobs.leases import LeaseUnreadableError
from headgate.quality import InapplicableError, ReservedNameError, SuiteError
from headgate.quality.oneline import shown
from headgate.quality.said import of_an_expression, said

__all__ = ["ArgumentsError", "Exit", "RefusedError", "code_of", "guarded", "reasons_of"]


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


_OURS: tuple[tuple[tuple[type[BaseException], ...], Exit], ...] = (
    (
        (
            ArgumentsError,
            PipelineError,
            SuiteError,
            InapplicableError,
            ReservedNameError,
            ParameterError,
            MissingColumnError,
            PartitionsError,
            LeaseUnreadableError,
        ),
        Exit.BAD_ARGUMENTS,
    ),
    (
        (
            RefusedError,
            RepeatedKeyError,
            TableRuleError,
            HistoryLostError,
            TableChangedError,
            LedgerChangedError,
        ),
        Exit.REFUSED,
    ),
    ((InputError,), Exit.INPUT_MISSING),
    ((BusyError, LeaseLostError, ConflictError), Exit.BUSY),
    ((TerminatedError,), Exit.TERMINATED),
    ((KeyboardInterrupt,), Exit.INTERRUPTED),
)
"""Errors that are raised on purpose; what they say is what there is to say."""

AGAIN = "nothing was half-published; run the same command again and it goes on"

_THEIRS: tuple[tuple[str, Exit, str], ...] = (
    (r"No space left on device", Exit.UNEXPECTED, f"the disk is full: free some space; {AGAIN}"),
    (
        r"Py4JNetworkError|Py4JError: An error occurred while calling \S+\s*(?:\n|$)|"
        r"Answer from Java side is empty|Error while sending or receiving|"
        r"Connection(Refused|Reset)Error.*Errno|SparkContext was shut down|Java gateway process exited",
        Exit.UNEXPECTED,
        "Spark's Java process has ended: it was killed, or ran out of memory (spark.driver.memory); " + AGAIN,
    ),
    (
        r"Concurrent(?:Append|Delete\w*|Transaction|Write)Exception|ProtocolChangedException|"
        r"MetadataChangedException|DELTA_CONCURRENT_|DELTA_PROTOCOL_CHANGED|DELTA_METADATA_CHANGED|"
        r"DELTA_TABLE_ALREADY_EXISTS|FileAlreadyExistsException: \S*_delta_log",
        Exit.BUSY,
        f"another run wrote the same table at the same time, and was first: {AGAIN}",
    ),
    (
        r"AccessDenied|AccessControlException|Permission denied|Forbidden",
        Exit.UNEXPECTED,
        "no permission: {said}; grant read and write on the lake and read on the landing",
    ),
    (
        r"_last_checkpoint|DELTA_LOG_FILE_NOT_FOUND|DELTA_MISSING_(?:DELTA|PART)_FILES|DELTA_STATE_RECOVER|"
        r"DELTA_TRUNCATED_|DELTA_VERSIONS_NOT_CONT|No content to map due to end-of-input|JsonParseException",
        Exit.INPUT_MISSING,
        "a table's log is damaged: {said}; delete an empty _last_checkpoint, or restore _delta_log",
    ),
    (
        r"Illegal file pattern|PatternSyntaxException|URISyntaxException|Expected scheme-specific part",
        Exit.BAD_ARGUMENTS,
        "a path or pattern that no file system takes: {said}; correct it",
    ),
    (
        r"INCONSISTENT_BEHAVIOR_CROSS_VERSION",
        Exit.BAD_ARGUMENTS,
        "a pattern or date that Spark reads otherwise since 3.0: {said}; write the pattern as Spark 3 has it",
    ),
    (
        r"FileNotFoundException|FILE_NOT_EXIST|FileNotFoundError|No such file or directory|PATH_NOT_FOUND|"
        r"does not exist\. It is possible the underlying files have been updated",
        Exit.INPUT_MISSING,
        "a file went away while it was read: {said}; deliver it again, and run the same command",
    ),
    (
        r"LZMAError|zlib\.error|BadZipFile|Compressed file ended before|CorruptDeflate|is not a Parquet file|"
        r"CANNOT_READ_FILE_FOOTER|FAILED_READ_FILE",
        Exit.INPUT_MISSING,
        "a file cannot be read: {said}; deliver it again",
    ),
    (
        r"UnicodeEncodeError.*surrogates not allowed|surrogates not allowed",
        Exit.BAD_ARGUMENTS,
        "a name or value holds half a character, which is not text; write the whole character",
    ),
    (r"\bRecursionError\b|maximum recursion depth", Exit.BAD_ARGUMENTS, "nested too deep; write it flatter"),
)
"""What others say, the code of it, and the line: the first that is found, in whatever wraps it."""


def code_of(error: BaseException) -> Exit:
    """The exit code of an error."""
    return _known(error)[0]


def reasons_of(error: BaseException) -> list[str]:
    """What went wrong, one line each thing, without where in the code, and without values of the data.

    Spark wraps what matters several times: of an error from the JVM the innermost cause is told.
    """
    return _known(error)[1]


def _known(error: BaseException) -> tuple[Exit, list[str]]:
    if isinstance(error, KeyboardInterrupt):
        ended = isinstance(error, TerminatedError)
        how, code = ("ended by SIGTERM", Exit.TERMINATED) if ended else ("interrupted", Exit.INTERRUPTED)
        return code, [f"{how}: nothing was half-written; run the same command again and it goes on"]
    code = next((code for kinds, code in _OURS if isinstance(error, kinds)), Exit.UNEXPECTED)
    if isinstance(error, RefusedError):
        return code, [f"{table}: {reason}" for table, reason in error.refusals]
    if code is not Exit.UNEXPECTED or isinstance(error, EtlError):
        return code, [line for line in str(error).splitlines() if line.strip()]
    text = _all_said(error)
    ours = re.search(rf"{re.escape(REFUSED_BY_DATA)} ([^\n]+)", text)
    if ours:
        return Exit.REFUSED, [ours[1]]
    reason = said(error)
    if of_an_expression(error):
        # In a task it was a row's values, elsewhere the expression itself.
        code = Exit.REFUSED if "Job aborted" in text or "Lost task" in text else Exit.BAD_ARGUMENTS
        line = "an SQL function cannot take what it is given: {said}; correct the step, or the values first"
        return code, [line.replace("{said}", reason)]
    for pattern, code, line in _THEIRS:
        if re.search(pattern, text):
            return code, [line.replace("{said}", reason)]
    return Exit.UNEXPECTED, [f"{type(error).__name__}: {reason} (--debug shows where)"]


def _all_said(error: BaseException) -> str:
    parts: list[str] = []
    cause: BaseException | None = error
    while cause is not None and len(parts) < 20:
        parts.append(f"{type(cause).__name__}: {cause}")
        cause = cause.__cause__ or cause.__context__
    return "\n".join(parts)


def guarded(job: Callable[[], None], *, debug: bool = False) -> int:
    """Run `job`; an error is printed on standard error, one line each thing that is wrong.

    SIGTERM ends it as Ctrl-C does: Spark's jobs are cancelled, the lease is given back, the next run
    goes on from there.

    Returns
    -------
    int
        0. Any other end raises `SystemExit` with its code: a Glue script that calls ``main()`` and
        forgets its result must not succeed when the job did not.
    """
    main = threading.current_thread() is threading.main_thread()
    before = signal.signal(signal.SIGTERM, _terminate) if main else None
    try:
        with quiet_gateway():
            job()
            sys.stdout.flush()
    except (Exception, KeyboardInterrupt) as error:
        if isinstance(error, BrokenPipeError) and _has_no_reader(sys.stdout):
            # As of `… | head -1`: what is printed there comes last, and whoever read it has enough.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return int(Exit.DONE)
        if debug:
            traceback.print_exc()
        for line in reasons_of(error):
            print(f"headgate: {shown(line)}", file=sys.stderr)
        raise SystemExit(int(code_of(error))) from None
    finally:
        if main:
            signal.signal(signal.SIGTERM, before or signal.SIG_DFL)
    return int(Exit.DONE)


def _has_no_reader(stream: TextIO) -> bool:
    """Whether a stream leads into a pipe whose other end is closed."""
    try:
        number = stream.fileno()
    except OSError:  # it is no file, as in a notebook
        return False
    poll = select.poll()
    poll.register(number, select.POLLOUT)
    return any(event & select.POLLERR for _, event in poll.poll(0))


def _terminate(number: int, frame: FrameType | None) -> None:
    raise TerminatedError
