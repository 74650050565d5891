"""Files of a folder as a source: each delivery of a file is taken in once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pyspark.sql import SparkSession

from headgate.etl.lake.arrivals import MANIFEST
from headgate.etl.lake.manifest import Landed, Manifest, Withdrawn
from headgate.etl.sources.formats import FileFormat
from headgate.etl.sources.landing import read_landing, reading_of
from headgate.etl.sources.listing import hidden_files, landed_files
from headgate.etl.sources.source import Batch, Offsets
from headgate.etl.sources.survey import SourceFile, survey_landing

__all__ = ["Files"]

SOME = 5


@dataclass(frozen=True, kw_only=True)
class Files:
    """The files of a folder that match a pattern. Its offsets are the manifest of what was taken in.

    Parameters
    ----------
    dataset : str
        For errors.
    folder, pattern : str
        The landing folder, any URI that Spark reads, and a glob below it.
    form : FileFormat
        How they are written.
    say : callable
        Told of what a person should know, a line each.
    """

    dataset: str
    folder: str
    pattern: str
    form: FileFormat
    say: Callable[[str], None] = lambda line: None

    def read(self, spark: SparkSession, *, since: Offsets | None, at: datetime) -> Batch | None:
        """The records of files that are new, or say something new. See `headgate.etl.sources.source.Source`.

        All files are surveyed before the first record is read.
        """
        manifest = Manifest.from_json(since[MANIFEST]) if since else Manifest()
        reading = reading_of(self.form)
        place: dict[str, Any] = {
            "dataset": self.dataset,
            "folder": self.folder,
            "pattern": self.pattern,
            "fmt": self.form,
        }
        found = landed_files(spark, dataset=self.dataset, folder=self.folder, pattern=self.pattern)
        self._tell_hidden(hidden_files(found, folder=self.folder))
        landed = survey_landing(spark, found, **place)
        new = manifest.missing(landed, reading=reading)
        gone = manifest.withdrawn(landed, members=self.form.member or "*")
        self._tell_staying(manifest.read_otherwise(landed, reading=reading))
        if not new and not gone:
            return None
        moment, known = manifest.next_moment(at), manifest.columns(reading=reading)
        taken: list[Landed] = [*new, *gone]
        after = manifest.took_in(taken, reading=reading, at=moment)
        return Batch(
            df=read_landing(spark, new, **place, ingested_at=moment, known=known),
            id=_id_of(taken),
            offsets={MANIFEST: after.to_json()},
            details=_details(manifest, new, gone, known, after.columns(reading=reading)),
        )

    def _tell_hidden(self, hidden: Sequence[str]) -> None:
        if hidden:
            names = ", ".join(hidden)
            self.say(f"warning: {self.dataset}: passed over, as names with _ or . in front are: {names}")

    def _tell_staying(self, stay: Sequence[str]) -> None:
        if stay:
            some = ", ".join(stay[:SOME]) + (" …" if len(stay) > SOME else "")
            self.say(
                f"{self.dataset}: files that are not in the landing any more stay as an earlier source "
                f"section read them: {some}"
            )


def _id_of(files: Sequence[Landed]) -> str:
    text = json.dumps([[file.file, file.hash] for file in files])
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _details(
    manifest: Manifest,
    new: Sequence[SourceFile],
    gone: Sequence[Withdrawn],
    known: Sequence[str],
    columns: Sequence[str],
) -> dict[str, Any]:
    before, lower = manifest.newest(), {column.lower() for column in known}
    again = [file.file for file in new if file.file in before]
    added = [column for column in columns if column.lower() not in lower]
    return {
        "files": [file.file for file in new],
        **({"delivered_again": again} if again else {}),
        **({"withdrawn": [file.file for file in gone]} if gone else {}),
        **({"columns_added": added} if known and added else {}),
    }
