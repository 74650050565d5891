"""Training set to baseline model: fitted on the training split, scored on held-out groups."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from typing import Any

from headgate.conf import fingerprint
from headgate.etl.errors import InputMissingError
from headgate.etl.lake import files
from headgate.etl.lake.ledger import Entry
from headgate.etl.load.context import fingerprint_of
from headgate.etl.transform import quote
from headgate.jobs.context import Run
from headgate.jobs.model import train_and_score
from headgate.jobs.stages.export import read_manifest
from headgate.jobs.stages.step import each

__all__ = ["read_metrics", "train"]


def train(run: Run) -> list[Entry]:
    """Train the pipeline's model, if it has one.

    Parameters
    ----------
    run : Run

    Returns
    -------
    list of Entry
        One, or none; its details hold the model's figures and curves.

    Raises
    ------
    headgate.etl.errors.InputMissingError
        The export was not written yet.
    """
    model = run.pipeline.model
    return each(run, "train", [model.export], _train) if model else []


def _train(run: Run, name: str) -> Entry:
    plan = run.pipeline.model
    assert plan is not None
    manifest = read_manifest(run, name)
    if manifest is None:
        place = run.lake.place("export", name, "manifest.json")
        raise InputMissingError(
            dataset=name, file=place, reason="there is no training set", fix="run export first"
        )
    made_of = fingerprint_of([fingerprint(plan), manifest["hash"], manifest["fingerprint"]], {})
    folder = run.lake.place("export", name, "model")
    before = read_metrics(run, name)
    if before is not None and before["fingerprint"] == made_of:
        return replace(Entry.from_json(before["entry"]), status="unchanged")
    entry = run.opened(stage="train", dataset=name, fingerprint=made_of, inputs=manifest["sources"])

    frame = run.spark.read.parquet(run.lake.place("export", name, *manifest["data"].split("/")))
    wanted = [
        manifest["label"],
        *manifest["features"]["numeric"],
        *manifest["features"]["categorical"],
        "split",
    ]
    # The order of rows decides what a seeded estimator sees first: without it a re-run may differ.
    table = frame.orderBy(*map(quote, manifest["id"])).select(*map(quote, wanted)).toPandas()
    report, fitted = train_and_score(
        table,
        label=manifest["label"],
        numeric=manifest["features"]["numeric"],
        categorical=manifest["features"]["categorical"],
        estimator=plan.estimator,
        seed=plan.seed,
    )
    report = {"export": name, **report}
    rows = len(table)
    entry = replace(
        entry, finished_at=run.clock(), read=rows, published=rows, details={"model": report}
    ).balanced()

    import joblib  # comes with scikit-learn: both are the extra "train"

    buffer = io.BytesIO()
    joblib.dump(fitted, buffer)
    files.write_bytes(run.spark, f"{folder}/model.joblib", buffer.getvalue())
    document = {"fingerprint": made_of, "entry": entry.to_json(), **report}
    files.write_bytes(run.spark, f"{folder}/metrics.json", json.dumps(document, indent=2).encode())
    return entry


def read_metrics(run: Run, name: str) -> dict[str, Any] | None:
    """What is known of the model of an export, or None where there is none, or not its file."""
    folder = run.lake.place("export", name, "model")
    if not all(files.exists(run.spark, f"{folder}/{file}") for file in ("metrics.json", "model.joblib")):
        return None
    found: dict[str, Any] = json.loads(files.read_bytes(run.spark, f"{folder}/metrics.json"))
    return found
