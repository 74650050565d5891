"""The star schema: dimensions, calendars, and the facts that refer to them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from headgate.conf.names import Closed, Column, Columns, Day, Name, SuiteFile
from headgate.conf.steps import Step
from headgate.conf.trends import Trends

__all__ = ["Calendar", "Dimension", "Fact", "Reference", "Star"]

Keys = Annotated[Columns, Field(min_length=1)]


class Dimension(Closed):
    """What facts are grouped and filtered by: one row per natural key, and one for 'unknown'."""

    from_: Name = Field(alias="from", description="The dataset it is made from.", examples=["patients"])
    key: Name = Field(description="The name of its surrogate key.", examples=["patient_key"])
    natural_key: Keys = Field(
        description="The columns that identify a row in the source.", examples=[["patient_id"]]
    )
    attributes: Columns = Field(
        (), description="The columns that describe a row.", examples=[["sex", "birth_date"]]
    )
    order_by: Columns = Field(
        (),
        description="Where a natural key repeats, the last row in this order wins, texts that are numbers by "
        "their size; '-name' turns it round.",
        examples=[["encounter_id"]],
    )
    steps: tuple[Step, ...] = Field(
        (), description="Steps on the curated rows before the dimension is made.", examples=[["trim_text"]]
    )
    suite: SuiteFile = Field(
        description="The Great Expectations suite that the dimension must pass.",
        examples=["suites/dim_patient.json"],
    )
    trends: Trends = Field(
        Trends(),
        description="What each batch keeps for later ones, and how far back one looks.",
        examples=[{"runs": 30}],
    )


class Calendar(Closed):
    """A dimension with a row for each day, and one for 'unknown'."""

    key: Name = Field(description="The name of its key.", examples=["date_key"])
    from_: Day = Field(alias="from", description="The first day.", examples=["2015-01-01"])
    to: Day = Field(description="The last day.", examples=["2025-12-31"])


class Reference(Closed):
    """How a fact finds its row in a dimension."""

    dimension: Name = Field(description="A dimension or calendar of this star.", examples=["dim_patient"])
    on: Mapping[Column, Column] = Field(
        min_length=1,
        description="The fact's column for each column of the natural key (`date` in a calendar).",
        examples=[{"patient_id": "patient_id"}],
    )


class Fact(Closed):
    """Events or measurements: keys into the dimensions, and numbers."""

    from_: Name = Field(alias="from", description="The dataset it is made from.", examples=["encounters"])
    steps: tuple[Step, ...] = Field(
        (),
        description="Steps on the curated rows before the keys are looked up, such as unpivot_columns.",
        examples=[
            [{"unpivot_columns": {"columns": ["diag_1", "diag_2"], "value": "code", "position": "position"}}]
        ],
    )
    grain: Keys = Field(
        description="The columns that identify a row: what one row is.", examples=[["encounter_id"]]
    )
    references: Mapping[Name, Reference] = Field(
        {},
        description="The fact's keys, each with the dimension that it points to.",
        examples=[{"patient_key": {"dimension": "dim_patient", "on": {"patient_id": "patient_id"}}}],
    )
    columns: Columns = Field(
        description="The columns that are kept besides the keys.",
        examples=[["encounter_id", "length_of_stay"]],
    )
    suite: SuiteFile = Field(
        description="The Great Expectations suite that the fact must pass.",
        examples=["suites/fact_encounter.json"],
    )
    trends: Trends = Field(
        Trends(),
        description="What each batch keeps for later ones, and how far back one looks.",
        examples=[{"runs": 30}],
    )


class Star(Closed):
    """The tables that analysts and exports read."""

    dimensions: Mapping[Name, Dimension] = Field({}, description="Dimensions by table name.")
    calendars: Mapping[Name, Calendar] = Field({}, description="Date dimensions by table name.")
    facts: Mapping[Name, Fact] = Field({}, description="Facts by table name.")

    @property
    def tables(self) -> tuple[str, ...]:
        """The names of all tables, in the order in which they are made."""
        return (*self.calendars, *self.dimensions, *self.facts)
