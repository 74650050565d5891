"""Bytes to records: places, damage, archives, stacked tables."""

from __future__ import annotations

import bz2
import codecs
import gzip
import io
import json
import lzma
import random
import tarfile
import warnings
import zipfile
from pathlib import Path

import pytest

from headgate.etl.errors import ParameterError
from headgate.etl.sources.archives import members
from headgate.etl.sources.formats.delimited import Delimited
from headgate.etl.sources.formats.format import UnreadableFileError


def rows(content: bytes, **fmt: object) -> list[tuple[int, list[str], str | None]]:
    form = Delimited(**fmt)  # type: ignore[arg-type]
    return [(r.line, r.fields, r.error) for r in form.records(content, file="x.csv")]


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
    found = list(Delimited().records(b"a,b\n1,2,3\n4,5\n6\n", file="x.csv"))
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


@pytest.mark.parametrize(
    ("mark", "written", "declared"),
    [
        (codecs.BOM_UTF8, "utf-8", "utf-8"),
        (codecs.BOM_UTF8 * 2, "utf-8", "utf-8"),
        (codecs.BOM_UTF8, "utf-8", "utf-8-sig"),
        (codecs.BOM_UTF8, "utf-8", "cp1252"),
        (codecs.BOM_UTF8, "cp1252", "cp1252"),
        (codecs.BOM_UTF16_LE, "utf-16-le", "utf-16-le"),
        (codecs.BOM_UTF16_LE, "utf-16-le", "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16-be", "utf-16"),
        (codecs.BOM_UTF32_LE, "utf-32-le", "utf-32"),
    ],
)
def test_a_byte_order_mark_is_not_part_of_the_first_name(mark: bytes, written: str, declared: str) -> None:
    content = mark + "id,b\n1,é\n".encode(written)
    assert Delimited(encoding=declared).columns_in(content, file="x") == ["id", "b"]
    assert rows(content, encoding=declared) == [(2, ["1", "é"], None)]


@pytest.mark.parametrize(
    ("content", "declared", "fix"),
    [
        ("id\n1\n".encode("utf-16"), "utf-8", "source.encoding: utf-16"),
        ("id\n1\n".encode("utf-16"), "latin-1", "source.encoding: utf-16"),
        ("id\n1\n".encode("utf-32"), "utf-8", "source.encoding: utf-32"),
        (codecs.BOM_UTF16_BE + "id\n".encode("utf-16-be"), "utf-16-le", "source.encoding: utf-16"),
        (codecs.BOM_UTF8 + b"id\n1\n", "utf-16", "source.encoding: utf-8"),
        ("id\n1\n".encode("utf-16-le"), "utf-8", "source.encoding: utf-16"),
        ("id\n1\n".encode("utf-16-le")[:-1], "utf-16-le", "source.encoding"),
    ],
)
def test_another_encoding_than_the_declared_one_is_named(content: bytes, declared: str, fix: str) -> None:
    with pytest.raises(UnreadableFileError) as caught:
        Delimited(encoding=declared).columns_in(content, file="x.csv")
    assert fix in caught.value.fix


@pytest.mark.parametrize(
    ("columns", "said"),
    [(("id", "sex"), "missing: sex; not declared: b"), (("b", "id", "c"), "missing: c")],
)
def test_a_header_that_does_not_match_says_what_differs(columns: tuple[str, ...], said: str) -> None:
    with pytest.raises(UnreadableFileError) as caught:
        Delimited(columns=columns).columns_in(b"id,b\n1,2\n", file="x.csv")
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
    assert list(members(gzip.compress(plain), file="x", fmt=Delimited())) == [("x", plain)]
    zipped = archive(**{"in/a.csv": plain, "in/b.txt": b"no"})
    assert list(members(zipped, file="z.zip", fmt=Delimited(member="*.csv"))) == [("z.zip!in/a.csv", plain)]


@pytest.mark.parametrize(
    "content",
    [b"", b" \n\n", archive(**{"a.csv": b"id"})[:30], gzip.compress(b"id")[:-6]],
    # Not by what they hold: an archive's header has the time in it, and workers must name tests alike.
    ids=["nothing", "blank", "zip", "gzip"],
)
def test_an_empty_or_broken_file_is_an_error_of_the_file(content: bytes) -> None:
    def read() -> list[list[str]]:
        found = members(content, file="x.zip", fmt=Delimited())
        return [Delimited().columns_in(inner, file=name) for name, inner in found]

    with pytest.raises(UnreadableFileError) as caught:
        read()
    assert caught.value.file == "x.zip"


