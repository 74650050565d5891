from __future__ import annotations

import pytest

from headgate.conf import PipelineError, relative, resource, shipped


@pytest.mark.parametrize(
    ("source", "path", "place"),
    [
        ("hospital.yaml", "suites/a.json", "suites/a.json"),
        ("/p/hospital.yaml", "suites/a.json", "/p/suites/a.json"),
        ("p/q/hospital.yaml", "../suites/a.json", "p/suites/a.json"),
        ("s3://bucket/p/hospital.yaml", "suites/a.json", "s3://bucket/p/suites/a.json"),
        ("s3://bucket/hospital.yaml", "./suites/a.json", "s3://bucket/suites/a.json"),
        ("file:/p/hospital.yaml", "a.json", "file:/p/a.json"),
        ("shipped:hospital.yaml", "suites/a.json", "shipped:suites/a.json"),
    ],
)
def test_a_file_is_sought_next_to_the_pipeline(source: str, path: str, place: str):
    assert relative(source, path) == place


def test_a_pipeline_that_is_not_shipped_has_a_nearest_name():
    with pytest.raises(PipelineError) as error:
        shipped("hospitl")
    (problem,) = error.value.problems
    assert (problem.value, problem.nearest, problem.allowed) == (
        "hospitl",
        "hospital",
        ("diabetes130", "hospital"),
    )


@pytest.mark.parametrize(
    "path", ["no/such.json", "../setup.cfg", "../pyproject.json", "/etc/x.json", "load.py", "suites"]
)
def test_only_files_of_the_package_are_resources(path: str):
    with pytest.raises(PipelineError) as error:
        resource(path)
    assert error.value.problems[0].value == path
