"""Missing values: learn what to fill in on the training data, then fill it in anywhere.

A value is missing if it is null or, in a column of floating point, NaN.
"""

from __future__ import annotations

import datetime
import math
import re
from decimal import Decimal
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from headgate.etl.clean.checks import require_choice, require_data_names, require_values
from headgate.etl.clean.lookup import constant
from headgate.etl.clean.typical import NUMERIC_STRATEGIES, Fill, is_missing, learn_averages, learn_modes
from headgate.etl.errors import ParameterError
from headgate.etl.traits import step
from headgate.etl.transform import Transform, quote, require_columns, with_columns

__all__ = ["fill_missing", "fit_fill_missing", "require_fills"]

STRATEGIES = ("constant", "mode", "median", "mean")
GROUP_TYPES = ("string", "boolean", "date", "tinyint", "smallint", "int", "bigint")


def fit_fill_missing(
    df: DataFrame, *, columns: dict[str, str | dict[str, Any]], indicators: bool = True
) -> dict[str, Any]:
    """Learn what to fill in for missing values. Give the result to `fill_missing`.

    It takes at most one Spark job for all medians and means, one for all modes, and one for each set of
    columns to group by; a median of ``bigint``, or of decimals of more than 14 digits, takes its own.

    Parameters
    ----------
    df : DataFrame
        Training data.
    columns : dict of str to str or dict
        By column, a strategy: ``mode`` (the most frequent value, of several the smallest), ``median``
        (exact, but for a ``decimal`` of 38 digits, which has no room for half of its last digit: there
        it is rounded), ``mean`` (to 12 significant digits; of ``bigint`` and decimals to four digits
        more than the column has, where 38 leave room); or a dict ``{"strategy": …}`` that may have ``by``, a
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
    fills = require_fills(columns)
    require_columns(df, [*fills, *(name for fill in fills.values() for name in fill.by)], step=step)
    for name, fill in fills.items():
        _require_type(df, name, fill)
    overall, grouped = learn_averages(df, fills)
    for name, group, value in learn_modes(df, fills):
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
                allowed=f"columns with at least one value to learn from, and '{name}' has none; give it a "
                f"constant, as in {name}: {{strategy: constant, value: …}}, or leave it out",
            )
        fitted[name] = {
            "type": df.schema[name].dataType.simpleString(),
            "strategy": fill.strategy,
            "value": value,
            "by": list(fill.by),
            "groups": _nested(grouped.get(name, [])),
        }
    return {"columns": fitted, "indicators": indicators}


@step(scope="row")
def fill_missing(values: dict[str, Any]) -> Transform:
    """Fill in missing values with what `fit_fill_missing` learned.

    Parameters
    ----------
    values : dict
        What `fit_fill_missing` returned, as it is or read back from JSON.

    Returns
    -------
    Transform
        Its output has the same rows and columns, without missing values in those learned; no other
        value changes. As medians and means may lie between two values, columns filled with one become
        ``double``, or, where a double would not hold all their values (``bigint``, decimals), a
        ``decimal`` with more digits after the point; the others keep their types. Columns
        ``<column>_was_missing`` come at the end if they were asked for.

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
            target = Fill(learned["strategy"], None, ()).type_over(kind)
            replacement = F.lit(_as_text(learned["value"]))
            if learned["groups"]:
                replacement = F.coalesce(_look_up(learned["groups"], learned["by"]), replacement)
            present = F.when(~is_missing(df, name), F.col(quote(name)))
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
                changed[indicator] = is_missing(df, name)
        return with_columns(df, changed)

    return fill


def require_fills(columns: dict[str, str | dict[str, Any]]) -> dict[str, Fill]:
    """The parameter ``columns`` of `fit_fill_missing`, or `ParameterError` where it is wrong in itself."""
    require_values(columns, step="fit_fill_missing", parameter="columns")
    require_data_names(columns, step="fit_fill_missing", parameter="columns")
    return {name: _fill(name, given) for name, given in columns.items()}


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
            # Python reads more forms of ISO 8601 than Spark does.
            return str(value) == datetime.date.fromisoformat(str(value)).isoformat()
        except ValueError:
            return False
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return False
    if isinstance(kind, T.DecimalType):
        return _digits_fit(Decimal(str(value)), kind)
    bits = {"tinyint": 8, "smallint": 16, "int": 32, "bigint": 64}.get(kind.simpleString())
    return bits is None or (value == int(value) and -(2 ** (bits - 1)) <= value < 2 ** (bits - 1))


def _digits_fit(value: Decimal, kind: T.DecimalType) -> bool:
    digits = re.fullmatch(r"-?(\d*)(?:\.(\d*))?", format(value, "f"))
    assert digits is not None
    whole, fraction = digits[1].lstrip("0"), (digits[2] or "").rstrip("0")
    return len(fraction) <= kind.scale and len(whole) <= kind.precision - kind.scale


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
