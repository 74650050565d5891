"""``headgate validate``: what it reads, what it says, and how it ends."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from headgate.jobs import validate as job
from tests.quality.suites import rule

Ended = tuple[object, str, str]
Ender = Callable[..., Ended]

ROWS = [(1, "Rome", 1.5), (2, "Oslo", 7.0), (3, None, 8.25)]
SCHEMA = "visit int, town string, cost double"
CSV = "visit,town,cost\n1,Rome,1.5\n2,Oslo,7.0\n3,,8.25\n"


@pytest.fixture
def end(spark: SparkSession, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Ender:
    """Validate data with a suite; exit code, standard output and standard error are given back."""

    def ending(data: Path | str | list[Path], expectations: list[dict[str, Any]], *arguments: str) -> Ended:
        suite = tmp_path / "suite.json"
        suite.write_text(json.dumps({"name": "visits", "expectations": expectations}))
        capsys.readouterr()
        try:
            named = map(str, data if isinstance(data, list) else [data])
            code: object = job.main([*named, "--suite", str(suite), *arguments])
        except SystemExit as exit:
            code = exit.code
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        return code, said.out, said.err

    return ending


@pytest.fixture
def csv(tmp_path: Path) -> Path:
    path = tmp_path / "visits.csv"
    path.write_text(CSV)
    return path


def lines(said: str) -> list[str]:
    return [line for line in said.splitlines() if line.startswith("headgate: ")]


HOLDS = [rule("column_values_to_be_unique", column="visit"), rule("table_row_count_to_equal", value=3)]


@pytest.mark.parametrize("kind", ["delta", "parquet", "json", "csv", "json.gz"])
def test_a_table_and_files_of_each_kind_are_read(
    spark: SparkSession, tmp_path: Path, end: Ender, kind: str
) -> None:
    name, _, compressed = kind.partition(".")
    writer = spark.createDataFrame(ROWS, SCHEMA).coalesce(1).write.format(name)
    if name == "csv":
        writer = writer.option("header", True)
    if compressed:
        writer = writer.option("compression", "gzip")
    writer.save(str(tmp_path / "visits"))
    data = tmp_path / "visits" if kind == "delta" else f"{tmp_path}/visits/*.{kind}"
    code, out, said = end(data, HOLDS)
    assert (code, out, lines(said)) == (0, "", [])
    assert "2 of 2 expectations hold · 3 rows" in said


def test_a_critical_failure_ends_with_3_and_is_told_to_people_and_machines(
    tmp_path: Path, end: Ender, csv: Path
) -> None:
    town = rule("column_values_to_not_be_null", column="town")
    code, out, said = end(csv, [*HOLDS, town], "--json", "--out", str(tmp_path / "deep" / "report.json"))
    assert code == 3
    assert lines(said) == [f"headgate: {csv}: expect_column_values_to_not_be_null on town fails"]
    assert "2 of 3 expectations hold · 3 rows" in said
    assert "1 unexpected" in said
    document = json.loads(out)
    assert document == json.loads((tmp_path / "deep" / "report.json").read_text())
    assert [result["success"] for result in document["results"]] == [True, True, False]
    assert document["suite_name"] == "visits"


def test_a_warning_is_shown_and_refuses_nothing(end: Ender, csv: Path) -> None:
    town = rule("column_values_to_not_be_null", column="town", severity="warning")
    code, _, said = end(csv, [*HOLDS, town])
    assert code == 0
    assert "2 of 3 expectations hold" in said


def test_an_answer_that_cannot_be_believed_ends_with_3(end: Ender, csv: Path) -> None:
    code, out, said = end(
        csv, [rule("column_values_to_be_in_set", column="town", value_set=["Rome", None])], "--json"
    )
    assert (code, json.loads(out)["success"]) == (3, True)
    assert "Great Expectations cannot be believed here" in lines(said)[0]


@pytest.mark.parametrize(("options", "type_"), [([], "StringType"), (["--infer"], "DoubleType")])
def test_values_of_csv_files_are_text_unless_told_otherwise(
    end: Ender, csv: Path, options: list[str], type_: str
) -> None:
    assert end(csv, [rule("column_values_to_be_of_type", column="cost", type_=type_)], *options)[0] == 0


def test_a_field_of_a_csv_file_may_hold_quotes_and_line_breaks(tmp_path: Path, end: Ender) -> None:
    path = tmp_path / "quoted.csv"
    path.write_text('visit,town\n1,"a ""b"",\nc"\n')
    known = rule("column_values_to_be_in_set", column="town", value_set=['a "b",\nc'])
    assert end(path, [known, rule("table_row_count_to_equal", value=1)])[0] == 0


def test_parameters_have_types(end: Ender, csv: Path) -> None:
    rows = [rule("table_row_count_to_equal", value={"$PARAMETER": "rows"})]
    town = rule("column_values_to_be_in_set", column="town", value_set={"$PARAMETER": "towns"})
    given = ("--param", "rows=3", "--param", 'towns=["Rome", "Oslo"]')
    assert end(csv, [*rows, town], *given)[0] == 0
    assert end(csv, rows, "--param", "rows=4")[0] == 3


@pytest.mark.parametrize(
    ("expectation", "options", "said"),
    [
        (rule("column_values_to_be_uniq", column="visit"), [], "there is no expectation type"),
        (rule("column_values_to_be_unique", column="visti"), [], "did you mean 'visit'?"),
        (
            rule("table_row_count_to_equal", value={"$PARAMETER": "rows"}),
            [],
            "the parameter 'rows' has no value",
        ),
        (HOLDS[0], ["--param", "rows"], "write NAME=VALUE"),
        (HOLDS[0], ["--result-format", "ALL"], "invalid choice: 'ALL'"),
        (HOLDS[0], ["--suit", "x"], "did you mean '--suite'?"),
    ],
)
def test_a_suite_or_an_argument_that_is_wrong_ends_with_2(
    end: Ender, csv: Path, expectation: dict[str, Any], options: list[str], said: str
) -> None:
    code, _, told = end(csv, [expectation], *options)
    assert (code, len(lines(told)), said in told) == (2, 1, True), told


def test_a_suite_that_is_not_there_ends_with_2(
    csv: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        job.main([str(csv), "--suite", str(tmp_path / "no.json")])
    assert (caught.value.code, "no.json" in capsys.readouterr().err) == (2, True)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("none.csv", None, "there is no such file"),
        ("visits", None, "it is no Delta table, and its name does not end"),
        ("short.csv", "visit,town\n1,Rome\n2\n", "alformed"),
        ("long.csv", "visit,town\n1,Rome\n2,Oslo,3\n", "alformed"),
        ("broken.json", '{"visit": 1}\n{"visit": \n', "alformed"),
        ("no.parquet", "visit,town\n", "parquet"),
    ],
)
def test_data_that_is_missing_or_unreadable_ends_with_4(
    tmp_path: Path, end: Ender, name: str, content: str | None, said: str
) -> None:
    if content is not None:
        (tmp_path / name).write_text(content)
    code, _, told = end(tmp_path / name, HOLDS)
    assert (code, len(lines(told)), said in told) == (4, 1, True), told


def test_data_is_named_by_an_option_where_there_are_only_options(end: Ender, csv: Path) -> None:
    assert end([], HOLDS, "--data", str(csv))[0] == 0
    code, _, said = end([], HOLDS)
    assert (code, "there is nothing to validate" in said) == (2, True)


def test_files_with_different_headers_are_no_one_table(tmp_path: Path, end: Ender) -> None:
    (tmp_path / "a.csv").write_text("visit,town\n1,Rome\n")
    (tmp_path / "b.csv").write_text("town,visit\nOslo,2\n")
    code, _, said = end(f"{tmp_path}/*.csv", [rule("column_values_to_be_unique", column="visit")])
    assert (code, len(lines(said))) == (4, 1), said


def test_files_of_two_kinds_are_no_one_table(tmp_path: Path, end: Ender, csv: Path) -> None:
    code, _, said = end([csv, tmp_path / "b.parquet"], HOLDS)
    assert (code, "these are of several kinds (csv, parquet)" in said) == (4, True)


def test_data_docs_are_written_where_they_are_asked_for(tmp_path: Path, end: Ender, csv: Path) -> None:
    code, _, said = end(csv, HOLDS, "--docs", str(tmp_path / "docs"))
    assert code == 0
    assert f"Data Docs: {tmp_path / 'docs' / 'index.html'}" in said
    (page,) = (tmp_path / "docs" / "validations").rglob("*.html")
    assert "values must be unique" in page.read_text()
