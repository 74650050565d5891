"""The run report: one HTML file that explains a run to someone who was not there."""

from __future__ import annotations

import base64
import functools
import hashlib
from collections.abc import Iterable, Mapping
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from headgate.jobs.report import expectations, wording
from headgate.jobs.report.bars import importance_bars, rate_bars, small_bar
from headgate.jobs.report.conservation import Balance, balance
from headgate.jobs.report.curves import calibration_curve, pr_curve, roc_curve
from headgate.jobs.report.flow_tall import flow_tall
from headgate.jobs.report.flow_wide import flow_wide
from headgate.jobs.report.reading import read_summary
from headgate.jobs.report.sparkline import sparkline
from headgate.jobs.report.summary import CURATING, Gate, Missing, Model, Reason, Stage, Summary
from headgate.jobs.report.verdict import verdict_of
from headgate.jobs.report.way import Way, way_of

__all__ = ["render"]

STAGES = ("ingest", *CURATING, "star", "export")


def render(summary: Mapping[str, Any]) -> str:
    """Render the report of a run as one self-contained HTML page.

    The page asks nothing of the network and runs no script; its content security policy allows
    its own stylesheet and nothing else. It follows the reader's light or dark scheme, folds for a
    phone and prints.

    Parameters
    ----------
    summary : mapping
        The run summary, as ``json.load`` gives it. It may have holes: a run that was refused or
        broke is reported as far as it came.

    Returns
    -------
    str
        The page, ready to be written as UTF-8.

    Examples
    --------
    >>> page = render({"pipeline": "hospital", "status": "failed", "error": "no such file: x.csv"})
    >>> "no such file: x.csv" in page
    True
    """
    run = read_summary(summary)
    balances = [balance(stage) for stage in _in_order(run.stages)]
    way = way_of(run)
    style = _style()
    environment = _environment()
    return environment.get_template("page.html").render(
        run=run,
        verdict=verdict_of(run, balances),
        style=style,
        style_hash=base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
        way=way,
        flow=_flow(way),
        balances=_by_stage(balances),
        gates=sorted(run.gates, key=_trouble_first),
        quarantined=[each for each in run.quarantine if each.severity == "critical" and not each.refused],
        turned_away=[each for each in run.quarantine if each.severity == "critical" and each.refused],
        repaired=[each for each in run.quarantine if each.severity != "critical" and each.by_step],
        warned=[each for each in run.quarantine if each.severity != "critical" and not each.by_step],
        curated=any(
            stage.stage in CURATING and stage.status in ("done", "unchanged") for stage in run.stages
        ),
        standing=bool(run.stages) and all(stage.status == "unchanged" for stage in run.stages),
        quarantined_rows=sum(stage.quarantined for stage in run.stages if stage.status != "refused"),
        turned_away_rows=sum(stage.quarantined for stage in run.stages if stage.status == "refused"),
        examples_of=_examples,
        missingness=_by_dataset(run.missingness),
        in_training=any(column.in_training_set is not None for column in run.missingness),
        training_rows=_training_rows(run),
        dashboard=[
            (breakdown, rate_bars(breakdown, identity=f"breakdown-{i}"))
            for i, breakdown in enumerate(run.dashboard)
            if breakdown.rows
        ],
        curves=_curves(run.model) if run.model else [],
        importances=importance_bars(run.model.importances, identity="importances")
        if run.model and run.model.importances
        else None,
        timings=_in_order(run.stages),
        slowest=max((stage.seconds or 0 for stage in run.stages), default=0),
    )


@functools.cache
def _environment() -> Environment:
    environment = Environment(
        autoescape=True,
        loader=PackageLoader("headgate.jobs.report"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "clip": wording.clip,
        "count": wording.count,
        "criterion": expectations.criterion,
        "datum": wording.datum,
        "decimal": wording.decimal,
        "doubt": expectations.doubt,
        "duration": wording.duration,
        "moment": wording.moment,
        "percent": wording.percent,
        "spoken": expectations.spoken,
        "subject": expectations.subject,
    }
    environment.globals |= {"small_bar": small_bar, "sparkline": sparkline}
    return environment


def _style() -> Markup:
    text = files("headgate.jobs.report").joinpath("templates", "page.css").read_text(encoding="utf-8")
    return Markup("\n".join(text.splitlines()))


def _flow(way: Way) -> dict[str, Any] | None:
    if way.empty:
        return None
    return {
        "wide": flow_wide(way),
        "tall": [flow_tall(course, identity=f"flow-{i}") for i, course in enumerate(way.courses)],
        "tables": [*(("star", table) for table in way.star), *(("export", table) for table in way.exports)],
    }


def _curves(model: Model) -> list[tuple[str, Markup, str]]:
    curves = []
    if model.roc:
        told = "How many of the true cases are found as more false alarms are allowed."
        curves.append(("ROC", roc_curve(model, identity="roc"), told))
    if model.pr:
        told = "How many of those flagged are true cases, as more of the true cases are found."
        curves.append(("Precision and recall", pr_curve(model, identity="pr"), told))
    if model.calibration:
        told = "Whether a predicted risk means what it says; larger dots stand for more rows."
        curves.append(("Calibration", calibration_curve(model, identity="calibration"), told))
    return curves


def _in_order(stages: Iterable[Stage]) -> list[Stage]:
    return sorted(
        stages, key=lambda stage: STAGES.index(stage.stage) if stage.stage in STAGES else len(STAGES)
    )


def _by_stage(balances: Iterable[Balance]) -> list[tuple[str, list[Balance]]]:
    grouped: dict[str, list[Balance]] = {}
    for each in balances:
        grouped.setdefault(each.stage.stage, []).append(each)
    return list(grouped.items())


def _by_dataset(missingness: Iterable[Missing]) -> list[tuple[str, list[Missing], list[Missing]]]:
    """Split each dataset's columns into those that ever lack a value, the emptiest first, and the rest."""
    grouped: dict[str, list[Missing]] = {}
    for column in missingness:
        grouped.setdefault(column.dataset, []).append(column)
    return [
        (
            dataset,
            sorted(
                (each for each in columns if _ever_missing(each)),
                key=lambda each: -max(each.as_delivered or 0, each.after_cleaning or 0) / max(each.rows, 1),
            ),
            [each for each in columns if not _ever_missing(each)],
        )
        for dataset, columns in grouped.items()
    ]


def _ever_missing(column: Missing) -> bool:
    return any((column.as_delivered, column.after_cleaning, column.in_training_set))


def _training_rows(run: Summary) -> int | None:
    """Count the rows that nulls "in the training set" are a share of, where there is one such set."""
    return run.exports[0].rows if len(run.exports) == 1 else None


def _trouble_first(gate: Gate) -> tuple[bool, bool]:
    return gate.success, not gate.notable


def _examples(reason: Reason) -> list[tuple[str | None, Any]]:
    return [
        (f"{file.rsplit('/', 1)[-1]}:{row}" if file and row is not None else file, value)
        for file, row, value in reason.examples
    ]
