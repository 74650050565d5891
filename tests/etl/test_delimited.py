"""Bytes to records: places, damage, archives, stacked tables."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from pathlib import Path

import pytest

from etl.lake.delimited import FileFormat, UnreadableFileError, members, read_header, records


def rows(content: bytes, **fmt: object) -> list[tuple[int, list[str], str | None]]:
    form = FileFormat(**fmt)  # type: ignore[arg-type]
    return [(r.line, r.fields, r.error) for r in records(content, file="x.csv", fmt=form)]


def archive(**files: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as out:
        for name, content in files.items():
            out.writestr(name, content)
    return buffer.getvalue()


def test_a_record_is_named_by_the_line_it_starts_on_though_fields_span_lines() -> None:
    content = b'id,note\r\n1,"two\r\nlines"\r\n2,"a ""quoted"", comma"\r\n'
    assert rows(content) == [(2, ["1", "two\r\nlines"], None), (4, ["2", 'a "quoted", comma'], None)]


def test_ragged_records_keep_their_text_and_reason() -> None:
    found = list(records(b"a,b\n1,2,3\n4,5\n6\n", file="x.csv", fmt=FileFormat()))
    assert [(r.line, r.text, bool(r.error)) for r in found] == [
        (2, "1,2,3", True),
        (3, "", False),
        (4, "6", True),
    ]


def test_one_damaged_line_among_many_is_a_damaged_record() -> None:
    content = b"name\n" + b"ok\n" * 300 + b"caf\xe9\n"
    found = rows(content)
    assert found[-1] == (302, [], "the record is not utf-8")
    assert [error for _, _, error in found[:-1]] == [None] * 300


def test_many_damaged_lines_are_a_wrong_encoding() -> None:
    content = b"name\n" + b"caf\xe9\n" * 5
    with pytest.raises(UnreadableFileError) as caught:
        rows(content)
    assert (caught.value.line, "0xe9" in caught.value.reason, "encoding" in caught.value.fix) == (
        2,
        True,
        True,
    )
    assert rows(content, encoding="latin-1")[0] == (2, ["café"], None)


def test_a_byte_order_mark_is_not_part_of_the_first_name() -> None:
    assert read_header(b"\xef\xbb\xbfid,b\n1,2\n", file="x", fmt=FileFormat()) == ["id", "b"]


@pytest.mark.parametrize(
    ("columns", "said"),
    [(("id", "sex"), "missing: sex; not declared: b"), (("b", "id", "c"), "missing: c")],
)
def test_a_header_that_does_not_match_says_what_differs(columns: tuple[str, ...], said: str) -> None:
    with pytest.raises(UnreadableFileError) as caught:
        read_header(b"id,b\n1,2\n", file="x.csv", fmt=FileFormat(columns=columns))
    assert said in caught.value.reason
    assert caught.value.line == 1


def test_stacked_tables_are_told_apart_by_their_first_name() -> None:
    content = b'a_id,d\n1,x\n2,"y, z"\n,\nb_id,d\n1,w\n'
    assert rows(content, section="a_id") == [(2, ["1", "x"], None), (3, ["2", "y, z"], None)]
    assert rows(content, section="b_id") == [(6, ["1", "w"], None)]
    with pytest.raises(UnreadableFileError, match="a_id, b_id"):
        rows(content, section="c_id")


def test_gzip_and_zip_are_known_by_their_first_bytes() -> None:
    plain = b"id\n1\n"
    assert list(members(gzip.compress(plain), file="x", fmt=FileFormat())) == [("x", plain)]
    zipped = archive(**{"in/a.csv": plain, "in/b.txt": b"no"})
    assert list(members(zipped, file="z.zip", fmt=FileFormat(member="*.csv"))) == [("z.zip!in/a.csv", plain)]


@pytest.mark.parametrize(
    "content",
    [b"", b" \n\n", archive(**{"a.csv": b"id"})[:30], gzip.compress(b"id")[:-6]],
    # Not by what they hold: an archive's header has the time in it, and workers must name tests alike.
    ids=["nothing", "blank", "zip", "gzip"],
)
def test_an_empty_or_broken_file_is_an_error_of_the_file(content: bytes) -> None:
    def read() -> list[list[str]]:
        found = members(content, file="x.zip", fmt=FileFormat())
        return [read_header(inner, file=name, fmt=FileFormat()) for name, inner in found]

    with pytest.raises(UnreadableFileError) as caught:
        read()
    assert caught.value.file == "x.zip"


def test_an_archive_without_the_member_says_what_it_holds() -> None:
    with pytest.raises(UnreadableFileError) as caught:
        list(members(archive(**{"b.txt": b"x"}), file="z.zip", fmt=FileFormat(member="*.csv")))
    assert "b.txt" in caught.value.fix


def test_a_password_is_never_shown() -> None:
    assert "hunter2" not in repr(FileFormat(password="hunter2"))


def test_csv_spectrum_reads_as_its_authors_say(shared_data: Path) -> None:
    folder = shared_data / "csv_spectrum"
    compared = 0
    for file in sorted((folder / "csvs").glob("*.csv")):
        expected = json.loads((folder / "json" / f"{file.stem}.json").read_text())
        header = read_header(file.read_bytes(), file=file.name, fmt=FileFormat())
        content = file.read_bytes()
        found = [
            dict(zip(header, r.fields, strict=True)) for r in records(content, file="", fmt=FileFormat())
        ]
        if file.stem == "location_coordinates":  # published with another number in the JSON than in the CSV
            expected = [{**expected, "Contact Phone Number": "2095257564"}]
        if file.stem == "newlines_crlf":  # published with \\n in the CSV
            expected = [
                {name: value.replace("\r\n", "\n") for name, value in row.items()} for row in expected
            ]
        assert found == expected, file.name
        compared += 1
    assert compared == 12
