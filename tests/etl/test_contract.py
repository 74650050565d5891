"""What holds for every public transform of headgate.etl.clean: a new one joins by a line in `CASES`."""

from __future__ import annotations

import copy
import json
import os
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, NamedTuple

import pytest
from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from headgate import etl
from headgate.etl import clean, health
from headgate.etl.errors import MissingColumnError
from headgate.etl.transform import Transform, with_columns
from tests import engines


class Case(NamedTuple):
    make: Callable[..., Transform]
    needs: str  # the columns it cannot do without
    parameters: dict[str, Any]
    idempotent: bool  # its docstring says so
    rows: str

    def __str__(self) -> str:
        return f"{self.make.__name__}-{'-'.join(self.parameters)}"


def case(
    make: Callable[..., Transform],
    needs: str = "",
    *,
    idempotent: bool = False,
    rows: Literal["same", "fewer", "other"] = "same",
    **parameters: Any,
) -> Case:
    return Case(make, needs, parameters, idempotent, rows)


FILLED = {
    "columns": {
        "weight": {"type": "double", "strategy": "mean", "value": 70.5, "by": ["sex"], "groups": {"F": 61}},
        "name": {"type": "string", "strategy": "mode", "value": "Ann", "by": [], "groups": {}},
    },
    "indicators": True,
}
HEAVY = {"rule": "heavy", "where": "weight > 80"}
WOMEN = {"rule": "women", "where": "sex = 'F'"}
TIMES = ["yyyy-MM-dd HH:mm[:ss]", "yyyy-MM-dd'T'HH:mm:ssX"]

CASES = [
    case(clean.add_columns, "weight id seq", columns={"double": "weight * 2", "id": "id + seq"}),
    case(clean.cast_columns, "days", idempotent=True, columns={"days": "int"}),
    case(clean.cast_columns, "days flag", idempotent=True, columns={"days": "double", "flag": "boolean"}),
    case(clean.cast_columns, "days", columns={"days": "decimal(5,1)", "weight": "string"}, invalid="null"),
    case(clean.change_case, "name", idempotent=True, columns=["name"], to="lower"),
    case(clean.change_case, "name", idempotent=True, columns=["name"], to="upper"),
    case(clean.change_case, "name", idempotent=True, columns=["name"], to="title"),
    case(
        clean.convert_units, "weight unit", value="weight", unit="unit", to="kg", factors={"lb": 0.45359237}
    ),
    case(clean.drop_exact_duplicates, idempotent=True, rows="fewer"),
    case(clean.drop_exact_duplicates, "sex", idempotent=True, columns=["sex"], removed_as="_removed_as"),
    case(clean.drop_rows, "weight", idempotent=True, rows="fewer", **HEAVY),
    case(clean.drop_rows, "weight", idempotent=True, removed_as="_removed_as", **HEAVY),
    case(clean.drop_uninformative, "flag", values={"drop": {"flag": "the same in every row"}}),
    case(clean.fill_missing, "weight sex name", values=FILLED),
    case(health.group_icd9, "code", column="code", to="chapter"),
    case(health.group_icd9, "code", column="code", to="group", scheme="strack", invalid="null"),
    case(
        clean.keep_latest, "id sex seq", idempotent=True, rows="fewer", keys=["id"], order_by=["sex", "-seq"]
    ),
    case(
        clean.keep_latest, "sex id", idempotent=True, keys=["sex"], order_by=["id"], removed_as="_removed_as"
    ),
    case(clean.keep_rows, "sex", idempotent=True, rows="fewer", **WOMEN),
    case(clean.keep_rows, "sex", idempotent=True, removed_as="_removed_as", **WOMEN),
    case(clean.map_codes, "sex", column="sex", vocabulary={"F": "female", "i": "intersex"}),
    case(clean.map_codes, "sex", column="sex", vocabulary={"F": "female"}, unknown="keep", to="gender"),
    case(clean.parse_dates, "born", columns=["born"], formats=["yyyy-MM-dd", "d MMM yy"]),
    case(clean.parse_ranges, "band", column="band", low="from", high="to", middle="mid"),
    case(clean.parse_timestamps, "seen", columns=["seen"], formats=TIMES, zone="Europe/Berlin"),
    case(clean.rename_columns, "sex name", columns={"sex": "gender", "name": "sex"}),
    case(clean.rename_to_snake_case, idempotent=True),
    case(clean.select_columns, "name id", idempotent=True, columns=["name", "id"]),
    case(clean.sentinels_to_null, "flag", idempotent=True, values=["?", "III"], keep={"flag": ["?"]}),
    case(clean.sentinels_to_null, "name", idempotent=True, values=["I"], columns=["name"], ignore_case=True),
    case(clean.trim_text, idempotent=True),
    case(clean.trim_text, "name", idempotent=True, columns=["name"]),
    case(
        clean.unpivot_columns, "name unit", rows="other", columns=["name", "unit"], value="of", position="at"
    ),
    case(clean.parse_numbers, "days", columns={"days": "decimal(5,1)"}, decimal=".", group=" "),
]

