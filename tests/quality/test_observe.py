"""What was counted while rows were written, as Python has it."""

from __future__ import annotations

import datetime as dt

from headgate.quality.instants import EPOCH, local_time
from headgate.quality.observe import observations
from tests.quality.suites import rule, suite_of

YEAR_10000 = 253_402_300_800_000_000


def test_an_instant_is_told_in_the_zone_of_the_process_even_on_the_first_day():
    for moment in (dt.datetime(2024, 7, 1, 12, 30, 0, 5), dt.datetime(1, 1, 1, 23), dt.datetime(1, 1, 2, 12)):
        micros = (moment.replace(tzinfo=dt.UTC) - EPOCH) // dt.timedelta(microseconds=1)
        told = local_time(micros)
        assert told == moment.replace(tzinfo=dt.UTC).astimezone().replace(tzinfo=None)


def test_an_instant_that_python_has_not_spoils_no_other_number(brisk):
    df = brisk.createDataFrame([], "at timestamp")
    suite = suite_of(rule("column_min_to_be_between", column="at", min_value="2020-01-01"))
    planned = observations(df, suite)
    names = [f"audit_{n}" for n in range(len(planned.aggregates))]
    near, far = (planned.read(dict.fromkeys(names, number)) for number in (0, 2 * YEAR_10000))
    assert [near[key] for key in set(near) - set(far)] == [local_time(0)]
