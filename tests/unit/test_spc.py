"""Process limits and special causes: the SQL against a second implementation, written from docs/spc.md in plain Python."""

from __future__ import annotations

import csv
import math
import random
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from pipelines.cli import app
from pipelines.macros import Macros
from pipelines.spc import RESULTS, Series, judge, read_series

fpw = CliRunner()

# The first twenty numbers of set.seed(123); rnorm(20) in R, which the tests of NHSRplotthedots use.
R_SEED_123 = (
    -0.56047565, -0.23017749, 1.55870831, 0.07050839, 0.12928774, 1.71506499, 0.46091621, -1.26506123, -0.68685285,
    -0.44566197, 1.22408180, 0.35981383, 0.40077145, 0.11068272, -0.55584113, 1.78691314, 0.49785048, -1.96661716,
    0.70135590, -0.47279141,
)  # fmt: skip


@dataclass(frozen=True)
class Row:
    """A row of the input; `month` counts months."""

    series: int
    month: int
    value: float | None
    direction: str = "increase"
    target: float | None = None
    rebase: bool = False


# --- the second implementation ----------------------------------------------------------------------------------


def reference(rows: list[Row], *, screening: bool = True) -> list[dict[str, Any]]:
    """The columns of RESULTS for every row, in the order of the rows."""
    found: dict[tuple[int, int], dict[str, Any]] = {}
    by_series: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        by_series[row.series].append(row)
    for series in by_series.values():
        series.sort(key=lambda row: row.month)
        step = min((b.month - a.month for a, b in pairwise(series)), default=0)
        segments: list[list[Row]] = []
        for number, row in enumerate(series):
            if number == 0 or row.rebase:
                segments.append([])
            segments[-1].append(row)
        for number, segment in enumerate(segments, start=1):
            for row, result in zip(segment, judge_segment(segment, step, screening), strict=True):
                found[row.series, row.month] = result | {"segment": number}
        last = found[series[-1].series, series[-1].month]
        targets = [row.target for row in series if row.target is not None]
        state = assure(series[-1].direction, targets[-1] if targets else None, last["lpl"], last["upl"])
        for row in series:
            found[row.series, row.month]["assurance"] = state
    return [found[row.series, row.month] for row in rows]


def judge_segment(segment: list[Row], step: int, screening: bool) -> list[dict[str, Any]]:
    points = [row for row in segment if row.value is not None]
    y = [row.value for row in points if row.value is not None]
    stretches: list[list[int]] = []
    for i, point in enumerate(points):
        if i == 0 or point.month - points[i - 1].month != step:
            stretches.append([])
        stretches[-1].append(i)
    ranges = {b: abs(y[b] - y[a]) for stretch in stretches for a, b in pairwise(stretch)}

    mean = math.fsum(y) / len(y) if y else None
    kept = list(ranges.values())
    if screening and kept:
        edge = 3.267 * (math.fsum(kept) / len(kept))
        kept = [size for size in kept if size < edge or edge == 0]
    amr = math.fsum(kept) / len(kept) if kept else None
    shared: dict[str, Any] = {
        "mean": mean,
        "lpl": None, "upl": None, "near_lpl": None, "near_upl": None,
        "points_in_segment": len(y) if y else None,
        "ranges_screened": len(ranges) - len(kept) if y else None,
        "is_trial_limits": len(y) < 12 if y else None,
        "screening": "screened" if screening else "unscreened",
    }  # fmt: skip
    if mean is not None and amr is not None:
        shared |= {
            "lpl": mean - 2.66 * amr,
            "upl": mean + 2.66 * amr,
            "near_lpl": mean - 2 * (2.66 / 3) * amr,
            "near_upl": mean + 2 * (2.66 / 3) * amr,
        }

    marks: dict[int, tuple[str | None, int]] = {}
    for stretch in stretches:
        marks |= apply_rules(stretch, y, shared)
    results = []
    for row in segment:
        own: dict[str, Any] = {"rule": None, "point_type": None, "moving_range": None}
        if row.value is not None:
            i = points.index(row)
            rule, heading = marks[i]
            own = {"rule": rule, "point_type": name_type(rule, heading, row.direction), "moving_range": ranges.get(i)}
        results.append(shared | own)
    return results


