"""Dates and times before 1900 are written as they are, and not as the calendar of Spark 2 had them."""

from __future__ import annotations

from pyspark.sql import SparkSession

__all__ = ["AS_THEY_ARE", "write_as_they_are"]

AS_THEY_ARE = {
    "spark.sql.parquet.datetimeRebaseModeInWrite": "CORRECTED",
    "spark.sql.parquet.int96RebaseModeInWrite": "CORRECTED",
}
"""Of the session that writes: Parquet has no option for it. By default Spark refuses 0001-01-01, and
every time before 1900, as Spark 2 would read them as others; readers of our files are newer than that.

Spark documentation, "Parquet Files", Configuration.
"""


def write_as_they_are(spark: SparkSession) -> None:
    """Have the session write all dates and times that there are."""
    for name, value in AS_THEY_ARE.items():
        if spark.conf.get(name, None) != value:
            spark.conf.set(name, value)
