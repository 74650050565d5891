"""Merge rows into a table by their keys, in one commit that carries a note and is made once."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from functools import reduce
from operator import or_

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from headgate.etl.errors import EtlError, ParameterError
from headgate.etl.lake import files
from headgate.etl.lake.admission import admit
from headgate.etl.lake.calendar import write_as_they_are
from headgate.etl.lake.commits import NOTE_KEY, Commit, commit_of, last_commit, newest_version
from headgate.etl.lake.tables import (
    ConflictError,
    Publication,
    find_table,
    is_table,
    require_version,
    write_table,
)
from headgate.etl.lake.target import read_target
from headgate.etl.order import judged_by
from headgate.etl.transform import quote, require_columns

__all__ = ["RepeatedKeyError", "count_left_out", "merge_rows", "require_unique_keys"]

INHERITED = ("spark.sql.session.timeZone", "spark.sql.ansi.enabled", "spark.sql.shuffle.partitions")


class RepeatedKeyError(EtlError):
    """Rows to be merged share a key, or have none: which of them is to stay cannot be told.

    Attributes
    ----------
    table : str
        The folder.
    keys : tuple of str
        The columns.
    example : str
        One key that repeats, or has a null.
    """

    def __init__(self, *, table: str, keys: Sequence[str], example: str) -> None:
        self.table, self.keys, self.example = table, tuple(keys), example
        super().__init__(
            # The line goes to logs and the ledger, which hold no values: the example is for who catches it.
            f"{table}: rows to be merged repeat the key ({', '.join(keys)}), or have a null in it; "
            "keep one row a key first, by keep_latest"
        )


def merge_rows(rows: DataFrame, table: str, how: Publication, *, partition_by: Sequence[str] = ()) -> Commit:
    """Update the rows of `table` whose keys `rows` have, and insert the others.

    Given an order, a row of `table` that is newer than the row that would update it stays as it is; without
    `update` all of them do.
    Keys that are unique in the table are so after the merge: `rows` must not repeat one, and of two
    merges at the same time Delta lets one win.

    Parameters
    ----------
    rows : DataFrame
        The audited change set; it is read twice.
    table : str
        A table's folder; there may be none yet.
    how : Publication
        With the keys; the columns that the table has not are added to it.
    partition_by : sequence of str
        The partition columns of a table that is new.

    Returns
    -------
    Commit

    Raises
    ------
    RepeatedKeyError
        Keys repeat in `rows`, or are null: nothing is written.
    headgate.etl.errors.ParameterError
        There are no keys.
    headgate.etl.errors.MissingColumnError
        A key is no column of `rows`.

    References
    ----------
    Delta Lake documentation, "Upsert into a table using merge", "Idempotent writes".
    """
    if not how.keys:
        raise ParameterError(step="merge", parameter="keys", value=how.keys, allowed="at least one column")
    require_columns(rows, how.keys, step="merge")
    spark = rows.sparkSession
    target = read_target(spark, table)
    admit(rows, target, mode="merge", partition_by=partition_by, keys=how.keys)
    require_unique_keys(rows, table, how.keys)
    if how.after is not None:
        require_version(spark, table, how.after)
    if not is_table(spark, table):
        return write_table(
            rows, table, mode="append", note=how.note, once=how.once, partition_by=partition_by
        )
    # Notes and transactions of DML are settings of the session: this one is for this merge alone, so
    # that tables merged at the same time do not take each other's.
    own = spark.newSession()
    for name in INHERITED:
        own.conf.set(name, spark.conf.get(name) or "")
    write_as_they_are(own)
    own.conf.set("spark.databricks.delta.schema.autoMerge.enabled", "true")
    own.conf.set(
        "spark.databricks.delta.commitInfo.userMetadata", json.dumps({NOTE_KEY: how.note}, default=str)
    )
    if how.once:
        own.conf.set("spark.databricks.delta.write.txnAppId", how.once[0])
        own.conf.set("spark.databricks.delta.write.txnVersion", str(how.once[1]))
    source, into = f"headgate_merge_{uuid.uuid4().hex}", quote(files.qualified(spark, table))
    update = f"WHEN MATCHED AND NOT {_stays(how, target.schema)} THEN UPDATE SET * " if how.update else ""
    rows.createGlobalTempView(source)
    try:
        own.sql(
            f"MERGE INTO delta.{into} AS t USING global_temp.{source} AS s ON {_same(how.keys)} "
            f"{update}WHEN NOT MATCHED THEN INSERT *"
        )
    finally:
        spark.catalog.dropGlobalTempView(source)
    commit = commit_of(spark, table, how.note, after=target.version)
    if commit is None and how.after is None:  # nothing changed, and so nothing was committed
        commit = last_commit(spark, table)
    if commit is None:  # Delta passes rows over whose turn another took
        raise ConflictError(table=table, expected=target.version, found=newest_version(spark, table))
    return commit


def count_left_out(rows: DataFrame, table: str, how: Publication) -> int:
    """Count the rows that a merge would leave out, as the table's rows of their keys stay.

    One job; none where every row is applied.

    Parameters
    ----------
    rows : DataFrame
    table : str
        A table's folder; there may be none yet.
    how : Publication
    """
    if how.update and not how.order_by:
        return 0
    require_columns(rows, [*how.keys, *(name.removeprefix("-") for name in how.order_by)], step="merge")
    there = find_table(rows.sparkSession, table)
    if there is None:
        return 0
    stays = F.expr(f"({_same(how.keys)}) AND {_stays(how, there.schema)}")
    return rows.alias("s").join(there.alias("t"), stays, "left_semi").count()


def _same(keys: Sequence[str]) -> str:
    return " AND ".join(f"t.{quote(key)} = s.{quote(key)}" for key in keys)


def _stays(how: Publication, there: T.StructType) -> str:
    """SQL that is never null: whether the table's row `t` is not to be updated by the row `s` of its keys."""
    if not how.update:
        return "true"
    return _older(how.order_by, there) if how.order_by else "false"


def _older(order_by: Sequence[str], there: T.StructType) -> str:
    """SQL that is never null: whether the row `s` is older than the table's row `t`."""
    said, kinds = "false", {field.name.lower(): field.dataType for field in there.fields}
    for entry in reversed(order_by):
        name, sign = entry.removeprefix("-"), ">" if entry.startswith("-") else "<"
        kind = kinds.get(name.lower(), T.NullType())
        news = judged_by(f"s.{quote(name)}", kind)
        # In a column that the table gets with these rows all that it has is null.
        olds = judged_by(f"t.{quote(name)}", kind) if name.lower() in kinds else ("NULL",)
        for new, old in reversed([*zip(news, olds, strict=True)]):
            less = f"({old} IS NOT NULL AND ({new} IS NULL OR {new} {sign} {old}))"
            said = f"({less} OR (({new} <=> {old}) AND {said}))"
    return said


def require_unique_keys(rows: DataFrame, table: str, keys: Sequence[str]) -> None:
    """Raise `RepeatedKeyError` if two of `rows` share a key, or one has a null in it. One job."""
    columns = [F.col(quote(key)) for key in keys]
    empty = reduce(or_, (column.isNull() for column in columns))
    # As one column, that no key has the name of the count.
    repeated = (
        rows.groupBy(F.struct(*columns).alias("key"))
        .agg(F.count(F.lit(1)).alias("times"), F.first(empty).alias("empty"))
        .where("times > 1 OR empty")
    )
    found = repeated.select("key").limit(1).collect()
    if found:
        raise RepeatedKeyError(table=table, keys=keys, example=str(found[0].key.asDict()))
