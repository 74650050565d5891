"""What the run came to, in one sentence and a few numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from jobs.report.conservation import Balance
from jobs.report.summary import CURATING, Summary
from jobs.report.wording import count, decimal, percent

__all__ = ["Headline", "Verdict", "verdict_of"]


@dataclass(frozen=True)
class Headline:
    """One large number, what it counts and what to hold it against."""

    number: str
    name: str
    note: str = ""
    trouble: bool = False


@dataclass(frozen=True)
class Verdict:
    """The head of the page.

    Attributes
    ----------
    word : str
        Done, Refused, Failed, or the status as it is.
    mood : str
        ``good``, ``bad`` or ``unclear``: how the page looks.
    sentence : str
        What the run came to.
    details : tuple of str
        What went wrong, one thing a line.
    headlines : tuple of Headline
        The few numbers that count.
    """

    word: str
    mood: str
    sentence: str
    details: tuple[str, ...]
    headlines: tuple[Headline, ...]


def verdict_of(summary: Summary, balances: Sequence[Balance]) -> Verdict:
    """Judge a run by its status, its gates and its conservation.

    Parameters
    ----------
    summary : Summary
        The run.
    balances : sequence of Balance
        The equation of each of its stages.

    Returns
    -------
    Verdict
        A run that says "done" but has lost rows or a gate that did not pass is ``bad``: the page
        must not call it good.
    """
    lost = [balance for balance in balances if balance.holds is False]
    words = {"done": "Done", "refused": "Refused", "failed": "Failed"}
    trouble = lost or not all(gate.success for gate in summary.gates)
    mood = {"done": "bad" if trouble else "good", "refused": "bad", "failed": "bad"}.get(
        summary.status, "unclear"
    )
    return Verdict(
        word=words.get(summary.status, "Unfinished" if summary.status == "unknown" else summary.status),
        mood=mood,
        sentence=_sentence(summary, lost),
        details=tuple(_details(summary)),
        headlines=tuple(_headlines(summary, balances)),
    )


def _sentence(summary: Summary, lost: Sequence[Balance]) -> str:
    closed = [gate.table for gate in summary.gates if not gate.success]
    if summary.status == "refused":
        tables = closed or [stage.dataset for stage in summary.stages if stage.status == "refused"]
        what = _listed(tables) if tables else "what was brought before it"
        return f"The gate refused {what}. Nothing of it was published; readers still see the version before."
    if summary.status == "failed":
        stage = next((stage for stage in summary.stages if stage.status == "failed"), None)
        return (
            f"The run stopped in {stage.stage} of {stage.dataset}."
            if stage
            else "The run stopped before its end."
        )
    if summary.status != "done":
        return "This summary does not say how the run ended; what it holds is shown below."
    if lost:
        rows = sum(abs(balance.lost or 0) for balance in lost)
        return f"The run ended, but {count(rows)} rows are not accounted for."
    if not summary.stages:
        return "The run ended and recorded no stages."
    if all(stage.status == "unchanged" for stage in summary.stages):
        return "Nothing new had arrived; every table stands as it stood."
    if closed:
        return f"The run ended, but the gate of {_listed(closed)} did not pass."
    through = {gate.table.rpartition("/")[2] for gate in summary.gates}
    published = {stage.dataset for stage in summary.stages if stage.stage in CURATING and stage.published}
    if published and published <= through:
        return "Every row that was read is accounted for, and every curated table went through its gate."
    return "Every row that was read is accounted for."


def _details(summary: Summary) -> list[str]:
    details = [summary.error] if summary.error else []
    told = [(gate.table, refusal) for gate in summary.gates for refusal in gate.refusals]
    told += [(f"{stage.stage} {stage.dataset}", stage.error) for stage in summary.stages if stage.error]
    for where, what in told:
        if not any(what in detail for detail in details):
            details.append(f"{where}: {what}")
    return details


def _headlines(summary: Summary, balances: Sequence[Balance]) -> list[Headline]:
    headlines = []
    stages = [stage for stage in summary.stages if stage.stage in CURATING and stage.read is not None]
    stages = stages or [
        stage for stage in summary.stages if stage.stage == "ingest" and stage.read is not None
    ]
    if stages:
        read = sum(stage.read or 0 for stage in stages)
        published = sum(stage.published or 0 for stage in stages)
        quarantined = sum(stage.quarantined for stage in stages)
        left = sum(stage.superseded + stage.duplicates + stage.dropped_rows for stage in stages)
        datasets = len({stage.dataset for stage in stages})

        def part(rows: int) -> str:
            return f"{percent(rows / read)} of rows read" if read else ""

        headlines += [
            Headline(count(read), "rows read", f"in {datasets} dataset{'s' if datasets != 1 else ''}"),
            Headline(count(published), "rows published", part(published)),
            Headline(count(quarantined), "quarantined", part(quarantined), trouble=quarantined > 0),
            Headline(count(left), "left out by name", "duplicates, superseded, dropped"),
        ]
    checked = [balance for balance in balances if balance.holds is not None]
    if checked:
        held = sum(balance.holds is True for balance in checked)
        headlines.append(
            Headline(
                f"{held} of {len(checked)}",
                "equations hold",
                "rows in = rows out",
                trouble=held < len(checked),
            )
        )
    expectations = [each for gate in summary.gates for each in gate.expectations]
    if expectations:
        held = sum(each.success for each in expectations)
        passed = sum(gate.success for gate in summary.gates)
        headlines.append(
            Headline(
                f"{count(held)} of {count(len(expectations))}",
                "expectations hold",
                f"{passed} of {len(summary.gates)} gates passed",
                trouble=passed < len(summary.gates),
            )
        )
    if summary.exports:
        rows = sum(export.rows for export in summary.exports)
        headlines.append(
            Headline(count(rows), "rows exported", _listed([export.name for export in summary.exports]))
        )
    if summary.model and summary.model.roc_auc is not None:
        headlines.append(Headline(decimal(summary.model.roc_auc), "ROC AUC", summary.model.estimator or ""))
    return headlines


def _listed(names: Sequence[str], most: int = 3) -> str:
    shown = list(names[:most])
    if len(names) > most:
        return f"{', '.join(shown)} and {len(names) - most} more"
    return " and ".join(filter(None, [", ".join(shown[:-1]), shown[-1]]))
