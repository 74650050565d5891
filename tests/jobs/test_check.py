"""`headgate check`: what a run would stumble over is told before it, all at once, without Spark."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

import headgate.jobs.session
from headgate.jobs import check
from headgate.jobs.run import main as run_main

PIPELINE = """\
name: ward
datasets:
  stays:
    source: {files: "stays*.csv"}
    clean:
      - rename_to_snake_case
      - cast_columns: {columns: {stay: int, cost: double, back: int}}
      - parse_dates: {columns: [born], formats: [yyyy-MM-dd]}
      - add_columns: {columns: {dear: "Cost > 100"}}
    suite: stays.json
star:
  dimensions:
    dim_town: {from: stays, key: town_key, natural_key: [town], attributes: [region], suite: dim.json}
  calendars:
    dim_date: {key: date_key, from: 2020-01-01, to: 2020-12-31}
  facts:
    fact_stay:
      from: stays
      grain: [stay]
      references:
        town_key: {dimension: dim_town, on: {town: town}}
        born_key: {dimension: dim_date, on: {date: born}}
      columns: [patient, cost, back, dear, born]
      suite: fact.json
exports:
  again:
    from: fact_stay
    join: {town_key: [region], born_key: [weekday]}
    steps:
      - count_prior_encounters: {patient: patient, admitted: stay, to: prior}
    id: [stay]
    group: patient
    label: back
    splits: {train: 0.6, test: 0.4}
    features: {numeric: [cost, prior, dear], categorical: [region, weekday]}
    fit:
      - fill_missing: {columns: {cost: median, region: mode}}
