"""Columns that tell nothing: found on the training data, dropped anywhere."""

from __future__ import annotations

from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from headgate.etl.errors import ParameterError
from headgate.etl.traits import step
from headgate.etl.transform import Transform, data_columns, quote, require_columns

__all__ = ["drop_uninformative", "fit_drop_uninformative", "require_share"]


def fit_drop_uninformative(
    df: DataFrame, *, max_missing: float = 1.0, constant: bool = True, keep: list[str] | None = None
) -> dict[str, Any]:
    """Find the data columns that tell nothing. Give the result to `drop_uninformative`.

    It takes one Spark job. A value is missing if it is null or, in a column of floating point, NaN.

    Parameters
    ----------
    df : DataFrame
        Training data, at least one row.
    max_missing : float, default 1.0
        Greatest share of missing values, 0 to 1, that a column may have and stay.
    constant : bool, default True
        Whether columns go that have the same value in every row or none in any. One value and nulls
        beside it tell two kinds of rows apart, so such a column stays.
    keep : list of str, optional
        Columns that stay in any case.

    Returns
    -------
    dict
        ``{"drop": {column: reason}}``: plain data that can be written as JSON.

    Raises
    ------
    MissingColumnError
        If a column to keep is not there.
    ParameterError
        If `max_missing` is no share, or there are no rows to learn from.

    Examples
    --------
    >>> rows = [(1, "No", None), (2, "No", None), (3, "No", "x")]
    >>> df = spark.createDataFrame(rows, "id int, drug string, note string")
    >>> fitted = fit_drop_uninformative(df, max_missing=0.5)
    >>> fitted
    {'drop': {'drug': 'the same in every row', 'note': '66.7 % missing'}}
    >>> df.transform(drop_uninformative(fitted)).columns
    ['id']
    """
    step = "fit_drop_uninformative"
    require_share(max_missing)
    kept = keep or []
    require_columns(df, kept, step=step)
    names = [name for name in data_columns(df) if name not in kept]
    measures = [F.count(F.lit(1))]
    for name in names:
        column = F.col(quote(name))
        kind = df.schema[name].dataType
        if isinstance(kind, T.FloatType | T.DoubleType):
            column = F.nanvl(column, F.lit(None).cast(kind))
        elif isinstance(kind, T.ArrayType | T.MapType | T.StructType):
            # Spark cannot order maps, wherever they are within.
            column = column.cast("string")
        measures += [F.count(column), F.coalesce(F.min(column) == F.max(column), F.lit(True))]
    total, *measured = df.agg(*measures).first() or (0,)
    if not total:
        raise ParameterError(step=step, parameter="df", value="0 rows", allowed="training data with rows")
    drop = {}
    for name, present, same in zip(names, measured[::2], measured[1::2], strict=True):
        if constant and same and present in (0, total):
            drop[name] = "the same in every row" if present else "missing in every row"
        elif 1 - present / total > max_missing:
            drop[name] = f"{100 * (1 - present / total):.1f} % missing"
    return {"drop": drop}


def require_share(max_missing: float) -> None:
    """Raise `ParameterError` unless the greatest share of missing values is a share."""
    if isinstance(max_missing, bool) or not 0 <= max_missing <= 1:
        raise ParameterError(
            step="fit_drop_uninformative",
            parameter="max_missing",
            value=max_missing,
            allowed="a share from 0 to 1",
        )


@step(scope="row")
def drop_uninformative(values: dict[str, Any]) -> Transform:
    """Drop the columns that `fit_drop_uninformative` found.

    Parameters
    ----------
    values : dict
        What `fit_drop_uninformative` returned, as it is or read back from JSON.

    Returns
    -------
    Transform
        Its output has the same rows and all other columns.

    Raises
    ------
    MissingColumnError
        If a column to drop is not there.
    ParameterError
        If `values` is not the result of `fit_drop_uninformative`.

    Examples
    --------
    >>> df = spark.createDataFrame([(1, "No")], "id int, drug string")
    >>> df.transform(drop_uninformative({"drop": {"drug": "the same in every row"}})).show()
    +---+
    | id|
    +---+
    |  1|
    +---+
    """
    step = "drop_uninformative"
    if not isinstance(values, dict) or set(values) != {"drop"}:
        raise ParameterError(
            step=step, parameter="values", value=values, allowed="what fit_drop_uninformative returned"
        )

    def drop(df: DataFrame) -> DataFrame:
        require_columns(df, values["drop"], step=step)
        return df.select(*(F.col(quote(name)) for name in df.columns if name not in values["drop"]))

    return drop
