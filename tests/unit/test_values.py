"""Cells as people write them: numbers, dates and yes or no, and what is refused."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.ingest.values import is_month_first, reader
from pipelines.periods import span_of
from pipelines.sources.contract import Column, Layout, Period

LAYOUT = Layout(period=Period(column="day", length="month"))
KINDS = ("VARCHAR", "DOUBLE", "BIGINT", "BOOLEAN", "DATE", "TIMESTAMP")


def read(kind: str, cell: str) -> str | None:
    column = Column.model_validate({"header": "h", "name": "n", "type": kind, "description": "A value."})
    return reader(column, LAYOUT)(cell)


@pytest.mark.parametrize(
    ("kind", "cell", "value"),
    [
        ("BIGINT", "1,234", "1234"),
        ("BIGINT", " 66,776 ", "66776"),
        ("BIGINT", "1\N{NO-BREAK SPACE}234", "1234"),
        ("BIGINT", "-00 ", "0"),
        ("BIGINT", "57222.0", "57222"),
        ("BIGINT", "(12)", "-12"),
        ("BIGINT", "\N{MINUS SIGN}12", "-12"),
        ("BIGINT", "12.5", None),
        ("BIGINT", "12,34", None),
        ("BIGINT", "99999999999999999999", None),
        ("BIGINT", "n/a", None),
        ("DOUBLE", "48.2%", "0.482"),
        ("DOUBLE", "48.2 %", "0.482"),
        ("DOUBLE", "101.345140580031", "101.345140580031"),
        ("DOUBLE", "nan", None),
        ("DOUBLE", "..", None),
        ("BOOLEAN", "Yes", "true"),
        ("BOOLEAN", " n ", "false"),
        ("BOOLEAN", "perhaps", None),
        ("DATE", "01/02/2020", "2020-02-01"),
        ("DATE", "2020-02-01", "2020-02-01"),
        ("DATE", "2020-02-01 12:30:00", "2020-02-01"),
        ("DATE", "13/13/2020", None),
        ("DATE", "01/02/20", None),
        ("DATE", "01/02/0020", None),
        ("TIMESTAMP", "01/02/2020 9:05", "2020-02-01 09:05:00"),
        ("TIMESTAMP", "2020-02-01T23:59:59", "2020-02-01 23:59:59"),
        ("TIMESTAMP", "01/02/2020 25:00", None),
        ("VARCHAR", " as it is ", " as it is "),
        *((kind, "", "") for kind in KINDS),
        *((kind, " \N{NO-BREAK SPACE}", "") for kind in KINDS if kind != "VARCHAR"),
    ],
)
def test_a_cell_reads_as(kind: str, cell: str, value: str | None) -> None:
    assert read(kind, cell) == value


@given(st.integers(-(10**15), 10**15))
def test_whole_numbers_survive_their_separators(number: int) -> None:
    assert read("BIGINT", f" {number:,} ") == str(number)


@given(st.dates(dt.date(1900, 1, 1)))
def test_dates_survive_both_forms(day: dt.date) -> None:
    assert read("DATE", day.isoformat()) == read("DATE", f"{day:%d/%m/}{day.year:04}") == day.isoformat()


@given(st.sampled_from(KINDS), st.text())
def test_no_text_breaks_a_reader(kind: str, cell: str) -> None:
    value = read(kind, cell)
    assert value is None or isinstance(value, str)


def test_month_first_dates_are_told_from_day_first_ones() -> None:
    assert is_month_first(["01/31/2020", "02/01/2020"], LAYOUT)
    assert not is_month_first(["31/01/2020", "02/01/2020"], LAYOUT)
    assert not is_month_first(["01/02/2020", ""], LAYOUT)
    assert not is_month_first(["01/31/2020", "31/01/2020"], LAYOUT)


@pytest.mark.parametrize(
    ("text", "length", "start", "end"),
    [
        ("2020-02-29", "month", "2020-02-01", "2020-02-29"),
        ("2020-02-29 10:00:00", "quarter", "2020-01-01", "2020-03-31"),
        ("2020-12-31", "quarter", "2020-10-01", "2020-12-31"),
        ("2020-03-31", "financial_year", "2019-04-01", "2020-03-31"),
        ("2017/18", "financial_year", "2017-04-01", "2018-03-31"),
        ("2017-18", "financial_year", "2017-04-01", "2018-03-31"),
        ("1999/2000", "financial_year", "1999-04-01", "2000-03-31"),
        ("201501BS70001", "year", "2015-01-01", "2015-12-31"),
        ("2020/21", "year", "2020-01-01", "2020-12-31"),
    ],
)
def test_a_period_is_read(text: str, length: str, start: str, end: str) -> None:
    assert span_of(text, length) == (dt.date.fromisoformat(start), dt.date.fromisoformat(end))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "length"), [("", "year"), ("Total", "month"), ("2020-13-01", "month"), ("2020", "month"), ("0012", "year")]
)
def test_what_tells_no_period(text: str, length: str) -> None:
    assert span_of(text, length) is None  # type: ignore[arg-type]
