"""Named rules that leave rows out of the data on purpose."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from headgate.etl.clean.expressions import sql_condition
from headgate.etl.clean.removal import remove, require_removed_as
from headgate.etl.errors import ParameterError
from headgate.etl.traits import step
from headgate.etl.transform import Transform

__all__ = ["drop_rows", "keep_rows"]


@step(scope="row", removes="rule")
def drop_rows(*, rule: str, where: str, removed_as: str | None = None) -> Transform:
    """Drop the rows for which a condition holds; where it is null, the row stays.

    Parameters
    ----------
    rule : str
        Name of the rule, under which the rows are counted.
    where : str
        Condition in SQL over the columns of one row, with the functions of `headgate.quality.sql.FUNCTIONS`.
        It should compare like with like: what Spark makes of ``'x' > 5`` depends on the session.
    removed_as : str, optional
        A column, created when absent, to write ``dropped:<rule>`` into instead of removing
        rows. Rows that are marked already stay as they are.

    Returns
    -------
    Transform
        Its output has the same columns and at most as many rows; with `removed_as`, as many rows. Doing it
        twice changes nothing more.

    Raises
    ------
    MissingColumnError
        If the condition names a column that is not there.
    ParameterError
        If the condition is not SQL that is true or false, the rule has no name, or `removed_as` is not the
        name of a metadata column.

    Examples
    --------
    >>> df = spark.createDataFrame([(1, 34), (2, -1), (3, None)], "id int, age int")
    >>> df.transform(drop_rows(rule="negative_age", where="age < 0", removed_as="_removed_as")).show()
    +---+----+--------------------+
    | id| age|         _removed_as|
    +---+----+--------------------+
    |  1|  34|                NULL|
    |  2|  -1|dropped:negative_age|
    |  3|NULL|                NULL|
    +---+----+--------------------+
    """
    _require_rule(rule, removed_as, step="drop_rows")

    def drop(df: DataFrame) -> DataFrame:
        lost = sql_condition(df, where, step="drop_rows", parameter="where")
        return remove(df, lost, kind=f"dropped:{rule}", removed_as=removed_as)

    return drop


@step(scope="row", removes="rule")
def keep_rows(*, rule: str, where: str, removed_as: str | None = None) -> Transform:
    """Keep the rows for which a condition holds; where it is null, the row is dropped.

    Parameters
    ----------
    rule : str
        Name of the rule, under which the dropped rows are counted.
    where : str
        Condition in SQL over the columns of one row, as for `drop_rows`.
    removed_as : str, optional
        A column, created when absent, to write ``dropped:<rule>`` into instead of removing
        rows. Rows that are marked already stay as they are.

    Returns
    -------
    Transform
        Its output has the same columns and at most as many rows; with `removed_as`, as many rows. Doing it
        twice changes nothing more.

    Raises
    ------
    MissingColumnError
        If the condition names a column that is not there.
    ParameterError
        If the condition is not SQL that is true or false, the rule has no name, or `removed_as` is not the
        name of a metadata column.

    Examples
    --------
    >>> df = spark.createDataFrame([(1, 34), (2, 7), (3, None)], "id int, age int")
    >>> df.transform(keep_rows(rule="adults", where="age >= 18")).show()
    +---+---+
    | id|age|
    +---+---+
    |  1| 34|
    +---+---+
    """
    _require_rule(rule, removed_as, step="keep_rows")

    def keep(df: DataFrame) -> DataFrame:
        kept = sql_condition(df, where, step="keep_rows", parameter="where")
        return remove(df, ~F.coalesce(kept, F.lit(False)), kind=f"dropped:{rule}", removed_as=removed_as)

    return keep


def _require_rule(rule: str, removed_as: str | None, *, step: str) -> None:
    if not rule.strip():
        raise ParameterError(step=step, parameter="rule", value=rule, allowed="a name for the rule")
    require_removed_as(removed_as, step=step)