def apply_rules(stretch: list[int], y: list[float], limits: dict[str, Any]) -> dict[int, tuple[str | None, int]]:
    """Rule and heading (1 up, -1 down) of the points of a run of neighbours."""
    v = [y[i] for i in stretch]
    n = len(v)
    side = [(x > limits["mean"]) - (x < limits["mean"]) for x in v]
    limited = limits["upl"] is not None
    outside = [limited and (x > limits["upl"] or x < limits["lpl"]) for x in v]
    close = [
        limited and not out and (x > limits["near_upl"] or x < limits["near_lpl"])
        for x, out in zip(v, outside, strict=True)
    ]
    trend, two_in_three, one_side = [False] * n, [False] * n, [False] * n
    for start in range(n - 6):
        window = range(start, start + 7)
        steps = [v[i + 1] - v[i] for i in window[:-1]]
        if all(s > 0 for s in steps) or all(s < 0 for s in steps):
            for i in window:
                trend[i] = True
        if {side[i] for i in window} in ({1}, {-1}):
            for i in window:
                one_side[i] = True
    for start in range(n - 2):
        window = range(start, start + 3)
        if {side[i] for i in window} in ({1}, {-1}) and sum(close[i] for i in window) >= 2:
            for i in window:
                two_in_three[i] = two_in_three[i] or close[i]
    marks: dict[int, tuple[str | None, int]] = {}
    for k, i in enumerate(stretch):
        rule, heading = None, side[k]
        if outside[k]:
            rule = "outside_limits"
        elif trend[k]:
            rule = "trend"
            # the difference to the next point, when that one is in a trend too
            rise = v[k + 1] - v[k] if k + 1 < n and trend[k + 1] else v[k] - v[k - 1]
            heading = 1 if rise > 0 else -1
        elif two_in_three[k]:
            rule = "two_in_three"
        elif one_side[k]:
            rule = "one_side"
        marks[i] = rule, heading
    return marks


def name_type(rule: str | None, heading: int, direction: str) -> str:
    if rule is None:
        return "common_cause"
    if direction == "neutral":
        return f"special_cause_neutral_{'high' if heading > 0 else 'low'}"
    wanted = 1 if direction == "increase" else -1
    return f"special_cause_{'improvement' if heading == wanted else 'concern'}"


def assure(direction: str, target: float | None, lpl: float | None, upl: float | None) -> str | None:
    if direction == "neutral" or target is None or lpl is None or upl is None:
        return None
    if lpl <= target <= upl:
        return "inconsistent"
    return "consistent_pass" if (target < lpl) == (direction == "increase") else "consistent_fail"


# --- both on the same series ------------------------------------------------------------------------------------


def by_sql(rows: list[Row], *, screening: bool = True) -> list[dict[str, Any]]:
    nan = math.nan
    read = Series(
        header=[],
        rows=[[] for _ in rows],
        series=[row.series for row in rows],
        month=[row.month for row in rows],
        value=[nan if row.value is None else row.value for row in rows],
        direction=[row.direction for row in rows],
        target=[nan if row.target is None else row.target for row in rows],
        rebase=[row.rebase for row in rows],
    )
    return [dict(zip(RESULTS, found, strict=True)) for found in judge(read, screening=screening)]


def assert_same(found: list[dict[str, Any]], expected: list[dict[str, Any]], rows: list[Row]) -> None:
    for a, b, row in zip(found, expected, rows, strict=True):
        for name in RESULTS:
            if isinstance(b[name], float):
                assert a[name] == pytest.approx(b[name], rel=1e-9, abs=1e-9), (name, row)
            else:
                assert a[name] == b[name], (name, row)


