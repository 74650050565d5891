"""The quarantine: rejected rows as they were, with every reason, and what became of them since.

One table a dataset, to which events are appended and from which nothing is ever taken: a row was
``quarantined``, for the first time or for other reasons than before; it is ``leaving``, with a
publication that has not been seen to end yet; it was ``released``. What holds of a row is its newest
event, so that an event that is appended once more, after a kill, does no harm. The newest is the one of
the last commit: clocks may be set back.

A row is known by its place in the source (file, the hash of the file's content, line), or by the
fingerprint of its values where it has none.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Final, Literal

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from headgate.etl.lake.tables import find_table
from headgate.etl.lake.turns import TURN
from headgate.etl.transform import PROBLEMS, data_columns, quote

__all__ = [
    "LEAVING",
    "QUARANTINED",
    "RELEASED",
    "bears",
    "changes",
    "events",
    "identity",
    "open_rows",
    "quarantine_rows",
    "reasons",
    "turned",
]

QUARANTINED: Final = "quarantined"
LEAVING: Final = "leaving"
RELEASED: Final = "released"
"""What an event says of its row; the row is open unless it was released."""

PLACE = ("file", "file_hash", "row")


def quarantine_rows(
    rejected: DataFrame, *, dataset: str, suite: str, suite_version: str, run_id: str, at: datetime
) -> DataFrame:
    """Rejected rows as events of the quarantine.

    Parameters
    ----------
    rejected : DataFrame
        Rows with ``_problems`` (from the clean steps), ``_failures`` (from the gate), and the
        metadata of the raw zone.
    dataset, suite, suite_version, run_id : str
    at : datetime
        All five stand in every row.

    Returns
    -------
    DataFrame
        One row per rejected row: ``dataset``, ``file``, ``file_hash``, ``row``, ``fingerprint``
        (SHA-256 of the record), ``status`` (``quarantined``), ``reasons`` (array of rule, column,
        value, reason, severity), ``record`` (the values at the gate as JSON, or the text of an
        unreadable record), ``suite``, ``suite_version``, ``run_id``, ``at``.
    """
    values = F.to_json(F.struct(*(F.col(quote(name)) for name in data_columns(rejected))))
    record = F.coalesce(F.col("_record"), values) if "_record" in rejected.columns else values

    def place(name: str, kind: str) -> Column:
        return (F.col(name) if name in rejected.columns else F.lit(None).cast(kind)).alias(name.lstrip("_"))

    return rejected.select(
        F.lit(dataset).alias("dataset"),
        place("_file", "string"),
        place("_file_hash", "string"),
        place("_row", "bigint"),
        F.sha2(record, 256).alias("fingerprint"),
        F.lit(QUARANTINED).alias("status"),
        reasons(rejected).alias("reasons"),
        record.alias("record"),
        F.lit(suite).alias("suite"),
        F.lit(suite_version).alias("suite_version"),
        F.lit(run_id).alias("run_id"),
        F.lit(at).cast("timestamp").alias("at"),
    )


def identity(prefix: str = "", *, fingerprint: bool = True) -> Column:
    """What a row is known by, as one text.

    Parameters
    ----------
    prefix : str
        Of the names of the columns: ``_`` outside the quarantine.
    fingerprint : bool
        Whether rows without a place have one; else they have no identity.
    """
    place = [F.col(f"{prefix}{name}") for name in PLACE]
    known = F.when(place[0].isNotNull() & place[2].isNotNull(), F.concat_ws("|", *place))
    return F.coalesce(known, F.col("fingerprint")) if fingerprint else known


def events(spark: SparkSession, path: str) -> DataFrame | None:
    """Everything that the quarantine at `path` was told; None where there is none."""
    found = find_table(spark, path)
    if found is None:
        return None
    if "status" not in found.columns:
        # Of before the quarantine was a ledger: what it held, the next publication tells anew.
        return None
    return found if TURN in found.columns else found.withColumn(TURN, F.lit(None).cast("bigint"))


def open_rows(told: DataFrame) -> DataFrame:
    """The newest event of every row that was not released.

    Parameters
    ----------
    told : DataFrame
        From `events`.
    """
    # Events of an earlier release bear no number: they are ordered by their times, before all others.
    turn = F.coalesce(TURN, F.lit(-1)) if TURN in told.columns else F.lit(-1)
    newest = F.max_by(F.struct(*told.columns), F.struct(turn, "at", "status"))
    rows = told.groupBy(identity().alias("_identity")).agg(newest.alias("newest")).select("newest.*")
    return rows.where(F.col("status") != RELEASED)


def bears(names: Collection[str]) -> Column:
    """Whether a row was rejected for one of these: the name of a rule, or of a reason."""
    return F.exists("reasons", lambda why: why["rule"].isin(*names) | why["reason"].isin(*names))


def changes(rejected: DataFrame, before: DataFrame, *, run_id: str, at: datetime) -> DataFrame:
    """The events that bring the quarantine from what it holds to what was rejected now.

    Parameters
    ----------
    rejected : DataFrame
        Events, from `quarantine_rows`.
    before : DataFrame
        Rows that are open, from `open_rows`, as far as they were looked at again.
    run_id : str
    at : datetime
        Of the rows that leave.

    Returns
    -------
    DataFrame
        Rows that are new or rejected for other reasons are ``quarantined``; open ones that were not
        rejected are ``leaving``. A row that stays for the same reasons is no event.
    """
    was = before.select(
        identity().alias("_was"),
        F.struct(*before.columns).alias("_before"),
        F.to_json("reasons").alias("_reasons"),
    )
    now = rejected.withColumn("_now", identity())
    both = now.join(was, F.col("_now") == F.col("_was"), "full_outer")
    leaves = F.col("_now").isNull()
    stays = (F.col("_before.status") == QUARANTINED) & (F.to_json("reasons") == F.col("_reasons"))
    changed = both.where(leaves | ~F.coalesce(stays, F.lit(False)))
    own = {"status": F.lit(LEAVING), "run_id": F.lit(run_id), "at": F.lit(at).cast("timestamp")}
    return changed.select(
        *(
            F.when(leaves, own.get(name, F.col(f"_before.{name}"))).otherwise(F.col(name)).alias(name)
            for name in rejected.columns
        )
    )


def turned(
    told: DataFrame,
    *,
    to: Literal["released", "quarantined"],
    run_id: str,
    at: datetime,
    of: int | None = None,
) -> DataFrame:
    """Events that say of rows that are leaving what became of them.

    Parameters
    ----------
    told : DataFrame
        From `events`.
    to : {'released', 'quarantined'}
        They have left, or they stay.
    run_id : str
    at : datetime
    of : int, optional
        The number of the commit that said that they are leaving: whatever others have told of them
        since. By default all that are leaving now.
    """
    leaving = (told if of is not None else open_rows(told)).where(F.col("status") == LEAVING)
    if of is not None:
        leaving = leaving.where(F.col(TURN) == of)
    return leaving.drop(TURN).withColumns(
        {"status": F.lit(to), "run_id": F.lit(run_id), "at": F.lit(at).cast("timestamp")}
    )


def reasons(df: DataFrame) -> Column:
    """``_problems`` and ``_failures`` of a row as one array of rule, column, value, reason, severity."""
    empty = "array<struct<rule:string,column:string,value:string,reason:string,severity:string>>"
    none = F.array().cast(empty)
    parts = [none]
    if PROBLEMS in df.columns:
        parts.append(
            F.transform(
                F.col(PROBLEMS),
                lambda p: F.struct(
                    p["step"].alias("rule"), p["column"].alias("column"), p["value"].alias("value"),
                    p["reason"].alias("reason"), p["severity"].alias("severity"),
                ),
            )
        )  # fmt: skip
    if "_failures" in df.columns:
        parts.append(
            F.transform(
                F.col("_failures"),
                lambda f: F.struct(
                    f["expectation_id"].alias("rule"), f["column"].alias("column"), f["value"].alias("value"),
                    f["expectation_type"].alias("reason"), f["severity"].alias("severity"),
                ),
            )
        )  # fmt: skip
    return F.concat(*(F.coalesce(part, none) for part in parts))
