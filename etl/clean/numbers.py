"""Numbers as people write them: with a decimal comma, or with signs between groups of digits."""

from __future__ import annotations

import re

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from headgate.etl.clean.cast import NUMBERS, known_type, read_number
from headgate.etl.clean.checks import require_choice, require_data_names, require_text, require_values
from headgate.etl.clean.reading import Reading, replace_values
from headgate.etl.errors import ParameterError
from headgate.etl.traits import step
from headgate.etl.transform import Invalid, Transform, free_names, quote, require_columns

__all__ = ["parse_numbers"]


@step(scope="row")
def parse_numbers(
    *, columns: dict[str, str], decimal: str = ",", group: str | None = None, invalid: Invalid = "reject"
) -> Transform:
    """Read texts such as ``1.234,50`` as numbers; one that is written otherwise is a problem.

    Parameters
    ----------
    columns : dict of str to str
        Type by column of text: a whole number, a ``decimal(p,s)``, ``float`` or ``double``, under the rules
        of `cast_columns`: no digit is lost.
    decimal : str, default ","
        The sign before the fraction.
    group : str, optional
        The sign between groups of three digits. A number may do without; one that has it has it everywhere.
    invalid : {"reject", "null"}, default "reject"
        What becomes of a row with a value that cannot be read: rejected by the gate, or kept with null.

    Returns
    -------
    Transform
        Its output has the same rows and columns, those named with their new types, and `_problems`.

    Raises
    ------
    MissingColumnError
        If a column is not there.
    ParameterError
        If a type is not known, a column is no text, or the signs cannot be told apart.

    Examples
    --------
    >>> df = spark.createDataFrame([("1.234,50",), ("12,5",), ("1.23,4",)], "cost string")
    >>> df.transform(parse_numbers(columns={"cost": "decimal(9,2)"}, group=".")).select(
    ...     "cost", F.col("_problems.reason").alias("reason")
    ... ).show(truncate=False)
    +-------+------------------------------------+
    |cost   |reason                              |
    +-------+------------------------------------+
    |1234.50|[]                                  |
    |12.50  |[]                                  |
    |NULL   |[not a number written as 1.234,5 is]|
    +-------+------------------------------------+
    """
    require_values(columns, step="parse_numbers", parameter="columns")
    require_data_names(columns, step="parse_numbers", parameter="columns")
    require_choice(invalid, ("reject", "null"), step="parse_numbers", parameter="invalid")
    types = {name: known_type(kind, step="parse_numbers", among=NUMBERS) for name, kind in columns.items()}
    for parameter, sign, other in (("decimal", decimal, None), ("group", group, decimal)):
        if sign is not None and (len(sign) != 1 or re.match(r"[\w+-]", sign) or sign == other):
            allowed = "one sign that no number has elsewhere"
            raise ParameterError(step="parse_numbers", parameter=parameter, value=sign, allowed=allowed)
    point, between = re.escape(decimal), re.escape(group or "")
    grouped = rf"[0-9]{{1,3}}(?:{between}[0-9]{{3}})+|" if group else ""
    written = rf"^[+-]?(?:(?:{grouped}[0-9]+)(?:{point}[0-9]*)?|{point}[0-9]+)\z"
    like = f"1{group or ''}234{decimal}5"

    def parse(df: DataFrame) -> DataFrame:
        require_columns(df, types, step="parse_numbers")
        require_text(df, list(types), step="parse_numbers")
        free = free_names(df.columns, *(f"_plain_{name}" for name in types))
        plain = dict(zip(types, free, strict=True))
        readings = {}
        for name, kind in types.items():
            formed = F.trim(quote(name)).rlike(written)
            read = read_number(quote(plain[name]), kind)
            unformed = F.lit(f"not a number written as {like} is")
            readings[name] = Reading(
                F.when(formed, read.value), F.when(formed, read.reason).otherwise(unformed)
            )
        # To translate a sign to nothing takes it out.
        signs = decimal + (group or "")
        df = df.withColumns({plain[name]: F.translate(F.trim(quote(name)), signs, ".") for name in types})
        return replace_values(df, readings, step="parse_numbers", invalid=invalid).drop(*plain.values())

    return parse
