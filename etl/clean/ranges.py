"""Ranges written as text, such as age bands."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from headgate.etl.clean.checks import require_choice, require_data_names, require_names, require_text
from headgate.etl.traits import step
from headgate.etl.transform import PROBLEMS, Invalid, Transform, add_problems, free_names, problem, quote

__all__ = ["parse_ranges"]

NUMBER = r"[+-]?[0-9]{1,15}(?:[.][0-9]{1,15})?"
# Spelt out, for engines differ in what `\s` stands for.
GAP = "[\t-\r ]*"
CLOSED = rf"^(?:[\[(]{GAP}{NUMBER}{GAP}[-–,]{GAP}{NUMBER}{GAP}[\])]|{NUMBER}{GAP}[-–]{GAP}{NUMBER})\z"
FIRST = rf"^[\[(]?{GAP}({NUMBER})"
SECOND = rf"[0-9]{GAP}[-–,]{GAP}({NUMBER}){GAP}[\])]?\z"
ABOVE = rf"^(?:>=?|≥){GAP}({NUMBER})\z"
BELOW = rf"^(?:<=?|≤){GAP}({NUMBER})\z"


@step(scope="row")
def parse_ranges(
    *, column: str, low: str, high: str, middle: str | None = None, invalid: Invalid = "reject"
) -> Transform:
    """Read ranges such as ``[50-60)``, ``50-60``, ``(0, 1.5]``, ``>200`` or ``<=5`` as numbers.

    Parentheses and brackets must come in pairs; whether a bound belongs to the range is not kept. An
    open range has no bound on one side and no middle: both are null there.

    Parameters
    ----------
    column : str
        Column of ranges as text; it stays.
    low, high : str
        Columns for the bounds.
    middle : str, optional
        Column for the number half way between them.
    invalid : {"reject", "null"}, default "reject"
        What becomes of a row with a text that is no range: rejected by the gate, or kept with null.

    Returns
    -------
    Transform
        Its output has the same rows, `low`, `high` and `middle` as ``double``, and `_problems`. Columns
        of these names that are there are replaced.

    Raises
    ------
    MissingColumnError
        If the column is not there.
    ParameterError
        If the column does not hold text, or two results have one name.

    Examples
    --------
    >>> df = spark.createDataFrame([("[50-60)",), (">200",)], "age string")
    >>> df.transform(parse_ranges(column="age", low="age_from", high="age_to", middle="age_mid")).drop(
    ...     "_problems"
    ... ).show()
    +-------+--------+------+-------+
    |    age|age_from|age_to|age_mid|
    +-------+--------+------+-------+
    |[50-60)|    50.0|  60.0|   55.0|
    |   >200|   200.0|  NULL|   NULL|
    +-------+--------+------+-------+
    """
    names = [low, high] if middle is None else [low, high, middle]
    require_names(names, step="parse_ranges", parameter="low, high, middle")
    require_data_names(names, step="parse_ranges", parameter="low, high, middle")
    require_choice(invalid, ("reject", "null"), step="parse_ranges", parameter="invalid")

    def parse(df: DataFrame) -> DataFrame:
        require_text(df, [column], step="parse_ranges", parameter="column")
        original = F.col(quote(column))
        text = F.trim(original)
        free = free_names(df.columns, "_read_shape", "_read_first", "_read_second")
        shape, first, second = map(F.col, free)
        valid = shape.isNotNull() & ((shape != "closed") | (first <= second))
        values = {
            low: F.when(shape == "above", F.regexp_extract(text, ABOVE, 1).cast("double")).when(valid, first),
            high: F.when(shape == "below", F.regexp_extract(text, BELOW, 1).cast("double")).when(
                valid, second
            ),
        }
        if middle is not None:
            values[middle] = F.when(valid, (first + second) / 2)
        reason = F.when(shape.isNull(), F.lit("not a range")).otherwise(
            F.lit("the bounds are the wrong way round")
        )
        entry = problem(step="parse_ranges", column=column, value=original, reason=reason, invalid=invalid)
        problems = add_problems(df, [(original.isNotNull() & ~valid, entry)])
        # Each in a projection of its own: where it is used several times it is found once.
        shaped = df.withColumn(
            free[0],
            F.when(text.rlike(CLOSED), "closed")
            .when(text.rlike(ABOVE), "above")
            .when(text.rlike(BELOW), "below"),
        )
        bounded = shaped.withColumns(
            {
                free[1]: F.when(shape == "closed", F.regexp_extract(text, FIRST, 1)).cast("double"),
                free[2]: F.when(shape == "closed", F.regexp_extract(text, SECOND, 1)).cast("double"),
            }
        )
        read = bounded.withColumns({**values, PROBLEMS: problems})
        return read.drop(*free)

    return parse