def test_an_archive_without_the_member_says_what_it_holds() -> None:
    with pytest.raises(UnreadableFileError) as caught:
        list(members(archive(**{"b.txt": b"x"}), file="z.zip", fmt=Delimited(member="*.csv")))
    assert "b.txt" in caught.value.fix


def test_a_password_is_never_shown() -> None:
    assert "hunter2" not in repr(Delimited(password="hunter2"))


def test_csv_spectrum_reads_as_its_authors_say(shared_data: Path) -> None:
    folder = shared_data / "csv_spectrum"
    compared = 0
    for file in sorted((folder / "csvs").glob("*.csv")):
        expected = json.loads((folder / "json" / f"{file.stem}.json").read_text())
        header = Delimited().columns_in(file.read_bytes(), file=file.name)
        content = file.read_bytes()
        found = [dict(zip(header, r.fields, strict=True)) for r in Delimited().records(content, file="")]
        if file.stem == "location_coordinates":  # published with another number in the JSON than in the CSV
            expected = [{**expected, "Contact Phone Number": "2095257564"}]
        if file.stem == "newlines_crlf":  # published with \\n in the CSV
            expected = [
                {name: value.replace("\r\n", "\n") for name, value in row.items()} for row in expected
            ]
        assert found == expected, file.name
        compared += 1
    assert compared == 12


def packed(kind: str, *files: tuple[str, bytes]) -> bytes:
    """An archive that may hold a name twice, or lie about how it is packed."""
    buffer = io.BytesIO()
    if kind.startswith("tar"):
        with tarfile.open(fileobj=buffer, mode=kind.replace("tar", "w:").replace(".", "")) as out:
            for name, content in files:
                info = tarfile.TarInfo(name)
                info.size = len(content)
                out.addfile(info, io.BytesIO(content))
        return buffer.getvalue()
    with warnings.catch_warnings(), zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as out:
        warnings.simplefilter("ignore")
        for name, content in files:
            out.writestr(name, content)
    made = bytearray(buffer.getvalue())
    if kind != "zip":
        for magic, place in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
            at = made.find(magic) + place
            made[at : at + 2] = int(kind).to_bytes(2, "little")
    return bytes(made)


PLAIN = b"id,n\n1,2\n"
MAC = ("__MACOSX/._v.csv", b"\x00\x05\x16\x07\x00")


@pytest.mark.parametrize(
    "content",
    [
        gzip.compress(PLAIN[:5]) + gzip.compress(PLAIN[5:]) + b"\x00\x00",
        bz2.compress(PLAIN[:5]) + bz2.compress(PLAIN[5:]),
        lzma.compress(PLAIN),
        gzip.compress(bz2.compress(PLAIN)),
        packed("zip", ("v.csv", PLAIN), MAC, (".DS_Store", b"\x00"), ("a/._v.csv", b"\x00")),
        packed("zip", ("v.csv.gz", gzip.compress(PLAIN))),
        packed("zip", ("in/v.csv", PLAIN)),
    ],
    ids=["gzip", "bzip2", "xz", "gzip of bzip2", "zip of a Mac", "gzip in zip", "zip"],
)
def test_compressed_files_are_read(content: bytes) -> None:
    found = [inner for _, inner in members(content, file="v", fmt=Delimited())]
    assert found == [PLAIN]


