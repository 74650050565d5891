"""Java's classes by their full names."""

from __future__ import annotations

from typing import Any

from py4j.java_gateway import JavaClass
from pyspark.sql import SparkSession

__all__ = ["java_class"]


def java_class(spark: SparkSession, name: str) -> Any:
    """The class of a full name; that there is one shows when it is used.

    Parameters
    ----------
    spark : SparkSession
        Not one of Spark Connect.
    name : str
        With its packages.

    Raises
    ------
    Py4JError
        When the class is used, and there is none.

    Examples
    --------
    >>> java_class(spark, "java.lang.Math").max(2, 3)
    3
    """
    # `spark._jvm.org.apache.…` asks every jar for a class `org`, then for `org.apache`, and so on, each
    # time: on small data that was a fifth of the driver's work.
    gateway: Any = spark.sparkContext._gateway
    return JavaClass(name, gateway._gateway_client)
