"""Errors become one line and an exit code."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from headgate.etl.errors import REFUSED_BY_DATA, EtlError, InputError, MissingColumnError
from headgate.etl.features import split_by_group
from headgate.etl.lake.ledger import ConservationError
from headgate.etl.lake.tables import ConflictError
from headgate.jobs.cli import main
from headgate.jobs.codes import MEANINGS, Exit
from headgate.jobs.exits import ArgumentsError, RefusedError, guarded
from headgate.jobs.interrupt import TerminatedError

JAVA = "An error occurred while calling o7.save.\n: org.apache.spark.SparkException: Job aborted\n\tat x\n"

ROOT = Path(__file__).parents[2]

THEIRS = {
    1: [
        "Answer from Java side is empty",
        "Py4JError: An error occurred while calling o213.load",
        "An error occurred while trying to connect: Py4JNetworkError",
    ],
    2: [
        "Illegal file pattern: Unclosed group near index 1",
        "java.net.URISyntaxException: Expected scheme-specific part at index 3: co:",
        "'utf-8' codec can't encode character '\\udcff' in position 3: surrogates not allowed",
    ],
    3: [
        f"{JAVA}Caused by: java.lang.RuntimeException: {REFUSED_BY_DATA} split: 'a' is null; drop it\n\tat y"
    ],
    4: [
        f"{JAVA}Caused by: java.io.FileNotFoundException: File file:/in/a.csv does not exist\n\tat y",
        f"{JAVA}Caused by: com.fasterxml.MismatchedInputException: No content to map due to end-of-input",
        "Traceback (most recent call last):\n  File x\n_lzma.LZMAError: Corrupt input data\n",
    ],
    5: [
        f"{JAVA}Caused by: io.delta.exceptions.ConcurrentAppendException: [DELTA_CONCURRENT_APPEND] x",
        "[DELTA_PROTOCOL_CHANGED] ProtocolChangedException: The protocol version of the table has changed",
    ],
}
"""What others say, by the code that it must end with."""


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
        (TerminatedError(), 143),
        (ConflictError(table="t", expected=1, found=2), 5),
        *((RuntimeError(text), code) for code, texts in THEIRS.items() for text in texts),
    ],
)
def test_each_kind_of_error_has_its_code_and_one_line(
    error: BaseException, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    got, said = ending(error, capsys)
    assert (got, said.count("\n"), said.startswith("headgate: ")) == (code, 1, True)
    assert "Traceback" not in said


def test_a_reader_who_has_enough_is_no_error() -> None:
    command = f"{sys.executable} -m headgate.jobs.cli schema | head -c 1 >/dev/null; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_pipe_that_broke_elsewhere_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    """Standard output is here no file at all, as in a notebook."""
    code, said = ending(BrokenPipeError("of Java"), capsys)
    assert (code, said.count("\n")) == (1, 1)


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


OF_VALUES = (
    "from_utc_timestamp(t, town)",
    "convert_timezone(town, 'UTC', cast(t as timestamp_ntz))",
    "make_timestamp(2020, 1, 1, 1, 1, 1, town)",
    "decode(cast(town as binary), town)",
    "encode(town, town)",
    "regexp_replace(town, '(', 'x')",
    "town rlike concat('(', town)",
    "to_date(town, 'QQQQ')",
    "date_format(t, 'YYYY')",
    "map(town, 1, town, 2)",
    "element_at(array(town), 0)",
)
"""Functions that cannot take their arguments; what Spark finds before it runs ends with 2."""


def test_functions_that_cannot_take_a_value_refuse_the_job_and_do_not_tell_it(
    spark: SparkSession, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = spark.createDataFrame([("SECRETTOWN",)], "town string")
    rows = rows.withColumn("t", F.lit("2020-01-01 10:00:00").cast("timestamp"))
    told = {}
    for text in OF_VALUES:
        try:
            guarded(lambda text=text: rows.select(F.expr(text)).collect())  # type: ignore[misc]
        except SystemExit as ended:
            told[text] = ended.code
        said = capsys.readouterr().err
        assert "SECRETTOWN" not in said, said
        assert said.count("\n") <= 1, said
    assert {text: told.get(text) for text in OF_VALUES if told.get(text) not in (2, 3)} == {}


def test_a_row_that_none_may_have_refuses_the_job(
    spark: SparkSession, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = spark.createDataFrame([("ann",), (None,)], "patient string")
    split = split_by_group(group="patient", fractions={"train": 1.0}, seed=7)
    with pytest.raises(SystemExit) as caught:
        guarded(lambda: rows.transform(split).write.format("delta").save(str(tmp_path / "split")))
    (said,) = capsys.readouterr().err.splitlines()
    assert caught.value.code == 3
    assert said.endswith(
        "split_by_group: 'patient' is null in a row; remove such rows by a named rule (drop_rows) before"
    )


VALUES = [
    '[CAST_INVALID_INPUT] The value \'M4RK\' of the type "STRING" cannot be cast to "INT"',
    f'{JAVA}Caused by: java.lang.NumberFormatException: For input string: "M4RK"\n\tat y',
    "Traceback (most recent call last):\n  File\nValueError: invalid literal for int() with base 10: 'M4RK'",
    "Text 'M4RK' could not be parsed at index 0",
    "[DELTA_VIOLATE_CONSTRAINT_WITH_VALUES] CHECK constraint x violated by row with values:\n - a : M4RK",
    "[MALFORMED_RECORD_IN_PARSING.WITHOUT_SUGGESTION] Malformed records: [1,M4RK].",
    f"{JAVA}: org.apache.spark.SparkException: Malformed records are detected in schema inference.\n\tat y\n"
    'Caused by: com.fasterxml.jackson.JsonEOFException: Unexpected end: "M4RK"',
    "[DUPLICATED_MAP_KEY] Duplicate map key M4RK was found",
]


def test_no_value_of_the_data_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    for text in VALUES:
        _, said = ending(RuntimeError(text), capsys)
        assert (said.count("\n"), "M4RK" in said) == (1, False), said


def test_an_error_cannot_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    error = InputError(dataset="d", file="a\x1b[2J\u202e[/red].csv", reason="r", fix="x")
    _, said = ending(error, capsys)
    assert said == "headgate: d: a\\x1b[2J\\u202e[/red].csv: r; x\n"


def test_sigterm_ends_a_job_in_order(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        guarded(lambda: os.kill(os.getpid(), signal.SIGTERM))
    assert caught.value.code == 143
    assert capsys.readouterr().err.startswith("headgate: ended by SIGTERM: nothing was half-written")


def test_help_and_the_page_of_exit_codes_tell_every_code(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--help"])
    told = " ".join(capsys.readouterr().out.split())
    page = Path("docs/exit-codes.md").read_text(encoding="utf-8")
    assert list(MEANINGS) == list(Exit)
    for code, meaning in MEANINGS.items():
        assert f"{code} {meaning}" in told
        assert f"| {int(code)} | {meaning}" in page


def test_success_is_zero() -> None:
    assert guarded(lambda: None) == 0
