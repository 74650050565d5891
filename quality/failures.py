"""The failures that rows carry, and how many there are of each."""

from __future__ import annotations

from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

__all__ = ["FAILURES", "FAILURE_TYPE", "FailureCount", "count_failures", "sample"]

FAILURES = "_failures"
"""The metadata column in which failing rows carry their reasons."""

FAILURE_TYPE = T.ArrayType(
    T.StructType(
        [
            T.StructField("expectation_id", T.StringType()),
            T.StructField("expectation_type", T.StringType()),
            T.StructField("column", T.StringType()),
            T.StructField("value", T.StringType()),
            T.StructField("severity", T.StringType()),
        ]
    )
)
"""One struct per rule that the row breaks; a row that breaks none holds an empty array."""

_EXAMPLES = 5
_EXAMPLE_LENGTH = 200


@dataclass(frozen=True)
class FailureCount:
    """How many rows break one rule.

    Attributes
    ----------
    expectation_id, expectation_type, severity : str
        The rule.
    column : str or None
        The columns it speaks about, as one text.
    rows : int
        Rows that break it.
    examples : tuple of str
        At most five different values that break it, cut to 200 characters.
    """

    expectation_id: str
    expectation_type: str
    column: str | None
    severity: str
    rows: int
    examples: tuple[str, ...]


def count_failures(staged: DataFrame) -> list[FailureCount]:
    """Count the rows that break each rule, in one job.

    Parameters
    ----------
    staged : DataFrame
        Rows with ``_failures``.

    Returns
    -------
    list of FailureCount
        One for each rule that any row breaks, in the order of their ids: never more than the
        suite is long.

    Examples
    --------
    >>> from headgate.quality import flag_failures, load_suite
    >>> suite = load_suite('''{"name": "people", "expectations": [{"id": "named",
    ...     "type": "expect_column_values_to_not_be_null", "kwargs": {"column": "name"}}]}''',
    ...     source="people.json")
    >>> people = spark.createDataFrame([("a",), (None,)], "name string")
    >>> flagged = people.transform(flag_failures(suite))
    >>> [(count.expectation_id, count.rows) for count in count_failures(flagged)]
    [('named', 1)]
    """
    counts = (
        staged.select(F.explode(FAILURES).alias("failure"))
        # By the id alone, but for problems, which have no rule of their own.
        .groupBy(
            *(f"failure.{name}" for name in ("expectation_id", "expectation_type", "column", "severity"))
        )
        .agg(
            F.count(F.lit(1)).alias("rows"),
            sample("failure.value").alias("examples"),
        )
    )
    found = [FailureCount(**{**row.asDict(), "examples": tuple(row["examples"])}) for row in counts.collect()]
    return sorted(found, key=lambda count: count.expectation_id)


def sample(value: str) -> Column:
    """Aggregate a few different texts of a group, cut, sorted, and the same every time.

    Parameters
    ----------
    value : str
        The column's name.
    """
    text = F.substring(value, 1, _EXAMPLE_LENGTH)
    # The one with the least hash under each of a few seeds.
    picks = [F.min_by(text, F.xxhash64(text, F.lit(seed))) for seed in range(_EXAMPLES)]
    return F.array_sort(F.array_distinct(F.array_compact(F.array(*picks))))
