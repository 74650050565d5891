"""The gate beside its peers, and beside what one would write by hand. `make bench-gate` prints the table.

Each contestant has a process of its own, so that none works in the heap that another has left; only
Headgate and the hand-written best, whose difference is small, take turns in one. Every process does
each piece of work once before it is timed.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from rich.console import Console
from rich.table import Table

from tests.bench import by_hand, peers
from tests.bench.lineitem import (
    FOLDER,
    SUITES,
    generate,
    lineitem,
    lineitem_with_bad_rows,
    session,
    suite_text,
)

RESULTS = FOLDER.parent / "gate.json"
SCRATCH = FOLDER.parent / "lake"

BY_HAND = "written by hand"
PEERS: Mapping[str, tuple[Callable[[DataFrame, str], bool], float]] = {
    "great expectations": (peers.great_expectations, 5.0),
    "pydeequ": (peers.pydeequ, 2.0),
    "cuallee": (peers.cuallee, 2.0),
}
"""With how many times Headgate's time each must take."""

PLAIN, GATED = "plain Delta write", "gated write"


@dataclass(frozen=True)
class Line:
    """A line of the table.

    Attributes
    ----------
    ratio : float
        Of the median to the item's baseline.
    limit : float or None
        The least ratio of a peer's time to Headgate's; the greatest of Headgate's to what one would
        do without it.
    """

    item: str
    contestant: str
    median_s: float
    runs: list[float]
    ratio: float
    limit: float | None
    holds: bool


def main(argv: Sequence[str] | None = None) -> int:
    """Run all contestants and print the table; 1 if a limit does not hold."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=3, help="of each contestant, after the first")
    parser.add_argument("--only", choices=["checks", "writes", *PEERS], help="one group of contestants")
    parser.add_argument("--alone", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(argv)
    generate()
    if options.alone:
        print(json.dumps(_measure(options.only, options.runs)))
        return 0
    groups = [options.only] if options.only else ["checks", *PEERS, "writes"]
    times: dict[str, dict[str, list[float]]] = {}
    for group in groups:
        for item, found in _in_a_process(group, options.runs).items():
            times.setdefault(item, {}).update(found)
    lines = [line for item, found in times.items() for line in _lines(item, found)]
    RESULTS.write_text(json.dumps([asdict(line) for line in lines], indent=2))
    _print(lines)
    return 0 if all(line.holds for line in lines) else 1


def _in_a_process(group: str, runs: int) -> dict[str, dict[str, list[float]]]:
    command = [sys.executable, "-m", "tests.bench.gate", "--alone", "--only", group, "--runs", str(runs)]
    print(f"{group} …", file=sys.stderr, flush=True)
    said = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    found: dict[str, dict[str, list[float]]] = json.loads(said.strip().splitlines()[-1])
    return found


def _measure(group: str, runs: int) -> dict[str, dict[str, list[float]]]:
    spark = session(peers.pydeequ_packages() if group == "pydeequ" else None)
    try:
        if group == "writes":
            return {item: _timed(work, runs) for item, work in _writes(spark).items()}
        return {item: _timed(_checks(spark, group, item), runs) for item in SUITES}
    finally:
        if group == "pydeequ":
            # Its callbacks keep the process alive.
            spark.sparkContext._gateway.shutdown_callback_server()
        spark.stop()


def _timed(work: Mapping[str, Callable[[], Any]], runs: int) -> dict[str, list[float]]:
    """Each contestant's times, in turns."""
    times: dict[str, list[float]] = {name: [] for name in work}
    for turn in range(runs + 1):
        for name, do in work.items():
            begun = time.perf_counter()
            do()
            if turn:
                times[name].append(round(time.perf_counter() - begun, 2))
    return times


def _checks(spark: SparkSession, group: str, item: str) -> dict[str, Callable[[], Any]]:
    text = suite_text(item)
    if group in PEERS:
        return {group: lambda: PEERS[group][0](lineitem(spark), text)}
    from headgate.quality import load_suite, validate

    suite = load_suite(text, source=item)
    return {
        "headgate": lambda: _true(validate(lineitem(spark), suite).success),
        BY_HAND: lambda: _true(by_hand.check(lineitem(spark), text)),
    }


def _true(answer: bool) -> None:
    if not answer:
        raise AssertionError("the data keeps every rule, and the contestant says that it does not")


def _writes(spark: SparkSession) -> dict[str, dict[str, Callable[[], Any]]]:
    text = suite_text("21 checks")
    rows, bad = lineitem(spark), lineitem_with_bad_rows(spark)
    return {
        "gated write, 21 checks": {PLAIN: lambda: _plain(rows), GATED: lambda: _gated(rows, text)},
        "the same, 1 % of rows bad": {PLAIN: lambda: _plain(bad), GATED: lambda: _gated(bad, text)},
    }


def _plain(rows: DataFrame) -> None:
    shutil.rmtree(SCRATCH, ignore_errors=True)
    rows.write.format("delta").save(str(SCRATCH / "curated" / "lineitem"))


def _gated(rows: DataFrame, text: str) -> None:
    from headgate.quality import load_suite
    from tests.gated import gated

    shutil.rmtree(SCRATCH, ignore_errors=True)
    suite = load_suite(text, source="lineitem")
    done = gated(rows, suite, str(SCRATCH), table="lineitem", tolerance=0.05)
    _true(done.status == "done" and done.published > 5_900_000)


def _lines(item: str, found: Mapping[str, list[float]]) -> list[Line]:
    medians = {name: statistics.median(runs) for name, runs in found.items()}
    baseline = medians.get("headgate") or medians.get(PLAIN) or next(iter(medians.values()))
    limits = {name: limit for name, (_, limit) in PEERS.items()} | {BY_HAND: 1 / 1.1}
    lines = []
    for name, runs in found.items():
        ratio = medians[name] / baseline
        if name == GATED:
            limit: float | None = 1.5 if "bad" in item else 1.25
            holds = ratio <= (limit or 0)
        else:
            limit = limits.get(name)
            holds = limit is None or ratio >= limit
        lines.append(Line(item, name, medians[name], runs, round(ratio, 2), limit, holds))
    return lines


def _print(lines: Sequence[Line]) -> None:
    table = Table(title="TPC-H lineitem, 6,001,215 rows, two threads")
    for heading in ("item", "contestant", "median s", "runs", "ratio", "limit", "holds"):
        table.add_column(heading, justify="left" if heading in ("item", "contestant") else "right")
    for line in lines:
        sign = "≤" if line.contestant == GATED else "≥"
        limit = "" if line.limit is None else f"{sign} {line.limit:.2f}"
        runs = " ".join(f"{run:.1f}" for run in line.runs)
        holds = "" if line.limit is None else "yes" if line.holds else "NO"
        table.add_row(
            line.item, line.contestant, f"{line.median_s:.2f}", runs, f"{line.ratio:.2f}", limit, holds
        )
    Console(width=140).print(table)


if __name__ == "__main__":
    sys.exit(main())
