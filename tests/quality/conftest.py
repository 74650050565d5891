"""A session for comparing with Great Expectations."""

from __future__ import annotations

import pytest

from tests import engines


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
    with engines.settings(spark, settings):
        yield spark