model: {export: again}
"""

HEADER = "Stay,Patient,Town,Region,Born,Cost,Back"
SUITES = {"stays": "stay", "dim": "town", "fact": "town_key"}


def suite(column: str, **more: object) -> dict[str, object]:
    kwargs = {"column": column, **more}
    return {"type": "expect_column_values_to_not_be_null", "kwargs": kwargs, "severity": "critical"}


def lay_out(folder: Path, pipeline: str = PIPELINE, header: str = HEADER) -> Path:
    (folder / "landing").mkdir()
    (folder / "landing" / "stays_1.csv").write_text(f"{header}\n1,a,Rome,South,2020-02-03,5,1\n")
    for name, column in SUITES.items():
        (folder / f"{name}.json").write_text(json.dumps({"name": name, "expectations": [suite(column)]}))
    (folder / "p.yaml").write_text(pipeline)
    return folder / "p.yaml"


def problems(place: Path, capsys: pytest.CaptureFixture[str], *more: str) -> list[str]:
    given = more or ("--landing", str(place.parent / "landing"))
    with suppress(SystemExit):
        check.main([str(place), *given])
    said = capsys.readouterr().err.splitlines()
    return [line.removeprefix("headgate: ").removeprefix(f"{place.parent}/") for line in said]


def test_a_sound_pipeline_has_no_problem(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert problems(lay_out(tmp_path), capsys) == []


MISTAKES = {
    "a type": ("cost: double, ", "cost: real, ", "p.yaml:7", "clean.1.cast_columns.columns.cost: 'real'"),
    "a format": ("[yyyy-MM-dd]", "[YYYY-MM-DD]", "p.yaml:8", "not 'YYYY'"),
    "no SQL": ('"Cost > 100"', '"cost >>> "', "p.yaml:9", "'cost >>> ': not an SQL expression near '>'"),
    "half a cast": ('"Cost > 100"', '"cast(cost as"', "p.yaml:9", "not an SQL expression"),
    "two expressions": ('"Cost > 100"', '"cost, back"', "p.yaml:9", "not an SQL expression near ','"),
    "another table": ('"Cost > 100"', '"(select max(x) from t)"', "p.yaml:9", "a query inside an expression"),
    "a column in SQL": ('"Cost > 100"', '"Cots > 100"', "p.yaml:9", "no column 'Cots' at this point"),
    "a column in a step": ("{columns: [born]", "{columns: [bron]", "p.yaml:8", "did you mean 'born'?"),
    "a column's old name": ("{stay: int", "{Stay: int", "p.yaml:7", "did you mean 'stay'?"),
    "a date parsed twice": (
        "      - add_columns",
        "      - parse_dates: {columns: [born], formats: [dd.MM.yyyy]}\n      - add_columns",
        "p.yaml:9",
        "column 'born' is date at this point, where text is due",
    ),
    "a column dropped before": (
        "    suite: stays.json",
        "      - select_columns: {columns: [stay, patient, town, region, cost, back, dear]}\n"
        "    suite: stays.json",
        "p.yaml:23",
        "references.born_key.on.date: there is no column 'born' at this point",
    ),
    "a key of a merge": (
        "    suite: stays.json",
        "    suite: stays.json\n    publish: {mode: merge, keys: [stya]}",
        "p.yaml:11",
        "publish.keys.0: there is no column 'stya' at this point; did you mean 'stay'?",
    ),
    "a natural key": ("natural_key: [town]", "natural_key: [twon]", "p.yaml:13", "did you mean 'town'?"),
    "an attribute": ("attributes: [region]", "attributes: [regoin]", "p.yaml:13", "did you mean 'region'?"),
    "a reference": ("on: {town: town}", "on: {town: twon}", "p.yaml:21", "did you mean 'town'?"),
    "a reference's type": (
        "on: {date: born}",
        "on: {date: town}",
        "p.yaml:22",
        "column 'town' is string at this point, where date, as in the dimension, is due",
    ),
    "a grain": ("grain: [stay]", "grain: [visit]", "p.yaml:19", "no column 'visit'"),
    "a fact's column": ("columns: [patient, ", "columns: [patinet, ", "p.yaml:23", "did you mean 'patient'?"),
    "a label": ("label: back", "label: bakc", "p.yaml:33", "did you mean 'back'?"),
    "a label of texts": (
        "    label: back",
        "    label: region",
        "p.yaml:33",
        "column 'region' is string at this point, where a number is due; cast it: a model learns",
    ),
    "a metric of texts": (
        "    fit:\n",
        "    dashboard: {metric: weekday, by: [region]}\n    fit:\n",
        "p.yaml:36",
        "column 'weekday' is string at this point, where a number is due",
    ),
    "a group": ("group: patient", "group: patients", "p.yaml:32", "did you mean 'patient'?"),
    "a feature": ("numeric: [cost", "numeric: [costs", "p.yaml:35", "did you mean 'cost'?"),
    "a text for a number": (
        "numeric: [cost, ",
        "numeric: [cost, town_key, weekday, ",
        "p.yaml:35",
        "column 'weekday' is string at this point, where a number is due",
    ),
    "an attribute of a calendar": ("[weekday]}", "[weekdya]}", "p.yaml:28", "did you mean 'weekday'?"),
    "a history of no time": (
        "admitted: stay, to",
        "admitted: region, to",
        "p.yaml:30",
        "column 'region' is string at this point",
    ),
    "a fit's column": ("{cost: median", "{cots: median", "p.yaml:37", "did you mean 'cost'?"),
    "a fit's type": (
        "region: mode",
        "region: median",
        "p.yaml:37",
        "is string at this point, where a number",
    ),
    "a fit's strategy": ("{cost: median", "{cost: medain", "p.yaml:37", "did you mean 'median'?"),
    "a fit of the label": ("region: mode", "back: mode", "p.yaml:37", "no column 'back' at this point"),
    "a split of the data's own": (
        "{dear: ",
        "{split: ",
        "p.yaml:26",
        "'split' is the column in which the export says",
    ),
    "a suite that is not there": ("suite: dim.json", "suite: dmi.json", "p.yaml:13", "No such file"),
    "an own step that is not": (
        "rename_to_snake_case",
        "os.path:nosuch",
        "p.yaml:6",
        "pass --trust-code",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_told_with_its_line(
    mistake: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old, new, line, said = MISTAKES[mistake]
    assert PIPELINE.count(old) == 1, "the mistake is made in one place"
    pipeline = PIPELINE.replace(old, new).replace(
        ", dear, born]", ", split, born]" if new == "{split: " else ", dear, born]"
    )
    told = problems(lay_out(tmp_path, pipeline), capsys)
    assert any(each.startswith(f"{line}: ") and said in each for each in told), told


def test_all_mistakes_come_together_and_none_twice(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    together = ("a type", "a format", "no SQL", "a reference", "a label", "a feature", "a fit's column")
    pipeline = PIPELINE
    for old, new, _, _ in map(MISTAKES.__getitem__, together):
        pipeline = pipeline.replace(old, new)
    told = problems(lay_out(tmp_path, pipeline), capsys)
    assert [each.split(": ")[0] for each in told] == [MISTAKES[name][2] for name in together]


SUITE_MISTAKES = {
    "a column": (suite("stya"), "did you mean 'stay'?"),
    "a column of a condition": (
        suite("stay", row_condition="costs > 1", condition_parser="spark"),
        "the data has no column 'costs'; did you mean 'cost'?",
    ),
    "no condition": (
        suite("stay", row_condition="cost >", condition_parser="spark"),
        "not an SQL expression",
    ),
    "a mean of texts": (
        {"type": "expect_column_mean_to_be_between", "kwargs": {"column": "town", "min_value": 1}},
        "column 'town' will be string, and the rule is about numbers",
    ),
    "a type that it never is": (
        {
            "type": "expect_column_values_to_be_of_type",
            "kwargs": {"column": "stay", "type_": "StringType"},
            "severity": "critical",
        },
        "column 'stay' will be int (IntegerType)",
    ),
}


@pytest.mark.parametrize("mistake", SUITE_MISTAKES)
def test_a_suite_is_held_against_its_table(
    mistake: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rule, said = SUITE_MISTAKES[mistake]
    place = lay_out(tmp_path)
    rules = {"name": "stays", "expectations": [suite("STAY"), suite("dear"), rule]}
    (tmp_path / "stays.json").write_text(json.dumps(rules, indent=1))
    (told,) = problems(place, capsys)
    assert told.startswith("stays.json:")
    assert "$.expectations[2].kwargs." in told
    assert said in told


def test_a_run_says_the_same_before_it_starts_spark(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("Spark was started")

    monkeypatch.setattr(headgate.jobs.session, "_laptop", refuse)
    place = lay_out(tmp_path, PIPELINE.replace("label: back", "label: bakc"))
    told = problems(place, capsys)
    with pytest.raises(SystemExit) as end:
        run_main([str(place), "--lake", str(tmp_path / "lake"), "--landing", str(tmp_path / "landing")])
    said = capsys.readouterr().err.replace(f"{tmp_path}/", "").splitlines()
    assert (end.value.code, said) == (2, [f"headgate: {line}" for line in told])


@pytest.mark.parametrize(
    ("header", "source"),
    [
        ("Stay;Patient;Town;Region;Born;Cost;Back", '{files: "stays*.csv", delimiter: ";"}'),
        (
            "1,a,Rome,South,2020-02-03,5,1",
            '{files: "st*.csv", header: false, columns: [Stay, Patient, Town, Region, Born, Cost, Back]}',
        ),
        (HEADER, '{files: "{stays,visits}_?.csv"}'),
    ],
)
def test_headers_are_read_as_the_source_says(
    header: str, source: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pipeline = PIPELINE.replace('{files: "stays*.csv"}', source)
    assert problems(lay_out(tmp_path, pipeline, header), capsys) == []
    (tmp_path / "p.yaml").write_text(pipeline.replace("label: back", "label: bakc"))
    (told,) = problems(tmp_path / "p.yaml", capsys)
    assert "did you mean 'back'?" in told


def test_a_column_that_only_raw_has_is_known(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file of last month had it, this month's has not: the run fills it with nulls."""
    place = lay_out(tmp_path, header="Stay,Patient,Town,Region,Born,Cost")
    assert "no column 'back'" in problems(place, capsys)[0]
    log = tmp_path / "lake" / "raw" / "stays" / "_delta_log"
    log.mkdir(parents=True)
    fields = [{"name": name, "type": "string"} for name in ("Stay", "Back", "_file")]
    action = {"metaData": {"id": "x", "schemaString": json.dumps({"type": "struct", "fields": fields})}}
    (log / "00000000000000000000.json").write_text(json.dumps(action, separators=(",", ":")) + "\n")
    (log / "00000000000000000001.json").write_text('{"commitInfo":{}}\n')
    lake = ("--lake", str(tmp_path / "lake"), "--landing", str(tmp_path / "landing"))
    assert problems(place, capsys, *lake) == []


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no zip", b"\xff\xfe\x00", None])
def test_where_no_header_can_be_read_it_says_so(
    content: bytes | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = lay_out(tmp_path)
    file = tmp_path / "landing" / "stays_1.csv"
    file.unlink() if content is None else file.write_bytes(content)
    check.main([str(place), "--landing", str(tmp_path / "landing")])
    assert "not known here, and so not checked: the columns of stays;" in capsys.readouterr().out


def test_it_shows_no_option_that_does_nothing_here(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        check.main(["--help"])
    told = capsys.readouterr().out
    assert "--landing" in told
    assert not [name for name in ("--run-id", "--parallel", "--json", "--log-format") if name in told]


def test_it_does_not_start_java(tmp_path: Path) -> None:
    place = lay_out(tmp_path)
    code = (
        "import subprocess, sys\n"
        "def no(*a, **k): raise AssertionError('a process was started')\n"
        "subprocess.Popen.__init__ = no\n"
        "from headgate.jobs.check import main\n"
        "sys.exit(main(sys.argv[1:]))\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code, str(place), "--landing", str(tmp_path / "landing")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, "")
