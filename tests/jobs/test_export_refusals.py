"""What an export refuses of the data: rows without a group or a label, and a column of its own name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from headgate.etl.lake.zones import Lake
from headgate.jobs.context import load_pipeline
from headgate.jobs.entry import run_pipeline
from headgate.jobs.exits import RefusedError
from headgate.quality import ReservedNameError
from tests.jobs.visits import lay_out

PIPELINE = """
name: visits
datasets:
  visits: {source: {files: "v*.csv"}, suite: suites/visits.json}
star:
  facts:
    fact_visit:
      from: visits
      grain: [visit.id]
      columns: [person, dear, cost, Split]
      suite: suites/visits.json
exports:
  dear:
    from: fact_visit
    id: [visit.id]
    group: person
    label: dear
    splits: {train: 0.5, test: 0.5}
    features: {numeric: [cost]}
"""


def test_rows_without_group_or_label_are_told_and_nothing_is_exported(
    spark: SparkSession, tmp_path: Path
) -> None:
    rows = [
        (1, "p1", 1.0, 5, "a"),
        (2, None, 0.0, 6, "b"),
        (3, "p3", float("nan"), 7, "c"),
        (4, "", 0.0, 8, "d"),
    ]
    fact = spark.createDataFrame(rows, "`visit.id` int, person string, dear double, cost int, Split string")
    fact.write.format("delta").save(str(tmp_path / "lake" / "star" / "fact_visit"))
    path = lay_out(tmp_path, pipeline=PIPELINE)

    def export() -> None:
        pipeline, source = load_pipeline(str(path))
        run_pipeline(
            pipeline,
            source=source,
            lake=Lake(str(tmp_path / "lake")),
            landing=str(tmp_path),
            run_id="r1",
            steps=["export"],
            log_format="text",
        )

    with pytest.raises(ReservedNameError, match="column 'Split': the name is Headgate's own"):
        export()
    path.write_text(
        path.read_text().replace(
            "    id: [v", "    steps: [{rename_columns: {columns: {Split: part}}}]\n    id: [v"
        )
    )
    with pytest.raises(RefusedError) as refused:
        export()
    ((_, said),) = refused.value.refusals
    assert "'person' is null in 1 of 4 rows" in said
    assert "'dear' is null in 1 of 4 rows" in said
    assert 'drop_rows: {rule: no_label, where: "`dear` IS NULL"}' in said
    assert not (tmp_path / "lake" / "export").exists()
    summary = json.loads((tmp_path / "lake" / "reports" / "r1" / "summary.json").read_text())
    assert (summary["status"], summary["stages"][0]["status"]) == ("refused", "refused")
