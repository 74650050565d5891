"""Landing files to a frame in the raw zone's form: every column as text, every record with its place.

The files are read by the executors through Spark's own file systems, so that ``file:``, ``s3://``
and ``s3a://`` are one to it. A first, small job surveys the files (are they there, do they decode,
do their headers agree); nothing is written before it has passed.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from urllib.parse import unquote

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from etl.errors import InputError
from etl.lake.delimited import FileFormat, UnreadableFileError, members, read_header, records
from etl.lake.listing import listed, location, name_below, nothing_found
from etl.lake.sequence import natural_order
from etl.transform import quote

__all__ = ["RAW_METADATA", "SourceFile", "raw_column_names", "read_landing", "survey_landing"]

ROWS_PER_BATCH = 20_000

RAW_METADATA = (
    "_file",
    "_file_hash",
    "_row",
    "_seq",
    "_op",
    "_record",
    "_unreadable",
    "_ingested_at",
    "_run_id",
)
"""What ingest adds to the source's columns; see ``docs/architecture.md``."""

_SURVEY = T.StructType(
    [
        T.StructField("delivered", T.StringType()),
        T.StructField("file", T.StringType()),
        T.StructField("hash", T.StringType()),
        T.StructField("columns", T.ArrayType(T.StringType())),
        T.StructField("reason", T.StringType()),
        T.StructField("fix", T.StringType()),
        T.StructField("line", T.LongType()),
    ]
)


@dataclass(frozen=True)
class SourceFile:
    """One file of the landing: its name, the hash of its content, and its header."""

    file: str
    hash: str
    columns: tuple[str, ...]


def raw_column_names(header: Iterable[str]) -> list[str]:
    """Names that a Delta table can hold, as near to the header's own as they can be.

    Characters that Delta forbids become ``_``, leading underscores (they mark metadata) fall away,
    empty names become ``column_N``, and a name that repeats (letter case aside) gets a number.

    Examples
    --------
    >>> raw_column_names(["Patient ID", "", "_x", "patient id"])
    ['Patient_ID', 'column_2', 'x', 'patient_id_2']
    """
    names: list[str] = []
    taken: set[str] = set()
    for number, original in enumerate(header, start=1):
        name = re.sub(r"[ ,;{}()\n\t=]+", "_", original.strip()).lstrip("_") or f"column_{number}"
        candidate, copy = name, 1
        while candidate.lower() in taken:
            copy += 1
            candidate = f"{name}_{copy}"
        taken.add(candidate.lower())
        names.append(candidate)
    return names


def _files(spark: SparkSession, *, dataset: str, folder: str, pattern: str) -> DataFrame:
    with listed(dataset=dataset, folder=folder, pattern=pattern):
        found = spark.read.format("binaryFile").load(location(folder, pattern))
    return found.select("path", "content")


def _contents(batches: Iterable[pa.RecordBatch], folder: str) -> Iterator[tuple[str, bytes]]:
    for batch in batches:
        for path, content in zip(batch.column("path"), batch.column("content"), strict=True):
            yield name_below(path.as_py(), folder), content.as_py()


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]


