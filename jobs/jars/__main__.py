"""Print the paths of locked jars, as ``--jars`` takes them: ``python -m headgate.jobs.jars delta s3``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from headgate.jobs.jars import GROUPS, JarsError, spark_jars


def main(arguments: Sequence[str] | None = None) -> int:
    """Fetch the jars of some groups and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m headgate.jobs.jars", description="Fetch locked jars.")
    parser.add_argument("groups", nargs="+", choices=GROUPS, metavar="GROUP", help=", ".join(GROUPS))
    parser.add_argument("--out", type=Path, help="a file to write the paths to instead of printing them")
    options = parser.parse_args(arguments)
    try:
        paths = spark_jars(*options.groups, verify=True)
    except JarsError as error:
        print(f"jars: {error}", file=sys.stderr)
        return 1
    if options.out:
        options.out.write_text(paths)
    else:
        print(paths)
    return 0


if __name__ == "__main__":
    sys.exit(main())
