"""What the landing holds for a dataset, before a record of it is read: are the files there, do they decode.

Files are read through Spark's own file systems, so that ``file:``, ``s3://`` and ``s3a://`` are one: by its
executors, or, as a job costs more than a few small files do, by the driver.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import unquote

import pyarrow as pa
from py4j.protocol import Py4JJavaError
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import types as T

from headgate.etl.errors import InputError
from headgate.etl.lake import files
from headgate.etl.lake.zones import below, canonical
from headgate.etl.sources.archives import members
from headgate.etl.sources.formats.format import FileFormat, UnreadableFileError
from headgate.etl.sources.headers import raw_column_names
from headgate.etl.sources.listing import HIDDEN, listed, location, nothing_found

__all__ = ["SourceFile", "binary_files", "contents", "digest", "survey_landing"]

FEW = 10
SMALL = 8 * 2**20
"""Files at most, and bytes of all of them, that are read without a Spark job."""


@dataclass(frozen=True)
class SourceFile:
    """One file of the landing: its name, the hash of its content, its header, and if that is all."""

    file: str
    hash: str
    columns: tuple[str, ...]
    empty: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """Its columns, as the raw zone has them."""
        return tuple(raw_column_names(self.columns))


class _Surveyed(NamedTuple):
    """What was found out of a file: that it is good, or why it cannot be read."""

    delivered: str
    file: str
    hash: str | None = None
    columns: list[str] | None = None
    empty: bool | None = None
    reason: str | None = None
    fix: str | None = None
    line: int | None = None


_SURVEY = T.StructType(
    [
        T.StructField("delivered", T.StringType()),
        T.StructField("file", T.StringType()),
        T.StructField("hash", T.StringType()),
        T.StructField("columns", T.ArrayType(T.StringType())),
        T.StructField("empty", T.BooleanType()),
        T.StructField("reason", T.StringType()),
        T.StructField("fix", T.StringType()),
        T.StructField("line", T.LongType()),
    ]
)


def survey_landing(
    spark: SparkSession,
    found: Sequence[files.Found],
    *,
    dataset: str,
    folder: str,
    pattern: str,
    fmt: FileFormat,
) -> list[SourceFile]:
    """What the landing holds for one dataset. No row is read; many files, or large ones, take a Spark job.

    Parameters
    ----------
    spark : SparkSession
    found : sequence of Found
        From `headgate.etl.sources.listing.landed_files`.
    dataset : str
        For errors.
    folder, pattern : str
        The landing folder, any URI that Spark reads, and a glob below it.
    fmt : FileFormat

    Returns
    -------
    list of SourceFile
        Ordered by name.

    Raises
    ------
    InputMissingError
        No file matches.
    InputError
        A file is empty, damaged, or in another encoding.
    """
    folder = canonical(folder)
    few = _few_files(spark, found, folder)
    if few is None:
        binary = binary_files(spark, dataset=dataset, folder=folder, pattern=pattern)
        names = {below(folder, unquote(path)) for path in binary.inputFiles()}
        told = [_Surveyed(*row) for row in binary.mapInArrow(_surveyor(folder, fmt), _SURVEY).collect()]
    else:
        names = {file for file, _ in few}
        # Spark plans no task for a file without a byte.
        told = list(_surveyed((one for one in few if one[1]), fmt))
    for file in sorted(names - {one.delivered for one in told}):
        fix = "deliver it again, or take it out of the landing"
        raise InputError(dataset=dataset, file=file, reason="the file is empty", fix=fix)
    told.sort(key=lambda one: one.file)
    for one in told:
        if one.reason:
            raise InputError(
                dataset=dataset, file=one.file, row=one.line, reason=one.reason, fix=one.fix or ""
            )
    if not told:
        raise nothing_found(dataset=dataset, folder=folder, pattern=pattern)
    return [SourceFile(one.file, one.hash or "", tuple(one.columns or ()), bool(one.empty)) for one in told]


def _few_files(
    spark: SparkSession, found: Sequence[files.Found], folder: str
) -> list[tuple[str, bytes]] | None:
    """Names and contents of what the landing holds; None where Spark is to be asked."""
    sizes = [one.size for one in found]
    # Spark looks into folders, and passes names over that are not for readers.
    plain = not any(one.folder or HIDDEN.search(one.path) or one.path.endswith("._COPYING_") for one in found)
    if not found or not plain or len(found) > FEW or sum(sizes) > SMALL:
        return None
    try:
        return [
            # What has no size may be no file, and have no end.
            (below(folder, one.path), files.read_bytes(spark, one.path) if one.size else b"")
            for one in found
        ]
    except (FileNotFoundError, Py4JJavaError):  # what hinders it is told of whom it hinders, too
        return None


def binary_files(spark: SparkSession, *, dataset: str, folder: str, pattern: str) -> DataFrame:
    """The files that match, as rows of ``path`` and ``content``: what `contents` takes in a task."""
    with listed(dataset=dataset, folder=folder, pattern=pattern):
        found = spark.read.format("binaryFile").load(location(folder, pattern))
    return found.select("path", "content")


def contents(batches: Iterable[pa.RecordBatch], folder: str) -> Iterator[tuple[str, bytes]]:
    """Names below the folder, and contents, of the rows of `binary_files`."""
    for batch in batches:
        for path, content in zip(batch.column("path"), batch.column("content"), strict=True):
            yield below(folder, path.as_py()), content.as_py()


def digest(content: bytes) -> str:
    """The hash that tells one content from another."""
    return hashlib.sha256(content).hexdigest()[:16]


def _surveyed(delivered: Iterable[tuple[str, bytes]], fmt: FileFormat) -> Iterator[_Surveyed]:
    for file, content in delivered:
        try:
            for name, inner in members(content, file=file, fmt=fmt):
                header = fmt.columns_in(inner, file=name)
                empty = next(fmt.records(inner, file=name), None) is None
                yield _Surveyed(file, name, digest(inner), header, empty)
        except UnreadableFileError as error:
            yield _Surveyed(file, error.file, reason=error.reason, fix=error.fix, line=error.line)


def _surveyor(folder: str, fmt: FileFormat) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    def survey(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        found = list(_surveyed(contents(batches, folder), fmt))
        columns = list(zip(*found, strict=True)) or [()] * len(_SURVEY)
        text = pa.string()
        types = [text, text, text, pa.list_(text), pa.bool_(), text, text, pa.int64()]
        arrays = [pa.array(column, type=kind) for column, kind in zip(columns, types, strict=True)]
        yield pa.RecordBatch.from_arrays(arrays, names=_SURVEY.names)

    return survey
