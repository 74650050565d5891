"""Decide: whether a batch that was measured may be published. Pure; sees no data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from headgate.quality.failures import FailureCount
from headgate.quality.report import Report, Result
from headgate.quality.reserved import PROBLEMS

__all__ = ["Decision", "decide"]


@dataclass(frozen=True)
class Decision:
    """Whether a batch may be published.

    Attributes
    ----------
    accepted : bool
        True only where there is no reason against it.
    reasons : tuple of str
        Every reason to refuse it, one line each.
    """

    accepted: bool
    reasons: tuple[str, ...]


def decide(
    report: Report,
    *,
    failures: Sequence[FailureCount] = (),
    rows: int,
    rejected: int,
    tolerance: float,
    allow_empty: bool = False,
) -> Decision:
    """Decide whether the accepted rows of a batch may be published.

    The batch is refused if any of these holds; otherwise it is accepted, and the rejected rows go
    to quarantine:

    1. No rows came (`rows` is 0), unless `allow_empty`.
    2. The report has a refusal: something was not measured.
    3. An expectation of severity critical does not succeed on the accepted rows, by its own
       ``mostly``. With no rows and `allow_empty`, one that fails only because there was nothing to
       measure is excused.
    4. Of the rows that came, the share that breaks one critical expectation exceeds both what its
       ``mostly`` and what `tolerance` allows; that is, failing / rows > max(1 - mostly, tolerance).
    5. Of the rows that came, the share that was rejected exceeds `tolerance`.
    6. `failures` names an expectation that the report does not: it is not of the same suite. Critical
       problems, which are failures of the rule ``_problems``, are looked at by rule 5 alone.

    Severities warning and info never refuse.

    Parameters
    ----------
    report : Report
        What `validate` found on the accepted rows.
    failures : sequence of FailureCount
        What `count_failures` found on the rows that came.
    rows : int
        Rows that came to the gate.
    rejected : int
        Rows of these that were turned away, for whatever reason.
    tolerance : float
        Greatest share of rows, 0 to 1, that may be turned away.
    allow_empty : bool
        Whether a batch without rows is in order.

    Returns
    -------
    Decision
        With every reason, not only the first.

    Raises
    ------
    ValueError
        If `tolerance` is not from 0 to 1, or `rejected` not from 0 to `rows`.

    Examples
    --------
    >>> from headgate.quality import Report
    >>> fine = Report(suite_name="s", suite_version="1", rows=90, results=(), refusals=())
    >>> decide(fine, rows=100, rejected=10, tolerance=0.05)
    Decision(accepted=False, reasons=('10 of 100 rows are rejected, more than the tolerance of 0.05',))
    """
    if not 0.0 <= tolerance <= 1.0:
        raise ValueError(f"tolerance={tolerance!r} is not allowed; use a share from 0 to 1")
    if not 0 <= rejected <= rows:
        raise ValueError(f"rejected={rejected!r} is not allowed; use a number from 0 to rows={rows!r}")
    reasons = ["no rows came"] if rows == 0 and not allow_empty else []
    reasons.extend(report.refusals)
    empty_is_fine = rows == 0 and allow_empty
    reasons.extend(_failed(result) for result in report.results if _refuses(result, empty_is_fine))
    for failure in failures:
        if failure.expectation_id == PROBLEMS:
            continue
        result = report.by_id.get(failure.expectation_id)
        if result is None:
            reasons.append(f"{failure.expectation_type} ({failure.expectation_id}) is not in the report")
        elif failure.severity == "critical" and _too_many(failure, result, rows, tolerance):
            reasons.append(
                f"{failure.expectation_type} on {failure.column} fails for {failure.rows} of {rows} rows, "
                f"more than mostly={result.expectation.mostly:g} and the tolerance of {tolerance:g} allow"
            )
    if rows and rejected / rows > tolerance:
        reasons.append(f"{rejected} of {rows} rows are rejected, more than the tolerance of {tolerance:g}")
    return Decision(not reasons, tuple(reasons))


def _refuses(result: Result, empty_is_fine: bool) -> bool:
    # What raised stands among the report's refusals already.
    if result.success or result.severity != "critical" or result.exception is not None:
        return False
    return not (empty_is_fine and result.result.get("observed_value", "") is None)


def _failed(result: Result) -> str:
    found = (
        f"observed {result.observed_value}"
        if result.unexpected_count is None
        else f"{result.unexpected_count} unexpected"
    )
    return f"{result.type}" + (f" on {result.column}" if result.column else "") + f" fails: {found}"


def _too_many(failure: FailureCount, result: Result, rows: int, tolerance: float) -> bool:
    # As Great Expectations compares: 1 - 0.9 in floats is less than 0.1.
    kept = (rows - failure.rows) / rows if rows else 0.0
    return kept < result.expectation.mostly and (not rows or failure.rows / rows > tolerance)
