"""The dbt macros for rates, limits and periods, against figures computed without them.

The macros are rendered with Jinja outside dbt and run on DuckDB; the references are scipy's distributions
and plain Python. Poisson: Byar's approximation is also held against the exact limits it stands for.
"""

from __future__ import annotations

import csv
import datetime as dt
import math
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pytest
from scipy import stats
from scipy.optimize import brentq

from pipelines.macros import Macros
from pipelines.settings import DBT_DIR

Z = float(stats.norm.ppf(0.975))


@pytest.fixture(scope="module")
def macros() -> Macros:
    return Macros()


@pytest.fixture(scope="module")
def connection() -> Any:
    with duckdb.connect() as conn:
        yield conn


def evaluate(connection: Any, sql: str, **values: Any) -> Any:
    """The value of one SQL expression over columns of these values."""
    columns = ", ".join(f"${name} as {name}" for name in values) or "1 as one"
    return connection.execute(f"select {sql} from (select {columns})", values).fetchone()[0]


def exact_limits() -> dict[int, tuple[float, float]]:
    """The seed of exact Poisson limits by event count."""
    path = DBT_DIR / "seeds" / "reference" / "poisson_exact_limit.csv"
    with path.open(newline="", encoding="utf-8") as file:
        return {
            int(row["event_count"]): (float(row["lower_95"]), float(row["upper_95"])) for row in csv.DictReader(file)
        }


def test_z_is_the_standard_normal_quantile(macros: Macros, connection: Any) -> None:
    assert float(evaluate(connection, macros.z_95())) == pytest.approx(Z, abs=1e-15)


@pytest.mark.parametrize(
    ("numerator", "denominator", "multiplier", "expected"),
    [
        (3, 4, 1000, 750.0),
        (0, 4, 1000, 0.0),
        (3, 0, 1000, None),
        (0, 0, 1, None),
        (None, 4, 1000, None),
        (3, None, 1000, None),
        # a count times a thousand passes 32 bits
        (4_000_000, 59_000_000, 1000, 4_000_000 * 1000 / 59_000_000),
    ],
)
def test_rate(
    macros: Macros,
    connection: Any,
    numerator: int | None,
    denominator: int | None,
    multiplier: int,
    expected: float | None,
) -> None:
    sql = macros.rate("cast(n as integer)", "cast(d as integer)", multiplier)
    assert evaluate(connection, sql, n=numerator, d=denominator) == expected


def test_exact_limit_seed_against_the_poisson_distribution() -> None:
    limits = exact_limits()
    assert sorted(limits) == list(range(10))
    for count, (low, high) in limits.items():
        # solved from the distribution itself, not from the chi-square quantile that made the seed
        reference_high = brentq(lambda mean, k=count: stats.poisson.cdf(k, mean) - 0.025, 1e-9, 60, xtol=1e-14)
        reference_low = (
            brentq(lambda mean, k=count: stats.poisson.sf(k - 1, mean) - 0.025, 1e-9, 60, xtol=1e-14) if count else 0.0
        )
        assert low == pytest.approx(reference_low, rel=1e-11, abs=1e-12)
        assert high == pytest.approx(reference_high, rel=1e-11)


@pytest.mark.parametrize("column_type", ["bigint", "double"])
@pytest.mark.parametrize("count", [*range(31), 99, 100, 973, 24_631, 233_393, 5_000_000])
def test_poisson_limits(macros: Macros, connection: Any, count: int, column_type: str) -> None:
    seed_low, seed_high = exact_limits().get(count, (None, None))
    column = f"cast(n as {column_type})"
    low = evaluate(connection, macros.poisson_low(column, "lo"), n=count, lo=seed_low)
    high = evaluate(connection, macros.poisson_high(column, "hi"), n=count, hi=seed_high)
    exact_low = stats.chi2.ppf(0.025, 2 * count) / 2 if count else 0.0
    exact_high = stats.chi2.ppf(0.975, 2 * count + 2) / 2
    if count < 10:
        assert (float(low), float(high)) == pytest.approx((exact_low, exact_high), rel=1e-12, abs=1e-12)
        return
    byar_low = count * (1 - 1 / (9 * count) - Z / (3 * math.sqrt(count))) ** 3
    byar_high = (count + 1) * (1 - 1 / (9 * (count + 1)) + Z / (3 * math.sqrt(count + 1))) ** 3
    assert (low, high) == pytest.approx((byar_low, byar_high), rel=1e-12)
    # the approximation stays within 0.2 % of the exact limits from ten events on
    assert (low, high) == pytest.approx((exact_low, exact_high), rel=2e-3)


