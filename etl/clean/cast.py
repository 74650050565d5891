"""Types: read texts and numbers as another type, exactly or not at all."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from headgate.etl.clean.checks import require_choice, require_data_names, require_values
from headgate.etl.clean.reading import Reading, replace_values
from headgate.etl.clean.text import lower_case
from headgate.etl.engine import refuse_on_sail
from headgate.etl.errors import ParameterError
from headgate.etl.traits import step
from headgate.etl.transform import Invalid, Transform, quote, require_columns

__all__ = ["NUMBERS", "cast_columns", "known_type", "read_number"]

WHOLE_TYPES = ("smallint", "int", "bigint")
FLOAT_TYPES = ("float", "double")
NUMBERS = (*WHOLE_TYPES, *FLOAT_TYPES, "decimal(p,s)")
TYPES = (*NUMBERS, "boolean", "string")

TRUE = ("true", "t", "yes", "y", "1")
FALSE = ("false", "f", "no", "n", "0")

# `\z`, not `$`: in Java `$` also matches before a line end.
WHOLE = r"^[+-]?[0-9]+(?:[.]0*)?\z"
NUMBER = r"^[+-]?(?:[0-9]+[.]?[0-9]*|[.][0-9]+)(?:[eE][+-]?[0-9]{1,4})?\z"


@step(scope="row")
def cast_columns(*, columns: dict[str, str], invalid: Invalid = "reject") -> Transform:
    """Give columns another type; a value that the type does not hold exactly is a problem.

    The result is the same with ANSI mode on and off. Spaces around a text do not count.

    | type | texts that it takes |
    | --- | --- |
    | ``smallint``, ``int``, ``bigint`` | whole numbers in range, also with zeros after the point (``12.0``) |
    | ``decimal(p,s)`` | numbers without exponent that lose no digit |
    | ``float``, ``double`` | numbers, exponent allowed, to the nearest value |
    | ``boolean`` | true/t/yes/y/1 and false/f/no/n/0 in any letter case |
    | ``string`` | all |

    ``float`` and ``double`` take neither ``NaN`` and ``Infinity``, nor a number too great or too small, nor
    a whole number that would come out as another.

    Numbers and booleans are cast under the same rule: a value that would not come back the same when
    cast back is a problem (12.7 as ``int``). Only decimals with a fraction and ``double`` may be rounded
    to ``float`` or ``double``. Dates can become ``string``; texts become dates by `parse_dates` and
    `parse_timestamps`.

    Parameters
    ----------
    columns : dict of str to str
        Type by column.
    invalid : {"reject", "null"}, default "reject"
        What becomes of a row with a value that cannot be read: rejected by the gate, or kept with null.

    Returns
    -------
    Transform
        Its output has the same rows and columns, those named with their new types, and `_problems`.
        Doing it twice changes nothing more.

    Raises
    ------
    MissingColumnError
        If a column is not there.
    ParameterError
        If a type is not known, or a column's own type cannot be cast.

    Examples
    --------
    >>> df = spark.createDataFrame([("12",), ("12.7",)], "days string")
    >>> df.transform(cast_columns(columns={"days": "int"})).select(
    ...     "days", F.col("_problems.value").alias("value"), F.col("_problems.reason").alias("reason")
    ... ).show(truncate=False)
    +----+------+--------------------+
    |days|value |reason              |
    +----+------+--------------------+
    |12  |[]    |[]                  |
    |NULL|[12.7]|[not a whole number]|
    +----+------+--------------------+
    """
    require_values(columns, step="cast_columns", parameter="columns")
    require_data_names(columns, step="cast_columns", parameter="columns")
    require_choice(invalid, ("reject", "null"), step="cast_columns", parameter="invalid")
    types = {name: known_type(kind) for name, kind in columns.items()}

    def cast(df: DataFrame) -> DataFrame:
        require_columns(df, types, step="cast_columns")
        for name, kind in types.items():
            if kind == "string" and isinstance(df.schema[name].dataType, T.FloatType | T.DoubleType):
                refuse_on_sail(
                    df,
                    step="cast_columns",
                    lack=f"does not write numbers such as {name!r} as Spark does",
                    fix="cast it to a decimal before, or use Spark",
                )
        readings = {name: _read(name, df.schema[name].dataType, kind) for name, kind in types.items()}
        return replace_values(df, readings, step="cast_columns", invalid=invalid)

    return cast


def known_type(kind: str, *, step: str = "cast_columns", among: Sequence[str] = TYPES) -> str:
    """The type as Spark writes it.

    Parameters
    ----------
    kind : str
        Letter case and spaces do not count.
    step : str
        For the error.
    among : sequence of str
        The types that the step knows.

    Raises
    ------
    ParameterError
        It is not one of them.
    """
    known = re.sub(r"\s", "", kind.lower())
    decimal = re.fullmatch(r"decimal\((\d+),(\d+)\)", known)
    if decimal and 1 <= int(decimal[1]) <= 38 and int(decimal[2]) <= int(decimal[1]):
        return known
    if known in among and known != "decimal(p,s)":
        return known
    synonyms = {
        "integer": "int",
        "long": "bigint",
        "short": "smallint",
        "text": "string",
        "varchar": "string",
    }
    near = difflib.get_close_matches(known, among, n=1)
    nearest = synonyms.get(known, near[0] if near else None)
    hint = f"; did you mean {nearest!r}?" if nearest else ""
    raise ParameterError(
        step=step, parameter="columns", value=kind, allowed=f"one of {', '.join(among)}{hint}"
    )


def _read(name: str, source: T.DataType, kind: str) -> Reading:
    if isinstance(source, T.StringType):
        return _read_text(name, kind)
    if isinstance(source, T.NumericType | T.BooleanType) or (
        isinstance(source, T.DateType) and kind == "string"
    ):
        return _read_value(name, source.simpleString(), kind)
    raise ParameterError(
        step="cast_columns",
        parameter="columns",
        value=name,
        allowed=f"columns of text, numbers or booleans; this one is {source.simpleString()}",
    )


def _read_text(name: str, kind: str) -> Reading:
    text = F.trim(quote(name))
    trimmed = f"trim({quote(name)})"
    if kind == "string":
        return Reading(F.col(quote(name)), F.lit(None))
    if kind == "boolean":
        value = F.when(lower_case(text).isin(*TRUE), True).when(lower_case(text).isin(*FALSE), False)
        return Reading(value, F.lit("neither true nor false"))
    return read_number(trimmed, kind)


def read_number(trimmed: str, kind: str) -> Reading:
    """How a text is read as a number, exactly or not at all.

    Parameters
    ----------
    trimmed : str
        SQL of the text, without spaces around it.
    kind : str
        From `known_type`.
    """
    text = F.expr(trimmed)
    if kind in WHOLE_TYPES:
        whole = text.rlike(WHOLE)
        digits = F.expr(f"try_cast(regexp_replace({trimmed}, '[.]0*$', '') AS {kind})")
        return Reading(
            F.when(whole, F.coalesce(F.expr(f"try_cast({trimmed} AS {kind})"), digits)),
            F.when(whole, F.lit(f"out of the range of {kind}")).otherwise(F.lit("not a whole number")),
        )
    if kind in FLOAT_TYPES:
        value = F.expr(f"try_cast({trimmed} AS {kind})")
        # Below this size every whole number has its own float.
        small = F.abs(value) < (2**53 if kind == "double" else 2**24)
        same = F.expr(
            f"try_cast(try_cast({trimmed} AS {kind}) AS decimal(38,0)) = try_cast({trimmed} AS decimal(38,0))"
        )
        vanished = (value == 0) & text.rlike("^[^eE]*[1-9]")
        exact = ~vanished & (F.abs(value) != float("inf")) & (small | ~text.rlike(WHOLE) | same)
        return Reading(
            F.when(text.rlike(NUMBER) & exact, value),
            F.when(text.rlike(NUMBER), F.lit(f"does not fit {kind}")).otherwise(F.lit("not a number")),
        )
    scale = kind.removesuffix(")").split(",")[1]
    fraction = f"[.][0-9]{{1,{scale}}}0*" if scale != "0" else "[.]0+"
    exact_scale = rf"^[+-]?(?:[0-9]+(?:[.]|{fraction})?|{fraction})\z"
    return Reading(
        F.when(text.rlike(exact_scale), F.expr(f"try_cast({trimmed} AS {kind})")),
        F.when(text.rlike(NUMBER), F.lit(f"does not fit {kind}")).otherwise(F.lit("not a number")),
    )


def _read_value(name: str, source: str, kind: str) -> Reading:
    """Cast and cast back: what comes back the same has lost nothing."""
    there = f"try_cast({quote(name)} AS {kind})"
    value, original = F.expr(there), F.col(quote(name))
    exact = F.expr(f"try_cast({there} AS {source})") == original
    if kind == "string":
        exact = F.lit(True)
    elif source in FLOAT_TYPES and kind in FLOAT_TYPES:
        infinite = F.abs(value) == float("inf")
        exact = (infinite == (F.abs(original) == float("inf"))) & ((value == 0) == (original == 0))
    elif source.startswith("decimal") and kind in FLOAT_TYPES:
        exact |= F.floor(original) != original
    else:
        # The greatest whole number rounds up to this limit as a float and is cut back to itself on return.
        for whole, limit in (("int", 2.0**31), ("bigint", 2.0**63)):
            if {source, kind} in ({whole, "float"}, {whole, "double"}):
                exact &= F.expr(f"try_cast({there} AS double)") < limit
    return Reading(F.when(exact, value), F.lit(f"does not fit {kind}"))
