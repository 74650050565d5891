"""Trends, end to end: each delivery is compared with those before it, which are not read again."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from headgate.etl.lake.zones import Lake
from headgate.jobs import entry as job
from headgate.jobs.context import load_pipeline
from headgate.jobs.entry import run_pipeline
from headgate.jobs.exits import RefusedError, guarded
from headgate.quality import SuiteError

PIPELINE = """
name: ward
datasets:
  visits:
    source: {files: "*.csv"}
    clean:
      - cast_columns: {columns: {visit: bigint, cost: double}}
      - sentinels_to_null: {values: [""], columns: [person]}
      - drop_rows: {rule: another_day, where: "day <> '${DAY}'"}
    suite: visits.json
    trends: {runs: 2}
"""

LASTING = ("column_values_to_not_be_null", {"column": "visit"})
ENOUGH = ("table_row_count_to_be_between", {"min_value": {"$PARAMETER": "trend_rows_mean * 0.6"}})
KNOWN = (
    "column_distinct_values_to_be_in_set",
    {"column": "town", "value_set": {"$PARAMETER": "trend_town_values"}},
)
FILLED = (
    "column_proportion_of_non_null_values_to_be_between",
    {"column": "person", "min_value": {"$PARAMETER": "1 - trend_person_null_rate_max - 0.05"}},
)
USUAL = (
    "column_mean_to_be_between",
    {
        "column": "cost",
        "min_value": {"$PARAMETER": "trend_cost_mean - 3 * trend_cost_stddev"},
        "max_value": {"$PARAMETER": "trend_cost_mean + 3 * trend_cost_stddev"},
    },
)
Rule = tuple[str, dict[str, Any]]
Deliver = Callable[..., dict[str, Any]]


def rows(day: int, *, number: int = 10, towns: Sequence[str] = ("Rome", "Oslo"), **same: str) -> list[str]:
    """The lines of a delivery."""
    made = []
    for n in range(number):
        row = {
            "visit": str(day * 100 + n),
            "day": str(day),
            "town": towns[n % len(towns)],
            "cost": str(n % 5),
            "person": f"p{n}",
        } | same
        made.append(",".join(row.values()))
    return ["visit,day,town,cost,person", *made]


@pytest.fixture
def deliver(spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Deliver:
    """Take one more delivery in, under a suite."""

    def delivering(
        day: int,
        lines: list[str] | None,
        *rules: Rule,
        run_id: str | None = None,
        steps: tuple[str, ...] = ("ingest", "curate"),
        overrides: tuple[str, ...] = (),
    ) -> dict[str, Any]:
        expectations = [
            {"id": kind.split("_to_")[0], "type": f"expect_{kind}", "kwargs": kwargs, "severity": "critical"}
            for kind, kwargs in (LASTING, *rules)
        ]
        suite = {"name": "visits", "expectations": expectations}
        (tmp_path / "visits.json").write_text(json.dumps(suite))
        (tmp_path / "ward.yaml").write_text(PIPELINE)
        (tmp_path / "landing").mkdir(exist_ok=True)
        if lines is not None:
            (tmp_path / f"landing/{day}.csv").write_text("\n".join(lines) + "\n")
        monkeypatch.setenv("DAY", str(day))
        pipeline, source = load_pipeline(str(tmp_path / "ward.yaml"), overrides=overrides)
        return run_pipeline(
            pipeline,
            source=source,
            lake=Lake(str(tmp_path / "lake")),
            landing=str(tmp_path / "landing"),
            run_id=run_id or f"r{day}",
            steps=steps,
            log_format="text",
        )

    return delivering


def gate(summary: dict[str, Any]) -> dict[str, Any]:
    (found,) = summary["gates"]
    return found


def not_asked(summary: dict[str, Any]) -> dict[str, list[str]]:
    return {each["id"]: each["needs"] for each in gate(summary)["not_asked"]}


def profile(spark: SparkSession, lake: Path, run_id: str) -> dict[str, Any]:
    ledger = spark.read.format("delta").load(str(lake / "ledger"))
    (found,) = ledger.where(f"stage = 'curate' and run_id = '{run_id}'").collect()
    return json.loads(found["details"])["profile"]


def test_a_third_delivery_half_empty_is_refused(
    spark: SparkSession, tmp_path: Path, deliver: Deliver, capsys: pytest.CaptureFixture[str]
) -> None:
    first = deliver(1, rows(1), ENOUGH, KNOWN)
    assert not_asked(first) == {
        "table_row_count": ["trend_rows_mean"],
        "column_distinct_values": ["trend_town_values"],
    }
    page = (tmp_path / "lake/reports/r1/index.html").read_text()
    assert "not asked" in page
    assert "trend_rows_mean" in page
    second = deliver(2, rows(2), ENOUGH, KNOWN)
    assert not_asked(second) == {}
    bound = {each["id"]: each["kwargs"] for each in gate(second)["expectations"]}
    assert bound["table_row_count"] == {"min_value": 6}
    assert bound["column_distinct_values"] == {"column": "town", "value_set": ["Oslo", "Rome"]}
    with pytest.raises(SystemExit) as ended:
        guarded(lambda: deliver(3, rows(3, number=5), ENOUGH, KNOWN), debug=False)
    assert ended.value.code == 3
    assert "expect_table_row_count_to_be_between fails: observed 5" in capsys.readouterr().err
    # What was refused is no past: the fourth is compared with the first and the second.
    fourth = deliver(4, rows(4, number=6), ENOUGH, KNOWN)
    assert {each["id"]: each["kwargs"] for each in gate(fourth)["expectations"]}["table_row_count"] == {
        "min_value": 6
    }


@pytest.mark.parametrize(
    ("rule", "same", "said"),
    [
        (KNOWN, {"town": "Bern"}, "expect_column_distinct_values_to_be_in_set on town fails: 1 unexpected"),
        (FILLED, {"person": ""}, "expect_column_proportion_of_non_null_values_to_be_between on person fails"),
        (USUAL, {"cost": "99"}, "expect_column_mean_to_be_between on cost fails: observed 99"),
    ],
    ids=["a new category", "values are missing", "another mean"],
)
def test_a_delivery_unlike_those_before_is_refused(
    deliver: Deliver, rule: Rule, same: dict[str, str], said: str
) -> None:
    assert len(not_asked(deliver(1, rows(1), rule))) == 1
    deliver(2, rows(2), rule)
    with pytest.raises(RefusedError) as caught:
        deliver(3, rows(3, **same), rule)
    assert caught.value.refusals[0][0] == "curate/visits"
    assert caught.value.refusals[0][1].startswith(said)


def test_the_same_delivery_is_no_past_of_itself(
    spark: SparkSession, tmp_path: Path, deliver: Deliver
) -> None:
    deliver(1, rows(1, number=30), ENOUGH)
    deliver(2, rows(2, number=10))
    assert profile(spark, tmp_path / "lake", "r2")["rows"] == 10
    # The same rows under another suite: they are compared with the first delivery alone.
    with pytest.raises(RefusedError, match="observed 10"):
        deliver(2, None, ENOUGH, run_id="again")
    deliver(2, None, KNOWN, run_id="another")
    deliver(2, None, KNOWN, run_id="unchanged")
    third = deliver(3, rows(3, number=12), ENOUGH, overrides=("datasets.visits.trends.runs=9",))
    # The mean of 30 and 10, the second once although it was published twice.
    assert gate(third)["expectations"][-1]["kwargs"] == {"min_value": 12}


def test_a_run_that_died_before_its_ledger_counts(deliver: Deliver, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(job, "account", lambda *given, **named: (_ for _ in ()).throw(OSError("killed")))
        with pytest.raises(OSError, match="killed"):
            deliver(1, rows(1), ENOUGH)
    second = deliver(2, rows(2), ENOUGH)
    assert not_asked(second) == {}


def test_numbers_are_kept_where_the_suite_or_the_pipeline_asks(
    spark: SparkSession, tmp_path: Path, deliver: Deliver
) -> None:
    deliver(1, rows(1))
    assert profile(spark, tmp_path / "lake", "r1") == {
        "rows": 10,
        "columns": {name: {"nulls": 0} for name in ("visit", "day", "town", "cost", "person")},
    }
    distinct = {"column": "town", "min_value": {"$PARAMETER": "trend_town_distinct_min - 1"}}
    deliver(2, rows(2), USUAL, ("column_unique_value_count_to_be_between", distinct))
    kept = profile(spark, tmp_path / "lake", "r2")["columns"]
    assert kept["cost"] == {
        "nulls": 0, "kind": "number", "count": 10, "total": 20.0, "squares": 60.0, "low": 0.0, "high": 4.0,
    }  # fmt: skip
    assert set(kept["town"]) == {"nulls", "sketch"}
    third = deliver(3, rows(3), USUAL, ("column_unique_value_count_to_be_between", distinct))
    assert not_asked(third) == {}
    assert gate(third)["expectations"][-1]["kwargs"] == {"column": "town", "min_value": 1}
    deliver(4, rows(4), overrides=("datasets.visits.trends.numbers=all",))
    assert {"visit", "cost"} == {
        name for name, known in profile(spark, tmp_path / "lake", "r4")["columns"].items() if "total" in known
    }


def test_a_set_that_cannot_be_kept_is_refused_at_once(deliver: Deliver) -> None:
    with pytest.raises(RefusedError, match="town has more than 50 distinct values"):
        deliver(1, rows(1, number=51, towns=[f"t{n}" for n in range(51)]), KNOWN)


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (
            ("table_row_count_to_equal", {"value": {"$PARAMETER": "trend_row_mean"}}),
            "there is no trend 'trend_row_mean'; did you mean 'trend_rows_mean'",
        ),
        (
            ("table_row_count_to_equal", {"value": {"$PARAMETER": "rows"}}),
            "the parameter 'rows' has no value",
        ),
    ],
)
def test_a_parameter_that_nobody_fills_is_refused(deliver: Deliver, rule: Rule, said: str) -> None:
    with pytest.raises(SuiteError, match=said):
        deliver(1, rows(1), rule)