def _surveyor(folder: str, fmt: FileFormat) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    def survey(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        found: list[tuple[str, str, str | None, list[str] | None, str | None, str | None, int | None]] = []
        for file, content in _contents(batches, folder):
            try:
                for name, inner in members(content, file=file, fmt=fmt):
                    digest = _digest(inner)
                    header = read_header(inner, file=name, fmt=fmt)
                    found.append((file, name, digest, header, None, None, None))
            except UnreadableFileError as error:
                found.append((file, error.file, None, None, error.reason, error.fix, error.line))
        columns = list(zip(*found, strict=True)) or [()] * len(_SURVEY)
        text = pa.string()
        types = [text, text, text, pa.list_(text), text, text, pa.int64()]
        arrays = [pa.array(column, type=kind) for column, kind in zip(columns, types, strict=True)]
        yield pa.RecordBatch.from_arrays(arrays, names=_SURVEY.names)

    return survey


def survey_landing(
    spark: SparkSession, *, dataset: str, folder: str, pattern: str, fmt: FileFormat
) -> list[SourceFile]:
    """What the landing holds for one dataset. One small Spark job; no row is read.

    Parameters
    ----------
    spark : SparkSession
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
        A file is empty, damaged, in another encoding, or its header is not the others'.
    """
    found = _files(spark, dataset=dataset, folder=folder, pattern=pattern)
    rows = sorted(found.mapInArrow(_surveyor(folder, fmt), _SURVEY).collect(), key=lambda row: row.file)
    seen = {row.delivered for row in rows}
    for file in sorted({name_below(unquote(path), folder) for path in found.inputFiles()} - seen):
        # Spark plans no task for a file without a byte
        fix = "deliver it again, or take it out of the landing"
        raise InputError(dataset=dataset, file=file, reason="the file is empty", fix=fix)
    for row in rows:
        if row.reason:
            raise InputError(dataset=dataset, file=row.file, row=row.line, reason=row.reason, fix=row.fix)
    if not rows:
        raise nothing_found(dataset=dataset, folder=folder, pattern=pattern)
    surveyed = [SourceFile(row.file, row.hash, tuple(row["columns"])) for row in rows]
    for other in surveyed[1:]:
        if differ := sorted(_required(other, fmt) ^ _required(surveyed[0], fmt)):
            raise InputError(
                dataset=dataset,
                file=other.file,
                row=1,
                reason=f"the header does not match that of {surveyed[0].file} ({', '.join(differ)})",
                fix="give the two kinds of file a dataset each",
            )
    return surveyed


def _required(file: SourceFile, fmt: FileFormat) -> set[str]:
    return {name.lower() for name in raw_column_names(file.columns)} - {
        name.lower() for name in raw_column_names(fmt.optional)
    }


def _names(files: Iterable[SourceFile], fmt: FileFormat) -> list[str]:
    """The columns of files like these: the first one's, and the optional ones that it lacks."""
    names = raw_column_names(min(files, key=lambda file: file.file).columns)
    there = {name.lower() for name in names}
    return [*names, *(name for name in raw_column_names(fmt.optional) if name.lower() not in there)]


Row = tuple[list[str | None], int, str | None, str | None]
"""Fields, line, and of an unreadable record its text and the reason."""


def _rows(content: bytes, *, file: str, fmt: FileFormat, names: list[str]) -> Iterator[Row]:
    """The records of one file, their fields in the order of the columns `names`; null where it has none."""
    own = {
        name.lower(): place
        for place, name in enumerate(raw_column_names(read_header(content, file=file, fmt=fmt)))
    }
    order = [own.get(name.lower()) for name in names]
    nothing: list[str | None] = [None] * len(names)
    for record in records(content, file=file, fmt=fmt):
        if record.error:
            yield nothing, record.line, record.text, record.error
        else:
            fields = record.fields
            yield [None if at is None else fields[at] or None for at in order], record.line, None, None


def _batch(rows: list[Row], *, file: SourceFile, names: list[str]) -> pa.RecordBatch:
    fields, lines, texts, reasons = zip(*rows, strict=True)
    columns = [
        *zip(*fields, strict=True),
        [natural_order(file.file)] * len(rows),
        [file.file] * len(rows),
        [file.hash] * len(rows),
        texts,
        reasons,
    ]
    arrays = [*(pa.array(column, type=pa.string()) for column in columns), pa.array(lines, type=pa.int64())]
    return pa.RecordBatch.from_arrays(arrays, names=names)


def _reader(
    folder: str, fmt: FileFormat, wanted: frozenset[SourceFile], names: list[str], texts: list[str]
) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    chosen = {(file.file, file.hash): file for file in wanted}

    def read(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for path, content in _contents(batches, folder):
            for name, inner in members(content, file=path, fmt=fmt):
                file = chosen.get((name, _digest(inner)))
                if file is None:
                    continue
                rows = _rows(inner, file=name, fmt=fmt, names=names)
                while chunk := list(islice(rows, ROWS_PER_BATCH)):
                    yield _batch(chunk, file=file, names=[*texts, "_row"])

    return read


def read_landing(
    spark: SparkSession,
    files: Iterable[SourceFile],
    *,
    dataset: str,
    folder: str,
    pattern: str,
    fmt: FileFormat,
    run_id: str,
    ingested_at: datetime,
) -> DataFrame:
    """The records of `files` as the raw zone keeps them.

    Parameters
    ----------
    spark : SparkSession
    files : iterable of SourceFile
        From `survey_landing`; others that match the pattern are not read.
    dataset, folder, pattern, fmt
        As given to `survey_landing`.
    run_id : str
    ingested_at : datetime
        Both stand in every row.

    Returns
    -------
    DataFrame
        The header's columns (see `raw_column_names`) as text, an empty field as null, then
        `RAW_METADATA`. One row a record; an unreadable record has null columns, its text in
        ``_record`` and the reason in ``_unreadable``. Lazy.
    """
    wanted = frozenset(files)
    names = _names(wanted, fmt)
    texts = [*names, "_order", "_file", "_file_hash", "_record", "_unreadable"]
    schema = T.StructType(
        [*(T.StructField(name, T.StringType()) for name in texts), T.StructField("_row", T.LongType())]
    )
    content = _files(spark, dataset=dataset, folder=folder, pattern=pattern)
    rows = content.mapInArrow(_reader(folder, fmt, wanted, names, texts), schema)
    return rows.select(
        *map(quote, names),
        "_file",
        "_file_hash",
        "_row",
        F.concat_ws(":", "_order", F.lpad(F.col("_row").cast("string"), 12, "0")).alias("_seq"),
        F.lit(None).cast("string").alias("_op"),
        "_record",
        "_unreadable",
        F.lit(ingested_at).cast("timestamp").alias("_ingested_at"),
        F.lit(run_id).alias("_run_id"),
    )