def one_series(values: list[float | None], **columns: Any) -> list[Row]:
    return [Row(0, month, value, **columns) for month, value in enumerate(values)]


def types(values: list[float | None], **columns: Any) -> list[str]:
    return [result["point_type"] for result in by_sql(one_series(values, **columns))]


def rules(values: list[float | None]) -> list[str | None]:
    return [result["rule"] for result in by_sql(one_series(values))]


# Quarters add up exactly, so a point is on the mean in both implementations or in neither.
quarters = st.integers(-12, 12).map(lambda number: number / 4)
shapes = st.one_of(
    st.lists(quarters, min_size=1, max_size=30),
    # walks, which have runs on one side
    st.lists(st.sampled_from([-0.5, 0.0, 0.25, 0.5]), min_size=7, max_size=30).map(
        lambda steps: [sum(steps[: i + 1]) for i in range(len(steps))]
    ),
    # trends up and down, with an outlier now and then
    st.lists(st.tuples(st.integers(1, 9), st.sampled_from([-1.0, 0.0, 1.0, 8.0])), min_size=1, max_size=5).map(
        lambda parts: [slope * i for length, slope in parts for i in range(length)]
    ),
)


@st.composite
def series_of_rows(draw: st.DrawFn, number: int) -> list[Row]:
    values: list[float] = draw(shapes)
    direction = draw(st.sampled_from(["increase", "decrease", "neutral"]))
    target = draw(st.none() | quarters)
    step = draw(st.sampled_from([1, 1, 1, 3]))
    rows = [Row(number, 24000 + step * i, value, direction, target) for i, value in enumerate(values)]
    for i in draw(st.lists(st.integers(0, len(rows) - 1), max_size=3)):
        rows[i] = replace(rows[i], value=None)
    for i in draw(st.lists(st.integers(0, len(rows) - 1), max_size=3)):
        rows[i] = replace(rows[i], rebase=True)
    for i in draw(st.lists(st.integers(0, len(rows) - 1), max_size=2)):
        if len(rows) > 1:
            del rows[min(i, len(rows) - 1)]
    return rows


@st.composite
def files(draw: st.DrawFn) -> list[Row]:
    rows = [row for number in range(draw(st.integers(1, 8))) for row in draw(series_of_rows(number))]
    return draw(st.permutations(rows))


@settings(max_examples=40, deadline=None)
@given(files(), st.booleans())
def test_both_implementations_agree(rows: list[Row], screening: bool) -> None:
    assert_same(by_sql(rows, screening=screening), reference(rows, screening=screening), rows)


def test_both_implementations_agree_on_every_rule_and_state() -> None:
    chance = random.Random(4)
    rows = []
    for number in range(400):
        level, direction = 0.0, chance.choice(["increase", "decrease", "neutral"])
        target = chance.choice([None, -4.0, 0.0, 4.0])
        keep = chance.choice([0.0, 0.6, 0.95])
        for month in range(40):
            level = keep * level + chance.gauss(0, 1) + (12 if chance.random() < 0.01 else 0)
            value = None if chance.random() < 0.02 else level
            rows.append(Row(number, month, value, direction, target, chance.random() < 0.02))
    found = by_sql(rows)
    assert_same(found, reference(rows), rows)
    seen = Counter((result["rule"], result["point_type"]) for result in found if result["rule"])
    assert len(seen) == 4 * 4
    assert min(seen.values()) >= 5
    assert {result["assurance"] for result in found} == {"consistent_pass", "consistent_fail", "inconsistent", None}


several_shapes = st.lists(shapes, min_size=1, max_size=4)


def side_by_side(*variants: list[Row]) -> list[list[dict[str, Any]]]:
    """The findings of several files, worked out as one of many series."""
    rows = [replace(row, series=row.series * len(variants) + n) for n, rows in enumerate(variants) for row in rows]
    found = iter(by_sql(rows))
    return [[next(found) for _ in rows] for rows in variants]


