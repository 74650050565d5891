"""Many failing rows through `validate` and the gate, where Spark may give the driver next to nothing.

``python -m tests.jobs.failing LAKE ROWS…`` is a program for `test_driver_memory`: for each number of rows it
prints what it found, and the greatest memory that its Python has taken until then.
"""

from __future__ import annotations

import json
import resource
import sys
from typing import Any

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from headgate.quality import Suite, load_suite, validate
from tests.bench.lineitem import session
from tests.gated import gated

RULES = [
    ("expect_column_values_to_be_between", {"column": "id", "min_value": 0}),
    ("expect_column_values_to_be_unique", {"column": "twin"}),
]


def found(spark: SparkSession, suite: Suite, lake: str, count: int) -> dict[str, Any]:
    failing = spark.range(count).select(
        (-F.col("id") - 1).alias("id"),
        (F.col("id") / 2).cast("bigint").alias("twin"),
    )
    rows = failing.unionAll(spark.sql("SELECT 1L AS id, -1L AS twin"))
    report = validate(rows, suite)
    entry = gated(rows, suite, lake, table=f"failing_{count}", tolerance=1.0)
    return {
        "unexpected": [result.unexpected_count for result in report.results],
        "examples": [len(result.examples) for result in report.results],
        "quarantined": entry.quarantined,
        "status": entry.status,
        "python_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


if __name__ == "__main__":
    # What all tasks of a job may send to the driver: Spark ends the job where it is more.
    spark = session(settings={"spark.driver.maxResultSize": "1m"})
    rules = [{"type": name, "kwargs": kwargs} for name, kwargs in RULES]
    suite = load_suite(json.dumps({"name": "failing", "expectations": rules}), source="failing")
    for count in map(int, sys.argv[2:]):
        print(json.dumps(found(spark, suite, sys.argv[1], count)), flush=True)
