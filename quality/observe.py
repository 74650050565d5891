"""Observe: what an audit counts while the rows pass by on their way to a file.

Rows that are being written need not be read again to be counted: Spark evaluates aggregates on the
rows that a write sees. What they came to is given to `quality.validate`, which measures what is left.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from headgate.quality.expectation import Suite
from headgate.quality.flags import Flags
from headgate.quality.instants import local_time
from headgate.quality.measure import analysed, made
from headgate.quality.plan import plan
from headgate.quality.populations import count
from headgate.quality.rows import fitting_patterns
from headgate.quality.rules import ROWS, Watched

__all__ = ["Observations", "observations"]


class Observations:
    """The aggregates that a suite asks for, under names that Spark takes.

    Attributes
    ----------
    aggregates : list of Column
        For ``DataFrame.observe``.
    """

    def __init__(
        self,
        columns: Mapping[str, Column],
        kinds: Mapping[str, T.DataType],
        known: Mapping[str, Any],
        present: Mapping[str, str],
        same: Mapping[str, str],
    ) -> None:
        names = {key: f"audit_{at}" for at, key in enumerate(columns)}
        self._names = names | {key: names[other] for key, other in same.items() if other in names}
        self._kinds, self._known, self._present = kinds, known, present
        self.aggregates = [column.alias(names[key]) for key, column in columns.items()]

    def read(self, seen: Mapping[str, Any]) -> dict[str, Any]:
        """Give what `quality.validate` takes as `observed`.

        Parameters
        ----------
        seen : Mapping
            What came of `aggregates`, by name. One that is missing, or that Python has no value for,
            is measured later: there what cannot be had is told of its expectation.
        """
        numbers = dict(self._known)
        for key, name in self._names.items():
            if name in seen:
                with suppress(OverflowError):
                    numbers[key] = _from_number(seen[name], self._kinds.get(key))
        return numbers

    @property
    def columns(self) -> frozenset[str]:
        """The columns of whose values it is counted how many there are."""
        return frozenset(name for name, key in self._present.items() if key in self._names)

    def present(self, seen: Mapping[str, Any]) -> dict[str, int]:
        """How many values there are in each of `columns`; none where nothing was seen."""
        return {name: seen.get(self._names[self._present[name]], 0) for name in self.columns}


def observations(
    df: DataFrame, suite: Suite, *, among: Column | None = None, flags: Flags | None = None
) -> Observations:
    """Plan what can be seen of a suite while rows are written: all that needs no groups.

    Parameters
    ----------
    df : DataFrame
        Rows that are to be written. They are not read.
    suite : Suite
        Without open placeholders; see `Suite.bind`.
    among : Column or None
        The rows that will be the data, as a condition that is never null; None for all.
    flags : Flags or None
        What `headgate.quality.rows.flag` has flagged in the rows of `df`, and is not evaluated again. Rows
        that break a critical rule are not among the data.

    Returns
    -------
    Observations
        Without what does not fit the data, which `quality.validate` refuses.

    Examples
    --------
    >>> from pyspark.sql import Observation
    >>> from headgate.quality import load_suite
    >>> suite = load_suite('''{"name": "people", "expectations": [{"id": "age-from-0",
    ...     "type": "expect_column_values_to_be_between", "kwargs": {"column": "age", "min_value": 0}}]}''',
    ...     source="people.json")
    >>> people = spark.createDataFrame([(1, 30), (2, -1), (3, None)], "id int, age int")
    >>> planned = observations(people, suite)
    >>> seen = Observation()
    >>> watched = people.observe(seen, *planned.aggregates)
    >>> watched.write.format("noop").mode("overwrite").save()
    >>> list(planned.read(seen.get).values())
    [3, 2, 1]
    """
    watched = Watched({ROWS: lambda: count(among)})
    for rule in fitting_patterns(df.sparkSession, plan(suite, df.schema, among=among)):
        flagged = flags is not None and rule.expectation.id in flags.ids
        rule.watch(watched, partial(_count_broken, among, flags, rule.expectation.id) if flagged else None)
    kinds, same = watched.kinds, watched.same
    columns = made({key: make for key, make in watched.makers.items() if key not in same}, {})
    # The minimum of times without a zone would depend on the session's zone on its way back.
    zoneless = {key for key, kind in kinds.items() if isinstance(kind, T.TimestampNTZType)}
    numbers = {
        key: _as_number(column, kinds.get(key)) for key, column in columns.items() if key not in zoneless
    }
    return Observations(analysed(df, numbers), kinds, watched.known, watched.present, same)


def _count_broken(among: Column | None, flags: Flags | None, expectation_id: str) -> Column:
    assert flags is not None
    return count(among, flags.breaks(expectation_id))


def _as_number(column: Column, kind: T.DataType | None) -> Column:
    # Observed values reach Python as Java's objects, which know neither dates nor the width of a float.
    if isinstance(kind, T.DateType):
        return F.unix_date(column)
    if isinstance(kind, T.TimestampType):
        return F.unix_micros(column)
    return column.cast("double") if isinstance(kind, T.FloatType) else column


def _from_number(value: Any, kind: T.DataType | None) -> Any:
    if isinstance(kind, T.TimestampType):
        return None if value is None else local_time(value)
    return kind.fromInternal(value) if isinstance(kind, T.DateType) else value