def test_poisson_limits_of_the_published_example(macros: Macros, connection: Any) -> None:
    # 973 killed or seriously injured: 912.8 to 1036.1
    assert evaluate(connection, macros.poisson_low("n", "null"), n=973) == pytest.approx(912.8, abs=0.05)
    assert evaluate(connection, macros.poisson_high("n", "null"), n=973) == pytest.approx(1036.1, abs=0.05)


def test_poisson_limits_of_nothing_are_nothing(macros: Macros, connection: Any) -> None:
    for macro in (macros.poisson_low, macros.poisson_high):
        assert evaluate(connection, macro("cast(n as bigint)", "cast(x as double)"), n=None, x=None) is None


@pytest.mark.parametrize("column_type", ["bigint", "double"])
@pytest.mark.parametrize(
    ("x", "n"),
    [
        (0, 1),
        (1, 1),
        (0, 10),
        (10, 10),
        (1, 3),
        (5, 9),
        (24, 30),
        (121, 124),
        (328, 332),
        (819, 1916),
        (1793, 3806),
        (2_400_000_000, 3_000_000_000),
    ],
)
def test_wilson_limits(macros: Macros, connection: Any, x: int, n: int, column_type: str) -> None:
    x_sql, n_sql = f"cast(x as {column_type})", f"cast(n as {column_type})"
    low = evaluate(connection, macros.wilson_low(x_sql, n_sql), x=x, n=n)
    high = evaluate(connection, macros.wilson_high(x_sql, n_sql), x=x, n=n)
    reference = stats.binomtest(x, n).proportion_ci(confidence_level=0.95, method="wilson")
    assert (low, high) == pytest.approx((reference.low, reference.high), rel=1e-9, abs=1e-12)
    assert 0 <= low <= x / n <= high <= 1


def test_wilson_limits_of_the_published_examples(macros: Macros, connection: Any) -> None:
    for x, n, low, high in [
        (328, 332, 96.9, 99.5),
        (121, 124, 93.1, 99.2),
        (24, 30, 62.7, 90.5),
        (819, 1916, 40.5, 45.0),
    ]:
        assert 100 * evaluate(connection, macros.wilson_low("x", "n"), x=x, n=n) == pytest.approx(low, abs=0.06)
        assert 100 * evaluate(connection, macros.wilson_high("x", "n"), x=x, n=n) == pytest.approx(high, abs=0.06)


@pytest.mark.parametrize(("x", "n"), [(0, 0), (None, 10), (3, None), (None, None)])
def test_wilson_limits_without_a_base_are_nothing(macros: Macros, connection: Any, x: Any, n: Any) -> None:
    for macro in (macros.wilson_low, macros.wilson_high):
        assert evaluate(connection, macro("cast(x as bigint)", "cast(n as bigint)"), x=x, n=n) is None


@pytest.mark.parametrize("column_type", ["bigint", "double"])
def test_the_method_of_poisson_limits(macros: Macros, connection: Any, column_type: str) -> None:
    sql = macros.poisson_method(f"cast(n as {column_type})")
    for count, method in [(None, None), (-1, None), (0, "poisson_exact_95"), (9, "poisson_exact_95"), (10, "byar_95")]:
        assert evaluate(connection, sql, n=count) == method
    # adjusted counts may be broken: the exact limits are of whole ones
    assert evaluate(connection, macros.poisson_method("n"), n=9.5) is None
    assert evaluate(connection, macros.poisson_method("n"), n=10.5) == "byar_95"


