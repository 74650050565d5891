"""Data as it stands, in no lake of ours: a Delta table's folder, or files, by how their names end."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from pyspark.sql import DataFrame, SparkSession

from headgate.etl.errors import InputError, InputMissingError
from headgate.etl.lake.tables import is_table
from headgate.quality.said import said

__all__ = ["read_data"]

FORMATS = {".parquet": "parquet", ".csv": "csv", ".json": "json", ".jsonl": "json"}
COMPRESSED = (".gz", ".bz2", ".zst")


def read_data(spark: SparkSession, places: Sequence[str], *, infer: bool = False) -> DataFrame:
    """One frame of a Delta table, or of the rows of several files.

    Files that are text are read through once, which is one Spark job: what of them cannot be read is said
    now, and not by whatever looks at them first.

    Parameters
    ----------
    spark : SparkSession
    places : sequence of str
        The folder of one Delta table; or files of one kind, patterns such as ``in/*.csv`` among them:
        Parquet, CSV with a header, JSON with one object a line. Text may be compressed (``.csv.gz``).
    infer : bool
        Whether numbers, dates and truth values of CSV files are read as such. Otherwise they are text,
        as they are in the file. To look for them takes a Spark job.

    Returns
    -------
    DataFrame
        With the columns of the first file.

    Raises
    ------
    InputMissingError
        There is nothing.
    InputError
        It is of no kind that is known here, or of several, or cannot be read: a record of another
        length than the header, a header unlike the first file's, an object that is not closed.

    Examples
    --------
    >>> read_data(spark, ["in/visits.xlsx"])
    Traceback (most recent call last):
    ...
    headgate.etl.errors.InputError: data: in/visits.xlsx: it is no Delta table, and its name does not end ...
    """
    first, *more = places
    if not more and is_table(spark, first):
        return spark.read.format("delta").load(first)
    kinds = {_kind(place) for place in places}
    if len(kinds) > 1:
        raise InputError(
            dataset="data",
            file=", ".join(places),
            reason=f"these are of several kinds ({', '.join(sorted(kinds))})",
            fix="name one table, or files of one kind",
        )
    kind = kinds.pop()
    reader = spark.read.format(kind).option("mode", "FAILFAST")
    if kind == "csv":
        # Every file's own header is held against the first one's.
        reader = reader.options(
            header=True, enforceSchema=False, inferSchema=infer, multiLine=True, escape='"'
        )
    with _readable(places):
        df = reader.load(list(places))
        if kind != "parquet":
            df.count()
    return df


def _kind(place: str) -> str:
    name, ending = posixpath.splitext(place.rstrip("/").lower())
    if ending in COMPRESSED:
        ending = posixpath.splitext(name)[1]
    if ending not in FORMATS:
        raise InputError(
            dataset="data",
            file=place,
            reason=f"it is no Delta table, and its name does not end as files do that can be read "
            f"({', '.join(FORMATS)})",
            fix="check the path, or name the files, such as 'FOLDER/*.parquet'",
        )
    return FORMATS[ending]


def _plain(line: str) -> str:
    """Without Spark's name for the condition, or the exception's class."""
    return re.sub(r"^(\[[A-Z][A-Z_.]+\] |[\w.]+(Exception|Error): )+", "", line)[:300]


@contextmanager
def _readable(places: Sequence[str]) -> Iterator[None]:
    """Say in one line what Spark found wrong with the files."""
    try:
        yield
    except Exception as error:  # whatever it is: there is nothing but reading in the block
        file = ", ".join(places)
        if "PATH_NOT_FOUND" in str(error):
            raise InputMissingError(
                dataset="data", file=file, reason="there is no such file", fix="check the path"
            ) from error
        raise InputError(
            dataset="data", file=file, reason=_plain(said(error)), fix="correct the file, or name another"
        ) from error
