"""One set of columns of files that came at different times."""

from __future__ import annotations

import pytest

from headgate.etl.errors import InputError
from headgate.etl.sources.headers import columns_together


@pytest.mark.parametrize(
    ("known", "headers", "together"),
    [
        ((), [["id", "amt"]], ["id", "amt"]),
        ((), [["id", "amt"], ["id", "amt", "cur"]], ["id", "amt", "cur"]),
        (("id", "amt"), [["id", "amt", "cur"]], ["id", "amt", "cur"]),
        (("id", "amt"), [["AMT", "ID"]], ["id", "amt"]),
        (("id",), [["b", "id"], ["id", "a", "B"]], ["id", "b", "a"]),
        (("id", "amt"), [], ["id", "amt"]),
    ],
    ids=[
        "first",
        "one brings more",
        "more than raw has",
        "another case, another order",
        "several",
        "nothing",
    ],
)
def test_files_may_bring_columns(known: list[str], headers: list[list[str]], together: list[str]) -> None:
    files = [(f"v{n}.csv", names) for n, names in enumerate(headers)]
    assert columns_together(files, known, dataset="v") == together


@pytest.mark.parametrize(
    ("known", "headers", "said"),
    [
        (("id", "amt", "cur"), [["id", "amount", "cur"]], "'amt' (was it renamed to 'amount'?)"),
        (("id", "amt", "cur"), [["cur", "id"]], "it lacks 'amt';"),
        ((), [["id", "amt"], ["id"]], "that of v0.csv (amt)"),
        (("id", "x"), [["id", "y"]], "'x' (was it renamed to 'y'?)"),
        (("id", "amt"), [["id", "amt", "cur"], ["id", "amt"]], "v1.csv"),
        (("amt",), [["amt "]], "lacks 'amt'"),
    ],
    ids=["renamed", "missing", "within one delivery", "wholly renamed", "since the file before", "a blank"],
)
def test_no_file_may_leave_one_out(known: list[str], headers: list[list[str]], said: str) -> None:
    files = [(f"v{n}.csv", names) for n, names in enumerate(headers)]
    with pytest.raises(InputError) as caught:
        columns_together(files, known, dataset="v")
    assert said in str(caught.value)
    assert (caught.value.dataset, caught.value.row) == ("v", 1)
    assert caught.value.file == files[-1][0]


def test_a_record_in_place_of_the_header_is_not_told() -> None:
    with pytest.raises(InputError, match="it may be a record") as caught:
        columns_together([("v.csv", ["123-45-6789", "Mueller"])], ["ssn", "name"], dataset="v")
    assert "Mueller" not in str(caught.value)
    assert "123" not in str(caught.value)


def test_what_is_optional_may_be_left_out() -> None:
    assert columns_together([("v.csv", ["id"])], ["id", "Cur"], dataset="v", optional=["cur"]) == [
        "id",
        "Cur",
    ]
