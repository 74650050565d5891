"""The ``headgate`` command: one name for every job."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Sequence
from importlib import import_module, metadata
from textwrap import fill

from headgate.jobs.codes import MEANINGS, Exit
from headgate.quality.oneline import shown

__all__ = ["COMMANDS", "main"]

COMMANDS = {
    "run": ("headgate.jobs.run", "the whole way: ingest, curate, star, export, train, report"),
    "ingest": ("headgate.jobs.ingest", "landing files to the raw zone"),
    "curate": ("headgate.jobs.curate", "raw to curated, through the gate"),
    "star": ("headgate.jobs.star", "curated to the star schema, through the gate"),
    "export": ("headgate.jobs.export", "star to training sets"),
    "train": ("headgate.jobs.train", "a training set to a baseline model"),
    "quarantine": ("headgate.jobs.quarantine", "which rows were rejected, and why"),
    "replay": ("headgate.jobs.replay", "run rows in quarantine again, after a rule or the code was mended"),
    "check": ("headgate.jobs.check", "is a pipeline file right? Without Spark"),
    "validate": ("headgate.jobs.validate", "a suite against a table or files, without pipeline or lake"),
    "schema": ("headgate.jobs.schema", "the JSON Schema of pipeline files, for editors"),
    "simulate": ("headgate.jobs.simulate.job", "the landing files of a made-up hospital"),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Hand the rest of the command line to the job that its first word names.

    Only that job is imported: ``headgate --help`` must not pay for Spark.
    """
    given = list(sys.argv[1:] if argv is None else argv)
    name = given[0] if given else "--help"
    if name in ("-h", "--help"):
        width = max(map(len, COMMANDS))
        print(
            "usage: headgate COMMAND [arguments]\n\n"
            "Raw data in a lake to gated Delta tables, a star, training sets.\n"
        )
        for command, (_, what) in COMMANDS.items():
            print(f"  {command:<{width}}  {what}")
        print(
            "\nexample:\n  headgate run hospital --lake ./lake\n\nheadgate COMMAND --help tells the rest.\n"
            + fill(
                "exit codes: " + ", ".join(f"{code} {meaning}" for code, meaning in MEANINGS.items()),
                width=96,
                subsequent_indent="            ",
            )
        )
        return 0
    if name == "--version":
        print(f"headgate {metadata.version('headgate')}")
        return 0
    if name not in COMMANDS:
        near = difflib.get_close_matches(name, COMMANDS, n=1)
        fix = f"did you mean '{near[0]}'?" if near else f"use one of {', '.join(COMMANDS)}"
        print(f"headgate: {shown(name)}: unknown command; {fix}", file=sys.stderr)
        raise SystemExit(int(Exit.BAD_ARGUMENTS))
    job = import_module(COMMANDS[name][0])
    code: int = job.main(given[1:])
    return code


if __name__ == "__main__":
    sys.exit(main())
