"""Reading the run summary, once, from its JSON form.

A run that was refused or broke leaves a summary with holes, so nothing is required here: what is
absent, null, NaN or of the wrong type becomes None or an empty tuple, and the page says so.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from headgate.jobs.report.summary import (
    Breakdown,
    Expectation,
    Export,
    Gate,
    Group,
    Missing,
    Model,
    NotAsked,
    Planted,
    Reason,
    Series,
    Split,
    Stage,
    Summary,
)
from headgate.jobs.report.wording import plain

__all__ = ["read_summary"]

LARGEST = 10**30
SPLITS = ("train", "validation", "test")


def read_summary(summary: Mapping[str, Any]) -> Summary:
    """Read a run summary; holes in it become None or empty.

    Parameters
    ----------
    summary : mapping
        The run summary as ``json.load`` gives it.

    Returns
    -------
    Summary
        The same, typed, with counts as int and text as single clean lines.

    Examples
    --------
    >>> read_summary({"pipeline": "hospital", "stages": None, "seconds": float("nan")}).stages
    ()
    """
    return Summary(
        run_id=_text(summary.get("run_id")),
        pipeline=_text(summary.get("pipeline")),
        status=_text(summary.get("status")) or "unknown",
        started_at=_text(summary.get("started_at")),
        finished_at=_text(summary.get("finished_at")),
        seconds=_float(summary.get("seconds")),
        lake=_text(summary.get("lake")),
        error=_text(summary.get("error")),
        versions=tuple((plain(name), _text(version)) for name, version in _items(summary.get("versions"))),
        stages=tuple(_stage(row) for row in _rows(summary.get("stages"))),
        gates=tuple(_gate(row) for row in _rows(summary.get("gates"))),
        quarantine=tuple(_reason(row) for row in _rows(summary.get("quarantine"))),
        missingness=tuple(_missing(row) for row in _rows(summary.get("missingness"))),
        planted=tuple(_planted(row) for row in _rows(summary.get("planted"))),
        dashboard=tuple(_breakdown(row) for row in _rows(summary.get("dashboard"))),
        exports=tuple(_export(row) for row in _rows(summary.get("exports"))),
        model=_model(summary["model"])
        if isinstance(summary.get("model"), Mapping) and summary["model"]
        else None,
    )


def _stage(row: Mapping[str, Any]) -> Stage:
    status = _text(row.get("status")) or "unknown"
    read, published = _int(row.get("read")), _int(row.get("published"))
    if status == "failed" and not read and not published:
        # Its counts were never taken: that is not the same as none.
        read, published = None, None
    return Stage(
        stage=_text(row.get("stage")) or "stage",
        dataset=_text(row.get("dataset")) or "(unnamed)",
        status=status,
        seconds=_float(row.get("seconds")),
        read=read,
        published=0 if status == "refused" else published,
        superseded=_int(row.get("superseded")) or 0,
        duplicates=_int(row.get("duplicates")) or 0,
        quarantined=_int(row.get("quarantined")) or 0,
        dropped=_dropped(row, "dropped"),
        version=_int(row.get("version")),
        inputs=tuple((plain(name), _int(version)) for name, version in _items(row.get("inputs"))),
        error=_text(row.get("error")),
        held_back=published or 0 if status == "refused" else 0,
        first=status == "refused" and "stands" in row and row["stands"] is None,
    )


def _dropped(row: Mapping[str, Any], key: str) -> tuple[tuple[str, int], ...]:
    """Rows by the rule that left them out; of a rule that says what to keep, those that do not keep it."""
    keeping = {_text(rule) for rule in _list(row.get("keep_rules"))}
    return tuple((f"not {rule}" if rule in keeping else rule, rows) for rule, rows in _counts(row.get(key)))


def _gate(row: Mapping[str, Any]) -> Gate:
    defects: dict[str | None, list[str]] = {}
    for warning in _rows(row.get("warnings")):
        about = defects.setdefault(_text(warning.get("expectation_id")), [])
        about.append(_text(warning.get("name")) or "(unnamed)")
    return Gate(
        table=_text(row.get("table")) or "(unnamed)",
        suite=_text(row.get("suite")),
        suite_version=_text(row.get("suite_version")),
        success=row.get("success") is True,
        refusals=tuple(plain(each) for each in _list(row.get("refusals"))),
        spark_jobs=_int(row.get("spark_jobs")),
        expectations=tuple(
            _expectation(each, defects.get(_text(each.get("id")), ()))
            for each in _rows(row.get("expectations"))
        ),
        not_asked=tuple(_not_asked(each) for each in _rows(row.get("not_asked"))),
        past=tuple(_past(row.get("past"))),
        unchanged=row.get("unchanged") is True,
    )


def _past(given: object) -> Iterator[Series]:
    past = given if isinstance(given, Mapping) else {}
    series = [("rows", past.get("rows"), False)]
    series += [(f"nulls in {plain(name)}", rates, True) for name, rates in _items(past.get("null_rates"))]
    for name, values, share in series:
        known = tuple(value for each in _list(values) if (value := _float(each)) is not None)
        if len(known) > 1:
            yield Series(name, known, share)


def _not_asked(row: Mapping[str, Any]) -> NotAsked:
    return NotAsked(
        type=_text(row.get("type")) or "(unnamed)",
        column=_text(row.get("column")),
        severity=_text(row.get("severity")) or "critical",
        needs=tuple(plain(each) for each in _list(row.get("needs"))),
    )


def _expectation(row: Mapping[str, Any], defects: Iterable[str]) -> Expectation:
    elements, unexpected = _int(row.get("element_count")), _int(row.get("unexpected_count"))
    share = _float(row.get("unexpected_percent"))
    if share is not None:
        share /= 100
    elif elements and unexpected is not None:
        share = unexpected / elements
    kwargs = row.get("kwargs")
    return Expectation(
        type=_text(row.get("type")) or "(unnamed)",
        column=_text(row.get("column")),
        severity=_text(row.get("severity")) or "critical",
        success=row.get("success") is True,
        engine=_text(row.get("engine")) or "–",
        kwargs=kwargs if isinstance(kwargs, Mapping) else {},
        element_count=elements,
        unexpected_count=unexpected,
        unexpected_share=share,
        observed_value=row.get("observed_value"),
        examples=tuple(_list(row.get("examples"))),
        exception=_text(row.get("exception")),
        defects=tuple(defects),
        # A warning turns no row away.
        turned_away=(_int(row.get("turned_away")) or 0) if row.get("severity") == "critical" else 0,
    )


def _reason(row: Mapping[str, Any]) -> Reason:
    return Reason(
        dataset=_text(row.get("dataset")) or "(unnamed)",
        rule=_text(row.get("rule")) or "–",
        column=_text(row.get("column")),
        reason=_text(row.get("reason")) or "–",
        severity=_text(row.get("severity")) or "critical",
        rows=_int(row.get("rows")),
        examples=tuple(
            (_text(each.get("file")), _int(each.get("row")), each.get("value"))
            for each in _rows(row.get("examples"))
        ),
        by_step=row.get("found_by") != "suite" and not (_text(row.get("reason")) or "").startswith("expect_"),
        refused=row.get("status") == "refused",
    )


def _missing(row: Mapping[str, Any]) -> Missing:
    return Missing(
        dataset=_text(row.get("dataset")) or "(unnamed)",
        column=_text(row.get("column")) or "(unnamed)",
        rows=_int(row.get("rows")) or 0,
        as_delivered=_int(row.get("as_delivered")),
        after_cleaning=_int(row.get("after_cleaning")),
        in_training_set=_int(row.get("in_training_set")),
    )


def _planted(row: Mapping[str, Any]) -> Planted:
    return Planted(
        kind=_text(row.get("kind")) or "(unnamed)",
        dataset=_text(row.get("dataset")) or "(unnamed)",
        planted=_int(row.get("planted")),
        found=_int(row.get("found")),
        missed=_int(row.get("missed")),
        invented=_int(row.get("invented")),
        note=_text(row.get("note")),
    )


def _breakdown(row: Mapping[str, Any]) -> Breakdown:
    by = _text(row.get("by")) or "(unnamed)"
    return Breakdown(
        title=_text(row.get("title")) or by,
        by=by,
        metric=_text(row.get("metric")) or "rate",
        rows=tuple(
            Group(each.get("value"), max(_int(each.get("encounters")) or 0, 0), _share(each.get("rate")))
            for each in _rows(row.get("rows"))
        ),
    )


def _export(row: Mapping[str, Any]) -> Export:
    rows, label = dict(_items(row.get("rows"))), dict(_items(row.get("label")))
    return Export(
        name=_text(row.get("name")) or "(unnamed)",
        splits=tuple(
            Split(plain(name), _int(rows.get(name)), _counts(label.get(name)))
            for name in sorted(dict.fromkeys([*rows, *label]), key=_split_order)
        ),
        excluded=_dropped(row, "excluded"),
        columns=_int(row.get("columns")),
        hash=_text(row.get("hash")),
    )


def _split_order(name: object) -> int:
    return SPLITS.index(name) if name in SPLITS else len(SPLITS)


def _model(row: Mapping[str, Any]) -> Model:
    importances = [
        pair for pair in _list(row.get("importances")) if isinstance(pair, (list, tuple)) and len(pair) == 2
    ]
    return Model(
        export=_text(row.get("export")),
        estimator=_text(row.get("estimator")),
        label=_text(row.get("label")),
        roc_auc=_float(row.get("roc_auc")),
        pr_auc=_float(row.get("pr_auc")),
        brier=_float(row.get("brier")),
        base_rate=_share(row.get("base_rate")),
        seed=_int(row.get("seed")),
        rows=_counts(row.get("rows")),
        roc=tuple((x, y) for x, y in _points(row.get("roc"), 2)),
        pr=tuple((x, y) for x, y in _points(row.get("pr"), 2)),
        calibration=tuple((x, y, n) for x, y, n in _points(row.get("calibration"), 3)),
        importances=tuple(
            (plain(name), value) for name, given in importances if (value := _float(given)) is not None
        ),
    )


def _points(value: object, size: int) -> Iterator[tuple[float, ...]]:
    for point in _list(value):
        if isinstance(point, (list, tuple)) and len(point) == size:
            read = [number for each in point if (number := _float(each)) is not None]
            if len(read) == size and 0 <= read[0] <= 1 and 0 <= read[1] <= 1:
                yield tuple(read)


def _text(value: object) -> str | None:
    return None if value is None or value == "" else plain(value)


def _float(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or abs(value) > LARGEST:
        return None
    return float(value) if math.isfinite(value) else None


def _share(value: object) -> float | None:
    share = _float(value)
    return share if share is not None and 0 <= share <= 1 else None


def _int(value: object) -> int | None:
    if _float(value) is None:
        return None
    return round(value) if isinstance(value, (int, float)) else None


def _list(value: object) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else []


def _rows(value: object) -> list[Mapping[str, Any]]:
    return [each for each in _list(value) if isinstance(each, Mapping)]


def _items(value: object) -> list[tuple[Any, Any]]:
    return list(value.items()) if isinstance(value, Mapping) else []


def _counts(value: object) -> tuple[tuple[str, int], ...]:
    return tuple((plain(name), rows) for name, given in _items(value) if (rows := _int(given)) is not None)
