"""JSON lines, from bytes to records: every value as it stands in the file, or its line told as unreadable."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyspark.sql import SparkSession

from headgate.etl.errors import InputError
from headgate.etl.sources import Files
from headgate.etl.sources.formats import JsonLines, UnreadableFileError
from headgate.etl.sources.headers import raw_column_names
from tests.etl.test_landing import NOON

FORM = JsonLines()

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
keys = st.sampled_from(["id", "a b", "Größe", "x.y", "k'\"`", "z\n", "u\u2028v"])
objects = st.lists(st.dictionaries(keys, values, min_size=1, max_size=5), min_size=1, max_size=5)


def as_text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value)


@settings(max_examples=300, deadline=None)
@given(objects, st.booleans(), st.sampled_from(["\n", "\r\n", "\n\n", " \t\n"]))
def test_what_json_writes_is_read_to_the_letter(rows, ascii_only: bool, end: str) -> None:
    content = "".join(json.dumps(row, ensure_ascii=ascii_only) + end for row in rows).encode()
    names = FORM.columns_in(content, file="x")
    assert set(names) == {key for row in rows for key in row}
    found = list(FORM.records(content, file="x"))
    assert [record.error for record in found] == [None] * len(rows)
    for row, record in zip(rows, found, strict=True):
        read = dict(zip(names, record.fields, strict=True))
        for name in names:
            value, text = row.get(name), read[name]
            if isinstance(value, list | dict):
                assert json.loads(text or "") == value
            else:
                assert text == as_text(value)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{"id": 1', "Expecting ',' or '}' (column 9)"),
        ('{"id": 1} {"id": 2}', "Text follows the object (column 11)"),
        ('{"id": 1,}', "Expecting '\"' (column 10)"),
        ('{"id": 1, "id": 2}', "a key stands twice"),
        ('{"id": NaN}', "NaN is no value of JSON"),
        ("{'id': 1}", "Expecting '\"' (column 2)"),
        ('["id"]', "Expecting '{' (column 1)"),
        ("7", "Expecting '{' (column 1)"),
        ('{"id": "\\ud83d"}', "a text holds half of a pair of surrogates"),
        ('{"id": "a\tb"}', "Invalid control character at (column 10)"),
        ('{"id": ' + "[" * 100_000, "it is nested too deeply"),
        ('{"id": 1}\r{"id": 2}', "Text follows the object (column 11)"),
    ],
)
def test_a_line_that_is_no_object_is_told_with_its_text_and_takes_no_other_with_it(line, said) -> None:
    content = f'{{"id": 0}}\n{line}\n{{"id": 9}}\n'.encode()
    first, second, third = FORM.records(content, file="x")
    assert (first.fields, third.fields) == (["0"], ["9"])
    assert (second.line, second.fields, second.text, second.error) == (2, [], line, said)


def test_bytes_of_another_encoding_spoil_their_own_line() -> None:
    content = b'{"id": "ok"}\n' * 200 + b'{"id": "caf\xe9"}\n'
    *_, last = FORM.records(content, file="x")
    assert (last.line, last.text, last.error) == (201, '{"id": "caf\\xe9"}', "the record is not utf-8")
    with pytest.raises(UnreadableFileError, match="is not utf-8"):
        FORM.columns_in(b'{"id": "caf\xe9"}\n' * 9, file="x")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'[{"id": 1},\n {"id": 2}]\n', "no line of it is a JSON object"),
        (b'{\n  "id": 1\n}\n', "no line of it is a JSON object"),
        (b"id,name\n1,Ada\n", "no line of it is a JSON object"),
        (b"{}\n{}\n", "no keys"),
        (b'{"a b": 1}\n{"a_b": 2}\n', 'the keys "a b" and "a_b" would be one column'),
        (b'{"Id": 1, "id": 2}\n', 'the keys "Id" and "id" would be one column'),
        (b'{"": 1}\n', 'the key "" can name no column'),
        (b'{"__": 1}\n', 'the key "__" can name no column'),
    ],
)
def test_a_file_that_cannot_be_a_table_is_refused_with_its_reason(content: bytes, said: str) -> None:
    with pytest.raises(UnreadableFileError, match=said.replace("(", r"\(")) as caught:
        FORM.columns_in(content, file="x.jsonl")
    assert "column_1" in raw_column_names([""])
    assert caught.value.fix


def test_a_key_that_a_file_lacks_is_judged_as_a_column_is(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"id": 1, "town": ""}\n{"id": 2.50, "of": {"a": [1]}}\nx\n')
    (tmp_path / "b.jsonl").write_text('{"id": "3", "of": null}\n')
    files = Files(dataset="d", folder=str(tmp_path), pattern="*.jsonl", form=JsonLines())
    with pytest.raises(InputError, match=r"b\.jsonl.*no record of it has 'town'"):
        files.read(spark, since=None, at=NOON)
    files = Files(dataset="d", folder=str(tmp_path), pattern="*.jsonl", form=JsonLines(optional=("town",)))
    batch = files.read(spark, since=None, at=NOON)
    assert batch is not None
    rows = batch.df.orderBy("_seq").collect()
    assert [(row.id, row.town, row.of, row._record) for row in rows] == [
        ("1", "", None, None),
        ("2.50", None, '{"a": [1]}', None),
        (None, None, None, "x"),
        ("3", None, None, None),
    ]
    assert files.read(spark, since=batch.offsets, at=NOON) is None
    (tmp_path / "b.jsonl").write_text('{"id": "4", "of": null}\n')
    again = files.read(spark, since=batch.offsets, at=NOON)
    assert again is not None
    assert [row.id for row in again.df.collect()] == ["4"]
    assert again.details["delivered_again"] == ["b.jsonl"]
