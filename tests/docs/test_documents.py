"""Every page's code runs as it stands, and prints what the page says."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.docs.documents import ROOT, Interpreter, blocks, commands, run_console, run_document, same

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
WITH_CODE = [
    page
    for page in PAGES
    if any(block.language in ("python", "console") for block in blocks(page.read_text(encoding="utf-8")))
]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Interpreter]:
    with closing(Interpreter(tmp_path_factory.mktemp("pages"))) as made:
        yield made


@pytest.fixture
def interpreter(tmp_path: Path) -> Iterator[Interpreter]:
    with closing(Interpreter(tmp_path)) as made:
        yield made


def test_the_first_page_runs_and_prints_what_it_says(interpreter: Interpreter) -> None:
    assert run_document(ROOT / "README.md", interpreter) > 0


@pytest.mark.parametrize("page", WITH_CODE[1:], ids=lambda page: page.relative_to(ROOT).as_posix())
def test_the_code_of_a_page_runs_and_prints_what_the_page_says(page: Path, shared: Interpreter) -> None:
    assert run_document(page, shared) > 0


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


def test_a_command_that_fails_fails_the_page(interpreter: Interpreter) -> None:
    with pytest.raises(AssertionError, match="exit code 1"):
        run_console("$ false\n", "x.md:1", interpreter)


def test_a_command_may_fail_where_the_page_shows_its_exit_code(interpreter: Interpreter) -> None:
    assert run_console("$ false\n$ echo $?\n1\n", "x.md:1", interpreter) == 1


def page_of(text: str, folder: Path) -> Path:
    page = folder / "page.md"
    page.write_text(text)
    return page


def test_code_that_raises_fails_the_page_and_not_the_next_one(
    interpreter: Interpreter, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("pages")
    with pytest.raises(AssertionError, match=r"page\.md:1"):
        run_document(page_of("```python\n1 / 0\n```\n", folder), interpreter)
    assert run_document(page_of("```python\nprint(1)\n```\n", folder), interpreter) == 1


def test_a_page_knows_nothing_of_the_one_before(
    interpreter: Interpreter, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("pages")
    said = '```csv title="a.csv"\nx\n```\n```python\none = 1\n```\n'
    run_document(page_of(said, folder), interpreter)
    asked = "```python\nimport os\nprint('one' in globals(), os.listdir())\n```\n```text\nFalse []\n```\n"
    assert run_document(page_of(asked, folder), interpreter) == 1


def test_the_python_of_a_page_shares_its_names_and_sees_its_files(
    interpreter: Interpreter, tmp_path_factory: pytest.TempPathFactory
) -> None:
    page = page_of(
        '```csv title="a/b.csv"\nx\n```\n```python\none = open("a/b.csv").read()\n```\n'
        "```python\nprint(one)\n```\n```text\nx\n```\n",
        tmp_path_factory.mktemp("pages"),
    )
    assert run_document(page, interpreter) == 2
