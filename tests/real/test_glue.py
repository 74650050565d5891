"""The job as AWS Glue 5.1 runs it: its packages, its way to install, its arguments, its Delta.

An environment gets what Glue has, then what the job's definition tells Glue's pip to install, and the
entry script is started by that environment's own Spark. Nothing of the project is on its path.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from bootstrap import dist
from bootstrap.lock import pins
from tests.jobs.visits import lay_out_packages
from tests.real.small import QUICK, TABLES, lay_out_small

pytestmark = [pytest.mark.real, pytest.mark.slow]

VERSION = "5.1"
QUICKLY = [part for name, value in QUICK.items() for part in ("--conf", f"{name}={value}")]
GLUE_LIBRARY = "AWSGlueDataplanePython==5.1.0"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("glue") / "dist"
    dist.build(folder)
    return folder


@pytest.fixture(scope="module")
def given(built: Path) -> dict[str, str]:
    """The arguments in the job's definition."""
    text = (built / f"glue/job-{VERSION}.json").read_text().replace("${BUCKET}", "a-bucket")
    arguments: dict[str, str] = json.loads(text)["DefaultArguments"]
    return arguments


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the packages of Glue, and no other: Delta's Python package is not among them."""
    folder = tmp_path_factory.mktemp("platform") / "venv"
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    has = pins(f"platform-{dist.GLUE[VERSION]}.txt")
    packages = [f"{name}=={version}" for name, version in has.items() if name not in ("delta-spark", "pip")]
    pip(folder, "install", "--no-deps", *packages, GLUE_LIBRARY)
    return folder


@pytest.fixture(scope="module")
def freezes(platform: Path, built: Path, given: dict[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """What is installed before and after Glue has installed what the job's definition names."""
    before = freeze(platform)
    modules = given["--additional-python-modules"].replace("s3://a-bucket/headgate", str(built)).split(",")
    pip(platform, "install", *modules, *shlex.split(given["--python-modules-installer-option"]))
    return before, freeze(platform)


def pip(folder: Path, *arguments: str) -> str:
    command = [str(folder / "bin/python"), "-m", "pip", "--disable-pip-version-check", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def freeze(folder: Path) -> dict[str, str]:
    return {one["name"]: one["version"] for one in json.loads(pip(folder, "list", "--format", "json"))}


def submit(
    platform: Path, script: Path, given: dict[str, str], lake: Path, **own: str
) -> subprocess.CompletedProcess[str]:
    """Start a script as Glue does, with all of the definition's arguments and Glue's own."""
    jars = Path(sys.prefix, "headgate.jars").read_text()
    arguments = given | {
        "--JOB_NAME": "headgate",
        "--JOB_ID": "j_1",
        "--JOB_RUN_ID": "jr_1",
        "--TempDir": str(lake.parent / "temporary"),
        "--lake": str(lake),
        "--run-id": "jr_1",
        **own,
    }
    command = [
        *(str(platform / "bin/spark-submit"), "--master", "local[2]"),
        *("--driver-memory", "2g", "--jars", jars),
        *shlex.split(f"--conf {given['--conf']}"),
        *QUICKLY,
        str(script),
        *(word for pair in arguments.items() for word in pair),
    ]
    home = lake.parent / "home"
    if not home.exists():
        lay_out_packages(home)
    environment = {
        "PATH": f"{platform / 'bin'}:/usr/bin:/bin",
        "HOME": str(home),
        "JAVA_HOME": os.environ["JAVA_HOME"],
        "SPARK_LOCAL_IP": "127.0.0.1",
        "PYSPARK_PYTHON": str(platform / "bin/python"),
        "PYTHONPATH": str(home),
    }
    return subprocess.run(command, cwd=home, env=environment, capture_output=True, text=True, check=False)


def test_nothing_that_glue_has_is_replaced(freezes: tuple[dict[str, str], dict[str, str]]) -> None:
    before, after = freezes
    assert before.items() <= after.items()
    assert {"headgate", "great_expectations"} <= after.keys() - before.keys()
    assert "delta-spark" not in after


@pytest.mark.usefixtures("freezes")
def test_one_name_is_added_to_those_that_can_be_imported(platform: Path) -> None:
    (record,) = platform.glob("lib/python3*/site-packages/headgate-*.dist-info/RECORD")
    names = {line.partition(",")[0].partition("/")[0] for line in record.read_text().splitlines()}
    assert {name for name in names if name != ".." and not name.endswith(".dist-info")} == {"headgate"}


@pytest.mark.usefixtures("freezes")
def test_what_is_installed_agrees(platform: Path) -> None:
    command = [str(platform / "bin/python"), "-m", "pip", "check"]
    said = subprocess.run(command, capture_output=True, text=True, check=False).stdout.splitlines()
    own = [*pins("requirements-glue-5.txt"), "headgate"]
    assert [line for line in said if line.split(" ")[0].lower().replace("_", "-") in own] == []


@pytest.mark.usefixtures("freezes")
def test_the_pipelines_that_are_shipped_are_in_the_wheel(platform: Path, tmp_path: Path) -> None:
    for name in ("hospital", "diabetes130"):
        command = [str(platform / "bin/python"), "-m", "headgate.jobs.check", name]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


@pytest.mark.usefixtures("freezes")
def test_the_job_runs_with_the_library_of_glue_and_without(
    platform: Path, built: Path, given: dict[str, str], tmp_path: Path
) -> None:
    lake = tmp_path / "lake"
    own = {"--pipeline": str(lay_out_small(tmp_path)), "--landing": str(tmp_path / "landing")}
    run = submit(platform, built / "entry/run.py", given, lake, **own)
    assert run.returncode == 0, run.stdout[-2000:] + run.stderr[-6000:]
    tables = {log.parent.relative_to(lake).as_posix() for log in lake.rglob("_delta_log")}
    assert tables >= TABLES
    assert json.loads((lake / "reports/jr_1/summary.json").read_text())["status"] == "done"

    pip(platform, "uninstall", "--yes", "AWSGlueDataplanePython")
    star = submit(platform, built / "entry/star.py", given, lake, **own, **{"--run-id": "jr_2"})
    assert star.returncode == 0, star.stdout[-2000:] + star.stderr[-6000:]


@pytest.mark.usefixtures("freezes")
def test_a_job_that_fails_is_a_failed_run(
    platform: Path, built: Path, given: dict[str, str], tmp_path: Path
) -> None:
    wrong = submit(platform, built / "entry/run.py", given, tmp_path / "lake", **{"--pipeline": "no-such"})
    assert wrong.returncode == 2
    assert "no-such" in wrong.stdout + wrong.stderr  # spark-submit gives Python's words on either
