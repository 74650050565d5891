"""A lake of several datasets over one landing, delivered to and run, and what its tables then hold."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession

from headgate.etl.lake.zones import Lake
from headgate.jobs.context import load_pipeline
from headgate.jobs.entry import run_pipeline

__all__ = ["House", "law", "text"]

Rows = dict[str, list[str]]


class House:
    """A lake, its landing, and one pipeline file of several datasets."""

    def __init__(self, spark: SparkSession, folder: Path, datasets: Mapping[str, str]) -> None:
        self.spark, self.folder, self.lake, self.runs = spark, folder, folder / "lake", 0
        self.landing = self.lake / "landing"
        (folder / "suites").mkdir(parents=True)
        rule = {
            "type": "expect_column_values_to_not_be_null",
            "kwargs": {"column": "id"},
            "severity": "critical",
        }
        (folder / "suites" / "v.json").write_text(json.dumps({"name": "v", "expectations": [rule]}))
        self.define(datasets)

    @property
    def last(self) -> str:
        """The last run's name."""
        return f"r{self.runs}"

    def keep(self, *names: str) -> None:
        """Go on with these datasets only."""
        self.define({name: self.datasets[name] for name in names})

    def define(self, datasets: Mapping[str, str]) -> None:
        """Write the pipeline file; of each dataset its parts but for the suite."""
        self.datasets = dict(datasets)
        parts = [f"  {name}: {{{text}, suite: suites/v.json}}" for name, text in datasets.items()]
        (self.folder / "pipeline.yaml").write_text("\n".join(["name: p", "datasets:", *parts]) + "\n")

    def deliver(self, files: Mapping[str, str | bytes | None]) -> None:
        """Put files into the landing; None takes one away."""
        for name, content in files.items():
            place = self.landing / name
            place.parent.mkdir(parents=True, exist_ok=True)
            if content is None:
                place.unlink()
            else:
                place.write_bytes(content.encode() if isinstance(content, str) else content)

    def run(
        self, *overrides: str, lake: str | None = None, steps: Sequence[Any] = ("ingest", "curate")
    ) -> Any:
        """Run, and give the last step's entries by dataset."""
        self.runs += 1
        pipeline, source = load_pipeline(str(self.folder / "pipeline.yaml"), overrides=overrides)
        summary = run_pipeline(
            pipeline,
            source=source,
            lake=Lake(lake or str(self.lake)),
            landing=None,
            run_id=self.last,
            steps=steps,
            log_format="text",
        )
        last = {"ingest": "ingest", "curate": "curate"}[steps[-1]]
        return {entry["dataset"]: entry for entry in summary["stages"] if entry["stage"] == last}

    def rows(self, *names: str, zone: str = "curated", columns: Sequence[str] = ("id", "amt")) -> Rows:
        """The rows of tables, each as its values."""
        found = {}
        for name in names:
            table = self.spark.read.format("delta").load(str(self.lake / zone / name))
            found[name] = sorted(" ".join(str(row[column]) for column in columns) for row in table.collect())
        return found

    def entries(self, run_id: str) -> dict[tuple[str, str], Any]:
        """Of the ledger."""
        ledger = self.spark.read.format("delta").load(str(self.lake / "ledger")).where(f"run_id = '{run_id}'")
        return {(row["stage"], row["dataset"]): row for row in ledger.collect()}


def law(entry: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(entry[name] for name in ("status", "read", "published", "superseded", "quarantined"))


def text(*rows: str, header: str = "id,amt") -> str:
    return "\n".join((header, *rows)) + "\n"
