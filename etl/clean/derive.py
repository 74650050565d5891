"""Columns made from other columns."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from headgate.etl.clean.checks import require_data_names, require_names, require_values
from headgate.etl.clean.expressions import sql_column
from headgate.etl.clean.sql import has_window
from headgate.etl.errors import ParameterError
from headgate.etl.traits import Scope, step
from headgate.etl.transform import Transform, quote, require_columns

__all__ = ["add_columns", "unpivot_columns"]


def _scope(*, columns: dict[str, str]) -> Scope:
    return "group" if any(map(has_window, columns.values())) else "row"


@step(scope=_scope)
def add_columns(*, columns: dict[str, str]) -> Transform:
    """Add columns that SQL expressions give.

    Every expression sees the columns as they came in; where one builds on another, take two steps.

    Parameters
    ----------
    columns : dict of str to str
        SQL expression by name of column; a column that is there already is replaced. An expression may
        call the functions of `headgate.quality.sql.FUNCTIONS` and, before ``OVER``, of `WINDOW_FUNCTIONS`:
        none that asks the clock, chance, files or the environment.

    Returns
    -------
    Transform
        Its output has the same rows and columns, and the new columns at the end.

    Raises
    ------
    MissingColumnError
        If an expression names a column that is not there.
    ParameterError
        If an expression is not SQL over one row, or a name is of a metadata column.

    Examples
    --------
    >>> df = spark.createDataFrame([(80.0, 2.0)], "kg double, m double")
    >>> df.transform(add_columns(columns={"bmi": "kg / (m * m)", "is_tall": "m > 1.9"})).show()
    +----+---+----+-------+
    |  kg|  m| bmi|is_tall|
    +----+---+----+-------+
    |80.0|2.0|20.0|   true|
    +----+---+----+-------+
    """
    require_values(columns, step="add_columns", parameter="columns")
    require_data_names(columns, step="add_columns", parameter="columns")

    def add(df: DataFrame) -> DataFrame:
        return df.withColumns(
            {
                name: sql_column(df, sql, step="add_columns", parameter="columns", windows=True)
                for name, sql in columns.items()
            }
        )

    return add


@step(scope="row")
def unpivot_columns(*, columns: list[str], value: str, position: str) -> Transform:
    """Make rows of columns that hold the same kind of thing: one row for each value that is not null.

    Parameters
    ----------
    columns : list of str
        Columns of one type, such as the first, second and third diagnosis.
    value : str
        Column for the values.
    position : str
        Column for the place in `columns` that the value comes from, counted from 1.

    Returns
    -------
    Transform
        Its output has all other columns, then `position` as ``int`` and `value`. A row comes back as
        many times as it has values in `columns`: not at all where all are null.

    Raises
    ------
    MissingColumnError
        If a column is not there.
    ParameterError
        If the columns differ in type, or a new column would have the name of one that stays.

    Examples
    --------
    >>> df = spark.createDataFrame([(1, "8", "V27"), (2, "41", None)], "id int, diag_1 string, diag_2 string")
    >>> df.transform(unpivot_columns(columns=["diag_1", "diag_2"], value="code", position="rank")).show()
    +---+----+----+
    | id|rank|code|
    +---+----+----+
    |  1|   1|   8|
    |  1|   2| V27|
    |  2|   1|  41|
    +---+----+----+
    """
    step = "unpivot_columns"
    require_names(columns, step=step, parameter="columns")
    require_names([value, position], step=step, parameter="value, position")
    require_data_names([value, position], step=step, parameter="value, position")

    def unpivot(df: DataFrame) -> DataFrame:
        require_columns(df, columns, step=step)
        kinds = {df.schema[name].dataType.simpleString() for name in columns}
        if len(kinds) > 1:
            raise ParameterError(
                step=step,
                parameter="columns",
                value=columns,
                allowed=f"columns of one type; these are {', '.join(sorted(kinds))}",
            )
        others = [name for name in df.columns if name not in columns]
        for name in (value, position):
            if name.lower() in {other.lower() for other in others}:
                raise ParameterError(
                    step=step,
                    parameter="value, position",
                    value=name,
                    allowed="names that no other column has",
                )
        entries = F.array(
            *(
                F.struct(F.lit(place).alias(position), F.col(quote(name)).alias(value))
                for place, name in enumerate(columns, start=1)
            )
        )
        filled = F.filter(entries, lambda entry: entry[value].isNotNull())
        return df.select(*(F.col(quote(name)) for name in others), F.inline(filled))

    return unpivot
