"""Every page's code runs as it stands, and prints what the page says."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.documents import ROOT, Interpreter, blocks, commands, run_console, run_document, same

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
WITH_CODE = [
    page
    for page in PAGES
    if any(block.language in ("python", "console") for block in blocks(page.read_text(encoding="utf-8")))
]


@pytest.mark.parametrize("page", WITH_CODE, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_the_code_of_a_page_runs_and_prints_what_the_page_says(page: Path, tmp_path: Path) -> None:
    assert run_document(page, tmp_path) > 0


def test_the_first_pages_have_code_that_runs() -> None:
    names = {page.relative_to(ROOT).as_posix() for page in WITH_CODE}
    assert {"README.md", "docs/tutorial.md"} <= names


def test_a_block_is_found_with_its_title_and_line_inside_a_list_too() -> None:
    found = blocks('one\n\n  ```yaml title="a.yaml"\n  b: 1\n  ```\n')
    assert [(block.language, block.title, block.text, block.line) for block in found] == [
        ("yaml", "a.yaml", "b: 1\n", 3)
    ]


def test_commands_are_parted_from_their_output() -> None:
    assert list(commands("$ one \\\n  two\nout\n$ three\n")) == [("one    two", "out\n"), ("three", "")]


def test_a_page_that_says_another_output_fails() -> None:
    with pytest.raises(AssertionError, match=r"x\.md:1"):
        same(expected="1\n", printed="2\n", place="x.md:1")


def test_an_output_may_be_shortened() -> None:
    same(expected="from … to 3\n", printed="from 1 to 3\n", place="x.md:1")


def test_a_command_that_fails_fails_the_page(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="exit code 1"):
        run_console("$ false\n", "x.md:1", Interpreter(tmp_path))


def test_a_command_may_fail_where_the_page_shows_its_exit_code(tmp_path: Path) -> None:
    assert run_console("$ false\n$ echo $?\n1\n", "x.md:1", Interpreter(tmp_path)) == 1


def test_code_that_raises_fails_the_page(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("```python\n1 / 0\n```\n")
    with pytest.raises(AssertionError, match=r"page\.md:1"):
        run_document(page, tmp_path)


def test_the_python_of_a_page_shares_its_names_and_sees_its_files(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        '```csv title="a/b.csv"\nx\n```\n```python\none = open("a/b.csv").read()\n```\n'
        "```python\nprint(one)\n```\n```text\nx\n```\n"
    )
    assert run_document(page, tmp_path) == 2
