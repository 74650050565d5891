"""Small files of the lake (manifests, reports, models) through Spark's own file systems.

A file is written under another name first and renamed when it is whole, so that a reader never sees
half of one on a file system that renames; object stores publish an object only when it is whole.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any, NamedTuple

from pyspark.sql import SparkSession

from headgate.etl.lake.java import java_class

__all__ = [
    "Found", "delete", "exists", "first_absent", "folders", "matching", "names", "qualified", "read_bytes",
    "read_line", "write_bytes",
]  # fmt: skip


PATH = "org.apache.hadoop.fs.Path"
BUFFERED_READER, STREAM_READER = "java.io.BufferedReader", "java.io.InputStreamReader"


def _at(spark: SparkSession, path: str) -> tuple[Any, Any]:
    place = java_class(spark, PATH)(path)
    return place.getFileSystem(spark._jsparkSession.sessionState().newHadoopConf()), place


def exists(spark: SparkSession, path: str) -> bool:
    """Whether there is a file or folder at `path`."""
    filesystem, place = _at(spark, path)
    return bool(filesystem.exists(place))


def first_absent(spark: SparkSession, paths: Iterable[str]) -> str | None:
    """The first of some paths on one file system at which there is nothing, or None."""
    filesystem = None
    for path in paths:
        if filesystem is None:
            filesystem, _ = _at(spark, path)
        if not filesystem.exists(java_class(spark, PATH)(path)):
            return path
    return None


def qualified(spark: SparkSession, path: str) -> str:
    """`path` with its file system and from its root, as SQL needs it where a path may be relative."""
    filesystem, place = _at(spark, path)
    return str(filesystem.makeQualified(place).toString())


def folders(spark: SparkSession, path: str) -> list[str]:
    """The names of the folders in the folder at `path`, in order; none where there is no such folder."""
    filesystem, place = _at(spark, path)
    if not filesystem.exists(place):
        return []
    return sorted(
        str(found.getPath().getName()) for found in filesystem.listStatus(place) if found.isDirectory()
    )


class Found(NamedTuple):
    """What a glob has matched: a file, with its size in bytes, or a folder."""

    path: str
    size: int
    folder: bool


def matching(spark: SparkSession, pattern: str) -> list[Found]:
    """What a glob matches, and what begins with ``_`` or ``.`` too, in order.

    Raises
    ------
    pyspark.errors.IllegalArgumentException
        A name in a folder that has to be listed holds a colon, which Hadoop cannot list.
    """
    filesystem, place = _at(spark, pattern)
    return [
        Found(str(one.getPath().toString()), int(one.getLen()), bool(one.isDirectory()))
        for one in filesystem.globStatus(place) or ()
    ]


def names(spark: SparkSession, path: str) -> set[str]:
    """The names of what is in the folder at `path`; none where there is no such folder."""
    filesystem, place = _at(spark, path)
    if not filesystem.exists(place):
        return set()
    return {str(found.getPath().getName()) for found in filesystem.listStatus(place)}


def read_bytes(spark: SparkSession, path: str, *, most: int | None = None) -> bytes:
    """The content of the small file at `path`, or its first `most` bytes.

    Raises
    ------
    FileNotFoundError
        There is none.
    """
    filesystem, place = _at(spark, path)
    if not filesystem.exists(place):
        raise FileNotFoundError(path)
    to_bytes = java_class(spark, "org.apache.commons.io.IOUtils").toByteArray
    stream = filesystem.open(place)
    try:
        if most is not None:
            size = min(most, filesystem.getFileStatus(place).getLen())
            return bytes(to_bytes(stream, int(size)))
        return bytes(to_bytes(stream))
    finally:
        stream.close()


def read_line(spark: SparkSession, path: str, *, containing: str, within: int = 5) -> str | None:
    """The first of the file's first lines that contains a text, or None; the rest is not read.

    Raises
    ------
    FileNotFoundError
        There is no such file.
    """
    filesystem, place = _at(spark, path)
    if not filesystem.exists(place):
        raise FileNotFoundError(path)
    stream = java_class(spark, STREAM_READER)(filesystem.open(place), "UTF-8")
    reader = java_class(spark, BUFFERED_READER)(stream)
    try:
        for _ in range(within):
            line: str | None = reader.readLine()
            if line is None or containing in line:
                return line
        return None
    finally:
        reader.close()


def write_bytes(spark: SparkSession, path: str, content: bytes) -> None:
    """Put `content` at `path`, whole or not at all; what stood there is replaced."""
    filesystem, place = _at(spark, path)
    whole_only = path.startswith(("s3:", "s3a:"))  # and a rename would copy
    # A name of its own: two runs may write the same file at a time.
    beside = f".{place.getName()}.{uuid.uuid4().hex}.part"
    part = place if whole_only else java_class(spark, PATH)(place.getParent(), beside)
    stream = filesystem.create(part, True)
    try:
        stream.write(content)
    finally:
        stream.close()
    if whole_only:
        return
    if filesystem.exists(place):
        filesystem.delete(place, False)
    filesystem.rename(part, place)


def delete(spark: SparkSession, path: str) -> None:
    """Remove the file or folder at `path`, if it is there."""
    filesystem, place = _at(spark, path)
    filesystem.delete(place, True)
