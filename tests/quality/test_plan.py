"""What Spark makes of a planned rule."""

from __future__ import annotations

import re

import pytest

from headgate.quality import validate
from headgate.quality.plan import plan
from tests.quality.suites import rule, suite_of


@pytest.mark.parametrize(
    ("listed", "left"),
    [
        (["A", "N"], "(v IN (A,N) OR RLIKE(v, ^[AN]$))"),
        (["x", "y"], "(NOT v IN (x,y) AND RLIKE(v, ^[AN]$))"),
        (["A", "x"], "RLIKE(v, ^[AN]$)"),
    ],
)
def test_spark_finds_out_while_it_plans_whether_listed_texts_match(spark, listed, left):
    df = spark.createDataFrame([("A",)], "v string")
    like = rule("column_values_to_match_regex", column="v", regex="^[AN]$")
    planned, _ = plan(
        suite_of(like, rule("column_values_to_be_in_set", column="v", value_set=listed)), df.schema
    )
    optimized = df.select(planned.expected.alias("kept"))._jdf.queryExecution().optimizedPlan().toString()
    assert re.sub(r"#\d+", "", optimized).splitlines()[0] == f"Project [{left} AS kept]"


def test_a_text_of_fixed_width_is_matched_with_the_blanks_that_fill_it(spark, tmp_path):
    # Spark compares such a column as if the blanks were not there; a pattern sees them.
    spark.sql(f"CREATE TABLE delta.`{tmp_path}` (v char(2)) USING delta")
    spark.sql(f"INSERT INTO delta.`{tmp_path}` VALUES ('A')")
    like = rule("column_values_to_match_regex", id="like", column="v", regex="^[AN]$")
    listed = rule("column_values_to_be_in_set", id="listed", column="v", value_set=["A"])
    report = validate(spark.read.format("delta").load(str(tmp_path)), suite_of(like, listed))
    assert {name: result.success for name, result in report.by_id.items()} == {"like": False, "listed": True}
