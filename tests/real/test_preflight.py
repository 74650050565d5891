"""What is wrong with a platform is said in one line, by real processes, before anything is done."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import boto3
import pyspark
import pytest
from moto.server import ThreadedMotoServer

from headgate.jobs.aws import S3Object
from headgate.jobs.jars import Jar, fetch, locked
from headgate.jobs.lease import lease
from headgate.jobs.session import DELTA_SETTINGS

pytestmark = pytest.mark.real

ROOT = Path(__file__).resolve().parents[2]
DELTA = [part for name, value in DELTA_SETTINGS.items() for part in ("--conf", f"{name}={value}")]


def ran(*command: str, **environment: str) -> tuple[int, list[str]]:
    """Exit code, and the lines that are Headgate's."""
    done = subprocess.run(
        command, env=os.environ | environment, capture_output=True, text=True, timeout=300, check=False
    )
    said = (done.stdout + done.stderr).splitlines()  # spark-submit gives all that Python says on one of them
    return done.returncode, [line for line in said if line.startswith("headgate: ")]


def submitted(*options: str, lake: Path, master: str = "local[1]") -> tuple[int, list[str]]:
    home = Path(pyspark.__file__).parent
    job = str(ROOT / "jobs" / "run.py")
    command = ["spark-submit", "--master", master, *options, job, "hospital", "--lake", str(lake)]
    return ran(*command, SPARK_HOME=str(home))


STORAGE = next(jar for jar in locked("delta") if jar.artifact == "delta-storage")
OF_ANOTHER_SCALA = [
    Jar(
        *("io.delta", "delta-spark_2.13", "3.3.2"),
        "435bd201b5ea6b406efaa10e815d2744e4b438128aa83c10e4b8b553f4f0ff3e",
    ),
    STORAGE,
]
OF_AN_OLDER_SPARK = [
    Jar(
        *("io.delta", "delta-spark_2.12", "3.1.0"),
        "57c030b05a0ff4e4e9985ab0b81ad5c2684ef44916654916ba783de656daae2e",
    ),
    Jar(
        *("io.delta", "delta-storage", "3.1.0"),
        "10d5eb272469d2f73a0acfcc62b9eefafe65b431eb6dc1fc7486eef862bfecde",
    ),
]


def given(jars: Iterable[Jar]) -> list[str]:
    return ["--jars", ",".join(path.as_uri() for path in fetch(jars))]


@pytest.mark.parametrize(
    ("options", "jars", "said"),
    [
        (
            [],
            locked("delta"),
            "it was started without Delta; pass --conf spark.sql.extensions=io.delta.sql.DeltaSpark",
        ),
        (
            DELTA,
            [],
            "Delta's jar is not there; pass --packages io.delta:delta-spark_2.12:3.3.x, the Delta for",
        ),
        (
            DELTA,
            OF_ANOTHER_SCALA,
            "Delta does not fit it (",
        ),
        (
            DELTA,
            OF_AN_OLDER_SPARK,
            "Delta 3.1.0 is not made for Spark 3.5.",
        ),
    ],
    ids=["no_extension", "no_jar", "another_scala", "another_delta"],
)
def test_a_spark_that_lacks_its_delta(
    options: list[str], jars: Sequence[Jar], said: str, tmp_path: Path
) -> None:
    code, lines = submitted(*options, *(given(jars) if jars else []), lake=tmp_path / "lake")
    assert (code, len(lines)) == (2, 1)
    assert said in lines[0]
    assert not (tmp_path / "lake").exists()


def test_executors_whose_python_has_no_headgate(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "bare")], check=True)
    bare = [
        "--conf",
        f"spark.pyspark.python={tmp_path}/bare/bin/python",
        "--conf",
        "spark.executor.memory=512m",
    ]
    bare += ["--conf", f"spark.pyspark.driver.python={sys.executable}"]
    # Spark's own cluster on one machine: an executor in a process of its own.
    code, lines = submitted(
        *given(locked("delta")), *DELTA, *bare, lake=tmp_path / "lake", master="local-cluster[1,1,1024]"
    )
    assert (code, len(lines)) == (2, 1), lines
    assert "executors: their Python does not run Headgate (ModuleNotFoundError: No module named" in lines[0]
    assert "install the wheel on every node for Python 3." in lines[0]
    assert not (tmp_path / "lake").exists()


def test_an_older_python() -> None:
    program = "import sys; sys.version_info = (3, 9, 20); import jobs"
    code, lines = ran(sys.executable, "-c", program)
    assert code == 2
    assert lines[0].startswith("headgate: Python 3.11 or newer is needed, this is 3.9 (")


def test_a_dependency_built_for_another_python(tmp_path: Path) -> None:
    folder = tmp_path / "pydantic_core"
    folder.mkdir()
    (folder / "__init__.py").write_text("from pydantic_core._pydantic_core import SchemaValidator\n")
    code, lines = ran(sys.executable, "-m", "headgate.jobs.run", "--help", PYTHONPATH=f"{tmp_path}:{ROOT}")
    assert (code, len(lines)) == (2, 1)
    assert "was built for another Python (No module named 'pydantic_core._pydantic_core')" in lines[0]


@pytest.fixture(scope="module")
def s3() -> Iterator[dict[str, str]]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    keys = {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local", "AWS_REGION": "us-east-1"}
    yield {**keys, "AWS_DEFAULT_REGION": "us-east-1", "AWS_ENDPOINT_URL": f"http://{host}:{port}"}
    server.stop()


def test_a_bucket_that_is_not_there(s3: dict[str, str]) -> None:
    code, lines = ran("headgate", "run", "hospital", "--lake", "s3://nowhere/lake", **s3)
    assert (code, lines) == (
        2,
        ["headgate: s3://nowhere/lake: there is no such bucket; make it, or correct the address"],
    )


def test_a_table_that_another_driver_is_writing(s3: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in s3.items():
        monkeypatch.setenv(name, value)
    client = boto3.client("s3")
    client.create_bucket(Bucket="lake")
    leases = S3Object("s3://lake/busy/_writer.json")
    with lease(leases, tables=["curated/patients"], holder="run first", say=print, beat=1):
        code, lines = ran("headgate", "run", "hospital", "--lake", "s3://lake/busy", **s3)
    assert (code, len(lines)) == (5, 1)
    assert "run first is writing curated/patients" in lines[0]
    found = client.list_objects_v2(Bucket="lake", Prefix="busy/")["Contents"]
    assert [item["Key"] for item in found] == ["busy/_writer.json"]
