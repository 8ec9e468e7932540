"""Ranks and funnels of forces beside each other: the models' SQL against numpy and scipy.

Model peer_member and peer_comparison are rendered outside dbt and run on DuckDB over made-up forces.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import duckdb
import jinja2
import numpy as np
import pytest
from scipy import stats
from scipy.stats import mstats

from pipelines.macros import Macros
from pipelines.settings import DBT_DIR
from tests.unit.test_statistics_macros import Z, evaluate

MACROS = Macros()
USED = (
    "z_95", "z_998", "rate", "number_text", "with_change", "stabilised", "funnel_z", "funnel_limit", "normal_draw",
    "counting", "names_text", "ordered_sum", "ordered_avg",
)  # fmt: skip
GROUP = ("h", "a", "b", "c")


def rendered(path: str) -> str:
    """SQL of a model whose references are tables of the same name."""
    text = (DBT_DIR / "models" / path).read_text(encoding="utf-8")
    calls = {name: getattr(MACROS, name) for name in USED}
    return jinja2.Template(text).render(ref=lambda name: name, var=lambda name: "h", **calls)


def forces(count: int, kind: str, spread: float) -> list[dict[str, Any]]:
    """Made-up forces, the first of them the home force; numerators scatter `spread` times as widely as chance."""
    random = np.random.default_rng(count)
    found = []
    for number in range(count):
        denominator = int(random.integers(400, 900)) if kind == "share" else int(random.integers(40_000, 90_000))
        expected = denominator * (0.3 if kind == "share" else 0.002)
        numerator = round(expected + spread * math.sqrt(expected) * float(random.standard_normal()))
        name = GROUP[number] if number < len(GROUP) else f"x{number}"
        found.append({"area_code": name, "numerator": numerator, "denominator": denominator})
    return found


def limits(kind: str, numerator: int, denominator: int) -> tuple[float, float]:
    """95 % limits of a proportion, or of events per resident, by scipy."""
    if kind == "share":
        interval = stats.binomtest(numerator, denominator).proportion_ci(method="wilson")
        return float(interval.low), float(interval.high)
    low = stats.chi2.ppf(0.025, 2 * numerator) / 2 if numerator else 0.0
    return float(low / denominator), float(stats.chi2.ppf(0.975, 2 * numerator + 2) / 2 / denominator)


def scale(kind: str, value: Any) -> Any:
    return np.arcsin(np.sqrt(value)) if kind == "share" else np.sqrt(value)


def back(kind: str, value: float) -> float:
    return math.sin(min(max(value, 0), math.pi / 2)) ** 2 if kind == "share" else max(value, 0) ** 2


@pytest.fixture
def connection() -> Iterator[Any]:
    with duckdb.connect() as conn:
        conn.execute("CREATE TABLE force AS SELECT * FROM (VALUES ('h', 'h', 'Home'), ('a', 'a', 'A'), ('b', 'b', 'B'), "
                     "('c', 'c', 'C')) AS t (force, area_code, force_name)")  # fmt: skip
        conn.execute(
            "CREATE TABLE similar_force AS SELECT 'h' AS force_area_code, area_code AS member_area_code, "
            "'member' AS role, NULL::DATE AS valid_from, NULL::DATE AS valid_to FROM force"
        )
        yield conn


def compared(connection: Any, rows: list[dict[str, Any]], kind: str) -> None:
    """Builds the two models over these forces."""
    multiplier = 100 if kind == "share" else 1000
    values = []
    for row in rows:
        proportion = row["numerator"] / row["denominator"]
        low, high = limits(kind, row["numerator"], row["denominator"])
        error = (scale(kind, high) - scale(kind, low)) / (2 * Z)
        values.append(
            (
                row["area_code"], row["area_code"] == "h", kind, multiplier, multiplier * proportion, row["numerator"],
                row["denominator"], multiplier * low, multiplier * high, float(scale(kind, proportion)), float(error),
            )
        )  # fmt: skip
    connection.execute("""
        CREATE TABLE given (area_code VARCHAR, is_home BOOLEAN, kind VARCHAR, multiplier DOUBLE, value DOUBLE,
            numerator DOUBLE, denominator DOUBLE, ci_low DOUBLE, ci_high DOUBLE, stabilised_value DOUBLE,
            stabilised_error DOUBLE)
    """)
    connection.executemany(f"INSERT INTO given VALUES ({', '.join('?' * 11)})", values)
    connection.execute("""
        CREATE TABLE peer_value AS SELECT *, 'p' AS peer_id, 's' AS series_id, 'm' AS measure_id, 'k' AS method_id,
            '-' AS denominator_basis, 'lower' AS direction, 'fin_year' AS period_type, DATE '2019-04-01' AS period_start,
            DATE '2020-03-31' AS period_end, area_code AS area_name, 'force' AS area_type, 'final' AS status,
            true AS is_in_funnel, 'computed' AS source_kind
        FROM given
    """)
    for model in ("peer_member", "peer_comparison"):
        connection.execute(f"CREATE TABLE {model} AS {rendered(f'marts/{model}.sql')}")


@pytest.mark.parametrize("kind", ["rate", "share"])
@pytest.mark.parametrize("seed", range(4, 8))
def test_rank_interval_is_that_of_a_simulation(connection: Any, kind: str, seed: int) -> None:
    rows = forces(seed, kind, 2)[:4]
    compared(connection, rows, kind)
    centres, errors = np.array(
        connection.execute("SELECT stabilised_value, stabilised_error FROM given ORDER BY area_code").fetchall()
    ).T
    draws = np.random.default_rng(1).normal(centres, errors, (200_000, len(centres)))
    ranks = draws.argsort(axis=1).argsort(axis=1) + 1
    found = connection.execute("SELECT rank, rank_low, rank_high FROM peer_member ORDER BY member_area_code").fetchall()
    assert [rank for rank, _, _ in found] == list(stats.rankdata(centres, method="min"))
    # 5,000 draws cannot tell 2.5 % from 1.8 % or 3.2 %
    for column, (_, low, high) in enumerate(found):
        of_force = ranks[:, column]
        assert np.quantile(of_force, 0.018, method="lower") <= low <= np.quantile(of_force, 0.032, method="higher")
        assert np.quantile(of_force, 0.968, method="lower") <= high <= np.quantile(of_force, 0.982, method="higher")


def test_forces_far_apart_have_certain_ranks_and_equal_ones_share_them(connection: Any) -> None:
    counts = {"h": 100, "a": 100, "b": 400, "c": 0}
    compared(
        connection, [{"area_code": name, "numerator": count, "denominator": 50_000} for name, count in counts.items()], "rate"
    )  # fmt: skip
    assert connection.execute(
        "SELECT member_area_code, rank, rank_low, rank_high FROM peer_member ORDER BY value, member_area_code"
    ).fetchall() == [("c", 1, 1, 1), ("a", 2, 2, 3), ("h", 2, 2, 3), ("b", 4, 4, 4)]


@pytest.mark.parametrize("kind", ["rate", "share"])
@pytest.mark.parametrize(("count", "spread"), [(43, 4), (43, 0.1), (10, 3), (9, 3)])
def test_funnel(connection: Any, kind: str, count: int, spread: float) -> None:
    rows = forces(count, kind, spread)
    compared(connection, rows, kind)
    found = dict(
        zip(
            [column[0] for column in connection.execute("SELECT * FROM peer_comparison").description],
            connection.execute("SELECT * FROM peer_comparison").fetchone(),
            strict=True,
        )
    )
    pool = rows if count >= 10 else rows[:4]
    assert found["phi_basis"] == ("all_forces" if count >= 10 else "group")
    denominators = np.array([row["denominator"] for row in pool])
    proportions = np.array([row["numerator"] for row in pool]) / denominators
    centre = scale(kind, proportions.mean())
    z = 2 * np.sqrt(denominators) * (scale(kind, proportions) - centre)
    if kind == "rate":
        observed, expected = proportions * denominators, proportions.mean() * denominators
        assert z == pytest.approx(2 * (np.sqrt(observed) - np.sqrt(expected)))
    phi = max(1.0, float((np.asarray(mstats.winsorize(z, limits=0.1)) ** 2).mean()))
    multiplier = 100 if kind == "share" else 1000
    assert found["funnel_centre"] == pytest.approx(multiplier * proportions.mean())
    assert (found["phi"], found["funnel_z"]) == pytest.approx((phi, z[0]))
    for name, quantile in [("95", 0.975), ("998", 0.999)]:
        margin = stats.norm.ppf(quantile) * math.sqrt(phi) / (2 * math.sqrt(denominators[0]))
        assert found[f"funnel_lower_{name}"] == pytest.approx(multiplier * back(kind, centre - margin), abs=1e-9)
        assert found[f"funnel_upper_{name}"] == pytest.approx(multiplier * back(kind, centre + margin), abs=1e-9)
    below, above = found["value"] < found["funnel_lower_95"], found["value"] > found["funnel_upper_95"]
    position = found["funnel_position"]
    if count >= 10:
        assert position.split("_")[0] == ("below" if below else "above" if above else "within")
    else:
        assert position is None
        assert "funnel" not in found["words"]
    assert found["all_force_count"] == count
    assert found["all_forces_mean"] == pytest.approx(
        multiplier * np.mean([row["numerator"] / row["denominator"] for row in rows])
    )


def test_means_with_and_without_the_force_itself(connection: Any) -> None:
    rows = forces(12, "rate", 3)
    compared(connection, rows, "rate")
    rates = [1000 * row["numerator"] / row["denominator"] for row in rows[:4]]
    pooled = 1000 * sum(row["numerator"] for row in rows[1:4]) / sum(row["denominator"] for row in rows[1:4])
    assert connection.execute(
        "SELECT group_mean, group_mean_others, pooled_others FROM peer_comparison"
    ).fetchone() == pytest.approx((np.mean(rates), np.mean(rates[1:]), pooled))


def test_draws_are_normal_and_the_same_each_time(connection: Any) -> None:
    sql = f"SELECT {MACROS.normal_draw('cast(n as varchar)')} FROM ({MACROS.counting(20_000)}) ORDER BY n"
    draws = np.array(connection.execute(sql).fetchall())[:, 0]
    assert stats.kstest(draws, "norm").pvalue > 0.01
    assert abs(np.corrcoef(draws[:-1], draws[1:])[0, 1]) < 0.03
    assert (np.array(connection.execute(sql).fetchall())[:, 0] == draws).all()


@pytest.mark.parametrize("kind", ["rate", "share"])
@pytest.mark.parametrize("value", [0, 0.001, 3.5, 100])
def test_scale_of_comparison_leads_back(connection: Any, kind: str, value: float) -> None:
    there = evaluate(connection, MACROS.stabilised(f"'{kind}'", "cast(v as double)", 100), v=value)
    assert there == pytest.approx(float(scale(kind, value / 100)))
    back_sql = MACROS.unstabilised(f"'{kind}'", "cast(v as double)", 100)
    assert evaluate(connection, back_sql, v=there) == pytest.approx(value, abs=1e-12)
    assert evaluate(connection, back_sql, v=-0.1) == 0
