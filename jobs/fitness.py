"""Which rules of a suite cannot hold of a table, told from the names and types of its columns alone."""

from __future__ import annotations

from collections.abc import Iterator

from pyspark.sql import types as T

from headgate.etl.clean.sql import read_sql
from headgate.jobs.columns import Columns, is_number
from headgate.quality import Expectation, Suite, SuiteError
from headgate.quality.schema import resolve, type_named
from headgate.quality.sql import SqlError

__all__ = ["misfits"]

OF_NUMBERS = (
    "expect_column_mean_to_be_between",
    "expect_column_sum_to_be_between",
    "expect_column_stdev_to_be_between",
    "expect_column_median_to_be_between",
    "expect_column_quantile_values_to_be_between",
    "expect_column_value_z_scores_to_be_less_than",
)
OF_TYPES = (
    "expect_column_type_to_be",
    "expect_column_values_to_be_of_type",
    "expect_column_values_to_be_in_type_list",
)

CLASSES = {
    "string": T.StringType,
    "boolean": T.BooleanType,
    "tinyint": T.ByteType,
    "smallint": T.ShortType,
    "int": T.IntegerType,
    "bigint": T.LongType,
    "float": T.FloatType,
    "double": T.DoubleType,
    "date": T.DateType,
    "timestamp": T.TimestampType,
}


def misfits(suite: Suite, columns: Columns) -> Iterator[SuiteError]:
    """Say which rules name what the table lacks, or ask of a column what its type never gives.

    Parameters
    ----------
    suite : Suite
    columns : Columns
        Of the table that the suite guards.

    Yields
    ------
    SuiteError
        With the line of the suite, and the nearest name; not raised.
    """
    names = columns.data
    schema = T.StructType([T.StructField(name, T.StringType()) for name in names])
    for expectation in suite.expectations:
        if expectation.type == "expect_column_to_exist":
            continue
        for name in expectation.columns:
            found = resolve(name, schema)
            known = None if found is None else next((own for own in names if f"`{own}`" == found.sql), None)
            if found is None and columns.whole:
                yield _error(
                    suite,
                    expectation,
                    _parameter(expectation, name),
                    f"the data has no column '{name}'",
                    name,
                    names,
                )
            elif known is not None and (kind := columns.types[known]) is not None:
                yield from _type_misfits(suite, expectation, name, kind)
        yield from _condition(suite, expectation, columns)


def _type_misfits(suite: Suite, expectation: Expectation, name: str, kind: str) -> Iterator[SuiteError]:
    place = _parameter(expectation, name)
    if expectation.type in OF_NUMBERS and not is_number(kind) and kind != "boolean":
        said = f"column '{name}' will be {kind}, and the rule is about numbers"
        yield _error(suite, expectation, place, said, name, (), fix="cast the column, or leave the rule out")
    if expectation.type in OF_TYPES and expectation.severity == "critical" and not expectation.placeholders:
        wanted = expectation.kwargs.get("type_list") or [expectation.kwargs.get("type_")]
        classes = [type_named(each) for each in wanted if isinstance(each, str)]
        own = T.DecimalType if kind.startswith("decimal") else CLASSES.get(kind)
        if own is not None and classes and None not in classes and own not in classes:
            parameter = "type_list" if "type_list" in expectation.kwargs else "type_"
            said = f"column '{name}' will be {kind} ({own.__name__}): the rule refuses every batch"
            yield _error(
                suite, expectation, parameter, said, name, (), fix="correct the type, or cast the column"
            )


def _condition(suite: Suite, expectation: Expectation, columns: Columns) -> Iterator[SuiteError]:
    if expectation.row_condition is None:
        return
    sql = expectation.row_condition.sql
    try:
        reading = read_sql(sql)
    except SqlError as error:
        said = f"the condition: {error}"
        yield _error(suite, expectation, "row_condition", said, sql, (), fix="correct the condition")
        return
    known = {name.lower() for name in columns.types}
    for name in reading.columns if columns.whole else ():
        if name.lower() not in known:
            said = f"the data has no column '{name}'"
            yield _error(suite, expectation, "row_condition", said, name, columns.data)


def _parameter(expectation: Expectation, name: str) -> str:
    for parameter in ("column", "column_A", "column_B"):
        if expectation.kwargs.get(parameter) == name:
            return parameter
    return f"column_list[{expectation.columns.index(name)}]"


def _error(
    suite: Suite,
    expectation: Expectation,
    parameter: str,
    problem: str,
    value: str,
    allowed: list[str] | tuple[str, ...],
    *,
    fix: str = "",
) -> SuiteError:
    place = line_of = f"{expectation.place}.kwargs.{parameter}"
    while line_of not in suite.lines and "." in line_of:
        line_of = line_of.rpartition(".")[0]
    return SuiteError(
        source=suite.source,
        place=place,
        line=suite.lines.get(line_of),
        problem=problem,
        value=value,
        allowed=allowed,
        fix=fix or f"name one of: {', '.join(allowed)}",
    )
