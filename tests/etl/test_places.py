"""One spelling of a place, and of a file's name below it."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest

from headgate.etl.lake.zones import Lake, TableId, below, canonical


def test_every_spelling_of_a_folder_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "x" / "lake"
    folder.mkdir(parents=True)
    (tmp_path / "link").symlink_to(folder)
    monkeypatch.chdir(tmp_path / "x")
    bare = [
        "lake", "./lake", "lake/", "lake//", "../x/lake", "lake/.", "./lake/../lake", "../link",
        str(folder), f"{folder}/", f"{tmp_path}//x///lake", f"{folder}/sub/..", f"{tmp_path}/link/",
    ]  # fmt: skip
    addresses = [f"{scheme}{folder}" for scheme in ("file:", "file://", "file://localhost", "FILE:")]
    assert {canonical(place) for place in bare} == {str(folder)}
    assert {canonical(place) for place in ["file:lake", *addresses]} == {f"file:{folder}"}
    assert {Lake(place).table(TableId("raw", "v")) for place in bare} == {f"{folder}/raw/v"}
    assert Lake("lake").ledger == f"{folder}/ledger"
    lake = Lake("lake")
    monkeypatch.chdir(tmp_path)
    assert lake.root == str(folder)


@pytest.mark.parametrize("scheme", ["s3", "s3a", "S3", "gs", "abfss"])
def test_every_spelling_of_an_address_is_one(scheme: str) -> None:
    ends = ["b/p", "b/p/", "b//p//", "b/./p", "b/q/../p/."]
    assert {canonical(f"{scheme}://{end}") for end in ends} == {f"{scheme.lower()}://b/p"}
    assert canonical(f"{scheme}://b/") == canonical(f"{scheme}://b") == f"{scheme.lower()}://b"
    assert {canonical(canonical(f"{scheme}://{end}")) for end in ends} == {f"{scheme.lower()}://b/p"}


def test_what_is_no_address_is_a_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names = ["a:b", "c:", "a b/é", "x%20y", "2024:01/x"]
    assert [canonical(name) for name in names] == [str(tmp_path / name) for name in names]
    assert canonical("hdfs:///data/x/") == "hdfs:///data/x"
    assert canonical("dbfs:/data//x/") == "dbfs:/data/x"
    assert canonical("/") == canonical("file:/").removeprefix("file:") == "/"


def test_a_files_name_does_not_depend_on_how_the_folder_is_reached() -> None:
    roots = [
        "/l/landing",
        "s3://b/l/landing",
        "s3a://b/l/landing",
        "hdfs:///l/landing",
        "hdfs://n:8020/l/landing",
    ]
    paths = ["/l/landing/{}", "file:/l/landing/{}", "file:///l/landing/{}", "s3a://b/l/landing/{}"]
    names = ["x.csv", "2024-01-01/x.csv", "l/landing/x.csv", "a b+c%20é:#?.csv"]
    for root, path, name in product(
        [*roots, "file:/l/landing"], [*paths, "hdfs://n:8020/l/landing/{}"], names
    ):
        assert below(root, path.format(name)) == name
    assert below("/", "file:/x.csv") == below("s3://b", "s3a://b/x.csv") == "x.csv"
    assert below("/land", "/landing/x.csv") == "/landing/x.csv"  # never a name that others may have