def many_series(shaped: list[list[float]], **columns: Any) -> list[Row]:
    return [replace(row, series=n) for n, values in enumerate(shaped) for row in one_series([*values], **columns)]


@settings(max_examples=15, deadline=None)
@given(several_shapes, st.integers(-40, 40), st.sampled_from([0.5, 2.0, 64.0]))
def test_the_finding_depends_on_neither_level_nor_unit(shaped: list[list[float]], shift: int, scale: float) -> None:
    plain, shifted, scaled = side_by_side(
        many_series(shaped),
        many_series([[value + shift for value in values] for values in shaped]),
        many_series([[value * scale for value in values] for values in shaped]),
    )
    for a, b, c in zip(plain, shifted, scaled, strict=True):
        assert a["point_type"] == b["point_type"] == c["point_type"]
        for name in ("mean", "lpl", "upl", "near_lpl", "near_upl"):
            if a[name] is None:
                assert b[name] is None
                assert c[name] is None
            else:
                assert b[name] == pytest.approx(a[name] + shift, abs=1e-9)
                assert c[name] == pytest.approx(a[name] * scale, abs=1e-9)


@settings(max_examples=15, deadline=None)
@given(several_shapes, quarters)
def test_the_other_direction_mirrors_improvement_and_concern(shaped: list[list[float]], target: float) -> None:
    mirror = {
        "common_cause": "common_cause",
        "special_cause_improvement": "special_cause_concern",
        "special_cause_concern": "special_cause_improvement",
        "consistent_pass": "consistent_fail",
        "consistent_fail": "consistent_pass",
        "inconsistent": "inconsistent",
        None: None,
    }
    up, down, neutral = side_by_side(
        *(many_series(shaped, direction=word, target=target) for word in ("increase", "decrease", "neutral"))
    )
    for a, b, c in zip(up, down, neutral, strict=True):
        assert b["point_type"] == mirror[a["point_type"]]
        assert b["assurance"] == mirror[a["assurance"]]
        assert c["rule"] == a["rule"] == b["rule"]
        assert c["assurance"] is None


@settings(max_examples=15, deadline=None)
@given(shapes, shapes)
def test_a_segment_knows_nothing_of_the_one_before(before: list[float], after: list[float]) -> None:
    rows = one_series([*before, *after])
    rows[len(before)] = replace(rows[len(before)], rebase=True)
    together, first, second = side_by_side(rows, one_series([*before]), one_series([*after]))
    for a, b in zip(together, [*first, *second], strict=True):
        assert {k: v for k, v in a.items() if k != "segment"} == {k: v for k, v in b.items() if k != "segment"}


# --- worked examples --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        # tests/testthat/_snaps of NHSRplotthedots: whole series, and its two halves as facets
        (R_SEED_123, ("0.142", "-3.01", "3.29")),
        (R_SEED_123[:10], ("0.0746", "-2.60", "2.75")),
        (R_SEED_123[10:], ("0.209", "-3.28", "3.70")),
    ],
)
def test_limits_are_those_of_the_r_package(values: tuple[float, ...], expected: tuple[str, ...]) -> None:
    results = by_sql(one_series(list(values)))
    for name, printed in zip(("mean", "lpl", "upl"), expected, strict=True):
        decimals = len(printed.split(".")[1])
        assert f"{results[0][name]:.{decimals}f}" == printed
    assert {result["point_type"] for result in results} == {"common_cause"}


