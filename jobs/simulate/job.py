"""``headgate simulate``: the hospital's landing files, and what is wrong with them."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from headgate.jobs import arguments
from headgate.jobs.exits import guarded
from headgate.jobs.simulate import simulate

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Simulate into the folder that `argv` names."""
    given = list(sys.argv[1:] if argv is None else argv)

    def job() -> None:
        made = arguments.parser(
            "headgate simulate",
            "Write the landing files of a made-up hospital, and a truth file that lists their dirt.",
            "headgate simulate ./landing --patients 2000 --seed 7",
            pipeline=False,
        )
        made.add_argument("output", metavar="DIR", type=Path, help="a folder; it is made if it is not there")
        made.add_argument("--patients", type=int, default=2000, metavar="N", help="how many (default: 2000)")
        made.add_argument(
            "--seed", type=int, default=7, metavar="N", help="same seed, same files (default: 7)"
        )
        values = arguments.parse(made, given)
        simulate(patients=values.patients, seed=values.seed, output=values.output)
        for file in sorted(values.output.rglob("*")):
            if file.is_file():
                print(f"{file.stat().st_size:>12,}  {file}")

    return guarded(job, debug="--debug" in given)


if __name__ == "__main__":
    sys.exit(main())
