"""What EMR, EMR Serverless and Glue are given: wheel, locks, scripts, and requests that AWS takes."""

from __future__ import annotations

import configparser
import json
import os
import re
import runpy
import shlex
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.session import get_session
from botocore.validate import ParamValidator
from moto import mock_aws
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from bootstrap import dist
from bootstrap.lock import LOCKS, PYTHONS, ROOT, pins
from headgate.jobs import arguments
from headgate.jobs.cli import COMMANDS
from headgate.jobs.exits import Exit
from headgate.jobs.session import DELTA_SETTINGS

PLATFORMS = ("emr", "emr-serverless", "glue")
FILLED = {
    "BUCKET": "a-bucket",
    "ROLE_ARN": "arn:aws:iam::123456789012:role/headgate",
    "APPLICATION_ID": "00f1example",
}
SPARK = {"pyspark", "py4j", "delta-spark"}
AWS = {"boto3", "botocore", "s3transfer"}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("platforms") / "dist"
    dist.build(folder)
    return folder


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        yield


def definition(place: Path) -> Any:
    """A definition as ``envsubst`` hands it to AWS's command line."""
    text = re.sub(r"\$\{(\w+)\}", lambda found: FILLED[found[1]], place.read_text())
    return json.loads(text)


def problems(service: str, operation: str, request: dict[str, Any]) -> str:
    """What AWS's own description of a call finds wrong with a request."""
    shape = get_session().get_service_model(service).operation_model(operation).input_shape
    return str(ParamValidator().validate(request, shape).generate_report())


def settings(options: str) -> dict[str, str]:
    """The Spark settings among options of ``spark-submit``."""
    words = shlex.split(options)
    given = (words[place + 1] for place, word in enumerate(words) if word == "--conf")
    return dict(setting.split("=", 1) for setting in given)


def job_flow(built: Path) -> dict[str, Any]:
    """What ``aws emr create-cluster`` makes of the files that its command line names."""
    steps = [
        {
            "Name": step["Name"],
            "ActionOnFailure": step["ActionOnFailure"],
            "HadoopJarStep": {"Jar": "command-runner.jar", "Args": ["spark-submit", *step["Args"]]},
        }
        for step in definition(built / "emr/steps.json")
    ]
    action = {"Path": "s3://a-bucket/headgate/emr/install.sh", "Args": ["s3://a-bucket/headgate"]}
    return {
        "Name": "headgate",
        "ReleaseLabel": "emr-7.13.0",
        "Applications": [{"Name": "Spark"}],
        "Instances": {"MasterInstanceType": "m6i.xlarge", "InstanceCount": 1},
        "Configurations": definition(built / "emr/configurations.json"),
        "BootstrapActions": [{"Name": "headgate", "ScriptBootstrapAction": action}],
        "Steps": steps,
        "JobFlowRole": "EMR_EC2_DefaultRole",
        "ServiceRole": "EMR_DefaultRole",
    }


@pytest.mark.parametrize("platform", PYTHONS)
def test_a_lock_and_its_platform_have_all_that_the_wheel_requires(platform: str) -> None:
    there = pins(f"platform-{platform}.txt") | pins(f"requirements-{platform}.txt")
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    extras = setup["options.extras_require"]
    lines = setup["options"]["install_requires"] + extras["train"] + extras["s3"]
    required = [Requirement(line) for line in lines.splitlines() if line]
    assert len(required) >= 8
    missing = [
        str(one)
        for one in required
        if not one.specifier.contains(there.get(canonicalize_name(one.name), "0"), prereleases=True)
    ]
    assert missing == [], "`make locks` resolves them anew"


@pytest.mark.parametrize("platform", PYTHONS)
def test_a_lock_replaces_nothing_that_the_platform_has(platform: str) -> None:
    locked = pins(f"requirements-{platform}.txt").keys()
    # On EMR the lock goes into an environment of its own, where AWS's packages are nobody else's.
    others = SPARK | AWS if platform.startswith("glue") else SPARK
    assert locked & (pins(f"platform-{platform}.txt").keys() | others) == set()


@pytest.mark.parametrize("platform", ["glue-5", "glue-6"])
def test_glue_keeps_its_own_pandas_numpy_and_arrow(platform: str) -> None:
    assert {"pandas", "numpy", "pyarrow"} <= pins(f"platform-{platform}.txt").keys()


