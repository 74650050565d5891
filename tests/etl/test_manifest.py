"""What the raw zone remembers of the files that it took in: pure, held against a plain model of a landing."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from headgate.etl.lake.arrivals import Arrivals, HistoryLostError
from headgate.etl.lake.manifest import Delivery, Manifest
from headgate.etl.sources.formats.delimited import Delimited
from headgate.etl.sources.landing import reading_of
from headgate.etl.sources.survey import SourceFile

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)


@dataclass
class Lake:
    """A raw zone that is only a manifest, and what a table made of it should hold."""

    manifest: Manifest = field(default_factory=Manifest)
    version: int = -1
    clock: datetime = NOON

    def ingest(self, landing: dict[str, str], reading: str = "plain") -> list[str]:
        landed = [SourceFile(file, content, ("id",)) for file, content in sorted(landing.items())]
        new = self.manifest.missing(landed, reading=reading)
        if new:
            at = self.manifest.next_moment(self.clock)
            self.version += 1
            after = self.manifest.took_in(new, reading=reading, at=at)
            # As it goes through the note of a commit.
            after = Manifest.from_json(json.loads(json.dumps(after.to_json())))
            self.manifest = after.committed(self.version)
        return [file.file for file in new]

    def arrivals(self) -> Arrivals:
        return Arrivals(commit=None, version=self.version, newest=self.version, manifest=self.manifest)

    def stands(self, redelivery: str = "replace") -> list[tuple[str, str, str | None]]:
        gone = self.manifest.superseded(redelivery)  # type: ignore[arg-type]
        return sorted((d.file, d.hash, d.reading) for d in self.manifest.deliveries if d not in gone)


def test_a_file_is_taken_in_when_its_content_or_its_reading_is_not_the_last_one() -> None:
    lake = Lake()
    assert lake.ingest({"a": "1", "b": "1"}) == ["a", "b"]
    assert lake.ingest({"a": "1", "b": "1"}) == []
    assert lake.ingest({"a": "2"}) == ["a"]  # archived files are not asked for
    assert lake.ingest({"a": "1", "b": "1"}) == ["a"]  # back to an earlier content
    assert lake.stands() == [("a", "1", "plain"), ("b", "1", "plain")]
    assert lake.stands("append") == [("a", "1", "plain")] * 2 + [("a", "2", "plain"), ("b", "1", "plain")]
    assert lake.ingest({"a": "1", "b": "1"}, reading="latin") == ["a", "b"]
    assert lake.stands() == [("a", "1", "latin"), ("b", "1", "latin")]
    # What is read once more is no second delivery.
    assert lake.stands("append") == [("a", "1", "latin"), ("a", "2", "plain"), ("b", "1", "latin")]


REPORTS: dict[str, tuple[list[dict[str, str]], list[list[str]]]] = {
    # Each: what lies in the landing, run by run, by name and content; which files are taken in.
    "two files of one moment (Hudi 1723, Glue)": ([{"a": "1"}, {"a": "1", "b": "2"}], [["a"], ["b"]]),
    "a name that sorts before (dlt 2124)": ([{"b": "1"}, {"a": "1", "b": "1"}], [["b"], ["a"]]),
    "touched, or uploaded again as it was (COPY INTO, Snowpipe)": ([{"a": "1"}, {"a": "1"}], [["a"], []]),
    "overwritten by as many bytes (mtime and size are equal)": ([{"a": "1"}, {"a": "2"}], [["a"], ["a"]]),
    "equal bytes under two names (ETag as identity)": ([{"a": "1"}, {"a": "1", "b": "1"}], [["a"], ["b"]]),
    "deleted, and delivered again as it was": ([{"a": "1"}, {}, {"a": "1"}], [["a"], [], []]),
    "deleted, and delivered again otherwise": ([{"a": "1"}, {}, {"a": "2"}], [["a"], [], ["a"]]),
    "there and back (allowOverwrites)": ([{"a": "1"}, {"a": "2"}, {"a": "1"}], [["a"], ["a"], ["a"]]),
    "two files change places": ([{"a": "1", "b": "2"}, {"a": "2", "b": "1"}], [["a", "b"], ["a", "b"]]),
    "names that differ by case (S3)": ([{"a": "1"}, {"a": "1", "A": "1"}], [["a"], ["A"]]),
    "a late file for an old day (bookmark by partition)": (
        [{"d2/a": "1"}, {"d1/a": "1", "d2/a": "1"}], [["d2/a"], ["d1/a"]],
    ),
}  # fmt: skip


@pytest.mark.parametrize("report", REPORTS)
def test_what_others_have_missed_or_taken_in_twice(report: str) -> None:
    landings, expected = REPORTS[report]
    lake = Lake()
    assert [lake.ingest(landing) for landing in landings] == expected
    assert lake.ingest(landings[-1]) == []


def test_more_files_than_a_history_of_a_few_thousand_are_remembered() -> None:
    lake = Lake()
    every = {f"2024/{n:05}.csv": "1" for n in range(12_000)}
    lake.ingest(every)
    assert lake.ingest(every | {"2023/00000.csv": "1"}) == ["2023/00000.csv"]
    assert lake.ingest(every) == []
    assert len(json.dumps(lake.manifest.to_json())) < 12_000 * 50


def test_the_clock_of_another_machine_does_not_decide_what_is_newest() -> None:
    lake = Lake()
    lake.ingest({"a": "1"})
    lake.clock -= timedelta(hours=2)
    lake.ingest({"a": "2"})
    assert lake.stands() == [("a", "2", "plain")]


@pytest.mark.parametrize("seed", range(20))
def test_what_stands_is_what_the_landing_said_last_of_each_file(seed: int) -> None:
    """Whatever is delivered, archived and read otherwise, and whenever the table is published in between."""
    chance = random.Random(seed)
    lake, said, landing = Lake(), {}, {}
    table: set[Delivery] = set()
    published: int | None = None
    for _ in range(30):
        for file in chance.sample("abcd", k=chance.randint(0, 3)):
            if chance.random() < 0.2:
                landing.pop(file, None)
            else:
                landing[file] = chance.choice("123")
        reading = chance.choice(["plain", "plain", "latin"])
        lake.clock += timedelta(seconds=chance.choice([-7200, 0, 60]))
        lake.ingest(landing, reading)
        said |= {file: (content, reading) for file, content in landing.items()}
        assert lake.stands() == sorted((file, *of) for file, of in said.items())
        if lake.version >= 0 and chance.random() < 0.4:
            batch = lake.arrivals().batch("replace", after=published, dataset="d")
            moments = {d.at for d in lake.manifest.deliveries} if batch.moments is None else batch.moments
            new = {d for d in lake.manifest.deliveries if d.at in moments} - batch.superseded
            assert {(d.file, d.at) for d in batch.published} <= {(d.file, d.at) for d in table}
            left = {(d.file, d.at) for d in batch.published}
            table = {d for d in table if (d.file, d.at) not in left} | new
            published = lake.version
            assert sorted((d.file, d.hash, d.reading) for d in table) == lake.stands()
    moments = [d.at for d in sorted(lake.manifest.deliveries, key=lambda d: d.version or 0)]
    assert moments == sorted(moments)  # though the clock went back


def test_each_delivery_is_superseded_in_one_batch_only() -> None:
    lake = Lake()
    counted: list[Delivery] = []
    published = None
    for content in "123212":
        lake.ingest({"a": content})
        batch = lake.arrivals().batch("replace", after=published, dataset="d")
        counted.extend(batch.superseded)
        published = lake.version
    assert sorted((d.version or 0, d.hash) for d in counted) == list(enumerate("12321"))


def test_rows_that_another_has_taken_out_are_delivered_again() -> None:
    lake = Lake()
    lake.ingest({"a": "1", "b": "1"})
    lake.ingest({"a": "2"})
    first = [(d.file, d.at) for d in lake.manifest.deliveries if d.version == 0]
    lake.manifest = lake.manifest.seen(first)  # RESTORE to version 0
    assert ("a", "1", "plain") in lake.stands()
    assert lake.ingest({"a": "2", "b": "1"}) == ["a"]
    assert lake.stands() == [("a", "2", "plain"), ("b", "1", "plain")]


def test_a_member_that_an_archive_has_no_longer_is_withdrawn() -> None:
    def landed(*names: str) -> list[SourceFile]:
        return [SourceFile(name, "1", ("id",)) for name in names]

    first = landed("z.zip!a.csv", "z.zip!b.csv", "z.zip!x/c.csv", "y.zip!a.csv", "b.csv")
    manifest = Manifest().took_in(first, reading="plain", at=NOON)
    now = landed("z.zip!a.csv")  # of the files that are not there nothing is known, and of y.zip neither
    assert [gone.file for gone in manifest.withdrawn(now, members="*")] == ["z.zip!b.csv", "z.zip!x/c.csv"]
    assert [gone.file for gone in manifest.withdrawn(now, members="x/*")] == ["z.zip!x/c.csv"]
    after = manifest.took_in(manifest.withdrawn(now, members="*"), reading="plain", at=NOON + timedelta(1))
    after = Manifest.from_json(after.to_json())
    assert {d.file for d in after.superseded("replace")} == {"z.zip!b.csv", "z.zip!x/c.csv"}
    assert after.superseded("append") == set()
    assert after.withdrawn(now, members="*") == []
    assert after.missing(landed("z.zip!b.csv"), reading="plain") == landed("z.zip!b.csv")


def test_files_that_cannot_be_read_anew_are_told_when_the_format_changes() -> None:
    manifest = Manifest().took_in([SourceFile(n, "1", ("id",)) for n in "ab"], reading="latin", at=NOON)
    there = [SourceFile("b", "1", ("id",))]
    assert manifest.read_otherwise(there, reading="plain") == ["a"]
    assert manifest.read_otherwise(there, reading="latin") == []
    assert manifest.took_in(there, reading="plain", at=NOON).read_otherwise(there, reading="plain") == []


def test_a_file_without_a_record_is_not_missed() -> None:
    manifest = Manifest().took_in([SourceFile("a", "1", ("id",), empty=True)], reading="plain", at=NOON)
    manifest = Manifest.from_json(manifest.to_json())
    assert manifest.seen([]).missing([SourceFile("a", "1", ("id",))], reading="plain") == []


def test_columns_are_those_of_the_files_as_they_were_delivered_last_and_read_so() -> None:
    manifest = Manifest()
    for columns, reading, file in ((("id;x",), "commas", "a"), (("id", "x"), "semicolons", "a")):
        manifest = manifest.took_in([SourceFile(file, "1", columns)], reading=reading, at=NOON)
    assert manifest.columns(reading="semicolons") == ["id", "x"]
    assert manifest.columns(reading="commas") == []
    manifest = manifest.took_in([SourceFile("b", "1", ("ID", "y y"))], reading="semicolons", at=NOON)
    assert manifest.columns(reading="semicolons") == ["id", "x", "y_y"]


def test_the_log_that_does_not_tell_what_came_since_is_told_of() -> None:
    lake = Lake()
    lake.ingest({"a": "1"})
    with pytest.raises(HistoryLostError, match="mode: overwrite"):
        lake.arrivals().batch("replace", after=1, dataset="d")
    unknown = Manifest((Delivery(file="a", hash="1", at=NOON),))
    held = Arrivals(commit=None, version=4, newest=4, manifest=unknown)
    with pytest.raises(HistoryLostError, match="version 3"):
        held.batch("replace", after=2, dataset="d")
    assert held.batch("replace", after=4, dataset="d").moments == frozenset()


@pytest.mark.parametrize(
    ("fmt", "same"),
    [
        (Delimited(), True),
        (Delimited(member="*.csv", password="x"), True),
        (Delimited(encoding="cp1252"), False),
        (Delimited(delimiter=";"), False),
        (Delimited(columns=("id",)), False),
        (Delimited(header=False), False),
    ],
)
def test_a_reading_is_what_the_records_depend_on(fmt: Delimited, same: bool) -> None:
    assert (reading_of(fmt) == reading_of(Delimited())) is same
