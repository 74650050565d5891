"""What `headgate.jobs.effects` says of each step is what the step does: to the names, and to the types."""

from __future__ import annotations

from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

from headgate.etl.errors import MissingColumnError, ParameterError
from headgate.jobs.catalogue import FITS, STEPS, apply_fitted
from headgate.jobs.columns import Columns, View
from headgate.jobs.effects import EFFECTS

SCHEMA = (
    "id int, `Full Name` string, sex string, city string, born date, seen timestamp, left timestamp, "
    "dose double, unit string, n bigint, d decimal(12,2), ok boolean, `a.b` string, a1 string, a2 string, "
    "_file string, _row bigint"
)

FITTING: list[tuple[str, dict[str, Any]]] = [
    ("add_columns", {"columns": {"x": "dose > 1", "SEX": "cast(n as string)", "y": "`a.b`", "z": "Dose"}}),
    ("cast_columns", {"columns": {"sex": "int", "n": "decimal(20, 1)", "ok": "string", "born": "string"}}),
    ("change_case", {"columns": ["sex"], "to": "upper"}),
    ("convert_units", {"value": "dose", "unit": "unit", "to": "kg", "factors": {"g": 0.001}}),
    ("convert_units", {"value": "n", "unit": "unit", "to": "kg", "factors": {"g": 0.001}}),
    ("count_prior_encounters", {"patient": "sex", "admitted": "seen", "to": "prior"}),
    ("count_prior_encounters", {"patient": "sex", "admitted": "n", "to": "dose"}),
    ("drop_exact_duplicates", {"columns": ["id", "a.b"]}),
    ("drop_exact_duplicates", {}),
    ("drop_rows", {"rule": "r", "where": "ID > 1 AND `a.b` IS NULL"}),
    ("drop_rows", {"rule": "r", "where": "ok"}),
    ("keep_rows", {"rule": "r", "where": "exists(array(dose), each -> each > n)"}),
    ("group_icd9", {"column": "city", "to": "chapter"}),
    ("keep_latest", {"keys": ["id"], "order_by": ["-seen", "_row"]}),
    ("label_readmission", {"patient": "sex", "admitted": "seen", "discharged": "left", "to": "back"}),
    ("map_codes", {"column": "sex", "vocabulary": {"f": "female"}, "to": "Gender"}),
    ("map_codes", {"column": "sex", "vocabulary": {"f": "female"}, "unknown": "keep"}),
    ("parse_dates", {"columns": ["city", "a.b"], "formats": ["yyyy-MM-dd"]}),
    ("parse_timestamps", {"columns": ["city"], "formats": ["yyyy-MM-dd"], "zone": "Asia/Tokyo"}),
    ("parse_ranges", {"column": "city", "low": "lo", "high": "hi", "middle": "Sex"}),
    ("parse_numbers", {"columns": {"city": "double"}, "decimal": ",", "group": "."}),
    ("rename_columns", {"columns": {"sex": "city", "city": "sex", "a.b": "c"}}),
    ("rename_to_snake_case", {}),
    ("select_columns", {"columns": ["a.b", "id"]}),
    ("sentinels_to_null", {"values": ["?"], "columns": ["sex"], "keep": {"dose": ["?"]}}),
    ("trim_text", {}),
    ("trim_text", {"columns": ["sex"]}),
    ("unpivot_columns", {"columns": ["a1", "a2"], "value": "code", "position": "place"}),
    ("drop_uninformative", {"keep": ["id"]}),
    ("fill_missing", {"columns": {"id": "median", "n": "median", "d": "mean", "sex": "mode"}}),
    (
        "fill_missing",
        {"columns": {"dose": {"strategy": "mean", "by": ["sex"]}, "n": "mode"}, "indicators": False},
    ),
]

