"""Ctrl-C in the middle of Spark's work: the jobs end, and the thread that was waiting goes on soundly."""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from pyspark.sql import SparkSession

__all__ = ["interruptible"]


@contextmanager
def interruptible(session: SparkSession) -> Iterator[None]:
    """Answer Ctrl-C by `KeyboardInterrupt` for as long as the block lasts, after cancelling Spark's jobs.

    PySpark's own handler asks Java to cancel over the connection on which the interrupted thread
    awaits an answer: that ends as a network error, or never. Here that connection is given up, and
    its answer with it; whatever the thread asks Java next goes over a new one.

    Parameters
    ----------
    session : SparkSession
        One with a JVM at hand. Off the main thread nothing is done: Python gives signals to no other.

    Raises
    ------
    KeyboardInterrupt
        In the main thread, when Ctrl-C is pressed.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    context = session.sparkContext
    gateway: Any = context._gateway
    client = gateway._gateway_client

    def interrupt(number: int, frame: FrameType | None) -> None:
        connection = client.get_thread_connection()
        if connection is not None:
            connection.socket = None
        try:
            context.cancelAllJobs()
        finally:
            raise KeyboardInterrupt

    def not_of_py4j(record: logging.LogRecord) -> bool:
        return not str(record.msg).startswith("KeyboardInterrupt while sending command")

    before = signal.signal(signal.SIGINT, interrupt)
    logging.getLogger().addFilter(not_of_py4j)
    try:
        yield
    finally:
        logging.getLogger().removeFilter(not_of_py4j)
        signal.signal(signal.SIGINT, before)
