"""What a step does to rows is what it says of itself: names of parameters and texts in them say nothing."""

from __future__ import annotations

from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from headgate import etl
from headgate.conf import Step
from headgate.conf.forms import step_form
from headgate.etl.errors import ParameterError
from headgate.etl.load.row_counts import REMOVED_AS
from headgate.etl.traits import Traits, traits_of
from headgate.jobs.catalogue import STEPS, rules_of, transform_of


def count_rows(*, into: str, removed_as: str = "x", rule: str = "r") -> etl.Transform:
    """A step of a user's own, whose parameters have names that other steps use otherwise."""
    return lambda df: df.withColumn(into, F.lit(df.count())).withColumn("said", F.lit(f"{removed_as} {rule}"))


@etl.step(scope="row")
def shout(*, column: str) -> etl.Transform:
    return lambda df: df.withColumn(column, F.upper(column))


def rows(spark: SparkSession) -> DataFrame:
    return spark.createDataFrame(
        [("a", None), ("b", None), ("c", "duplicate")], f"name string, {REMOVED_AS} string"
    )


def step(function: object, **parameters: object) -> Step:
    return Step(name="mine:step", parameters=parameters, function=function)


def test_a_step_that_says_nothing_is_given_the_rows_that_are_in(spark: SparkSession) -> None:
    made = step(count_rows, into="n", removed_as="m")
    found = rows(spark).transform(transform_of([made], removed_as=REMOVED_AS))
    assert sorted((row.name, row.n, row.said) for row in found.collect() if row[REMOVED_AS] is None) == [
        ("a", 2, "m r"),
        ("b", 2, "m r"),
    ]
    assert found.where(F.col(REMOVED_AS).isNotNull()).count() == 1
    assert rules_of([step(count_rows, into="n", rule="drop")]) == []
    assert step_form("mine:step", count_rows).parameters == ("into", "removed_as", "rule")


@pytest.mark.parametrize("scope", ["row", "group"])
def test_a_step_that_forgets_to_return_its_frame_is_told_by_its_name(spark: SparkSession, scope: Any) -> None:
    @etl.step(scope=scope)
    def forgetful(*, column: str) -> Any:
        def apply(df: DataFrame) -> None:
            df.withColumn(column, F.lit(1))

        return apply

    with pytest.raises(ParameterError, match="mine:step: its result='NoneType' is not allowed; use a DataF"):
        rows(spark).transform(transform_of([step(forgetful, column="n")], removed_as=REMOVED_AS))


def test_a_step_that_looks_at_each_row_alone_costs_no_second_pass(spark: SparkSession) -> None:
    found = rows(spark).transform(transform_of([step(shout, column="name")], removed_as=REMOVED_AS))
    assert sorted(row.name for row in found.collect()) == ["A", "B", "C"]
    assert "Union" not in found._jdf.queryExecution().toString()


@pytest.mark.parametrize(
    ("sql", "across"),
    [("max(name) OVER ()", True), ("concat(name, ' over ')", False), ("coalesce(handover, name)", False)],
)
def test_only_a_window_makes_an_expression_look_across_rows(sql: str, across: bool) -> None:
    traits = traits_of(etl.add_columns)
    assert traits.looks_across_rows({"columns": {"x": sql}}) == across


def test_every_step_of_the_closed_list_says_what_it_does() -> None:
    silent = [name for name, function in STEPS.items() if not hasattr(function, "__headgate_step__")]
    assert silent == []
    removing = {name: traits_of(function).removes for name, function in STEPS.items()}
    assert {name: removes for name, removes in removing.items() if removes} == {
        "drop_exact_duplicates": "duplicate",
        "drop_rows": "rule",
        "keep_latest": "superseded",
        "keep_rows": "rule",
    }
    assert traits_of(len) == Traits()


@pytest.mark.parametrize("wrong", [{"scope": "rows"}, {"scope": None}, {"scope": "row", "removes": "bad"}])
def test_a_declaration_that_says_nothing_known_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ParameterError, match="one of"):
        etl.step(**wrong)
