"""Disclosure control on tables made by hand: what is hidden, and that a stranger cannot work it out."""

from __future__ import annotations

import csv
import errno
import json
import math
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import duckdb
import pytest
from filelock import FileLock
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from pipelines.checks.catalog import load_suites
from pipelines.disclosure import export as exporting
from pipelines.disclosure import export_release, exports_dir, policy
from pipelines.disclosure.policy import load_marts, load_policy, policy_digest
from pipelines.settings import SEEDS_DIR, Settings
from pipelines.store.warehouse import WarehouseError
from tests.attack import Attack, Cell
from tests.made_release import (
    AUTHORITIES,
    FORCE,
    Told,
    calendar_year,
    export,
    make_release,
    quarters,
    shown,
    split,
)

FIRST, SECOND = "20210101T000000Z", "20210201T000000Z"
YEAR = (FORCE, calendar_year()[1], "cal_year")


def seed(name: str) -> list[dict[str, str]]:
    with (SEEDS_DIR / "reference" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_measure_and_every_breakdown_of_a_return_has_a_tier() -> None:
    measures = {row["measure_id"] for name in ("measure", "return_measure") for row in seed(name)}
    assert {row["measure_id"] for row in seed("disclosure_tier")} == measures
    assert {row["breakdown_type"] for row in seed("return_breakdown")} <= {
        row["breakdown_type"] for row in seed("disclosure_breakdown")
    }


def test_a_tier_that_there_is_not_is_named(tmp_path: Path) -> None:
    for name in ("disclosure_rule", "disclosure_breakdown", "disclosure_tier"):
        text = (SEEDS_DIR / "reference" / f"{name}.csv").read_text()
        (tmp_path / "reference").mkdir(exist_ok=True)
        (tmp_path / "reference" / f"{name}.csv").write_text(text.replace("complaints_count,C,", "complaints_count,Q,"))
    (tmp_path / "published").symlink_to(SEEDS_DIR / "published")
    with (
        duckdb.connect() as connection,
        pytest.raises(WarehouseError, match=r"disclosure_tier\.csv says 'Q' of complaints_count"),
    ):
        load_policy(connection, tmp_path)


def test_no_table_with_a_row_for_each_record_leaves() -> None:
    leaving = {name for name, mart in load_marts().items() if mart.stays_inside is None}
    assert not {"marts.fct_stop_search", "marts.rare_event_point", "ops.quarantine", "ops.raw_file"} & leaving


def test_every_table_with_numbers_to_hide_has_a_suite_at_the_gate() -> None:
    with_numbers = {
        name.removeprefix("marts.") for name, mart in load_marts().items() if any(tie.columns for tie in mart.hide)
    }
    assert with_numbers == {
        table.removeprefix("exports.") for table in load_suites() if table.startswith("exports.")
    } - {
        "board_cell",
        "protected_number",
    }


def test_a_small_number_takes_the_smallest_other_with_it_and_zero_stays(tmp_path: Path) -> None:
    told = split("complaints_count", "route", {"a": 3, "b": 40, "c": 25, "d": 0}, period=calendar_year())
    release = make_release(tmp_path, FIRST, told)
    assert shown(export(release, tmp_path / "out")) == {
        (*YEAR, None): 68, (*YEAR, "a"): None, (*YEAR, "b"): 40, (*YEAR, "c"): None, (*YEAR, "d"): 0,
    }  # fmt: skip


def test_the_words_do_not_say_which_of_the_two_is_small(tmp_path: Path) -> None:
    told = split("complaints_count", "route", {"a": 3, "b": 40, "c": 25}, period=calendar_year())
    exported = export(make_release(tmp_path, FIRST, told), tmp_path / "out")
    with duckdb.connect() as connection:
        words = connection.execute(
            "SELECT breakdown_value, status, suppression, numerator, ci_low FROM read_parquet(?) WHERE status = 'suppressed' ORDER BY 1",
            [str(exported / "marts" / "measure_value.parquet")],
        ).fetchall()
    why = "fewer than 10 people, or a number that would give one away"
    assert words == [("a", "suppressed", why, None, None), ("c", "suppressed", why, None, None)]


def test_a_sensitive_flag_is_hidden_below_the_force_and_shown_at_it(tmp_path: Path) -> None:
    counts = dict(zip(AUTHORITIES, (2, 7, 30), strict=True))
    told = [Told("hidden_crime_fgm", number, area=area) for area, number in counts.items()]
    release = make_release(
        tmp_path, FIRST, [*told, Told("hidden_crime_fgm", 39), Told("hidden_crime_fgm", 3, period=calendar_year())]
    )
    values = {(area, kind): value for (area, _, kind, _), value in shown(export(release, tmp_path / "out")).items()}
    assert values == {
        (AUTHORITIES[0], "fin_year"): None, (AUTHORITIES[1], "fin_year"): None, (AUTHORITIES[2], "fin_year"): 30,
        (FORCE, "fin_year"): 39, (FORCE, "cal_year"): 3,
    }  # fmt: skip


def test_a_share_of_few_answers_is_hidden_and_one_of_some_is_marked(tmp_path: Path) -> None:
    told = [
        Told("victim_satisfaction_overall", 60, 100, breakdown=("ethnic_group", "a"), period=calendar_year()),
        Told("victim_satisfaction_overall", 20, 29, breakdown=("ethnic_group", "b"), period=calendar_year()),
        Told("victim_satisfaction_overall", 9, 99, breakdown=("ethnic_group", "c"), period=calendar_year()),
    ]
    exported = export(make_release(tmp_path, FIRST, told), tmp_path / "out")
    with duckdb.connect() as connection:
        said = connection.execute(
            "SELECT breakdown_value, value, caution FROM read_parquet(?) ORDER BY 1",
            [str(exported / "marts" / "measure_value.parquet")],
        ).fetchall()
    assert said == [("a", 60, None), ("b", None, None), ("c", pytest.approx(100 * 9 / 99), "fewer than 100 answers")]


def test_what_a_share_leaves_over_is_protected_too(tmp_path: Path) -> None:
    release = make_release(
        tmp_path, FIRST, [Told("custody_visits", 95, 98), Told("custody_visits", 50, 98, period=calendar_year())]
    )
    assert list(shown(export(release, tmp_path / "out")).values()) == [None, pytest.approx(100 * 50 / 98)]


def test_a_number_that_another_measure_repeats_is_hidden_in_both(tmp_path: Path) -> None:
    counts = {"a": 4, "b": 60, "c": 33}
    told = [
        *split("complaints_count", "route", counts),
        *split("complaints_count", "route", counts, period=calendar_year()),
    ]
    rates = [Told("complaints_per_1000_workforce", one.numerator, 9000, one.period, one.breakdown) for one in told]
    release = make_release(tmp_path, FIRST, [*told, *rates])
    values = shown(export(release, tmp_path / "out"), "complaints_per%")
    assert {value for (_, _, _, cut), value in values.items() if cut in ("a", "c")} == {None}
    assert None not in {value for (_, _, _, cut), value in values.items() if cut in (None, "b")}


def test_months_of_a_cut_of_people_stay_inside(tmp_path: Path) -> None:
    month = ("month", quarters()[0][1], quarters()[0][1].replace(day=31))
    told = split("complaints_count", "route", {"a": 300, "b": 400}, period=month)
    assert list(shown(export(make_release(tmp_path, FIRST, told), tmp_path / "out")).values()) == [700]


EIGHT = [*quarters(2019), *quarters(2020)]


def with_a_category_that_is_not_used_yet() -> Iterator[Told]:
    for place, period in enumerate(EIGHT):
        counts = {"a": 3, "b": 40 + place, "c": 25 + 2 * place}
        yield from split("complaints_count", "route", counts if place else {"a": 3, "b": 40}, period=period)


def with_a_double_count_in_one_quarter() -> Iterator[Told]:
    for place, period in enumerate(EIGHT):
        counts = {"a": 3, "b": 40 + place, "c": 25 + 2 * place}
        total, *cut = split("complaints_count", "route", counts, period=period)
        yield replace(total, numerator=total.numerator - (place == 7))
        yield from cut


def with_groups_of_many_values() -> Iterator[Told]:
    for place, period in enumerate(EIGHT):
        counts = {f"g{one // 4}v{one}": 20.0 + 3 * one + place * (one + 1) for one in range(18)}
        counts |= {"g1v5": 3} if place < 2 else {}
        groups = {f"group {one}": sum(counts[v] for v in counts if v.startswith(f"g{one}")) for one in range(5)}
        yield from split("complaints_count", "theme", counts, period=period)
        yield from list(split("complaints_count", "category", groups, period=period))[1:]


def with_margins_of_two_breakdowns(periods: int) -> Iterator[Told]:
    for place, period in enumerate(EIGHT[:periods]):
        counts = {"Female, Sergeant": 20 + place, "Male, Sergeant": 60, "Female, Chief": 3, "Male, Chief": 50 + place}
        ranks = {rank: sum(counts[v] for v in counts if v.endswith(rank)) for rank in ("Sergeant", "Chief")}
        yield from split("complaints_count", "sex_rank", counts, period=period)
        yield from list(split("complaints_count", "rank", ranks, period=period))[1:]


def with_another_measure_that_differs_once() -> Iterator[Told]:
    for place, period in enumerate(EIGHT):
        counts = {"a": 3.0 if place < 2 else 50, "b": 40 + place, "c": 45 + 2 * place, "d": 80 + place}
        yield from split("complaints_count", "route", counts, period=period)
        yield Told("custody_visits", counts["b"] + (place == 7), 500 + place, period, ("route", "b"))


def with_a_sum_of_some_that_differs_once() -> Iterator[Told]:
    for place, period in enumerate(EIGHT):
        counts = {"a": 3.0 if place < 2 else 50, "b": 40 + place, "c": 45 + 2 * place, "d": 80 + place}
        yield from split("complaints_count", "route", counts, period=period)
        yield Told("custody_visits", counts["a"] + counts["d"] + (place == 7), 500 + place, period)


def with_a_year_of_fewer_quarters() -> Iterator[Told]:
    for place, period in enumerate([*quarters(), calendar_year()]):
        cut = {"a": 3, "b": 40} if place == 0 else {"a": 20.0, "b": 40, "c": 25}
        yield from split("complaints_count", "route", cut if place < 4 else {"a": 63, "b": 160, "c": 75}, period=period)


WORKED_OUT = {
    "a category that is not used yet": with_a_category_that_is_not_used_yet,
    "a double count in one quarter": with_a_double_count_in_one_quarter,
    "groups of many values": with_groups_of_many_values,
    "margins of two breakdowns, one period": partial(with_margins_of_two_breakdowns, 1),
    "margins of two breakdowns, two periods": partial(with_margins_of_two_breakdowns, 2),
    "another measure that differs once": with_another_measure_that_differs_once,
    "a sum of some that differs once": with_a_sum_of_some_that_differs_once,
    "a year of fewer quarters": with_a_year_of_fewer_quarters,
}


@pytest.mark.parametrize("made", WORKED_OUT.values(), ids=WORKED_OUT.keys())
def test_nothing_small_is_a_difference_of_what_is_shown(tmp_path: Path, made: Callable[[], Iterator[Told]]) -> None:
    told = list(made())
    release = make_release(tmp_path, FIRST, told)
    assert narrowest(export(release, tmp_path / "bare", secondary=False), told) < 1 - 1e-6
    assert narrowest(export(release, tmp_path / "out"), told) >= 1 - 1e-6


def test_a_number_that_is_small_in_an_old_version_of_one_measure_is_hidden_in_that(tmp_path: Path) -> None:
    """Two measures tell 14 now; before, one of them told 12 and the other 8."""

    def told(count: float, rated: float) -> list[Told]:
        return [Told("complaints_count", count), Told("complaints_per_1000_workforce", rated, 9000)]

    options = Settings.load({}, warehouse_dir=tmp_path, threads=1)
    first = make_release(options.releases_dir, FIRST, told(12, 8))
    second = make_release(options.releases_dir, SECOND, told(14, 14), first)
    values = shown(export_release(options, second).folder, "complaints_per%")
    assert list(values.values()) == [None]


def test_a_measure_without_a_tier_does_not_leave(tmp_path: Path) -> None:
    told = [
        Told("new_measure", 100),
        Told("complaints_count", 100),
        Told("complaints_count", 50, breakdown=("shoe_size", "44")),
    ]
    release = make_release(tmp_path, FIRST, told)
    exported = export(release, tmp_path / "out")
    assert list(shown(exported).values()) == [100]
    with duckdb.connect() as connection:
        history = connection.execute(
            "SELECT measure_id FROM read_parquet(?)", [str(exported / "marts" / "value_history.parquet")]
        )
        assert history.fetchall() == [("complaints_count",)]


def test_what_was_hidden_once_stays_hidden_and_its_partner_too(tmp_path: Path) -> None:
    first = make_release(tmp_path, FIRST, split("complaints_count", "route", {"a": 3, "b": 40, "c": 25}))
    out = tmp_path / "out"
    before = export(first, out)
    # a is no longer small, and b would now be the cheaper partner
    second = make_release(tmp_path, SECOND, split("complaints_count", "route", {"a": 30, "b": 20, "c": 25}), first)
    forgetful = export(second, tmp_path / "alone")
    after = export(second, out, [before])
    hidden = {cut for (_, _, _, cut), value in shown(after).items() if value is None}
    assert hidden == {"a", "c"} <= {cut for (_, _, _, cut), value in shown(before).items() if value is None}
    # without the memory of the export, the history alone hides the old version
    assert "a" in {cut for (_, _, _, cut), value in shown(forgetful).items() if value is None}
    with duckdb.connect() as connection:
        versions = connection.execute(
            "SELECT count(*), count(value), min(suppressed_since) FROM read_parquet(?) WHERE breakdown_value = 'a'",
            [str(after / "marts" / "value_history.parquet")],
        ).fetchall()
    assert versions == [(2, 0, FIRST)]


def test_two_vintages_cannot_be_set_against_each_other(tmp_path: Path) -> None:
    """The partner of the first vintage did not change, so showing it in the second would give the first away."""
    first = make_release(tmp_path, FIRST, split("complaints_count", "route", {"a": 3, "b": 40, "c": 25}))
    out = tmp_path / "out"
    exports = [export(first, out)]
    second = make_release(tmp_path, SECOND, split("complaints_count", "route", {"a": 3, "b": 12, "c": 25}), first)
    exports.append(export(second, out, exports))
    for exported in exports:
        values = {cut: value for (_, _, _, cut), value in shown(exported).items()}
        assert (values["a"], values["c"]) == (None, None)
    # b went from 40 to 12 in the open: the total says by how much, and no more
    assert shown(exports[1])[FORCE, Told("x", 1).period[1], "fin_year", "b"] == 12


def test_a_number_that_is_out_cannot_protect_another(tmp_path: Path) -> None:
    """In the first export nothing was small, so all is known; the new small number needs what has changed with it."""
    first = make_release(tmp_path, FIRST, split("complaints_count", "route", {"a": 12, "b": 40, "c": 25}))
    out = tmp_path / "out"
    before = export(first, out)
    assert None not in shown(before).values()
    second = make_release(tmp_path, SECOND, split("complaints_count", "route", {"a": 8, "b": 40, "c": 25}), first)
    after = shown(export(second, out, [before]))
    assert {cut for (_, _, _, cut), value in after.items() if value is None} == {"a", None}


def test_what_is_told_no_longer_is_no_part_of_a_sum(tmp_path: Path) -> None:
    first = make_release(tmp_path, FIRST, split("complaints_count", "route", {"a": 12, "b": 40, "c": 25}))
    after = list(split("complaints_count", "route", {"b": 3, "c": 25}))
    second = make_release(tmp_path, SECOND, after, first)
    assert narrowest(export(second, tmp_path / "out"), after) >= 1 - 1e-6


def small_numbers(attack: Attack, truth: dict[tuple[object, ...], float]) -> dict[Cell, float]:
    """The blanks that are small, with what their tier asks."""
    tiers = {row["measure_id"]: row["tier"] for row in seed("disclosure_tier")}
    asked = {"B": 5.0, "C": 10.0, "D": 30.0}
    found: dict[Cell, float] = {}
    for name, key in zip(*(attack.there & (attack.number != attack.number)).nonzero(), strict=True):
        (quotient, part, _, _), (area, _, _, _) = attack.names[name], attack.keys[key]
        tier = tiers[quotient.split("|")[0]]
        if (tier == "D" and part == "n") or (tier == "B" and area == FORCE):
            continue
        if 0 < truth[(*attack.names[name], *attack.keys[key])] < asked[tier]:
            found[int(name), int(key)] = asked[tier]
    return found


def behind(told: list[Told]) -> dict[tuple[object, ...], float]:
    """The numbers of a release by name and key."""
    return {
        (f"{one.measure}|m|-", part, *one.breakdown, one.area, *one.period): float(number)
        for one in told
        for part, number in (("n", one.numerator), ("d", one.denominator))
        if number is not None
    }


def narrowest(exported: Path, told: list[Told], besides: Iterable[tuple[Path, list[Told]]] = ()) -> float:
    """How closely the stranger can work out a small number of an export at best, as a multiple of what is asked.

    Of exports that he has `besides`, the oracle tells him which numbers are the same.
    """
    truth = behind(told)
    attack = Attack.on(exported)
    place = {
        (*name, *key): (row, column) for row, name in enumerate(attack.names) for column, key in enumerate(attack.keys)
    }
    for other, told_there in besides:
        theirs, there = Attack.on(other), behind(told_there)
        for cell in zip(*(theirs.there & (theirs.number == theirs.number)).nonzero(), strict=True):
            name = (*theirs.names[cell[0]], *theirs.keys[cell[1]])
            if name in place and there[name] == truth.get(name):
                attack.number[place[name]] = theirs.number[cell]
    attack = attack.believing(
        lambda cell: truth.get((*attack.names[cell[0]], *attack.keys[cell[1]]), attack.number[cell])
    )
    asked = small_numbers(attack, truth)
    ranges = attack.ranges(set(asked)) if asked else {}
    for cell, (low, high) in ranges.items():
        assert low - 1e-6 <= truth[(*attack.names[cell[0]], *attack.keys[cell[1]])] <= high + 1e-6
    return min(((high - low) / asked[cell] for cell, (low, high) in ranges.items()), default=math.inf)


@dataclass(frozen=True)
class Counted:
    """Numbers that the tables of a release are made of: by group and quarter, by authority, and of a survey.

    Totals need not be the sum of their groups, and a group of nobody need not have a row.
    """

    complaints: dict[str, list[int]]
    visits: dict[str, list[int]]
    flags: list[int]
    answers: dict[str, tuple[int, int]]
    off: list[int]
    """By how much the total of each quarter is more or less than its groups."""
    is_zero_told: bool

    def told(self) -> list[Told]:
        """Counts of people by group, quarter and year, a rate and a share of them, flags, and satisfaction."""
        told: list[Told] = []
        for place, period in enumerate([*quarters(), calendar_year()]):
            at = slice(place, place + 1) if place < 4 else slice(None)
            counts = {group: float(sum(numbers[at])) for group, numbers in self.complaints.items()}
            total = max(sum(counts.values()) + sum(self.off[at]), 0)
            told += [Told("complaints_count", total, period=period)]
            told += [Told("complaints_per_1000_workforce", total, 9000, period)]
            told += [
                Told("complaints_count", number, period=period, breakdown=("route", group))
                for group, number in counts.items()
                if number or self.is_zero_told
            ]
            for group, numbers in self.visits.items():
                if counts[group]:
                    told += [Told("custody_visits", float(sum(numbers[at])), counts[group], period, ("suite", group))]
        for area, number in zip((*AUTHORITIES, FORCE), (*self.flags, sum(self.flags)), strict=True):
            told += [Told("hidden_crime_fgm", float(number), area=area)]
        satisfied, answered = (float(sum(pair[place] for pair in self.answers.values())) for place in (0, 1))
        for group, (yes, of) in self.answers.items():
            told += [Told("victim_satisfaction_overall", yes, of, calendar_year(), ("ethnic_group", group))]
        return [*told, Told("victim_satisfaction_overall", satisfied, answered, calendar_year())]


@st.composite
def counted(draw: st.DrawFn) -> Counted:
    groups = draw(st.lists(st.sampled_from("abcde"), min_size=2, max_size=5, unique=True))
    number = st.one_of(st.integers(0, 12), st.integers(0, 60))
    complaints = {group: [draw(number) for _ in quarters()] for group in groups}
    visits = {group: [draw(st.integers(0, most)) for most in of] for group, of in complaints.items()}
    of = {group: draw(st.integers(1, 90)) for group in groups}
    answers = {group: (draw(st.integers(0, most)), most) for group, most in of.items()}
    off = [draw(st.sampled_from([0, 0, 0, -1, 2])) for _ in quarters()]
    flags = [draw(st.integers(0, 9)) for _ in AUTHORITIES]
    return Counted(complaints, visits, flags, answers, off, draw(st.booleans()))


@st.composite
def restated(draw: st.DrawFn) -> tuple[Counted, Counted]:
    """The same tables before and after some complaints were counted again."""
    first = draw(counted())
    changed = {
        group: [
            max(draw(st.integers(-15, 15)) + one, least) if draw(st.booleans()) else one
            for one, least in zip(numbers, visits, strict=True)
        ]
        for (group, numbers), visits in zip(first.complaints.items(), first.visits.values(), strict=True)
    }
    return first, replace(first, complaints=changed)


# a failing example is told as it is: each takes half a second
few = partial(
    settings,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=True,
    phases=(Phase.explicit, Phase.generate),
)


@few(max_examples=8)
@given(tables=counted())
def test_a_stranger_cannot_work_out_a_small_number(tmp_path_factory: pytest.TempPathFactory, tables: Counted) -> None:
    folder, told = tmp_path_factory.mktemp("made"), tables.told()
    exported = export(make_release(folder, FIRST, told), folder / "out")
    assert narrowest(exported, told) >= 1 - 1e-6


@few(max_examples=4)
@given(tables=restated())
def test_nor_from_two_vintages_together(
    tmp_path_factory: pytest.TempPathFactory, tables: tuple[Counted, Counted]
) -> None:
    folder, (before, after) = tmp_path_factory.mktemp("made"), (one.told() for one in tables)
    first = make_release(folder, FIRST, before)
    one = export(first, folder / "out")
    other = export(make_release(folder, SECOND, after, first), folder / "out", [one])
    assert narrowest(other, after, [(one, before)]) >= 1 - 1e-6
    assert narrowest(one, before, [(other, after)]) >= 1 - 1e-6


def test_without_secondary_suppression_the_stranger_finds_numbers(tmp_path: Path) -> None:
    told = list(split("complaints_count", "route", {"a": 3, "b": 40, "c": 25}, period=calendar_year()))
    release = make_release(tmp_path, FIRST, told)
    assert narrowest(export(release, tmp_path / "bare", secondary=False), told) == 0
    assert narrowest(export(release, tmp_path / "out"), told) >= 1


def test_what_earlier_exports_said_is_not_lost_without_a_word(tmp_path: Path) -> None:
    options = Settings.load({}, warehouse_dir=tmp_path, threads=1)
    counts = {"a": 3.0, "b": 40, "c": 25}
    first = make_release(options.releases_dir, FIRST, split("complaints_count", "route", counts))
    cut_off = exports_dir(options) / f".{FIRST}.new"  # as one that was killed leaves it
    (cut_off / "marts").mkdir(parents=True)
    exported = export_release(options, first).folder
    assert not cut_off.exists()
    second = make_release(options.releases_dir, SECOND, split("complaints_count", "route", counts), first)
    manifest, history = exported / "manifest.json", exported / "marts" / "value_history.parquet"
    for file in (manifest, history):
        whole = file.read_bytes()
        for damaged in (None, whole[:-20]):
            file.unlink()
            if damaged:
                file.write_bytes(damaged)
            for release in (first, second):
                with pytest.raises(
                    WarehouseError, match=rf"{file.name} is missing or not as it was .* from the backup"
                ):
                    export_release(options, release)
            file.write_bytes(whole)
    assert export_release(options, first).folder == exported


def test_a_release_that_is_not_as_it_was_made_is_not_exported(tmp_path: Path) -> None:
    options = Settings.load({}, warehouse_dir=tmp_path, threads=1)
    release = make_release(options.releases_dir, FIRST, [Told("complaints_count", 30)])
    manifest = json.loads((release / "manifest.json").read_text())
    (release / "manifest.json").write_text(json.dumps(manifest | {"tables": {"value_history": {"sha256": "0"}}}))
    with pytest.raises(WarehouseError, match=r"value_history\.parquet is not the file that was released"):
        export_release(options, release)


@pytest.mark.parametrize(
    "error",
    [
        duckdb.IOException('IO Error: Could not write file "x.parquet": No space left on device'),
        OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)),
    ],
)
def test_a_full_disk_is_told_as_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    options = Settings.load({}, warehouse_dir=tmp_path, threads=1)
    release = make_release(options.releases_dir, FIRST, [Told("complaints_count", 30)])

    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(exporting, "_write", fail)
    with pytest.raises(WarehouseError, match=r"No space left on device.* Make room on the disk .* then export again\."):
        export_release(options, release)
    assert [path.name for path in exports_dir(options).iterdir()] == [".lock"]


