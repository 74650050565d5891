"""Delta tables: read them, and write them in one transaction that carries a note."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from headgate.etl.errors import EtlError, InputMissingError
from headgate.etl.lake.admission import admit, refusals_by_delta
from headgate.etl.lake.calendar import write_as_they_are
from headgate.etl.lake.commits import NOTE_KEY, Commit, commit_of, last_commit, newest_version
from headgate.etl.lake.delta_classes import DELTA_TABLE
from headgate.etl.lake.few_files import read_few_files
from headgate.etl.lake.java import java_class
from headgate.etl.lake.partitions import predicate
from headgate.etl.lake.target import Mode, Target, read_target
from headgate.etl.transform import quote

__all__ = [
    "APPLICATION",
    "ConflictError",
    "PartitionsError",
    "Publication",
    "conflicts_refused",
    "find_table",
    "is_table",
    "no_such_table",
    "read_table",
    "require_version",
    "write_table",
]


APPLICATION = "headgate"
"""To Delta, all runs are one application: of two that follow on one version it lets one through."""


@dataclass(frozen=True, kw_only=True)
class Publication:
    """How rows become a table, or part of one, in one commit.

    Attributes
    ----------
    mode : {'append', 'overwrite', 'overwrite_partitions', 'merge'}
        An overwrite may change the schema, the others may add columns. Partitions are overwritten that
        the rows have; a merge updates the rows whose keys are there, and inserts the others.
    note : dict
        Plain data, carried by the commit.
    keys : tuple of str
        For a merge: the columns that identify a row.
    order_by : tuple of str
        For a merge: rows that are older, by these columns, than the table's rows of the same keys are
        left out. ``-name`` turns the order of a column round; null is oldest either way.
    update : bool
        For a merge: whether rows whose keys are there are updated; else they are left as they are.
    after : int, optional
        Publish only if this is still the table's version: what the rows were chosen by.
    replaces : collection of (str, str)
        When appending: rows of the table leave it that came from these files, each given with the hash
        of its content.
    """

    mode: Mode
    note: dict[str, Any]
    keys: tuple[str, ...] = ()
    order_by: tuple[str, ...] = ()
    update: bool = True
    after: int | None = None
    replaces: frozenset[tuple[str, str]] = frozenset()

    @property
    def once(self) -> tuple[str, int] | None:
        """Delta's transaction, by application and version: what follows on one version follows once."""
        return None if self.after is None else (APPLICATION, self.after + 1)

    def made(self, commit: Commit) -> bool:
        """Whether a commit is this publication's: it carries its note."""
        # As text, in which NaN is equal to itself.
        return json.dumps(commit.note) == json.dumps(json.loads(json.dumps(self.note, default=str)))


class ConflictError(EtlError):
    """Another writer has changed the table since the rows were staged, and nothing was published.

    Attributes
    ----------
    table : str
        The folder.
    expected, found : int
        The table's versions; -1 where there was no table.
    """

    def __init__(self, *, table: str, expected: int, found: int) -> None:
        self.table, self.expected, self.found = table, expected, found
        super().__init__(
            f"{table}: another writer went from version {expected} to {found} while this batch was audited; "
            "nothing of it was published; run this again"
        )


class PartitionsError(EtlError):
    """A table is partitioned by other columns than it is asked to be.

    Attributes
    ----------
    table : str
        The folder.
    there, asked : tuple of str
        The columns that the table is partitioned by, and those that it should be.
    """

    def __init__(self, *, table: str, there: Sequence[str], asked: Sequence[str]) -> None:
        self.table, self.there, self.asked = table, tuple(there), tuple(asked)
        super().__init__(
            f"{table}: the table is partitioned by ({', '.join(there) or 'nothing'}), and partition_by says "
            f"({', '.join(asked)}); correct it, or delete the table, which the raw zone makes anew"
        )


CONFLICTS = (
    "ConcurrentAppendException",
    "ConcurrentDeleteDeleteException",
    "ConcurrentDeleteReadException",
    "ConcurrentTransactionException",
    "ConcurrentWriteException",
    "MetadataChangedException",
    "ProtocolChangedException",
)
"""Delta's own, of ``io.delta.exceptions`` (Delta Lake documentation, "Concurrency control")."""


