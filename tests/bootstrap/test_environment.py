"""The setup script: what it takes for Java, when it has nothing to do, and how it fails."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bootstrap import environment
from bootstrap.environment import SetupError


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project's root with the files that decide what an environment is."""
    (tmp_path / "bootstrap").mkdir()
    for name in ("setup.cfg", "pyproject.toml", "bootstrap/environment.py"):
        (tmp_path / name).write_text(name)
    monkeypatch.setattr(environment, "ROOT", tmp_path)
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
    assert environment.home_of_java(str(java)) == tmp_path / "jdk-17"


@pytest.mark.parametrize("version", ["11", "21", "1.8"])
def test_another_java_is_passed_over(tmp_path: Path, version: str) -> None:
    assert environment.home_of_java(str(fake_java(tmp_path, version))) is None


def test_a_java_that_does_not_start_is_passed_over(tmp_path: Path) -> None:
    assert environment.home_of_java(str(tmp_path / "java")) is None


def test_java_home_goes_before_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    on_path = fake_java(tmp_path / "a", "17")
    named = fake_java(tmp_path / "b", "17")
    monkeypatch.setenv("PATH", str(on_path.parent), prepend=":")
    monkeypatch.setenv("JAVA_HOME", str(named.parents[1]))
    assert environment.find_java() == named.parents[1]


def test_the_path_serves_where_java_home_is_another_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_path = fake_java(tmp_path, "17")
    monkeypatch.setenv("PATH", str(on_path.parent), prepend=":")
    monkeypatch.setenv("JAVA_HOME", str(fake_java(tmp_path, "11").parents[1]))
    assert environment.find_java() == on_path.parents[1]


@pytest.mark.parametrize("name", ["setup.cfg", "pyproject.toml", "bootstrap/environment.py"])
def test_a_changed_file_changes_the_fingerprint(tree: Path, name: str) -> None:
    before = environment.fingerprint("emr-7")
    (tree / name).write_text("changed")
    assert environment.fingerprint("emr-7") != before


def test_runtimes_have_fingerprints_of_their_own(tree: Path) -> None:
    assert environment.fingerprint("emr-7") != environment.fingerprint("emr-8")


def test_a_second_call_does_nothing(
    tree: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    called: list[str] = []

    def run(what: str, command: list[str], **_: object) -> None:
        called.append(what[:3])
        if "venv" in command:
            (tree / ".venv" / "bin").mkdir(parents=True)
            shutil.copy(sys.executable, tree / ".venv" / "bin" / "python")

    monkeypatch.setattr(environment, "run", run)
    monkeypatch.setattr(environment, "find_java", lambda: fake_java(tree, "17").parents[1])
    environment.make_environment("emr-7")
    assert called == ["1/4", "2/4", "4/4"]
    capsys.readouterr()
    environment.make_environment("emr-7")
    assert (called, capsys.readouterr().out) == (["1/4", "2/4", "4/4"], "")


def test_a_changed_requirement_keeps_the_interpreter(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[str] = []
    java_home = fake_java(tree, "17").parents[1]

    def run(what: str, command: list[str], **_: object) -> None:
        called.append(what[:3])
        (tree / ".venv" / "bin").mkdir(parents=True, exist_ok=True)
        (tree / ".venv" / "bin" / "python").touch()

    monkeypatch.setattr(environment, "run", run)
    monkeypatch.setattr(environment, "find_java", lambda: java_home)
    environment.make_environment("emr-7")
    (tree / "setup.cfg").write_text("changed")
    environment.make_environment("emr-7")
    assert called == ["1/4", "2/4", "4/4", "2/4", "4/4"]


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


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        ("ERROR: No matching distribution found for x (from versions: none)", "does not answer"),
        ("noise\nERROR: Failed building wheel for x\nmore noise", "Failed building wheel for x"),
        ("", "it said nothing"),
    ],
)
def test_a_failed_command_is_told_in_one_line_with_its_reason(
    tree: Path, printed: str, expected: str
) -> None:
    log = tree / "log"
    log.touch()
    with pytest.raises(SetupError, match=expected) as caught:
        environment.run("2/4 it", ["sh", "-c", f"printf '%s\n' '{printed}'; exit 3"], log=log, fix="do that")
    assert "\n" not in str(caught.value)
    assert log.read_text().startswith(printed)
