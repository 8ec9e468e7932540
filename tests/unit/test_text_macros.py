"""Macros that read printed numbers and cells, cut them, and tell which rows of a seed are about a value."""

from __future__ import annotations

import datetime as dt
from decimal import ROUND_DOWN, Decimal
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.macros import Macros

MACROS = Macros()
CONNECTION = duckdb.connect()


def of(sql: str, value: Any, kind: str = "varchar") -> Any:
    """The expression over one column `x` of this value and type."""
    return CONNECTION.execute(f"select {sql} from (select cast(? as {kind}) as x)", [value]).fetchall()[0][0]


@given(st.decimals(-1_000_000, 1_000_000, places=4), st.integers(0, 3))
def test_digits_are_cut_off_as_decimals_are(value: Decimal, decimals: int) -> None:
    expected = value.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_DOWN)
    assert of(MACROS.truncated("x", decimals), float(value), "double") == pytest.approx(float(expected), abs=1e-9)


@pytest.mark.parametrize(
    ("printed", "number", "decimals"),
    [
        ("1,412", 1412, 0), ("increase to 29.5%", 29.5, 1), ("£3,863,308", 3863308, 0), ("Ten", None, None),
        ("0.396783", 0.396783, 6), ("-6.4%", 6.4, 1),
    ],
)  # fmt: skip
def test_the_first_number_of_a_printed_text(printed: str, number: float | None, decimals: int | None) -> None:
    assert of(MACROS.printed_number("x"), printed) == number
    if decimals is not None:
        assert of(MACROS.decimals_of(MACROS.printed_number_text("x")), printed) == decimals


def test_numbers_are_the_same_but_for_binary_noise() -> None:
    assert of(MACROS.same_number("x", "0.3::double"), 0.1 + 0.2, "double")
    assert not of(MACROS.same_number("x", "0.3::double"), 0.3000001, "double")
    assert of(MACROS.same_number("x", "0.3::double"), None, "double") is None


@pytest.mark.parametrize(
    ("cell", "value", "marker"),
    [
        ("1,234", 1234, None), (" 1,234 ", 1234, None), ("-00", 0, None), ("-12", -12, None), ("1.5e3", 1500, None),
        ("..", None, ".."), ("-", None, "-"), ("[x]", None, "[x]"), ("", None, None), (None, None, None),
        ("12 3", None, "12 3"),
    ],
)  # fmt: skip
def test_a_cell_is_a_number_or_a_marker(cell: str | None, value: float | None, marker: str | None) -> None:
    assert of(MACROS.cell_value("x"), cell) == value
    assert of(MACROS.cell_marker("x"), cell) == marker


def test_a_year_in_a_text_begins_in_april() -> None:
    assert of(MACROS.fin_year_in("x"), " 2017/18") == dt.date(2017, 4, 1)
    assert of(MACROS.fin_year_in("x"), "All") is None


def test_an_open_end_reaches_beyond_every_date() -> None:
    assert of(MACROS.open_start("x"), None, "date") < dt.date(1950, 1, 1)
    assert of(MACROS.open_end("x"), None, "date") > dt.date(2100, 1, 1)
    for macro in (MACROS.open_start, MACROS.open_end):
        assert of(macro("x"), dt.date(2020, 2, 1), "date") == dt.date(2020, 2, 1)


@given(st.dates(dt.date(1990, 1, 1), dt.date(2050, 12, 31)))
def test_a_calendar_year_begins_in_january(date: dt.date) -> None:
    assert of(MACROS.cal_year_start("x"), date, "date") == dt.date(date.year, 1, 1)


COLUMNS = ("measure_id", "area_code", "method_id", "breakdown_type", "breakdown_value")


@pytest.mark.parametrize(
    ("seed", "row", "expected"),
    [
        (("m", None, None, None, None), ("m", "E1", "a", None, None), True),
        (("m", None, None, None, None), ("m", "E1", "a", "route", "x"), True),
        (("n", None, None, None, None), ("m", "E1", "a", None, None), False),
        (("m", "E2", None, None, None), ("m", "E1", "a", None, None), False),
        (("m", "E1", "b", None, None), ("m", "E1", "a", None, None), False),
        (("m", None, None, "route", None), ("m", "E1", "a", "route", "x"), True),
        (("m", None, None, "route", "y"), ("m", "E1", "a", "route", "x"), False),
        # a break of a breakdown says nothing of the total
        (("m", None, None, "route", None), ("m", "E1", "a", None, None), None),
    ],
)
def test_what_a_break_is_about(
    seed: tuple[str | None, ...], row: tuple[str | None, ...], expected: bool | None
) -> None:
    def relation(values: tuple[str | None, ...]) -> str:
        cells = ", ".join(
            f"cast({'null' if value is None else repr(value)} as varchar) as {column}"
            for column, value in zip(COLUMNS, values, strict=True)
        )
        return f"(select {cells})"

    query = f"select {MACROS.is_about('s', 'r')} from {relation(seed)} as s cross join {relation(row)} as r"
    assert CONNECTION.execute(query).fetchall() == [(expected,)]
