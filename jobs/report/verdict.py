"""What the run came to, in one sentence and a few numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from headgate.jobs.report.conservation import Balance
from headgate.jobs.report.summary import CURATING, Stage, Summary
from headgate.jobs.report.wording import count, decimal, percent

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
    words = {"done": "Done", "refused": "Refused", "failed": "Failed", "interrupted": "Interrupted"}
    trouble = lost or not all(gate.success for gate in summary.gates)
    mood = {
        "done": "bad" if trouble else "good",
        "refused": "bad",
        "failed": "bad",
        "interrupted": "bad",
    }.get(summary.status, "unclear")
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
        return _refused(summary, closed)
    if summary.status == "failed":
        stage = next((stage for stage in summary.stages if stage.status == "failed"), None)
        where = (
            f"The run stopped in {stage.stage} of {stage.dataset}"
            if stage
            else "The run stopped before its end"
        )
        return f"{where}. {_kept(summary)}"
    if summary.status == "interrupted":
        return f"The run was interrupted. {_kept(summary)} The same command goes on from there."
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


def _refused(summary: Summary, closed: Sequence[str]) -> str:
    """What a refused run came to: what was refused, what readers see of it, and what was published."""
    refused = [stage for stage in summary.stages if stage.status == "refused"]
    exports = [stage.dataset for stage in refused if stage.stage == "export"]
    if exports:
        said = f"The export of {_listed(exports)} was refused. Nothing of it was written"
    else:
        tables = closed or [stage.dataset for stage in refused]
        said = f"The gate refused {_listed(tables) if tables else 'what was brought before it'}. "
        said += "Nothing of it was published"
    if refused and all(stage.first for stage in refused):
        said += ", and there is no version before"
    elif refused and not any(stage.first for stage in refused):
        said += "; readers still see the version before"
    done = [
        stage.dataset
        for stage in summary.stages
        if stage.status == "done" and stage.stage in (*CURATING, "star", "export")
    ]
    return f"{said}. {_listed(done)} {'was' if len(done) == 1 else 'were'} published." if done else f"{said}."


def _kept(summary: Summary) -> str:
    """What a run that did not come to its end has published all the same."""
    done = [stage for stage in summary.stages if stage.status == "done"]
    published = [stage.dataset for stage in done if stage.stage != "ingest"]
    if published:
        return f"Before that {_listed(published)} {'was' if len(published) == 1 else 'were'} published."
    if done:
        return "What had been ingested is kept in raw; nothing was published."
    return "Nothing was published."


def _details(summary: Summary) -> list[str]:
    details = [summary.error] if summary.error else []
    told = [(gate.table, refusal) for gate in summary.gates for refusal in gate.refusals]
    told += [(f"{stage.stage} {stage.dataset}", stage.error) for stage in summary.stages if stage.error]
    for where, what in told:
        if not any(what in detail for detail in details):
            details.append(f"{where}: {what}")
    return details


def _headlines(summary: Summary, balances: Sequence[Balance]) -> list[Headline]:
    headlines = _rows(summary)
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
        held = sum(each.holds for each in expectations)
        passed = sum(gate.success for gate in summary.gates)
        headlines.append(
            Headline(
                f"{count(held)} of {count(len(expectations))}",
                "expectations hold",
                f"on every row; {passed} of {len(summary.gates)} gates passed",
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


def _rows(summary: Summary) -> list[Headline]:
    """What became of the rows: those that were worked on, those that stand, those that were refused."""
    curated = [stage for stage in summary.stages if stage.stage in CURATING]
    told = [stage for stage in curated if stage.status in ("done", "refused") and stage.read is not None]
    done = [stage for stage in told if stage.status == "done"]
    refused = [stage for stage in told if stage.status == "refused"]
    unchanged = [stage for stage in curated if stage.status == "unchanged" and stage.published is not None]
    known = {stage.dataset for stage in (*told, *unchanged)}
    ingested = [stage for stage in summary.stages if stage.stage == "ingest" and stage.status == "done"]
    waiting = [stage for stage in ingested if stage.dataset not in known]
    headlines = []
    if waiting:
        rows = sum(stage.published or 0 for stage in waiting)
        headlines.append(
            Headline(count(rows), "rows taken into raw, not curated", _datasets(waiting), trouble=True)
        )
    if unchanged:
        rows = sum(stage.published or 0 for stage in unchanged)
        headlines.append(
            Headline(count(rows), "rows at the last publication", f"{_datasets(unchanged)}, unchanged")
        )
    if not told:
        return headlines
    read = sum(stage.read or 0 for stage in told)
    published = sum(stage.published or 0 for stage in done)
    quarantined = sum(stage.quarantined for stage in done)
    left = sum(stage.superseded + stage.duplicates + stage.dropped_rows for stage in done)

    def part(rows: int) -> str:
        return f"{percent(rows / read)} of rows read" if read else ""

    headlines += [
        Headline(count(read), "rows read", _datasets(told)),
        Headline(count(published), "rows published", part(published)),
    ]
    if refused:
        rows = sum(stage.read or 0 for stage in refused)
        headlines.append(
            Headline(count(rows), "rows refused", f"{_datasets(refused)}, nothing published", trouble=True)
        )
    if done:
        headlines += [
            Headline(count(quarantined), "quarantined", part(quarantined), trouble=quarantined > 0),
            Headline(count(left), "left out by name", "duplicates, superseded, dropped"),
        ]
    return headlines


def _datasets(stages: Sequence[Stage]) -> str:
    names = {stage.dataset for stage in stages}
    return f"in {len(names)} dataset{'s' if len(names) != 1 else ''}"


def _listed(names: Sequence[str], most: int = 3) -> str:
    shown = list(names[:most])
    if len(names) > most:
        return f"{', '.join(shown)} and {len(names) - most} more"
    return " and ".join(filter(None, [", ".join(shown[:-1]), shown[-1]]))
