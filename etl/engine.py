"""Engines: Spark itself, and Sail, which speaks Spark Connect and does some things otherwise.

What Sail would silently do otherwise is refused; where both have another way to the same result,
the transforms take that on every engine, and nobody needs to ask.
"""

from __future__ import annotations

from pyspark.sql import DataFrame

from headgate.etl.errors import EngineError

__all__ = ["is_sail", "refuse_on_sail"]


def is_sail(df: DataFrame) -> bool:
    """Whether Sail will compute `df`: asked of the engine, which tells its version."""
    session = df.sparkSession
    # A session inside a JVM is Spark's own: that is known without asking.
    if not type(session).__module__.startswith("pyspark.sql.connect"):
        return False
    # Spark tells its own version here, without what a vendor adds; Sail tells Sail's.
    told = str(session.sql("SELECT version()").collect()[0][0])
    return not session.version.startswith(told.split()[0])


def refuse_on_sail(df: DataFrame, *, step: str, lack: str, fix: str) -> None:
    """Raise `EngineError` where Sail is to compute what it would compute otherwise than Spark."""
    if is_sail(df):
        raise EngineError(step=step, engine="sail", lack=lack, fix=fix)
