"""Bad input gets one line and its own exit code, and nothing is half-written."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from headgate.jobs import run as run_job
from tests.jobs.visits import PIPELINE, ROWS, lay_out

Ending = tuple[object, list[str]]
Ender = Callable[..., Ending]


@pytest.fixture
def ending(spark: SparkSession, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Ender:
    """Run the job below `tmp_path`; its exit code and what it said of the error are given back."""

    def end(*arguments: str) -> Ending:
        pipeline = str(tmp_path / "pipeline.yaml")
        given = [
            pipeline,
            "--lake",
            str(tmp_path / "lake"),
            "--landing",
            str(tmp_path / "landing"),
            *arguments,
        ]
        with pytest.raises(SystemExit) as caught:
            run_job.main([*given, "--log-format", "text"])
        said = capsys.readouterr().err
        assert "Traceback" not in said
        return caught.value.code, [line for line in said.splitlines() if line.startswith("headgate: ")]

    return end


def landing(folder: Path) -> Path:
    return folder / "landing" / "visits.csv"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "there is no such file"),
        (b"", "the file is empty"),
        (b"Visit,Person,Town,Cost\n" + b"1,p,Z\xfcrich,3\n" * 9, "visits.csv:2: byte 0xfc is not utf-8"),
        (b"PK\x03\x04 no archive at all", "not a readable zip archive"),
    ],
    ids=["missing", "empty", "wrong encoding", "broken zip"],
)
def test_unreadable_input_ends_with_4_and_writes_nothing(
    tmp_path: Path, ending: Ender, content: bytes | None, said: str
) -> None:
    lay_out(tmp_path)
    landing(tmp_path).unlink() if content is None else landing(tmp_path).write_bytes(content)
    code, lines = ending()
    assert (code, len(lines), said in lines[0]) == (4, 1, True), lines
    assert not any((tmp_path / "lake" / zone).exists() for zone in ("raw", "curated", "star", "export"))


def test_a_header_that_does_not_match_is_named_with_what_differs(tmp_path: Path, ending: Ender) -> None:
    columns = "source: {files: 'visits*.csv', columns: [Visit, Person, Town, Price]}"
    lay_out(tmp_path, pipeline=PIPELINE.replace('source: {files: "visits*.csv"}', columns))
    code, lines = ending()
    assert code == 4
    assert "visits.csv:1: the header does not match (missing: Price; not declared: Cost)" in lines[0]


def test_every_dataset_whose_files_cannot_be_read_has_a_line(tmp_path: Path, ending: Ender) -> None:
    """And those that can be read are curated; what builds on all of them is not built."""
    others = "".join(
        f'  other{n}:\n    source: {{files: "other{n}*.csv"}}\n    suite: suites/visits.json\n'
        for n in (1, 2)
    )
    lay_out(tmp_path, pipeline=PIPELINE.replace("star:", others + "star:", 1))
    code, lines = ending()
    assert (code, len(lines)) == (4, 2)
    assert all(f"other{n}: " in line and "no such file" in line for n, line in enumerate(lines, start=1))
    made = {zone.name: sorted(part.name for part in zone.iterdir()) for zone in (tmp_path / "lake").iterdir()}
    assert (made["raw"], made["curated"], "star" in made) == (["visits"], ["visits"], False)


def test_a_column_that_a_step_names_and_the_data_lacks(tmp_path: Path, ending: Ender) -> None:
    lay_out(tmp_path, pipeline=PIPELINE.replace("cost: double", "costs: double"))
    code, lines = ending()
    assert code == 2
    assert "there is no column 'costs' at this point; did you mean 'cost'?" in lines[0]
    assert not (tmp_path / "lake").exists()


def test_every_problem_of_a_pipeline_file_is_told_before_spark_starts(tmp_path: Path, ending: Ender) -> None:
    text = PIPELINE.replace("tolerance:", "tolerence:").replace(
        "drop_exact_duplicates", "drop_exact_duplicate"
    )
    lay_out(tmp_path, pipeline=text)
    code, lines = ending()
    assert (code, len(lines)) == (2, 2)
    assert all("pipeline.yaml:" in line and "did you mean" in line for line in lines), lines
    assert not (tmp_path / "lake").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--set", "datasets.visits.tolerance=high"], "tolerance"),
        (["--set", "datasets.visit.tolerance=1"], "visits"),
        (["--run-id", "../x"], "--run-id"),
        (["--parallell", "2"], "--parallel"),
    ],
)
def test_bad_arguments_end_with_2(tmp_path: Path, ending: Ender, arguments: list[str], said: str) -> None:
    lay_out(tmp_path)
    code, lines = ending(*arguments)
    assert (code, said in " ".join(lines)) == (2, True), lines


@pytest.mark.parametrize(
    ("written", "instead", "said"),
    [
        ('"cost"', '"costs"', ["the data has no column 'costs'; did you mean 'cost'?"]),
        (
            '"visit"',
            '"visti"',
            ["no column 'visti'; did you mean 'visit'? name one of: visit, person", "no column 'visti'"],
        ),
        ("to_be_between", "to_be_betwene", ["there is no expectation type"]),
        ("min_value", "minimum", ["there is no 'minimum' here"]),
        ('"min_value": 0', '"min_value": {"$PARAMETER": "least"}', ["the parameter 'least' has no value"]),
    ],
    ids=["a missing column", "twice", "an unknown type", "an unknown parameter", "a parameter without value"],
)
def test_a_suite_that_does_not_fit_is_refused_before_anything_is_staged(
    tmp_path: Path, ending: Ender, written: str, instead: str, said: list[str]
) -> None:
    lay_out(tmp_path)
    suite = tmp_path / "suites" / "visits.json"
    suite.write_text(suite.read_text().replace(written, instead))
    code, lines = ending()
    assert (code, len(lines)) == (2, len(said)), lines
    for line, part in zip(lines, said, strict=True):
        assert f"{suite}:1: $.expectations[" in line
        assert part in line
    assert not any((tmp_path / "lake" / zone).exists() for zone in ("staging", "curated", "quarantine"))


def test_an_empty_batch_is_refused_unless_allowed_by_name(tmp_path: Path, ending: Ender) -> None:
    lay_out(tmp_path, rows=ROWS[:1])
    code, lines = ending()
    assert (code, "no rows came" in lines[0]) == (3, True), lines


def test_ragged_rows_are_quarantined_not_dropped(spark: SparkSession, tmp_path: Path, ending: Ender) -> None:
    lay_out(tmp_path, rows=[*ROWS, "1,2", "a,b,c,d,e"])
    ending("--set", "datasets.visits.tolerance=0")
    raw = spark.read.format("delta").load(str(tmp_path / "lake/raw/visits"))
    assert [row["_record"] for row in raw.where("_unreadable is not null").orderBy("_row").collect()] == [
        "7,p4,Rome",
        "1,2",
        "a,b,c,d,e",
    ]


def test_a_password_comes_from_the_environment_and_is_never_told(
    tmp_path: Path, ending: Ender, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    source = 'source: {files: "visits.zip", password: "${secret:env:VISITS_ZIP}"}'
    pipeline = lay_out(tmp_path, pipeline=PIPELINE.replace('source: {files: "visits*.csv"}', source))
    landing(tmp_path).unlink()
    with zipfile.ZipFile(tmp_path / "landing" / "visits.zip", "w") as out:
        out.writestr("visits.csv", "\n".join(ROWS))
    code, lines = ending()
    assert (code, "VISITS_ZIP" in lines[0]) == (2, True), lines
    monkeypatch.setenv("VISITS_ZIP", "hunter2")
    run_job.main(
        [
            str(pipeline),
            f"--lake={tmp_path / 'lake'}",
            f"--landing={tmp_path / 'landing'}",
            "--json",
            "--log-format=json",
        ]
    )
    told = capsys.readouterr()
    written = b"".join(file.read_bytes() for file in (tmp_path / "lake").rglob("*") if file.is_file())
    assert b"hunter2" not in written + (told.out + told.err).encode()
    assert b"visits.zip!visits.csv" in written


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Path:
    """A file system of its own with hardly any room."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("mounting a small file system needs root")
    return disk


