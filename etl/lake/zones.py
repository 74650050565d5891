"""Where things are in a lake: one folder a zone, one table a folder."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from etl.errors import ParameterError

__all__ = ["Lake", "Zone"]

Zone = Literal["raw", "curated", "star", "export", "quarantine", "staging", "reports"]

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.\-]*")


@dataclass(frozen=True)
class Lake:
    """The root of a lake and the places below it.

    Parameters
    ----------
    root : str
        A local folder or a URI such as ``s3://bucket/prefix``.

    Examples
    --------
    >>> Lake("s3://hospital/lake/").table("curated", "patients")
    's3://hospital/lake/curated/patients'
    >>> Lake("s3://hospital/lake").ledger
    's3://hospital/lake/ledger'
    """

    root: str

    def table(self, zone: Zone, *names: str) -> str:
        """The folder of a table: a name that could leave its zone is refused.

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

    def quarantine(self, zone: Zone, name: str) -> str:
        """The folder of what was rejected on the way to a table: of its zone and name.

        That of a curated table bears the dataset's name alone; any other has the zone before it, with
        a dot, which no name in a pipeline has.

        Examples
        --------
        >>> Lake("lake").quarantine("curated", "visits"), Lake("lake").quarantine("star", "visits")
        ('lake/quarantine/visits', 'lake/quarantine/star.visits')
        """
        return self.table("quarantine", name if zone == "curated" else f"{zone}.{name}")

    @property
    def ledger(self) -> str:
        """The folder of the ledger."""
        return f"{self.root.rstrip('/')}/ledger"
