"""A whole process far from English and UTC gives the same rows and the same verdicts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession

from headgate.quality import flag_failures, validate
from tests import engines
from tests.etl.test_contract import CASES, RECORD, ROWS, SCHEMA, collect
from tests.quality.suites import rule, suite_of

ROOT = Path(__file__).parents[1]

TURKISH = {
    "JAVA_TOOL_OPTIONS": "-Duser.language=tr -Duser.country=TR -Duser.timezone=Asia/Kathmandu",
    "LC_ALL": "tr_TR.UTF-8",
    "LANG": "tr_TR.UTF-8",
    "TZ": "Asia/Kathmandu",
}

IN_ANOTHER_PROCESS = """
import json, sys
from pathlib import Path
from tests import engines
from tests.test_locale import rows_of, verdicts_of
with engines.session(engines.CLASSIC, Path(sys.argv[1])) as spark:
    spark.conf.set("spark.sql.session.timeZone", "Asia/Kathmandu")
    locale = spark._jvm.java.util.Locale.getDefault().toString()
    print(json.dumps({"locale": locale, "rows": rows_of(spark), "verdicts": verdicts_of(spark)}))
"""


def rows_of(spark: SparkSession) -> dict[str, list[str]]:
    frame = spark.createDataFrame(ROWS, SCHEMA).coalesce(1).cache()
    return {
        f"{at} {this}": list(map(repr, collect(frame.transform(this.make(**this.parameters)))))
        for at, this in enumerate(CASES)
    }


def verdicts_of(spark: SparkSession) -> Any:
    """Rules about letter case, and about numbers and dates as texts: what a locale may touch."""
    df = spark.createDataFrame(
        [
            ("TITLE", Decimal("0.00000001"), 1234567.5, "2024-03-31"),
            ("title", Decimal("1.5"), 0.25, "31.03.2024"),
        ],
        "Title string, amount decimal(9,8), weight double, day string",
    )
    suite = suite_of(
        rule("column_values_to_be_in_set", id="case", column="TITLE", value_set=["title"]),
        rule("column_values_to_match_regex", id="pattern", column="title", regex="(?i)^TITLE$"),
        rule("column_value_lengths_to_be_between", id="length", column="amount", max_value=4),
        rule("column_values_to_be_in_set", id="number", column="weight", value_set=["1234567.5", "0.25"]),
        rule("column_values_to_be_between", id="day", column="day", min_value="2024-01-01"),
        rule("column_mean_to_be_between", id="mean", column="weight", max_value=1.5),
    )
    failures = [
        sorted((failure.expectation_id, failure.value) for failure in row["_failures"])
        for row in df.transform(flag_failures(suite)).orderBy("weight").collect()
    ]
    found = {result.id: [result.success, result.result] for result in validate(df, suite).results}
    return json.loads(json.dumps([failures, found], default=str))


@engines.lack("a JVM to be started in another locale", engines.CONNECT, engines.SAIL)
def test_a_turkish_process_in_kathmandu_gives_the_same(spark: SparkSession, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", IN_ANOTHER_PROCESS, str(tmp_path)],
        env={**os.environ, **TURKISH},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["locale"] == "tr_TR"
    assert told["rows"] == json.loads(RECORD.read_text())
    assert told["verdicts"] == verdicts_of(spark)
