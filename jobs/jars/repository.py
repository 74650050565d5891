"""The Maven repository that jars come from: the one that the user's own settings name, else Maven Central."""

from __future__ import annotations

import base64
import os
import re
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit
from xml.etree import ElementTree

from headgate.jobs.jars.download import JarsError

__all__ = ["Repository", "repository"]

VARIABLE = "DEFAULT_ARTIFACT_REPOSITORY"
"""Spark's own variable for a repository to be asked instead of Maven Central (SPARK-35074)."""

IVY_DEFAULT = "org/apache/ivy/plugins/resolver/IBiblioResolver.class"
"""Where the resolver that PySpark ships keeps Maven Central's address."""


@dataclass(frozen=True)
class Repository:
    """A Maven repository: its address, what to call it, and what it wants to see as authorization."""

    url: str
    name: str
    authorization: str | None = None


def repository() -> Repository:
    """The repository to ask.

    ``DEFAULT_ARTIFACT_REPOSITORY``, which Spark reads too; else a mirror of Maven Central in
    ``~/.m2/settings.xml``, which Maven reads; else Maven Central.

    Raises
    ------
    JarsError
        The settings cannot be read.
    """
    if url := os.environ.get(VARIABLE):
        return _at(url, f"the repository that {VARIABLE} names")
    return _mirror(Path("~/.m2/settings.xml").expanduser()) or _at(_maven_central(), "Maven Central")


def _at(url: str, name: str, user: str | None = None, password: str | None = None) -> Repository:
    parts = urlsplit(url)
    if not parts.scheme or parts.scheme not in ("https", "http", "file"):
        raise JarsError(f"{name} is no address of a Maven repository", "write it as https://HOST/PATH")
    user, password = user or parts.username, password or parts.password
    bare = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
    basic = None
    if user is not None:
        pair = f"{unquote(user)}:{unquote(password or '')}"
        basic = "Basic " + base64.b64encode(pair.encode()).decode()
    return Repository(bare.rstrip("/") + "/", name, basic)


def _maven_central() -> str:
    import pyspark

    ivy = next(Path(pyspark.__file__).with_name("jars").glob("ivy-*.jar"))
    with zipfile.ZipFile(ivy) as packed:
        found = re.search(rb"https://[\w.-]+/maven2/", packed.read(IVY_DEFAULT))
    if found is None:
        raise JarsError(f"{ivy.name} does not say where Maven Central is", f"name a repository in {VARIABLE}")
    return found[0].decode()


def _mirror(settings: Path) -> Repository | None:
    """The mirror of Maven Central that Maven's settings name, with the user and password of its server."""
    if not settings.exists():
        return None
    try:
        root = ElementTree.parse(settings).getroot()
    except (ElementTree.ParseError, OSError) as error:
        raise JarsError(
            f"{settings} cannot be read ({error})", f"mend it, or name a repository in {VARIABLE}"
        ) from None
    for mirror in root.iterfind("{*}mirrors/{*}mirror"):
        if _text(mirror, "blocked") != "true" and covers_central(_text(mirror, "mirrorOf").split(",")):
            name = _text(mirror, "id")
            servers = (one for one in root.iterfind("{*}servers/{*}server") if _text(one, "id") == name)
            server = next(servers, None)
            user, password = (
                (None, None) if server is None else (_text(server, "username"), _text(server, "password"))
            )
            return _at(_text(mirror, "url"), f"the mirror {name} of {settings}", user or None, password)
    return None


def _text(element: ElementTree.Element, name: str) -> str:
    """The text of a child, with the variables that Maven puts in."""
    text = (element.findtext(f"{{*}}{name}") or "").strip()
    return re.sub(r"\$\{env\.(\w+)\}", lambda found: os.environ.get(found[1], ""), text)


def covers_central(patterns: Iterable[str]) -> bool:
    """Whether a mirror of these repositories stands for Maven Central.

    Reference: Maven's guide to mirror settings, "Advanced mirror specification".

    Examples
    --------
    >>> covers_central(["external:*", "!internal"]), covers_central(["*", "!central"])
    (True, False)
    """
    given = {pattern.strip() for pattern in patterns}
    return "!central" not in given and not given.isdisjoint({"*", "central", "external:*"})