@pytest.mark.parametrize(
    ("said", "content"),
    {
        "Deflate64": packed("9", ("v.csv", PLAIN)),
        "AES": packed("99", ("v.csv", PLAIN)),
        "zstd": packed("93", ("v.csv", PLAIN)),
        "method 77": packed("77", ("v.csv", PLAIN)),
        "2 members named 'v.csv'": packed("zip", ("v.csv", PLAIN), ("v.csv", b"id,n\n3,4\n")),
        "an Excel workbook": packed("zip", ("[Content_Types].xml", b"<x/>"), ("xl/workbook.xml", b"<x/>")),
        "a Word document": packed("zip", ("[Content_Types].xml", b"<x/>"), ("word/document.xml", b"<x/>")),
        "an OpenDocument file (a spreadsheet)": packed(
            "zip",
            ("mimetype", b"application/vnd.oasis.opendocument.spreadsheet"),
            ("META-INF/manifest.xml", b"<x/>"),
        ),
        "a zip archive within an archive": packed("zip", ("inner.zip", packed("zip", ("v.csv", PLAIN)))),
        "a tar archive": packed("tar", ("v.csv", PLAIN)),
        "it is a tar archive": packed("tar.gz", ("v.csv", PLAIN)),
        "tar archive": packed("tar.xz", ("v.csv", PLAIN)),
        "the archive holds no file": packed("zip", MAC),
        "a 7z archive": b"7z\xbc\xaf\x27\x1c\x00\x04" + PLAIN,
        "a RAR archive": b"Rar!\x1a\x07\x01\x00",
        "compressed by zstd": b"\x28\xb5\x2f\xfd\x04\x00",
        "compressed by lz4": b"\x04\x22\x4d\x18\x04\x00",
        "a Parquet file": b"PAR1" + PLAIN + b"PAR1",
        "an Avro file": b"Obj\x01" + PLAIN,
        "an ORC file": b"ORC" + PLAIN + b"ORC\x10",
        "a PDF document": b"%PDF-1.7\n",
        "an old Microsoft Office document": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + PLAIN,
        "a web page": b"\n<!DOCTYPE html>\n<html>",
        "an XML document": b'<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>',
        "it ends too early": gzip.compress(PLAIN)[:-3],
        "not a readable gzip": gzip.compress(PLAIN) + b"xx",
        "not a readable bzip2": bz2.compress(PLAIN) + b"xx",
        "not a readable xz": lzma.compress(PLAIN)[:-3],
        "the file is empty": gzip.compress(b""),
    }.items(),
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_a_file_is_gets_told_and_not_read_as_text(said: str, content: bytes) -> None:
    with pytest.raises(UnreadableFileError) as caught:
        list(members(content, file="v.csv", fmt=Delimited(encoding="latin-1")))
    assert said in str(caught.value)
    assert caught.value.file.startswith("v.csv")
    assert "password" not in caught.value.fix


def test_a_column_may_be_named_as_a_kind_of_file_begins() -> None:
    for content in (b"ORCID,n\n1,2\n", b"BZh9,n\n1,2\n", b"PAR,n\n1,2\n"):
        assert list(members(content, file="v.csv", fmt=Delimited())) == [("v.csv", content)]


def test_a_damaged_archive_is_an_error_of_the_file_whatever_is_damaged() -> None:
    """Zip archives of each method, a byte changed at each of many places: read, or refused by name."""
    chance, refused = random.Random(7), 0
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", method) as out:
            out.writestr("v.csv", PLAIN * 20)
        made = buffer.getvalue()
        for place in range(4, len(made), 2):
            broken = made[:place] + bytes([chance.randrange(256)]) + made[place + 1 :]
            try:
                list(members(broken[: chance.choice([None, place])], file="v.zip", fmt=Delimited()))
            except UnreadableFileError:
                refused += 1
    assert refused > 200


@pytest.mark.parametrize(
    ("content", "fmt", "found"),
    [
        (b'h,n\n1,"a \\"b, c\\" d"\n2,"x\\\\y"\n', {"escape": "\\"}, [["1", 'a "b, c" d'], ["2", "x\\y"]]),
        (b'h\tn\n1\t"quoted title\n', {"delimiter": "\t", "quote": None}, [["1", '"quoted title']]),
        (b'h\tn\n1\t"quoted title\n', {"delimiter": "\t", "quote": "\0"}, [["1", '"quoted title']]),
        (b"h,n\n1,a\\,b\n2,\\N\n", {"quote": None, "escape": "\\"}, [["1", "a,b"], ["2", "\\N"]]),
        (b"h~|~n\n1~|~a|b~\n", {"delimiter": "~|~"}, [["1", "a|b~"]]),
        (b"Report\n\nh,n\n1,2\n", {"skip": 2}, [["1", "2"]]),
        (b"h,n\n1,2\n", {"skip": 10**12}, []),  # more lines than there are: at once, and not in a day
        (b"# by x\nh,n\n1,2\n#, no\n", {"comment": "#"}, [["1", "2"]]),
        (b"h,n\n1,2\nTOTAL,3\n4,5\nTOTAL,2\n(2 rows)\n\n", {"footer": ("TOTAL", "(")},
         [["1", "2"], ["TOTAL", "3"], ["4", "5"]]),
        (b"h,n,\n1,2,\n3,4\n", {"trailing_delimiter": True}, [["1", "2"], ["3", "4"]]),
        (b"h,n\n1,2,\n3,,\n", {"trailing_delimiter": True}, [["1", "2"], ["3", ""]]),
        (b"h\na\n\nb\n", {}, [["a"], [""], ["b"]]),
        (b"h,n\n1,2\n\n,\n\x1a", {}, [["1", "2"], ["", ""]]),
        (b"h,n\r\r\n1,2\r\r\n", {}, [["1", "2"]]),
        (b"h,n\r1,2\r", {}, [["1", "2"]]),
        (b'h,n\n1,5" pipe\n2,a "b" c\n3, "d"\n', {}, [["1", '5" pipe'], ["2", 'a "b" c'], ["3", ' "d"']]),
        (b"h,n\n1,a\0b\n", {}, [["1", "a\0b"]]),
    ],
)  # fmt: skip
def test_files_are_read_as_the_dialect_says(
    content: bytes, fmt: dict[str, object], found: list[list[str]]
) -> None:
    assert [(fields, error) for _, fields, error in rows(content, **fmt)] == [(one, None) for one in found]


@pytest.mark.parametrize(
    ("content", "told", "read"),
    [
        (b'h,n\n1,ok\n2,"oops\n3,y\n4,z\n', [3], ["1", "3", "4"]),
        (b'h,n\n1,"6 in\n2,ok\n3,"7 in\n4,ok\n', [2, 4], ["2", "4"]),
        (b'h,n\n1,"say "hi" now"\n2,ok\n', [2], ["2"]),
        (b'h,n\n1,"abc" def\n2,"\\"x\\""\n3,ok\n', [2, 3], ["3"]),
        (b'h,n\n1, "a, b"\n2,6"\n3,ok\n', [2, 3], ["3"]),
        # The text goes on over lines that would do for records: none of them is one.
        (b'h,n\n1,"she said "hi" to\nme, yes\nbye, then"\n2,ok\n', [2, 3, 4], ["2"]),
        # A quote that is lost joins two records by their quotes: neither is read as one.
        (b'h,n\n1,"a\n2,"\nb"\n3,ok\n', [2, 3, 4], ["3"]),
        (b'h,n\n1,"two\nlines, here"\n2,"ok"\n3\n', [5], ["1", "2"]),
    ],
)
def test_quotes_that_do_not_fit_are_told_with_their_lines_and_reading_goes_on(
    content: bytes, told: list[int], read: list[str]
) -> None:
    found = rows(content)
    assert [line for line, _, error in found if error] == told
    assert [fields[0] for _, fields, error in found if not error] == read


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"Report of 2024-01\nid,amt\n1,2\n3,4\n", "line 1 is not a header: .*source.skip"),
        (b"Report\nMade by x\n\nid,amt\n1,2\n3,4\n5,6\n", "line 1 is not a header: .*source.skip"),
        (b"Report, of all\nid,amt,x\n1,2,3\n", "line 1 is not a header: .*source.skip"),
        (b"id,amt\n1,2,\n3,4,\n", "source.trailing_delimiter"),
        (b"sep=;\nid;amt\n1;2\n", "note of the delimiter.*source.skip: 1"),
        (b"id;amt\n1;2\n3;4\n", "source.delimiter: ';'"),
        (b'id,"amt\n1,2\n', "the header cannot be read: a quote opens"),
    ],
)
def test_a_line_that_is_no_header_is_refused_with_what_to_say(content: bytes, said: str) -> None:
    with pytest.raises(UnreadableFileError, match=said):
        Delimited().columns_in(content, file="x.csv")


def test_a_record_in_place_of_the_declared_header_is_not_told() -> None:
    with pytest.raises(UnreadableFileError, match="it may be a record") as caught:
        Delimited(columns=("ssn", "name")).columns_in(b"123-45-6789,Mueller\n", file="x.csv")
    assert "Mueller" not in str(caught.value)


def test_optional_columns_may_be_absent_from_a_header_that_is_declared() -> None:
    fmt = Delimited(columns=("id", "name"), optional=("name", "ward"))
    for content in (b"id\n1\n", b"ward,id\nw,1\n", b"id,name,ward\n1,n,w\n"):
        assert "id" in fmt.columns_in(content, file="x")
    with pytest.raises(UnreadableFileError, match="not declared: town"):
        fmt.columns_in(b"id,town\n1,t\n", file="x")


def test_signs_of_a_dialect_differ() -> None:
    for fmt in ({"quote": ","}, {"escape": ","}, {"delimiter": "\n"}, {"delimiter": ""}, {"quote": "ab"}):
        with pytest.raises(ParameterError):
            Delimited(**fmt)  # type: ignore[arg-type]
