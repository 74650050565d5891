"""On YARN and S3 a pipeline gives what it gives on a laptop, whichever process is killed on the way.

Hadoop's own daemons and an S3 endpoint, started by `bootstrap/cluster/cluster.py`; the job is the
wheel, submitted in cluster mode with two executors.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import boto3
import pyspark
import pytest

from bootstrap.dist import build_wheel
from headgate.jobs.aws import S3Object
from headgate.jobs.jars import spark_jars
from headgate.jobs.lease import lease
from headgate.jobs.session import SMALL_JAVA, SMALL_SETTINGS
from tests.jobs.visits import lay_out_packages
from tests.real.small import TABLES, lay_out_small

pytestmark = [pytest.mark.real, pytest.mark.slow]

ROOT = Path(__file__).resolve().parents[2]
PYSPARK = Path(pyspark.__file__).parent
QUIET = f"-Dlog4j2.configurationFile={(ROOT / 'jobs/log4j2.properties').as_uri()}"


def cluster_module() -> ModuleType:
    place = ROOT / "bootstrap" / "cluster" / "cluster.py"
    spec = importlib.util.spec_from_file_location("cluster", place)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def client(environment: dict[str, str]) -> Any:
    """S3 as the cluster's shells reach it."""
    return boto3.client(
        "s3",
        endpoint_url=environment["AWS_ENDPOINT_URL"],
        region_name="us-east-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",
    )


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the pipeline, its suites and its landing."""
    folder = tmp_path_factory.mktemp("project")
    lay_out_small(folder)
    return folder


@pytest.fixture(scope="module")
def cluster(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment of a shell that uses the cluster, with the project in its bucket."""
    module, folder = cluster_module(), tmp_path_factory.mktemp("cluster")
    environment = os.environ | module.start(folder)
    s3 = client(environment)
    for file in filter(Path.is_file, project.rglob("*")):
        s3.upload_file(str(file), module.BUCKET, f"project/{file.relative_to(project).as_posix()}")
    try:
        yield environment
    finally:
        assert module.stop(folder) == 3


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> str:
    """An interpreter that has the platform's packages, and the wheel."""
    folder = tmp_path_factory.mktemp("platform")
    subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
    home = folder / "venv/bin/python"
    packages = next((folder / "venv/lib").glob("python3*/site-packages"))
    # Packages that are found by way of a .pth file do not bring the editable install along.
    (packages / "platform.pth").write_text(str(PYSPARK.parent))
    wheel = build_wheel(folder)
    subprocess.run([home, "-m", "pip", "install", "-q", "--no-deps", wheel], check=True)
    return str(home)


