"""Tables of a few plain files, read without asking Delta which files they are.

Delta answers that by Spark jobs over its log, three to five for each table that is read: of a table of
some thousand rows that takes longer than to read it. Its checksum, one small file beside each commit, has
the answer where a table is small: the schema, the protocol, and all data files. What asks more of a reader
than to read Parquet is left to Delta.

References
----------
Delta Lake, "Delta Transaction Log Protocol": Version Checksum File, Reader Version Requirements.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from functools import reduce
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import types as T

from headgate.etl.lake.commits import checksum, data_file, data_files
from headgate.etl.lake.target import fields_within

__all__ = ["FEW", "read_few_files", "read_files"]

FEW = 10
"""Files at most: of more, Delta's statistics may spare reading some."""

SMALL = 64 * 2**20
"""Bytes at most."""


def read_few_files(spark: SparkSession, path: str, version: int) -> DataFrame | None:
    """The rows of one version of a table of a few plain files; None where Delta has to be asked.

    Costs no Spark job.

    Parameters
    ----------
    spark : SparkSession
    path : str
    version : int
    """
    known = checksum(spark, path, version)
    named = data_files(known)
    if not named or len(named) > FEW or sum(file["size"] for file in named) > SMALL:
        return None
    try:
        schema = _schema_of_plain_files(known)
        places = [data_file(path, file["path"]) for file in named]
    except (AttributeError, KeyError, TypeError, ValueError):  # of a form that Delta has not written
        return None
    if schema is None:
        return None
    if any(place.rpartition("/")[2].startswith(("_", ".")) for place in places):  # Spark passes them over
        return None
    return read_files(spark, places, schema=schema)


def read_files(
    spark: SparkSession, places: Sequence[str], *, schema: T.StructType, **options: str
) -> DataFrame:
    """The rows of Parquet files, in whose names nothing is a pattern.

    Of several paths with characters of patterns in them, Spark reads all once more for each.
    """
    reader = spark.read.schema(schema).options(__globPaths__="false", **options)
    if not any(re.search(r"[*?\[\]{}\\]", place) for place in places):
        return reader.parquet(*places)
    return reduce(DataFrame.unionAll, [reader.parquet(place) for place in places])


def _schema_of_plain_files(known: dict[str, Any]) -> T.StructType | None:
    """The columns of a table by its checksum, if its files say all there is to know of its rows."""
    metadata = known.get("metadata")
    if metadata is None or metadata.get("partitionColumns"):
        return None
    # Readers of a later version must know of deletions beside the files, and of other names for columns.
    if known.get("protocol", {}).get("minReaderVersion") != 1:
        return None
    if '"void"' in metadata["schemaString"]:  # Delta leaves such columns out
        return None
    schema = T.StructType.fromJson(json.loads(metadata["schemaString"]))
    # A column that is never null, or of a length, is more than its files say.
    plain = all(one.nullable and one.metadata.keys() <= {"comment"} for one in fields_within(schema))
    return schema if plain else None
