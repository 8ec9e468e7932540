"""The registry of plans and the catalogue of indicators it was made from are in step."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from pipelines.settings import PROJECT_DIR

pytestmark = pytest.mark.xdist_group("plan_catalogue")

DIRECTIONS = {
    "lower better": "lower",
    "higher better": "higher",
    "neutral / context": "neutral",
    "maintain level": "maintain",
    "increase expected (more reporting/identification is good)": "more_reporting",
}
# The catalogue's direction is that of a gap; the series is the strength itself.
OTHER_WAY_ROUND = {"pcp2529_officer_strength_2010": "higher"}
# The catalogue counts it among shares of offences; the flags of hidden crime are a measure of their own.
OTHER_MEASURE = {"ar2021_i2_da_share": "hidden_crime_share"}


def rows(path: Path) -> dict[str, dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        table = list(csv.DictReader(file))
    key = "indicator_id" if "indicator_id" in table[0] else "plan_indicator_id"
    return {row[key]: row for row in table}


@pytest.fixture(scope="module")
def catalogue(shared_data: Path) -> dict[str, dict[str, str]]:
    return rows(shared_data.parent / "catalogue" / "indicators.csv")


@pytest.fixture(scope="module")
def registry() -> dict[str, dict[str, str]]:
    """The indicators of the plans that the catalogue is of; those of every force are nobody's document."""
    indicators = rows(PROJECT_DIR / "dbt_project" / "seeds" / "plans" / "plan_indicator.csv")
    return {key: row for key, row in indicators.items() if row["plan_id"] != "everyforce"}


def test_the_same_indicators_in_the_same_order(
    catalogue: dict[str, dict[str, str]], registry: dict[str, dict[str, str]]
) -> None:
    assert list(registry) == list(catalogue)


def test_measure_plan_line_and_access_are_those_of_the_catalogue(
    catalogue: dict[str, dict[str, str]], registry: dict[str, dict[str, str]]
) -> None:
    for indicator_id, row in registry.items():
        source = catalogue[indicator_id]
        assert row["measure_id"] == OTHER_MEASURE.get(indicator_id, source["canonical_measure_id"]), indicator_id
        assert row["plan_id"] == source["plan_code"], indicator_id
        assert row["line"] == source["seed_line"], indicator_id
        assert row["access"] == source["public_or_internal"], indicator_id


def test_directions_are_those_of_the_catalogue(
    catalogue: dict[str, dict[str, str]], registry: dict[str, dict[str, str]]
) -> None:
    for indicator_id, row in registry.items():
        expected = OTHER_WAY_ROUND.get(indicator_id, DIRECTIONS[catalogue[indicator_id]["direction"]])
        assert row["direction"] == expected, indicator_id


def test_names_are_not_those_of_the_documents(
    catalogue: dict[str, dict[str, str]], registry: dict[str, dict[str, str]]
) -> None:
    def plain(text: str) -> str:
        return " ".join(text.lower().split())

    copied = [
        indicator_id
        for indicator_id, row in registry.items()
        if plain(row["name"])
        in (plain(catalogue[indicator_id]["name_in_plan"]), plain(catalogue[indicator_id]["seed_text"]))
    ]
    assert copied == []
