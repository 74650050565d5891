"""What becomes of a table when a file that some of its rows came from is delivered again.

A table that is overwritten is made of what stands in the raw zone anyway. In the other modes the rows
of the earlier delivery are in the table already:

- ``append``: they leave it, in the commit that brings the new ones.
- ``merge``, ``insert_new``: they may have updated or kept out others, which must come back. So the table
  is made anew, of all that stands in the order in which it came.
- ``overwrite_partitions``: those in partitions that the new delivery has are replaced; what they replaced
  themselves is not known any more, so that where they are in others, the batch is refused.
"""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from headgate.etl.clean.removal import critical_problems
from headgate.etl.lake.arrivals import Batch
from headgate.etl.load.row_counts import REMOVED_AS
from headgate.etl.order import latest_first
from headgate.etl.transform import Transform, quote, require_columns

__all__ = ["merge_anew", "replaced_files", "stranded"]

RANK = "_rank"


def merge_anew(*, keys: Sequence[str], order_by: Sequence[str] = (), first: bool = False) -> Transform:
    """Flag as superseded each row that merging all batches in their order would not leave in the table.

    Parameters
    ----------
    keys, order_by : sequence of str
        Of rows of one key the newest stays by `order_by`, then by when it was taken in; rows that are
        equal in both all stay, for whoever checks the keys.
    first : bool
        Whether the row stays that was taken in first, and not the newest.

    Returns
    -------
    Transform
        Of cleaned rows of all batches, those that steps removed among them.
    """

    def flag(df: DataFrame) -> DataFrame:
        require_columns(df, [*keys, *(name.removeprefix("-") for name in order_by)], step="publish")
        live = F.col(REMOVED_AS).isNull() & (F.size(critical_problems(df)) == 0)
        for key in keys:
            live &= F.col(quote(key)).isNotNull()
        same = Window.partitionBy(live, *(F.col(quote(key)) for key in keys))
        taken_in = F.col("_ingested_at")
        in_order = same.orderBy(*latest_first(df, order_by), taken_in if first else taken_in.desc())
        ranked = df.withColumn(RANK, F.rank().over(in_order))
        late = live & (F.col(RANK) > 1)
        return ranked.withColumn(
            REMOVED_AS, F.when(late, F.lit("superseded")).otherwise(F.col(REMOVED_AS))
        ).drop(RANK)

    return flag


def replaced_files(batch: Batch) -> frozenset[tuple[str, str]]:
    """The files whose rows leave the table, each with the hash of the content that it had."""
    return frozenset((delivery.file, delivery.hash) for delivery in batch.published)


def stranded(table: DataFrame, accepted: DataFrame, partition_by: Sequence[str], batch: Batch) -> str | None:
    """Why partitions cannot be overwritten: rows that are replaced are in partitions that stay.

    Parameters
    ----------
    table : DataFrame
        As it stands.
    accepted : DataFrame
        The rows to be published.
    partition_by : sequence of str
    batch : Batch

    Returns
    -------
    str or None
        One line; None where all of them leave with their partitions.
    """
    new = accepted.select(*map(quote, partition_by)).distinct().alias("new")
    there = table.where(_from(replaced_files(batch))).alias("there")
    same = [F.col(f"there.{quote(name)}").eqNullSafe(F.col(f"new.{quote(name)}")) for name in partition_by]
    found = there.join(new, same, "left_anti").select("_file", *map(quote, partition_by)).limit(1).collect()
    if not found:
        return None
    values = ", ".join(f"{name}={found[0][name]}" for name in partition_by)
    return (
        f"{found[0]['_file']} was delivered again without the partition {values}, which has rows of it, "
        "and what they replaced is not known any more; make the table anew once by publish.mode overwrite, "
        "or set source.redelivery to append"
    )


def _from(replaced: frozenset[tuple[str, str]]) -> Column:
    """Whether a row of the table came from one of the files that are replaced."""
    pairs = [F.struct(F.lit(file).alias("f"), F.lit(digest).alias("h")) for file, digest in sorted(replaced)]
    return F.struct(F.col("_file").alias("f"), F.col("_file_hash").alias("h")).isin(pairs)
