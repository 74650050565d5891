"""What is read of SQL without an engine: what it names, all that Spark takes, and what is refused."""

from __future__ import annotations

import pytest

from headgate.etl.clean.sql import read_sql

TAKEN = {
    "a NOT RLIKE '^[0-9]+$' AND b LIKE 'x!_%' ESCAPE '!'": "a b",
    "cast(a AS timestamp_ntz) IS NOT DISTINCT FROM b::date": "a b",
    "from_json(a, 'struct<x:int>')['x'] <=> m['k']": "a m",
    "d - INTERVAL '2 3:04' DAY TO MINUTE > DATE'2020-01-01'": "d",
    "array_sort(xs, (l, r) -> CASE WHEN l < r THEN -1 ELSE w END)": "xs w",
    "transform_values(m, (k, v) -> v + k)": "m",
    "sum(a) OVER (PARTITION BY b ORDER BY c RANGE BETWEEN 2 PRECEDING AND CURRENT ROW)": "a b c",
    "rank() OVER (ORDER BY c DESC NULLS LAST)": "c",
    "extract(DAYOFWEEK FROM d) + timestampdiff(DAY, a, b)": "d a b",
    "split(a, ',')[1] || overlay(b PLACING 'x' FROM 2)": "a b",
    "(a, b) IN ((1, 2)) OR a NOT IN ('x', NULL)": "a b",
    "`weird ``name``.x` = 1 AND home.town.name = 'Rome'": "weird `name`.x home",
    "year > 1 AND `order` = 1 AND value IS NULL AND timestamp < 2 AND count = 3 AND rank = 4": (
        "year order value timestamp count rank"
    ),
    "IF(test IS NULL, 'it''s none', concat(test, \"x\", 0x1F, 1e3, 5L))": "test",
}

REFUSED = (
    *("a <> < 0", "a >>> ", "cast(b as", "cast(b as integr)", "a > 0 AND", "a b", "a, b", "'abc", "", "  "),
    *("*", "a AS b", "SELECT 1", "(SELECT max(x) FROM t)", "a IN (SELECT b FROM t)", "EXISTS (SELECT 1)"),
    "made_up(a)",
    *("a > 0; DROP TABLE t", "where a > 1", "a in (1,2", "CASE WHEN a THEN 1", "a..b", "a > 0 garbage"),
)


@pytest.mark.parametrize("sql", TAKEN)
def test_the_columns_of_an_expression_are_named(sql: str) -> None:
    assert set(read_sql(sql, windows=True).columns) == set(
        ["weird `name`.x", "home"] if "weird" in sql else TAKEN[sql].split()
    )


@pytest.mark.parametrize("sql", REFUSED)
def test_what_is_not_one_expression_over_a_row_is_refused_in_one_line(sql: str) -> None:
    with pytest.raises(ValueError, match=r"^[^\n]+ \(line \d+, character \d+\)$"):
        read_sql(sql)
