"""A step of one's own counts with its code: its module, and the modules of one's own that it imports."""

from __future__ import annotations

import importlib
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from headgate.conf import Step, fingerprint
from headgate.conf.code import code_of

FILES = {
    "mine/__init__.py": "",
    "mine/steps.py": "import json\nfrom pyspark.sql import functions\nfrom mine.words import *\n"
    "def lower():\n    from .late import word\n    return word\nupper = lambda: lower()\n",
    "mine/words.py": "WORDS = ['a']\n",
    "mine/late.py": "import beside.deep.low as low\nword = low.WORD\n",
    "mine/unused.py": "x = 1\n",
    "beside/__init__.py": "",
    "beside/deep/__init__.py": "",
    "beside/deep/low.py": "WORD = 'b'\n",
    "single.py": "def step():\n    return 1\n",
}
OF_STEPS = ["beside", "beside.deep", "beside.deep.low", "mine", "mine.late", "mine.steps", "mine.words"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of modules, on the path; they are forgotten afterwards."""
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield tmp_path
    forget()


def forget() -> None:
    importlib.invalidate_caches()
    for name in [name for name in sys.modules if name.split(".")[0] in {"mine", "beside", "single"}]:
        del sys.modules[name]


def mark(name: str = "mine.steps:lower") -> str:
    """The fingerprint as the next run's process finds it."""
    forget()
    return fingerprint(Step(name=name))


def test_the_code_is_the_module_and_what_it_imports_of_ones_own(folder: Path) -> None:
    assert list(code_of("mine.steps")) == OF_STEPS
    assert list(code_of("single")) == ["single"]
    assert code_of("headgate.etl.clean.text") == code_of("json") == code_of("no.such") == {}
    importlib.import_module("mine.steps")
    assert list(code_of("mine.steps")) == OF_STEPS


def test_a_change_anywhere_in_it_is_a_change_of_the_step(folder: Path) -> None:
    marks = {mark()}
    assert marks == {mark()}
    changed = [file for file in FILES if not file.startswith(("mine/unused", "single"))]
    for file in changed:
        (folder / file).write_text((folder / file).read_text() + "Y = 2\n")
        marks.add(mark())
    assert len(marks) == 1 + len(changed)


def test_what_it_does_not_import_does_not_count(folder: Path) -> None:
    before = mark()
    (folder / "mine/unused.py").write_text("x = 2\n")
    (folder / "single.py").write_text("def step():\n    return 2\n")
    assert mark() == before
    assert fingerprint(Step(name="trim_text")) == fingerprint(Step(name="trim_text"))


def test_code_in_an_archive_counts_too(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    marks = []
    for number in (1, 2, 1):
        archive = folder / f"steps{len(marks)}.zip"
        with zipfile.ZipFile(archive, "w") as made:
            made.writestr("zipped.py", f"def step():\n    return {number}\n")
        with monkeypatch.context() as patched:
            patched.syspath_prepend(str(archive))
            importlib.invalidate_caches()
            marks.append(fingerprint(Step(name="zipped:step")))
            sys.modules.pop("zipped", None)
    assert marks[0] != marks[1]
    assert marks[0] == marks[2]


def test_an_installed_package_counts_if_it_is_the_steps_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = tmp_path / "site-packages"
    for name, text in FILES.items():
        (site / name).parent.mkdir(parents=True, exist_ok=True)
        (site / name).write_text(text)
    monkeypatch.syspath_prepend(str(site))
    forget()
    assert list(code_of("mine.steps")) == ["mine", "mine.late", "mine.steps", "mine.words"]
    forget()
