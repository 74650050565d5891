"""What people and machines read while a job works."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from headgate.etl.lake.ledger import Entry
from headgate.jobs.progress import watching

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
ENTRY = Entry(
    run_id="r", pipeline="p", stage="curate", dataset="labs", status="done", started_at=NOON,
    finished_at=NOON + timedelta(seconds=2), read=3000, published=2990, duplicates=10,
)  # fmt: skip


def test_lines_tell_counts_and_rates(capsys: pytest.CaptureFixture[str]) -> None:
    with watching("text") as watch:
        watch.stage("curate", ["labs"])
        watch.start("curate", "labs")
        watch.finish(ENTRY)
        watch.finish(replace(ENTRY, status="unchanged"))
        watch.finish(replace(ENTRY, status="refused", error="too many bad rows"))
    said = capsys.readouterr()
    assert said.out == ""
    assert "3,000 read, 2,990 published, 10 duplicates · 1,500 rows/s · 2.0 s" in said.err
    assert "unchanged (last published: 2,990 rows)" in said.err
    assert "refused: too many bad rows" in said.err


def test_machines_get_one_json_object_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    with watching("json") as watch:
        watch.stage("curate", ["labs"])
        watch.start("curate", "labs")
        watch.finish(ENTRY)
        watch.say("done")
    events = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [event["event"] for event in events] == ["stage", "start", "finish", "message"]
    assert (events[2]["dataset"], events[2]["duplicates"]) == ("labs", 10)
    assert "details" not in events[2]


def test_where_there_is_no_terminal_lines_are_plain(capsys: pytest.CaptureFixture[str]) -> None:
    with watching() as watch:
        watch.finish(ENTRY)
    assert "\x1b" not in capsys.readouterr().err


def test_names_and_errors_are_no_markup_and_steer_no_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "200")
    wrong = "no such file [/red] a\x1b[2Jb\u202e.csv"
    with watching() as watch:
        watch.stage("curate", ["la[/]bs"])
        watch.start("curate", "la[/]bs")
        watch.finish(replace(ENTRY, dataset="la[/]bs", status="failed", error=wrong))
        watch.say(wrong)
    with watching("text") as watch:
        watch.say(wrong)
    said = capsys.readouterr().err
    assert said.count("[/red] a\\x1b[2Jb\\u202e.csv") >= 3
    assert "la[/]bs" in said
    assert "\x1b[2J" not in said
