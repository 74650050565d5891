"""Run a command of the setup: show that it is alive, keep what it says, tell in one line why it failed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

CAUSES = (
    (
        re.compile(r"CERTIFICATE_VERIFY_FAILED|CertificateError|certificate verify failed"),
        "the certificate of the package index is not trusted here",
        "if a proxy re-signs TLS here, name the bundle that holds its certificate: "
        "export PIP_CERT=/path/to/bundle.pem",
    ),
    (
        re.compile(r"No space left on device"),
        "the disk is full",
        "free some space and call it again",
    ),
    (
        re.compile(
            r"NewConnectionError|ConnectTimeout|ReadTimeout|Max retries exceeded|name resolution|SSLError"
            r"|ProxyError|Network is unreachable|Connection (refused|reset)|from versions: none"
        ),
        "the network, or the package index, does not answer",
        None,
    ),
)
"""What pip's words mean, and what to do about it; the first that fits."""


class SetupError(Exception):
    """The environment cannot be made; the message is one line that ends with the fix."""


def run(
    what: str,
    command: Sequence[str],
    *,
    log: Path,
    fix: str,
    environment: Mapping[str, str] | None = None,
) -> None:
    """Run `command` into `log`, show that it is alive, and raise one line when it fails."""
    started = time.monotonic()
    live = sys.stdout.isatty()
    shown = started
    begin = log.stat().st_size
    if not live:
        print(f"  {what} …", flush=True)
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment,
            cwd=ROOT,
        )
    try:
        while True:
            try:
                code = process.wait(timeout=0.2 if live else 1)
                break
            except subprocess.TimeoutExpired:
                now = time.monotonic()
                if live or now - shown >= 15:
                    shown = now
                    status = f"  {what} … {now - started:.0f} s: {last_line(log, begin)}"
                    print(
                        f"\r\x1b[2K{status[:100]}" if live else status[:110],
                        end="" if live else "\n",
                        flush=True,
                    )
    except KeyboardInterrupt:
        process.terminate()
        process.wait()
        raise SetupError("interrupted; call it again and it goes on") from None
    if live:
        print("\r\x1b[2K", end="")
    if code != 0:
        raise SetupError(f"{what[4:]} failed: {reason(log, begin, fix)} (log: {os.path.relpath(log, ROOT)})")
    print(f"  {what}: {time.monotonic() - started:.0f} s", flush=True)


def last_line(log: Path, begin: int) -> str:
    """The last line with text in what was written to `log` since byte `begin`."""
    lines = written(log, begin)
    return lines[-1] if lines else ""


def reason(log: Path, begin: int, fix: str) -> str:
    """What `log` says of why a command failed, and what to do about it: `fix`, unless it is known better."""
    lines = written(log, begin)
    if lines and lines[-1].startswith("jars: "):
        return lines[-1].removeprefix("jars: ")  # it names cause and fix
    for pattern, cause, remedy in CAUSES:
        if any(pattern.search(line) for line in lines):
            return f"{cause}; {remedy or fix}"
    errors = [line for line in lines if re.match(r"ERROR|error:|\w*(Error|Exception):", line)]
    return f"{(errors or lines or ['it said nothing'])[-1][:200]}; {fix}"


def written(log: Path, begin: int) -> list[str]:
    """The lines with text that were written to `log` since byte `begin`."""
    with log.open("rb") as content:
        content.seek(begin)
        text = content.read().decode(errors="replace")
    return [line.strip() for line in text.splitlines() if line.strip()]