def test_the_value_and_limits_of_each_kind(macros: Macros, connection: Any) -> None:
    def columns(kind: str, numerator: Any, denominator: Any, *multiplier: str) -> tuple[Any, ...]:
        limits = exact_limits().get(numerator, (None, None)) if kind in ("count", "rate") else (None, None)
        sql = f"""
            select {macros.value_and_limits("kind", *multiplier)}
            from (select ? as kind, cast(? as double) as numerator, cast(? as double) as denominator,
                cast(? as double) as lower_95, cast(? as double) as upper_95, 12 as own)
        """
        return connection.execute(sql, [kind, numerator, denominator, *limits]).fetchone()

    byar = 100 * (1 - 1 / 900 - Z / 30) ** 3, 101 * (1 - 1 / 909 + Z / (3 * math.sqrt(101))) ** 3
    exact = stats.chi2.ppf(0.025, 6) / 2, stats.chi2.ppf(0.975, 8) / 2
    wilson = stats.binomtest(24, 30).proportion_ci(method="wilson")
    log_error = math.sqrt(1 / 30 + 1 / 20)
    for given, expected, method in [
        (("count", 100, None), (1, 100, *byar), "byar_95"),
        (("count", 3, None), (1, 3, *exact), "poisson_exact_95"),
        (("rate", 100, 5000), (1000, 20, byar[0] / 5, byar[1] / 5), "byar_95"),
        (("rate", 3, 500, "own"), (12, 0.072, *(limit * 12 / 500 for limit in exact)), "poisson_exact_95"),
        (("share", 24, 30), (100, 80, 100 * wilson.low, 100 * wilson.high), "wilson_95"),
        (("ratio", 30, 20), (1, 1.5, 1.5 / math.exp(Z * log_error), 1.5 * math.exp(Z * log_error)), "log_ratio_95"),
    ]:
        *found, found_method = columns(*given)
        assert (found, found_method) == (pytest.approx(expected, rel=1e-9), method)
    assert columns("mean", 30, 4) == (1, 7.5, None, None, None)
    assert columns("amount", -2.5, None) == (1, -2.5, None, None, None)
    assert columns("ratio", 0, 4) == (1, 0, None, None, None)
    for kind in ("rate", "share", "ratio", "mean"):
        assert columns(kind, 0, 0)[1:] == (None, None, None, None)
        assert columns(kind, 3, None)[1:] == (None, None, None, None)
    for kind in ("count", "rate", "share", "ratio", "mean", "amount"):
        assert columns(kind, None, 5)[1:] == (None, None, None, None)


def test_value_and_limits_only_where_a_condition_holds(macros: Macros, connection: Any) -> None:
    # without counts no exact limits are asked for
    sql = f"""
        select is_given, {macros.value_and_limits("kind", given="is_given", counts=False)}
        from (values ('share', true), ('share', false), ('share', null), ('amount', false)) as t (kind, is_given)
        cross join (select 24.0e0 as numerator, 30.0e0 as denominator) as counted
    """
    shown, *hidden = connection.execute(sql).fetchall()
    assert (shown[2], shown[5]) == (80, "wilson_95")
    assert shown[3] < 80 < shown[4]
    assert hidden == [(False, 100, *[None] * 4), (None, 100, *[None] * 4), (False, 1, *[None] * 4)]


@pytest.mark.parametrize("column_type", ["bigint", "double"])
@pytest.mark.parametrize(("a", "b"), [(1, 1), (10, 10), (12, 4000), (973, 950), (3973, 9713)])
def test_rate_ratio_limits(macros: Macros, connection: Any, a: int, b: int, column_type: str) -> None:
    ratio = a / b * 3.5
    a_sql, b_sql = f"cast(a as {column_type})", f"cast(b as {column_type})"
    low = evaluate(connection, macros.rate_ratio_low("r", a_sql, b_sql), r=ratio, a=a, b=b)
    high = evaluate(connection, macros.rate_ratio_high("r", a_sql, b_sql), r=ratio, a=a, b=b)
    spread = stats.norm(loc=math.log(ratio), scale=math.sqrt(1 / a + 1 / b))
    assert (low, high) == pytest.approx((math.exp(spread.ppf(0.025)), math.exp(spread.ppf(0.975))), rel=1e-12)