@pytest.mark.parametrize("platform", PYTHONS)
def test_every_package_of_a_lock_has_hashes(platform: str) -> None:
    text = (LOCKS / f"requirements-{platform}.txt").read_text()
    parts = [part for part in re.split(r"\n(?=\S)", text) if not part.startswith("#")]
    assert len(parts) == len(pins(f"requirements-{platform}.txt")) > 20
    assert [part for part in parts if "--hash=sha256:" not in part] == []


def test_the_glue_job_is_one_that_aws_takes(built: Path, aws: None) -> None:
    for version in dist.GLUE:
        job = definition(built / f"glue/job-{version}.json")
        assert problems("glue", "CreateJob", job) == ""
        boto3.client("glue").create_job(**job | {"Name": version})
        made = boto3.client("glue").get_job(JobName=version)["Job"]
        assert (made["GlueVersion"], made["MaxRetries"]) == (version, 0)


def test_the_glue_job_installs_the_wheel_and_the_lock_and_nothing_else(built: Path) -> None:
    wheel = next(built.glob("*.whl")).name
    for version, lock in dist.GLUE.items():
        given = definition(built / f"glue/job-{version}.json")["DefaultArguments"]
        first, *rest = given["--additional-python-modules"].split(",")
        assert first == f"s3://a-bucket/headgate/{wheel}"
        assert dict(one.split("==") for one in rest) == pins(f"requirements-{lock}.txt")
        assert given["--python-modules-installer-option"] == "--no-deps"


def test_the_cluster_is_one_that_aws_takes(built: Path, aws: None) -> None:
    request = job_flow(built)
    assert problems("emr", "RunJobFlow", request) == ""
    cluster = boto3.client("emr").run_job_flow(**request)["JobFlowId"]
    steps = boto3.client("emr").list_steps(ClusterId=cluster)["Steps"]
    assert [step["Name"] for step in steps] == ["headgate run hospital"]


def test_the_serverless_application_and_job_are_ones_that_aws_takes(built: Path, aws: None) -> None:
    application = definition(built / "emr-serverless/application.json")
    job = definition(built / "emr-serverless/job.json")
    token = {"clientToken": "made up by the command line"}
    assert problems("emr-serverless", "CreateApplication", application | token) == ""
    assert problems("emr-serverless", "StartJobRun", job | token) == ""
    client = boto3.client("emr-serverless")
    made = client.create_application(**application)["applicationId"]
    assert client.start_job_run(**job | {"applicationId": made})["jobRunId"]


def test_a_request_with_a_mistake_is_found_out(built: Path) -> None:
    job = definition(built / "glue/job-5.1.json")
    assert "Unknown parameter" in problems("glue", "CreateJob", job | {"Retries": 0})


def test_every_platform_starts_spark_with_delta(built: Path) -> None:
    glue = definition(built / "glue/job-5.1.json")["DefaultArguments"]
    serverless = definition(built / "emr-serverless/job.json")["jobDriver"]["sparkSubmit"]
    emr = {one["Classification"]: one["Properties"] for one in job_flow(built)["Configurations"]}
    for given in (
        settings(f"--conf {glue['--conf']}"),
        settings(serverless["sparkSubmitParameters"]),
        emr["spark-defaults"],
    ):
        assert DELTA_SETTINGS.items() <= given.items()
    assert glue["--datalake-formats"] == "delta"
    assert "--jars /usr/share/aws/delta/lib/" in serverless["sparkSubmitParameters"]
    assert emr["delta-defaults"] == {"delta.enabled": "true"}


def test_driver_and_executors_run_on_the_python_that_has_the_wheel(built: Path) -> None:
    home = re.search(r"HEADGATE_HOME:-(\S+)\}", (built / "emr/install.sh").read_text())
    assert home is not None
    emr = {one["Classification"]: one for one in job_flow(built)["Configurations"]}
    exported = emr["spark-env"]["Configurations"][0]["Properties"]
    pythons = {value for name, value in emr["spark-defaults"]["Properties"].items() if "PYTHON" in name}
    assert pythons | set(exported.values()) == {f"{home[1]}/bin/python"}

    submit = definition(built / "emr-serverless/job.json")["jobDriver"]["sparkSubmit"]
    given = settings(submit["sparkSubmitParameters"])
    folder = given["spark.archives"].split("#")[1]
    pythons = {value for name, value in given.items() if "PYTHON" in name}
    assert pythons == {f"./{folder}/bin/python"}


