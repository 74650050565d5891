"""The setup script: what it takes for Java, when it has nothing to do, and how it fails."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bootstrap import environment
from bootstrap.java import find_java, home_of_java
from bootstrap.running import SetupError
from bootstrap.running import run as run_command


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project's root with the files that decide what an environment is."""
    (tmp_path / "bootstrap").mkdir()
    for name in ("setup.cfg", "pyproject.toml", "bootstrap/environment.py"):
        (tmp_path / name).write_text(name)
    monkeypatch.setattr(environment, "ROOT", tmp_path)
    monkeypatch.setattr(environment, "certificates", lambda python: {})
    monkeypatch.setattr(environment, "PYTHONS", dict.fromkeys(environment.PYTHONS, (sys.version_info[:2],)))
    return tmp_path


def fake_java(folder: Path, version: str) -> Path:
    home = folder / f"jdk-{version}"
    (home / "bin").mkdir(parents=True)
    java = home / "bin" / "java"
    shown = f"    java.home = {home}\n    java.specification.version = {version}\n"
    java.write_text(f"#!/bin/sh\ncat >&2 <<'END'\n{shown}END\n")
    java.chmod(0o755)
    return java


def test_a_java_17_is_known_by_its_home(tmp_path: Path) -> None:
    java = fake_java(tmp_path, "17")
    assert home_of_java(str(java)) == tmp_path / "jdk-17"


@pytest.mark.parametrize("version", ["11", "21", "1.8"])
def test_another_java_is_passed_over(tmp_path: Path, version: str) -> None:
    assert home_of_java(str(fake_java(tmp_path, version))) is None


def test_a_java_that_does_not_start_is_passed_over(tmp_path: Path) -> None:
    assert home_of_java(str(tmp_path / "java")) is None


def test_java_home_goes_before_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    on_path = fake_java(tmp_path / "a", "17")
    named = fake_java(tmp_path / "b", "17")
    monkeypatch.setenv("PATH", str(on_path.parent), prepend=":")
    monkeypatch.setenv("JAVA_HOME", str(named.parents[1]))
    assert find_java() == named.parents[1]


def test_the_path_serves_where_java_home_is_another_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_path = fake_java(tmp_path, "17")
    monkeypatch.setenv("PATH", str(on_path.parent), prepend=":")
    monkeypatch.setenv("JAVA_HOME", str(fake_java(tmp_path, "11").parents[1]))
    assert find_java() == on_path.parents[1]


@pytest.mark.parametrize("name", ["setup.cfg", "pyproject.toml", "bootstrap/environment.py"])
def test_a_changed_file_changes_the_fingerprint(tree: Path, name: str) -> None:
    before = environment.fingerprint("emr-7")
    (tree / name).write_text("changed")
    assert environment.fingerprint("emr-7") != before


def test_runtimes_have_fingerprints_of_their_own(tree: Path) -> None:
    assert environment.fingerprint("emr-7") != environment.fingerprint("emr-8")


class Steps:
    """Stands for a setup's commands: notes which were called, makes what they leave, fails where told."""

    def __init__(self, tree: Path) -> None:
        self.venv = tree / ".venv"
        self.called: list[str] = []
        self.packages: list[str] = []
        self.fails = ""

    def __call__(self, what: str, command: list[str], **_: object) -> None:
        self.called.append(what[:3])
        if what.startswith(self.fails or "never"):
            raise SetupError("it failed; mend it")
        if what.startswith("1/4"):
            (self.venv / "bin").mkdir(parents=True, exist_ok=True)
            (self.venv / "bin" / "python").touch()
        if what.startswith("2/4"):
            self.packages.append(command[command.index("--editable") + 1].partition("[")[2].rstrip("]"))
        if what.startswith("4/4"):
            (self.venv / "a.jar").touch()
            Path(command[-1]).write_text((self.venv / "a.jar").as_uri())

    def of_call(self, *arguments: str) -> list[str]:
        self.called.clear()
        environment.make_environment("emr-7", *arguments)
        return self.called


@pytest.fixture
def steps(tree: Path, monkeypatch: pytest.MonkeyPatch) -> Steps:
    made = Steps(tree)
    java_home = fake_java(tree, "17").parents[1]
    monkeypatch.setattr(environment, "run", made)
    monkeypatch.setattr(environment, "find_java", lambda: java_home)
    return made


def test_a_second_call_does_nothing(steps: Steps, capsys: pytest.CaptureFixture[str]) -> None:
    assert steps.of_call() == ["1/4", "2/4", "4/4"]
    capsys.readouterr()
    assert (steps.of_call(), capsys.readouterr().out) == ([], "")


def test_a_changed_requirement_keeps_the_interpreter(steps: Steps, tree: Path) -> None:
    steps.of_call()
    (tree / "setup.cfg").write_text("changed")
    assert steps.of_call() == ["2/4", "4/4"]


