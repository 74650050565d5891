"""Spark, Scala and Delta that fit one another."""

from __future__ import annotations

from typing import Any

from py4j.protocol import Py4JJavaError
from pyspark.sql import SparkSession

from headgate.etl.lake.java import java_class
from headgate.jobs.exits import ArgumentsError

__all__ = ["check_versions"]

DELTA_OF = {"3.5": ("3.2", "3.3"), "4.0": ("4.0",), "4.1": ("4.1", "4.2")}
"""Which minor versions of Delta are made for which of Spark (Delta Lake documentation, "Releases")."""

SETTINGS = "spark session"


def check_versions(spark: SparkSession) -> None:
    """Spark is one that Headgate runs on, and its Delta is there, and made for it.

    Parameters
    ----------
    spark : SparkSession

    Raises
    ------
    ArgumentsError
        With what to pass to `spark-submit`.
    """
    minor = ".".join(spark.version.split(".")[:2])
    if minor not in DELTA_OF:
        raise ArgumentsError(
            argument=SETTINGS,
            reason=f"this is Spark {spark.version}",
            fix=f"Headgate runs on Spark {', '.join(DELTA_OF)}: EMR 7 and 8, Glue 5 and 6",
        )
    properties = java_class(spark, "scala.util.Properties")
    scala = ".".join(properties.versionNumberString().split(".")[:2])
    fix = (
        f"pass --packages io.delta:delta-spark_{scala}:{DELTA_OF[minor][-1]}.x, "
        f"the Delta for Spark {minor} and Scala {scala}"
    )
    loader = java_class(spark, "java.lang.Thread").currentThread().getContextClassLoader()

    def loaded(name: str) -> Any:
        return java_class(spark, "java.lang.Class").forName(name, True, loader)

    try:
        delta = str(loaded("io.delta.package$").getField("MODULE$").get(None).VERSION())
        loaded("org.apache.spark.sql.delta.DeltaLog$")
        spark.conf.get("spark.sql.extensions", "")  # opens the session's state, and with it Delta's extension
    except Py4JJavaError as error:
        said = str(error.java_exception).splitlines()[0]
        absent = "ClassNotFoundException: io.delta" in said
        reason = "Delta's jar is not there" if absent else f"Delta does not fit it ({said[:120]})"
        raise ArgumentsError(argument=SETTINGS, reason=reason, fix=fix) from None
    if not delta.startswith(DELTA_OF[minor]):
        reason = f"Delta {delta} is not made for Spark {spark.version}"
        raise ArgumentsError(argument=SETTINGS, reason=reason, fix=fix)
