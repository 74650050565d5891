"""Many thousand values are looked up as few are: exactly, and in seconds."""

from __future__ import annotations

from headgate.quality import validate
from headgate.quality.rows import flag
from tests.quality.suites import rule, suite_of

ODD = ["a", "", "O'Brien", "x\\y", "é", "日本", "${env:HOME}"]
ALL = [*ODD, *(f"v{n}" for n in range(400))]
OUTSIDE = ["A", "a\x1fb", "v400", "v", "\x1f", "v1 "]


def test_a_long_list_is_exact(brisk):
    texts = brisk.createDataFrame([(text,) for text in [*ALL, *OUTSIDE, None]], "s string")
    df = texts.selectExpr("s", "IF(s = 'v', 999, -7) AS n")
    df = df.selectExpr("*", "CAST(n AS DECIMAL(6, 1)) AS d", "CAST(n AS DOUBLE) AS f").coalesce(1)
    whole = list(range(-300, 300))
    report = validate(
        df,
        suite_of(
            rule("column_values_to_be_in_set", id="in", column="s", value_set=ALL),
            rule("column_values_to_be_in_set", id="in or null", column="s", value_set=[*ALL, None]),
            rule("column_values_to_be_in_set", id="separator", column="s", value_set=[*ALL, "a\x1fb"]),
            rule("column_values_to_not_be_in_set", id="not in", column="s", value_set=ALL),
            rule("column_distinct_values_to_be_in_set", id="distinct", column="s", value_set=ALL),
            *(rule("column_values_to_be_in_set", id=name, column=name, value_set=whole) for name in "ndf"),
        ),
    )
    found = {result.id: result.unexpected_count for result in report.results}
    many = {"not in": len(ALL), "in or null": 0, "separator": len(OUTSIDE) - 1, "n": 1, "d": 1, "f": 1}
    assert found == {"in": len(OUTSIDE), "distinct": len(OUTSIDE), **many}
    assert set(report.by_id["in"].examples) == set(OUTSIDE)


def test_a_hundred_thousand_values_make_no_hundred_thousand_parts(brisk):
    df = brisk.createDataFrame([("1",), ("no",)], "s string").coalesce(1)
    texts = [str(n) for n in range(100_000)]
    pairs = [[text, text] for text in texts[:5_000]]
    suite = suite_of(
        rule("column_values_to_be_in_set", column="s", value_set=texts),
        rule("column_pair_values_to_be_in_set", column_A="s", column_B="s", value_pairs_set=pairs),
    )
    rows, flags = flag(df, suite_of(suite.expectations[0].given))
    assert [row.s for row in rows.where(flags.critical).collect()] == ["no"]
    # A plan of one literal; with a part a value it is megabytes long.
    assert len(flags.critical._jc.toString()) < 1_000