def test_limits_by_hand_with_and_without_screening() -> None:
    values = [10, 12, 11, 13, 12, 11, 13, 12, 40, 12, 11, 12, 13]
    ranges = [abs(b - a) for a, b in pairwise(values)]
    mean = Fraction(sum(values), 13)
    small = [size for size in ranges if size < 20]
    for screening, kept, left_out in ((True, small, 2), (False, ranges, 0)):
        result = by_sql(one_series([float(value) for value in values]), screening=screening)[0]
        amr = Fraction(sum(kept), len(kept))
        assert result["upl"] == pytest.approx(float(mean + Fraction(266, 100) * amr), abs=1e-12)
        assert result["near_upl"] == pytest.approx(float(mean + Fraction(266, 150) * amr), abs=1e-12)
        assert result["ranges_screened"] == left_out


def test_six_points_on_one_side_are_none_and_seven_are_all() -> None:
    base = [1.0, -1.0] * 8
    assert set(types([*base, *[0.5, 0.75] * 3, -4.0])) == {"common_cause"}
    found = rules([*base, 0.5, 0.75, 0.5, 0.75, 0.5, 0.75, 0.5, -4.0])
    assert found == [None] * 16 + ["one_side"] * 7 + [None]


def test_a_point_on_the_mean_breaks_the_run() -> None:
    # the mean is 0; the fourth of the seven lies on it
    values = [1.0, -1.0] * 4 + [-2.0, -1.0, 0.5, 0.75, 0.5, 0.0, 0.5, 0.25, 0.5]
    assert math.fsum(values) == 0
    assert set(rules(values)) == {None}


def test_six_rising_points_are_none_and_seven_are_all() -> None:
    wide = [-9.0, 9.0] * 6
    assert set(rules([*wide, -3, -2, -1, 0, 1, 2, -5])) == {None}
    assert rules([*wide, -3, -2, -1, 0, 1, 2, 3, -5]) == [None] * 12 + ["trend"] * 7 + [None]
    # one pair of equal points, and it is none
    assert set(rules([*wide, -3, -2, -1, 0, 0, 1, 2, 3, -5])) == {None}


def test_a_peak_shared_by_two_trends_belongs_to_the_later() -> None:
    values: list[float | None] = [-9.0, 9.0] * 8 + [-3, -2, -1, 0, 1, 2, 3, 2, 1, 0, -1, -2, -3, 9.0]
    found = types(values)[16:]
    assert found == ["special_cause_improvement"] * 6 + ["special_cause_concern"] * 7 + ["common_cause"]


def test_a_trend_that_another_follows_ends_as_in_the_r_package() -> None:
    rise = [float(number) for number in range(-3, 4)]
    found = types([-9.0, 9.0] * 8 + [*rise, *rise, -9.0])[16:]
    assert found == ["special_cause_improvement"] * 6 + ["special_cause_concern"] + [
        "special_cause_improvement"
    ] * 7 + ["common_cause"]


def test_two_points_near_opposite_limits_are_common_cause() -> None:
    # the example of NHSRplotthedots, issue 143
    assert types([1.0, -1.0] * 7 + [5.5, -5.5])[-2:] == ["common_cause"] * 2


def test_two_of_three_near_one_limit_are_flagged_and_the_third_is_not() -> None:
    values = [1.0, -1.0] * 10 + [5.0, 1.0, 5.0, -1.0, 1.0, -1.0]
    results = by_sql(one_series(values))
    assert results[0]["near_upl"] < 5 < results[0]["upl"]
    assert [result["rule"] for result in results[20:23]] == ["two_in_three", None, "two_in_three"]


def test_a_constant_series_lies_on_its_limits() -> None:
    # 0.1 added up ten times is not 1 in floating-point numbers
    for result in by_sql(one_series([0.1] * 10)):
        assert result["lpl"] == result["mean"] == result["upl"] == 0.1
        assert result["point_type"] == "common_cause"


def test_one_point_has_a_mean_and_no_limits() -> None:
    (result,) = by_sql(one_series([5.0], target=4.0))
    assert (result["mean"], result["lpl"], result["upl"], result["assurance"]) == (5.0, None, None, None)
    assert result["point_type"] == "common_cause"
    assert result["is_trial_limits"]


