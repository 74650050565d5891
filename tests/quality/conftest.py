"""A session for comparing with Great Expectations."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="module")
def brisk(spark):
    """Hundreds of plans over a handful of rows: to compile each would cost more than it gives."""
    settings = {
        "spark.sql.adaptive.enabled": "false",
        "spark.sql.codegen.factoryMode": "NO_CODEGEN",
        "spark.sql.codegen.wholeStage": "false",
        "spark.sql.shuffle.partitions": "1",
        "spark.sql.ansi.enabled": "false",
    }
    before = {name: spark.conf.get(name, None) for name in settings}
    for name, value in settings.items():
        spark.conf.set(name, value)
    yield spark
    for name, value in before.items():
        spark.conf.unset(name) if value is None else spark.conf.set(name, value)
