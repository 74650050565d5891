"""Profiling: the aggregates that make a batch's profile, taken while its rows are written."""

from __future__ import annotations

import base64
import math
from collections.abc import Collection, Mapping, Sequence
from functools import reduce
from typing import Any

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from headgate.quality.literals import quote
from headgate.quality.profile import MOST_VALUES, Kind, Profile, Traits, Value

__all__ = ["Distinct", "Profiling", "count_distinct", "distinct_values", "has_values", "kind_of", "united"]

Distinct = Mapping[str, tuple[int, tuple[int, ...]]]
"""By column, how many distinct values some batches have together, and each of them."""

SKETCH_BITS = 10
"""Sketches hold 2 to the power of this many counters of a byte: the error is some 3 %."""


def kind_of(data_type: T.DataType) -> Kind | None:
    """Tell as what the values of a column are measured; None where they are only counted.

    Times without a zone are not: as numbers they would depend on the session's zone.
    """
    if isinstance(data_type, T.NumericType):
        return "number"
    if isinstance(data_type, T.DateType):
        return "date"
    return "timestamp" if isinstance(data_type, T.TimestampType) else None


def has_values(data_type: T.DataType) -> bool:
    """Tell whether the set of a column's values can be kept: texts, whole numbers, dates, booleans."""
    return isinstance(data_type, T.StringType | T.IntegralType | T.BooleanType | T.DateType)


class Profiling:
    """The aggregates of a profile, under names that Spark takes.

    Rows and nulls are not among them: whoever writes rows counts them anyhow.

    Parameters
    ----------
    schema : StructType
        Of the rows that are to be written.
    among : Column
        The rows that count, as a condition that is never null.
    numbers : collection of str
        The columns whose numbers are taken, of those that have any.
    sketches : collection of str
        The columns whose distinct values are sketched.

    Attributes
    ----------
    aggregates : list of Column
        For ``DataFrame.observe``.

    Examples
    --------
    >>> from pyspark.sql import Observation
    >>> people = spark.createDataFrame([(30,), (50,), (None,)], "age int")
    >>> profiling = Profiling(people.schema, among=F.lit(True), numbers=["age"])
    >>> seen = Observation()
    >>> people.observe(seen, *profiling.aggregates).write.format("noop").mode("overwrite").save()
    >>> profiling.read(seen.get, rows=3, nulls={"age": 1}).columns["age"].mean
    40.0
    """

    def __init__(
        self,
        schema: T.StructType,
        *,
        among: Column,
        numbers: Collection[str],
        sketches: Collection[str] = (),
    ) -> None:
        self._kinds = {
            field.name: kind
            for field in schema
            if field.name in numbers and (kind := kind_of(field.dataType)) is not None
        }
        self._floats = {
            field.name for field in schema if isinstance(field.dataType, T.FloatType | T.DoubleType)
        }
        self._sketched = list(sketches)
        self.aggregates: list[Column] = []
        for at, (name, kind) in enumerate(self._kinds.items()):
            self.aggregates += self._of_numbers(f"profile_{at}", name, kind, among)
        for at, name in enumerate(self._sketched):
            text = F.when(among, F.col(quote(name)).cast("string"))
            self.aggregates.append(F.hll_sketch_agg(text, F.lit(SKETCH_BITS)).alias(f"sketch_{at}"))

    def _of_numbers(self, prefix: str, name: str, kind: Kind, among: Column) -> list[Column]:
        column = F.col(quote(name))
        if kind == "date":
            number = F.unix_date(column)
        elif kind == "timestamp":
            number = F.unix_micros(column)
        else:
            number = column.cast("double")
        if name in self._floats:
            # NaN is greater than infinity to Spark.
            among = among & (F.abs(number) < F.lit(math.inf))
        value = F.when(among, number)
        taken = {"low": F.min(value), "high": F.max(value)}
        if kind == "number":
            taken |= {"total": F.sum(value), "squares": F.sum(value * value)}
        if name in self._floats:
            taken["count"] = F.count(value)
        return [aggregate.alias(f"{prefix}_{part}") for part, aggregate in taken.items()]

    def read(self, seen: Mapping[str, Any], *, rows: int, nulls: Mapping[str, int]) -> Profile:
        """Make the profile of what came of the aggregates.

        Parameters
        ----------
        seen : mapping
            By the aggregates' names; empty where no row was seen.
        rows : int
            That count.
        nulls : mapping of str to int
            Among them, by column: every column that the profile is to have.
        """
        numbers = {
            name: self._numbers(f"profile_{at}", name, seen, rows - nulls.get(name, 0))
            for at, name in enumerate(self._kinds)
        }
        sketches = {name: _as_text(seen.get(f"sketch_{at}")) for at, name in enumerate(self._sketched)}
        return Profile(
            rows,
            {
                name: Traits(nulls=missing, sketch=sketches.get(name), **numbers.get(name, {}))
                for name, missing in nulls.items()
            },
        )

    def _numbers(self, prefix: str, name: str, seen: Mapping[str, Any], values: int) -> dict[str, Any]:
        count = seen.get(f"{prefix}_count", 0) if name in self._floats else values
        known: dict[str, Any] = {"kind": self._kinds[name], "count": count}
        known |= {part: seen.get(f"{prefix}_{part}") for part in ("low", "high")}
        if self._kinds[name] == "number":
            sums = {part: seen.get(f"{prefix}_{part}") for part in ("total", "squares")}
            # A sum of nothing is null to Spark; one beyond all numbers is not known.
            known |= {
                part: 0.0 if not count else value if value is not None and math.isfinite(value) else None
                for part, value in sums.items()
            }
        return known