def test_the_jobs_understand_what_each_platform_passes(built: Path) -> None:
    glue = definition(built / "glue/job-5.1.json")["DefaultArguments"]
    own = {"--JOB_NAME": "headgate", "--JOB_ID": "j_1", "--JOB_RUN_ID": "jr_1"}
    serverless = definition(built / "emr-serverless/job.json")["jobDriver"]["sparkSubmit"]
    steps = definition(built / "emr/steps.json")[0]["Args"]
    script = "s3://a-bucket/headgate/entry/run.py"
    assert serverless["entryPoint"] == script
    for given in (
        [word for pair in (glue | own).items() for word in pair],
        serverless["entryPointArguments"],
        steps[steps.index(script) + 1 :],
    ):
        values = arguments.parse(arguments.parser("headgate run", "", ""), given)
        assert (values.pipeline, values.lake) == ("hospital", "s3://a-bucket/lake")


@pytest.mark.parametrize("command", COMMANDS)
def test_each_job_has_a_script_that_tells_success_by_not_exiting(
    command: str, built: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    script = str(built / f"entry/{command}.py")
    monkeypatch.setattr(sys, "argv", [script, "--no-such-option"])
    with pytest.raises(SystemExit) as failed:
        runpy.run_path(script, run_name="__main__")
    assert failed.value.code == Exit.BAD_ARGUMENTS
    assert capsys.readouterr().err.startswith("headgate: ")


def test_a_script_that_succeeds_ends_without_an_exit(built: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = str(built / "entry/check.py")
    monkeypatch.setattr(sys, "argv", [script, "hospital"])
    runpy.run_path(script, run_name="__main__")


def test_the_wheel_has_every_file_of_the_packages_and_no_other(built: Path) -> None:
    files = {
        f"headgate/{file.relative_to(ROOT).as_posix()}"
        for package in dist.PACKAGES
        for file in (ROOT / package).rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }
    with zipfile.ZipFile(next(built.glob("*.whl"))) as wheel:
        packed = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert packed == files | {"headgate/__init__.py", "headgate/py.typed"}
    shipped = ("conf/hospital.yaml", "conf/diabetes130.yaml", "jobs/log4j2.properties")
    assert {f"headgate/{name}" for name in shipped} <= packed
    assert any(re.fullmatch(r"headgate/conf/suites/hospital/.+\.json", name) for name in packed)
    assert any(name.startswith("headgate/jobs/report/templates/") for name in packed)


def test_what_users_need_of_the_build_goes_where_the_definitions_look_for_it(built: Path) -> None:
    named = {
        name
        for file in built.glob("*/*.json")
        for name in re.findall(r"s3://\$\{BUCKET\}/headgate/([\w./-]+)", file.read_text())
    }
    made_later = {"environment.tar.gz"}
    assert {name for name in named if not (built / name).is_file()} == made_later


@pytest.mark.parametrize("script", ["emr/install.sh", "emr-serverless/archive.sh"])
def test_the_shell_scripts_are_clean(script: str) -> None:
    checked = subprocess.run(
        ["shellcheck", str(ROOT / "bootstrap" / script)], capture_output=True, text=True, check=False
    )
    assert (checked.returncode, checked.stdout) == (0, "")


def test_a_node_without_its_files_is_not_started(tmp_path: Path) -> None:
    fake = tmp_path / "aws"
    fake.write_text("#!/bin/sh\necho no such bucket >&2\nexit 1\n")
    fake.chmod(0o755)
    home = tmp_path / "home"
    environment = os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}", "HEADGATE_HOME": str(home)}
    done = subprocess.run(
        ["bash", str(ROOT / "bootstrap/emr/install.sh"), "s3://nowhere"],
        env=environment,
        capture_output=True,
        check=False,
    )
    assert done.returncode != 0
    assert not home.exists()


@pytest.mark.parametrize("platform", PLATFORMS)
def test_the_page_has_the_commands_of_each_folder(platform: str) -> None:
    page = (ROOT / "docs/platforms.md").read_text()
    folder = (ROOT / "bootstrap" / platform / "README.md").read_text()
    given = re.findall(r"```sh\n(.+?)```", folder, re.DOTALL)
    assert given
    assert [block for block in given if block not in page] == []
