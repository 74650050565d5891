"""The command line: one parser for a terminal, spark-submit and Glue.

Glue gives every job arguments of its own beside the user's, always as ``--NAME value``; they are
accepted. Whatever else is unknown is refused with the nearest name. Abbreviations are off: Glue 5
would take them and Glue 6 would not.
"""

from __future__ import annotations

import argparse
import difflib
import re
import sys
from collections.abc import Sequence

from headgate.jobs.exits import ArgumentsError

__all__ = ["GLUE_ARGUMENTS", "parse", "parser"]

GLUE_ARGUMENTS = frozenset(
    f"--{name}"
    for name in """
    JOB_NAME JOB_ID JOB_RUN_ID SECURITY_CONFIGURATION TempDir job-bookmark-option job-bookmark-from
    job-bookmark-to job-language continuation-option encryption-type enable-data-lineage conf mode
    additional-python-modules python-modules-installer-option python-virtual-env
    python-virtual-env-storage-prefix extra-py-files extra-jars extra-files user-jars-first
    datalake-formats enable-auto-scaling enable-continuous-cloudwatch-log enable-continuous-log-filter
    enable-glue-datacatalog enable-job-insights enable-metrics enable-observability-metrics
    enable-rename-algorithm-v2 enable-s3-parquet-optimized-committer enable-spark-ui
    spark-event-logs-path customer-driver-env-vars customer-executor-env-vars executor-cores
    disable-proxy-v2 scriptLocation auto-scale-within-microbatch continuous-log-logGroup
    continuous-log-logStreamPrefix continuous-log-conversionPattern write-shuffle-files-to-s3
    write-shuffle-spills-to-s3 enable-lakeformation-fine-grained-access enable-internet-access
    """.split()  # noqa: SIM905
)
"""The special parameters of AWS Glue jobs (Glue documentation, "Using job parameters")."""

OPTIONS_AS_VALUES = frozenset({"--python-modules-installer-option"})
"""Those of them whose value is itself an option, of pip."""

SWITCHES = frozenset({"--data-docs", "--debug", "--infer", "--json", "--sole-writer", "--trust-code"})


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> None:  # type: ignore[override]
        raise ArgumentsError(argument=self.prog, reason=message, fix=f"see {self.prog} --help")


def parser(
    prog: str, description: str, example: str, *, pipeline: bool = True, runs: bool = True
) -> argparse.ArgumentParser:
    """A parser with the options that every job takes.

    Parameters
    ----------
    prog, description, example : str
        For ``--help``.
    pipeline : bool
        Whether the job works on a pipeline, in a lake.
    runs : bool
        Whether it runs any of it, and so has progress and results to tell.
    """
    made = _Parser(
        prog=prog,
        description=description,
        epilog=f"example:\n  {example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    if pipeline:
        made.add_argument(
            "pipeline",
            nargs="?",
            metavar="PIPELINE",
            help="a pipeline file, or the name of one that is shipped: hospital (the default), diabetes130",
        )
        made.add_argument("--pipeline", dest="pipeline_option", metavar="PIPELINE", help="the same, for Glue")
        made.add_argument("--lake", metavar="DIR", help="where the zones are: a folder or s3://bucket/prefix")
        made.add_argument(
            "--landing", metavar="DIR", help="where the source files are (default: DIR/landing)"
        )
        made.add_argument(
            "--set",
            dest="overrides",
            action="append",
            default=[],
            metavar="KEY=VALUE",
            help="override one key of the pipeline, such as exports.readmission.seed=2; may be repeated",
        )
        made.add_argument(
            "--trust-code",
            action="store_true",
            help="the pipeline's own steps (module:function) may run: you trust the code that it names",
        )
    if pipeline and runs:
        made.add_argument("--run-id", metavar="ID", help="the run's name (default: from the clock)")
        made.add_argument(
            "--parallel", type=int, default=4, metavar="N", help="datasets at a time (default: 4)"
        )
        made.add_argument(
            "--sole-writer",
            action="store_true",
            help="no other job writes this lake: take no lease on its tables (S3 only)",
        )
        made.add_argument(
            "--data-docs",
            action="store_true",
            help="write Great Expectations' Data Docs of all gates beside the report",
        )
        made.add_argument("--json", action="store_true", help="print the run's summary on standard output")
        made.add_argument(
            "--log-format", choices=("auto", "text", "json"), default="auto", help="of progress"
        )
    made.add_argument("--debug", action="store_true", help="show stack traces")
    return made


def parse(made: argparse.ArgumentParser, argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Parse `argv`; Glue's own arguments are passed over, anything else unknown is refused.

    Raises
    ------
    ArgumentsError
        With the nearest name that exists.

    Examples
    --------
    >>> made = parser("headgate run", "Run it all.", "headgate run")
    >>> parse(made, ["--lake", "x", "--JOB_NAME", "nightly", "--TempDir", "s3://b/t"]).lake
    'x'
    >>> parse(made, ["--lak", "x"])
    Traceback (most recent call last):
    headgate.jobs.exits.ArgumentsError: --lak: unknown argument; did you mean '--lake'?
    """
    given = _without_glue(list(sys.argv[1:] if argv is None else argv))
    for word in given:
        if re.search("[\x00\ud800-\udfff]", word):
            raise ArgumentsError(argument=word, reason="bytes that are no text", fix="write it as UTF-8")
    values, unknown = made.parse_known_args(given)
    if unknown:
        known = [option for action in made._actions for option in action.option_strings]
        name = next((word for word in unknown if word.startswith("-")), unknown[0]).split("=", 1)[0]
        near = difflib.get_close_matches(name, known, n=1)
        fix = f"did you mean '{near[0]}'?" if near else f"see {made.prog} --help"
        raise ArgumentsError(argument=name, reason="unknown argument", fix=fix)
    if "pipeline_option" in vars(values):
        values.pipeline = values.pipeline_option or values.pipeline or "hospital"
    return values


def _without_glue(argv: list[str]) -> list[str]:
    """`argv` less Glue's own arguments; a switch given Glue's way, ``--json true``, becomes a switch."""
    kept: list[str] = []
    rest = iter(argv)
    pending: str | None = None
    for word in rest:
        if pending in SWITCHES and word.lower() in ("true", "false", ""):
            if word.lower() == "false":
                kept.pop()
            pending = None
            continue
        if pending in OPTIONS_AS_VALUES or (pending in GLUE_ARGUMENTS and not word.startswith("--")):
            pending = None
            continue
        name = word.split("=", 1)[0]
        pending = name if "=" not in word and name in GLUE_ARGUMENTS | SWITCHES else None
        if name not in GLUE_ARGUMENTS:
            kept.append(word)
    return kept