def test_a_missing_month_and_an_empty_value_are_one_gap() -> None:
    values: list[float | None] = [-9.0, 9.0] * 4 + [-3, -2, -1, 0, None, 1, 2, 3, 4]
    rows = one_series(values)
    empty = by_sql(rows)
    missing = by_sql([row for row in rows if row.value is not None])
    assert [result for result in empty if result["point_type"]] == missing
    assert empty[12]["point_type"] is None
    assert empty[12]["mean"] == 0.25
    assert empty[13]["moving_range"] is None
    assert {result["rule"] for result in empty} == {None}


def test_quarters_are_neighbours_when_no_month_lies_between() -> None:
    rows = [Row(0, 3 * i, value) for i, value in enumerate(R_SEED_123)]
    assert by_sql(rows) == by_sql(one_series(list(R_SEED_123)))


def test_limits_of_fewer_than_twelve_points_are_a_trial() -> None:
    assert {result["is_trial_limits"] for result in by_sql(one_series([1.0, 2.0] * 5 + [1.0]))} == {True}
    assert {result["is_trial_limits"] for result in by_sql(one_series([1.0, 2.0] * 6))} == {False}


def test_days_between_events_on_nelsons_scale() -> None:
    # 60 days are 3.118 there, in the worked t chart of unaettie.com
    macros = Macros("spc.sql")
    with duckdb.connect() as connection:
        scaled, back, negative, none = connection.execute(
            f"select {macros.nelson_scale(60)}, {macros.nelson_days(macros.nelson_scale(60))}, "
            f"{macros.nelson_days('-0.5e0')}, {macros.nelson_days('cast(null as double)')}"
        ).fetchall()[0]
    assert round(scaled, 3) == 3.118
    assert back == pytest.approx(60, abs=1e-9)
    assert (negative, none) == (0, None)


# --- the command ------------------------------------------------------------------------------------------------


def write(path: Path, *lines: str, header: str = "series_id,month,value,direction,target,rebase") -> Path:
    path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    return path


