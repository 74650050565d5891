"""Trends: how a batch is compared with those before it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from headgate.conf.names import Closed, Whole

__all__ = ["Trends"]


class Trends(Closed):
    """What each batch keeps for later ones, and how far back a suite's trends look."""

    runs: Annotated[Whole, Field(ge=1, le=1000)] = Field(
        7, description="How many of the batches published last a suite's trends are made of.", examples=[30]
    )
    numbers: Literal["asked", "all"] = Field(
        "asked",
        description="The columns whose sum, spread, least and greatest value are kept: those whose trends "
        "the suite asks for, or all, so that there is a history on the day when it asks.",
        examples=["all"],
    )
