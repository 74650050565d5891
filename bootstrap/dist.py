"""Everything that a platform needs, into ``dist``: the wheel, the locks, entry scripts, job definitions.

``make dist`` runs it; ``aws s3 sync dist s3://BUCKET/headgate`` uploads it. In the definitions, what is
only known here (the wheel's name, the lock) is filled in; ``${BUCKET}`` and the like stay for
``envsubst``, so that one build serves every account.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from bootstrap.lock import LOCKS, PYTHONS, ROOT, pins
from headgate.jobs.cli import COMMANDS

PACKAGES = ("etl", "quality", "conf", "jobs")

GLUE = {"5.1": "glue-5", "6.0": "glue-6"}
"""The versions of AWS Glue that get a job definition, and their locks."""

ENTRY = '''\
"""headgate {command}: {what}."""

from {module} import main

main()
'''
"""``main`` raises `SystemExit` where the job fails, and only there: Glue takes any exit for a failure."""


def main() -> int:
    """Build ``dist`` and return the exit code."""
    try:
        build(ROOT / "dist")
    except subprocess.CalledProcessError as error:
        print(f"dist: the wheel cannot be built: {error.stderr.strip()}; mend setup.cfg", file=sys.stderr)
        return 1
    return 0


def build(folder: Path) -> None:
    """Make `folder` anew with everything that is uploaded."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    wheel = build_wheel(folder)
    for platform in PYTHONS:
        shutil.copy(LOCKS / f"requirements-{platform}.txt", folder)
    write_entries(folder / "entry")
    for platform in ("emr", "emr-serverless"):
        (folder / platform).mkdir()
        for file in (ROOT / "bootstrap" / platform).iterdir():
            shutil.copy(file, folder / platform)
    (folder / "glue").mkdir()
    for version in GLUE:
        (folder / "glue" / f"job-{version}.json").write_text(glue_job(version, wheel.name))


def build_wheel(folder: Path) -> Path:
    """Build the wheel into `folder` and return its path."""
    with tempfile.TemporaryDirectory() as place:
        # A copy, because setuptools packs what earlier builds have left beside the code.
        for name in ("setup.cfg", "pyproject.toml", "README.md", "LICENSE"):
            shutil.copy(ROOT / name, place)
        for package in ("src", *PACKAGES):
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / package, Path(place, package), symlinks=True, ignore=ignored)
        command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder)]
        subprocess.run([*command, place], check=True, capture_output=True, text=True)
    return next(folder.glob("*.whl"))


def write_entries(folder: Path) -> None:
    """Write one script a job: what EMR and Glue are told to start, for the wheel cannot be started."""
    folder.mkdir()
    for command, (module, what) in COMMANDS.items():
        script = ENTRY.format(command=command, module=module, what=what.rstrip("."))
        (folder / f"{command}.py").write_text(script)


def glue_job(version: str, wheel: str) -> str:
    """The job definition for one version of AWS Glue.

    Examples
    --------
    >>> import json
    >>> json.loads(glue_job("5.1", "headgate.whl"))["GlueVersion"]
    '5.1'
    """
    lock = pins(f"requirements-{GLUE[version]}.txt")
    modules = [f"s3://${{BUCKET}}/headgate/{wheel}", *(f"{name}=={pin}" for name, pin in lock.items())]
    template = (ROOT / "bootstrap" / "glue" / "job.json").read_text()
    return template.replace("${GLUE_VERSION}", version).replace("${MODULES}", ",".join(modules))


if __name__ == "__main__":
    sys.exit(main())
