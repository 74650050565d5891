"""Rows: which rows break a suite's rules, with every reason.

Only expectations that a row keeps or breaks, alone or among its equals, can speak about rows; the
others, and those that only Great Expectations can evaluate, are left to `quality.validate`.
``mostly`` plays no part here: a row that breaks a rule breaks it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import reduce
from operator import or_
from typing import TypeVar

from pyspark.errors import AnalysisException
from pyspark.sql import Column, DataFrame, SparkSession, Window
from pyspark.sql import functions as F
from pyspark.sql import types as T

from quality.engine import answerable
from quality.errors import InapplicableError
from quality.expectation import Expectation, Suite
from quality.failures import FAILURE_TYPE, FAILURES
from quality.plan import UNIQUENESS, Broken, GroupRule, RowRule, Rule, broken_if, plan
from quality.predicates import PREDICATES
from quality.schema import Field

__all__ = ["Transform", "fitting_patterns", "flag_failures", "flagged", "split", "told_by_rows"]

Transform = Callable[[DataFrame], DataFrame]

AnyRule = TypeVar("AnyRule", bound=Rule)

_BROKEN = "_broken_"
_BITS = 63


def flag_failures(suite: Suite, *, among: Column | None = None, uniqueness: bool = True) -> Transform:
    """Write into ``_failures`` which rules each row breaks.

    Uniqueness costs one shuffle for each set of key columns; everything else is one pass.

    Parameters
    ----------
    suite : Suite
        From `load_suite`. Rules about the table, rules that only Great Expectations can evaluate,
        and rules that do not fit the data (a column that is not there, an invalid pattern) are
        left to `quality.validate`, which refuses what does not fit.
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
    >>> from quality import load_suite
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
    return lambda df: flagged(df, suite, among=among, uniqueness=uniqueness)[0]


def flagged(
    df: DataFrame, suite: Suite, *, among: Column | None = None, uniqueness: bool = True
) -> tuple[DataFrame, frozenset[str]]:
    """Do as `flag_failures` does, and tell the ids of the rules that rows were told by.

    A row without a failure of a rule among these keeps the rule; of the others nothing is known.
    """
    rows, told = _flag(df, _told(_planned(df, suite), uniqueness), among)
    return rows, frozenset(rule.expectation.id for rule in told)


