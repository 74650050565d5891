"""What a run did, as plain data: for ``--json``, for the report, and for whoever asks later."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from datetime import datetime
from importlib import metadata
from typing import Any, Literal

from headgate.conf import Pipeline, Step
from headgate.etl.lake.ledger import Entry
from headgate.jobs.context import Run

__all__ = ["Status", "summarize"]

Status = Literal["done", "refused", "failed", "interrupted"]
"""How a run ended."""

UNTOLD = frozenset({"run_id", "pipeline", "started_at", "finished_at", "fingerprint", "details", "input_ids"})
"""What an entry holds beside what the summary of a stage tells."""


def summarize(
    run: Run,
    entries: Sequence[Entry],
    *,
    started_at: datetime,
    error: str | None,
    status: Status | None = None,
) -> dict[str, Any]:
    """The summary of a run.

    Parameters
    ----------
    run : Run
    entries : sequence of Entry
        What its steps did, or found up to date.
    started_at : datetime
    error : str, optional
        Why it ended early, one line.
    status : {'done', 'refused', 'failed', 'interrupted'}, optional
        How it ended; by default ``done``, or ``failed`` where there is an error.

    Returns
    -------
    dict
        Plain data; its form is in ``docs/run-summary.md``.
    """
    finished_at = run.clock()
    details = [(entry, entry.details) for entry in entries]
    return {
        "run_id": run.run_id,
        "pipeline": run.pipeline.name,
        "status": status or ("failed" if error else "done"),
        "started_at": started_at.isoformat(),
        "finished_at": finished_at.isoformat(),
        "seconds": round((finished_at - started_at).total_seconds(), 3),
        "lake": run.lake.root,
        "error": error,
        "versions": _versions(run),
        "stages": [_stage(entry, _keep_rules(run.pipeline, entry)) for entry in entries],
        "gates": [detail["gate"] | _standing(entry) for entry, detail in details if "gate" in detail],
        "quarantine": [
            row | _standing(entry) | ({"status": "refused"} if entry.status == "refused" else {})
            for entry, detail in details
            for row in detail.get("quarantine", [])
        ],
        "missingness": _missingness(entries),
        "planted": [row for _, detail in details for row in detail.get("planted", [])] or None,
        "dashboard": [panel for _, detail in details for panel in detail.get("dashboard", [])],
        "exports": [
            {
                "name": entry.dataset,
                "label": detail["labels"],
                **{key: detail[key] for key in ("rows", "excluded", "columns", "hash")},
                "keep_rules": _keep_rules(run.pipeline, entry),
                **_standing(entry),
            }
            for entry, detail in details
            if entry.stage == "export" and "hash" in detail
        ],
        "model": next((detail["model"] for _, detail in details if "model" in detail), None),
    }


def _stage(entry: Entry, keep_rules: list[str]) -> dict[str, Any]:
    told = {name: value for name, value in entry.to_json().items() if name not in UNTOLD}
    seconds = round((entry.finished_at - entry.started_at).total_seconds(), 3)
    # What stands has the times of the run that made it.
    told["seconds"] = None if entry.status == "unchanged" else seconds
    return told | {"keep_rules": keep_rules, "stands": entry.details.get("stands")}


def _standing(entry: Entry) -> dict[str, bool]:
    return {"unchanged": True} if entry.status == "unchanged" else {}


def _keep_rules(pipeline: Pipeline, entry: Entry) -> list[str]:
    """Those of the rules that dropped rows which say what is kept: the rows dropped do not keep them."""
    parts: dict[str, tuple[Step, ...]] = {}
    if entry.stage in ("curate", "replay"):
        parts = {name: part.clean for name, part in pipeline.datasets.items()}
    elif entry.stage == "star":
        parts = {name: part.steps for name, part in pipeline.star.dimensions.items()}
        parts |= {name: part.steps for name, part in pipeline.star.facts.items()}
    elif entry.stage == "export":
        parts = {name: part.steps for name, part in pipeline.exports.items()}
    steps = parts.get(entry.dataset, ())
    return [step.parameters["rule"] for step in steps if step.name == "keep_rows"]


def _missingness(entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """Nulls by column as delivered, after cleaning, and in the training set where the name is the same."""
    exported: dict[str, int] = {}
    for entry in entries:
        if entry.stage == "export":
            exported |= entry.details.get("nulls", {})
    return [
        row | {"in_training_set": exported.get(row["column"])}
        for entry in entries
        for row in entry.details.get("missingness", [])
    ]


def _versions(run: Run) -> dict[str, str]:
    names = {
        "headgate": "headgate",
        "delta": "delta-spark",
        "great_expectations": "great-expectations",
    }
    found = {"spark": run.spark.version, "python": platform.python_version()}
    for label, distribution in names.items():
        try:
            found[label] = metadata.version(distribution)
        except metadata.PackageNotFoundError:  # EMR and Glue ship Delta without its Python distribution
            found[label] = "the platform's"
    return found
