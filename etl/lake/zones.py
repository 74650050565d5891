"""Where things are in a lake: one folder a zone, one table a folder."""

from __future__ import annotations

import os
import posixpath
import re
from dataclasses import dataclass
from typing import Literal

from headgate.etl.errors import ParameterError

__all__ = ["Lake", "TableId", "TableZone", "Zone", "below", "canonical"]

TableZone = Literal["raw", "curated", "star"]
Zone = Literal[TableZone, "export", "quarantine", "staging", "reports"]

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.\-]*")
_ADDRESS = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*):(?://([^/]*))?(/.*)?", re.DOTALL)
"""Scheme, authority, path."""


def canonical(place: str) -> str:
    """The one spelling of a place, however it was written.

    What is kept of a file is its name below a place, which is the same only if the place is.

    Parameters
    ----------
    place : str
        A path on this machine, or an address such as ``s3://bucket/prefix``.

    Returns
    -------
    str
        Of a path: absolute, links followed. Of an address: without what Hadoop's file systems leave
        out, empty parts, dots and a slash at the end. A scheme, which says by which file system a
        place is reached, stays.

    Examples
    --------
    >>> [canonical(place) for place in ("file:/data//x/", "file:///data/./x", "/data/y/../x")]
    ['file:/data/x', 'file:/data/x', '/data/x']
    >>> canonical("S3://bucket//lake/./x/..//")
    's3://bucket/lake'
    """
    here = re.fullmatch(r"file:(?://[^/]*(?=/))?(.*)", place, re.DOTALL | re.IGNORECASE)
    found = None if here else _ADDRESS.fullmatch(place)
    if found is None or found[2] is found[3] is None:  # the latter a name with a colon at its end
        return f"file:{os.path.realpath(here[1])}" if here else os.path.realpath(place)
    path = posixpath.normpath("/" + (found[3] or "").lstrip("/")).rstrip("/")
    authority = "" if found[2] is None else f"//{found[2]}"
    return f"{found[1].lower()}:{authority}{path or ('' if authority else '/')}"


def below(folder: str, path: str) -> str:
    """The name of a file below a folder, in whichever way file systems spell the two.

    Parameters
    ----------
    folder : str
        From `canonical`.
    path : str
        What a file system says of a file in it.

    Examples
    --------
    >>> below("/data/landing", "file:/data/landing/2024/x.csv")
    '2024/x.csv'
    >>> below("hdfs:///landing", "hdfs://namenode:8020/landing/x.csv")
    'x.csv'
    """
    root, plain = _path(folder).rstrip("/") + "/", _path(path)
    return plain[len(root) :] if plain.startswith(root) else plain


def _path(place: str) -> str:
    found = _ADDRESS.fullmatch(place)
    return place if found is None else found[3] or ""


@dataclass(frozen=True)
class TableId:
    """A table of a lake: all that is known of it is found by this, its quarantine and its ledger too.

    Parameters
    ----------
    zone : {'raw', 'curated', 'star'}
    name : str

    Examples
    --------
    >>> str(TableId("curated", "visits"))
    'curated/visits'
    """

    zone: TableZone
    name: str

    def __str__(self) -> str:
        return f"{self.zone}/{self.name}"


@dataclass(frozen=True)
class Lake:
    """The root of a lake and the places below it.

    Parameters
    ----------
    root : str
        A local folder or a URI such as ``s3://bucket/prefix``; kept in its `canonical` spelling.

    Examples
    --------
    >>> Lake("s3://hospital/lake/").table(TableId("curated", "patients"))
    's3://hospital/lake/curated/patients'
    >>> Lake("s3://hospital/lake").ledger
    's3://hospital/lake/ledger'
    """

    root: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "root", canonical(self.root))

    def table(self, table: TableId) -> str:
        """The folder of a table; see `place`."""
        return self.place(table.zone, table.name)

    def place(self, zone: Zone, *names: str) -> str:
        """A place in a zone: a name that could leave it is refused.

        Raises
        ------
        ParameterError
            A name is empty, begins with a dot, or holds a slash.
        """
        for name in names:
            if not _NAME.fullmatch(name):
                allowed = "letters, digits, '_', '-' and '.', beginning with a letter or digit"
                raise ParameterError(step="lake", parameter=zone, value=name, allowed=allowed)
        return "/".join((self.root.rstrip("/"), zone, *names))

    def quarantine(self, table: TableId) -> str:
        """The folder of what was rejected on the way to a table.

        That of a curated table bears the dataset's name alone; any other has the zone before it, with
        a dot, which no name in a pipeline has.

        Examples
        --------
        >>> lake = Lake("s3://lake")
        >>> [lake.quarantine(TableId(zone, "visits")) for zone in ("curated", "star")]
        ['s3://lake/quarantine/visits', 's3://lake/quarantine/star.visits']
        """
        name = table.name if table.zone == "curated" else f"{table.zone}.{table.name}"
        return self.place("quarantine", name)

    @property
    def ledger(self) -> str:
        """The folder of the ledger."""
        return f"{self.root.rstrip('/')}/ledger"
