"""The engines that the tests run on, by name: a session of each, and what each of them lacks."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

CLASSIC, CONNECT, SAIL = "classic", "connect", "sail"


def engine() -> str:
    """The engine that `make` chose."""
    return os.environ.get("HEADGATE_ENGINE") or CLASSIC


def lack(what: str, *of: str) -> pytest.MarkDecorator:
    """Skip a test on the engines that lack what it needs; docs/engines.md names the same."""
    return pytest.mark.skipif(engine() in of, reason=f"lack of {engine()}: {what}")


JOBS = lack("sparkContext, to count jobs by", CONNECT, SAIL)
SORTED_ARRAYS = lack("hashes of arrays, by which chispa sorts rows", SAIL)


@contextmanager
def session(name: str, warehouse: Path) -> Iterator[SparkSession]:
    """A session on the engine `name`, for as long as the block lasts."""
    os.environ["PYSPARK_PYTHON"] = sys.executable
    with {CLASSIC: _classic, CONNECT: _connect, SAIL: _sail}[name](warehouse) as spark:
        yield spark


JAVA = ("-XX:ReservedCodeCacheSize=256m", "-XX:+UseSerialGC")
"""For hundreds of small plans: Java keeps 48 MB for compiled code where it does not optimize, which Spark
fills again and again."""

UNOPTIMIZED = ("-XX:TieredStopAtLevel=1",)
"""The optimizing compiler has earned what it costs after some thirty pipelines, and each takes a fourth less
from then on: a worker of the whole suite gets there, a few files by themselves do not."""

SETTINGS = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.ui.explainMode": "simple",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.memory": "2g",
    "spark.driver.extraJavaOptions": " ".join(
        JAVA if "PYTEST_XDIST_WORKER" in os.environ else (*JAVA, *UNOPTIMIZED)
    ),
    "spark.sql.shuffle.partitions": "2",
    "spark.sql.session.timeZone": "UTC",
}


@contextmanager
def settings(spark: SparkSession, changed: Mapping[str, str]) -> Iterator[SparkSession]:
    """Change a session's settings for as long as the block lasts."""
    before = {name: spark.conf.get(name, None) for name in changed}
    for name, value in changed.items():
        spark.conf.set(name, value)
    yield spark
    for name, value in before.items():
        spark.conf.unset(name) if value is None else spark.conf.set(name, value)


@contextmanager
def _classic(warehouse: Path) -> Iterator[SparkSession]:
    from headgate.jobs.jars import spark_jars
    from headgate.jobs.java_names import remember_names

    builder = SparkSession.builder.master("local[2]").appName("tests")
    for key, value in SETTINGS.items():
        builder = builder.config(key, value)
    builder = (
        builder.config("spark.databricks.delta.snapshotPartitions", "2")
        # 10,000 tasks, the default, to list the folders of a table is what makes VACUUM slow
        .config("spark.sql.sources.parallelPartitionDiscovery.parallelism", "2")
        .config("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension")
        .config("spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog")
        .config("spark.sql.warehouse.dir", str(warehouse))
        .config("spark.jars", spark_jars("delta"))
    )
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    remember_names(spark)
    yield spark
    spark.stop()


@contextmanager
def _connect(warehouse: Path) -> Iterator[SparkSession]:
    builder = SparkSession.builder.remote("local[2]").appName("tests")
    for key, value in SETTINGS.items():
        builder = builder.config(key, value)
    spark = builder.config("spark.sql.warehouse.dir", str(warehouse)).getOrCreate()
    yield spark
    spark.stop()


@contextmanager
def _sail(_: Path) -> Iterator[SparkSession]:
    os.environ.setdefault("RUST_LOG", "error")
    from pysail.spark import SparkConnectServer

    server = SparkConnectServer("127.0.0.1", 0)
    server.start(background=True)
    host, port = server.listening_address
    spark = SparkSession.builder.remote(f"sc://{host}:{port}").getOrCreate()
    spark.conf.set("spark.sql.session.timeZone", "UTC")
    yield spark
    spark.stop()
    server.stop()


@contextmanager
def turkish_locale() -> Iterator[None]:
    """A Java in which the small letter of `I` is a dotless `ı`; Sail has no Java, and asks no locale."""
    if engine() == SAIL:
        yield
        return
    from pyspark import SparkContext  # absent from the client that Sail goes with

    locale = SparkContext._jvm.java.util.Locale
    usual = locale.getDefault()
    locale.setDefault(locale.forLanguageTag("tr-TR"))
    try:
        yield
    finally:
        locale.setDefault(usual)
