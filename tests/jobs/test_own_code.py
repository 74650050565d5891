"""Steps of one's own beside the pipeline file, in a project that has packages of Headgate's old names."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from headgate.conf import fingerprint
from headgate.jobs.context import load_pipeline
from headgate.jobs.exits import ArgumentsError
from tests.jobs.visits import PIPELINE, lay_out, lay_out_packages

STEPS = """
from pyspark.sql import functions as F
from etl.words import loud

@F.udf
def shout(text):
    return loud(text)

def raise_voice(*, column):
    return lambda df: df.withColumn(column, shout(column))
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A pipeline of one dataset with a step in Python, and what lies beside it."""
    lay_out_packages(tmp_path)
    (tmp_path / "etl/__init__.py").write_text("")
    (tmp_path / "etl/words.py").write_text("def loud(text):\n    return text and text.upper()\n")
    (tmp_path / "clinic_steps.py").write_text(STEPS)
    datasets, _ = PIPELINE.split("star:\n")
    renaming = "      - rename_to_snake_case\n"
    step = "      - clinic_steps:raise_voice: {column: town}\n"
    lay_out(tmp_path, pipeline=datasets.replace(renaming, renaming + step))
    return tmp_path


def test_they_are_found_there_and_run_in_sparks_workers(project: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    command = [str(Path(sys.executable).with_name("headgate")), "run", str(project / "pipeline.yaml")]
    command += ["--lake", str(tmp_path / "lake"), "--landing", str(project / "landing"), "--trust-code"]
    known = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(command, cwd=tmp_path / "elsewhere", env=known, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    (file,) = (tmp_path / "lake/curated/visits").rglob("*.parquet")
    assert set(pq.read_table(file)["town"].to_pylist()) == {"ROME", "OSLO", "BERN", None}


def test_a_module_of_the_same_name_that_comes_first_is_not_taken_for_it(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "first").mkdir()
    (tmp_path / "first/twice_there.py").write_text("def raise_voice(*, column):\n    return lambda df: df\n")
    (project / "twice_there.py").write_text(STEPS)
    file = project / "pipeline.yaml"
    file.write_text(file.read_text().replace("clinic_steps", "twice_there"))
    monkeypatch.syspath_prepend(str(tmp_path / "first"))
    with pytest.raises(ArgumentsError, match=r"module 'twice_there' lies beside it, and .* comes first"):
        load_pipeline(str(file), trust_code=True)


def test_the_code_that_runs_is_the_code_that_lies_there_now_and_this_pipelines(tmp_path: Path) -> None:
    """One process runs pipelines one after the other, as a notebook does, and its author edits meanwhile."""
    told = {}
    for name, helper, edited in (("one", "A", "A"), ("two", "B", "B"), ("two", "B", "edited")):
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        (folder / "helper_words.py").write_text(f"WORD = {edited!r}\n")
        (folder / "word_steps.py").write_text(
            "from helper_words import WORD\n\n"
            f"def say(*, word={helper!r}):\n    return lambda df: (word, WORD)\n"
        )
        datasets, _ = PIPELINE.split("star:\n")
        renaming = "      - rename_to_snake_case\n"
        lay_out(folder, pipeline=datasets.replace(renaming, renaming + "      - word_steps:say\n"))
        pipeline, _ = load_pipeline(str(folder / "pipeline.yaml"), trust_code=True)
        (step,) = (step for step in pipeline.datasets["visits"].clean if step.name == "word_steps:say")
        told[name, edited] = (step.function()(None), fingerprint(pipeline.datasets["visits"]))
    assert [said for said, _ in told.values()] == [("A", "A"), ("B", "B"), ("B", "edited")]
    assert len({mark for _, mark in told.values()}) == 3