def test_two_exports_do_not_run_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    options = Settings.load({}, warehouse_dir=tmp_path, threads=1)
    monkeypatch.setattr(exporting, "PATIENCE", 0)
    exports_dir(options).mkdir(parents=True)
    with (
        FileLock(exports_dir(options) / ".lock"),
        pytest.raises(WarehouseError, match=r"Another export is running .* wait for it to end"),
    ):
        export_release(options, tmp_path)


@pytest.mark.parametrize("name", ["relations.py", "marts.yaml"])
def test_another_way_of_hiding_is_another_policy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    before = policy_digest()
    shutil.copytree(policy.MARTS.parent, tmp_path / "disclosure")
    monkeypatch.setattr(policy, "MARTS", tmp_path / "disclosure" / "marts.yaml")
    assert policy_digest() == before
    with (tmp_path / "disclosure" / name).open("a") as file:
        file.write("# another\n")
    assert policy_digest() != before


def test_a_seed_that_links_figures_is_part_of_the_policy(tmp_path: Path) -> None:
    shutil.copytree(SEEDS_DIR, tmp_path / "seeds")
    assert policy_digest(tmp_path / "seeds") == policy_digest()
    with (tmp_path / "seeds" / "published" / "published_figure_match.csv").open("a") as file:
        file.write("x\n")
    assert policy_digest(tmp_path / "seeds") != policy_digest()
