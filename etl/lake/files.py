"""Small files of the lake (manifests, reports, models) through Spark's own file systems.

A file is written under another name first and renamed when it is whole, so that a reader never sees
half of one on a file system that renames; object stores publish an object only when it is whole.
"""

from __future__ import annotations

from typing import Any

from pyspark.sql import SparkSession

__all__ = ["delete", "exists", "folders", "names", "read_bytes", "read_line", "write_bytes"]


def _at(spark: SparkSession, path: str) -> tuple[Any, Any, Any]:
    jvm: Any = spark._jvm
    place = jvm.org.apache.hadoop.fs.Path(path)
    return jvm, place.getFileSystem(spark._jsparkSession.sessionState().newHadoopConf()), place


def exists(spark: SparkSession, path: str) -> bool:
    """Whether there is a file or folder at `path`."""
    _, filesystem, place = _at(spark, path)
    return bool(filesystem.exists(place))


def folders(spark: SparkSession, path: str) -> list[str]:
    """The names of the folders in the folder at `path`, in order; none where there is no such folder."""
    _, filesystem, place = _at(spark, path)
    if not filesystem.exists(place):
        return []
    return sorted(
        str(found.getPath().getName()) for found in filesystem.listStatus(place) if found.isDirectory()
    )


def names(spark: SparkSession, path: str) -> list[str]:
    """The names of what is in the folder at `path`, in order."""
    _, filesystem, place = _at(spark, path)
    return sorted(str(found.getPath().getName()) for found in filesystem.listStatus(place))


def read_bytes(spark: SparkSession, path: str, *, most: int | None = None) -> bytes:
    """The content of the small file at `path`, or its first `most` bytes.

    Raises
    ------
    FileNotFoundError
        There is none.
    """
    jvm, filesystem, place = _at(spark, path)
    if not filesystem.exists(place):
        raise FileNotFoundError(path)
    stream = filesystem.open(place)
    try:
        if most is not None:
            size = min(most, filesystem.getFileStatus(place).getLen())
            return bytes(jvm.org.apache.commons.io.IOUtils.toByteArray(stream, int(size)))
        return bytes(jvm.org.apache.commons.io.IOUtils.toByteArray(stream))
    finally:
        stream.close()


def read_line(spark: SparkSession, path: str, *, containing: str, within: int = 5) -> str | None:
    """The first of the file's first lines that contains a text, or None; the rest is not read.

    Raises
    ------
    FileNotFoundError
        There is no such file.
    """
    jvm, filesystem, place = _at(spark, path)
    if not filesystem.exists(place):
        raise FileNotFoundError(path)
    reader = jvm.java.io.BufferedReader(jvm.java.io.InputStreamReader(filesystem.open(place), "UTF-8"))
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
    jvm, filesystem, place = _at(spark, path)
    whole_only = path.startswith(("s3:", "s3a:"))  # and a rename would copy
    part = (
        place if whole_only else jvm.org.apache.hadoop.fs.Path(place.getParent(), f".{place.getName()}.part")
    )
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
    _, filesystem, place = _at(spark, path)
    filesystem.delete(place, True)