def run(
    folder: Path, *lines: str, header: str = "series_id,month,value,direction,target,rebase", option: str = "--screen"
) -> list[dict[str, str]]:
    source = write(folder / "in.csv", *lines, header=header)
    result = fpw.invoke(app, ["spc", str(source), str(folder / "out.csv"), option])
    assert result.exit_code == 0, result.output
    with (folder / "out.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_the_command_keeps_the_input_and_adds_its_columns(tmp_path: Path) -> None:
    lines = [
        f'a,{2020 + i // 12}-{i % 12 + 1:02d}{"-01" if i % 2 else ""},{value},increase,0.5,,"x, ""y"""'
        for i, value in enumerate(R_SEED_123)
    ]
    header = "series_id,month,value,direction,target,rebase,note"
    shuffled = random.Random(1).sample(lines, len(lines))
    found = run(tmp_path, *shuffled, header=header)
    assert list(found[0]) == [*header.split(","), *RESULTS]
    with (tmp_path / "in.csv").open(newline="", encoding="utf-8") as file:
        assert [{name: row[name] for name in header.split(",")} for row in found] == list(csv.DictReader(file))
    expected = reference(one_series(list(R_SEED_123), target=0.5))
    for row in found:
        month = (int(row["month"][:4]) - 2020) * 12 + int(row["month"][5:7]) - 1
        for name in ("mean", "lpl", "upl", "near_lpl", "near_upl"):
            assert float(row[name]) == pytest.approx(expected[month][name], abs=1e-9)
        assert (row["rule"], row["point_type"], row["assurance"]) == ("", "common_cause", "inconsistent")
        assert (row["is_trial_limits"], row["screening"]) == ("false", "screened")


def test_a_target_on_a_limit_is_within_the_band(tmp_path: Path) -> None:
    targets = {"on": 10, "above": 11, "below": 9}
    found = run(
        tmp_path, *(f"{name},2020-{i:02d},10,increase,{target}," for name, target in targets.items() for i in range(1, 13))
    )  # fmt: skip
    assert {(row["series_id"], row["assurance"]) for row in found} == {
        ("on", "inconsistent"),
        ("above", "consistent_fail"),
        ("below", "consistent_pass"),
    }


def test_limits_that_screening_draws_in_to_the_mean_stay_those_of_the_package(tmp_path: Path) -> None:
    found = run(tmp_path, *(f"a,2020-{i:02d},{0.1 if i <= 10 else 0.2},increase,," for i in range(1, 13)))
    assert {row["rule"] for row in found} == {"outside_limits"}
    assert all(row["lpl"] == row["mean"] == row["upl"] for row in found)


def test_target_and_rebase_may_be_absent(tmp_path: Path) -> None:
    found = run(
        tmp_path, *(f"a,2020-{i:02d},{i % 2},Decrease" for i in range(1, 13)), header=" Series_ID,Month,value,direction"
    )
    assert {row["assurance"] for row in found} == {""}
    assert {row["segment"] for row in found} == {"1"}


def test_screening_is_an_option_recorded_in_every_row(tmp_path: Path) -> None:
    values = [10, 12, 11, 13, 12, 11, 13, 12, 40, 12, 11, 12]
    lines = [f"a,2020-{i:02d},{value},decrease,," for i, value in enumerate(values, start=1)]
    screened, unscreened = run(tmp_path, *lines), run(tmp_path, *lines, option="--no-screen")
    assert {row["screening"] for row in unscreened} == {"unscreened"}
    assert float(screened[0]["upl"]) < float(unscreened[0]["upl"])
    assert screened[8]["rule"] == "outside_limits"
    assert screened[8]["point_type"] == "special_cause_concern"


def test_a_rebase_starts_limits_anew_and_assurance_is_that_of_the_last(tmp_path: Path) -> None:
    values = [1, 2] * 6 + [11, 12] * 6
    lines = [
        f"a,{2020 + i // 12}-{i % 12 + 1:02d},{value},increase,8,{'TRUE' if i == 12 else ''}"
        for i, value in enumerate(values)
    ]
    found = run(tmp_path, *lines)
    assert {(row["segment"], row["mean"]) for row in found} == {("1", "1.5"), ("2", "11.5")}
    assert {row["rule"] for row in found} == {""}
    assert {row["assurance"] for row in found} == {"consistent_pass"}


@pytest.mark.parametrize(
    ("lines", "sentences"),
    [
        (["a,2020-01,1,increase,,", "a,2020-02,many,increase,,"], ["line 3, column value: 'many' is not a number"]),
        (['a,2020-01,"1,234",increase,,'], ["line 2, column value: '1,234' is not a number"]),
        (["a,2020-01,nan,increase,,"], ["line 2, column value: 'nan' is not a number"]),
        (["a,2020-01,1,increase,soon,"], ["line 2, column target: 'soon' is not a number"]),
        (["a,Jan 2020,1,increase,,"], ["line 2, column month: 'Jan 2020' is not a month; write it as 2024-04"]),
        (["a,2020-13,1,increase,,"], ["line 2, column month: '2020-13' is not a month"]),
        (["a,2020-01,1,up,,"], ["line 2, column direction: 'up' is not known; write increase, decrease or neutral"]),
        (["a,2020-01,1,increase,,maybe"], ["line 2, column rebase: 'maybe' is not known"]),
        ([",2020-01,1,increase,,"], ["line 2, column series_id: the cell is empty"]),
        (["a,2020-01,1,increase"], ["line 2, all columns: the row has 4 cells and the header 6"]),
        (
            ["a,2020-01,1,increase,,", "", "a,2020-02,2,increase,,", "a,2020-01-01,1,increase,,"],
            ["line 5, column month: 2020-01-01 of series 'a' stands already in line 2; keep one row"],
        ),
        (
            ["a,2020-01,1,increase,,", "a,2020-02,1,decrease,,"],
            ["line 3, column direction: series 'a' is 'increase' in line 2 and 'decrease' here"],
        ),
        ([f"a,2020-01,x{i},increase,," for i in range(13)], ["line 2,", "line 11,", "and 3 lines more"]),
        ([], ["has no rows below its header"]),
    ],
)
def test_what_cannot_be_read_is_said_with_its_line(tmp_path: Path, lines: list[str], sentences: list[str]) -> None:
    source = write(tmp_path / "in.csv", *lines)
    result = fpw.invoke(app, ["spc", str(source), str(tmp_path / "out.csv")])
    assert result.exit_code == 2
    for sentence in sentences:
        assert sentence in result.output
    assert str(source) in result.output
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.csv"]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (
            b"series_id,date,value,direction\na,2020-01,1,increase\n",
            "line 1: there is no column 'month'; the header must",
        ),
        (b"series_id;month;value;direction\n", "divided by commas"),
        (b"series_id,month,value,value,direction\n", "line 1: the column 'value' stands twice"),
        (b"series_id,month,value,direction,mean\n", "line 1: the column 'mean' is one that fpw spc adds"),
        (b"", "line 1: there is no column 'series_id' or 'month' or 'value' or 'direction'"),
        (b"series_id,month,value,direction\n\xa3,2020-01,1,increase\n", "is not text in UTF-8; save it as CSV UTF-8"),
        (b'series_id,month,value,direction\n"a,2020-01,1,increase\n', "is not a CSV file"),
        (b"PK\x03\x04\x00\x00", "is a workbook or an archive; save the sheet as CSV UTF-8"),
    ],
)
def test_a_file_that_is_no_series_is_said_to_be_none(tmp_path: Path, content: bytes, sentence: str) -> None:
    source = tmp_path / "in.csv"
    source.write_bytes(content)
    result = fpw.invoke(app, ["spc", str(source), str(tmp_path / "out.csv")])
    assert result.exit_code == 2
    assert sentence in result.output
    assert "Traceback" not in result.output


