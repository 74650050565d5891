"""Counting Spark's jobs: what an answer has cost."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pyspark.sql import SparkSession

__all__ = ["Counted", "counted"]

_SECONDS = 10


class Counted:
    """How many jobs were run.

    Attributes
    ----------
    jobs : int or None
        None until the end, and where Spark does not tell: on Spark Connect.
    """

    jobs: int | None = None


@contextmanager
def counted(session: SparkSession) -> Iterator[Counted]:
    """Count the Spark jobs that this thread starts.

    Parameters
    ----------
    session : SparkSession
        In which they run.

    Returns
    -------
    context manager of Counted
        With the number of jobs, once it has been left. One action may be several jobs.

    Examples
    --------
    >>> with counted(spark) as cost:
    ...     rows = spark.range(3).collect()
    >>> cost.jobs
    1
    """
    count = Counted()
    if type(session).__module__.startswith("pyspark.sql.connect"):
        yield count
        return
    context = session.sparkContext
    # A tag leaves alone what the caller's thread has set: its job group, its description, its own tags.
    tag = f"headgate-{uuid.uuid4().hex}"
    context.addJobTag(tag)
    try:
        yield count
    finally:
        context.removeJobTag(tag)
    inside: Any = context._jsc.sc()
    # Spark tells its own listeners a little later.
    inside.listenerBus().waitUntilEmpty(_SECONDS * 1000)
    count.jobs = len(inside.statusTracker().getJobIdsForTag(tag))
