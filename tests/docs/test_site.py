"""The documentation builds, stands on its own, and its lists are those of the code."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from docs.generate import PAGES, refreshed
from tests.docs.documents import ROOT


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_the_site_has_a_page_for_each_document(site: Path) -> None:
    pages = {page.relative_to(ROOT / "docs").with_suffix("") for page in (ROOT / "docs").rglob("*.md")}
    assert pages <= {page.relative_to(site).with_suffix("") for page in site.rglob("*.html")}


def test_no_page_loads_anything_from_elsewhere(site: Path) -> None:
    loads = re.compile(r"""<(?:script|link|img|iframe)[^>]+(?:src|href)=["']?(?:https?:)?//[^"' >]+""")
    found = {
        page.name: loads.findall(page.read_text(encoding="utf-8"))
        for page in site.rglob("*.html")
        if loads.search(page.read_text(encoding="utf-8"))
    }
    assert found == {}


def test_the_reference_lists_each_thing_once_and_its_tables_are_tables(site: Path) -> None:
    heading = re.compile(r'<h\d id="([\w.]+)" class="doc doc-heading"')
    for name in ("clean", "star", "features", "quality", "conf"):
        text = (site / "reference" / f"{name}.html").read_text(encoding="utf-8")
        depth = 3 if name in ("clean", "star", "features") else 2
        listed = [found for found in heading.findall(text) if found.count(".") <= depth]
        assert len(listed) > 2
        assert len({each.rpartition(".")[2] for each in listed}) == len(listed), name
        assert not [each for each in heading.findall(text) if ".checks." in each or ".cast." in each]
        assert "=====" not in text, name
    assert "<table>" in (site / "reference" / "clean.html").read_text(encoding="utf-8")


def test_the_picture_of_a_report_is_small_and_shown(site: Path) -> None:
    assert 20_000 < (site / "report.png").stat().st_size < 300_000
    assert 'src="report.png"' in (site / "index.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_generated_lists_of_a_page_are_what_the_code_has(page: Path) -> None:
    assert page.read_text(encoding="utf-8") == refreshed(page), "out of date: `make docs` rewrites it"