@pytest.fixture(scope="module")
def local(project: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The lake that a laptop makes."""
    lake = tmp_path_factory.mktemp("local") / "lake"
    command = ["headgate", "run", str(project / "pipeline.yaml"), "--lake", str(lake)]
    command += ["--landing", str(project / "landing")]
    subprocess.run(command, check=True, capture_output=True)
    return str(lake)


Submit = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def submit(cluster: dict[str, str], python: str, tmp_path: Path) -> Submit:
    beside = lay_out_packages(tmp_path / "packages")
    packages = shutil.make_archive(str(tmp_path / "packages"), "zip", beside)

    def submitting(lake: str) -> subprocess.Popen[bytes]:
        settings = {
            "spark.yarn.jars": f"local:{PYSPARK}/jars/*",
            "spark.yarn.stagingDir": tmp_path.as_uri(),
            "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
            "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
            "spark.hadoop.fs.s3.impl": "org.apache.hadoop.fs.s3a.S3AFileSystem",
            "spark.hadoop.fs.s3a.endpoint": cluster["AWS_ENDPOINT_URL"],
            "spark.hadoop.fs.s3a.endpoint.region": "us-east-1",
            "spark.hadoop.fs.s3a.path.style.access": "true",
            "spark.hadoop.fs.s3a.connection.ssl.enabled": "false",
            "spark.sql.shuffle.partitions": "2",
            "spark.databricks.delta.snapshotPartitions": "2",
            "spark.ui.enabled": "false",
            # little data: what a laptop's session is given as well
            **SMALL_SETTINGS,
            "spark.driver.extraJavaOptions": " ".join((*SMALL_JAVA, QUIET)),
            "spark.executor.extraJavaOptions": " ".join((SMALL_JAVA[0], QUIET)),
        }
        names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION", "AWS_ENDPOINT_URL")
        exports = {name: cluster[name] for name in names}
        exports |= {"PYSPARK_PYTHON": python, "SPARK_LOCAL_IP": "127.0.0.1"}
        for name, value in exports.items():
            settings[f"spark.yarn.appMasterEnv.{name}"] = value
            settings[f"spark.executorEnv.{name}"] = value
        options = [part for name, value in settings.items() for part in ("--conf", f"{name}={value}")]
        command = [
            *("spark-submit", "--master", "yarn", "--deploy-mode", "cluster", "--name", lake),
            *("--num-executors", "2", "--executor-cores", "1", "--executor-memory", "1g"),
            *("--jars", spark_jars("delta", "s3"), "--py-files", packages),
            *options,
            str(ROOT / "jobs" / "run.py"),
            *("--pipeline", "s3://lake/project/pipeline.yaml", "--landing", "s3://lake/project/landing"),
            *("--lake", f"s3://lake/{lake}", "--run-id", lake),
        ]
        with (tmp_path / "submit.log").open("ab") as log:
            return subprocess.Popen(
                command, env=cluster | {"SPARK_HOME": str(PYSPARK)}, stdout=log, stderr=log
            )

    return submitting


def differences(cluster: dict[str, str], lake: str, local: str) -> dict[str, list[int]]:
    """Rows and differing rows of every table."""
    program = [sys.executable, str(ROOT / "tests/real/compare_lakes.py"), f"s3://lake/{lake}", local]
    found = subprocess.run(
        program, env=cluster | {"PYTHONPATH": str(ROOT)}, check=True, capture_output=True, text=True
    )
    tables: dict[str, list[int]] = json.loads(found.stdout.splitlines()[-1])
    return tables


def while_making(cluster: dict[str, str], lake: str, zone: str) -> None:
    """Wait until the first table of a zone is being written."""
    s3 = client(cluster)
    until = time.monotonic() + 300
    while not s3.list_objects_v2(Bucket="lake", Prefix=f"{lake}/{zone}/").get("KeyCount"):
        assert time.monotonic() < until, f"nothing was written to {zone} within five minutes"
        time.sleep(0.2)


def kill(program: str) -> None:
    """Kill one process of the cluster at once, by what its command line holds."""
    found = subprocess.run(
        ["pgrep", "-f", program], capture_output=True, text=True, check=True
    ).stdout.split()
    java = [pid for pid in map(int, found) if Path(f"/proc/{pid}/exe").resolve().name == "java"]
    os.kill(java[0], signal.SIGKILL)


@pytest.fixture
def _another_writes_the_lake(cluster: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Meanwhile another job writes another table of the lake."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION"):
        monkeypatch.setenv(name, cluster[name])
    leases = S3Object("s3://lake/killed/_writer.json", endpoint=cluster["AWS_ENDPOINT_URL"])
    with lease(leases, tables=["curated/elsewhere"], holder="another job", say=pytest.fail) as held:
        yield
        held.check()
        found = leases.read()
    assert found is not None
    assert [each["tables"] for each in json.loads(found[0])["holders"].values()] == [["curated/elsewhere"]]


@pytest.mark.usefixtures("_another_writes_the_lake")
def test_a_cluster_gives_what_a_laptop_gives_whichever_process_is_killed(
    cluster: dict[str, str], submit: Submit, local: str
) -> None:
    job = submit("killed")
    while_making(cluster, "killed", "curated")
    kill("deploy.yarn.ApplicationMaster")
    assert job.wait(timeout=900) != 0
    # The driver is run again; of this run an executor is killed, which Spark makes good.
    again = submit("killed")
    while_making(cluster, "killed", "star")
    kill("YarnCoarseGrainedExecutorBackend")
    assert again.wait(timeout=900) == 0
    tables = differences(cluster, "killed", local)
    assert {name: unlike for name, (_, unlike) in tables.items() if unlike} == {}
    assert {name for name, (rows, _) in tables.items() if rows} >= TABLES