@contextmanager
def conflicts_refused(spark: SparkSession, table: str, *, expected: int) -> Iterator[None]:
    """Raise `ConflictError` where Delta finds that another writer was faster."""
    try:
        yield
    except Exception as error:
        said = f"{type(error).__name__} {error}"
        if any(name in said for name in CONFLICTS):
            found = newest_version(spark, table)
            raise ConflictError(table=table, expected=expected, found=found) from error
        raise


def require_version(spark: SparkSession, table: str, expected: int) -> None:
    """Raise `ConflictError` unless the newest version of the table is the expected one."""
    found = newest_version(spark, table)
    if found != expected:
        raise ConflictError(table=table, expected=expected, found=found)


def is_table(spark: SparkSession, path: str) -> bool:
    """Whether there is a Delta table at `path`.

    Delta's jar is asked, not its Python package: where Spark is a platform's, the jar is all that there
    need be.

    Examples
    --------
    >>> is_table(spark, "no/such/folder")
    False
    """
    return bool(java_class(spark, DELTA_TABLE).isDeltaTable(spark._jsparkSession, path))


def read_table(spark: SparkSession, path: str, *, dataset: str, version: int | None = None) -> DataFrame:
    """The table at `path`, newest or at `version`.

    Raises
    ------
    InputMissingError
        There is no Delta table.
    """
    found = find_table(spark, path, version=version)
    if found is None:
        raise no_such_table(path, dataset=dataset)
    return found


def no_such_table(path: str, *, dataset: str) -> InputMissingError:
    """The error of a table that is to be read, and is not there."""
    return InputMissingError(
        dataset=dataset,
        file=path,
        reason="there is no such table",
        fix="run the step that makes it first (ingest, curate, star, export)",
    )


def find_table(spark: SparkSession, path: str, *, version: int | None = None) -> DataFrame | None:
    """The table at `path`, newest or at `version`; None where there is none."""
    newest = newest_version(spark, path)
    if newest < 0:
        return None
    at = newest if version is None else version
    plain = read_few_files(spark, path, at) if at <= newest else None
    if plain is not None:
        return plain
    return spark.read.format("delta").option("versionAsOf", at).load(path)


def write_table(
    df: DataFrame,
    path: str,
    *,
    mode: Literal["append", "overwrite", "overwrite_partitions"],
    note: dict[str, Any],
    once: tuple[str, int] | None = None,
    partition_by: Sequence[str] = (),
    where: str | None = None,
) -> Commit:
    """Write `df` to the table at `path` in one transaction that carries `note`.

    Parameters
    ----------
    df : DataFrame
    path : str
    mode, note
        See `Publication`.
    once : tuple of str and int, optional
        Delta's transaction, by application and version: rows whose version, or a later one, was
        committed before are not committed again.
    partition_by : sequence of str
        The partition columns of a table that is new.
    where : str, optional
        Overwrite only the rows that meet this condition.

    Returns
    -------
    Commit
        The commit's version and its note; where `once` was committed before, the newest one.
    """
    spark = df.sparkSession
    target = read_target(spark, path)
    admit(df, target, mode="replace" if where is not None else mode, partition_by=partition_by)
    write_as_they_are(spark)
    writer = df.write.format("delta").option("userMetadata", json.dumps({NOTE_KEY: note}, default=str))
    writer = writer.mode("append" if mode == "append" and where is None else "overwrite")
    if mode == "overwrite_partitions" and target.exists:
        where = predicate(_parts(df, target), df.schema, target.partition_by)
    if where is not None:
        writer = writer.option("replaceWhere", where)
    # Another schema in the table's place would do away with what is laid down for its columns.
    anew = mode == "overwrite" and not target.binds_columns
    writer = writer.option("overwriteSchema" if anew else "mergeSchema", "true")
    if once:
        writer = writer.option("txnAppId", once[0]).option("txnVersion", once[1])
    # An overwrite that does not name the partitions would do away with them.
    by = target.partition_by if target.exists else partition_by
    if by:
        writer = writer.partitionBy(*by)
    with refusals_by_delta(path):
        writer.save(path)
    # Others may have committed since; and Delta passes rows over whose turn another took.
    done = commit_of(spark, path, note, after=target.version) or last_commit(spark, path)
    if done is None:
        raise RuntimeError(f"{path}: the commit just made has no note")
    return done


def _parts(df: DataFrame, target: Target) -> list[dict[str, str | None]]:
    """The partitions that the rows have, as texts."""
    texts = [F.col(quote(name)).cast("string").alias(name) for name in target.partition_by]
    return [row.asDict() for row in df.select(*texts).distinct().collect()]
