"""The registry of plans agrees with itself, with the measures and with the published figures; a plan is rows."""

from __future__ import annotations

import csv
import re
from collections import Counter
from functools import cache
from itertools import pairwise

import pytest

from pipelines.settings import PROJECT_DIR
from pipelines.sources.contract import load_contracts

SEEDS = PROJECT_DIR / "dbt_project" / "seeds"
PERIOD_TYPES = {"month", "quarter", "fin_year", "cal_year", "rolling_12m", "snapshot"}
COMPARATORS = {
    "same_period_last_year",
    "baseline",
    "target",
    "similar_forces",
    "england_and_wales",
    "own_history",
    "areas",
}
# Printed targets that are no target of their own, with the reason.
TARGETS_TOLD_TWICE = {"004-0061": "a footnote that says the yearly step of 004-0057 again"}


@cache
def seed(name: str) -> tuple[dict[str, str], ...]:
    with (SEEDS / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


INDICATORS = {row["plan_indicator_id"]: row for row in seed("plans/plan_indicator")}
COMMON = {row["plan_id"] for row in seed("plans/plan") if not row["area_code"]}
MEASURES = {row["measure_id"]: row for row in seed("reference/measure")}
RETURNABLE = {row["measure_id"]: row for row in seed("reference/return_measure")}
FIGURES = {row["figure_id"]: row for row in seed("published/published_figure")}
TARGETS = seed("plans/plan_target")
BASELINES = seed("plans/plan_baseline")
BREAKS = seed("plans/series_break")


def known(measure_id: str) -> bool:
    return measure_id in MEASURES or measure_id in RETURNABLE


def test_every_indicator_stands_in_a_plan_and_in_its_place() -> None:
    plans = {row["plan_id"] for row in seed("plans/plan")}
    places: dict[str, list[int]] = {}
    for indicator_id, row in INDICATORS.items():
        assert row["plan_id"] in plans, indicator_id
        assert indicator_id.startswith(f"{row['plan_id']}_"), indicator_id
        places.setdefault(row["plan_id"], []).append(int(row["position"]))
    assert places.keys() == plans
    assert all(numbers == list(range(1, len(numbers) + 1)) for numbers in places.values())
    for plan in seed("plans/plan"):
        assert plan["area_code"] in {"", *(row["area_code"] for row in seed("reference/force"))}
        assert plan["starts_on"] < (plan["ends_on"] or "9999-12-31")
        assert bool(plan["area_code"]) == bool(plan["document"]), "what every force has is in no document of one"


def test_a_plan_names_its_document_as_the_published_figures_do() -> None:
    plans, documents = (
        {row["document"] for row in seed(name) if row["document"]}
        for name in ("plans/plan", "published/published_figure")
    )
    assert plans == documents


def test_every_indicator_has_a_measure_that_is_known() -> None:
    assert {row["measure_id"] for row in INDICATORS.values() if not known(row["measure_id"])} == set()


def test_an_indicator_is_in_the_unit_of_its_measure() -> None:
    for indicator_id, row in INDICATORS.items():
        units = {seed_[row["measure_id"]]["unit"] for seed_ in (MEASURES, RETURNABLE) if row["measure_id"] in seed_}
        assert row["unit"] in units, indicator_id


def test_names_are_noun_phrases_without_figures_and_no_two_alike() -> None:
    # the plan of every force tells some of what a force's own plan tells, in the same words
    names = Counter(row["name"] for row in INDICATORS.values() if row["plan_id"] not in COMMON)
    assert [name for name, times in names.items() if times > 1] == []
    for name in {row["name"] for row in INDICATORS.values()}:
        assert 3 <= len(name.split()) <= 12, name
        # Schedule 3 is the name of a part of an Act
        assert not re.search(r"\d", name.replace("Schedule 3", "")), name


def test_a_series_that_only_a_return_gives_can_be_returned() -> None:
    """Measure, period and breakdown of an indicator are ones that the return's template offers."""
    allowed = {row["breakdown_type"]: row["allowed_values"] for row in seed("reference/return_breakdown")}
    for indicator_id, row in INDICATORS.items():
        assert row["period_type"] in PERIOD_TYPES, indicator_id
        assert bool(row["breakdown_type"]) == bool(row["breakdown_value"]), indicator_id
        if row["method_id"] != "as_returned":
            continue
        measure = RETURNABLE[row["measure_id"]]
        assert row["period_type"] in measure["period_types"].split("|"), indicator_id
        if row["breakdown_type"]:
            assert row["breakdown_type"] in measure["breakdown_types"].split("|"), indicator_id
            values = allowed[row["breakdown_type"]]
            assert not values or row["breakdown_value"] in values.split("|"), indicator_id


def test_offence_groups_of_a_return_are_those_of_computed_series() -> None:
    """Years before the open data begin can be returned only if the return has the words of the computed series."""
    (groups,) = (row for row in seed("reference/return_breakdown") if row["breakdown_type"] == "offence_group")
    assert groups["allowed_values"].split("|") == [
        row["offence_group"]
        for row in seed("reference/offence_group_measure")
        if row["is_headline"] == "true" and row["offence_group"] != "total"
    ]
    for indicator_id, row in INDICATORS.items():
        if row["breakdown_type"] == "offence_group":
            assert row["breakdown_value"] in groups["allowed_values"].split("|"), indicator_id
            assert "offence_group" in RETURNABLE[row["measure_id"]]["breakdown_types"].split("|"), indicator_id


def test_sources_are_contracts_and_a_return_can_give_every_measure() -> None:
    contracts = set(load_contracts())
    for indicator_id, row in INDICATORS.items():
        sources = [name for name in row["sources"].split(";") if name]
        assert set(sources) <= contracts, indicator_id
        # what every force has is of public extracts alone
        last = sources[-1] if sources else None
        assert last in ((None, "performance_return") if row["plan_id"] not in COMMON else contracts), indicator_id
        assert row["plan_id"] not in COMMON or "performance_return" not in sources, indicator_id
        assert (row["method_id"] == "as_returned") <= (sources in ([], ["performance_return"])), indicator_id


def test_an_indicator_without_a_source_says_why() -> None:
    told = {row["plan_indicator_id"] for row in seed("plans/caveat")}
    assert [name for name, row in INDICATORS.items() if not row["sources"] and name not in told] == []


def test_comparators_follow_targets_and_baselines() -> None:
    with_target = {row["plan_indicator_id"] for row in TARGETS}
    with_baseline = {row["plan_indicator_id"] for row in BASELINES}
    for indicator_id, row in INDICATORS.items():
        comparators = row["comparators"].split(";")
        assert set(comparators) <= COMPARATORS, indicator_id
        assert ("target" in comparators) == (indicator_id in with_target), indicator_id
        assert ("baseline" in comparators) == (indicator_id in with_baseline), indicator_id


def test_every_printed_target_is_a_target() -> None:
    printed = {figure_id for figure_id, row in FIGURES.items() if row["value_kind"] == "target"}
    used = {row["figure_id"] for row in TARGETS}
    assert printed - used == set(TARGETS_TOLD_TWICE)


@pytest.mark.parametrize("rows", [TARGETS, BASELINES], ids=["targets", "baselines"])
def test_numbers_of_the_documents_are_those_of_the_published_figures(rows: tuple[dict[str, str], ...]) -> None:
    for row in rows:
        assert row["plan_indicator_id"] in INDICATORS
        value = row.get("target_value") or row.get("baseline_value")
        if row["figure_id"] and value:
            figure = FIGURES[row["figure_id"]]
            assert float(figure["value"]) == float(value), row
            assert figure["measure_id"] == INDICATORS[row["plan_indicator_id"]]["measure_id"], row
        if not row["figure_id"] and not (value and row["note"]):
            # what no document prints is either read from the series or said in words
            assert row["note"], row


def test_targets_are_whole() -> None:
    assert len({row["target_id"] for row in TARGETS}) == len(TARGETS)
    for row in TARGETS:
        assert row["comparison"] in {"at_least", "at_most", "equal"}, row
        assert row["is_main"] in {"true", "false"}, row
        assert bool(row["period_start"]) == bool(row["period_end"]), row
        assert row["period_start"] <= row["period_end"], row
        assert row["is_main"] == "false" or row["period_start"], row
        assert (row["kind"] in {"change", "gap"}) <= (row["reference"] != ""), row
        assert (row["kind"] != "service_standard") <= (row["required_share_pct"] == ""), row
        # a service standard that names no share says so
        assert row["kind"] != "service_standard" or row["note"], row
        assert row["is_main"] == "true" or row["note"], row
        if row["is_main"] == "true" and row["kind"] in {"level", "gap"}:
            assert row["unit"] == INDICATORS[row["plan_indicator_id"]]["unit"], row


def test_no_value_is_held_against_the_figure_it_is_itself() -> None:
    """A figure that a value stands for cannot be what the value is to reach."""
    valued = {row["figure_id"] for row in seed("published/published_figure_match")}
    assert [row["target_id"] for row in TARGETS if row["is_main"] == "true" and row["figure_id"] in valued] == []


def test_one_main_target_at_a_time() -> None:
    spans: dict[str, list[tuple[str, str]]] = {}
    for row in TARGETS:
        if row["is_main"] == "true":
            spans.setdefault(row["plan_indicator_id"], []).append((row["period_start"], row["period_end"]))
    for indicator_id, days in spans.items():
        ordered = sorted(days)
        assert all(before[1] < after[0] for before, after in pairwise(ordered)), indicator_id


def test_what_is_held_against_a_baseline_has_one() -> None:
    based = {row["plan_indicator_id"]: row for row in BASELINES}
    for row in TARGETS:
        if row["reference"] == "baseline" and row["is_main"] == "true":
            assert row["plan_indicator_id"] in based, row
    for row in BASELINES:
        assert row["period_type"] == INDICATORS[row["plan_indicator_id"]]["period_type"], row
        assert row["unit"] == INDICATORS[row["plan_indicator_id"]]["unit"], row
        assert bool(row["period_start"]) == bool(row["period_end"]), row
        assert row["period_start"] or not row["baseline_value"], row


def test_the_road_safety_path_waits_for_its_baseline() -> None:
    """The plan names no base year or number: nothing may be filled in that the plan does not say."""
    paths = [row for row in TARGETS if row["kind"] == "trajectory"]
    assert {row["period_end"][:4] for row in paths} == {"2030", "2040"}
    for indicator_id in {row["plan_indicator_id"] for row in paths}:
        (baseline,) = (row for row in BASELINES if row["plan_indicator_id"] == indicator_id)
        assert (baseline["period_start"], baseline["baseline_value"]) == ("", "")
        assert baseline["note"]


def test_breaks_and_rebases_name_known_measures_and_areas() -> None:
    areas = {row["area_code"] for row in seed("reference/force")} | {""}
    for row in (*BREAKS, *seed("plans/rebase")):
        assert known(row["measure_id"]), row
        assert row["area_code"] in areas, row
        assert row["source"], row
        assert bool(row["breakdown_value"]) <= bool(row["breakdown_type"]), row


def test_a_change_of_policing_units_breaks_every_measure_returned_by_them() -> None:
    changes = {row["break_id"] for row in BREAKS if row["break_id"].startswith("units_")}
    for change in changes:
        broken = {
            row["measure_id"]
            for row in BREAKS
            if row["break_id"] == change and row["breakdown_type"] == "policing_area" and row["area_code"]
        }
        assert broken == {
            measure for measure, row in RETURNABLE.items() if "policing_area" in row["breakdown_types"].split("|")
        }, change


@pytest.mark.parametrize(
    ("break_id", "groups"),
    [
        ("burglary_split_2017", {"burglary_residential", "burglary_business"}),
        (
            "recording_drive_2014",
            {"violence", "violence_with_injury", "violence_without_injury", "stalking_harassment"}
            | {"sexual_offences", "rape"},
        ),
    ],
)
def test_a_break_of_an_offence_group_reaches_its_counts_rates_shares_and_outcomes(
    break_id: str, groups: set[str]
) -> None:
    (day,) = {row["break_date"] for row in BREAKS if row["break_id"] == break_id}
    wanted: set[tuple[str, str, str]] = set()
    for row in seed("reference/offence_group_measure"):
        group = row["offence_group"]
        if group not in groups:
            continue
        # a count or rate of one group is a total, not a breakdown
        wanted |= {(row["count_measure_id"], "", ""), (row["rate_measure_id"], "", "")}
        if row["is_headline"] == "true":
            wanted.add(("crime_type_share", "offence_group", group))
            wanted |= {
                (outcome["measure_id"], "offence_group", group)
                for outcome in seed("reference/outcome_measure")
                if not outcome["offence_group"]
            }
        wanted |= {
            (outcome["measure_id"], "", "")
            for outcome in seed("reference/outcome_measure")
            if outcome["offence_group"] == group
        }
    assert len(wanted) > 2 * len(groups)
    broken = {
        (row["measure_id"], row["breakdown_type"], row["breakdown_value"])
        for row in BREAKS
        if row["break_date"] == day and not row["area_code"] and not row["method_id"]
    }
    assert {series for series in wanted if series not in broken and (series[0], "", "") not in broken} == set()


def test_casualties_and_collisions_say_that_severity_is_recorded_in_another_way() -> None:
    """The day is not known, so that no break can stand: a caveat has to."""
    told = {row["measure_id"] for row in seed("plans/caveat") if "record injuries" in row["caveat"]}
    assert told == {measure for measure, row in MEASURES.items() if row["family"] == "road_casualties"}


def test_a_break_without_a_primary_source_says_so() -> None:
    """Days that are assumed are told from days that are known."""
    assumed = {row["break_id"] for row in BREAKS if "not in hand" in row["source"] or "in hand" in row["source"]}
    assert assumed >= {"units_2016", "units_2023", "survey_method_2018", "burglary_split_2017", "fear_of_crime_2021"}
    assert assumed.isdisjoint({"complaints_2020", "greater_manchester_2019", "units_2010"})


def test_caveats_are_about_something_known() -> None:
    for row in seed("plans/caveat"):
        if row["plan_indicator_id"]:
            assert row["plan_indicator_id"] in INDICATORS, row
        else:
            assert known(row["measure_id"]), row
        assert row["caveat"].endswith("."), row


def test_no_formula_knows_a_plan() -> None:
    """Neither a model nor a macro names a plan or an indicator: the next plan is rows."""
    plans = "|".join(row["plan_id"] for row in seed("plans/plan"))
    named = re.compile(rf"\b({plans})(_\w+)?\b")
    files = [
        path
        for folder in ("models", "macros", "tests")
        for path in (PROJECT_DIR / "dbt_project" / folder).rglob("*")
        if path.suffix in {".sql", ".yml"}
    ]
    assert len(files) > 100
    assert [path.name for path in files if named.search(path.read_text(encoding="utf-8"))] == []


def test_where_more_reporting_is_wanted_a_rise_is_neither_better_nor_worse_of_itself() -> None:
    for indicator_id, row in INDICATORS.items():
        if row["direction"] == "more_reporting":
            for registry in (MEASURES, RETURNABLE):
                assert registry.get(row["measure_id"], {"direction": "neutral"})["direction"] == "neutral", indicator_id
