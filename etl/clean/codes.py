"""Codes: replace them by what they mean, by a vocabulary."""

from __future__ import annotations

from typing import Literal

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from headgate.etl.clean.checks import require_choice, require_data_names, require_text, require_values
from headgate.etl.clean.lookup import look_up
from headgate.etl.clean.reading import Reading, replace_values
from headgate.etl.clean.text import lower_case
from headgate.etl.errors import ParameterError
from headgate.etl.traits import step
from headgate.etl.transform import PROBLEMS, Transform, add_problems, quote

__all__ = ["map_codes"]


@step(scope="row")
def map_codes(
    *,
    column: str,
    vocabulary: dict[str, str],
    unknown: Literal["reject", "null", "keep"] = "reject",
    ignore_case: bool = True,
    to: str | None = None,
) -> Transform:
    """Replace codes by their meaning.

    Parameters
    ----------
    column : str
        Column of codes as text; spaces around a code do not count.
    vocabulary : dict of str to str
        Meaning by code. It may hold thousands; for more, join a table.
    unknown : {"reject", "null", "keep"}, default "reject"
        What becomes of a code that is not in the vocabulary: its row is rejected by the gate, or kept
        with null; both are problems. Or the code itself is kept, which is none.
    ignore_case : bool, default True
        Whether ``f`` and ``F`` are the same code.
    to : str, optional
        Column for the meaning, which is replaced if it is there; the codes themselves are replaced if
        left out.

    Returns
    -------
    Transform
        Its output has the same rows, the meaning as text in `column` or `to`, and `_problems`.

    Raises
    ------
    MissingColumnError
        If the column is not there.
    ParameterError
        If the column does not hold text, the vocabulary is empty, or two of its codes are the same but
        for letter case and mean different things.

    Examples
    --------
    >>> df = spark.createDataFrame([("f",), ("M",), ("X",)], "sex string")
    >>> df.transform(map_codes(column="sex", vocabulary={"F": "female", "M": "male"}, unknown="null")).select(
    ...     "sex", F.col("_problems.value").alias("value"), F.col("_problems.severity").alias("severity")
    ... ).show()
    +------+-----+---------+
    |   sex|value| severity|
    +------+-----+---------+
    |female|   []|       []|
    |  male|   []|       []|
    |  NULL|  [X]|[warning]|
    +------+-----+---------+
    """
    require_values(vocabulary, step="map_codes", parameter="vocabulary")
    require_choice(unknown, ("reject", "null", "keep"), step="map_codes", parameter="unknown")
    target = column if to is None else to
    require_data_names([target], step="map_codes", parameter="column" if to is None else "to")
    meanings = _by_key(vocabulary, ignore_case=ignore_case)

    def replace(df: DataFrame) -> DataFrame:
        require_text(df, [column], step="map_codes", parameter="column")
        code = F.col(quote(column))
        key = F.trim(code)
        found: Column = look_up(lower_case(key) if ignore_case else key, meanings)
        if unknown == "keep":
            return df.withColumns({target: F.coalesce(found, code), PROBLEMS: add_problems(df, [])})
        read = {column: Reading(found, F.lit("not in the vocabulary"))}
        return replace_values(df, read, step="map_codes", invalid=unknown, to=target)

    return replace


def _by_key(vocabulary: dict[str, str], *, ignore_case: bool) -> dict[str, str]:
    meanings: dict[str, str] = {}
    for code, meaning in vocabulary.items():
        key = code.strip(" ")
        if ignore_case:
            # The same letters as `lower_case`, which does it to the data.
            key = key.translate({ord("I"): "i", ord("İ"): "i"}).lower()
        if meanings.setdefault(key, meaning) != meaning:
            raise ParameterError(
                step="map_codes",
                parameter="vocabulary",
                value=code,
                allowed=f"each code once, as spaces{' and letter case' if ignore_case else ''} do not count",
            )
    return meanings
