"""Delta's own classes, and Scala's, as they are reached through the JVM.

They are no stable interface: whoever calls `start` has to do without where it raises
`AttributeError` or `Py4JError`.

References
----------
Delta Lake, ``org.apache.spark.sql.delta.OptimisticTransaction`` (3.3, 4.0, 4.2).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from pyspark.sql import SparkSession

from headgate.etl.lake.java import java_class

__all__ = [
    "DELTA_TABLE",
    "action",
    "class_of",
    "construct",
    "expression",
    "register",
    "require_method",
    "save_mode",
    "seq",
    "some",
    "start",
]


DELTA_TABLE = "io.delta.tables.DeltaTable"


def start(spark: SparkSession, table: str) -> Any:
    """A new transaction on the table in a folder; there may be none yet."""
    # Where a checksum does not tell it, as after another's RESTORE, Delta asks Spark for its own state,
    # and finds it by the thread. Spark 4 has put the class elsewhere.
    session = java_class(spark, spark._jsparkSession.getClass().getName())
    session.setActiveSession(spark._jsparkSession)
    log = java_class(spark, "org.apache.spark.sql.delta.DeltaLog")
    return log.forTable(spark._jsparkSession, table).startTransaction()


def class_of(spark: SparkSession, name: str) -> Any:
    """The class of a name."""
    # Jars given to the session are known to the thread's loader, not to the JVM's own.
    return java_class(spark, "java.lang.Thread").currentThread().getContextClassLoader().loadClass(name)


def require_method(spark: SparkSession, of: str, name: str) -> None:
    """Raise `Py4JError` unless a class has a method of a name that takes nothing."""
    gateway: Any = spark.sparkContext._gateway
    class_of(spark, of).getMethod(name, gateway.new_array(java_class(spark, "java.lang.Class"), 0))


def construct(spark: SparkSession, name: str, values: Mapping[str, Any]) -> Any:
    """An object of a class, with None for every option that is not given: their number differs by version."""
    constructor = class_of(spark, name).getConstructors()[0]
    parameters = list(constructor.getParameters())
    gateway: Any = spark.sparkContext._gateway
    array = gateway.new_array(java_class(spark, "java.lang.Object"), len(parameters))
    none = java_class(spark, "scala.Option").empty()
    for at, parameter in enumerate(parameters):
        array[at] = values.get(parameter.getName(), none)
    return constructor.newInstance(array)


def action(spark: SparkSession, content: Mapping[str, Any]) -> Any:
    """An action of Delta's log from its JSON."""
    return java_class(spark, "org.apache.spark.sql.delta.actions.Action").fromJson(json.dumps(content))


def expression(spark: SparkSession, text: str) -> Any:
    """An expression of Catalyst's, parsed from SQL and not resolved."""
    return spark._jsparkSession.sessionState().sqlParser().parseExpression(text)


def register(spark: SparkSession, transaction: Any, **metrics: int) -> None:
    """Give a transaction the numbers that the table's history shows."""
    create = java_class(spark, "org.apache.spark.sql.execution.metric.SQLMetrics").createMetric
    made = {}
    for name, value in metrics.items():
        made[name] = create(spark._jsparkSession.sparkContext(), name)
        made[name].set(value)
    transaction.registerSQLMetrics(
        spark._jsparkSession, java_class(spark, "org.apache.spark.api.python.PythonUtils").toScalaMap(made)
    )


def save_mode(spark: SparkSession, mode: str) -> Any:
    """Spark's ``SaveMode`` of a name."""
    return java_class(spark, "org.apache.spark.sql.SaveMode").valueOf(mode.capitalize())


def some(spark: SparkSession, value: Any) -> Any:
    """Scala's ``Some``."""
    return java_class(spark, "scala.Option").apply(value)


def seq(spark: SparkSession, items: Iterable[Any]) -> Any:
    """Scala's ``Seq``."""
    return java_class(spark, "org.apache.spark.api.python.PythonUtils").toSeq(list(items))
