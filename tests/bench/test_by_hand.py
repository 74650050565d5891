"""What is timed side by side answers alike, where rows keep the suites' rules and where one breaks one."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from headgate.quality import load_suite, validate
from tests.bench import by_hand
from tests.bench.lineitem import SUITES, suite_text

pytestmark = pytest.mark.usefixtures("few_rows")

SCHEMA = """l_orderkey bigint, l_partkey bigint, l_suppkey bigint, l_linenumber int, l_quantity decimal(15,2),
    l_extendedprice decimal(15,2), l_discount decimal(15,2), l_tax decimal(15,2), l_returnflag string,
    l_linestatus string, l_shipdate date, l_commitdate date, l_receiptdate date, l_shipinstruct string,
    l_shipmode string, l_comment string"""


def row(at, **changed):
    values = {
        "l_orderkey": at // 7 + 1, "l_partkey": 1 + at, "l_suppkey": 1 + at, "l_linenumber": at % 7 + 1,
        "l_quantity": Decimal(1 + at % 50), "l_extendedprice": Decimal(900 + at * 1300),
        "l_discount": Decimal(at % 11) / 100, "l_tax": Decimal(at % 9) / 100, "l_returnflag": "ANR"[at % 3],
        "l_linestatus": "OF"[at % 2], "l_shipdate": dt.date(1995, 1, 1), "l_commitdate": dt.date(1995, 1, 2),
        "l_receiptdate": dt.date(1995, 1, 3), "l_shipinstruct": "COLLECT COD", "l_shipmode": "MAIL",
        "l_comment": "carefully",
    }  # fmt: skip
    return tuple((values | changed).values())


LARGEST = list(SUITES)[-1]
"""Rows that break a rule are asked of one suite: the others have rules of the same kinds."""

BROKEN = [
    {"l_linenumber": 1, "l_orderkey": 1},
    {"l_quantity": Decimal(51)},
    {"l_comment": ""},
    {"l_receiptdate": dt.date(1994, 1, 1)},
    {"l_returnflag": None},
]


@pytest.mark.parametrize(
    ("suite", "changed", "kept"),
    [*((suite, {}, True) for suite in SUITES), *((LARGEST, changed, False) for changed in BROKEN)],
)
def test_contestants_answer_alike(spark, suite, changed, kept):
    rows = [row(at) for at in range(60)] + [row(60, **changed)]
    df = spark.createDataFrame(rows, SCHEMA)
    text = suite_text(suite)
    assert by_hand.check(df, text) is kept
    assert validate(df, load_suite(text, source=suite)).success is kept
