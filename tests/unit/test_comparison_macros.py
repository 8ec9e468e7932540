"""A value against another one of its series: the change, its interval, the finding and the words.

The references are scipy's Wilson limits and normal quantiles, put together here by the published formulas.
"""

from __future__ import annotations

import calendar
import datetime as dt
import math
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from pipelines.macros import Macros
from tests.unit.test_statistics_macros import Z, evaluate

MACROS = Macros()
CONNECTION = duckdb.connect()
PAIR = {
    "kind": "varchar", "direction": "varchar", "value": "double", "numerator": "double", "denominator": "double",
    "multiplier": "double", "ci_low": "double", "ci_high": "double", "reference_value": "double",
    "reference_numerator": "double", "reference_denominator": "double", "reference_ci_low": "double",
    "reference_ci_high": "double", "reference_status": "varchar", "break_id": "varchar", "break_date": "date",
    "what_changed": "varchar",
}  # fmt: skip


def changed(**given: Any) -> dict[str, Any]:
    """The pair with what with_change adds to it."""
    values = {"direction": "lower", "multiplier": 1.0, "reference_status": "final", **given}
    assert values.keys() <= PAIR.keys()
    columns = ", ".join(f"cast(${name} as {kind}) as {name}" for name, kind in PAIR.items())
    sql = f"with pairs as (select {columns}) {MACROS.with_change('pairs')}"
    found = CONNECTION.execute(sql, {name: values.get(name) for name in PAIR})
    return dict(zip([column[0] for column in found.description], found.fetchone(), strict=True))


def counts(count: float, reference: float, **given: Any) -> dict[str, Any]:
    """The change from one count to another."""
    return changed(
        kind="count",
        value=count,
        numerator=count,
        reference_value=reference,
        reference_numerator=reference,
        **given,
    )


def shares(x1: int, n1: int, x2: int, n2: int, **given: Any) -> dict[str, Any]:
    """The change from x2 of n2 to x1 of n1, in points."""
    return changed(
        kind="share", multiplier=100, value=100 * x1 / n1, numerator=x1, denominator=n1, reference_value=100 * x2 / n2,
        reference_numerator=x2, reference_denominator=n2, **given,
    )  # fmt: skip


def newcombe(x1: int, n1: int, x2: int, n2: int) -> tuple[float, float]:
    """Newcombe's hybrid score interval, from scipy's Wilson limits."""
    p1, p2 = x1 / n1, x2 / n2
    one = stats.binomtest(x1, n1).proportion_ci(method="wilson")
    two = stats.binomtest(x2, n2).proportion_ci(method="wilson")
    return p1 - p2 - math.hypot(p1 - one.low, two.high - p2), p1 - p2 + math.hypot(one.high - p1, p2 - two.low)


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_difference_of_proportions(data: st.DataObject) -> None:
    n1, n2 = data.draw(st.integers(1, 5000)), data.draw(st.integers(1, 5000))
    x1, x2 = data.draw(st.integers(0, n1)), data.draw(st.integers(0, n2))
    values = {"x1": x1, "n1": n1, "x2": x2, "n2": n2}
    low = evaluate(CONNECTION, MACROS.proportion_difference_low(*values), **values)
    high = evaluate(CONNECTION, MACROS.proportion_difference_high(*values), **values)
    assert (low, high) == pytest.approx(newcombe(x1, n1, x2, n2), rel=1e-8, abs=1e-10)
    assert -1 - 1e-12 <= low <= x1 / n1 - x2 / n2 <= high <= 1 + 1e-12


def test_difference_of_proportions_of_the_papers_examples() -> None:
    # Newcombe 1998, Statistics in Medicine 17, 873-890, table II, method 10
    for counted, low, high in [
        ((56, 70, 48, 80), 0.0524, 0.3339),
        ((9, 10, 3, 10), 0.1705, 0.8090),
        ((5, 56, 0, 29), -0.0381, 0.1926),
        ((10, 10, 0, 10), 0.6075, 1.0000),
    ]:
        values = dict(zip(("x1", "n1", "x2", "n2"), counted, strict=True))
        assert evaluate(CONNECTION, MACROS.proportion_difference_low(*values), **values) == pytest.approx(low, abs=5e-5)
        assert evaluate(CONNECTION, MACROS.proportion_difference_high(*values), **values) == pytest.approx(
            high, abs=5e-5
        )


