"""One Spark session for the whole run, and the names that doctests use."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from headgate.etl.errors import EngineError
from tests import engines

pytest_plugins = ["tests.costs", "tests.no_skips"]


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    with engines.session(engines.engine(), tmp_path_factory.mktemp("warehouse")) as session:
        yield session


@pytest.fixture(params=["false", "true"], ids=["ansi_off", "ansi_on"])
def ansi(request: pytest.FixtureRequest, spark: SparkSession) -> Iterator[str]:
    """Run a test twice: with ANSI mode off and on."""
    before = spark.conf.get("spark.sql.ansi.enabled", "false")
    spark.conf.set("spark.sql.ansi.enabled", request.param)
    yield request.param
    spark.conf.set("spark.sql.ansi.enabled", before)


ONE_TASK = {"spark.sql.shuffle.partitions": "1", "spark.databricks.delta.snapshotPartitions": "1"}
"""A second task has no row to work on, and costs as much as the first."""


@pytest.fixture
def few_rows(spark: SparkSession) -> Iterator[None]:
    """What writes a handful of rows has its plans interpreted, as in a laptop's session, and one task."""
    from headgate.jobs.session import SMALL_SETTINGS

    with engines.settings(spark, SMALL_SETTINGS | ONE_TASK):
        yield


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call() -> Iterator[None]:
    """Take an engine's typed refusal for what it is: a lack with a name, which docs/engines.md lists."""
    try:
        yield
    except EngineError as error:
        pytest.skip(f"lack of {error.engine}: {error.step} {error.lack}")


@pytest.fixture(autouse=True)
def _doctest_names(request: pytest.FixtureRequest, doctest_namespace: dict[str, object]) -> None:
    if isinstance(request.node, pytest.DoctestItem):
        doctest_namespace["spark"] = request.getfixturevalue("spark")
        doctest_namespace["F"] = F
        doctest_namespace["folder"] = request.getfixturevalue("tmp_path")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder with the real data sets, or a skip that names it."""
    folder = Path(os.environ.get("HEADGATE_DATA", Path(__file__).parents[1] / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"real data absent: {folder}")
    return folder


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest, so that no worker has one of them left at the end."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)