SCHEMA = (
    "id int, name string, sex string, code string, born string, seen string, days string, band string,"
    "flag string, weight double, unit string, seq int, `Odd Näme` string, _file string, _row int, _op string"
)
ANN = (
    1,
    " ANN\u00a0 I.",
    "F",
    "250.83",
    "2023-02-28",
    "2023-07-01 08:00",
    "12",
    "[5-6)",
    "yes",
    7.5,
    "kg",
    1,
    "x",
)
DATA = [
    ANN,
    ANN,
    (1, "iii", "I", "V27", "2023-02-30", "2023-03-26 02:30", "12.7", ">200", "FALSE", 81.0, "lb", 2, None),
    (2, "?", "f", "x9", "1 Jan 24", "2023-03-12T02:30:00-05", "NaN", "<=5", "?", None, "stone", 3, "I"),
    (2, None, None, None, None, None, None, None, None, 12.0, "stone", 3, None),
    (None, "İzmir-ev oı", "i", "8", "", "2023-07-01T08:00:00Z", "1e400", "60-50", "I", None, None, None, ""),
    (None, "straße", "", "E909", "2023-02-28x", "now", "99999999999", "", "no", -0.0, "kg", None, "y"),
]
ROWS = [(*row, "a.csv", line, "I") for line, row in enumerate(DATA, start=2)]

RECORD = Path(__file__).with_name("contract.json")

every_transform = pytest.mark.parametrize("this", CASES, ids=str)


@pytest.fixture(scope="module")
def frame(spark: SparkSession) -> DataFrame:
    return spark.createDataFrame(ROWS, SCHEMA).coalesce(1).cache()


@pytest.fixture(scope="module")
def shuffled(spark: SparkSession) -> DataFrame:
    rows = random.Random(7).sample(ROWS, len(ROWS))
    return spark.createDataFrame(rows, SCHEMA).repartition(3, "days").cache()


@pytest.fixture(scope="module")
def nulls(spark: SparkSession) -> DataFrame:
    rows = [(*[None] * len(ANN), "a.csv", line, "I") for line in (2, 3)]
    return spark.createDataFrame(rows, SCHEMA).coalesce(1).cache()


@pytest.fixture(scope="module")
def result(frame: DataFrame) -> Callable[[Case], list[Row]]:
    """The rows that a case makes of the frame in an ordinary session, each case run once."""
    known: dict[int, list[Row]] = {}

    def rows(this: Case) -> list[Row]:
        if id(this) not in known:
            known[id(this)] = collect(frame.transform(this.make(**this.parameters)))
        return known[id(this)]

    return rows


def collect(df: DataFrame) -> list[Row]:
    """All rows in a fixed order; points in time as numbers, for what Python shows depends on its own zone."""
    numbers = {
        field.name: F.unix_micros(field.name)
        for field in df.schema.fields
        if isinstance(field.dataType, T.TimestampType)
    }
    return sorted(with_columns(df, numbers).collect(), key=repr)