def test_the_command_neither_overwrites_its_input_nor_makes_folders(tmp_path: Path) -> None:
    source = write(tmp_path / "in.csv", "a,2020-01,1,increase,,")
    before = source.read_bytes()
    for target, sentence in (
        (source, "is the file to be read"),
        (tmp_path / "none" / "out.csv", "does not exist; make it"),
    ):
        result = fpw.invoke(app, ["spc", str(source), str(target)])
        assert result.exit_code == 2
        assert sentence in result.output
    assert fpw.invoke(app, ["spc", str(tmp_path / "no.csv"), str(tmp_path / "out.csv")]).exit_code == 2
    assert source.read_bytes() == before


def test_a_file_as_excel_saves_it_comes_back_as_excel_reads_it(tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    source.write_bytes("\ufeffseries_id,month,value,direction\r\n£,2020-01,1,increase\r\n".encode())
    assert fpw.invoke(app, ["spc", str(source), str(tmp_path / "out.csv")]).exit_code == 0
    assert (tmp_path / "out.csv").read_bytes().startswith("\ufeffseries_id,month,value,direction,mean".encode())
    assert read_series(source).rows == [["£", "2020-01", "1", "increase"]]


def test_a_hundred_thousand_rows_take_seconds(tmp_path: Path) -> None:
    chance = random.Random(2)
    source = write(
        tmp_path / "in.csv",
        *(
            f"s{number},{2010 + i // 12}-{i % 12 + 1:02d},{chance.gauss(50, 7):.2f},decrease,45,"
            for number in range(1000)
            for i in range(100)
        ),
    )
    started = time.process_time()
    result = fpw.invoke(app, ["spc", str(source), str(tmp_path / "out.csv")])
    assert result.exit_code == 0
    assert "100,000 rows, 1,000 series, 1,000 segments" in result.output
    assert time.process_time() - started < 15
