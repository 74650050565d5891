"""How a dataset is published: what the pipeline file may say of it."""

from __future__ import annotations

from dataclasses import fields

import pytest

from headgate.conf import Publish
from headgate.conf.dataset import OF_FORMAT
from headgate.conf.publish import OF_MODE
from headgate.etl.load import MODES
from headgate.etl.sources.formats import FORMATS, FileFormat
from headgate.jobs.catalogue import write_mode
from tests.conf.clinic import changed, line_of, problem, read

ANCHOR = "    tolerance: 0.05\n"


def publishing(flow: str) -> str:
    """The clinic, whose patients are published so."""
    return changed(ANCHOR, f"{ANCHOR}    publish: {flow}\n")


def test_a_table_is_overwritten_unless_the_file_says_otherwise():
    assert read().datasets["patients"].publish == Publish(mode="overwrite")


@pytest.mark.parametrize(
    "flow",
    [
        "{mode: append}",
        "{mode: overwrite, partition_by: [city]}",
        "{mode: append, partition_by: [city]}",
        "{mode: overwrite_partitions, partition_by: [year, city]}",
        "{mode: merge, keys: [patient_id]}",
        "{mode: insert_new, keys: [patient_id], partition_by: [city]}",
        "{mode: merge, keys: [patient_id], order_by: [updated_at, -rank], partition_by: [city]}",
    ],
)
def test_every_mode_is_read(flow: str):
    publish = read(publishing(flow)).datasets["patients"].publish
    assert f"mode: {publish.mode}" in flow
    assert all(column in flow for column in (*publish.keys, *publish.order_by, *publish.partition_by))


def test_what_means_nothing_in_a_format_is_refused():
    text = changed('source: {files: "patients*.csv", delimiter: ";"}', "source: {files: x, SAID}")
    assert read(text.replace("SAID", "format: jsonl, encoding: utf-16")).datasets["patients"].source.encoding
    for order in ('format: jsonl, delimiter: ";"', 'delimiter: ";", format: jsonl'):
        found = problem(text.replace("SAID", order))
        assert found.key == "datasets.patients.source.delimiter"
        assert (found.reason, found.fix) == (
            "'delimiter' has no meaning in format 'jsonl'",
            "remove it, or correct format",
        )


@pytest.mark.parametrize(
    ("flow", "key", "reason", "fix"),
    [
        ("{mode: merge}", "", "a merge needs keys", "add keys"),
        ("{mode: merge, order_by: [at]}", "", "a merge needs keys", "add keys"),
        ("{mode: overwrite_partitions}", "", "there are no partitions to overwrite", "add partition_by"),
        ("{mode: append, keys: [id]}", ".keys", "'keys' has no meaning in mode 'append'", "use mode: merge"),
        ("{keys: [id]}", ".keys", "'keys' has no meaning in mode 'overwrite'", "use mode: merge"),
        (
            "{mode: overwrite, order_by: [at]}",
            ".order_by",
            "'order_by' has no meaning in mode 'overwrite'",
            "remove it",
        ),
        (
            "{mode: merge, keys: [id], order_by: [-id]}",
            ".order_by.0",
            "column 'id' is a key: it is the same in the rows that are compared",
            "leave it out",
        ),
        ("{mode: insert_new}", "", "to insert what is new needs keys", "add keys"),
        (
            "{mode: insert_new, keys: [id], order_by: [at]}",
            ".order_by",
            "'order_by' has no meaning in mode 'insert_new'",
            "remove it, or use mode: merge",
        ),
        ("{mode: merge, keys: [id, id]}", ".keys", "column 'id' repeats", "name it once"),
    ],
)
def test_what_does_not_fit_together_has_its_place_and_the_fix(flow: str, key: str, reason: str, fix: str):
    text = publishing(flow)
    found = problem(text)
    assert (found.key, found.reason) == (f"datasets.patients.publish{key}", reason)
    assert found.line == line_of(text, "publish:")
    assert fix in found.fix


def test_an_unknown_mode_has_the_nearest_and_all_that_there_are():
    found = problem(publishing("{mode: apend}"))
    assert (found.nearest, found.allowed) == (
        "append",
        ("overwrite", "append", "overwrite_partitions", "merge", "insert_new"),
    )


def test_each_mode_of_the_file_is_a_write_mode_and_takes_what_may_be_said_of_it():
    assert OF_MODE.keys() == MODES.keys()
    for name, takes in OF_MODE.items():
        said = {"partition_by": ("p",), **dict.fromkeys(takes, ("c",))}
        mode = write_mode(Publish(mode=name, **said))  # type: ignore[arg-type]
        assert (mode.name, {key: getattr(mode, key) for key in said}) == (name, said)


def test_each_format_of_the_file_is_a_format_of_files_and_takes_what_may_be_said_of_it():
    assert OF_FORMAT.keys() == FORMATS.keys()
    common = {each.name for each in fields(FileFormat)}
    for name, takes in OF_FORMAT.items():
        assert {each.name for each in fields(FORMATS[name])} == common | {*takes}
