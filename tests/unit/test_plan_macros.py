"""Targets, words and series keys, against the same things worked out in Python."""

from __future__ import annotations

import datetime as dt
from typing import Any

import duckdb
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.macros import Macros

MACROS = Macros(
    "engine.sql", "statistics.sql", "periods.sql", "reconciliation.sql", "comparison.sql", "series.sql", "plans.sql"
)
CONNECTION = duckdb.connect()


def evaluate(sql: str) -> Any:
    return CONNECTION.execute(f"select {sql}").fetchall()[0][0]


@given(st.integers(1, 40), st.integers(0, 40), st.floats(0, 5000), st.floats(0, 5000))
def test_a_path_is_a_straight_line_over_the_years(years: int, after: int, first: float, last: float) -> None:
    after = min(after, years)
    sql = MACROS.on_the_line(
        "date '2017-12-31'", f"{first!r}::double", f"date '{2017 + years}-12-31'", f"{last!r}::double",
        f"date '{2017 + after}-12-31'",
    )  # fmt: skip
    assert evaluate(sql) == pytest.approx(float(np.interp(after, [0, years], [first, last])), abs=1e-9)


def test_half_by_2030_and_none_by_2040() -> None:
    # methods: T(y) = B (1 - 0.5 (y - y0) / (2030 - y0)) to 2030, then 0.5 B (2040 - y) / 10
    for year, expected in [(2018, 1000 * (1 - 0.5 / 13)), (2023, 1000 * (1 - 0.5 * 6 / 13)), (2030, 500)]:
        sql = MACROS.on_the_line("date '2017-12-31'", "1000", "date '2030-12-31'", "500", f"date '{year}-12-31'")
        assert evaluate(sql) == pytest.approx(expected)
    sql = MACROS.on_the_line("date '2030-12-31'", "500", "date '2040-12-31'", "0", "date '2035-12-31'")
    assert evaluate(sql) == pytest.approx(0.5 * 1000 * (2040 - 2035) / 10)


@pytest.mark.parametrize(
    ("value", "comparison", "target", "expected"),
    [
        (90.0, "at_least", 90.0, True), (89.99, "at_least", 90.0, False), (527.23, "at_most", 527.23, True),
        (528.0, "at_most", 527.23, False), (100.0, "equal", 100.0, True), (99.0, "equal", 100.0, False),
        (None, "at_least", 90.0, None), (90.0, "at_least", None, None), (90.0, None, 90.0, None),
    ],
)  # fmt: skip
def test_a_target_is_kept(value: float | None, comparison: str | None, target: float | None, expected: object) -> None:
    sql = MACROS.keeps_target("v", "c", "t")
    row = CONNECTION.execute(
        f"select {sql} from (select ?::double as v, ?::varchar as c, ?::double as t)", [value, comparison, target]
    )
    assert row.fetchall() == [(expected,)]


@pytest.mark.parametrize(
    ("value", "kind", "unit", "expected"),
    [
        (39507, "count", "count", "39,507"), (42.74, "share", "percent", "42.7 %"), (3863308, "amount", "GBP", "£3,863,308"),
        (527.23, "amount", "GBP million", "£527.23 million"), (131.4, "mean", "days", "131 days"),
        (86.9001, "rate", "per 1,000 population", "86.9 per 1,000 population"),
        (3.784, "rate", "per 1,000 population", "3.78 per 1,000 population"), (3.94, "ratio", "rate ratio", "3.9"),
        (None, "amount", "GBP", None), (None, "count", "count", None), (None, "mean", "days", None),
    ],
)  # fmt: skip
def test_a_value_is_told_with_its_unit(value: float | None, kind: str, unit: str, expected: str | None) -> None:
    sql = MACROS.with_unit(MACROS.value_text("v", "k", "u"), "k", "u")
    found = CONNECTION.execute(
        f"select nullif(trim({sql}), u) from (select ?::double as v, ?::varchar as k, ?::varchar as u)",
        [value, kind, unit],
    )
    assert found.fetchall() == [(expected,)]


@pytest.mark.parametrize(
    ("period_type", "first", "last", "expected"),
    [
        ("fin_year", "2020-04-01", "2021-03-31", "2020/21"), ("fin_year", "1999-04-01", "2000-03-31", "1999/00"),
        ("cal_year", "2020-01-01", "2020-12-31", "2020"), ("quarter", "2021-01-01", "2021-03-31", "January to March 2021"),
        ("rolling_12m", "2019-10-01", "2020-09-30", "the year ending September 2020"),
        ("month", "2021-03-01", "2021-03-31", "March 2021"), ("snapshot", "2021-03-31", "2021-03-31", "31 March 2021"),
    ],
)  # fmt: skip
def test_a_period_is_told_as_people_speak(period_type: str, first: str, last: str, expected: str) -> None:
    sql = MACROS.period_text("p", "f", "l")
    found = CONNECTION.execute(
        f"select {sql} from (select ?::varchar as p, ?::date as f, ?::date as l)",
        [period_type, dt.date.fromisoformat(first), dt.date.fromisoformat(last)],
    )
    assert found.fetchall() == [(expected,)]


def test_series_of_different_lengths_of_period_share_their_method() -> None:
    for suffix in ("month", "12_months", "financial_year"):
        method = f"stop_search_per_1000_residents_per_{suffix}"
        assert evaluate(MACROS.method_stem(f"'{method}'")) == "stop_search_per_1000_residents"
    assert evaluate(MACROS.method_stem("'within_10s_of_answered'")) == "within_10s_of_answered"


def test_a_new_edition_of_the_estimates_is_the_same_series_and_another_census_is_not() -> None:
    basis = [evaluate(MACROS.denominator_basis(f"'{name}'")) for name in ("ons_mye_2020:2019", "ons_mye_2024:2024")]
    assert basis == ["mid_year_estimate"] * 2
    assert evaluate(MACROS.denominator_basis("'census_2011'")) != evaluate(MACROS.denominator_basis("'census_2021'"))