def distinct_values(df: DataFrame, columns: Sequence[str]) -> dict[str, tuple[Value, ...] | None]:
    """Collect the distinct values of some columns, of each no more than are kept. One Spark job.

    Parameters
    ----------
    df : DataFrame
        Files: it is read once a column.
    columns : sequence of str
        For which `has_values` holds.

    Returns
    -------
    dict of str to tuple
        In order, nulls left out, dates as ISO text; None where there are more than `MOST_VALUES`.

    Examples
    --------
    >>> people = spark.createDataFrame([("f",), ("m",), ("f",), (None,)], "sex string")
    >>> distinct_values(people, ["sex"])
    {'sex': ('f', 'm')}
    """
    if not columns:
        return {}
    parts = [
        df.select(F.lit(at).alias("at"), F.col(quote(name)).cast("string").alias("value"))
        .dropna()
        .distinct()
        .limit(MOST_VALUES + 1)
        for at, name in enumerate(columns)
    ]
    found: dict[str, list[Value]] = {name: [] for name in columns}
    for row in reduce(DataFrame.unionAll, parts).collect():
        name = columns[row["at"]]
        found[name].append(_typed(row["value"], df.schema[name].dataType))
    return {
        name: tuple(sorted(values)) if len(values) <= MOST_VALUES else None for name, values in found.items()
    }


def _typed(text: str, data_type: T.DataType) -> Value:
    if isinstance(data_type, T.IntegralType):
        return int(text)
    return text == "true" if isinstance(data_type, T.BooleanType) else text


def united(spark: SparkSession, *sketches: str) -> str:
    """Make one sketch of several, by Spark's own function. One Spark job.

    Parameters
    ----------
    spark : SparkSession
    *sketches : str
        At least one, in base64.
    """
    frame = spark.createDataFrame([(base64.b64decode(one),) for one in sketches], "sketch binary")
    found = frame.agg(F.hll_union_agg("sketch").alias("sketch")).collect()
    return str(_as_text(found[0]["sketch"]))


def count_distinct(spark: SparkSession, history: Sequence[Profile], columns: Sequence[str]) -> Distinct:
    """Estimate from sketches how many distinct values columns have had. One Spark job, if any.

    Parameters
    ----------
    spark : SparkSession
    history : sequence of Profile
        Of some batches.
    columns : sequence of str
        Those that no batch has a sketch of are left out.

    Returns
    -------
    dict of str to (int, tuple of int)
        By column: in all batches together, and in each of them.
    """
    rows = [
        (name, base64.b64decode(sketch))
        for profile in history
        for name in columns
        if name in profile.columns and (sketch := profile.columns[name].sketch) is not None
    ]
    if not rows:
        return {}
    frame = spark.createDataFrame(rows, "name string, sketch binary")
    counted = frame.groupBy("name").agg(
        F.hll_sketch_estimate(F.hll_union_agg("sketch")).alias("together"),
        F.collect_list(F.hll_sketch_estimate("sketch")).alias("each"),
    )
    return {row["name"]: (int(row["together"]), tuple(row["each"])) for row in counted.collect()}


def _as_text(sketch: Any) -> str | None:
    return None if sketch is None else base64.b64encode(bytes(sketch)).decode()
