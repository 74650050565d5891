"""Where files are: in the package, on this machine, or in a file system that Spark reaches."""

from __future__ import annotations

import re
from pathlib import Path

from pyspark.sql import SparkSession

from headgate import conf
from headgate.etl.lake import files
from headgate.jobs.exits import ArgumentsError

__all__ = ["PIPELINE_BYTES", "is_remote", "local", "on_s3", "read_text", "write_bytes"]


def is_remote(place: str) -> bool:
    """Whether a place is an address that only Spark's file systems read.

    Examples
    --------
    >>> [is_remote(place) for place in ("s3://bucket/p.yaml", "hdfs:///p.yaml", "p.yaml", "file:/p.yaml")]
    [True, True, False, False]
    """
    scheme = re.match(r"([A-Za-z][\w+.-]*):/", place)
    return scheme is not None and scheme[1] not in ("file", "shipped")


def on_s3(place: str | None) -> bool:
    """Whether a place is in S3, by either of its schemes."""
    return place is not None and place.startswith(("s3://", "s3a://"))


def local(place: str) -> Path:
    """The path of a place on this machine.

    Examples
    --------
    >>> [local(place).as_posix() for place in ("file:///a/b.json", "file:/a/b.json", "a/b.json")]
    ['/a/b.json', '/a/b.json', 'a/b.json']
    """
    return Path(re.sub(r"^file:/+", "/", place))


def write_bytes(spark: SparkSession, place: str, content: bytes) -> None:
    """Put `content` at `place`, on this machine or in a file system that Spark reaches."""
    if is_remote(place):
        files.write_bytes(spark, place, content)
        return
    local(place).parent.mkdir(parents=True, exist_ok=True)
    local(place).write_bytes(content)


LARGEST = 64 * 1024 * 1024
"""Bytes of a suite, whose value sets may be long."""

PIPELINE_BYTES = 4 * 1024 * 1024
"""Bytes of a pipeline file: `headgate.conf.parse` takes a quarter of it."""


def read_text(place: str, spark: SparkSession | None = None, *, largest: int = LARGEST) -> str:
    """The text of a pipeline file or suite: shipped inside the package, on disk, or in the lake.

    Parameters
    ----------
    place : str
        ``shipped:…``, a path, ``file:…``, or an address such as ``s3://…``, which Spark reads.
    spark : SparkSession, optional
        By default the thread's active one.
    largest : int
        More bytes than this are not read.

    Raises
    ------
    ArgumentsError
        There is no such file, or it is no file, or larger, or cannot be read, or is not UTF-8.
    """
    if place.startswith("shipped:"):
        return conf.resource(place)
    try:
        content = _content(place, spark, largest)
        if len(content) > largest:
            reason = f"it is larger than {largest:,} bytes"
            raise ArgumentsError(argument=place, reason=reason, fix="name the right file")
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ArgumentsError(argument=place, reason="it is not UTF-8", fix="save it as UTF-8") from error
    except (OSError, ValueError) as error:
        # ValueError: a NUL, or half a character, which no path has.
        reason = getattr(error, "strerror", None) or "there is no such file"
        raise ArgumentsError(argument=place, reason=reason, fix="check the path") from error


def _content(place: str, spark: SparkSession | None, largest: int) -> bytes:
    if not is_remote(place):
        path = local(place)
        # To open a pipe waits for whoever writes it, and a device may never end.
        if path.exists() and not path.is_file():
            raise ArgumentsError(argument=place, reason="it is no file", fix="name a file")
        with path.open("rb") as file:
            return file.read(largest + 1)
    spark = spark or SparkSession.getActiveSession()
    if spark is None:
        raise ArgumentsError(
            argument=place, reason="only Spark can read it", fix="copy it here, and name the copy"
        )
    return files.read_bytes(spark, place, most=largest + 1)