def test_a_full_disk_is_one_line_and_the_next_run_goes_on(
    spark: SparkSession, tmp_path: Path, tiny_disk: Path, ending: Ender
) -> None:
    lay_out(tmp_path)
    (tmp_path / "lake").symlink_to(tiny_disk)
    try:
        code, lines = ending()
        assert (code, len(lines), "the disk is full" in lines[0]) == (1, 1, True), lines
        subprocess.run(["mount", "-o", "remount,size=64m", str(tiny_disk)], check=True)
        run_job.main(
            [
                str(tmp_path / "pipeline.yaml"),
                "--lake",
                str(tmp_path / "lake"),
                "--landing",
                str(tmp_path / "landing"),
            ]
        )
        assert spark.read.format("delta").load(str(tmp_path / "lake/curated/visits")).count() == 33
    finally:
        subprocess.run(["umount", "-l", str(tiny_disk)], check=True)


@pytest.mark.real
def test_ctrl_c_ends_with_130_and_the_next_run_finishes(tmp_path: Path) -> None:
    """A process of its own, interrupted as a terminal does it while Spark works."""
    lay_out(tmp_path)
    command = [sys.executable, "-m", "headgate.jobs.run", str(tmp_path / "pipeline.yaml")]
    command += [
        "--lake",
        str(tmp_path / "lake"),
        "--landing",
        str(tmp_path / "landing"),
        "--log-format",
        "text",
    ]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True)
    assert process.stderr is not None
    said = []
    for line in process.stderr:
        said.append(line)
        if line.startswith("curate:"):
            os.killpg(process.pid, 2)
            break
    said += process.stderr.readlines()
    assert process.wait(timeout=120) == 130, said
    assert [line for line in said if line.startswith("headgate: interrupted")], said
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    assert "done in" in done.stderr
