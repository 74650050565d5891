"""Jobs on a handful of rows: their plans are interpreted, as a laptop's session does it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from jobs.session import SMALL_SETTINGS


@pytest.fixture(autouse=True)
def interpreted(request: pytest.FixtureRequest) -> Iterator[None]:
    """To compile each of hundreds of plans would cost more than it gives."""
    if "spark" not in request.fixturenames:
        yield
        return
    spark = request.getfixturevalue("spark")
    before = {name: spark.conf.get(name, None) for name in SMALL_SETTINGS}
    for name, value in SMALL_SETTINGS.items():
        spark.conf.set(name, value)
    yield
    for name, value in before.items():
        spark.conf.unset(name) if value is None else spark.conf.set(name, value)
