"""Resolve anew what each platform needs beside what it has: ``bootstrap/locks/requirements-PLATFORM.txt``.

``make locks`` runs it. ``platform-PLATFORM.txt`` names what the platform has: the resolution agrees
with those versions and leaves them out, so that installing a lock replaces nothing of the platform's.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

LOCKS = ROOT / "bootstrap" / "locks"

PYTHONS = {"emr-7": "3.11", "emr-8": "3.11", "glue-5": "3.11", "glue-6": "3.13"}
"""The platforms, and the Python of each."""

GLIBC = "x86_64-manylinux_2_34"
"""Of Amazon Linux 2023. The hashes of a lock cover the wheels of every architecture."""

PIN = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)==([^\s;\\]+)", re.MULTILINE)


def main() -> int:
    """Write every lock and return the exit code."""
    for platform in PYTHONS:
        code = lock(platform)
        if code != 0:
            fix = f"bring setup.cfg and bootstrap/locks/platform-{platform}.txt into agreement"
            print(f"locks: {platform} cannot be resolved (see above); {fix}", file=sys.stderr)
            return code
        print(f"  {platform}: {len(pins(f'requirements-{platform}.txt'))} packages")
    return 0


def lock(platform: str) -> int:
    """Resolve one platform's lock and return uv's exit code."""
    has = f"platform-{platform}.txt"
    command = [
        *("uv", "pip", "compile", "--quiet", "setup.cfg", "--extra", "train", "--extra", "s3"),
        *("--constraints", str(LOCKS / has)),
        *("--python-version", PYTHONS[platform], "--python-platform", GLIBC),
        *("--upgrade", "--generate-hashes", "--no-annotate", "--custom-compile-command", "make locks"),
        *("--output-file", str(LOCKS / f"requirements-{platform}.txt")),
    ]
    for name in pins(has):
        command += ["--no-emit-package", name]
    return subprocess.run(command, cwd=ROOT, check=False, stdout=subprocess.DEVNULL).returncode


def pins(file: str) -> dict[str, str]:
    """The packages that a file of `LOCKS` pins, and their versions.

    Examples
    --------
    >>> pins("platform-emr-7.txt")["py4j"]
    '0.10.9.7'
    """
    return dict(PIN.findall((LOCKS / file).read_text()))


if __name__ == "__main__":
    sys.exit(main())
