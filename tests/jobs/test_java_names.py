"""Java is asked once for a name, and anew for what may have changed."""

from __future__ import annotations

from typing import Any

import pytest
from py4j.java_gateway import JavaPackage
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from headgate.jobs.java_names import remember_names


@pytest.fixture
def jvm(spark: SparkSession) -> Any:
    remember_names(spark)
    return spark._jvm


def test_classes_and_their_methods_are_the_same_at_every_call(jvm: Any) -> None:
    assert jvm.functions is jvm.functions
    assert jvm.functions.col is jvm.functions.col
    far = "org.apache.spark.sql.catalyst.expressions.LambdaFunction"
    first, second = jvm, jvm
    for name in far.split("."):
        first, second = getattr(first, name), getattr(second, name)
    assert first is second


def test_a_column_expression_asks_for_no_name_twice(jvm: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def made() -> str:
        return str(F.transform(F.array(F.lit(1), F.col("a")), lambda x: F.coalesce(x, F.lit(0)) + 1))

    made()
    asked: list[str] = []
    client = type(jvm._gateway_client)
    send = client.send_command

    def watched(self: Any, command: str, *given: Any, **named: Any) -> Any:
        if command.startswith("r\n"):
            asked.append(command)
        return send(self, command, *given, **named)

    monkeypatch.setattr(client, "send_command", watched)
    assert "coalesce" in made()
    assert asked == []


def test_what_may_be_another_the_next_time_is_asked_for_again(jvm: Any) -> None:
    assert jvm.org.apache.spark.sql.types.DataTypes.IntegerType is not (
        jvm.org.apache.spark.sql.types.DataTypes.IntegerType
    )
    assert isinstance(jvm.org.apache.spark.NotThereYet, JavaPackage)
    assert "NotThereYet" not in vars(jvm.org.apache.spark)