@pytest.mark.parametrize("missing", ["x1", "n1", "x2", "n2"])
def test_difference_of_proportions_without_a_number_is_nothing(missing: str) -> None:
    values = {"x1": 3, "n1": 10, "x2": 4, "n2": 10, missing: None}
    columns = [f"cast({name} as double)" for name in values]
    assert evaluate(CONNECTION, MACROS.proportion_difference_low(*columns), **values) is None


def test_satisfaction_of_2020_against_2019() -> None:
    # methods: difference -4.4 points, -7.1 to -1.6
    found = shares(819, 1916, 1793, 3806, direction="higher")
    assert (found["difference"], found["difference_low"], found["difference_high"]) == pytest.approx(
        (-4.4, -7.1, -1.6), abs=0.05
    )
    assert found["words"] == "down 4.4 points (-7.1 to -1.6): lower"
    assert (found["finding"], found["finding_direction"], found["change_pct"]) == ("lower", "worse", None)


def test_casualties_973_against_950_are_no_change() -> None:
    # methods: 1.024 (0.937 to 1.120)
    found = counts(973, 950)
    assert (found["change_pct_low"], found["change_pct"], found["change_pct_high"]) == pytest.approx(
        (-6.3, 2.4, 12.0), abs=0.05
    )
    assert found["finding"] == found["finding_direction"] == "no_clear_change"
    assert found["words"] == "up 2.4 % (-6.3 % to +12.0 %): no clear change"
    assert (found["difference"], found["difference_low"], found["difference_high"]) == (23, None, None)


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 10**6), st.integers(1, 10**6), st.sampled_from(["higher", "lower", "neutral", None]))
def test_finding_of_counts_follows_the_interval(a: int, b: int, direction: str | None) -> None:
    found = counts(a, b, direction=direction)
    spread = stats.norm(loc=math.log(a / b), scale=math.sqrt(1 / a + 1 / b))
    limits = [100 * (math.exp(spread.ppf(quantile)) - 1) for quantile in (0.025, 0.975)]
    assert [found["change_pct_low"], found["change_pct_high"]] == pytest.approx(limits, rel=1e-9, abs=1e-7)
    expected = "higher" if limits[0] > 0 else "lower" if limits[1] < 0 else "no_clear_change"
    assert found["finding"] == expected
    if expected == "no_clear_change":
        assert found["finding_direction"] == expected
    elif direction in ("higher", "lower"):
        assert found["finding_direction"] == ("better" if expected == direction else "worse")
    else:
        assert found["finding_direction"] == f"neutral_{expected}"


def test_rates_are_compared_as_rates_with_the_spread_of_their_counts() -> None:
    # 1,200 of 80,000 residents against 1,000 of 100,000: the ratio is 1.5, not 1.2
    found = changed(
        kind="rate", multiplier=1000, value=15, numerator=1200, denominator=80_000, reference_value=10,
        reference_numerator=1000, reference_denominator=100_000,
    )  # fmt: skip
    margin = Z * math.sqrt(1 / 1200 + 1 / 1000)
    assert (found["change_pct_low"], found["change_pct"], found["change_pct_high"]) == pytest.approx(
        (150 * math.exp(-margin) - 100, 50, 150 * math.exp(margin) - 100), rel=1e-9
    )


def test_ratios_are_compared_by_the_errors_of_their_logarithms() -> None:
    # search ratios 4.0 and 4.6 from counts: the limits hold what is needed to compare them
    error, reference_error = math.sqrt(1 / 400 + 1 / 1000), math.sqrt(1 / 300 + 1 / 900)
    found = changed(
        kind="ratio", value=4.6, ci_low=4.6 * math.exp(-Z * error), ci_high=4.6 * math.exp(Z * error),
        reference_value=4.0, reference_ci_low=4.0 * math.exp(-Z * reference_error),
        reference_ci_high=4.0 * math.exp(Z * reference_error),
    )  # fmt: skip
    margin = Z * math.hypot(error, reference_error)
    assert (found["change_pct_low"], found["change_pct_high"]) == pytest.approx(
        (115 * math.exp(-margin) - 100, 115 * math.exp(margin) - 100), rel=1e-9
    )
    assert found["interval_method"] == "ratio_of_ratios_log_95"


