"""What is the same in every step: do the work unless it stands already, and account for it."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TypeVar

from pyspark import inheritable_thread_target

from headgate.etl.lake.ledger import Entry
from headgate.jobs.context import Run
from headgate.jobs.exits import Exit, code_of, reasons_of

__all__ = ["each", "in_parallel"]

T = TypeVar("T")


def in_parallel(run: Run, names: Sequence[str], work: Callable[[str], T]) -> list[T]:
    """``work(name)`` for every name, `run.parallel` at a time, in the order of `names`.

    The first error ends it once the work already begun has ended.
    """
    with ThreadPoolExecutor(max_workers=max(1, run.parallel)) as pool:
        with warnings.catch_warnings():
            # Spark 4 says so wherever a function is given alone, as Spark 3.5 asks for it.
            warnings.filterwarnings("ignore", message="Spark session is not provided")
            target = inheritable_thread_target(work)
        futures = [pool.submit(target, name) for name in names]
        try:
            return [future.result() for future in futures]
        except BaseException:
            for future in futures:
                future.cancel()
            raise


def each(run: Run, stage: str, names: Sequence[str], work: Callable[[Run, str], Entry]) -> list[Entry]:
    """Do `work` for every name, and add what was done to the run's entries.

    Parameters
    ----------
    run : Run
    stage : str
    names : sequence of str
        Datasets or tables that do not depend on each other.
    work : callable
        Returns what it did.

    Returns
    -------
    list of Entry
        In the order of `names`.

    Raises
    ------
    Exception
        The first error of any of them that is no refusal; what was done, and what failed, is among the
        entries. What one table refuses keeps no other from being made.
    """
    if not names:
        return []
    run.watch.stage(stage, names)
    entries: list[Entry] = []

    def ended(entry: Entry) -> None:
        if entry.status == "unchanged":
            # What stands may be another stage's work: a replay's is curate's to look at.
            entry = replace(entry, stage=stage)
        run.watch.finish(entry)
        entries.append(entry)

    def one(name: str) -> None:
        run.watch.start(stage, name)
        begun = run.opened(stage=stage, dataset=name)
        try:
            ended(work(run, name))
        except Exception as error:
            said, refused = "; ".join(reasons_of(error)), code_of(error) is Exit.REFUSED
            status, told = ("refused", said) if refused else ("failed", said[:400])
            ended(replace(begun, status=status, finished_at=run.clock(), error=told))
            if not refused:
                raise

    try:
        in_parallel(run, names, one)
    finally:
        entries.sort(key=lambda entry: names.index(entry.dataset))
        run.entries.extend(entries)
    return entries
