"""Landing files to a frame in the raw zone's form: every column as text, every record with its place.

The files are read by the executors through Spark's own file systems, so that ``file:``, ``s3://``
and ``s3a://`` are one to it. They have been surveyed before (`headgate.etl.sources.survey`), and are read
as they were then, or not at all.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from datetime import datetime
from itertools import islice
from typing import Any
from urllib.parse import unquote

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from headgate.etl.errors import InputError
from headgate.etl.lake.zones import below, canonical
from headgate.etl.sources.archives import members
from headgate.etl.sources.formats.format import FileFormat, UnreadableFileError
from headgate.etl.sources.headers import columns_together, raw_column_names
from headgate.etl.sources.sequence import natural_order
from headgate.etl.sources.survey import SourceFile, binary_files, contents, digest
from headgate.etl.transform import quote

__all__ = ["RAW_METADATA", "changes_told", "read_landing", "reading_of"]

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

CHOOSING = ("member", "optional", "password")
"""Parts of a format that say which files are taken, and not what they say."""

CHANGED = "the file changed while it was read"
AGAIN = "run this again"


def reading_of(fmt: FileFormat) -> str:
    """What the records of a file depend on besides its bytes, as one short text.

    Examples
    --------
    >>> from headgate.etl.sources.formats import Delimited, JsonLines
    >>> reading_of(Delimited(password="x")) == reading_of(Delimited()) != reading_of(Delimited(quote="'"))
    True
    >>> reading_of(JsonLines()) == reading_of(Delimited())
    False
    """
    # What is left at its default is not told: a format may learn more, and old readings stay known.
    told: dict[str, Any] = {} if fmt.name == "csv" else {"format": fmt.name}
    told |= {
        part.name: getattr(fmt, part.name)
        for part in fields(fmt)
        if part.name not in CHOOSING and getattr(fmt, part.name) != part.default
    }
    return digest(json.dumps(told, sort_keys=True).encode())


Row = tuple[list[str | None], int, str | None, str | None]
"""Fields, line, and of an unreadable record its text and the reason."""


def _rows(content: bytes, *, file: str, fmt: FileFormat, names: list[str]) -> Iterator[Row]:
    """The records of one file, their fields in the order of the columns `names`; null where it has none."""
    header = raw_column_names(fmt.columns_in(content, file=file))
    own = {name.lower(): place for place, name in enumerate(header)}
    order = [own.get(name.lower()) for name in names]
    nothing: list[str | None] = [None] * len(names)
    for record in fmt.records(content, file=file):
        if record.error:
            yield nothing, record.line, record.text, record.error
            continue
        values = [None if place is None else record.fields[place] for place in order]
        yield [value or None for value in values] if fmt.empty_is_null else values, record.line, None, None


def _batch(rows: list[Row], *, file: SourceFile, names: list[str]) -> pa.RecordBatch:
    values, lines, texts, reasons = zip(*rows, strict=True)
    columns = [
        *zip(*values, strict=True),
        [natural_order(file.file)] * len(rows),
        [file.file] * len(rows),
        [file.hash] * len(rows),
        texts,
        reasons,
    ]
    arrays = [*(pa.array(column, type=pa.string()) for column in columns), pa.array(lines, type=pa.int64())]
    return pa.RecordBatch.from_arrays(arrays, names=names)


def _reader(
    folder: str, fmt: FileFormat, wanted: Iterable[SourceFile], names: list[str], texts: list[str]
) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    chosen = {(file.file, file.hash): file for file in wanted}
    surveyed = {name for name, _ in chosen}

    def read(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for path, content in contents(batches, folder):
            for name, inner in members(content, file=path, fmt=fmt):
                file = chosen.get((name, digest(inner)))
                if file is None and name in surveyed:
                    raise UnreadableFileError(name, CHANGED, AGAIN)
                if file is None:
                    continue
                rows = _rows(inner, file=name, fmt=fmt, names=names)
                while chunk := list(islice(rows, ROWS_PER_BATCH)):
                    yield _batch(chunk, file=file, names=[*texts, "_row"])

    return read


@contextmanager
def changes_told(dataset: str) -> Iterator[None]:
    """Raise `InputError` where a file that is read is not the one that was surveyed."""
    try:
        yield
    except Exception as error:
        found = re.search(rf"UnreadableFileError: (.*): {CHANGED}", str(error))
        if found is None:
            raise
        raise InputError(dataset=dataset, file=found[1], reason=CHANGED, fix=AGAIN) from error


def read_landing(
    spark: SparkSession,
    files: Iterable[SourceFile],
    *,
    dataset: str,
    folder: str,
    pattern: str,
    fmt: FileFormat,
    ingested_at: datetime,
    known: Iterable[str] = (),
) -> DataFrame:
    """The records of `files` as the raw zone keeps them.

    Parameters
    ----------
    spark : SparkSession
    files : iterable of SourceFile
        From `survey_landing`; others that match the pattern are not read.
    dataset, folder, pattern, fmt
        As given to `survey_landing`.
    ingested_at : datetime
        Stands in every row.
    known : iterable of str
        The columns of the files that the raw zone holds already.

    Returns
    -------
    DataFrame
        The columns of all files (see `raw_column_names`) as text, then `RAW_METADATA`, but for the name of
        the run. An empty field is null where the format has no other word for that. One row a record; an
        unreadable record has null columns, its text in ``_record`` and the reason in ``_unreadable``. Lazy.

    Raises
    ------
    InputError
        A file lacks a column that the files before it have.
    """
    folder = canonical(folder)
    wanted = sorted(files, key=lambda file: file.file)
    may = raw_column_names(fmt.optional)
    names = columns_together(
        [(file.file, file.names) for file in wanted],
        known,
        dataset=dataset,
        optional=may,
        header=fmt.has_header,
    )
    there = {name.lower() for name in names}
    names += [name for name in may if name.lower() not in there]
    texts = [*names, "_order", "_file", "_file_hash", "_record", "_unreadable"]
    schema = T.StructType(
        [*(T.StructField(name, T.StringType()) for name in texts), T.StructField("_row", T.LongType())]
    )
    content = binary_files(spark, dataset=dataset, folder=folder, pattern=pattern)
    there = {below(folder, unquote(path)) for path in content.inputFiles()}
    for file in wanted:
        # What is planned is read, or Spark fails: only what is not planned would be missing without a word.
        if file.file not in there and not any(file.file.startswith(f"{name}!") for name in there):
            raise InputError(dataset=dataset, file=file.file, reason="it has left the landing", fix=AGAIN)
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
    )
