"""A company's proxy on loopback: it opens TLS and signs anew, for any host, with an authority of its own."""

from __future__ import annotations

import ssl
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

WHOLE = frozenset(("content-type", "content-length", "content-encoding", "etag", "cache-control", "location"))


class Authority:
    """Signs certificates; `bundle` is the file by which it is trusted."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "A company")])
        usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
        builder = self._builder(self.name, self.key).add_extension(x509.BasicConstraints(True, None), True)
        own = builder.add_extension(usage, True).sign(self.key, hashes.SHA256())
        self.bundle = folder / "system.pem"
        self.bundle.write_bytes(own.public_bytes(Encoding.PEM))

    def _builder(self, subject: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), False)
        )

    @cache  # noqa: B019
    def context(self, host: str) -> ssl.SSLContext:
        """What a server that says it is `host` shows."""
        key = ec.generate_private_key(ec.SECP256R1())
        names = x509.SubjectAlternativeName([x509.DNSName(host)])
        builder = self._builder(x509.Name([]), key).add_extension(names, True)
        signed = builder.sign(self.key, hashes.SHA256())
        file = self.folder / f"{host}.pem"
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        file.write_bytes(private + signed.public_bytes(Encoding.PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context


class Proxy(ThreadingHTTPServer):
    """What it was asked for, and what it answers: `files` by their path; any other it fetches itself."""

    daemon_threads = True

    def __init__(self, authority: Authority, files: Mapping[str, bytes] | None) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.authority = authority
        self.files = files
        self.asked: list[tuple[str, str | None]] = []
        self.ranges = True
        """Whether it answers with a part of a file."""
        self.refuses = 0
        """What it says instead of letting anybody through."""
        self.cut: list[int] = []
        """After how many bytes the next answers break off."""
        self.status: list[int] = []
        """What the next answers say instead."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: a client that trusts nobody hangs up."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Proxy

    def do_CONNECT(self) -> None:
        if self.server.refuses:
            return self.answer(self.server.refuses, b"")
        self.host = self.path.rpartition(":")[0]
        self.send_response(200)
        self.end_headers()
        self.connection = self.server.authority.context(self.host).wrap_socket(
            self.connection, server_side=True
        )
        self.rfile = self.connection.makefile("rb")
        self.wfile = self.connection.makefile("wb", 0)
        self.close_connection = False

    def do_GET(self) -> None:
        self.server.asked.append((self.path, self.headers.get("Range")))
        if self.server.status:
            return self.answer(self.server.status.pop(0), b"")
        if self.server.files is None:
            return self.forward()
        found = [body for path, body in self.server.files.items() if self.path.endswith(path)]
        if not found:
            return self.answer(404, b"")
        begin = (
            0
            if not self.server.ranges
            else int((self.headers.get("Range") or "bytes=0-").removeprefix("bytes=").rstrip("-"))
        )
        if begin and begin >= len(found[0]):
            return self.answer(416, b"")
        return self.answer(206 if begin else 200, found[0][begin:])

    def answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        cut = self.server.cut.pop(0) if self.server.cut else len(body)
        self.wfile.write(body[:cut])
        self.close_connection = cut < len(body)

    def forward(self) -> None:
        """Ask the real host, by the machine's own way."""
        kept = {
            name: value for name, value in self.headers.items() if name.lower() not in ("host", "connection")
        }
        request = urllib.request.Request(f"https://{self.host}{self.path}", headers=kept)
        try:
            answer = urllib.request.urlopen(request, timeout=60)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                if name.lower() in WHOLE:
                    self.send_header(name, value)
            self.send_header("Connection", "close")
            self.end_headers()
            while piece := answer.read(1 << 16):
                self.wfile.write(piece)
        self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@contextmanager
def proxy(authority: Authority, files: Mapping[str, bytes] | None) -> Iterator[Proxy]:
    """A proxy for as long as the block lasts."""
    with Proxy(authority, files) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield server
        server.shutdown()
