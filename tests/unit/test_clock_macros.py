"""Durations from local times, held against the moments they come from."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import duckdb
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipelines.macros import Macros

LONDON = ZoneInfo("Europe/London")
SECONDS = Macros().seconds_between("started", "ended")
CONNECTION = duckdb.connect()
# Two days around each clock change, and any time of thirty years.
BACK, FORWARD = dt.datetime(2020, 10, 24), dt.datetime(2021, 3, 27)
MOMENTS = st.one_of(
    *(st.datetimes(day, day + dt.timedelta(days=2)) for day in (BACK, FORWARD)),
    st.datetimes(dt.datetime(2008, 1, 1), dt.datetime(2038, 1, 1)),
)


def local(moment: dt.datetime) -> dt.datetime:
    return moment.replace(tzinfo=dt.UTC).astimezone(LONDON).replace(tzinfo=None)


def seconds(started: dt.datetime, ended: dt.datetime) -> float | None:
    found = CONNECTION.execute(f"SELECT {SECONDS} FROM (SELECT ? AS started, ? AS ended)", [started, ended]).fetchone()
    assert found is not None
    return found[0]


def comes_twice(shown: dt.datetime) -> bool:
    return shown.replace(tzinfo=LONDON, fold=0).utcoffset() != shown.replace(tzinfo=LONDON, fold=1).utcoffset()


@settings(max_examples=200, deadline=None)
@given(MOMENTS, st.timedeltas(dt.timedelta(), dt.timedelta(hours=30)))
@example(dt.datetime(2020, 10, 25, 0, 59, 55), dt.timedelta(seconds=10))
@example(dt.datetime(2020, 10, 24, 23, 30), dt.timedelta(hours=3))
@example(dt.datetime(2021, 3, 28, 0, 59, 55), dt.timedelta(seconds=10))
def test_a_duration_is_true_or_not_known(moment: dt.datetime, length: dt.timedelta) -> None:
    started, ended = local(moment), local(moment + length)
    expected = None if comes_twice(started) or comes_twice(ended) else length.total_seconds()
    assert seconds(started, ended) == expected


def test_a_time_that_no_clock_shows_gives_no_duration() -> None:
    assert seconds(dt.datetime(2021, 3, 28, 1, 30), dt.datetime(2021, 3, 28, 2, 5)) is None
