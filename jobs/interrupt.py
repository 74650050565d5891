"""Ctrl-C and SIGTERM in the middle of Spark's work: the jobs end, and the waiting thread goes on soundly."""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any

from pyspark.sql import SparkSession

__all__ = ["TerminatedError", "interruptible", "quiet_gateway"]

GATEWAY_SAYS = (
    "KeyboardInterrupt while sending command",
    "Exception while sending command",
    "An error occurred while trying to connect to the Java server",
    "There was an exception while executing the Python Proxy",
)


class TerminatedError(KeyboardInterrupt):
    """SIGTERM came: somebody wants the process to end, in order. Whatever lets Ctrl-C pass lets it pass."""


@contextmanager
def quiet_gateway() -> Iterator[None]:
    """Keep Py4J from printing stacks about a connection that is gone: the error itself is told once."""

    def not_of_py4j(record: logging.LogRecord) -> bool:
        return not str(record.msg).startswith(GATEWAY_SAYS)

    loggers = [logging.getLogger(name) for name in (None, "py4j", "py4j.java_gateway", "py4j.clientserver")]
    for logger in loggers:
        logger.addFilter(not_of_py4j)
    try:
        yield
    finally:
        for logger in loggers:
            logger.removeFilter(not_of_py4j)


@contextmanager
def interruptible(session: SparkSession) -> Iterator[None]:
    """Answer Ctrl-C and SIGTERM by an exception as long as the block lasts, after cancelling Spark's jobs.

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
    TerminatedError
        In the main thread, at SIGTERM.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    context = session.sparkContext
    server: Any = getattr(context, "_accumulatorServer", None)
    if server is not None:
        # It prints a stack when the Java that it serves is gone, which the thread at work tells as well.
        server.handle_error = lambda *_: None
    gateway: Any = context._gateway
    client = gateway._gateway_client

    def interrupt(number: int, frame: FrameType | None) -> None:
        connection = client.get_thread_connection()
        if connection is not None:
            connection.socket = None
        # Where Java is gone there is nothing to cancel.
        with suppress(Exception):
            context.cancelAllJobs()
        raise TerminatedError if number == signal.SIGTERM else KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        with quiet_gateway():
            yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
