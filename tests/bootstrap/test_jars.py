"""Jars are fetched with the certificates that pip takes, whole or not at all; a failure says its cause."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from configparser import ConfigParser
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from headgate.jobs import jars, session
from headgate.jobs.exits import ArgumentsError
from headgate.jobs.jars import Jar, JarsError, fetch
from headgate.jobs.jars import download as downloading
from headgate.jobs.jars.repository import repository
from tests.bootstrap.resigning import Authority, Proxy, proxy

ROOT = Path(__file__).resolve().parents[2]

BODY = b"PK" + bytes(range(256)) * 4000
"""A jar of 1 MB."""

LOST = b"PK" + b"lost" * 100


def jar(artifact: str, body: bytes = BODY) -> Jar:
    return Jar("org.example", artifact, "1.0", hashlib.sha256(body).hexdigest())


ONE, OTHER = jar("one"), jar("other", LOST)
FILES = {ONE.path: BODY, OTHER.path: LOST}


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("company"))


@pytest.fixture
def fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user who has nothing yet: no caches, no settings, no certificates of their own."""
    for name in (*downloading.BUNDLES, "SSL_CERT_FILE", "SSL_CERT_DIR", "PIP_PROXY", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name in ("HTTP_PROXY", "ALL_PROXY", "NO_PROXY", "DEFAULT_ARTIFACT_REPOSITORY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setattr(downloading.Source, "pause", 0.01)
    return tmp_path


@pytest.fixture
def company(authority: Authority, fresh: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    """A network whose only way out is the company's proxy."""
    with proxy(authority, FILES) as server:
        monkeypatch.setenv("HTTPS_PROXY", server.url)
        yield server


@pytest.fixture
def trusting(company: Proxy, authority: Authority, monkeypatch: pytest.MonkeyPatch) -> Proxy:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.bundle))
    return company


def told(*wanted: Jar) -> str:
    with pytest.raises(JarsError) as caught:
        fetch(wanted, say=lambda text: None)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def left(home: Path) -> list[str]:
    """What is in the cache, by name."""
    return sorted(file.name for file in home.rglob("*.jar*"))


@pytest.mark.parametrize(
    "how", ["SSL_CERT_FILE", "PIP_CERT", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "pip.conf", "folder"]
)
def test_the_certificates_that_pip_takes_are_trusted(
    how: str, company: Proxy, authority: Authority, fresh: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if how == "pip.conf":
        (fresh / "pip.conf").write_text(f"[global]\ncert = {authority.bundle}\n")
        monkeypatch.setenv("PIP_CONFIG_FILE", str(fresh / "pip.conf"))
    elif how == "folder":
        named = subprocess.run(
            ["openssl", "x509", "-hash", "-noout", "-in", str(authority.bundle)],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        (fresh / f"{named.stdout.strip()}.0").write_bytes(authority.bundle.read_bytes())
        monkeypatch.setenv("PIP_CERT", str(fresh))
    else:
        monkeypatch.setenv(how, str(authority.bundle))
    said: list[str] = []
    one, other = fetch([ONE, OTHER], say=said.append)
    assert (one.read_bytes(), other.read_bytes()) == (BODY, LOST)
    assert fetch([ONE, OTHER], say=said.append) == [one, other]
    assert len(said) == 1
    assert said[0].startswith("fetching one 1.0, other 1.0 from Maven Central (")
    assert left(fresh) == ["one-1.0.jar", "other-1.0.jar"]
    assert len(company.asked) == 2


def test_a_certificate_that_nothing_knows_is_said_with_the_setting(company: Proxy, fresh: Path) -> None:
    said = told(ONE)
    assert re.match(r"the certificate of Maven Central \(.+\) is not trusted here \(.+\); ", said)
    assert "export SSL_CERT_FILE=/path/to/bundle.pem" in said
    assert (left(fresh), company.asked) == ([], [])


def test_a_bundle_that_is_not_there_is_said(company: Proxy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_CERT", "/not/there.pem")
    assert told(ONE).startswith("PIP_CERT names /not/there.pem, which is no bundle of certificates (")


def test_a_download_that_breaks_off_is_taken_up_where_it_did(trusting: Proxy, fresh: Path) -> None:
    trusting.cut = [300_000, 200_000, 100]
    assert fetch([ONE])[0].read_bytes() == BODY
    assert [asked for _, asked in trusting.asked] == [
        None, "bytes=300000-", "bytes=500000-", "bytes=500100-",
    ]  # fmt: skip


def test_a_mirror_that_gives_no_parts_is_asked_from_the_beginning(trusting: Proxy) -> None:
    trusting.ranges = False
    trusting.cut = [300_000, 200_000]
    assert fetch([ONE])[0].read_bytes() == BODY
    trusting.cut = [5] * 9
    assert re.search(r"does not answer \(it broke off after 5 of 402 bytes\); ", told(OTHER))


def test_a_proxy_that_wants_a_password_says_so(trusting: Proxy) -> None:
    trusting.refuses = 407
    assert re.match(
        r"the proxy before Maven Central \(.+\) refuses \(.*407.*\); write it as HTTPS_PROXY=", told(ONE)
    )


def test_a_call_after_one_that_was_killed_goes_on(trusting: Proxy, fresh: Path) -> None:
    part = jars.cache() / f"{ONE.path}.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(BODY[:1_000_000])
    assert fetch([ONE])[0].read_bytes() == BODY
    assert (trusting.asked[0][1], left(fresh)) == ("bytes=1000000-", ["one-1.0.jar"])


@pytest.mark.parametrize("size", [10, len(BODY), len(BODY) + 5])
def test_a_part_of_something_else_is_thrown_away(size: int, trusting: Proxy) -> None:
    part = jars.cache() / f"{ONE.path}.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(b"?" * size)
    assert fetch([ONE])[0].read_bytes() == BODY
    assert [asked for _, asked in trusting.asked] == [f"bytes={size}-", None]


@pytest.mark.parametrize(
    ("body", "cause"),
    [
        (b"PK" + b"changed", "its bytes were changed"),
        (b"<html>Please log in</html>", "it is no jar, it begins b'<html>Please log in"),
        (b"", "it is no jar, it begins b''"),
    ],
)
def test_what_has_another_hash_is_not_kept(body: bytes, cause: str, trusting: Proxy, fresh: Path) -> None:
    trusting.files = {ONE.path: body}
    said = told(ONE)
    assert re.match(r"one-1\.0\.jar from Maven Central \(.+\) has not the SHA-256 of the lock: ", said)
    assert cause in said
    assert left(fresh) == []


def test_what_was_fetched_before_a_failure_is_kept(trusting: Proxy, fresh: Path) -> None:
    fetch([OTHER])
    trusting.files = {}
    assert told(OTHER, ONE).startswith("Maven Central (")
    assert left(fresh) == ["other-1.0.jar"]


def test_a_jar_that_was_changed_in_the_cache_is_fetched_anew(trusting: Proxy) -> None:
    place = fetch([ONE])[0]
    place.write_bytes(b"PK changed")
    fetch([ONE], verify=True)
    assert place.read_bytes() == BODY


def test_a_server_that_is_busy_is_asked_again(trusting: Proxy) -> None:
    trusting.status = [503, 429]
    assert fetch([ONE])[0].read_bytes() == BODY
    trusting.status = [500] * 9
    assert re.search(r"does not answer \(500 .*\); check the network, ", told(OTHER))


@pytest.mark.parametrize(
    ("status", "cause"),
    [(404, r"has no one-1\.0\.jar; name a repository"), (403, r"refuses one-1\.0\.jar \(403 Forbidden\)")],
)
def test_a_refusal_is_not_called_the_network(status: int, cause: str, trusting: Proxy) -> None:
    trusting.status = [status]
    assert re.search(cause, told(ONE))
    assert len(trusting.asked) == 1


def test_a_network_that_is_not_there_is_said(fresh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")  # nobody listens there
    assert re.search(r"does not answer \(.*refused.*\); check the network, name the proxy", told(ONE))


def test_a_cache_that_cannot_be_written_is_said(trusting: Proxy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/proc")
    assert re.match(r"jars cannot be kept in /proc/headgate/jars \(.*\); name .* XDG_CACHE_HOME", told(ONE))


SETTINGS = """<settings xmlns="http://maven.apache.org/SETTINGS/1.2.0"><servers><server><id>ours</id>
<username>me</username><password>${env.SECRET}</password></server></servers><mirrors>
<mirror><id>blocker</id><mirrorOf>external:http:*</mirrorOf><url>http://0.0.0.0/</url><blocked>true</blocked></mirror>
<mirror><id>ours</id><mirrorOf>%s</mirrorOf><url>https://maven.example/all</url></mirror></mirrors></settings>"""


def test_a_mirror_of_mavens_settings_stands_for_maven_central(
    trusting: Proxy, fresh: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (fresh / ".m2").mkdir()
    (fresh / ".m2" / "settings.xml").write_text(SETTINGS % "*,!snapshots")
    monkeypatch.setenv("SECRET", "hush")
    fetch([ONE])
    assert trusting.asked == [(f"/all/{ONE.path}", None)]
    assert repository().authorization == "Basic bWU6aHVzaA=="
    trusting.status = [401]
    said = told(OTHER)
    assert "refuses other-1.0.jar (401 Unauthorized)" in said
    assert "hush" not in said
    (fresh / ".m2" / "settings.xml").write_text(SETTINGS % "snapshots")
    assert repository().name == "Maven Central"
    (fresh / ".m2" / "settings.xml").write_text("<settings>")
    assert "settings.xml cannot be read (" in told(OTHER)


def test_sparks_own_variable_names_a_repository(fresh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = fresh / "repository" / ONE.path
    place.parent.mkdir(parents=True)
    place.write_bytes(BODY)
    monkeypatch.setenv("DEFAULT_ARTIFACT_REPOSITORY", (fresh / "repository").as_uri())
    assert fetch([ONE])[0].read_bytes() == BODY
    assert "has no other-1.0.jar" in told(OTHER)
    monkeypatch.setenv("DEFAULT_ARTIFACT_REPOSITORY", "https://me:hush@maven.example/all")
    assert (repository().url, repository().authorization) == (
        "https://maven.example/all/",
        "Basic bWU6aHVzaA==",
    )
    monkeypatch.setenv("DEFAULT_ARTIFACT_REPOSITORY", "maven.example")
    assert "is no address of a Maven repository" in told(OTHER)


def test_maven_central_is_where_pysparks_own_resolver_has_it(fresh: Path) -> None:
    assert re.fullmatch(r"https://\S+/maven2/", repository().url)


def test_every_runtime_has_a_lock_of_each_group() -> None:
    setup = ConfigParser()
    setup.read(ROOT / "setup.cfg")
    yarn = ROOT / "bootstrap" / "cluster" / "locks"
    for runtime in ("emr-7", "emr-8", "glue-6"):
        extra = setup["options.extras_require"][runtime]
        spark = re.search(r"pyspark==(\S+)", extra)[1]
        delta = re.search(r"delta-spark==(\S+)", extra)[1]
        names = [f"delta-{delta}-spark-{spark[:3]}", f"kafka-{spark}"]
        assert all((jars.LOCKS / f"{name}.txt").exists() for name in names), runtime
    assert {lock.stem[3:] for lock in jars.LOCKS.glob("s3-*")} == {
        lock.stem[5:] for lock in yarn.glob("yarn-*")
    }
    for lock in (*jars.LOCKS.glob("*.txt"), *yarn.glob("*.txt")):
        lines = lock.read_text().splitlines()
        assert lines[0].startswith("# make locks: ")
        assert all(jars.LINE.fullmatch(line) for line in lines[1:]), lock
        assert len(set(lines)) == len(lines) > 2


def test_the_installed_versions_have_locks() -> None:
    for group, least in {"delta": 2, "s3": 3, "kafka": 4}.items():
        assert len(jars.locked(group)) >= least
    assert len(jars.locked("yarn", ROOT / "bootstrap" / "cluster" / "locks")) > 100


def test_the_command_prints_what_spark_submit_takes(fresh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for each in jars.locked("delta"):
        place = fresh / "repository" / each.path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(b"PK of no lock")
    monkeypatch.setenv("DEFAULT_ARTIFACT_REPOSITORY", (fresh / "repository").as_uri())
    command = [sys.executable, "-m", "headgate.jobs.jars", "delta", "--out", str(fresh / "note")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 1
    assert re.search(
        r"^jars: delta-\S+\.jar from the repository that .* has not the SHA-256", done.stderr, re.M
    )
    assert not (fresh / "note").exists()


def options(builder: SparkSession.Builder) -> dict[str, str]:
    return {name: value for name, value in builder._options.items() if name.startswith("spark.jars")}


def test_a_laptops_session_is_given_the_locked_jars_and_asks_no_resolver(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(session, "spark_jars", lambda *groups: ",".join(f"{group}.jar" for group in groups))
    given = session._with_jars(SparkSession.builder, ("delta", "s3"))
    assert options(given) == {"spark.jars": "delta.jar,s3.jar"}


def test_versions_that_no_lock_knows_are_left_to_sparks_own_resolver(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "locked", lambda group: ())
    given = options(session._with_jars(SparkSession.builder, ("delta", "s3")))
    assert set(given) == {"spark.jars.packages"}
    assert re.search(
        r"io\.delta:delta-spark_\S+,org\.apache\.hadoop:hadoop-aws:", given["spark.jars.packages"]
    )


def test_jars_that_cannot_be_had_end_a_job_in_one_line(fresh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    with pytest.raises(
        ArgumentsError, match=r"^spark session: Maven Central .* does not answer \(.*\); check the"
    ):
        session._with_jars(SparkSession.builder, ("delta",))
