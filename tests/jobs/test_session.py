"""A session that was there is worked in, and left as it was."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyspark.sql import SparkSession

import headgate
from headgate.jobs.context import load_pipeline
from headgate.jobs.exits import ArgumentsError
from headgate.jobs.landing import SMALL, is_small
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


@pytest.mark.parametrize(
    ("file", "size", "small"),
    [
        ("landing/a.csv", SMALL - 1, True),
        ("landing/a.csv", SMALL, False),
        ("landing/2024/a.zip", SMALL // 8, False),
        ("landing/a.CSV.GZ", SMALL // 8, False),
        # What was landed before is read again, wherever it is now.
        ("lake/raw/x/part-0.parquet", SMALL // 4, False),
        ("lake/curated/x/part-0.parquet", SMALL, True),
    ],
)
def test_a_landing_is_small_by_what_its_files_say_and_the_raw_zone_keeps(
    tmp_path: Path, file: str, size: int, small: bool
) -> None:
    pipeline, _ = load_pipeline("diabetes130")
    (tmp_path / file).parent.mkdir(parents=True)
    with (tmp_path / file).open("wb") as sparse:
        sparse.truncate(size)
    assert is_small(pipeline, landing=f"{tmp_path}/landing", lake=f"file:{tmp_path}/lake") == small
    assert is_small(load_pipeline("hospital")[0], landing=str(tmp_path), lake="s3://lake")
