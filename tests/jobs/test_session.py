"""A session that was there is worked in, and left as it was."""

from __future__ import annotations

import pytest
from pyspark.sql import SparkSession

import headgate
from headgate.jobs.exits import ArgumentsError
from headgate.jobs.session import OURS, spark_session


def test_a_session_that_was_found_is_left_as_it_was(spark: SparkSession) -> None:
    before = {name: spark.conf.get(name, None) for name in (*OURS, "spark.app.name")}
    try:
        spark.conf.set("spark.sql.session.timeZone", "America/New_York")
        with spark_session(app="another") as found:
            assert found is spark
            assert {name: found.conf.get(name) for name in OURS} == OURS
        after = {name: spark.conf.get(name, None) for name in before}
        assert after == before | {"spark.sql.session.timeZone": "America/New_York"}
    finally:
        spark.conf.set("spark.sql.session.timeZone", before["spark.sql.session.timeZone"] or "UTC")


def test_steps_that_there_are_not_are_told_before_anything_is_done(spark: SparkSession, tmp_path) -> None:
    with pytest.raises(ArgumentsError, match=r"there is no step 'curat'.*ingest, curate"):
        headgate.run("hospital", lake=tmp_path / "lake", steps=["ingest", "curat"])
    assert not (tmp_path / "lake").exists()
