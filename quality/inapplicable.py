"""What of a suite cannot hold of some data, known from the schema before any row is read."""

from __future__ import annotations

from collections.abc import Iterator

from pyspark.errors import AnalysisException, ParseException
from pyspark.sql import DataFrame

from headgate.quality.errors import SuiteError
from headgate.quality.expectation import Expectation, Suite
from headgate.quality.plan import plan
from headgate.quality.reserved import require_free
from headgate.quality.rules import within
from headgate.quality.schema import columns_of
from headgate.quality.sql import SqlError, parse_sql

__all__ = ["inapplicable", "require_applicable"]


def inapplicable(df: DataFrame, suite: Suite) -> tuple[SuiteError, ...]:
    """Say which rules of a suite name what the data lacks. No row is read, and no job is run.

    Parameters
    ----------
    df : DataFrame
        The data: only its schema is looked at.
    suite : Suite
        From `load_suite`.

    Returns
    -------
    tuple of SuiteError
        One for each such rule, with its place in the suite's text, its line, and the nearest name;
        not raised. Empty for a suite that fits. A rule that asks whether a column exists fits always.

    Examples
    --------
    >>> from headgate.quality import load_suite
    >>> suite = load_suite('''{"name": "people", "expectations": [
    ...     {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "nmae"}}]}''',
    ...     source="people.json")
    >>> for problem in inapplicable(spark.createDataFrame([("a",)], "name string"), suite):
    ...     print(problem)
    people.json:2: $.expectations[0].kwargs.column: the data has no column 'nmae'; did you mean 'name'?
    name one of: name
    """
    require_free(df.schema)
    names = [name for name, _ in columns_of(df.schema)]
    problems = []
    for rule in plan(suite, df.schema):
        expectation = rule.expectation
        if rule.column is not None:
            place = _place(expectation, rule.column)
            absent = rule.column not in names and f"`{rule.column}`" not in names
            problems.append(
                SuiteError(
                    source=suite.source,
                    place=place,
                    line=_line(suite, place),
                    problem=f"the data has no column '{rule.column}'" if absent else str(rule.fault),
                    value=rule.column,
                    allowed=names if absent else (),
                    fix=f"name one of: {', '.join(names)}" if absent else "or leave the rule out",
                )
            )
        problems.extend(_condition(df, suite, expectation))
    return tuple(problems)


def require_applicable(df: DataFrame, suite: Suite) -> None:
    """Raise if a suite names what the data lacks. No row is read, and no job is run.

    Parameters
    ----------
    df : DataFrame
        The data: only its schema is looked at.
    suite : Suite
        From `load_suite`.

    Raises
    ------
    SuiteError
        The first of what `inapplicable` finds; the rest is in its `others`, and in its message.

    Examples
    --------
    >>> from headgate.quality import load_suite
    >>> suite = load_suite('''{"name": "people", "expectations": [
    ...     {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "name"}},
    ...     {"type": "expect_column_values_to_be_unique", "kwargs": {"column": "nmae"}},
    ...     {"type": "expect_column_values_to_be_unique", "kwargs": {"column": "age"}}]}''',
    ...     source="people.json")
    >>> require_applicable(spark.createDataFrame([("a",)], "name string"), suite)
    Traceback (most recent call last):
    ...
    headgate.quality.errors.SuiteError: people.json:3: $.expectations[1].kwargs.column: the data has no column 'nmae'; did you mean 'name'? name one of: name (the first of 2)
    people.json:4: $.expectations[2].kwargs.column: the data has no column 'age'; name one of: name
    """  # noqa: E501
    problems = inapplicable(df, suite)
    if problems:
        first, *others = problems
        first.others = tuple(others)
        raise first


def _condition(df: DataFrame, suite: Suite, expectation: Expectation) -> Iterator[SuiteError]:
    try:
        if expectation.row_condition is not None:
            parse_sql(expectation.row_condition.sql, columns=df.columns)
        condition = within(expectation)
        # To ask for the schema makes Spark analyse.
        if condition is None or df.where(condition).schema:
            return
    except (SqlError, AnalysisException) as error:
        place = f"{expectation.place}.kwargs.row_condition"
        yield SuiteError(
            source=suite.source,
            place=place,
            line=_line(suite, place),
            problem=f"the condition {_fault(error)}: {str(error).strip().splitlines()[0]}",
            value=expectation.row_condition and expectation.row_condition.sql,
            fix="correct the condition",
        )


def _fault(error: SqlError | AnalysisException) -> str:
    if isinstance(error, SqlError):
        if error.column is not None:
            return "does not fit the data"
        return "is not SQL" if error.reason.startswith("not an SQL") else "is refused"
    return "is not SQL" if isinstance(error, ParseException) else "does not fit the data"


def _place(expectation: Expectation, column: str) -> str:
    """Find where an expectation names a column."""
    kwargs = f"{expectation.place}.kwargs"
    for name in ("column", "column_A", "column_B"):
        if expectation.kwargs.get(name) == column:
            return f"{kwargs}.{name}"
    return f"{kwargs}.column_list[{expectation.columns.index(column)}]"


def _line(suite: Suite, place: str) -> int | None:
    while place not in suite.lines and "." in place:
        place = place.rpartition(".")[0]
    return suite.lines.get(place)
