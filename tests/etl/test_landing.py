"""Landing files as the raw zone keeps them."""

from __future__ import annotations

import os
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

from headgate.etl.errors import InputError, InputMissingError
from headgate.etl.lake.files import Found
from headgate.etl.sources import survey
from headgate.etl.sources.formats.delimited import Delimited
from headgate.etl.sources.headers import raw_column_names
from headgate.etl.sources.landing import RAW_METADATA, changes_told, read_landing
from headgate.etl.sources.listing import hidden_files, landed_files
from headgate.etl.sources.survey import SourceFile

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)


def landed(spark: SparkSession, place: dict[str, Any]) -> list[Found]:
    return landed_files(spark, **{part: place[part] for part in ("dataset", "folder", "pattern")})


def survey_landing(spark: SparkSession, **place: Any) -> list[SourceFile]:
    """What is found, or raised, without a Spark job, which has to be what a job finds."""
    found: list[list[SourceFile] | InputError] = []
    for most in (survey.FEW, 0):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(survey, "FEW", most)
            try:
                found.append(survey.survey_landing(spark, landed(spark, place), **place))
            except InputError as error:
                found.append(error)
    few, by_job = found
    if isinstance(few, InputError) or isinstance(by_job, InputError):
        assert (type(few), str(few)) == (type(by_job), str(by_job))
        raise few  # type: ignore[misc]
    assert few == by_job
    return few


def read(spark: SparkSession, folder: Path, pattern: str, fmt: Delimited | None = None) -> DataFrame:
    place = {"dataset": "people", "folder": str(folder), "pattern": pattern, "fmt": fmt or Delimited()}
    files = survey_landing(spark, **place)
    return read_landing(spark, files, ingested_at=NOON, **place)  # type: ignore[arg-type]