def split(df: DataFrame, suite: Suite) -> tuple[DataFrame, DataFrame]:
    """Part the rows that break a critical rule from those that do not.

    Parameters
    ----------
    df : DataFrame
        The data.
    suite : Suite
        From `load_suite`; rules that rows cannot be told by play no part.

    Returns
    -------
    accepted : DataFrame
        Rows that break no rule of severity critical, in the schema of `df`.
    rejected : DataFrame
        The others, with their reasons, warnings included, in ``_failures``. Together the two
        hold every row of `df`.

    Raises
    ------
    InapplicableError
        If a rule that rows are told by does not fit the data: a column is not there, a pattern is
        not valid, a type cannot be compared.

    Examples
    --------
    >>> from quality import load_suite
    >>> suite = load_suite('''{"name": "people", "expectations": [
    ...     {"type": "expect_column_values_to_be_unique", "kwargs": {"column": "id"}}]}''', source="s.json")
    >>> people = spark.createDataFrame([(1, "a"), (2, "b"), (2, "c")], "id int, name string")
    >>> accepted, rejected = split(people, suite)
    >>> [row.name for row in accepted.collect()], [row.name for row in rejected.orderBy("name").collect()]
    (['a'], ['b', 'c'])
    """
    rules = _planned(df, suite)
    told_apart, fitting = _flag(df, _told(rules), None)
    for rule in rules:
        expectation = rule.expectation
        told = expectation.type in PREDICATES or expectation.type in UNIQUENESS
        if told and rule not in fitting:
            raise InapplicableError(
                suite=suite.name,
                expectation_id=expectation.id,
                expectation_type=expectation.type,
                columns=expectation.columns,
                reason=rule.reason
                if isinstance(rule, Broken)
                else "it is not valid, or not for such a column",
            )
    critical = F.array_contains(F.col(f"{FAILURES}.severity"), "critical")
    return told_apart.where(~critical).drop(FAILURES), told_apart.where(critical)


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
    >>> from quality import load_suite
    >>> suite = load_suite('''{"name": "people", "expectations": [
    ...     {"type": "expect_column_values_to_be_unique", "kwargs": {"column": "id"}},
    ...     {"type": "expect_table_row_count_to_equal", "kwargs": {"value": 3}}]}''', source="people.json")
    >>> [expectation.type for expectation in told_by_rows(suite).expectations]
    ['expect_column_values_to_be_unique']
    """
    kept = (one for one in suite.expectations if one.type in PREDICATES or one.type in UNIQUENESS)
    return replace(suite, expectations=tuple(kept))


def _planned(df: DataFrame, suite: Suite) -> tuple[Rule, ...]:
    return answerable(df.sparkSession, plan(suite, df.schema))


def _told(rules: Iterable[Rule], uniqueness: bool = True) -> list[RowRule | GroupRule]:
    """Choose the rules that rows are told by."""
    return [
        rule
        for rule in rules
        if isinstance(rule, RowRule)
        or (uniqueness and isinstance(rule, GroupRule) and rule.expectation.type in UNIQUENESS)
    ]


def _flag(
    df: DataFrame, told: list[RowRule | GroupRule], among: Column | None
) -> tuple[DataFrame, list[RowRule | GroupRule]]:
    """Flag what the rules that fit the data say, and tell which they are."""
    told = fitting_patterns(df.sparkSession, told)
    rows = _analysed(df, told, among)
    if rows is None:
        told = [rule for rule in told if _analysed(df, [rule], None) is not None]
        rows = _flagged(df, told, among)
    return rows, told


def _analysed(df: DataFrame, rules: Sequence[RowRule | GroupRule], among: Column | None) -> DataFrame | None:
    """Flag, if Spark can analyse every rule; asking for the schema makes it try."""
    try:
        rows = _flagged(df, rules, among)
        return rows if rows.schema else None
    except AnalysisException:
        return None


def fitting_patterns(spark: SparkSession, rules: Iterable[AnyRule]) -> list[AnyRule]:
    """Leave out the rules with a pattern that Java does not take."""
    rules = list(rules)
    bad = _invalid_patterns(spark, _patterns(rule.expectation for rule in rules))
    return [rule for rule in rules if not bad.intersection(_patterns([rule.expectation]))]


def _patterns(expectations: Iterable[Expectation]) -> set[str]:
    patterns: set[str] = set()
    for expectation in expectations:
        if "match_regex" in expectation.type:
            listed = expectation.kwargs.get("regex_list")
            joined = ["|".join(listed)] if listed and expectation.parameter("match_on") == "any" else listed
            patterns.update(joined or [expectation.parameter("regex")])
    return patterns


def _invalid_patterns(spark: SparkSession, patterns: set[str]) -> set[str]:
    """Find the patterns that Java does not take; there is no other way to ask than to try."""
    tried = [F.col("col1").rlike(pattern) for pattern in sorted(patterns)]
    try:
        if tried:
            spark.sql("VALUES ('')").select(*tried).collect()
        return set()
    except Exception:  # narrowed down to the pattern, which is then left to validate, which refuses
        if len(patterns) == 1:
            return patterns
        return {pattern for pattern in patterns if _invalid_patterns(spark, {pattern})}


def _flagged(df: DataFrame, rules: Sequence[RowRule | GroupRule], among: Column | None) -> DataFrame:
    columns = [name for name in df.columns if name != FAILURES]
    looked_at = F.lit(True) if among is None else F.coalesce(among, F.lit(False))
    copies: dict[str, str] = {}
    for rule in rules:
        if isinstance(rule, GroupRule) and rule.group.key not in copies:
            name = copies[rule.group.key] = f"_copies_{len(copies)}"
            df = df.withColumn(name, _copies(df, rule, looked_at))
    none = F.array().cast(FAILURE_TYPE)
    if not rules:
        return df.select(*map(_quoted, columns), none.alias(FAILURES))
    # A bit for each rule, so that it is evaluated once, and a struct made only where it is broken.
    bits = {f"{_BROKEN}{at}": rules[at : at + _BITS] for at in range(0, len(rules), _BITS)}
    masks = {name: F.when(looked_at, _mask(some, copies)).otherwise(0) for name, some in bits.items()}
    entries = [
        F.when(_bit(name, at), F.array(_entry(rule)).cast(FAILURE_TYPE)).otherwise(none)
        for name, some in bits.items()
        for at, rule in enumerate(some)
    ]
    any_broken = reduce(or_, (F.col(name) != 0 for name in bits))
    failures = F.when(any_broken, F.concat(none, *entries)).otherwise(none)
    return df.withColumns(masks).withColumn(FAILURES, failures).select(*map(_quoted, columns), FAILURES)


def _mask(rules: Sequence[RowRule | GroupRule], copies: dict[str, str]) -> Column:
    bits = [F.when(_fails(rule, copies), F.lit(1 << at)).otherwise(0) for at, rule in enumerate(rules)]
    # By halves: Spark Connect takes no expression that is nested a hundred deep.
    while len(bits) > 1:
        rest = bits[len(bits) // 2 * 2 :]
        bits = [one.bitwiseOR(other) for one, other in zip(bits[::2], bits[1::2], strict=False)] + rest
    return bits[0].cast("bigint")


def _bit(name: str, at: int) -> Column:
    return F.col(name).bitwiseAND(F.lit(1 << at)) != 0


def _copies(df: DataFrame, rule: GroupRule, looked_at: Column) -> Column:
    """Count the rows that are equal to this one in the rule's columns, among the rows that take part."""
    takes_part = looked_at if rule.group.rows_if is None else looked_at & rule.group.rows_if
    takes_part = F.coalesce(takes_part, F.lit(False))
    keys = [F.when(takes_part, _grouped(field)) for field in rule.fields]
    # Rows that do not take part would all fall into one partition: they are spread by their hash.
    spread = [_quoted(name) for name, kind in df.dtypes if "<" not in kind]
    salt = F.when(~takes_part, F.pmod(F.xxhash64(F.lit(0), *spread), F.lit(1024)))
    return F.when(takes_part, F.count(F.lit(1)).over(Window.partitionBy(*keys, takes_part, salt)))


def _grouped(field: Field) -> Column:
    # Windows of Sail hold -0.0 and 0.0 for two values.
    return field.column + F.lit(0.0) if isinstance(field.type, T.FloatType | T.DoubleType) else field.column


def _fails(rule: RowRule | GroupRule, copies: dict[str, str]) -> Column:
    if isinstance(rule, GroupRule):
        return F.col(copies[rule.group.key]) > 1
    return broken_if(rule)


def _entry(rule: RowRule | GroupRule) -> Column:
    expectation = rule.expectation
    return F.struct(
        F.lit(expectation.id).alias("expectation_id"),
        F.lit(expectation.type).alias("expectation_type"),
        F.lit(expectation.column).alias("column"),
        _value(rule.fields).alias("value"),
        F.lit(expectation.severity).alias("severity"),
    )


def _value(fields: Sequence[Field]) -> Column:
    if len(fields) == 1:
        return fields[0].text
    # Not as JSON: Spark 3.5 does not compile what writes that, nor anything beside it.
    named = (F.concat(F.lit(f"{field.name}="), F.coalesce(field.text, F.lit("null"))) for field in fields)
    return F.concat_ws(", ", *named)


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"
