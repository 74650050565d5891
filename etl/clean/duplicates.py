"""Rows that say the same thing twice, and earlier states of what a later row says anew."""

from __future__ import annotations

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from headgate.etl.clean.checks import require_names
from headgate.etl.clean.removal import critical_problems, remove, require_removed_as
from headgate.etl.order import comparable, latest_first
from headgate.etl.traits import step
from headgate.etl.transform import PROBLEMS, Transform, data_columns, not_removed, quote, require_columns

__all__ = ["drop_exact_duplicates", "keep_latest"]

PLACE = ("_file", "_row")
RANK = "_rank"
FLAWS = "_flaws"


@step(scope="group", removes="duplicate")
def drop_exact_duplicates(*, columns: list[str] | None = None, removed_as: str | None = None) -> Transform:
    """Keep one row of those that are equal in all data columns, nulls included.

    The one that stays is the first by `_file` and `_row`, then by the data columns; the order in which
    the rows come does not matter. Metadata is not compared, but for this: a row with critical problems
    is a duplicate only of rows with the very same problems, so that a row on its way to quarantine takes
    no valid row's place.

    Parameters
    ----------
    columns : list of str, optional
        Columns to compare; all data columns if left out.
    removed_as : str, optional
        A column, created when absent, to write ``duplicate`` into instead of removing rows.
        Rows that are marked already are left out of account and stay as they are.

    Returns
    -------
    Transform
        Its output has the same columns and at most as many rows; with `removed_as`, as many rows. Doing it
        twice changes nothing more.

    Raises
    ------
    MissingColumnError
        If a column to compare is not there.
    ParameterError
        If `removed_as` is not the name of a metadata column.

    Examples
    --------
    >>> df = spark.createDataFrame([(1, None, 7), (1, None, 8), (1, "x", 9)], "id int, note string, _row int")
    >>> df.transform(drop_exact_duplicates()).orderBy("_row").show()
    +---+----+----+
    | id|note|_row|
    +---+----+----+
    |  1|NULL|   7|
    |  1|   x|   9|
    +---+----+----+
    """
    step = "drop_exact_duplicates"
    require_removed_as(removed_as, step=step)
    if columns is not None:
        require_names(columns, step=step, parameter="columns")

    def drop(df: DataFrame) -> DataFrame:
        require_columns(df, columns or [], step=step)
        compared = columns if columns is not None else data_columns(df)
        equal = [comparable(df, name) for name in compared]
        place = [F.col(quote(name)) for name in PLACE if name in df.columns]
        rest = [comparable(df, name) for name in data_columns(df) if name not in compared]
        live = not_removed(df, removed_as)
        # The hash comes first so that sorting seldom needs to look at the columns themselves.
        # Sail takes no constant array to part rows by.
        flaws = [FLAWS] if PROBLEMS in df.columns else []
        same = Window.partitionBy(F.xxhash64(*equal), live, *flaws, *equal)
        ordered = same.orderBy(*([*place, *rest] or [F.lit(0)]))
        ranked = _with_flaws(df).withColumns({RANK: F.when(live, F.row_number().over(ordered))})
        return remove(ranked, F.col(RANK) > 1, kind="duplicate", removed_as=removed_as).drop(RANK, FLAWS)

    return drop


@step(scope="group", removes="superseded")
def keep_latest(*, keys: list[str], order_by: list[str], removed_as: str | None = None) -> Transform:
    """Keep, of the rows with the same keys, the latest one.

    Latest is the greatest by the first of `order_by`, then by the next, and in the end by every other
    data column, `_file` and `_row`; so the choice never depends on the order in which the rows come. A
    null loses against any value, and of texts those that are numbers win and are compared as such (``10``
    is later than ``9``). Rows with a null among their keys are kept, all of them, as they cannot
    be said to be the same; rows with critical problems are left out of account and stay, as they are on
    their way to quarantine.

    Parameters
    ----------
    keys : list of str
        Columns that name what a row is about.
    order_by : list of str
        Columns to judge by; ``-name`` for one whose smaller values win.
    removed_as : str, optional
        A column, created when absent, to write ``superseded`` into instead of removing rows.
        Rows that are marked already are left out of account and stay as they are.

    Returns
    -------
    Transform
        Its output has the same columns and at most as many rows; with `removed_as`, as many rows. Doing it
        twice changes nothing more.

    Raises
    ------
    MissingColumnError
        If a column of `keys` or `order_by` is not there.
    ParameterError
        If `keys` or `order_by` is empty, or `removed_as` is not the name of a metadata column.

    Examples
    --------
    >>> rows = [(1, 1, "old"), (1, 2, "new"), (2, 1, "only")]
    >>> df = spark.createDataFrame(rows, "id int, seq int, state string")
    >>> df.transform(keep_latest(keys=["id"], order_by=["seq"])).orderBy("id").show()
    +---+---+-----+
    | id|seq|state|
    +---+---+-----+
    |  1|  2|  new|
    |  2|  1| only|
    +---+---+-----+
    """
    step = "keep_latest"
    require_names(keys, step=step, parameter="keys")
    require_names(order_by, step=step, parameter="order_by")
    require_removed_as(removed_as, step=step)
    judged = [name.removeprefix("-") for name in order_by]

    def keep(df: DataFrame) -> DataFrame:
        require_columns(df, [*keys, *judged], step=step)
        rest = [
            name
            for name in [*data_columns(df), *PLACE]
            if name in df.columns and name not in {*keys, *judged}
        ]
        order = [*latest_first(df, order_by), *(comparable(df, name).desc_nulls_last() for name in rest)]
        key = [comparable(df, name) for name in keys]
        live = not_removed(df, removed_as) & (F.size(FLAWS) == 0)
        for part in key:
            live &= part.isNotNull()
        # Rows out of account are spread by their content: together they could be too many for one task.
        spread = F.when(~live, F.xxhash64(*(comparable(df, name) for name in data_columns(df))))
        same = Window.partitionBy(live, spread, *key).orderBy(*order)
        ranked = _with_flaws(df).withColumns({RANK: F.when(live, F.row_number().over(same))})
        return remove(ranked, F.col(RANK) > 1, kind="superseded", removed_as=removed_as).drop(RANK, FLAWS)

    return keep


def _with_flaws(df: DataFrame) -> DataFrame:
    """Critical problems in a column of their own: Sail plans no window over what is filtered in it."""
    return df.withColumns({FLAWS: critical_problems(df)})
