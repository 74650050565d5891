"""The quarantine: rejected rows as they were, with every reason.

One table a dataset. A row is known by its place in the source (``_file``, ``_row``) and by a
fingerprint of its values.
"""

from __future__ import annotations

from datetime import datetime

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from etl.transform import PROBLEMS, data_columns, quote

__all__ = ["quarantine_rows", "reasons"]


def quarantine_rows(
    rejected: DataFrame, *, dataset: str, suite: str, suite_version: str, run_id: str, at: datetime
) -> DataFrame:
    """Rejected rows in the form that the quarantine keeps them.

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
        One row per rejected row: ``dataset``, ``file``, ``row``, ``fingerprint`` (SHA-256 of the
        record), ``reasons`` (array of rule, column, value, reason, severity), ``record`` (the
        values at the gate as JSON, or the text of an unreadable record), ``suite``,
        ``suite_version``, ``run_id``, ``quarantined_at``.
    """
    values = F.to_json(F.struct(*(F.col(quote(name)) for name in data_columns(rejected))))
    record = F.coalesce(F.col("_record"), values) if "_record" in rejected.columns else values

    def place(name: str, kind: str) -> Column:
        return (F.col(name) if name in rejected.columns else F.lit(None).cast(kind)).alias(name.lstrip("_"))

    return rejected.select(
        F.lit(dataset).alias("dataset"),
        place("_file", "string"),
        place("_row", "bigint"),
        F.sha2(record, 256).alias("fingerprint"),
        reasons(rejected).alias("reasons"),
        record.alias("record"),
        F.lit(suite).alias("suite"),
        F.lit(suite_version).alias("suite_version"),
        F.lit(run_id).alias("run_id"),
        F.lit(at).cast("timestamp").alias("quarantined_at"),
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
