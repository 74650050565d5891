"""Training, validation and test sets that share no group."""

from __future__ import annotations

from itertools import accumulate
from math import isclose

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from headgate.etl.errors import REFUSED_BY_DATA, ParameterError
from headgate.etl.transform import Transform, not_removed, quote, require_columns

__all__ = ["split_by_group"]


def split_by_group(
    *, group: str, fractions: dict[str, float], seed: int, to: str = "split", removed_as: str | None = None
) -> Transform:
    """Assign each row to a split by its group, so that no group is in two splits.

    The split is a function of seed and group alone: it depends neither on the order of the rows, nor
    on how they are partitioned, nor on which other rows there are. A group that is delivered again
    next year lands where it was. Fractions are those of the groups, and hold approximately.

    Parameters
    ----------
    group : str
        The column that names the group, such as the patient; its value is compared as text.
    fractions : dict of str to float
        The share of the groups in each split, above 0 each and 1 in all.
    seed : int
        Which of the possible splits is drawn.
    to : str
        The column to write.
    removed_as : str, optional
        A column in which earlier steps marked rows for removal: such rows get a null.

    Returns
    -------
    Transform
        Its output has the rows of its input and the column `to` (text). A row without a group could
        be in the training set and, as another row of the same patient, in the test set: the first
        action on the output fails, naming the column. Remove such rows by a named rule before.

    Raises
    ------
    headgate.etl.errors.ParameterError
        The fractions do not sum to 1, or one of them is not above 0.
    headgate.etl.errors.MissingColumnError
        The data lack `group`.

    Examples
    --------
    >>> stays = spark.createDataFrame([(1, "ann"), (2, "bob"), (3, "ann")], "stay int, patient string")
    >>> halves = split_by_group(group="patient", fractions={"train": 0.5, "test": 0.5}, seed=7)
    >>> stays.transform(halves).orderBy("stay").show()
    +----+-------+-----+
    |stay|patient|split|
    +----+-------+-----+
    |   1|    ann| test|
    |   2|    bob|train|
    |   3|    ann| test|
    +----+-------+-----+
    """
    if any(share <= 0 for share in fractions.values()) or not isclose(
        sum(fractions.values()), 1, abs_tol=1e-9
    ):
        raise ParameterError(
            step="split_by_group",
            parameter="fractions",
            value=fractions,
            allowed="shares above 0 that sum to 1",
        )

    def transform(df: DataFrame) -> DataFrame:
        require_columns(df, [group], step="split_by_group")
        message = (
            f"{REFUSED_BY_DATA} split_by_group: '{group}' is null in a row; "
            "remove such rows by a named rule (drop_rows) before"
        )
        named = F.col(quote(group)).cast("string")
        split = F.when(named.isNull(), F.raise_error(F.lit(message))).otherwise(
            _drawn(named, fractions, seed)
        )
        return df.withColumn(to, F.when(not_removed(df, removed_as), split))

    return transform


def _drawn(group: Column, fractions: dict[str, float], seed: int) -> Column:
    # the upper 53 of 64 bits: as many as a double holds exactly
    hashed = F.shiftrightunsigned(F.xxhash64(F.lit(seed).cast("bigint"), group), 11)
    point = hashed.cast("double") * F.lit(2.0**-53)
    *inner, (last, _) = zip(fractions, accumulate(fractions.values()), strict=True)
    split = F.lit(last)
    for name, upper in reversed(inner):
        split = F.when(point < upper, F.lit(name)).otherwise(split)
    return split
