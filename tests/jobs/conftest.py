"""Jobs run on a handful of rows."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _few_rows(request: pytest.FixtureRequest) -> None:
    if "spark" in request.fixturenames:
        request.getfixturevalue("few_rows")