def test_rate_ratio_limits_of_the_published_example(macros: Macros, connection: Any) -> None:
    # 973 against 950: 1.024 (0.937 to 1.120)
    values = {"r": 973 / 950, "a": 973, "b": 950}
    assert evaluate(connection, macros.rate_ratio_low("r", "a", "b"), **values) == pytest.approx(0.937, abs=5e-4)
    assert evaluate(connection, macros.rate_ratio_high("r", "a", "b"), **values) == pytest.approx(1.120, abs=5e-4)


@pytest.mark.parametrize(("ratio", "a", "b"), [(0.0, 0, 5), (None, 5, 0), (None, None, 5), (2.0, 5, None)])
def test_rate_ratio_limits_need_events_on_both_sides(
    macros: Macros, connection: Any, ratio: Any, a: Any, b: Any
) -> None:
    for macro in (macros.rate_ratio_low, macros.rate_ratio_high):
        sql = macro("cast(r as double)", "cast(a as bigint)", "cast(b as bigint)")
        assert evaluate(connection, sql, r=ratio, a=a, b=b) is None


def test_arguments_may_be_expressions(macros: Macros, connection: Any) -> None:
    assert evaluate(connection, macros.rate("n + 1", "d - 1", 100), n=1, d=5) == 50.0
    low = evaluate(connection, macros.poisson_low("n + 1", "null"), n=99)
    assert low == evaluate(connection, macros.poisson_low("n", "null"), n=100)
    low = evaluate(connection, macros.wilson_low("x + 1", "n + 2"), x=4, n=8)
    assert low == evaluate(connection, macros.wilson_low("x", "n"), x=5, n=10)
    low = evaluate(connection, macros.rate_ratio_low("r + 1", "a + 1", "b + 1"), r=1.0, a=9, b=19)
    assert low == evaluate(connection, macros.rate_ratio_low("r", "a", "b"), r=2.0, a=10, b=20)