def test_every_record_arrives_as_text_with_its_place(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("Patient ID,name\n1,Ada\n,\n3\n")
    rows = read(spark, tmp_path, "*.csv").orderBy("_row").collect()
    assert [(r["Patient_ID"], r["name"], r["_row"], r["_record"]) for r in rows] == [
        ("1", "Ada", 2, None),
        (None, None, 3, None),
        (None, None, 4, "3"),
    ]
    assert rows[2]["_unreadable"] == "the record has 1 fields, the header 2"
    assert {r["_file"] for r in rows} == {"a.csv"}
    assert rows[0]["_seq"] == "a.csv:000000000002"
    assert set(RAW_METADATA) - {"_run_id"} == {name for name in rows[0].asDict() if name.startswith("_")}


def test_a_file_name_may_hold_spaces_and_signs(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "a b+c%20é.csv").write_text("id\n1\n")
    assert [row["_file"] for row in read(spark, tmp_path, "a*.csv").collect()] == ["a b+c%20é.csv"]


def test_files_have_any_name_and_come_in_the_order_in_which_one_counts(
    spark: SparkSession, tmp_path: Path
) -> None:
    folder = tmp_path / "land [1]{2}"
    folder.mkdir()
    names = [
        "100%\n[x].csv",
        "e,f;g=h.csv",
        "ok!.csv",
        "v9.csv",
        "v10.csv",
        "v100.csv",
        "ü#1?.csv",
        "q'\"`.csv",
    ]
    for name in [*names, "_z.csv", ".y.csv", "_SUCCESS.csv.crc"]:
        (folder / name).write_text("id,amount,amount,,\n1,10,20,x,y\n")
    (folder / "_SUCCESS").touch()
    rows = read(spark, folder, "*").orderBy("_seq").collect()
    assert [row["_file"] for row in rows] == sorted(names, key=lambda name: (name[0], len(name), name))
    # Of columns with one name, or none, each has its own values.
    assert rows[0].asDict() | {
        "id": "1",
        "amount": "10",
        "amount_2": "20",
        "column_4": "x",
        "column_5": "y",
    } == (rows[0].asDict())
    assert hidden_files(
        landed_files(spark, dataset="d", folder=str(folder), pattern="*"), folder=str(folder)
    ) == [
        ".y.csv",
        "_SUCCESS.csv.crc",
        "_z.csv",
    ]
    with pytest.raises(InputMissingError, match="passed over"):
        read(spark, folder, "_*.csv")
    (folder / "co:lon.csv").write_text("id\n1\n")
    with pytest.raises(InputError, match=r"co:lon\.csv: .*':'"):
        read(spark, folder, "*")


def test_columns_are_matched_by_name_over_files(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,name\n1,Ada\n")
    (tmp_path / "b.csv").write_text("name,id,ward\nBob,2,W\n")
    fmt = Delimited(optional=("ward", "note"))
    rows = read(spark, tmp_path, "*.csv", fmt).orderBy("id").collect()
    assert [(r["id"], r["name"], r["ward"], r["note"]) for r in rows] == [
        ("1", "Ada", None, None),
        ("2", "Bob", "W", None),
    ]


def test_files_of_two_kinds_in_one_dataset_are_refused(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,name\n1,Ada\n")
    (tmp_path / "b.csv").write_text("id,town\n1,Rome\n")
    with pytest.raises(InputError) as caught:
        read(spark, tmp_path, "*.csv")
    assert (caught.value.file, caught.value.dataset) == ("b.csv", "people")
    assert "name, town" in caught.value.reason


def test_members_of_an_archive_are_files_of_their_own(spark: SparkSession, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as out:
        out.writestr("x/one.csv", "id\n1\n")
        out.writestr("x/two.csv", "id\n2\n")
        out.writestr("readme.txt", "no table")
    rows = read(spark, tmp_path, "all.zip", Delimited(member="*.csv")).orderBy("id").collect()
    assert [(r["id"], r["_file"]) for r in rows] == [("1", "all.zip!x/one.csv"), ("2", "all.zip!x/two.csv")]


def test_a_file_is_chosen_by_name_and_content(spark: SparkSession, tmp_path: Path) -> None:
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text("id\n1\n")
    place = {"dataset": "d", "folder": str(tmp_path), "pattern": "*.csv", "fmt": Delimited()}
    files = survey_landing(spark, **place)
    frame = read_landing(spark, files[1:], ingested_at=NOON, **place)  # type: ignore[arg-type]
    assert [row["_file"] for row in frame.collect()] == ["b.csv"]


def test_a_file_that_changes_after_it_was_surveyed_is_not_taken_for_it(
    spark: SparkSession, tmp_path: Path
) -> None:
    (tmp_path / "a.csv").write_text("id\n1\n")
    place = {"dataset": "d", "folder": str(tmp_path), "pattern": "*.csv", "fmt": Delimited()}
    files = survey_landing(spark, **place)
    (tmp_path / "a.csv").write_text("id\n2\n")
    frame = read_landing(spark, files, ingested_at=NOON, **place)  # type: ignore[arg-type]
    told = r"d: a.csv: the file changed while it was read; run this again"
    with pytest.raises(InputError, match=told), changes_told("d"):
        frame.collect()


def test_more_rows_than_one_batch_arrive_once_each(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "many.csv").write_text("n\n" + "".join(f"{n}\n" for n in range(45_001)))
    frame = read(spark, tmp_path, "many.csv")
    assert (frame.count(), frame.select("n").distinct().count()) == (45_001, 45_001)


@pytest.mark.parametrize(
    ("content", "row"),
    [(b"", None), (b"PK\x03\x04 not an archive", None), (b"id\n" + b"\xff\n" * 9, 2)],
    ids=["empty", "broken archive", "wrong encoding"],
)
def test_a_file_that_cannot_be_read_is_named(
    spark: SparkSession, tmp_path: Path, content: bytes, row: int | None
) -> None:
    (tmp_path / "bad.csv").write_bytes(content)
    with pytest.raises(InputError) as caught:
        read(spark, tmp_path, "*.csv")
    assert (caught.value.file, caught.value.row) == ("bad.csv", row)


def test_no_file_at_all_is_missing_input(spark: SparkSession, tmp_path: Path) -> None:
    with pytest.raises(InputMissingError) as caught:
        read(spark, tmp_path, "*.csv")
    assert caught.value.file.endswith("/*.csv")


def test_names_that_delta_cannot_hold_are_made_so() -> None:
    assert raw_column_names(["a b", "a=b", "A_B", "", "__x"]) == ["a_b", "a_b_2", "A_B_3", "column_4", "x"]


def test_what_has_no_size_is_not_opened(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id\n1\n")
    os.mkfifo(tmp_path / "b.csv")
    with pytest.raises(InputError, match=r"b\.csv.*the file is empty"):
        read(spark, tmp_path, "*.csv")
