"""Jobs on a handful of rows: their plans are interpreted, as a laptop's session does it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from jobs.session import SMALL_SETTINGS
from tests import engines

ONE_TASK = {"spark.sql.shuffle.partitions": "1", "spark.databricks.delta.snapshotPartitions": "1"}
"""A second task has no row to work on, and costs as much as the first."""


@pytest.fixture(autouse=True)
def interpreted(request: pytest.FixtureRequest) -> Iterator[None]:
    """To compile each of hundreds of plans would cost more than it gives."""
    if "spark" not in request.fixturenames:
        yield
        return
    with engines.settings(request.getfixturevalue("spark"), SMALL_SETTINGS | ONE_TASK):
        yield
