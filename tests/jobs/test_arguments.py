"""One command line for a terminal, spark-submit and Glue."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module

import pytest

from headgate.jobs import cli
from headgate.jobs.arguments import GLUE_ARGUMENTS, parse, parser
from headgate.jobs.exits import ArgumentsError

RUN = parser("headgate run", "Run.", "headgate run")


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        ([], "hospital"),
        (["x.yaml"], "x.yaml"),
        (["--pipeline", "x.yaml"], "x.yaml"),
        (["--JOB_NAME", "n", "--pipeline", "x.yaml", "--TempDir", "s3://b", "--mode", "x"], "x.yaml"),
        (["--conf", "a=b --conf c=d", "--enable-metrics", "x.yaml"], "hospital"),
        (["--enable-metrics", "--pipeline", "x.yaml"], "x.yaml"),
        (["--JOB_RUN_ID=jr_1", "x.yaml"], "x.yaml"),
    ],
)  # fmt: skip
def test_glue_gives_arguments_of_its_own(argv: list[str], expected: str) -> None:
    assert parse(RUN, argv).pipeline == expected


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (["--json"], True),
        (["--json", "true"], True),
        (["--json", "false"], False),
        ([], False),
        (["--json", ""], True),
    ],
)
def test_a_switch_may_be_given_as_glue_gives_it(argv: list[str], expected: bool) -> None:
    values = parse(RUN, [*argv, "--lake", "x"])
    assert (values.json, values.lake) == (expected, "x")


@pytest.mark.parametrize(
    ("argv", "argument", "nearest"),
    [
        (["--lak", "x"], "--lak", "--lake"),
        (["--run_id=3"], "--run_id", "--run-id"),
        (["--zzz"], "--zzz", "--help"),
    ],
)
def test_an_unknown_argument_is_refused_with_the_nearest_name(
    argv: list[str], argument: str, nearest: str
) -> None:
    with pytest.raises(ArgumentsError) as caught:
        parse(RUN, argv)
    assert (caught.value.argument, nearest in caught.value.fix) == (argument, True)


def test_abbreviations_are_off() -> None:
    with pytest.raises(ArgumentsError):
        parse(RUN, ["--land", "x"])


def test_a_wrong_value_is_one_line() -> None:
    with pytest.raises(ArgumentsError) as caught:
        parse(RUN, ["--parallel", "many"])
    assert "\n" not in str(caught.value)


def test_none_of_our_options_is_glues() -> None:
    ours = {option for action in RUN._actions for option in action.option_strings}
    assert ours & GLUE_ARGUMENTS == set()


@pytest.mark.parametrize("command", cli.COMMANDS)
def test_every_command_has_help_with_an_example(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main([command, "--help"])
    assert caught.value.code == 0
    told = capsys.readouterr().out
    assert f"example:\n  headgate {command}" in told
    assert import_module(cli.COMMANDS[command][0]).main.__doc__


def test_an_unknown_command_is_refused_with_the_nearest_name(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(["curat"])
    assert caught.value.code == 2
    assert capsys.readouterr().err == "headgate: curat: unknown command; did you mean 'curate'?\n"


def test_the_module_is_the_command_too() -> None:
    """Where the folder of a Python's programs is not on the path."""
    command = [sys.executable, "-m", "headgate.jobs.cli", "curat"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ended.returncode, "did you mean 'curate'?" in ended.stderr) == (2, True)


def test_help_names_every_command_and_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([]) == 0
    told = capsys.readouterr().out
    assert [command for command in cli.COMMANDS if f"\n  {command} " not in told] == []
    assert "3 refused by the gate" in told