@contextmanager
def another_session(spark: SparkSession) -> Iterator[None]:
    """The other ANSI mode, another time zone, and a locale where the small letter of `I` is a dotless `ı`."""
    before = {key: spark.conf.get(key) for key in ("spark.sql.ansi.enabled", "spark.sql.session.timeZone")}
    spark.conf.set("spark.sql.ansi.enabled", str(before["spark.sql.ansi.enabled"] == "false").lower())
    spark.conf.set("spark.sql.session.timeZone", "Asia/Kathmandu")
    try:
        with engines.turkish_locale():
            yield
    finally:
        for key, value in before.items():
            spark.conf.set(key, value)


def test_every_public_transform_is_in_the_list() -> None:
    listed = {this.make.__name__ for this in CASES} | {fit.__name__ for fit, _ in clean.FITTED.values()}
    assert listed == {*clean.__all__, "group_icd9"}


def test_the_package_gives_every_public_transform() -> None:
    assert set(clean.__all__) <= set(etl.__all__)


@every_transform
def test_the_input_and_the_parameters_are_left_as_they_are(
    this: Case, frame: DataFrame, result: Callable[[Case], list[Row]]
) -> None:
    parameters, schema = copy.deepcopy(this.parameters), frame.schema
    result(this)
    assert (this.parameters, frame.schema) == (parameters, schema)
    assert list(map(tuple, frame.collect())) == ROWS


@every_transform
def test_an_empty_frame_gives_an_empty_frame_of_the_same_schema(this: Case, frame: DataFrame) -> None:
    transform = this.make(**this.parameters)
    empty = frame.limit(0).transform(transform)
    assert (empty.collect(), empty.schema) == ([], frame.transform(transform).schema)


@every_transform
def test_nulls_are_no_problem(this: Case, nulls: DataFrame) -> None:
    rows = nulls.transform(this.make(**this.parameters)).collect()
    assert not any(row.asDict().get("_problems") for row in rows)
    assert this.rows != "same" or len(rows) == 2


@pytest.mark.parametrize(
    ("this", "column"), [(this, name) for this in CASES for name in this.needs.split()], ids=str
)
def test_a_missing_column_is_named(this: Case, column: str, frame: DataFrame) -> None:
    with pytest.raises(MissingColumnError) as caught:
        frame.drop(column).transform(this.make(**this.parameters))
    assert (caught.value.step, caught.value.column) == (this.make.__name__, column)


@every_transform
def test_the_order_of_rows_does_not_matter(
    this: Case, shuffled: DataFrame, result: Callable[[Case], list[Row]]
) -> None:
    assert collect(shuffled.transform(this.make(**this.parameters))) == result(this)


@every_transform
def test_neither_ansi_mode_nor_time_zone_nor_locale_matters(
    this: Case, spark: SparkSession, frame: DataFrame, result: Callable[[Case], list[Row]]
) -> None:
    usual = result(this)
    with another_session(spark):
        assert collect(frame.transform(this.make(**this.parameters))) == usual


@every_transform
def test_every_runtime_gives_the_same_rows(this: Case, result: Callable[[Case], list[Row]]) -> None:
    """As recorded on Spark 3.5; HEADGATE_RECORD=1 records anew, to be read before it is committed."""
    name, rows = f"{CASES.index(this)} {this}", list(map(repr, result(this)))
    recorded = json.loads(RECORD.read_text()) if RECORD.exists() else {}
    if os.environ.get("HEADGATE_RECORD"):
        RECORD.write_text(json.dumps(recorded | {name: rows}, indent=0, ensure_ascii=False) + "\n")
        return
    assert rows == recorded[name]


@every_transform
def test_metadata_stays(this: Case, result: Callable[[Case], list[Row]]) -> None:
    before = [row[-3:] for row in ROWS]
    after = sorted((row["_file"], row["_row"], row["_op"]) for row in result(this))
    assert set(after) <= set(before)
    assert this.rows != "same" or after == before
    assert this.rows != "fewer" or len(after) < len(before)


@pytest.mark.parametrize("this", [this for this in CASES if this.idempotent], ids=str)
def test_doing_it_twice_changes_nothing_more(
    this: Case, frame: DataFrame, result: Callable[[Case], list[Row]]
) -> None:
    transform = this.make(**this.parameters)
    assert collect(frame.transform(transform).transform(transform)) == result(this)
