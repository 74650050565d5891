"""Names of Java that PySpark asks for at every call, and that need to be asked for once.

Each column expression is three questions to Java: which class has this name, which of its members has that
one, and then the call. Py4J looks a name up in half a dozen packages and every jar, each time. Where data
is small and plans are many, that is a tenth of all that Java does, and most of what Python waits for.
"""

from __future__ import annotations

from typing import Any

from py4j.java_gateway import JavaClass, JavaMember, JavaPackage, JVMView
from pyspark.sql import SparkSession

__all__ = ["remember_names"]

KNOWN = ("org.apache.spark.", "py4j.")
"""How names begin that are remembered: to others a jar may be added, or another class of that name."""


def remember_names(session: SparkSession) -> None:
    """Have a session's Python remember which classes and methods Java has.

    Parameters
    ----------
    session : SparkSession
        A classic one. What it remembers is the same for all sessions of the process.
    """
    jvm: Any = session._jvm
    jvm.__class__ = _View


class _View(JVMView):  # type: ignore[misc]
    """The names with which an expression begins: of packages, and of classes that were imported."""

    def __getattr__(self, name: str) -> Any:
        return _remembered(self, name, super().__getattr__(name))


class _Package(JavaPackage):  # type: ignore[misc]
    """A package whose packages and classes are asked for once."""

    def __getattr__(self, name: str) -> Any:
        return _remembered(self, name, super().__getattr__(name))


class _Class(JavaClass):  # type: ignore[misc]
    """A class whose methods are asked for once."""

    def __getattr__(self, name: str) -> Any:
        found = super().__getattr__(name)
        # The value of a field may be another at the next time.
        if isinstance(found, JavaMember):
            setattr(self, name, found)
        return found


def _on_the_way(package: str) -> bool:
    return any(begin.startswith(package) or package.startswith(begin) for begin in KNOWN)


def _remembered(owner: Any, name: str, found: Any) -> Any:
    at = f"{getattr(found, '_fqn', '')}."
    if isinstance(found, JavaClass) and at.startswith(KNOWN):
        found = _Class(found._fqn, found._gateway_client)
    elif isinstance(found, JavaPackage) and name.islower() and _on_the_way(at):
        found = _Package(found._fqn, found._gateway_client, found._jvm_id)
    else:  # what begins with a capital, and is no class, is one whose jar may come yet
        return found
    setattr(owner, name, found)
    return found
