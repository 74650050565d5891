"""What people see while a job works: a live table, plain lines, or JSON lines for machines."""

from __future__ import annotations

import json
import sys
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Literal

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, SpinnerColumn, Task, TaskID, TimeElapsedColumn
from rich.text import Text

from headgate.etl.lake.ledger import Entry
from headgate.quality.oneline import shown

__all__ = ["LogFormat", "Watch", "watching"]

LogFormat = Literal["auto", "text", "json"]


class Watch(ABC):
    """Told what happens, from whichever thread it happens in."""

    @abstractmethod
    def stage(self, stage: str, datasets: Sequence[str]) -> None:
        """A stage begins, with these datasets to do."""

    @abstractmethod
    def start(self, stage: str, dataset: str) -> None:
        """Work on one dataset begins."""

    @abstractmethod
    def finish(self, entry: Entry) -> None:
        """Work on one dataset has ended."""

    @abstractmethod
    def say(self, text: str) -> None:
        """Anything else worth a line."""


def _told(entry: Entry) -> str:
    """The counts of an entry, in words, those that are zero left out."""
    seconds = max((entry.finished_at - entry.started_at).total_seconds(), 0.001)
    if entry.status == "unchanged":
        return f"unchanged (last published: {entry.published:,} rows)"
    if entry.status in ("refused", "failed"):
        return f"{entry.status}: {entry.error}"
    parts = [f"{entry.read:,} read"] if entry.read else []
    parts += [f"{entry.published:,} published"]
    counts = {
        "superseded": entry.superseded,
        "duplicates": entry.duplicates,
        "quarantined": entry.quarantined,
    }
    parts += [f"{count:,} {name}" for name, count in (counts | dict(entry.dropped)).items() if count]
    return f"{', '.join(parts)} · {entry.read / seconds:,.0f} rows/s · {seconds:.1f} s"


def _print_line(line: str) -> None:
    # The work goes on, though whoever read of it has gone.
    with suppress(BrokenPipeError):
        print(line, file=sys.stderr, flush=True)


class _Lines(Watch):
    """Plain lines: one for each piece of work, and one for all of a stage that stands as it stood."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.heading: str | None = None
        self.unchanged: list[Entry] = []

    def _print(self, text: str) -> None:
        with self.lock:
            self._tell_standing()
            self._line(text)

    @staticmethod
    def _line(text: str) -> None:
        _print_line(shown(text))

    def _tell_standing(self) -> None:
        if self.unchanged:
            rows = sum(entry.published for entry in self.unchanged)
            stage, several = self.unchanged[0].stage, len(self.unchanged)
            name = self.unchanged[0].dataset if several == 1 else f"{several} of them"
            self._line(f"  {stage:<7} {name:<26} unchanged (last published: {rows:,} rows)")
            self.unchanged = []

    def stage(self, stage: str, datasets: Sequence[str]) -> None:
        with self.lock:
            self._tell_standing()
            self.heading = f"{stage}: {', '.join(datasets)}"

    def start(self, stage: str, dataset: str) -> None:
        """Plain lines tell the end of each step only, or logs grow twice as long."""

    def finish(self, entry: Entry) -> None:
        if entry.status == "unchanged":
            with self.lock:
                if self.unchanged and self.unchanged[0].stage != entry.stage:
                    self._tell_standing()
                self.unchanged.append(entry)
            return
        with self.lock:
            if self.heading is not None:
                self._line(self.heading)
                self.heading = None
            self._tell_standing()
            self._line(f"  {entry.stage:<7} {entry.dataset:<26} {_told(entry)}")

    def say(self, text: str) -> None:
        self._print(text)


class _Json(Watch):
    def __init__(self) -> None:
        self.lock = threading.Lock()

    def _print(self, event: str, **fields: object) -> None:
        line = json.dumps({"at": datetime.now(UTC).isoformat(), "event": event, **fields}, default=str)
        with self.lock:
            _print_line(line)

    def stage(self, stage: str, datasets: Sequence[str]) -> None:
        self._print("stage", stage=stage, datasets=list(datasets))

    def start(self, stage: str, dataset: str) -> None:
        self._print("start", stage=stage, dataset=dataset)

    def finish(self, entry: Entry) -> None:
        fields = {name: value for name, value in entry.to_json().items() if name != "details"}
        self._print("finish", **fields)

    def say(self, text: str) -> None:
        self._print("message", text=text)


class _Words(ProgressColumn):
    """A field of a task, which is a `Text`: what stands in names and errors is no markup."""

    def __init__(self, field: str, width: int = 0) -> None:
        super().__init__()
        self.field, self.width = field, width

    def render(self, task: Task) -> Text:
        text: Text = task.fields[self.field].copy()
        text.pad_right(max(0, self.width - len(text)))
        return text


class _Live(Watch):
    def __init__(self, progress: Progress) -> None:
        self.progress = progress
        self.tasks: dict[tuple[str, str], TaskID] = {}

    def stage(self, stage: str, datasets: Sequence[str]) -> None:
        for dataset in datasets:
            self.tasks[stage, dataset] = self.progress.add_task(
                "",
                total=1,
                start=False,
                what=Text.assemble((shown(stage), "dim"), " ", shown(dataset)),
                told=Text("waiting", "dim"),
            )

    def start(self, stage: str, dataset: str) -> None:
        if (stage, dataset) not in self.tasks:
            self.stage(stage, [dataset])
        self.progress.start_task(self.tasks[stage, dataset])
        self.progress.update(self.tasks[stage, dataset], told=Text("working …"))

    def finish(self, entry: Entry) -> None:
        colour = {"done": "green", "unchanged": "dim", "refused": "red", "failed": "red"}[entry.status]
        task = self.tasks[entry.stage, entry.dataset]
        self.progress.update(task, completed=1, told=Text(shown(_told(entry)), colour))

    def say(self, text: str) -> None:
        self.progress.console.print(Text(shown(text)), highlight=False, soft_wrap=True)


@contextmanager
def watching(log_format: LogFormat = "auto") -> Iterator[Watch]:
    """What to tell progress to, on standard error, as long as the block lasts.

    Parameters
    ----------
    log_format : {'auto', 'text', 'json'}
        ``auto`` is live on a terminal and plain lines elsewhere.
    """
    console = Console(stderr=True)
    if log_format == "json":
        yield _Json()
    elif log_format == "text" or not console.is_terminal:
        yield _Lines()
    else:
        columns = (
            SpinnerColumn(finished_text="✓"),
            _Words("what", width=36),
            BarColumn(bar_width=12),
            TimeElapsedColumn(),
            _Words("told"),
        )
        with Progress(*columns, console=console) as progress:
            yield _Live(progress)