UNFIT: list[tuple[str, dict[str, Any]]] = [
    ("add_columns", {"columns": {"x": "doze > 1"}}),
    ("add_columns", {"columns": {"x": "dose >"}}),
    ("add_columns", {"columns": {"x": "a.b"}}),
    ("cast_columns", {"columns": {"sexx": "int"}}),
    ("cast_columns", {"columns": {"SEX": "int"}}),
    ("cast_columns", {"columns": {"seen": "int"}}),
    ("cast_columns", {"columns": {"born": "int"}}),
    ("change_case", {"columns": ["n"], "to": "upper"}),
    ("convert_units", {"value": "sex", "unit": "unit", "to": "kg", "factors": {"g": 0.001}}),
    ("convert_units", {"value": "dose", "unit": "n", "to": "kg", "factors": {"g": 0.001}}),
    ("count_prior_encounters", {"patient": "sexx", "admitted": "n", "to": "prior"}),
    ("count_prior_encounters", {"patient": "sex", "admitted": "city", "to": "prior"}),
    ("count_prior_encounters", {"patient": "sex", "admitted": "n", "to": "prior", "within_days": 3}),
    ("drop_exact_duplicates", {"columns": ["idd"]}),
    ("drop_rows", {"rule": "r", "where": "city"}),
    ("drop_rows", {"rule": "r", "where": "'x'"}),
    ("drop_rows", {"rule": "r", "where": "cast(n as int)"}),
    ("keep_rows", {"rule": "r", "where": "n > 1 n"}),
    ("group_icd9", {"column": "n", "to": "chapter"}),
    ("keep_latest", {"keys": ["-id"], "order_by": ["seen"]}),
    ("keep_latest", {"keys": ["id"], "order_by": ["-sean"]}),
    ("label_readmission", {"patient": "sex", "admitted": "born", "discharged": "left", "to": "back"}),
    ("label_readmission", {"patient": "sex", "admitted": "city", "discharged": "left", "to": "back"}),
    ("map_codes", {"column": "born", "vocabulary": {"f": "female"}}),
    ("parse_dates", {"columns": ["born"], "formats": ["yyyy-MM-dd"]}),
    ("parse_timestamps", {"columns": ["nosuch"], "formats": ["yyyy-MM-dd"]}),
    ("parse_ranges", {"column": "dose", "low": "lo", "high": "hi"}),
    ("parse_numbers", {"columns": {"dose": "double"}}),
    ("rename_columns", {"columns": {"sex": "City"}}),
    ("rename_columns", {"columns": {"sexx": "gender"}}),
    ("select_columns", {"columns": ["ID"]}),
    ("sentinels_to_null", {"values": ["?"], "columns": ["dose"]}),
    ("sentinels_to_null", {"values": ["?"], "keep": {"sexx": ["?"]}}),
    ("trim_text", {"columns": ["sexx"]}),
    ("trim_text", {"columns": ["id"]}),
    ("unpivot_columns", {"columns": ["a1", "n"], "value": "code", "position": "place"}),
    ("unpivot_columns", {"columns": ["a1", "a2"], "value": "code", "position": "ID"}),
    ("drop_uninformative", {"keep": ["idd"]}),
    ("drop_uninformative", {"max_missing": 1.5}),
    ("fill_missing", {"columns": {"city": "median"}}),
    ("fill_missing", {"columns": {"cty": "mode"}}),
    ("fill_missing", {"columns": {"n": {"strategy": "mean", "by": ["sexx"]}}}),
]


@pytest.fixture(scope="module")
def empty(spark: SparkSession) -> DataFrame:
    return spark.createDataFrame([], SCHEMA)


def known(df: DataFrame) -> dict[str, str]:
    return {name: "array" if kind.startswith("array") else kind for name, kind in df.dtypes}


def done(df: DataFrame, name: str, given: dict[str, Any]) -> DataFrame:
    if name not in FITS:
        return df.transform(STEPS[name](**given))
    one = df.sparkSession.createDataFrame([(1, 1, 1.0, "x")], "id int, n bigint, dose double, sex string")
    row = one.withColumn("d", one.n.cast("decimal(12,2)"))
    learnt = FITS[name](
        row.select(*(c for c in row.columns if c in given.get("columns", row.columns) or c == "sex")), **given
    )
    return df.transform(apply_fitted([(name, learnt)]))


def test_every_step_has_an_effect() -> None:
    assert set(EFFECTS) == {*STEPS, *FITS}


def test_columns_come_out_as_they_are_told(empty: DataFrame) -> None:
    """All in one test: none of these runs a job, and to start is what costs."""
    for name, given in FITTING:
        view = View(Columns(known(empty)))
        told = EFFECTS[name](view, **given)
        assert not view.misfits, (name, given, view.misfits)
        made = known(done(empty, name, given))
        if name == "drop_uninformative":
            assert list(told.types) == list(empty.columns)
            continue
        assert list(told.types) == list(made), (name, given)
        types = {column: kind for column, kind in told.types.items() if kind is not None}
        assert types == {column: made[column] for column in types}, (name, given)


def test_what_does_not_fit_is_what_the_step_refuses(empty: DataFrame) -> None:
    for name, given in UNFIT:
        view = View(Columns(known(empty)))
        noted: list[Any] = view.misfits
        try:
            EFFECTS[name](view, **given)
        except ParameterError as error:
            noted = [error]
        assert len(noted) == 1, (name, given, noted)
        with pytest.raises((MissingColumnError, ParameterError)):
            FITS[name](empty, **given) if name in FITS else empty.transform(STEPS[name](**given))


def test_of_columns_that_are_not_known_nothing_is_said() -> None:
    for name, given in FITTING:
        view = View(Columns({}, whole=False))
        EFFECTS[name](view, **given)
        assert not view.misfits, (name, given)
