"""History: what the batches before were like, number by number, from their profiles."""

from __future__ import annotations

import datetime as dt
import re
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import Any, Literal

from pyspark.sql import types as T

from headgate.quality.instants import local_time
from headgate.quality.profile import Profile, Traits, merge
from headgate.quality.profiling import Distinct, has_values, kind_of

__all__ = ["PREFIX", "Measure", "measures_of", "value_of"]

PREFIX = "trend_"

_OF_ROWS = ("rows_mean", "rows_stddev", "rows_min", "rows_max", "rows_last")
_OF_NULLS = ("null_rate", "null_rate_min", "null_rate_max")
_OF_NUMBERS = ("mean", "mean_min", "mean_max", "mean_stddev", "stddev", "min", "max")
_OF_MOMENTS = ("min", "max")
_OF_DISTINCT = ("distinct", "distinct_mean", "distinct_min", "distinct_max")
_OF_VALUES = ("values",)

Part = Literal["rows", "nulls", "numbers", "sketch", "values"]


@dataclass(frozen=True)
class Measure:
    """What a trend is of: the rows, or one part of what is known of a column.

    Attributes
    ----------
    part : str
        Of the profile.
    metric : str
        Such as ``null_rate_max``.
    column : str
        Empty for a measure of the rows.
    type : DataType
        Of the column.
    """

    part: Part
    metric: str
    column: str = ""
    type: T.DataType = field(default_factory=T.NullType)

    @property
    def is_number(self) -> bool:
        """Whether one can calculate with it."""
        return self.part != "values" and (self.part != "numbers" or kind_of(self.type) == "number")


def measures_of(schema: T.StructType) -> dict[str, list[Measure]]:
    """Every trend that this data can have, by name, with all that the name may stand for.

    Examples
    --------
    >>> schema = spark.createDataFrame([], "day date, tags array<string>").schema
    >>> [name for name in measures_of(schema) if "rows" not in name and "distinct" not in name]
    ['trend_day_null_rate', 'trend_day_null_rate_min', 'trend_day_null_rate_max', 'trend_day_min',
    'trend_day_max', 'trend_day_values', 'trend_tags_null_rate', 'trend_tags_null_rate_min',
    'trend_tags_null_rate_max']
    """
    known: dict[str, list[Measure]] = {f"{PREFIX}{metric}": [Measure("rows", metric)] for metric in _OF_ROWS}
    for column in schema:
        # Great Expectations takes no other letters in the name of a parameter.
        if re.fullmatch(r"[A-Za-z0-9_$]+", column.name):
            for part, metrics in _metrics(column.dataType).items():
                for metric in metrics:
                    measure = Measure(part, metric, column.name, column.dataType)
                    known.setdefault(f"{PREFIX}{column.name}_{metric}", []).append(measure)
    return known


def _metrics(data_type: T.DataType) -> dict[Part, tuple[str, ...]]:
    metrics: dict[Part, tuple[str, ...]] = {"nulls": _OF_NULLS}
    kind = kind_of(data_type)
    if kind is not None:
        metrics["numbers"] = _OF_NUMBERS if kind == "number" else _OF_MOMENTS
    if isinstance(data_type, T.AtomicType):
        metrics["sketch"] = _OF_DISTINCT
    if has_values(data_type):
        metrics["values"] = _OF_VALUES
    return metrics


def value_of(measure: Measure, history: Sequence[Profile], distinct: Distinct) -> Any:
    """Calculate a trend from the batches that measured what it is of.

    Parameters
    ----------
    measure : Measure
    history : sequence of Profile
        The newest first.
    distinct : mapping
        See `headgate.quality.profiling.count_distinct`.

    Returns
    -------
    float, str or list
        None where it is not known.
    """
    if measure.part == "rows":
        return _of_batches([float(profile.rows) for profile in history], measure.metric.removeprefix("rows_"))
    column, metric = measure.column, measure.metric
    if measure.part == "sketch":
        together, each = distinct.get(column, (None, ()))
        return together if metric == "distinct" else _of_batches(each, metric.removeprefix("distinct_"))
    past = [
        profile
        for profile in history
        if column in profile.columns and _measured(measure, profile.columns[column])
    ]
    if not past:
        return None
    whole = reduce(merge, past)
    if measure.part == "nulls":
        return _null_rate(metric, whole, past, column)
    if measure.part == "values":
        values = whole.columns[column].values
        return None if values is None else list(values)
    return _number(measure, whole.columns[column], [profile.columns[column] for profile in past])


def _measured(measure: Measure, traits: Traits) -> bool:
    if measure.part == "numbers":
        return traits.kind == kind_of(measure.type)
    return measure.part == "nulls" or traits.values is not None


def _null_rate(metric: str, whole: Profile, past: Sequence[Profile], column: str) -> float | None:
    if metric == "null_rate":
        return whole.columns[column].nulls / whole.rows if whole.rows else None
    rates = [profile.columns[column].nulls / profile.rows for profile in past if profile.rows]
    return _of_batches(rates, metric.removeprefix("null_rate_"))


def _number(measure: Measure, whole: Traits, past: Sequence[Traits]) -> float | str | None:
    metric = measure.metric
    if metric.startswith("mean_"):
        means = [traits.mean for traits in past if traits.mean is not None]
        return _of_batches(means, metric.removeprefix("mean_"))
    found = {"mean": whole.mean, "stddev": whole.stddev, "min": whole.low, "max": whole.high}[metric]
    return found if found is None or whole.kind == "number" else _moment(found, measure.type)


def _of_batches(numbers: Sequence[float], what: str) -> float | None:
    """One number of those that the batches have, the newest first."""
    if not numbers or (what == "stddev" and len(numbers) < 2):
        return None
    among: Mapping[str, Callable[[Sequence[float]], float]] = {
        "mean": statistics.fmean,
        "stddev": statistics.stdev,
        "min": min,
        "max": max,
        "last": lambda given: given[0],
    }
    return among[what](numbers)


def _moment(number: float, data_type: T.DataType) -> str:
    if isinstance(data_type, T.DateType):
        return (dt.date(1970, 1, 1) + dt.timedelta(days=int(number))).isoformat()
    # Without a zone, as observed values are written.
    return local_time(int(number)).isoformat()
