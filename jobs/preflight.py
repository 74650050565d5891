"""What must be right before anything is read or written; else one line, with the fix."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Collection, Iterable
from contextlib import AbstractContextManager, nullcontext
from importlib import import_module
from pathlib import Path
from typing import Any

from py4j.protocol import Py4JJavaError
from pyspark.sql import SparkSession

from headgate.etl.errors import InputMissingError
from headgate.etl.lake import files
from headgate.jobs.aws import S3Object
from headgate.jobs.exits import ArgumentsError
from headgate.jobs.lease import Lease, Unleased, lease
from headgate.jobs.places import is_remote, on_s3

__all__ = ["check_executors", "check_places", "sole_writer_of"]

PLACES = (
    ("UnknownStoreException", "there is no such bucket", "make it, or correct the address"),
    ("does not exist", "there is no such bucket", "make it, or correct the address"),
    ("AccessDenied", "no permission", "grant read and write on the lake, and read on the landing"),
    ("Forbidden", "no permission", "grant read and write on the lake, and read on the landing"),
    ("Permission denied", "no permission", "grant read and write on the lake, and read on the landing"),
    ("UnsupportedFileSystem", "Spark knows no such file system", "use s3://bucket/prefix, or add its jar"),
    ("No FileSystem for scheme", "Spark knows no such file system", "use s3://bucket/prefix, or add its jar"),
    ("ClassNotFoundException", "Spark lacks the file system's jar", "add org.apache.hadoop:hadoop-aws"),
    ("Unable to load AWS credentials", "there are no credentials", "set AWS_PROFILE, or give the job a role"),
)
"""What a file system says, what it means, and the fix."""


def check_places(spark: SparkSession, *, lake: str, landing: str) -> None:
    """The lake can be written and the landing be read, as far as can be told without doing so.

    Parameters
    ----------
    spark : SparkSession
    lake, landing : str

    Raises
    ------
    ArgumentsError
        The lake: with the place and the fix.
    InputMissingError
        The landing.
    """
    try:
        _reached(spark, lake)
    except _UnreachableError as error:
        raise ArgumentsError(argument=lake, reason=error.reason, fix=error.fix) from None
    try:
        _reached(spark, landing)
    except _UnreachableError as error:
        raise InputMissingError(dataset="landing", file=landing, reason=error.reason, fix=error.fix) from None
    if not is_remote(lake):
        folder = Path(lake.removeprefix("file:")).absolute()
        nearest = next(part for part in (folder, *folder.parents) if part.exists())
        if not (nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK)):
            reason = "no permission to write there" if nearest.is_dir() else f"{nearest} is a file"
            raise ArgumentsError(argument=lake, reason=reason, fix="name another folder with --lake")


class _UnreachableError(Exception):
    def __init__(self, reason: str, fix: str) -> None:
        self.reason, self.fix = reason, fix
        super().__init__(reason)


def _reached(spark: SparkSession, place: str) -> None:
    try:
        files.exists(spark, place)
    except Py4JJavaError as error:
        said = str(error.java_exception)
        for text, reason, fix in PLACES:
            if text in said:
                raise _UnreachableError(reason, fix) from None
        raise _UnreachableError(said.splitlines()[0][:200], "check the address") from None


def check_executors(spark: SparkSession) -> None:
    """Every executor's Python is the driver's, and has Headgate; on this machine alone, it is.

    A task that only imports: it fails where the wheel is missing, or was built for another Python, and
    would fail after an hour otherwise.

    Parameters
    ----------
    spark : SparkSession

    Raises
    ------
    ArgumentsError
    """
    context = spark.sparkContext
    if (context.master or "").partition("[")[0] == "local":
        return

    def look(parts: Iterable[Any]) -> Iterable[Any]:
        for name in ("pyarrow", "headgate.etl.sources.landing"):
            import_module(name)
        return parts

    tasks = max(2, int(spark.conf.get("spark.executor.instances", "2") or 2))
    try:
        spark.range(tasks, numPartitions=tasks).mapInArrow(look, "id bigint").collect()
    except Exception as error:
        lines = [line.strip() for line in str(error).splitlines() if "Error" in line]
        reason = (lines or [type(error).__name__])[-1][:200]
        raise ArgumentsError(
            argument="executors",
            reason=f"their Python does not run Headgate ({reason})",
            fix=f"install the wheel on every node for Python {sys.version_info[0]}.{sys.version_info[1]}, "
            "and set spark.pyspark.python to it",
        ) from None


def sole_writer_of(
    tables: Collection[str],
    *,
    spark: SparkSession,
    lake: str,
    run_id: str,
    said: bool,
    say: Callable[[str], None],
) -> AbstractContextManager[Lease | Unleased]:
    """Hold the lease on some tables for as long as the block lasts, where Delta cannot keep drivers apart.

    That is on S3, unless Spark is told of a log store that can, such as
    ``spark.delta.logStore.s3.impl=io.delta.storage.S3DynamoDBLogStore``.

    Parameters
    ----------
    tables : collection of str
        That the run may write.
    spark : SparkSession
    lake : str
    run_id : str
    said : bool
        The user says that no other job writes this lake: no lease is taken.
    say : callable

    Yields
    ------
    Lease or Unleased

    Raises
    ------
    headgate.jobs.lease.BusyError
        Another run is writing one of them.
    """
    if said or not on_s3(lake) or _keeps_writers_apart(spark, lake):
        return nullcontext(Unleased())
    hadoop: Any = spark._jsparkSession.sessionState().newHadoopConf()
    leases = S3Object(
        f"{lake.rstrip('/')}/_writer.json",
        endpoint=hadoop.get("fs.s3a.endpoint") or None,
        region=hadoop.get("fs.s3a.endpoint.region") or None,
    )
    return lease(leases, tables=tables, holder=f"run {run_id}", say=say)


def _keeps_writers_apart(spark: SparkSession, lake: str) -> bool:
    scheme = lake.split(":", 1)[0]
    for name in (f"spark.delta.logStore.{scheme}.impl", "spark.delta.logStore.class"):
        store = spark.conf.get(name, None)
        if store:
            return not store.endswith("S3SingleDriverLogStore")
    return False
