"""The macros that recompute published figures, against plain Python: every kind of rule, and what rounding can add."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.macros import Macros

Input = tuple[str, float, float]  # role, value, rounding

RULES: dict[str, tuple[tuple[str, ...], Callable[..., float]]] = {
    "sum": (("addend", "addend", "addend"), lambda a, b, c: a + b + c),
    "difference": (("minuend", "subtrahend", "subtrahend"), lambda a, b, c: a - b - c),
    "product": (("factor", "factor"), lambda a, b: a * b),
    "equals": (("same",), lambda a: a),
    "unit": (("printed",), lambda a: a),
    "ratio": (("numerator", "denominator"), lambda a, b: a / b),
    "rate_per": (("numerator", "denominator", "numerator_factor"), lambda a, b, k: a / b * k),
    "share_pct": (("numerator", "numerator", "denominator", "denominator_factor"), lambda a, b, c, k: 100 * (a + b) / c / k),
    "implied_base": (("numerator", "denominator"), lambda a, b: 100 * a / b),
    "pct_change": (("new", "old"), lambda a, b: 100 * (a - b) / b),
    "rank": (("focal", "peer", "peer", "peer"), lambda a, *peers: 1 + sum(peer < a for peer in peers)),
    "compound": (("change", "change"), lambda a, b: 100 * ((1 + a / 100) * (1 + b / 100) - 1)),
}  # fmt: skip


@pytest.fixture(scope="module")
def macros() -> Macros:
    return Macros()


@pytest.fixture(scope="module")
def connection() -> duckdb.DuckDBPyConnection:
    return duckdb.connect()


def computed(
    connection: duckdb.DuckDBPyConnection, macros: Macros, rule: str, inputs: list[Input]
) -> tuple[float | None, float | None]:
    """Value and rounding that the macros give for one figure."""
    rows = ", ".join(f"('f', '{rule}', '{role}', {value}::double, {off}::double)" for role, value, off in inputs)
    given_rows = f"(select * from (values {rows}) as v (figure_id, rule, role, value, rounding))"
    found = connection.execute(
        f"select {macros.derived_value('totals')}, {macros.derived_rounding('totals')} "
        f"from ({macros.derivation_totals(given_rows + ' as given')}) as totals"
    ).fetchone()
    assert found is not None
    return found[0], found[1]


@pytest.mark.parametrize("rule", RULES)
@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_a_rule_gives_what_plain_arithmetic_gives(
    connection: duckdb.DuckDBPyConnection, macros: Macros, rule: str, data: st.DataObject
) -> None:
    roles, formula = RULES[rule]
    values = [data.draw(st.integers(1, 90_000)) / 10 for _ in roles]
    value, _ = computed(connection, macros, rule, [(role, v, 0.0) for role, v in zip(roles, values, strict=True)])
    assert value == pytest.approx(formula(*values), rel=1e-12, abs=1e-9)


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule != "rank"])
@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_rounding_is_what_the_inputs_can_add(
    connection: duckdb.DuckDBPyConnection, macros: Macros, rule: str, data: st.DataObject
) -> None:
    """The true inputs lie anywhere within their rounding: the worst corner is the bound, but for second-order terms."""
    roles, formula = RULES[rule]
    values = [float(data.draw(st.integers(1_000, 90_000))) for _ in roles]
    offs = [data.draw(st.sampled_from([0.0, 0.05, 0.5])) for _ in roles]
    _, rounding = computed(connection, macros, rule, list(zip(roles, values, offs, strict=True)))
    corners = itertools.product(*((v - off, v + off) for v, off in zip(values, offs, strict=True)))
    worst = max(abs(formula(*corner) - formula(*values)) for corner in corners)
    assert rounding == pytest.approx(worst, rel=0.01, abs=1e-9)


def test_a_missing_input_and_a_zero_below_the_line_give_no_value(
    connection: duckdb.DuckDBPyConnection, macros: Macros
) -> None:
    assert computed(connection, macros, "sum", [("addend", 1, 0), ("addend", "null", 0)]) == (None, None)  # type: ignore[list-item]
    assert computed(connection, macros, "share_pct", [("numerator", 1, 0), ("denominator", 0, 0)])[0] is None


@pytest.mark.parametrize(
    ("value", "printed", "decimals", "qualifier", "tolerance", "rule"),
    [
        (98.6, 99, 0, "exact", 0, "round_half_up"),
        (98.6, 98, 0, "exact", 0, "floor"),
        (98.6, 97, 0, "exact", 1.2, "tolerance"),
        (98.6, 97, 0, "exact", 1.0, None),
        (3178.9, 3200, -2, "approx", 0, "round_half_up"),
        (809.3, 800, 0, "over", 0, "bound"),
        (None, 98, 0, "exact", 0, None),
    ],
)
def test_rules_are_tried_from_the_strictest(
    connection: duckdb.DuckDBPyConnection,
    macros: Macros,
    value: float | None,
    printed: float,
    decimals: int,
    qualifier: str,
    tolerance: float,
    rule: str | None,
) -> None:
    sql = macros.rule_applied("v", str(printed), str(decimals), f"'{qualifier}'", str(tolerance))
    shown = "null" if value is None else value
    assert connection.execute(f"select {sql} from (select {shown}::double as v)").fetchone() == (rule,)
