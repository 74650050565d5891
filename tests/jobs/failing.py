"""Many failing rows through `validate` and the gate, where Spark may give the driver next to nothing.

``python -m tests.jobs.failing ROWS LAKE`` is a program for `test_driver_memory`: it prints what it found,
and the greatest memory that its Python has taken.
"""

from __future__ import annotations

import json
import resource
import sys

from pyspark.sql import functions as F

from quality import load_suite, validate
from tests.bench.lineitem import session
from tests.gated import gated

RULES = [
    ("expect_column_values_to_be_between", {"column": "id", "min_value": 0}),
    ("expect_column_values_to_be_unique", {"column": "twin"}),
]

if __name__ == "__main__":
    count, lake = int(sys.argv[1]), sys.argv[2]
    # What all tasks of a job may send to the driver: Spark ends the job where it is more.
    spark = session(settings={"spark.driver.maxResultSize": "4m"})
    failing = spark.range(count).select(
        (-F.col("id") - 1).alias("id"),
        (F.col("id") / 2).cast("bigint").alias("twin"),
    )
    good = spark.sql("SELECT 1L AS id, -1L AS twin")
    rows = failing.unionAll(good)
    rules = [{"type": name, "kwargs": kwargs} for name, kwargs in RULES]
    suite = load_suite(json.dumps({"name": "failing", "expectations": rules}), source="failing")
    report = validate(rows, suite)
    entry = gated(rows, suite, lake, table="failing", tolerance=1.0)
    print(
        json.dumps(
            {
                "unexpected": [result.unexpected_count for result in report.results],
                "examples": [len(result.examples) for result in report.results],
                "quarantined": entry.quarantined,
                "status": entry.status,
                "python_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
            }
        )
    )