@pytest.mark.parametrize(("count", "reference"), [(0, 5), (5, 0), (0, 0)])
def test_zero_is_too_few(count: int, reference: int) -> None:
    found = counts(count, reference)
    assert (found["status"], found["finding"], found["change_pct_low"]) == ("too_few", None, None)
    assert found["difference"] == count - reference
    assert found["words"] == f"{count} against {reference}: too few to say"


def test_none_of_ten_is_enough_for_a_share() -> None:
    found = shares(0, 10, 10, 10)
    assert (found["status"], found["finding"]) == ("comparable", "lower")


@pytest.mark.parametrize(
    ("given", "status", "words"),
    [
        ({"reference_value": None, "reference_status": None}, "not_supplied", "(not supplied)"),
        ({"reference_value": None, "reference_status": "not_collected"}, "not_supplied", "(not collected)"),
        ({"reference_value": None, "reference_status": "below_minimum"}, "too_few", "too few cases"),
        ({"reference_value": None, "reference_status": "not_comparable"}, "not_comparable", "another kind"),
        (
            {"break_id": "b", "break_date": dt.date(2020, 2, 1), "what_changed": "More is counted", "reference_value": 5},
            "not_comparable",
            "not comparable across 1 February 2020: More is counted",
        ),
        # a break is told of even where nothing was supplied before it
        (
            {"break_id": "b", "break_date": dt.date(2020, 2, 1), "what_changed": "More", "reference_value": None,
             "reference_status": None},
            "not_comparable",
            "1 February 2020",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_compared_has_a_reason_and_no_number(given: dict[str, Any], status: str, words: str) -> None:
    found = changed(kind="count", value=9, numerator=9, reference_numerator=given["reference_value"], **given)
    assert found["status"] == status
    assert words in found["words"]
    computed = ("difference", "difference_low", "change_pct", "change_pct_low", "finding", "finding_direction")
    assert [found[name] for name in computed] == [None] * len(computed)


@pytest.mark.parametrize("kind", ["mean", "amount"])
def test_means_and_amounts_have_no_interval_and_no_finding(kind: str) -> None:
    found = changed(kind=kind, value=24, numerator=240, denominator=10, reference_value=30)
    assert (found["status"], found["difference"], found["change_pct"]) == ("comparable", -6, -20)
    assert (found["interval_method"], found["finding"], found["finding_direction"]) == (None, None, None)
    assert found["words"] == "down 6.0 (-20.0 %): no interval"


def test_no_change_in_per_cent_of_what_is_not_above_zero() -> None:
    found = changed(kind="amount", value=1499.5, reference_value=-1)
    assert (found["difference"], found["change_pct"]) == (1500.5, None)
    assert found["words"] == "up 1,500.5: no interval"


def test_small_amounts_keep_two_decimals_and_no_change_has_no_sign() -> None:
    assert changed(kind="amount", value=0.25, reference_value=0.2)["words"] == "up 0.05 (+25.0 %): no interval"
    assert changed(kind="amount", value=2, reference_value=2)["words"] == "unchanged (0.0 %): no interval"
    assert counts(100_000, 100_001)["words"].startswith("unchanged (")
    assert shares(5, 10, 5, 10)["words"].startswith("unchanged (")


@settings(max_examples=50, deadline=None)
@given(st.dates(dt.date(1995, 1, 1), dt.date(2035, 12, 31)), st.integers(0, 364))
def test_leap_days_are_seen(start: dt.date, days: int) -> None:
    end = start + dt.timedelta(days)
    held = any(
        calendar.isleap(year) and start <= dt.date(year, 2, 29) <= end for year in range(start.year, end.year + 1)
    )
    assert evaluate(CONNECTION, MACROS.holds_leap_day("s", "e"), s=start, e=end) == held
    assert evaluate(CONNECTION, MACROS.days_in_period("s", "e"), s=start, e=end) == days + 1


def test_a_limit_that_rounds_to_zero_keeps_its_side() -> None:
    texts = [(-0.04, "-0.0"), (0.04, "+0.0"), (0.0, "0.0"), (-1234.56, "-1,234.6"), (7.25, "+7.3")]
    for value, text in texts:
        assert CONNECTION.execute(
            f"select {MACROS.signed_text('x', 1)} from (select ?::double as x)", [value]
        ).fetchall() == [(text,)]
