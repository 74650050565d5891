"""Problems: values that a step before the gate could not read, as it recorded them in ``_problems``.

A problem of severity critical rejects its row, as in a pipeline. The column is a convention: any library may
write it, and this one knows but its name and its fields.
"""

from __future__ import annotations

from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql import types as T

from headgate.quality.failures import FAILURE_TYPE
from headgate.quality.reserved import PROBLEMS

__all__ = ["critical_problem", "problems_as_failures"]


def critical_problem(schema: T.StructType) -> Column | None:
    """Tell which rows have a critical problem; None where the data has no such column.

    Parameters
    ----------
    schema : StructType
        Of data that `headgate.quality.reserved.require_free` has let in.
    """
    if PROBLEMS not in schema.names:
        return None
    # Not by a function with a lambda, which Spark does not compile.
    found = F.array_contains(F.col(f"{PROBLEMS}.severity"), "critical")
    return F.coalesce(found, F.lit(False))


def problems_as_failures() -> Column:
    """Spell out a row's critical problems as failures, of the rule ``_problems``."""
    critical = F.filter(F.col(PROBLEMS), lambda each: each["severity"] == "critical")
    failures = F.transform(
        critical,
        lambda each: F.struct(
            F.lit(PROBLEMS).alias("expectation_id"),
            each["reason"].alias("expectation_type"),
            each["column"].alias("column"),
            each["value"].alias("value"),
            each["severity"].alias("severity"),
        ),
    )
    return F.coalesce(failures.cast(FAILURE_TYPE), F.array().cast(FAILURE_TYPE))
