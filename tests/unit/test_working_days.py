"""Working days, their spread, and the lists inside a cell, against the library, numpy and plain Python."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterator
from typing import Any

import duckdb
import jinja2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.bank_holidays import FIRST_YEAR, LAST_YEAR, SEED, bank_holidays, seed_text
from pipelines.macros import Macros
from pipelines.settings import DBT_DIR

DAYS = st.dates(dt.date(FIRST_YEAR, 1, 1), dt.date(LAST_YEAR, 12, 31))
HOLIDAYS = np.array(list(bank_holidays()), dtype="M8[D]")
MACROS = Macros()


@pytest.fixture(scope="module")
def days() -> Iterator[Any]:
    """Model int_day, built from the seed."""
    model = (DBT_DIR / "models" / "intermediate" / "int_day.sql").read_text(encoding="utf-8")
    calls = {name: getattr(MACROS, name) for name in ("day_series", "is_weekday")}
    sql = jinja2.Template(model).render(ref=lambda name: name, **calls)
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE bank_holiday AS FROM read_csv('{SEED}')")
        connection.execute(f"CREATE TABLE int_day AS {sql}")
        yield connection


def test_seed_is_what_the_library_says() -> None:
    assert SEED.read_text(encoding="utf-8") == seed_text(bank_holidays()), (
        "run `make bank-holidays` and look at the change"
    )


def test_seed_has_the_days_given_once_and_in_lieu() -> None:
    with SEED.open(encoding="utf-8", newline="") as file:
        days = {row["holiday_date"] for row in csv.DictReader(file)}
    # the jubilee and the funeral of 2022, the early May holiday moved to Friday 8 May 2020, Boxing Day 2020 in lieu
    assert {"2022-06-03", "2022-09-19", "2020-05-08", "2020-12-28"} <= days
    assert not {"2020-05-04", "2022-05-30"} & days


@settings(max_examples=200, deadline=None)
@given(received=DAYS, finalised=DAYS)
def test_working_days_are_those_of_numpy(days: Any, received: dt.date, finalised: dt.date) -> None:
    received, finalised = sorted((received, finalised))
    counted = days.execute(
        "SELECT max(working_day_number) - min(working_day_number) FROM int_day WHERE day IN (?, ?)",
        [received, finalised],
    ).fetchone()[0]
    one = dt.timedelta(1)
    assert counted == np.busday_count(received + one, finalised + one, holidays=HOLIDAYS)


@settings(max_examples=100, deadline=None)
@given(
    first=DAYS,
    last=st.none() | DAYS,
    british=st.booleans(),
    divider=st.sampled_from(["/", "-", " to ", " \N{EN DASH} "]),
)
def test_a_suspension_is_read_as_it_was_written(
    days: Any, first: dt.date, last: dt.date | None, british: bool, divider: str
) -> None:
    def write(day: dt.date) -> str:
        return day.strftime("%d/%m/%Y") if british else day.isoformat()

    text = write(first) + divider + (write(last) if last else "")
    sql = f"SELECT {MACROS.date_in('t', 1)}, {MACROS.date_in('t', 2)}, {MACROS.dates_in('t')}, {MACROS.without_dates('t')}"
    assert days.execute(f"{sql} FROM (SELECT ? AS t)", [text]).fetchone() == (first, last, 2 if last else 1, divider)


@settings(max_examples=50, deadline=None)
@given(values=st.lists(st.integers(0, 1000), min_size=1, max_size=30), share=st.sampled_from([0.5, 0.9]))
def test_quantiles_interpolate_as_numpy_does(days: Any, values: list[int], share: float) -> None:
    found = days.execute(f"SELECT {MACROS.quantile('v', share)} FROM (SELECT unnest(?) AS v)", [values]).fetchone()[0]
    assert found == pytest.approx(np.quantile(values, share))


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        (" Very  Satisfied ", "very satisfied"),
        ("Don\N{RIGHT SINGLE QUOTATION MARK}t know", "don't know"),
        (" \t", None),
        (None, None),
    ],
)
def test_words_are_made_comparable(days: Any, cell: str | None, words: str | None) -> None:
    assert (
        days.execute(f"SELECT {MACROS.plain_words('t')} FROM (SELECT ?::VARCHAR AS t)", [cell]).fetchone()[0] == words
    )
