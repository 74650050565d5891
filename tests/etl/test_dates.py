"""Dates and times, in any session."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from headgate.etl import parse_dates, parse_timestamps
from headgate.etl.errors import ParameterError

DATE = datetime.date
NEARLY_A_DATE = r"\d{1,5}[-/ ]\d{1,3}[-/ ]\d{1,3}.?"


@pytest.fixture(params=["UTC", "America/Sao_Paulo"])
def zone_of_session(request: pytest.FixtureRequest, spark: SparkSession) -> Iterator[str]:
    before = spark.conf.get("spark.sql.session.timeZone")
    spark.conf.set("spark.sql.session.timeZone", request.param)
    yield request.param
    spark.conf.set("spark.sql.session.timeZone", before)


def read_dates(
    spark: SparkSession, texts: list[str | None], formats: list[str]
) -> list[tuple[DATE | None, list[str]]]:
    df = spark.createDataFrame([(text,) for text in texts], "d string").coalesce(1)
    rows = df.transform(parse_dates(columns=["d"], formats=formats)).collect()
    return [(row.d, [p.value for p in row._problems]) for row in rows]


def read_times(
    spark: SparkSession, texts: list[str | None], formats: list[str], zone: str = "UTC"
) -> list[tuple[str | None, list[str]]]:
    df = spark.createDataFrame([(text,) for text in texts], "t string").coalesce(1)
    result = df.transform(parse_timestamps(columns=["t"], formats=formats, zone=zone))
    epoch = datetime.datetime(1970, 1, 1)
    return [
        (
            None if row.t is None else (epoch + datetime.timedelta(microseconds=row.t)).isoformat(" "),
            [p.value for p in row._problems],
        )
        for row in result.withColumn("t", F.unix_micros("t")).collect()
    ]


@pytest.mark.usefixtures("ansi", "zone_of_session")
def test_a_date_is_real_and_the_whole_text_or_a_problem(spark: SparkSession) -> None:
    good = {
        "2024-02-29": DATE(2024, 2, 29),
        " 2000-02-29 ": DATE(2000, 2, 29),
        "2018-11-04": DATE(2018, 11, 4),  # begins at one o'clock in São Paulo
        "1582-10-10": DATE(1582, 10, 10),  # between the calendars
        "0001-01-01": DATE(1, 1, 1),
        "9999-12-31": DATE(9999, 12, 31),
    }
    bad = [
        *("2023-02-29", "1900-02-29", "2023-02-30", "2023-04-31"),
        *("2023-00-10", "2023-13-01", "2023-01-00", "2023-01-32", "0000-01-01"),
        *(
            "2023-1-1",
            "23-01-01",
            "12023-01-01",
            "-2023-01-01",
            "+2023-01-01",
            "２０２３-01-01",
            "2023/01/01",
        ),
        *("2023-01-01x", "x2023-01-01", "2023-01-01 00:00", "2023-01-01\n"),
        *("", " ", "now", "epoch", "NaN"),
    ]
    assert read_dates(spark, [None, *good, *bad], ["yyyy-MM-dd"]) == [
        (None, []),
        *((value, []) for value in good.values()),
        *((None, [text]) for text in bad),
    ]


@pytest.mark.parametrize(
    ("text", "formats", "expected"),
    [
        ("03/04/2023", ["MM/dd/yyyy", "dd/MM/yyyy"], DATE(2023, 3, 4)),
        ("13/04/2023", ["MM/dd/yyyy", "dd/MM/yyyy"], DATE(2023, 4, 13)),
        ("02/30/2023", ["MM/dd/yyyy", "dd/MM/yyyy"], None),
        ("20230405", ["yyyyMMdd"], DATE(2023, 4, 5)),
        ("1/2/23", ["d/M/yy"], DATE(2023, 2, 1)),
        ("1/2/23", ["d/M/yyyy"], None),
        ("05-JAN-2023", ["dd-MMM-yyyy"], DATE(2023, 1, 5)),
        ("September 9, 2023", ["MMMM d, yyyy"], DATE(2023, 9, 9)),
        ("Sept 9, 2023", ["MMM d, yyyy", "MMMM d, yyyy"], None),
        ("2023-04-05 23:59:59.1234567", ["yyyy-MM-dd HH:mm:ss.SSSSSSS"], DATE(2023, 4, 5)),
        ("2023-04-05 25:00:00", ["yyyy-MM-dd HH:mm:ss"], None),
        ("day 5.4.2023", ["'day 'd.M.yyyy"], DATE(2023, 4, 5)),
        ("it's 2023+04+05", ["'it''s 'yyyy+MM+dd"], DATE(2023, 4, 5)),
        ("2023-04-05", ["yyyy-MM-dd[ HH:mm]"], DATE(2023, 4, 5)),
        ("2023.04.05", ["yyyy-MM-dd"], None),
    ],
)
def test_the_first_format_that_takes_the_whole_text_decides(
    text: str, formats: list[str], expected: DATE | None, spark: SparkSession
) -> None:
    assert read_dates(spark, [text], formats) == [(expected, [] if expected else [text])]


@pytest.mark.usefixtures("ansi", "zone_of_session")
def test_times_are_read_in_the_zone_told_or_by_their_own_offset(spark: SparkSession) -> None:
    formats = ["yyyy-MM-dd[ HH:mm[:ss[.SSSSSSSSS]]]", "yyyy-MM-dd'T'HH:mm:ss[.SSS]XXX", "M/d/yyyy h:mm:ss a"]
    good = {
        "2023-07-01": "2023-07-01 04:00:00",
        "2023-07-01 08:00": "2023-07-01 12:00:00",
        "2023-01-01 08:00:00.5": "2023-01-01 13:00:00.500000",
        "2023-01-01 08:00:59.999999999": "2023-01-01 13:00:59.999999",
        "2018-11-04 00:30": "2018-11-04 04:30:00",  # was not in São Paulo
        "2023-11-05 01:30": "2023-11-05 05:30:00",  # was twice in New York
        "2023-03-12T02:30:00Z": "2023-03-12 02:30:00",
        "2023-03-12T02:30:00.120+05:30": "2023-03-11 21:00:00.120000",
        "2023-03-12T02:30:00-14:00": "2023-03-12 16:30:00",
        "7/1/2023 12:00:00 AM": "2023-07-01 04:00:00",
        "7/1/2023 12:00:00 pm": "2023-07-01 16:00:00",
        "7/1/2023 9:05:07 PM": "2023-07-02 01:05:07",
    }
    bad = [
        *(
            "2023-03-12 02:30",
            "2023-02-30 08:00",
            "2023-07-01 24:00",
            "2023-07-01 23:60",
            "2023-07-01 23:59:60",
        ),
        *("2023-07-01T08:00:00", "2023-07-01T08:00:00+19:00", "7/1/2023 13:00:00 PM", "7/1/2023 0:00:00 AM"),
        *("today", ""),
    ]
    assert read_times(spark, [None, *good, *bad], formats, "America/New_York") == [
        (None, []),
        *((value, []) for value in good.values()),
        *((None, [text]) for text in bad),
    ]


@pytest.mark.parametrize(
    ("text", "form", "expected"),
    [
        ("2023-07-01 08:00 +05", "yyyy-MM-dd HH:mm X", "2023-07-01 03:00:00"),
        ("2023-07-01 08:00 +0530", "yyyy-MM-dd HH:mm X", "2023-07-01 02:30:00"),
        ("2023-07-01 08:00 -0530", "yyyy-MM-dd HH:mm XX", "2023-07-01 13:30:00"),
        ("2023-07-01 08:00 +05:30", "yyyy-MM-dd HH:mm XX", None),
    ],
)
def test_offsets_come_in_three_forms(text: str, form: str, expected: str | None, spark: SparkSession) -> None:
    assert [value for value, _ in read_times(spark, [text], [form], "Asia/Tokyo")] == [expected]


def test_the_type_is_timestamp_whatever_the_session_calls_one(spark: SparkSession) -> None:
    before = spark.conf.get("spark.sql.timestampType")
    spark.conf.set("spark.sql.timestampType", "TIMESTAMP_NTZ")
    try:
        df = spark.createDataFrame([("2023-07-01",)], "t string")
        result = df.transform(parse_timestamps(columns=["t"], formats=["yyyy-MM-dd"], zone="Asia/Tokyo"))
        assert result.schema["t"].dataType.simpleString() == "timestamp"
        assert result.select(F.unix_seconds("t")).first()[0] == 1688137200
    finally:
        spark.conf.set("spark.sql.timestampType", before)


def test_a_problem_says_whether_the_shape_or_the_date_is_wrong(spark: SparkSession) -> None:
    df = spark.createDataFrame([("x", "2023-02-30", "2023-03-26 02:30")], "a string, b string, c string")
    dates = parse_dates(columns=["a", "b"], formats=["yyyy-MM-dd", "d.M.yyyy"], invalid="null")
    times = parse_timestamps(columns=["c"], formats=["yyyy-MM-dd HH:mm"], zone="Europe/Berlin")
    row = df.transform(dates).transform(times).first()
    assert [(p.step, p.column, p.value, p.reason, p.severity) for p in row._problems] == [
        ("parse_dates", "a", "x", "matches none of: yyyy-MM-dd, d.M.yyyy", "warning"),
        ("parse_dates", "b", "2023-02-30", "not a real date", "warning"),
        (
            "parse_timestamps",
            "c",
            "2023-03-26 02:30",
            "the clocks skipped this time in Europe/Berlin",
            "critical",
        ),
    ]


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.text(max_size=12) | st.from_regex(NEARLY_A_DATE, fullmatch=True), max_size=200))
def test_no_text_makes_it_fail_and_what_it_reads_is_the_date_that_was_written(
    spark: SparkSession, texts: list[str]
) -> None:
    texts = [text.encode("utf-8", "ignore").decode() for text in texts]
    for text, (value, problems) in zip(
        texts, read_dates(spark, list(texts), ["yyyy-MM-dd", "d/M/yyyy"]), strict=True
    ):
        if value is None:
            assert problems == [text]
        else:
            assert text.strip() in (value.isoformat(), f"{value:%Y}-{value:%m}-{value:%d}") or "/" in text


@pytest.mark.parametrize(
    "form",
    [
        *("YYYY-MM-DD", "%Y-%m-%d", "yyyy-MM-ddTHH:mm", "yyyy-MM-dd VV", "yyyy-MM-dd SSSSSSSSSS"),
        *("yyyy-MM", "[yyyy-]MM-dd", "yyyy-MM-dd dd", "yyyy-MM-dd[", "yyyy-MM-dd]"),
        *("yyyy-MM-dd hh:mm", "yyyy-MM-dd HH:mm a", "yyyy-MM-dd XXX"),
    ],
)
def test_a_format_that_cannot_be_used_is_refused_at_once(form: str) -> None:
    with pytest.raises(ParameterError) as caught:
        parse_dates(columns=["d"], formats=[form])
    assert (caught.value.parameter, caught.value.value) == ("formats", form)


@pytest.mark.parametrize("zone", ["Berlin", "", "+5", "CEST", "UTC+1"])
def test_an_unknown_zone_is_refused_at_once(zone: str) -> None:
    with pytest.raises(ParameterError) as caught:
        parse_timestamps(columns=["t"], formats=["yyyy-MM-dd"], zone=zone)
    assert caught.value.parameter == "zone"


def test_a_column_that_is_a_date_already_is_refused(spark: SparkSession) -> None:
    with pytest.raises(ParameterError) as caught:
        spark.createDataFrame([(None,)], "d date").transform(
            parse_dates(columns=["d"], formats=["yyyy-MM-dd"])
        )
    assert caught.value.value == "d"


def test_two_digits_are_a_year_of_the_hundred_that_begin_where_it_is_said(spark: SparkSession) -> None:
    texts = ["31/12/65", "01/01/24", "01/01/25", "29/02/00"]
    df = spark.createDataFrame([(text,) for text in texts], "d string").coalesce(1)
    for first, years in {2000: [2065, 2024, 2025, 2000], 1925: [1965, 2024, 1925, 2000]}.items():
        step = parse_dates(columns=["d"], formats=["dd/MM/yyyy", "dd/MM/yy"], first_year=first)
        assert [row.d.year for row in df.transform(step).collect()] == years
    born = parse_timestamps(columns=["d"], formats=["dd/MM/yy"], first_year=1900)
    assert [row.d.year for row in df.limit(1).transform(born).collect()] == [1965]
    with pytest.raises(ParameterError, match="first_year"):
        parse_dates(columns=["d"], formats=["yy-MM-dd"], first_year=0)
