"""In a notebook's kernel rows are published through the gate, and a pipeline is run, in one session."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from tests.jobs.visits import PIPELINE, lay_out

pytestmark = pytest.mark.real

CELLS = [
    """
from headgate import etl
from headgate.jobs.session import spark_session

session = spark_session(app="notebook", small=True)
spark = session.__enter__()
visits = spark.createDataFrame([(1, 5.0), (2, -1.0), (3, 7.0)], "visit int, cost double")
""",
    """
suite = {"name": "visits", "expectations": [
    {"type": "expect_column_values_to_be_between", "kwargs": {"column": "cost", "min_value": 0}}]}
etl.publish(visits, "visits", suite=suite, tolerance=0.5, batch_id=1)
""",
    "etl.publish(visits, 'visits', suite=suite, tolerance=0.5, batch_id=1).status",
    """
import headgate
summary = headgate.run("pipeline.yaml", lake="lake", landing="landing", steps=["ingest", "curate"])
summary["status"], [(stage["stage"], stage["published"]) for stage in summary["stages"]]
""",
    """
held = sorted(row.visit for row in etl.read_table(spark, "visits").collect())
session.__exit__(None, None, None)
held
""",
]


def test_rows_are_published_and_a_pipeline_is_run_in_a_notebook(tmp_path: Path) -> None:
    lay_out(
        tmp_path, pipeline=PIPELINE[: PIPELINE.index("star:")], rows=["Visit,Person,Town,Cost", "1,p,Rome,5"]
    )
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in CELLS])
    NotebookClient(notebook, timeout=600, resources={"metadata": {"path": str(tmp_path)}}).execute()
    shown = [
        {kind: text for output in cell.outputs for kind, text in output.get("data", {}).items()}
        for cell in notebook.cells
    ]
    assert "<th>quarantined</th>" in shown[1]["text/html"]
    assert "<td>done</td><td>3</td><td>2</td>" in shown[1]["text/html"]
    assert shown[2]["text/plain"] == "'unchanged'"
    assert shown[3]["text/plain"] == "('done', [('ingest', 1), ('curate', 1)])"
    assert shown[4]["text/plain"] == "[1, 3]"
