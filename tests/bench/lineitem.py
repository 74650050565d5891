"""TPC-H's lineitem, 6 M rows, and three suites on it: 21 checks, 60, and 60 of which ten have conditions."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from headgate.jobs.session import COMPILED

__all__ = ["FOLDER", "SUITES", "generate", "lineitem", "lineitem_with_bad_rows", "session", "suite_text"]

FOLDER = Path(__file__).parents[2] / "build" / "bench" / "tpch"
PARTS = 4
KEYS = ["l_orderkey", "l_linenumber"]

SUITES = {
    "21 checks": "lineitem_21",
    "60 checks": "lineitem_60",
    "60 checks, 10 with conditions": "lineitem_60_conditions",
}
"""By what the tables call them."""


SETTINGS = {
    "spark.master": "local[2]",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.driver.memory": "8g",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.sql.shuffle.partitions": "4",
    "spark.databricks.delta.snapshotPartitions": "2",
    "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
    **COMPILED,
}


def suite_text(name: str) -> str:
    """A suite's JSON."""
    return Path(__file__).with_name("suites").joinpath(f"{SUITES[name]}.json").read_text()


def generate() -> None:
    """Make the files, once."""
    if len(list((FOLDER / "lineitem").glob("*.parquet"))) < PARTS:
        FOLDER.mkdir(parents=True, exist_ok=True)
        maker = Path(sys.executable).with_name("tpchgen-cli")
        asked = ["parquet", "-s", "1", f"--parts={PARTS}", "--tables", "lineitem", "-o", str(FOLDER)]
        subprocess.run([str(maker), *asked], check=True, stdout=subprocess.DEVNULL)


def session(settings: Mapping[str, str] | None = None) -> SparkSession:
    """The same session for every contestant: two threads, 8 GB, Delta; some have settings of their own."""
    builder = SparkSession.builder
    for name, value in (SETTINGS | dict(settings or {})).items():
        builder = builder.config(name, value)
    spark = builder.config("spark.jars", Path(sys.prefix, "headgate.jars").read_text()).getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    return spark


def lineitem(spark: SparkSession) -> DataFrame:
    """6,001,215 rows, of which none breaks a rule of the suites."""
    return spark.read.parquet(str(FOLDER / "lineitem"))


def lineitem_with_bad_rows(spark: SparkSession) -> DataFrame:
    """The same, of which one in a hundred has a quantity below nought; in files, as the good ones are."""
    folder = FOLDER / "lineitem_bad"
    if not (folder / "_SUCCESS").exists():
        bad = F.pmod(F.xxhash64(*KEYS), F.lit(100)) == 0
        quantity = F.when(bad, -F.col("l_quantity")).otherwise(F.col("l_quantity"))
        kind = dict(lineitem(spark).dtypes)["l_quantity"]
        rows = lineitem(spark).withColumn("l_quantity", quantity.cast(kind))
        rows.write.mode("overwrite").parquet(str(folder))
    return spark.read.parquet(str(folder))
