"""Ask Great Expectations some ten thousand questions, and keep the answers in ``tests/quality/corpus``.

``make corpus`` does it, in half an hour or more; nothing else ever writes there. Each suite that was
asked is kept below ``build/corpus`` under a name that tells its content, so that a second call takes
up where the first stopped, and asks only what is new. The corpus is JSON lines, compressed: first the
versions and counts, then a suite a line, with the frame it was asked of, the format of the results,
the expectations, and Great Expectations' own answers.
"""

from __future__ import annotations

import hashlib
import json
import lzma
import sys
import time
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession

from headgate.quality import load_suite
from tests.quality.frames import FRAMES, Frame, named
from tests.quality.generate import COSTLY, TYPES_DRAWN, suites
from tests.quality.oracle import ask

__all__ = ["CORPUS", "answer_of", "questions"]

ROOT = Path(__file__).parents[2]
CORPUS = ROOT / "tests" / "quality" / "corpus" / "great_expectations.jsonl.xz"
ASKED = ROOT / "build" / "corpus"

SEED = "1"
SIZE = 58
CHEAP = tuple(name for name in TYPES_DRAWN if name not in COSTLY)
FORMATS = (("SUMMARY", "SUMMARY", "BASIC"), ("SUMMARY", "BASIC", "BOOLEAN_ONLY"))


def questions() -> Iterator[tuple[Frame, str, list[dict[str, Any]]]]:
    """Give every suite that is asked, with its frame and the format of the results."""
    for turn in range(3):
        for at, name in enumerate(FRAMES):
            yield from _asked(named(name), at, turn)


def _asked(frame: Frame, at: int, turn: int) -> Iterator[tuple[Frame, str, list[dict[str, Any]]]]:
    (suite,) = suites(frame, f"{SEED} {turn}", size=SIZE, number=1, types=CHEAP)
    yield frame, FORMATS[at % 2][turn], suite
    if turn == 1 and at % 2 == 0:
        (suite,) = suites(frame, SEED, size=14, number=1, types=COSTLY)
        yield frame, ("SUMMARY", "BASIC")[at % 4 // 2], suite
    if turn == 2 and at % 8 == 0:
        (suite,) = suites(frame, f"{SEED} complete", size=40, number=1)
        yield frame, "COMPLETE", suite


def answer_of(result: dict[str, Any]) -> dict[str, Any]:
    """Keep of a result what can be compared: of an exception, that there was one."""
    info = result["exception_info"]
    forms = [info] if "raised_exception" in info else list(info.values())
    kwargs = {
        key: value for key, value in result["expectation_config"]["kwargs"].items() if key != "batch_id"
    }
    return {
        "success": result["success"],
        "result": result["result"],
        "raised": any(form["raised_exception"] for form in forms),
        "kwargs": kwargs,
    }


def _once(document: dict[str, Any]) -> dict[str, Any]:
    """Leave out what Headgate calls a repetition: equal but for defaults that are written out."""
    kept: dict[str, dict[str, Any]] = {}
    for expectation in document["expectations"]:
        text = json.dumps({"name": "suite", "expectations": [{**expectation, "id": None}]})
        kept.setdefault(load_suite(text, source="corpus").expectations[0].id, expectation)
    ids = {expectation["id"] for expectation in kept.values()}
    answers = {id: answer for id, answer in document["answers"].items() if id in ids}
    return {**document, "expectations": list(kept.values()), "answers": answers}


def _session() -> SparkSession:
    settings = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.extraJavaOptions": "-XX:+UseSerialGC",
        "spark.sql.adaptive.enabled": "false",
        "spark.sql.codegen.factoryMode": "NO_CODEGEN",
        "spark.sql.codegen.wholeStage": "false",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": "1",
    }
    builder = SparkSession.builder.master("local[1]").appName("corpus")
    for name, value in settings.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("OFF")
    return session


def _record(spark: SparkSession) -> list[str]:
    ASKED.mkdir(parents=True, exist_ok=True)
    lines, failed = [], []
    every = list(questions())
    for at, (frame, format_, suite) in enumerate(every, start=1):
        question = {"frame": frame.name, "digest": frame.digest, "format": format_, "expectations": suite}
        text = json.dumps(question, sort_keys=True)
        kept = ASKED / f"{hashlib.sha256(text.encode()).hexdigest()[:16]}.json"
        if not kept.exists():
            started = time.monotonic()
            try:
                answer = ask(frame.on(spark), suite, format_)
            except Exception as error:  # told at the end: one suite need not cost the others
                failed.append(f"{frame.name} {format_}: {error}")
                continue
            results = {one["expectation_config"]["id"]: answer_of(one) for one in answer["results"]}
            document = {**question, "success": answer["success"], "answers": results}
            kept.write_text(json.dumps(document, ensure_ascii=False, sort_keys=True), encoding="utf-8")
            took = time.monotonic() - started
            print(
                f"{at} of {len(every)}: {frame.name} {format_}, {len(suite)} in {took:.1f} s", file=sys.stderr
            )
        document = _once(json.loads(kept.read_text(encoding="utf-8")))
        lines.append(json.dumps(document, ensure_ascii=False, sort_keys=True))
    if failed:
        raise SystemExit("Great Expectations gave up on:\n" + "\n".join(failed))
    return lines


def main() -> int:
    """Ask what has not been asked yet, and write the corpus."""
    spark = _session()
    lines = _record(spark)
    head = {
        "great_expectations": version("great_expectations"),
        "pyspark": version("pyspark"),
        "seed": SEED,
        "suites": len(lines),
        "evaluations": sum(len(json.loads(line)["answers"]) for line in lines),
    }
    CORPUS.parent.mkdir(parents=True, exist_ok=True)
    text = "\n".join([json.dumps(head), *lines]) + "\n"
    CORPUS.write_bytes(lzma.compress(text.encode(), preset=9 | lzma.PRESET_EXTREME))
    print(f"{head['evaluations']} evaluations, {CORPUS.stat().st_size} bytes", file=sys.stderr)
    spark.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
