"""Missing values: learn what to fill in on the training data, then fill it in anywhere.

A value is missing if it is null or, in a column of floating point, NaN.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterable
from typing import Any, NamedTuple

from pyspark.sql import Column, DataFrame, Row
from pyspark.sql import functions as F
from pyspark.sql import types as T

from etl.clean.checks import require_choice, require_data_names, require_values
from etl.clean.lookup import constant
from etl.errors import ParameterError
from etl.transform import Transform, quote, require_columns, with_columns

__all__ = ["fill_missing", "fit_fill_missing"]

STRATEGIES = ("constant", "mode", "median", "mean")
NUMERIC_STRATEGIES = ("median", "mean")
GROUP_TYPES = ("string", "boolean", "date", "tinyint", "smallint", "int", "bigint")


class Fill(NamedTuple):
    """How the missing values of a column are to be filled in."""

    strategy: str
    value: Any
    by: tuple[str, ...]


def fit_fill_missing(
    df: DataFrame, *, columns: dict[str, str | dict[str, Any]], indicators: bool = True
) -> dict[str, Any]:
    """Learn what to fill in for missing values. Give the result to `fill_missing`.

    It takes at most one Spark job for all medians and means, one for all modes, and one for each set of
    columns to group by.

    Parameters
    ----------
    df : DataFrame
        Training data.
    columns : dict of str to str or dict
        By column, a strategy: ``mode`` (the most frequent value, of several the smallest), ``median``
        (exact), ``mean`` (to 12 significant digits); or a dict ``{"strategy": …}`` that may have ``by``, a
        list of columns: the value is then learned for each of their combinations, and for all rows
        together, for rows with a combination that was not seen. Or
        ``{"strategy": "constant", "value": …}``.
    indicators : bool, default True
        Whether `fill_missing` shall add a boolean column ``<column>_was_missing`` for each.

    Returns
    -------
    dict
        Plain data that can be written as JSON; dates are ISO texts, decimals are texts.

    Raises
    ------
    MissingColumnError
        If a column is not there.
    ParameterError
        If a strategy is not known or does not suit the column's type, or a column has no value to learn
        from: give it a constant.

    Examples
    --------
    >>> rows = [(1.0, "a"), (2.0, "b"), (6.0, "b"), (None, None)]
    >>> df = spark.createDataFrame(rows, "dose double, ward string")
    >>> fitted = fit_fill_missing(df, columns={"dose": "median", "ward": "mode"})
    >>> fitted["columns"]["dose"]
    {'type': 'double', 'strategy': 'median', 'value': 2.0, 'by': [], 'groups': {}}
    >>> df.transform(fill_missing(fitted)).show()
    +----+----+----------------+----------------+
    |dose|ward|dose_was_missing|ward_was_missing|
    +----+----+----------------+----------------+
    | 1.0|   a|           false|           false|
    | 2.0|   b|           false|           false|
    | 6.0|   b|           false|           false|
    | 2.0|   b|            true|            true|
    +----+----+----------------+----------------+
    """
    step = "fit_fill_missing"
    require_values(columns, step=step, parameter="columns")
    require_data_names(columns, step=step, parameter="columns")
    fills = {name: _fill(name, given) for name, given in columns.items()}
    require_columns(df, [*fills, *(name for fill in fills.values() for name in fill.by)], step=step)
    for name, fill in fills.items():
        _require_type(df, name, fill)
    overall, grouped = _learn_averages(df, fills)
    for name, group, value in _learn_modes(df, fills):
        if group is None:
            overall[name] = value
        else:
            grouped.setdefault(name, []).append((group, value))
    fitted = {}
    for name, fill in fills.items():
        value = fill.value if fill.strategy == "constant" else overall.get(name)
        if value is None:
            raise ParameterError(
                step=step,
                parameter="columns",
                value=name,
                allowed="columns with at least one value, or {'strategy': 'constant', 'value': …}",
            )
        fitted[name] = {
            "type": df.schema[name].dataType.simpleString(),
            "strategy": fill.strategy,
            "value": value,
            "by": list(fill.by),
            "groups": _nested(grouped.get(name, [])),
        }
    return {"columns": fitted, "indicators": indicators}


def fill_missing(values: dict[str, Any]) -> Transform:
    """Fill in missing values with what `fit_fill_missing` learned.

    Parameters
    ----------
    values : dict
        What `fit_fill_missing` returned, as it is or read back from JSON.

    Returns
    -------
    Transform
        Its output has the same rows and columns, without missing values in those learned. Columns
        filled with a median or mean become ``double``, as these may lie between two whole numbers; the
        others keep their types. Columns ``<column>_was_missing`` come at the end if they were asked for.

    Raises
    ------
    MissingColumnError
        If a column is not there.
    ParameterError
        If a column has another type than it had in training, a column to add is there already, or
        `values` is not the result of `fit_fill_missing`.

    Examples
    --------
    >>> train = spark.createDataFrame([("F", 60), ("F", 64), ("M", 80)], "sex string, weight int")
    >>> fitted = fit_fill_missing(
    ...     train, columns={"weight": {"strategy": "mean", "by": ["sex"]}}, indicators=False
    ... )
    >>> df = spark.createDataFrame([("F", None), ("M", None), ("?", None)], "sex string, weight int")
    >>> df.transform(fill_missing(fitted)).show()
    +---+------+
    |sex|weight|
    +---+------+
    |  F|  62.0|
    |  M|  80.0|
    |  ?|  68.0|
    +---+------+
    """
    step = "fill_missing"
    if not isinstance(values, dict) or set(values) != {"columns", "indicators"}:
        raise ParameterError(
            step=step, parameter="values", value=values, allowed="what fit_fill_missing returned"
        )

    def fill(df: DataFrame) -> DataFrame:
        changed = {}
        for name, learned in values["columns"].items():
            require_columns(df, [name, *learned["by"]], step=step)
            kind = df.schema[name].dataType.simpleString()
            if kind != learned["type"]:
                raise ParameterError(
                    step=step,
                    parameter="values",
                    value=name,
                    allowed=f"{learned['type']} as in training, not {kind}",
                )
            target = "double" if learned["strategy"] in NUMERIC_STRATEGIES else kind
            replacement = F.lit(_as_text(learned["value"]))
            if learned["groups"]:
                replacement = F.coalesce(_look_up(learned["groups"], learned["by"]), replacement)
            present = F.when(~_is_missing(df, name), F.col(quote(name)))
            changed[name] = F.coalesce(present.cast(target), replacement.cast(target))
        if values["indicators"]:
            for name in values["columns"]:
                indicator = f"{name}_was_missing"
                if indicator in df.columns:
                    raise ParameterError(
                        step=step,
                        parameter="values",
                        value=indicator,
                        allowed="data that was not filled before",
                    )
                changed[indicator] = _is_missing(df, name)
        return with_columns(df, changed)

    return fill


def _fill(name: str, given: str | dict[str, Any]) -> Fill:
    step = "fit_fill_missing"
    known = {"strategy": given} if isinstance(given, str) else given
    require_choice(known.get("strategy"), STRATEGIES, step=step, parameter=f"columns[{name!r}]")
    strategy = known["strategy"]
    more = {"value"} if strategy == "constant" else {"by"}
    if not set(known) <= {"strategy", *more} or (strategy == "constant" and known.get("value") is None):
        raise ParameterError(
            step=step,
            parameter=f"columns[{name!r}]",
            value=given,
            allowed="{'strategy': 'constant', 'value': …} or {'strategy': …, 'by': […]}",
        )
    by = known.get("by") or []
    if isinstance(by, str) or name in by:
        raise ParameterError(
            step=step,
            parameter=f"columns[{name!r}]",
            value=given,
            allowed="for 'by', a list of other columns",
        )
    return Fill(strategy, known.get("value"), tuple(by))


def _require_type(df: DataFrame, name: str, fill: Fill) -> None:
    kind = df.schema[name].dataType
    allowed = None
    if fill.strategy in NUMERIC_STRATEGIES:
        allowed = None if isinstance(kind, T.NumericType) else "mode or constant"
    elif not isinstance(kind, T.NumericType | T.StringType | T.BooleanType | T.DateType):
        allowed = "columns of numbers, text, booleans or dates"
    elif fill.strategy == "constant" and not _fits(fill.value, kind):
        allowed = f"a constant of type {kind.simpleString()}, not {fill.value!r},"
    if allowed:
        raise ParameterError(
            step="fit_fill_missing",
            parameter="columns",
            value=name,
            allowed=f"{allowed}; this column is {kind.simpleString()}",
        )
    for group in fill.by:
        if df.schema[group].dataType.simpleString() not in GROUP_TYPES:
            raise ParameterError(
                step="fit_fill_missing",
                parameter="columns",
                value=group,
                allowed="columns of text, whole numbers, booleans or dates to group by",
            )


def _fits(value: object, kind: T.DataType) -> bool:
    if isinstance(kind, T.StringType):
        return isinstance(value, str)
    if isinstance(kind, T.BooleanType):
        return isinstance(value, bool)
    if isinstance(kind, T.DateType):
        try:
            datetime.date.fromisoformat(str(value))
        except ValueError:
            return False
        return True
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return False
    bits = {"tinyint": 8, "smallint": 16, "int": 32, "bigint": 64}.get(kind.simpleString())
    return bits is None or (value == int(value) and -(2 ** (bits - 1)) <= value < 2 ** (bits - 1))


def _is_missing(df: DataFrame, name: str) -> Column:
    column = F.col(quote(name))
    if isinstance(df.schema[name].dataType, T.FloatType | T.DoubleType):
        return column.isNull() | F.isnan(column)
    return column.isNull()


def _learn_averages(
    df: DataFrame, fills: dict[str, Fill]
) -> tuple[dict[str, Any], dict[str, list[tuple[list[str], Any]]]]:
    """Medians and means: of all rows, by column; and of each group, by column."""
    numeric = {name: fill for name, fill in fills.items() if fill.strategy in NUMERIC_STRATEGIES}
    overall: dict[str, Any] = {}
    if numeric:
        row = df.agg(*(_average(df, name, fill) for name, fill in numeric.items())).first()
        overall = {name: _rounded(value) for name, value in zip(numeric, row or (), strict=True)}
    grouped: dict[str, list[tuple[list[str], Any]]] = {}
    for by in dict.fromkeys(fill.by for fill in numeric.values() if fill.by):
        names = [name for name, fill in numeric.items() if fill.by == by]
        groups = [F.col(quote(name)).cast("string") for name in by]
        averages = (_average(df, name, numeric[name]) for name in names)
        for row in df.groupBy(*groups).agg(*averages).collect():
            group, learned = list(row[: len(by)]), row[len(by) :]
            for name, value in zip(names, learned, strict=True):
                if None not in group and value is not None:
                    grouped.setdefault(name, []).append((group, _rounded(value)))
    return overall, grouped


def _average(df: DataFrame, name: str, fill: Fill) -> Column:
    present = F.when(~_is_missing(df, name), F.col(quote(name)).cast("double"))
    return F.percentile(present, 0.5) if fill.strategy == "median" else F.avg(present)


def _rounded(value: float | None) -> float | None:
    # A sum of floats depends on the order of the rows in its last digits.
    return None if value is None else float(f"{value:.12g}")


def _learn_modes(df: DataFrame, fills: dict[str, Fill]) -> Iterable[tuple[str, list[str] | None, Any]]:
    """Of all modes: the column, the group or none for all rows, and the most frequent value."""
    entries = []
    for name, fill in fills.items():
        if fill.strategy == "mode":
            entries.append(_mode_entry(df, name, []))
            if fill.by:
                entries.append(_mode_entry(df, name, list(fill.by)))
    if not entries:
        return
    one_each = df.select(
        F.explode(F.filter(F.array(*entries), lambda entry: entry.isNotNull())).alias("entry")
    )
    counts = one_each.select("entry.*").groupBy("column", "group", "number", "text").count()
    best = F.min(F.struct((-F.col("count")).alias("rank"), "number", "text")).alias("best")
    row: Row
    for row in counts.groupBy("column", "group").agg(best).collect():
        yield row["column"], row["group"], _from_text(row["best"]["text"], df.schema[row["column"]].dataType)


def _mode_entry(df: DataFrame, name: str, by: list[str]) -> Column:
    value = F.col(quote(name))
    is_number = isinstance(df.schema[name].dataType, T.NumericType)
    groups = [F.col(quote(column)).cast("string") for column in by]
    counted = ~_is_missing(df, name)
    for group in groups:
        counted &= group.isNotNull()
    return F.when(
        counted,
        F.struct(
            F.lit(name).alias("column"),
            (F.array(*groups) if groups else F.lit(None).cast("array<string>")).alias("group"),
            # Texts sort by letters, numbers do not: the smallest of equally frequent ones is meant.
            (value.cast("double") if is_number else F.lit(None).cast("double")).alias("number"),
            value.cast("string").alias("text"),
        ),
    )


def _from_text(text: str, kind: T.DataType) -> Any:
    if isinstance(kind, T.BooleanType):
        return text == "true"
    if isinstance(kind, T.IntegralType):
        return int(text)
    if isinstance(kind, T.FloatType | T.DoubleType):
        return float(text)
    return text


def _as_text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _nested(groups: list[tuple[list[str], Any]]) -> dict[str, Any]:
    """``{"F": {"[50-60)": 70.0}}``: one level for each column to group by, in sorted order."""
    tree: dict[str, Any] = {}
    for group, value in sorted(groups, key=lambda entry: entry[0]):
        branch = tree
        for key in group[:-1]:
            branch = branch.setdefault(key, {})
        branch[group[-1]] = value
    return tree


def _look_up(groups: dict[str, Any], by: list[str]) -> Column:
    kind = "string"
    for _ in by:
        kind = f"map<string,{kind}>"
    found = constant(_leaves_as_text(groups, len(by)), kind)
    for name in by:
        found = F.try_element_at(found, F.col(quote(name)).cast("string"))
    return found


def _leaves_as_text(tree: dict[str, Any], depth: int) -> dict[str, Any]:
    if depth == 1:
        return {key: _as_text(value) for key, value in tree.items()}
    return {key: _leaves_as_text(branch, depth - 1) for key, branch in tree.items()}
