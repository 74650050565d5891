"""A script that publishes one batch of a stream, and may be killed at a moment: a program for tests.

``python -m tests.etl.published MOMENT WAY TABLE``, where MOMENT is one of `tests.jobs.killed`, or ``never``.
"""

from __future__ import annotations

import sys

from headgate import etl
from headgate.jobs.session import spark_session
from tests.jobs.killed import arm

SUITE = {
    "name": "visits",
    "expectations": [
        {
            "id": "cost",
            "type": "expect_column_values_to_be_between",
            "kwargs": {"column": "cost", "min_value": 0},
            "severity": "critical",
        }
    ],
}

if __name__ == "__main__":
    moment, way, table = sys.argv[1:]
    if moment != "never":
        arm(moment, way)
    with spark_session(app="published", small=True) as spark:
        rows = spark.createDataFrame([(1, 5.0), (2, 6.0), (3, -1.0)], "visit int, cost double")
        outcome = etl.publish(rows, table, suite=SUITE, batch_id=7, tolerance=0.5)
        print(outcome.status)
