"""``headgate schema``: the JSON Schema of pipeline files, for editors."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence

from headgate import conf
from headgate.jobs import arguments
from headgate.jobs.catalogue import FITS, STEPS
from headgate.jobs.exits import guarded

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Print the schema."""
    given = list(sys.argv[1:] if argv is None else argv)

    def job() -> None:
        made = arguments.parser(
            "headgate schema",
            "Print the JSON Schema of pipeline files. Editors complete and check a file that begins with\n"
            "  # yaml-language-server: $schema=headgate.schema.json",
            "headgate schema > headgate.schema.json",
            pipeline=False,
        )
        arguments.parse(made, given)
        print(json.dumps(conf.schema(STEPS, FITS), indent=2))

    return guarded(job, debug="--debug" in given)


if __name__ == "__main__":
    sys.exit(main())
