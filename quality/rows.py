"""Rows: which rows break a suite's rules, with every reason.

Only expectations that a row keeps or breaks, alone or among its equals, can speak about rows; the
others, and those that only Great Expectations can evaluate, are left to `quality.validate`.
``mostly`` plays no part here: a row that breaks a rule breaks it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import TypeVar
from weakref import WeakKeyDictionary

from pyspark.errors import AnalysisException
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from headgate.quality.engine import answerable
from headgate.quality.errors import InapplicableError
from headgate.quality.expectation import Expectation, Suite
from headgate.quality.failures import FAILURE_TYPE, FAILURES
from headgate.quality.flags import Flags, flag_rows
from headgate.quality.literals import quote
from headgate.quality.plan import plan
from headgate.quality.predicates import PREDICATES
from headgate.quality.problems import problems_as_failures
from headgate.quality.reserved import require_free
from headgate.quality.rules import UNIQUENESS, Rule

__all__ = ["Transform", "fitting_patterns", "flag", "flag_failures", "split", "told_by_rows"]

Transform = Callable[[DataFrame], DataFrame]

AnyRule = TypeVar("AnyRule", bound=Rule)

_BROKEN, _REPEATED = "_broken", "_repeated"

_TAKEN: WeakKeyDictionary[SparkSession, set[str]] = WeakKeyDictionary()
"""By session, the patterns of which it is known that Java takes them."""


def flag_failures(suite: Suite, *, among: Column | None = None, uniqueness: bool = True) -> Transform:
    """Write into ``_failures`` which rules each row breaks.

    Uniqueness costs one shuffle for each set of key columns; everything else is one pass.

    Parameters
    ----------
    suite : Suite
        From `load_suite`. Rules about the table, rules that only Great Expectations can evaluate,
        and rules that do not fit the data (a column that is not there, an invalid pattern) are
        left to `quality.validate`, which refuses what does not fit. A row with a critical problem in
        ``_problems`` carries that, as a failure of the rule ``_problems``, and is not looked at.
    among : Column or None
        The rows to look at, as a condition; None for all. Other rows get an empty array and do
        not take part in uniqueness.
    uniqueness : bool
        Whether rules about uniqueness are among those that are looked at. Where rows are most
        likely unique, it is cheaper to measure that they are than to look for those that are not.

    Returns
    -------
    Transform
        Its output has the rows and columns of its input, and ``_failures`` of `FAILURE_TYPE`.

    Notes
    -----
    Invalid patterns are found by trying them on an empty text, which reads no data.

    Examples
    --------
    >>> from headgate.quality import load_suite
    >>> suite = load_suite('''{"name": "people", "expectations": [{"id": "age-from-0",
    ...     "type": "expect_column_values_to_be_between", "kwargs": {"column": "age", "min_value": 0}}]}''',
    ...     source="people.json")
    >>> people = spark.createDataFrame([(1, 30), (2, -1)], "id int, age int")
    >>> flagged = people.transform(flag_failures(suite))
    >>> flagged.select("id", "_failures.expectation_id", "_failures.value").show()
    +---+--------------+-----+
    | id|expectation_id|value|
    +---+--------------+-----+
    |  1|            []|   []|
    |  2|  [age-from-0]| [-1]|
    +---+--------------+-----+
    <BLANKLINE>
    """

    def transform(df: DataFrame) -> DataFrame:
        rows, flags = flag(df, suite, among=among, among_equals=uniqueness)
        return _spelled(rows, flags, suite)

    return transform


def flag(
    df: DataFrame, suite: Suite, *, among: Column | None = None, alone: bool = True, among_equals: bool = True
) -> tuple[DataFrame, Flags]:
    """Flag which rules each row breaks: what `flag_failures` spells out, for who reads the rows twice.

    Parameters
    ----------
    df : DataFrame
    suite : Suite
    among : Column or None
        See `flag_failures`.
    alone, among_equals : bool
        Whether rules that a row keeps or breaks alone are among those that are looked at; and those
        about uniqueness. Where rows are most likely unique, it is cheaper to measure that they are
        than to look for those that are not.

    Returns
    -------
    DataFrame
        The rows and columns of `df`, and metadata columns with the flags.
    Flags
        How to read them.

    Examples
    --------
    >>> from headgate.quality import load_suite
    >>> suite = load_suite('''{"name": "people", "expectations": [{"id": "age-from-0",
    ...     "type": "expect_column_values_to_be_between", "kwargs": {"column": "age", "min_value": 0}}]}''',
    ...     source="people.json")
    >>> people = spark.createDataFrame([(1, 30), (2, -1)], "id int, age int")
    >>> rows, flags = flag(people, suite)
    >>> rows.where(flags.critical).show()
    +---+---+---------+
    | id|age|_broken_0|
    +---+---+---------+
    |  2| -1|        1|
    +---+---+---------+
    <BLANKLINE>
    """
    told = _told(_planned(df, suite))
    rules = [rule for rule in told if (alone if rule.asked_of is None else among_equals)]
    return _flagged(df, rules, among, name=_BROKEN if alone else _REPEATED)


def split(df: DataFrame, suite: Suite) -> tuple[DataFrame, DataFrame]:
    """Part the rows that break a critical rule, or have a critical problem, from those that do not.

    As in a pipeline, rows with a critical problem are not looked at, and rows that break a rule alone do not
    take part in uniqueness.

    Parameters
    ----------
    df : DataFrame
        The data. Where it has ``_problems``, as steps write it, its critical problems reject their rows.
    suite : Suite
        From `load_suite`; rules that rows cannot be told by play no part.

    Returns
    -------
    accepted : DataFrame
        Rows that break no rule of severity critical and have no critical problem, in the schema of `df`.
    rejected : DataFrame
        The others, with their reasons, critical problems and warnings included, in ``_failures``.
        Together the two hold every row of `df`.

    Raises
    ------
    InapplicableError
        If a rule that rows are told by does not fit the data: a column is not there, a pattern is
        not valid, a type cannot be compared.
    ReservedNameError
        If a column of `df` has a name that the gate needs.

    Examples
    --------
    >>> from headgate.quality import load_suite
    >>> suite = load_suite('''{"name": "people", "expectations": [
    ...     {"type": "expect_column_values_to_be_unique", "kwargs": {"column": "id"}}]}''', source="s.json")
    >>> people = spark.createDataFrame([(1, "a"), (2, "b"), (2, "c")], "id int, name string")
    >>> accepted, rejected = split(people, suite)
    >>> [row.name for row in accepted.collect()], [row.name for row in rejected.orderBy("name").collect()]
    (['a'], ['b', 'c'])
    """
    rules = _planned(df, suite)
    told = _told(rules)
    flagged, flags = _flagged(df, [rule for rule in told if rule.asked_of is None], None)
    repeated = [rule for rule in told if rule.asked_of is not None]
    if repeated:
        flagged, more = _flagged(flagged, repeated, ~flags.critical, name=_REPEATED)
        flags |= more
    for rule in rules:
        expectation = rule.expectation
        by_rows = expectation.type in PREDICATES or expectation.type in UNIQUENESS
        if by_rows and expectation.id not in flags.ids:
            raise InapplicableError(
                suite=suite.name,
                expectation_id=expectation.id,
                expectation_type=expectation.type,
                columns=expectation.columns,
                reason=rule.fault or "it is not valid, or not for such a column",
            )
    accepted = flagged.where(~flags.critical).drop(*flags.columns)
    return accepted, _spelled(flagged.where(flags.critical), flags, suite)


def told_by_rows(suite: Suite) -> Suite:
    """The part of a suite that rows are told by: what each keeps or breaks, alone or among its equals.

    Parameters
    ----------
    suite : Suite
        From `load_suite`.

    Returns
    -------
    Suite
        Of the same name and version; it may be empty.

    Examples
    --------
    >>> from headgate.quality import load_suite
    >>> suite = load_suite('''{"name": "people", "expectations": [
    ...     {"type": "expect_column_values_to_be_unique", "kwargs": {"column": "id"}},
    ...     {"type": "expect_table_row_count_to_equal", "kwargs": {"value": 3}}]}''', source="people.json")
    >>> [expectation.type for expectation in told_by_rows(suite).expectations]
    ['expect_column_values_to_be_unique']
    """
    kept = (one for one in suite.expectations if one.type in PREDICATES or one.type in UNIQUENESS)
    return replace(suite, expectations=tuple(kept))


def _planned(df: DataFrame, suite: Suite) -> tuple[Rule, ...]:
    require_free(df.schema)
    return answerable(df.sparkSession, plan(suite, df.schema))


def _told(rules: Iterable[Rule]) -> list[Rule]:
    """Choose the rules that rows are told by."""
    return [rule for rule in rules if rule.told_by_rows]


def _spelled(rows: DataFrame, flags: Flags, suite: Suite) -> DataFrame:
    failures = F.coalesce(flags.failures(suite), F.array().cast(FAILURE_TYPE))
    if flags.problem is not None:
        failures = F.concat(problems_as_failures(), failures)
    columns = [quote(name) for name in rows.columns if name not in (FAILURES, *flags.columns)]
    return rows.select(*columns, failures.alias(FAILURES))


def _flagged(
    df: DataFrame,
    told: Sequence[Rule],
    among: Column | None,
    name: str = _BROKEN,
) -> tuple[DataFrame, Flags]:
    """Flag by the rules that fit the data."""
    told = fitting_patterns(df.sparkSession, told)
    flagged = partial(flag_rows, df, among=among, name=name)
    analysed = partial(_analysed, flagged)
    return analysed(told) or flagged([rule for rule in told if analysed([rule])])


def _analysed(
    flagged: Callable[[Sequence[Rule]], tuple[DataFrame, Flags]],
    rules: Sequence[Rule],
) -> tuple[DataFrame, Flags] | None:
    """Flag, if Spark can analyse every rule; asking for the schema makes it try."""
    try:
        rows, flags = flagged(rules)
        return (rows, flags) if rows.schema else None
    except AnalysisException:
        return None


def fitting_patterns(spark: SparkSession, rules: Iterable[AnyRule]) -> list[AnyRule]:
    """Leave out the rules with a pattern that Java does not take."""
    rules = list(rules)
    bad = _invalid_patterns(spark, frozenset(_patterns(rule.expectation for rule in rules)))
    return [rule for rule in rules if not bad.intersection(_patterns([rule.expectation]))]


def _patterns(expectations: Iterable[Expectation]) -> set[str]:
    patterns: set[str] = set()
    for expectation in expectations:
        if "match_regex" in expectation.type:
            listed = expectation.kwargs.get("regex_list")
            joined = ["|".join(listed)] if listed and expectation.parameter("match_on") == "any" else listed
            patterns.update(joined or [expectation.parameter("regex")])
    return patterns


def _invalid_patterns(spark: SparkSession, patterns: frozenset[str]) -> frozenset[str]:
    """Find the patterns that Java does not take; there is no other way to ask than to try."""
    taken = _TAKEN.setdefault(spark, set())
    if patterns <= taken:
        return frozenset()
    try:
        tried = [F.col("col1").rlike(pattern) for pattern in sorted(patterns - taken)]
        spark.sql("VALUES ('')").select(*tried).collect()
    except Exception:  # narrowed down to the pattern, which is then left to validate, which refuses
        if len(patterns) == 1:
            return patterns
        return frozenset(pattern for pattern in patterns if _invalid_patterns(spark, frozenset([pattern])))
    taken |= patterns
    return frozenset()
