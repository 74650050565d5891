"""Errors become one line and an exit code."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from etl.errors import EtlError, InputError, MissingColumnError
from etl.features import split_by_group
from etl.lake.ledger import ConservationError
from jobs.exits import ArgumentsError, RefusedError, guarded


def ending(
    error: BaseException, capsys: pytest.CaptureFixture[str], *, debug: bool = False
) -> tuple[object, str]:
    def job() -> None:
        raise error

    with pytest.raises(SystemExit) as caught:
        guarded(job, debug=debug)
    return caught.value.code, capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ArgumentsError(argument="--lake", reason="r", fix="f"), 2),
        (MissingColumnError(step="cast", column="a", columns=["b"]), 2),
        (RefusedError([("curate/patients", "too many")]), 3),
        (InputError(dataset="d", file="f.csv", reason="r", fix="x", row=3), 4),
        (ConservationError(dataset="d", read=3, accounted=2), 1),
        (EtlError("other"), 1),
        (ValueError("boom"), 1),
        (KeyboardInterrupt(), 130),
    ],
)
def test_each_kind_of_error_has_its_code_and_one_line(
    error: BaseException, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    got, said = ending(error, capsys)
    assert (got, said.count("\n"), said.startswith("headgate: ")) == (code, 1, True)
    assert "Traceback" not in said


def test_every_refusal_has_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    _, said = ending(RefusedError([("curate/a", "too many"), ("curate/b", "none")]), capsys)
    assert said.splitlines() == ["headgate: curate/a: too many", "headgate: curate/b: none"]


def test_debug_shows_where(capsys: pytest.CaptureFixture[str]) -> None:
    _, said = ending(ValueError("boom"), capsys, debug=True)
    assert "Traceback" in said


def test_a_full_disk_is_told_apart_however_deep_spark_hides_it(capsys: pytest.CaptureFixture[str]) -> None:
    error = RuntimeError("Job aborted")
    error.__cause__ = OSError("java.io.IOException: No space left on device")
    _, said = ending(error, capsys)
    assert "the disk is full" in said


def test_of_an_error_of_the_jvm_the_innermost_cause_is_told(
    spark: SparkSession, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = spark.createDataFrame([("ann",), (None,)], "patient string")
    split = split_by_group(group="patient", fractions={"train": 1.0}, seed=7)
    with pytest.raises(SystemExit) as caught:
        guarded(lambda: rows.transform(split).write.format("delta").save(str(tmp_path / "split")))
    (said,) = capsys.readouterr().err.splitlines()
    assert (caught.value.code, said.endswith(" (--debug shows where)")) == (1, True)
    assert "split_by_group: 'patient' is null in a row; remove such rows by a named rule" in said


def test_success_is_zero() -> None:
    assert guarded(lambda: None) == 0
