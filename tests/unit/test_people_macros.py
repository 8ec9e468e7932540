"""The macros of the measures about people, against figures worked out without them."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

import duckdb
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from tests.unit.test_statistics_macros import Macros, evaluate

MACROS = Macros()


@pytest.fixture(scope="module")
def connection() -> Any:
    with duckdb.connect() as conn:
        yield conn


def newcombe(x1: int, n1: int, x2: int, n2: int) -> tuple[float, float]:
    """Newcombe's hybrid score interval, from scipy's Wilson limits."""
    first, second = (stats.binomtest(x, n).proportion_ci(0.95, method="wilson") for x, n in ((x1, n1), (x2, n2)))
    p1, p2 = x1 / n1, x2 / n2
    low = p1 - p2 - math.hypot(p1 - first.low, second.high - p2)
    return low, p1 - p2 + math.hypot(first.high - p1, p2 - second.low)


@pytest.mark.parametrize(
    ("x1", "n1", "x2", "n2"),
    [(819, 1916, 1793, 3806), (0, 30, 30, 30), (9, 30, 21, 300), (2_000, 10_000, 1_000_000, 2_700_000)],
)
def test_limits_of_a_difference_of_proportions(connection: Any, x1: int, n1: int, x2: int, n2: int) -> None:
    names = ("x1", "n1", "x2", "n2")
    found = tuple(
        evaluate(connection, macro(*names), x1=x1, n1=n1, x2=x2, n2=n2)
        for macro in (MACROS.proportion_difference_low, MACROS.proportion_difference_high)
    )
    assert found == pytest.approx(newcombe(x1, n1, x2, n2), abs=1e-9)


def test_the_published_fall_of_satisfaction_is_real(connection: Any) -> None:
    values = {"x1": 819, "n1": 1916, "x2": 1793, "n2": 3806}
    low = 100 * evaluate(connection, MACROS.proportion_difference_low("x1", "n1", "x2", "n2"), **values)
    high = 100 * evaluate(connection, MACROS.proportion_difference_high("x1", "n1", "x2", "n2"), **values)
    assert (round(low, 1), round(high, 1)) == (-7.1, -1.6)


@pytest.mark.parametrize(
    ("values", "enough"),
    [((10, 10, 1000, 1000), True), ((9, 10, 1000, 1000), False), ((10, 9, 1000, 1000), False),
     ((10, 10, 999, 1000), False), ((10, 10, 1000, 999), False)],
)  # fmt: skip
def test_a_ratio_needs_ten_events_and_a_thousand_residents(
    connection: Any, values: tuple[int, ...], enough: bool
) -> None:
    sql = MACROS.enough_for_ratio("a", "b", "p", "q")
    assert evaluate(connection, sql, **dict(zip("abpq", values, strict=True))) is enough


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        ("2020-09-01", "2020-09-30", "2020-03-31"),
        ("2020-10-01", "2020-10-31", "2021-03-31"),
        ("2020-03-01", "2020-03-31", "2020-03-31"),
        ("2020-07-01", "2020-09-30", "2020-03-31"),
        ("2020-10-01", "2020-12-31", "2021-03-31"),
        ("2020-01-01", "2020-12-31", "2020-03-31"),
        # both ends of a financial year are equally near
        ("2019-04-01", "2020-03-31", "2020-03-31"),
        ("2020-04-01", "2021-03-31", "2021-03-31"),
        ("2019-03-01", "2020-02-29", "2019-03-31"),
    ],
)
def test_nearest_31_march(connection: Any, first: str, last: str, expected: str) -> None:
    sql = MACROS.nearest_march("cast(a as date)", "cast(b as date)")
    assert evaluate(connection, sql, a=first, b=last) == dt.date.fromisoformat(expected)


@given(st.lists(st.floats(0.01, 100), min_size=1, max_size=30))
def test_design_effect_is_one_plus_the_squared_variation_of_the_weights(weights: list[float]) -> None:
    values = {"n": len(weights), "w": sum(weights), "w2": sum(weight**2 for weight in weights)}
    with duckdb.connect() as connection:
        found = evaluate(connection, MACROS.design_effect("n", "w", "w2"), **values)
    assert found == pytest.approx(1 + (np.std(weights) / np.mean(weights)) ** 2, rel=1e-9)


def test_a_sample_without_weights_has_no_design_effect(connection: Any) -> None:
    assert evaluate(connection, MACROS.design_effect("n", "w", "w2"), n=0, w=0.0, w2=0.0) is None


def test_arrays(connection: Any) -> None:
    union = MACROS.list_union("a", "cast(b as varchar[])")
    assert evaluate(connection, union, a=["b", "a"], b=["c", "a"]) == ["a", "b", "c"]
    assert evaluate(connection, union, a=["b"], b=None) == ["b"]
    assert evaluate(connection, MACROS.first_of("a"), a=["b", "a"]) == "b"