@pytest.mark.parametrize(
    ("fails", "first", "second"),
    [
        ("1/4", ["1/4"], ["1/4", "2/4", "4/4"]),
        ("2/4", ["1/4", "2/4"], ["2/4", "4/4"]),
        ("4/4", ["1/4", "2/4", "4/4"], ["4/4"]),
    ],
)
def test_a_call_after_a_failure_goes_on_where_it_stopped(
    steps: Steps, fails: str, first: list[str], second: list[str]
) -> None:
    steps.fails = fails
    with pytest.raises(SetupError):
        steps.of_call()
    assert steps.called == first
    steps.fails = ""
    assert steps.of_call() == second
    assert steps.of_call() == []


def test_packages_that_a_failed_renewal_left_are_not_believed(steps: Steps, tree: Path) -> None:
    steps.of_call()
    (tree / "setup.cfg").write_text("changed")
    steps.fails = "2/4"
    with pytest.raises(SetupError):
        steps.of_call()
    (tree / "setup.cfg").write_text("setup.cfg")  # as it was before
    steps.fails = ""
    assert steps.of_call() == ["2/4", "4/4"]


def test_the_demo_asks_for_no_tools_and_what_work_installed_serves_it(steps: Steps) -> None:
    assert steps.of_call("demo") == ["1/4", "2/4", "4/4"]
    assert steps.of_call("work") == ["2/4", "4/4"]
    assert steps.of_call("demo") == []
    assert steps.packages == ["emr-7,train,s3", "emr-7,train,s3,dev"]


@pytest.mark.parametrize("gone", ["headgate.env", "bin/python"])
def test_what_was_taken_away_is_made_anew(steps: Steps, gone: str) -> None:
    steps.of_call()
    (steps.venv / gone).unlink()
    assert steps.of_call() == ["1/4", "2/4", "4/4"]


@pytest.mark.parametrize("gone", ["headgate.jars", "a.jar"])
def test_jars_that_were_taken_away_are_fetched_anew(steps: Steps, gone: str) -> None:
    steps.of_call()
    (steps.venv / gone).unlink()
    assert steps.of_call() == ["4/4"]


def test_pip_is_told_the_systems_certificates_unless_it_is_told_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = tmp_path / "bundle.pem"
    bundle.touch()
    for name in environment.BUNDLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    assert environment.certificates(sys.executable) == {"PIP_CERT": str(bundle)}
    (tmp_path / "pip.conf").write_text("[global]\ncert = /a/bundle\n")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "pip.conf"))
    assert environment.certificates(sys.executable) == {}
    for told in environment.BUNDLES:
        with monkeypatch.context() as patch:
            patch.setenv(told, "/a/bundle")
            assert environment.certificates("no python is asked") == {}


def test_sail_asks_for_no_java_and_finds_none(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(what: str, command: list[str], **_: object) -> None:
        (tree / ".venv-sail" / "bin").mkdir(parents=True, exist_ok=True)
        (tree / ".venv-sail" / "bin" / "python").touch()

    monkeypatch.setattr(environment, "run", run)
    monkeypatch.setattr(environment, "find_java", lambda: pytest.fail("it asked for Java"))
    environment.make_environment("sail")
    assert "export JAVA_HOME=''" in (tree / ".venv-sail" / "headgate.env").read_text()
    assert environment.is_whole(
        tree / ".venv-sail", environment.read_stamp(tree / ".venv-sail" / "headgate.stamp")
    )


def test_the_exports_can_be_sourced_whatever_the_folder_is_called(tmp_path: Path) -> None:
    folder = tmp_path / "it's here"
    folder.mkdir()
    environment.write_exports(folder, tmp_path / "a jdk")
    script = '. "$1"; echo "$JAVA_HOME"; echo "${PATH%%:*}"'
    done = subprocess.run(
        ["sh", "-c", script, "sh", str(folder / "headgate.env")], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == [str(tmp_path / "a jdk"), str(folder / "bin")]


def test_a_python_that_the_runtime_does_not_run_on_is_refused_in_one_line(
    tree: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 10, 1))
    assert environment.main([]) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "3.10" in said


UNTRUSTED = (
    "WARNING: Retrying (Retry(total=4)) after connection broken by 'SSLError(SSLCertVerificationError(1, "
    "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed certificate in certificate chain"
)


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        ("ERROR: No matching distribution found for x (from versions: none)", "does not answer; do that"),
        (
            UNTRUSTED + "\nERROR: No matching distribution found for x (from versions: none)",
            "certificate of the package index is not trusted here; .* export PIP_CERT=",
        ),
        ("OSError: [Errno 28] No space left on device", "the disk is full; free some space"),
        ("noise\nERROR: Failed building wheel for x\nmore noise", "Failed building wheel for x; do that"),
        ("noise\njars: Maven Central is not trusted; name the bundle", "failed: Maven .* the bundle \\(log:"),
        ("", "it said nothing; do that"),
    ],
)
def test_a_failed_command_is_told_in_one_line_with_its_cause(tree: Path, printed: str, expected: str) -> None:
    log, said = tree / "log", tree / "said"
    log.touch()
    said.write_text(printed)
    with pytest.raises(SetupError, match=expected) as caught:
        run_command("2/4 it", ["sh", "-c", f"cat '{said}'; exit 3"], log=log, fix="do that")
    assert "\n" not in str(caught.value)
    assert log.read_text() == printed
