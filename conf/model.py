"""A pipeline: the whole of one YAML file, as frozen values.

Every function of the jobs is handed its own slice (a `Dataset`, a `Fact` …) and never the file.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from headgate.conf.dataset import Dataset
from headgate.conf.export import Export, Model
from headgate.conf.names import Closed, Column, Columns, Name, Whole
from headgate.conf.star import Calendar, Dimension, Fact, Star

__all__ = ["NAMED", "Pipeline", "Simulate"]

Disclosed = Literal["show", "mask", "hide"]
Location = Annotated[str, Field(min_length=1)]


class Simulate(Closed):
    """A made-up landing, for a first run without data of one's own."""

    patients: Annotated[Whole, Field(ge=10, le=790_000)] = Field(
        2000, description="How many patients to make.", examples=[2000]
    )
    seed: Whole = Field(7, description="The same seed makes the same files.", examples=[7])


class Pipeline(Closed):
    """From landing files to curated tables, a star schema and training sets."""

    name: Name = Field(
        description="The pipeline's name, as reports and the ledger show it.", examples=["hospital"]
    )
    landing: Location | None = Field(
        None,
        description="The folder with the source's files, a path or an s3:// address; by default in the lake.",
        examples=["${LANDING:-/data/hospital}"],
    )
    lake: Location | None = Field(
        None,
        description="The folder of the lake's zones; --lake overrides it.",
        examples=["s3://bucket/lake"],
    )
    simulate: Simulate | None = Field(None, description="Make the landing where there is none.")
    datasets: Annotated[Mapping[Name, Dataset], Field(min_length=1)] = Field(
        description="The tables of the curated zone by name."
    )
    examples: Disclosed | Mapping[Column, Disclosed] | None = Field(
        None,
        description="What ledger, report, summary, Data Docs and logs may tell of values: show, mask or hide "
        "them, everywhere or by column. By default the columns of `pii`, and those whose names look like it, "
        "are masked.",
        examples=["hide", {"visit_id": "show", "notes": "hide"}],
    )
    pii: Columns = Field(
        (), description="Columns about persons, in any table: their values are masked.", examples=[["mrn"]]
    )
    star: Star = Field(Star(), description="The star schema over the curated tables.")
    exports: Mapping[Name, Export] = Field({}, description="Training sets by name.")
    model: Model | None = Field(None, description="The model to train on one of the exports.")


NAMED: dict[tuple[str, ...], type[Closed]] = {
    ("datasets",): Dataset,
    ("star", "dimensions"): Dimension,
    ("star", "calendars"): Calendar,
    ("star", "facts"): Fact,
    ("exports",): Export,
}
"""Where the file's author chooses the names, and what stands under each."""
