"""Fetch a file as pip would, by its proxies and certificates; go on where it broke off; believe its hash."""

from __future__ import annotations

import errno
import hashlib
import http.client
import os
import ssl
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from configparser import Error as ConfigParserError
from configparser import RawConfigParser
from pathlib import Path
from threading import Event
from typing import Protocol
from urllib.parse import urlsplit

__all__ = ["JarsError", "Source", "has_hash"]

BUNDLES = ("PIP_CERT", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
"""The variables besides OpenSSL's own, SSL_CERT_FILE and SSL_CERT_DIR, that pip takes certificates from."""

TRIES = 4

CHUNK = 1 << 18

SECONDS = 60
"""How long a server may say nothing."""

UNTRUSTED = (
    "if a proxy re-signs TLS here, name the bundle that holds its certificate: "
    "export SSL_CERT_FILE=/path/to/bundle.pem (PIP_CERT and REQUESTS_CA_BUNDLE serve as well)"
)
UNREACHED = "check the network, name the proxy in HTTPS_PROXY, or a mirror in DEFAULT_ARTIFACT_REPOSITORY"


class JarsError(Exception):
    """Jars cannot be had: carries `reason` and `fix`."""

    def __init__(self, reason: str, fix: str) -> None:
        self.reason = reason
        self.fix = fix
        super().__init__(f"{reason}; {fix}")


class BrokeOffError(Exception):
    """A download ended early; to try again may help, and what came is kept."""


class Place(Protocol):
    """What is asked for files."""

    @property
    def url(self) -> str: ...

    @property
    def name(self) -> str: ...

    @property
    def authorization(self) -> str | None: ...


class Source:
    """A repository, and the certificates and proxies by which it is reached."""

    pause = 0.5
    """Seconds to wait before the first of the further tries; before each next one, twice as many."""

    def __init__(self, place: Place) -> None:
        self.place = place
        host = urlsplit(place.url).netloc
        self.name = f"{place.name} ({host})" if host else place.name
        pip = _pip_settings()
        handlers: list[urllib.request.BaseHandler] = [urllib.request.HTTPSHandler(context=_trusted(pip))]
        if proxy := pip.get("proxy"):
            handlers.append(urllib.request.ProxyHandler({"https": proxy, "http": proxy}))
        self.opener = urllib.request.build_opener(*handlers)

    def fetch(self, path: str, to: Path, sha256: str, stop: Event) -> None:
        """Fetch the file at `path` to `to`, which is there only once it is whole.

        Raises
        ------
        JarsError
            It cannot be had, with the cause.
        """
        to.parent.mkdir(parents=True, exist_ok=True)
        part = to.with_name(f"{to.name}.part")
        tries, furthest = 0, 0
        while True:
            try:
                went_on = self._append(path, part, stop)
            except BrokeOffError as broken:
                size = part.stat().st_size if part.exists() else 0
                tries = 1 if size > furthest else tries + 1  # what gets on may break off as often as it likes
                furthest = max(size, furthest)
                if tries == TRIES:
                    raise JarsError(f"{self.name} does not answer ({broken})", UNREACHED) from None
                if stop.wait(self.pause * 2**tries):
                    return
                continue
            except (OSError, http.client.HTTPException) as error:
                raise self._told(error, to) from None
            if stop.is_set():
                return
            if has_hash(part, sha256):
                part.replace(to)
                return
            with part.open("rb") as file:
                begin = file.read(24)
            part.unlink()
            if (
                not went_on
            ):  # else what was there before was perhaps of another file: once more, from its beginning
                raise JarsError(
                    f"{to.name} from {self.name} has not the SHA-256 of the lock: "
                    + (
                        "its bytes were changed"
                        if begin.startswith(b"PK")
                        else f"it is no jar, it begins {begin!r}"
                    ),
                    "find out what changes it on its way, or name a mirror in DEFAULT_ARTIFACT_REPOSITORY",
                )

    def _append(self, path: str, part: Path, stop: Event) -> bool:
        """Add what `part` lacks, and return whether it went on from what was there."""
        have = part.stat().st_size if part.exists() else 0
        request = urllib.request.Request(self.place.url + path, headers={"User-Agent": "headgate"})
        if self.place.authorization:
            # Not to where it redirects to, which may be anybody's.
            request.add_unredirected_header("Authorization", self.place.authorization)
        if have:
            request.add_header("Range", f"bytes={have}-")
        try:
            answer = self.opener.open(request, timeout=SECONDS)
        except urllib.error.HTTPError as error:
            if have and error.code == 416:  # nothing comes after what is there: its hash will tell
                return True
            if error.code in (408, 429) or error.code >= 500:
                raise BrokeOffError(f"{error.code} {error.reason}") from None
            raise
        except OSError as error:
            cause = error.reason if isinstance(error, urllib.error.URLError) else error
            if isinstance(cause, TimeoutError | ConnectionResetError | ssl.SSLEOFError):
                raise BrokeOffError(str(cause)) from None
            raise
        with answer:
            goes_on = getattr(answer, "status", None) == 206
            due = int(answer.headers.get("Content-Length") or 0)
            came = 0
            with part.open("ab" if goes_on else "wb") as file:
                while not stop.is_set():
                    try:
                        piece = answer.read(CHUNK)
                    except (TimeoutError, ConnectionError, ssl.SSLError, http.client.HTTPException) as error:
                        raise BrokeOffError(f"it broke off after {came:,} bytes: {error}") from None
                    if not piece:
                        break
                    came += file.write(piece)
            if came < due and not stop.is_set():
                raise BrokeOffError(f"it broke off after {came:,} of {due:,} bytes")
        return goes_on

    def _told(self, error: Exception, to: Path) -> JarsError:
        """What is wrong, by its cause."""
        if isinstance(error, urllib.error.HTTPError):
            if error.code in (404, 410):
                return JarsError(
                    f"{self.name} has no {to.name}", "name a repository that has all of Maven Central"
                )
            fix = "put user and password into its server in ~/.m2/settings.xml, or ask who keeps it"
            return JarsError(f"{self.name} refuses {to.name} ({error.code} {error.reason})", fix)
        cause = error.reason if isinstance(error, urllib.error.URLError) else error
        if isinstance(cause, ssl.SSLCertVerificationError):
            return JarsError(
                f"the certificate of {self.name} is not trusted here ({cause.verify_message})", UNTRUSTED
            )
        if isinstance(cause, FileNotFoundError):
            return JarsError(
                f"{self.name} has no {to.name}", "name a repository that has all of Maven Central"
            )
        if isinstance(cause, OSError) and cause.errno in (
            errno.ENOSPC,
            errno.EDQUOT,
            errno.EACCES,
            errno.EROFS,
        ):
            fix = "free some space, or name another folder in XDG_CACHE_HOME"
            return JarsError(f"{to.name} cannot be kept in {to.parent} ({cause.strerror})", fix)
        if "407" in str(cause):
            return JarsError(
                f"the proxy before {self.name} refuses ({cause})",
                "write it as HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT",
            )
        return JarsError(f"{self.name} does not answer ({cause})", UNREACHED)


def has_hash(file: Path, sha256: str) -> bool:
    """Whether the bytes of `file` have this SHA-256."""
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest() == sha256


def _trusted(pip: Mapping[str, str]) -> ssl.SSLContext:
    """What to trust: the system's authorities, or OpenSSL's variables', and those of pip's own settings.

    All of them together, where pip takes the first: bytes are believed for their hash, whoever sent them.
    """
    try:
        import truststore  # as pip does: on macOS the authorities are in the keychain

        context: ssl.SSLContext = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    except ImportError:
        context = ssl.create_default_context()
    named = {name: os.environ[name] for name in BUNDLES if os.environ.get(name)}
    if cert := pip.get("cert"):
        named.setdefault("pip's setting cert", cert)
    for name, bundle in named.items():
        folder = os.path.isdir(bundle)
        try:
            context.load_verify_locations(**{"capath" if folder else "cafile": bundle})
        except OSError as error:
            raise JarsError(
                f"{name} names {bundle}, which is no bundle of certificates ({error.strerror or error})",
                "correct it, or unset it",
            ) from None
    return context


def _pip_settings() -> dict[str, str]:
    """What pip's configuration says of certificates and proxies.

    Reference: pip's documentation, "Configuration", its files from the farthest to the nearest.
    """
    named = os.environ.get("PIP_CONFIG_FILE", "")
    places = [
        "/etc/xdg/pip",
        "/etc",
        "~/.pip",
        "~/.config/pip",
        "~/Library/Application Support/pip",
        sys.prefix,
    ]
    files = [Path(place, "pip.conf").expanduser() for place in places] if named != os.devnull else []
    parser = RawConfigParser(strict=False)
    try:
        parser.read([*files, named])
    except ConfigParserError as error:
        raise JarsError(f"pip's configuration cannot be read ({error.message})", "mend it") from None
    settings = dict(parser["global"]) if parser.has_section("global") else {}
    if proxy := os.environ.get("PIP_PROXY"):
        settings["proxy"] = proxy
    return settings