def test_periods_over_thirty_years_of_days(macros: Macros, connection: Any) -> None:
    start = dt.date(2000, 1, 1)
    rows = connection.execute(
        f"""
        select d, {macros.fin_year_start("d")}, {macros.fin_year_end("d")}, {macros.month_end("d")},
            {macros.months_between("date '2000-01-01'", "d")}, {macros.add_months("d", -11)}
        from (select cast(t.d as date) as d from generate_series(
            date '2000-01-01', date '2029-12-31', interval 1 day) as t (d))
        order by d
        """
    ).fetchall()
    assert len(rows) == 10_958
    for day, year_start, year_end, month_end, months, eleven_earlier in rows:
        first_year = day.year if day.month >= 4 else day.year - 1
        assert (year_start, year_end) == (dt.date(first_year, 4, 1), dt.date(first_year + 1, 3, 31))
        assert month_end.month == day.month
        assert (month_end + dt.timedelta(1)).day == 1
        assert months == (day.year - start.year) * 12 + day.month - 1
        if day.day == 1:
            total = day.year * 12 + day.month - 1 - 11
            assert eleven_earlier == dt.date(total // 12, total % 12 + 1, 1)


@pytest.mark.parametrize(
    ("start", "end", "year"),
    [
        ("2019-04-01", "2020-03-31", 2019),
        ("2019-01-01", "2019-12-31", 2019),
        ("2018-06-01", "2019-05-31", 2018),
        ("2018-08-01", "2019-07-31", 2019),
        ("2020-12-01", "2020-12-31", 2020),
    ],
)
def test_middle_year(macros: Macros, connection: Any, start: str, end: str, year: int) -> None:
    first, last = dt.date.fromisoformat(start), dt.date.fromisoformat(end)
    assert evaluate(connection, macros.middle_year("a", "b"), a=first, b=last) == year
    assert (first + (last + dt.timedelta(1) - first) / 2).year == year


def test_month_series_has_both_ends(macros: Macros, connection: Any) -> None:
    months = connection.execute(macros.month_series("date '2019-11-01'", "date '2020-02-01'")).fetchall()
    assert [m[0] for m in months] == [
        dt.date(2019, 11, 1),
        dt.date(2019, 12, 1),
        dt.date(2020, 1, 1),
        dt.date(2020, 2, 1),
    ]


def test_london_time_through_both_changes_of_the_clock(macros: Macros, connection: Any) -> None:
    london = ZoneInfo("Europe/London")
    for day in ("2019-03-30", "2019-03-31", "2019-07-01", "2019-10-27", "2020-01-01"):
        for hour in (0, 1, 2, 23):
            moment = dt.datetime.fromisoformat(f"{day}T{hour:02}:30:00+00:00")
            text = moment.isoformat()
            clock = evaluate(connection, macros.london_time("cast(t as timestamptz)"), t=text)
            assert clock == moment.astimezone(london).replace(tzinfo=None)


def test_lists_are_sorted_distinct_and_never_null(macros: Macros, connection: Any) -> None:
    table = "(values ('b'), ('a'), (null), ('b')) as t (v)"
    sql = f"select {macros.sorted_list('v')} from {table}"
    assert connection.execute(sql).fetchone()[0] == ["a", "b"]
    assert connection.execute(f"{sql} where false").fetchone()[0] == []
    assert evaluate(connection, macros.list_of("v"), v="a") == ["a"]
    assert evaluate(connection, macros.list_of("cast(v as varchar)"), v=None) == []


def test_list_over_rows_ends_at_the_current_row(macros: Macros, connection: Any) -> None:
    sql = f"""
        select {macros.sorted_list_over("v", "g", "n", 2)}
        from (values (1, 1, 'b'), (1, 2, null), (1, 3, 'a'), (1, 4, 'a'), (2, 1, null)) as t (g, n, v)
        order by g, n
    """
    lists = [row[0] for row in connection.execute(sql).fetchall()]
    assert lists == [["b"], ["b"], ["a"], ["a"], []]


def test_sums_and_means_are_the_same_to_the_last_bit_in_any_order(connection: Any, macros: Macros) -> None:
    numbers = [10.0**power * (1 + power / 7) for power in range(-12, 13)] * 40 + [None]
    connection.execute("CREATE OR REPLACE TEMP TABLE numbers AS SELECT unnest($1::DOUBLE[]) AS x, 'g' AS g", [numbers])
    query = f"""
        SELECT DISTINCT {macros.ordered_sum("x")}, {macros.ordered_avg("x")}, s, sum(x) FROM (
            SELECT x, g, {macros.ordered_sum("x", "(PARTITION BY g)")} AS s FROM {{shuffled}}
        ) GROUP BY g, s
    """
    found = [
        connection.execute(query.format(shuffled=f"(FROM numbers ORDER BY hash(x + {seed}), x)")).fetchall()[0]
        for seed in range(5)
    ]
    assert len({(total, mean, window) for total, mean, window, _ in found}) == 1
    assert len({plain for *_, plain in found}) > 1  # what they are for
    total, mean, window, _ = found[0]
    exact = math.fsum(number for number in numbers if number is not None)
    assert (total, window, mean * 1000) == (pytest.approx(exact), pytest.approx(exact), pytest.approx(exact))
    nothing = f"SELECT {macros.ordered_sum('x')}, {macros.ordered_avg('x')} FROM numbers WHERE x IS NULL"
    assert connection.execute(nothing).fetchall() == [(None, None)]
    nothing = f"SELECT {macros.ordered_sum('x', '(PARTITION BY g)')} FROM (FROM numbers WHERE x IS NULL)"
    assert connection.execute(nothing).fetchall() == [(None,)]
