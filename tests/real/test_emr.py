"""EMR's bootstrap action makes an environment that runs the job on a Spark and a Delta not its own.

The action is run as it stands; only ``aws``, ``sudo`` and the place are a test's. Spark is the project's:
``spark-submit`` brings its Python side along, as EMR's does, and Delta is a jar on Spark's class path.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.metadata import distributions
from pathlib import Path

import pyspark
import pytest
from packaging.utils import canonicalize_name

from bootstrap import dist
from bootstrap.lock import pins
from tests.real.small import QUICK, TABLES, lay_out_small

pytestmark = [pytest.mark.real, pytest.mark.slow]

AWS = """#!/bin/sh
[ "$1 $2 $3" = "s3 cp s3://a-bucket/headgate/" ] || exit 1
cp {built}/*.whl {built}/requirements-emr-7.txt "$4"
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("emr") / "dist"
    dist.build(folder)
    return folder


@pytest.fixture(scope="module")
def home(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the bootstrap action installs."""
    place = tmp_path_factory.mktemp("node")
    for name, script in {"aws": AWS.format(built=built), "sudo": '#!/bin/sh\nexec "$@"\n'}.items():
        (place / name).write_text(script)
        (place / name).chmod(0o755)
    environment = os.environ | {
        "PATH": f"{place}:{os.environ['PATH']}",
        "HEADGATE_HOME": str(place / "headgate"),
    }
    action = ["bash", str(built / "emr/install.sh"), "s3://a-bucket/headgate"]
    done = subprocess.run(action, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return place / "headgate"


def test_the_action_installs_the_lock_and_the_wheel_and_no_spark(home: Path) -> None:
    packages = next((home / "lib").glob("python3*/site-packages"))
    found = {canonicalize_name(one.metadata["Name"]) for one in distributions(path=[str(packages)])}
    assert found - {"pip", "setuptools"} == {*pins("requirements-emr-7.txt"), "headgate"}
    assert not (packages / "pyspark").exists()
    assert not (packages / "delta").exists()


def test_the_job_runs_on_the_platforms_spark_and_delta(home: Path, built: Path, tmp_path: Path) -> None:
    defaults = next(
        one["Properties"]
        for one in json.loads((built / "emr/configurations.json").read_text())
        if one["Classification"] == "spark-defaults"
    )
    given = {name: value for name, value in defaults.items() if name.startswith("spark.sql.")} | QUICK
    pipeline, lake = lay_out_small(tmp_path), tmp_path / "lake"
    command = [
        *(str(Path(sys.prefix, "bin/spark-submit")), "--master", "local[2]", "--driver-memory", "2g"),
        *("--jars", Path(sys.prefix, "headgate.jars").read_text()),
        *(part for name, value in given.items() for part in ("--conf", f"{name}={value}")),
        *(str(built / "entry/run.py"), "--pipeline", str(pipeline), "--lake", str(lake)),
        *("--landing", str(tmp_path / "landing"), "--run-id", "one"),
    ]
    environment = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(tmp_path),
        "JAVA_HOME": os.environ["JAVA_HOME"],
        "SPARK_HOME": str(Path(pyspark.__file__).parent),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "PYSPARK_PYTHON": str(home / "bin/python"),
        "PYSPARK_DRIVER_PYTHON": str(home / "bin/python"),
    }
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-6000:]
    assert json.loads((lake / "reports/one/summary.json").read_text())["status"] == "done"
    assert {log.parent.relative_to(lake).as_posix() for log in lake.rglob("_delta_log")} >= TABLES
