"""Flags: a bit for each rule that a row breaks, and the reasons spelled out where somebody reads them.

Nearly all rows break no rule. Code that could spell out every failure makes the one pass over all of
them too long for Java to compile, so that pass leaves a number, and the reasons are made of it later.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F
from pyspark.sql import types as T

from headgate.quality.expectation import Suite
from headgate.quality.failures import FAILURE_TYPE
from headgate.quality.literals import quote
from headgate.quality.problems import critical_problem
from headgate.quality.reserved import require_free
from headgate.quality.rules import Group, Rule
from headgate.quality.schema import Field

__all__ = ["Flags", "flag_rows"]

_BROKEN = "_broken"
_BITS = 63


@dataclass(frozen=True)
class Flags:
    """Which rules the rows of a frame break.

    Attributes
    ----------
    rules : mapping of str to sequence of rule
        By metadata column, of type ``bigint``: the rules, by their bits from the lowest on.
    problem : Column or None
        Which rows a step before the gate has found a critical problem with; None where no step looked.
    """

    rules: Mapping[str, Sequence[Rule]]
    problem: Column | None = None

    def __or__(self, other: Flags) -> Flags:
        """Both, in columns of their own."""
        return Flags(
            {**self.rules, **other.rules}, self.problem if self.problem is not None else other.problem
        )

    @property
    def columns(self) -> list[str]:
        """The metadata columns that hold the flags."""
        return list(self.rules)

    @property
    def ids(self) -> frozenset[str]:
        """Of the expectations: a row without the bit of one keeps it, but for rows not looked at."""
        return frozenset(rule.expectation.id for _, _, rule in self._bits())

    @property
    def any(self) -> Column:
        """Whether a row breaks any rule."""
        return reduce(or_, (F.col(name) != 0 for name in self.rules), F.lit(False))

    @property
    def critical(self) -> Column:
        """Whether a row breaks a rule of severity critical, or has a critical problem."""
        bits = dict.fromkeys(self.rules, 0)
        for name, bit, rule in self._bits():
            bits[name] |= bit if rule.expectation.severity == "critical" else 0
        broken = [_set(name, some) for name, some in bits.items() if some]
        return reduce(or_, broken, F.lit(False) if self.problem is None else self.problem)

    def breaks(self, expectation_id: str) -> Column:
        """Whether a row breaks one rule."""
        bits = (_set(name, bit) for name, bit, rule in self._bits() if rule.expectation.id == expectation_id)
        return reduce(or_, bits)

    def failures(self, suite: Suite) -> Column:
        """Spell out what a row breaks, in the order of the suite.

        Parameters
        ----------
        suite : Suite
            Whose rules these are.

        Returns
        -------
        Column
            Of `FAILURE_TYPE`; null where the row breaks no rule.
        """
        none = F.array().cast(FAILURE_TYPE)
        order = [expectation.id for expectation in suite.expectations]
        bits = sorted(self._bits(), key=lambda each: order.index(each[2].expectation.id))
        entries = [
            F.when(_set(name, bit), F.array(_entry(rule)).cast(FAILURE_TYPE)).otherwise(none)
            for name, bit, rule in bits
        ]
        return F.when(self.any, F.concat(none, *entries)).otherwise(F.lit(None).cast(FAILURE_TYPE))

    def _bits(self) -> Iterator[tuple[str, int, Rule]]:
        for name, rules in self.rules.items():
            for at, rule in enumerate(rules):
                yield name, 1 << at, rule


def flag_rows(
    df: DataFrame, rules: Sequence[Rule], *, among: Column | None, name: str = _BROKEN
) -> tuple[DataFrame, Flags]:
    """Evaluate every rule once for each row, and write down which are broken.

    Parameters
    ----------
    df : DataFrame
    rules : sequence of rule
        Each column set of the rules about uniqueness costs a shuffle.
    among : Column or None
        The rows to look at, None for all; the others get no flag, nor do those with a critical problem.
    name : str
        The metadata columns' names begin with it.

    Returns
    -------
    DataFrame
        The rows and columns of `df`, and a column for each 63 rules.
    Flags
    """
    problem = critical_problem(df.schema)
    looked_at = F.lit(True) if among is None else F.coalesce(among, F.lit(False))
    if problem is not None:
        looked_at = looked_at & ~problem
    flags = Flags({f"{name}_{n}": some for n, some in enumerate(_batched(rules))}, problem)
    columns = [quote(column) for column in df.columns]
    groups = {group.key: group for rule in rules if (group := rule.asked_of) is not None}
    copies = {key: f"_copies_{n}" for n, key in enumerate(groups)}
    require_free(df.schema, written=[*flags.columns, *copies.values()])
    for key, group in groups.items():
        df = df.withColumn(copies[key], _copies(df, group, looked_at))
    masks = [
        F.when(looked_at, _mask(some, copies)).otherwise(0).cast("bigint").alias(flag)
        for flag, some in flags.rules.items()
    ]
    return df.select(*columns, *masks), flags


def _batched(rules: Sequence[Rule]) -> Iterable[Sequence[Rule]]:
    return (rules[at : at + _BITS] for at in range(0, len(rules), _BITS))


def _set(name: str, bits: int) -> Column:
    return F.col(name).bitwiseAND(F.lit(bits).cast("bigint")) != 0


def _mask(rules: Sequence[Rule], copies: Mapping[str, str]) -> Column:
    bits = [
        F.when(rule.breaks(copies), F.lit(1 << at).cast("bigint")).otherwise(F.lit(0).cast("bigint"))
        for at, rule in enumerate(rules)
    ]
    # By halves: Spark Connect takes no expression that is nested a hundred deep.
    while len(bits) > 1:
        rest = bits[len(bits) // 2 * 2 :]
        bits = [one.bitwiseOR(other) for one, other in zip(bits[::2], bits[1::2], strict=False)] + rest
    return bits[0]


def _copies(df: DataFrame, group: Group, looked_at: Column) -> Column:
    """Count the rows that are equal to this one in the group's columns, among the rows that take part."""
    takes_part = looked_at if group.rows_if is None else looked_at & group.rows_if
    takes_part = F.coalesce(takes_part, F.lit(False))
    keys = [F.when(takes_part, _grouped(field)) for field in group.fields]
    # Rows that do not take part would all fall into one partition: they are spread by their hash.
    spread = [quote(name) for name, kind in df.dtypes if "<" not in kind]
    salt = F.when(~takes_part, F.pmod(F.xxhash64(F.lit(0), *spread), F.lit(1024)))
    return F.when(takes_part, F.count(F.lit(1)).over(Window.partitionBy(*keys, takes_part, salt)))


def _grouped(field: Field) -> Column:
    # Windows of Sail hold -0.0 and 0.0 for two values.
    return field.column + F.lit(0.0) if isinstance(field.type, T.FloatType | T.DoubleType) else field.column


def _entry(rule: Rule) -> Column:
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
