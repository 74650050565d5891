"""Which tables of two lakes differ: run as a program, since the tests' own session does not know S3.

``python compare_lakes.py LAKE OTHER`` prints a JSON object: for each table that either lake has, how
many rows there are in the first and how many, as texts without the run's own names and times, only
one of both has.
"""

from __future__ import annotations

import json
import sys

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from headgate.etl.lake import files
from headgate.jobs.session import spark_session

OF_THE_RUN = ("_run_id", "_ingested_at", "run_id", "at")
ZONES = ("raw", "curated", "star", "quarantine")


def tables(spark: SparkSession, lake: str) -> set[str]:
    jvm = spark._jvm
    place = jvm.org.apache.hadoop.fs.Path(lake)
    system = place.getFileSystem(spark._jsparkSession.sessionState().newHadoopConf())
    found = set()
    for zone in ZONES:
        folder = jvm.org.apache.hadoop.fs.Path(f"{lake}/{zone}")
        for status in system.listStatus(folder) if system.exists(folder) else []:
            name = f"{zone}/{status.getPath().getName()}"
            if files.exists(spark, f"{lake}/{name}/_delta_log"):
                found.add(name)
    return found


def rows(spark: SparkSession, path: str) -> DataFrame:
    table = spark.read.format("delta").load(path)
    kept = sorted(name for name in table.columns if name not in OF_THE_RUN)
    return table.select(F.to_json(F.struct(*kept), {"ignoreNullFields": "false"}).alias("row"))


def compared(left: DataFrame, right: DataFrame) -> list[int]:
    """The rows of the first, and those that only one of both has, as often as it has them."""
    sides = left.withColumn("in", F.lit(1)).union(right.withColumn("in", F.lit(-1)))
    each = sides.groupBy("row").agg(F.sum("in").alias("more"), F.count_if(F.col("in") > 0).alias("rows"))
    told = each.agg(F.sum("rows"), F.sum(F.abs("more"))).first()
    assert told is not None
    return [value or 0 for value in told]


def main(lake: str, other: str) -> None:
    with spark_session(app="compare", places=[lake, other]) as spark:
        names = tables(spark, lake) | tables(spark, other)
        found = {}
        for name in sorted(names):
            left, right = rows(spark, f"{lake}/{name}"), rows(spark, f"{other}/{name}")
            found[name] = compared(left, right)
    print(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
