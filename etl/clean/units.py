"""Units of measurement: bring all values of a column to one."""

from __future__ import annotations

import math

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from headgate.etl.clean.checks import (
    require_choice,
    require_data_names,
    require_names,
    require_text,
    require_values,
)
from headgate.etl.clean.lookup import look_up
from headgate.etl.errors import ParameterError
from headgate.etl.traits import step
from headgate.etl.transform import (
    PROBLEMS,
    Invalid,
    Transform,
    add_problems,
    free_names,
    problem,
    quote,
    require_columns,
)

__all__ = ["convert_units"]


@step(scope="row")
def convert_units(
    *, value: str, unit: str, to: str, factors: dict[str, float], invalid: Invalid = "reject"
) -> Transform:
    """Convert measured values to one unit, by a factor for each unit they come in.

    Parameters
    ----------
    value : str
        Column of numbers.
    unit : str
        Column that names each number's unit, as text. Spaces around it do not count, letter case does
        (``mg`` and ``Mg`` differ).
    to : str
        The unit to convert to. Values in it stay as they are.
    factors : dict of str to float
        By unit, what a value is multiplied by to get it in `to`. Temperature scales, which differ by
        more than a factor, are a case for `add_columns`.
    invalid : {"reject", "null"}, default "reject"
        What becomes of a row with a value whose unit is missing or not in `factors`: rejected by the
        gate, or kept, the value null and the unit as it was. A null value is never a problem.

    Returns
    -------
    Transform
        Its output has the same rows and columns, `value` as ``double`` in the unit `to`, `unit` saying
        so, and `_problems`. Doing it twice changes nothing more.

    Raises
    ------
    MissingColumnError
        If a column is not there.
    ParameterError
        If `value` does not hold numbers, `unit` does not hold text, or a factor is not a finite number
        above zero, or is other than 1 for `to` itself.

    Examples
    --------
    >>> rows = [(70.0, "kg"), (150.0, "lb"), (1.0, "stone")]
    >>> df = spark.createDataFrame(rows, "weight double, unit string")
    >>> df.transform(convert_units(value="weight", unit="unit", to="kg", factors={"lb": 0.45359237})).select(
    ...     F.round("weight", 1).alias("weight"), "unit", F.col("_problems.reason").alias("reason")
    ... ).show(truncate=False)
    +------+-----+------------------------------+
    |weight|unit |reason                        |
    +------+-----+------------------------------+
    |70.0  |kg   |[]                            |
    |68.0  |kg   |[]                            |
    |NULL  |stone|[no factor for the unit stone]|
    +------+-----+------------------------------+
    """
    step = "convert_units"
    require_names([value, unit], step=step, parameter="value, unit")
    require_data_names([value, unit], step=step, parameter="value, unit")
    require_values(factors, step=step, parameter="factors")
    require_choice(invalid, ("reject", "null"), step=step, parameter="invalid")
    for name, factor in factors.items():
        if not (math.isfinite(factor) and factor > 0) or (name.strip(" ") == to and factor != 1):
            raise ParameterError(
                step=step,
                parameter="factors",
                value={name: factor},
                allowed=f"finite factors above zero, and 1 for {to!r} itself",
            )
    known = {to: 1.0, **{name.strip(" "): float(factor) for name, factor in factors.items()}}

    def convert(df: DataFrame) -> DataFrame:
        require_columns(df, [value], step=step)
        kind = df.schema[value].dataType
        if not isinstance(kind, T.NumericType):
            raise ParameterError(
                step=step,
                parameter="value",
                value=value,
                allowed=f"a column of numbers; this one is {kind.simpleString()}; see cast_columns",
            )
        require_text(df, [unit], step=step, parameter="unit")
        number, name = F.col(quote(value)), F.col(quote(unit))
        (free,) = free_names(df.columns, "_read_factor")
        factor = F.col(free)
        reason = F.coalesce(F.concat(F.lit("no factor for the unit "), name), F.lit("no unit"))
        entry = problem(step=step, column=value, value=number, reason=reason, invalid=invalid)
        values = {
            value: number.cast("double") * factor,
            unit: F.when(factor.isNotNull(), F.lit(to)).otherwise(name),
            PROBLEMS: add_problems(df, [(number.isNotNull() & factor.isNull(), entry)]),
        }
        # In a projection of its own it is looked up once, and not for each use.
        known_factor = df.withColumn(free, look_up(F.trim(name), known, "double"))
        return known_factor.withColumns(values).drop(free)

    return convert
