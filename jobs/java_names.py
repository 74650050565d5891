"""Names of Java that PySpark asks for at every call, and that need to be asked for once.

Each column expression is three questions to Java: which class has this name, which of its members has that
one, and then the call. Py4J looks a name up in half a dozen packages and every jar, each time. Where data
is small and plans are many, that is a tenth of all that Java does, and most of what Python waits for.
"""

from __future__ import annotations

from typing import Any

from py4j.java_gateway import JavaClass, JavaMember, JavaPackage, java_import
from pyspark.sql import SparkSession

__all__ = ["remember_names"]

CLASSES = (
    "org.apache.spark.sql.functions",
    "org.apache.spark.sql.Column",
    "org.apache.spark.sql.SparkSession",
    "org.apache.spark.sql.SparkSession$",
    "org.apache.spark.api.python.PythonUtils",
    "org.apache.spark.sql.api.python.PythonSQLUtils",
)
"""That PySpark names without their package."""

PACKAGES = ("org", "py4j")
"""At which the names begin that PySpark spells out."""


def remember_names(session: SparkSession) -> None:
    """Have a session's Python remember which classes and methods Java has.

    Parameters
    ----------
    session : SparkSession
        A classic one. What it remembers is the same for all sessions of the process.
    """
    jvm: Any = session._jvm
    for name in CLASSES:
        java_import(jvm, name)
        simple = name.rpartition(".")[2]
        jvm.__dict__.setdefault(simple, _Class(name, jvm._gateway_client))
    for name in PACKAGES:
        jvm.__dict__.setdefault(name, _Package(name, jvm._gateway_client, jvm._id))


class _Class(JavaClass):  # type: ignore[misc]
    """A class whose methods are asked for once."""

    def __getattr__(self, name: str) -> Any:
        found = super().__getattr__(name)
        # The value of a field may be another at the next time.
        if isinstance(found, JavaMember):
            setattr(self, name, found)
        return found


class _Package(JavaPackage):  # type: ignore[misc]
    """A package whose packages and classes are asked for once."""

    def __getattr__(self, name: str) -> Any:
        found = super().__getattr__(name)
        if isinstance(found, JavaClass):
            found = _Class(found._fqn, self._gateway_client)
            setattr(self, name, found)
        elif isinstance(found, JavaPackage) and name.islower():
            # What begins with a capital is a class whose jar may come yet.
            found = _Package(found._fqn, self._gateway_client, self._jvm_id)
            setattr(self, name, found)
        return found
