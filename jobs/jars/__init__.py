"""The jars that Spark needs beside PySpark's own: pinned by their SHA-256, fetched once, kept in a cache.

Python fetches them, not Java: a Java brought by a package trusts public authorities only, so behind a
proxy that re-signs TLS it reaches nothing, where Python has the machine's own certificates.
``python -m headgate.jobs.jars delta s3`` prints what ``spark-submit --jars`` takes.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from fcntl import LOCK_EX, flock
from importlib.metadata import version
from pathlib import Path
from threading import Event

from headgate.jobs.jars.download import JarsError, Source, has_hash
from headgate.jobs.jars.repository import repository

__all__ = ["GROUPS", "LOCKS", "Jar", "JarsError", "cache", "fetch", "hadoop_version", "locked", "spark_jars"]

LOCKS = Path(__file__).with_name("locks")

GROUPS = ("delta", "s3", "kafka")
"""What there are locks for: Delta, Hadoop's file system for S3 with AWS's SDK, Spark's source for Kafka."""

LINE = re.compile(
    r"(?P<group>[\w.-]+):(?P<artifact>[\w.-]+):(?P<version>[\w.-]+) sha256:(?P<sha256>[0-9a-f]{64})"
)


@dataclass(frozen=True)
class Jar:
    """A jar by its Maven coordinates, and the SHA-256 of its bytes."""

    group: str
    artifact: str
    version: str
    sha256: str

    @property
    def path(self) -> str:
        """Where it is below a Maven repository's address.

        Examples
        --------
        >>> Jar("io.delta", "delta-storage", "3.3.2", "").path
        'io/delta/delta-storage/3.3.2/delta-storage-3.3.2.jar'
        """
        folder = "/".join([*self.group.split("."), self.artifact, self.version])
        return f"{folder}/{self.artifact}-{self.version}.jar"


def cache() -> Path:
    """The folder of what was fetched: a Maven repository's layout below the user's cache.

    It is outside any environment, so that several of them, and several checkouts, fetch a jar once.
    """
    home = os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser()
    return Path(home, "headgate", "jars")


def hadoop_version() -> str:
    """Of the Hadoop that PySpark brings: its S3 file system and YARN must be of the same."""
    import pyspark

    jars = Path(pyspark.__file__).with_name("jars")
    return next(jars.glob("hadoop-client-api-*.jar")).stem.removeprefix("hadoop-client-api-")


def lock_of(group: str, folder: Path = LOCKS) -> Path:
    """The file that pins the jars of `group` for the Spark, Delta and Hadoop that are installed here."""
    spark = version("pyspark")
    if group == "delta":
        return folder / f"delta-{version('delta-spark')}-spark-{'.'.join(spark.split('.')[:2])}.txt"
    return folder / f"{group}-{spark if group == 'kafka' else hadoop_version()}.txt"


def locked(group: str, folder: Path = LOCKS) -> tuple[Jar, ...]:
    """The jars of `group`; none where the lock does not know the versions that are installed.

    Examples
    --------
    >>> [jar.artifact for jar in locked("kafka")][-1].startswith("spark-token-provider-kafka")
    True
    """
    lock = lock_of(group, folder)
    if not lock.exists():
        return ()
    return tuple(Jar(**found.groupdict()) for found in LINE.finditer(lock.read_text()))


def spark_jars(*groups: str, verify: bool = False) -> str:
    """The jars of `groups` as ``spark.jars`` takes them, fetched if they are not there yet.

    Raises
    ------
    JarsError
        They cannot be had, with the cause.
    """
    jars = [(group, locked(group)) for group in groups]
    if unknown := [lock_of(group).stem for group, found in jars if not found]:
        raise JarsError(f"there is no lock {unknown[0]}", "install the versions that setup.cfg names")
    paths = fetch([jar for _, found in jars for jar in found], verify=verify)
    return ",".join(path.as_uri() for path in paths)


def fetch(
    jars: Iterable[Jar], *, verify: bool = False, say: Callable[[str], None] | None = None
) -> list[Path]:
    """The paths of `jars`, once all of them are in the cache.

    A jar gets its name when its bytes are whole and have their hash, so one that is there is right; what a
    broken download left is taken up again.

    Parameters
    ----------
    jars : iterable of Jar
    verify : bool
        Hash again what is there already, and fetch it anew if it has changed.
    say : callable
        Is told what is being fetched, on standard error unless given.

    Raises
    ------
    JarsError
        They cannot be had, with the cause.
    """
    say = say or (lambda text: print(text, file=sys.stderr, flush=True))
    places = {jar: cache() / jar.path for jar in jars}

    def missing() -> list[Jar]:
        return [jar for jar, place in places.items() if not place.exists()]

    if verify:
        for jar, place in places.items():
            if place.exists() and not has_hash(place, jar.sha256):
                place.unlink()
    if not missing():
        return list(places.values())
    try:
        cache().mkdir(parents=True, exist_ok=True)
        alone = (cache() / "lock").open("w")
    except OSError as error:
        raise JarsError(
            f"jars cannot be kept in {cache()} ({error.strerror})", "name a folder in XDG_CACHE_HOME"
        ) from None
    with alone:
        flock(alone, LOCK_EX)  # another process may be fetching the same
        if wanted := missing():
            source = Source(repository())
            say(f"fetching {_names(wanted)} from {source.name}, once")
            _all(source, {jar: places[jar] for jar in wanted})
    return list(places.values())


def _names(jars: list[Jar]) -> str:
    names = [f"{jar.artifact} {jar.version}" for jar in jars]
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more jars" if len(names) > 3 else "")


def _all(source: Source, places: dict[Jar, Path]) -> None:
    """Fetch some at a time; the first that fails stops the others, and what they have is kept."""
    stop = Event()
    with ThreadPoolExecutor(max_workers=6) as several:
        running = [
            several.submit(source.fetch, jar.path, place, jar.sha256, stop) for jar, place in places.items()
        ]
        try:
            for each in running:
                each.result()
        except BaseException:
            stop.set()
            several.shutdown(wait=False, cancel_futures=True)
            raise
