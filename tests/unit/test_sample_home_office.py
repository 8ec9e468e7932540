"""The sample's open data of the Home Office agree with the rest of the sample and with the published figures."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path
from typing import TypeAlias

import pytest

from pipelines.ingest.documents import open_document
from pipelines.ingest.layouts import find_table
from pipelines.sample import home_office, load_definition, official
from pipelines.sample.published import read_figures
from pipelines.sample.seeds import read_seeds
from pipelines.settings import SEEDS_DIR
from pipelines.sources.contract import load_contracts

FIGURES = read_figures(SEEDS_DIR)
DEFINITION = load_definition()
SOURCES = ("home_office_outcome", "home_office_stop_search", "home_office_workforce")
Rows: TypeAlias = "list[dict[str, str]]"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home-office")
    home_office.write(folder, FIGURES, 1)
    return folder


def records(folder: Path, word: str) -> Rows:
    (path,) = folder.glob(f"*-{word}-*.csv")
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def total(rows: Rows, column: str) -> int:
    return sum(int(row[column]) for row in rows if row[column] != "NA")


def test_each_file_is_taken_for_its_own_source(folder: Path) -> None:
    found = []
    for path in sorted(folder.iterdir()):
        (sheet,) = open_document(path, path.name, max_bytes=1 << 20).sheets
        found += [name for name, contract in load_contracts().items() if find_table(contract, sheet) is not None]
    assert sorted(found) == sorted(SOURCES)


def test_every_recorded_offence_has_an_outcome(folder: Path) -> None:
    rows = records(folder, "outcomes")
    assert set(rows.pop().values()) == {"NA"}
    outcomes: Counter[tuple[str, ...]] = Counter()
    for row in rows:
        key = (row["financial_year"], row["financial_quarter"], row["force_name"], row["offence_code"])
        outcomes[key] += int(row["offences"])
        assert (row["force_outcomes_recorded_in_quarter"] == "NA") == (row["outcome_type"] == "0")
    recorded = {
        (year, str(quarter), force, code): int(str(count))
        for year, quarter, force, *_, code, count in official.open_data(FIGURES, 1)
        if isinstance(quarter, int)
    }
    assert len(outcomes) == 5 * 4 * len(official.OFFENCES)
    assert dict(outcomes) == {key: recorded[key] for key in outcomes}
    assert min(int(row["offences"]) for row in rows) < 0


def test_searches_are_as_many_as_the_records_and_as_unequal_as_published(folder: Path) -> None:
    rows = records(folder, "stop-search")
    assert not [row for row in rows if "0" in (row["searches"], row["resultant_arrests"])]  # the table prints no zero
    seeds = read_seeds(SEEDS_DIR, DEFINITION)
    names = {"metropolitan": "Metropolitan Police"}
    for slug, force in DEFINITION.forces.items():
        for year in home_office.SEARCH_YEARS:
            name = names.get(slug, slug.replace("-", " ").title())
            own = [row for row in rows if (row["force_name"], row["year_ending"]) == (name, f"{year + 1}-03-31")]
            assert total(own, "searches") == force.searches.per_year[year]
            assert 0 < total(own, "resultant_arrests") < total(own, "searches") / 2
    home = [row for row in rows if (row["force_name"], row["year_ending"]) == ("West Midlands", "2020-03-31")]
    people = seeds["west-midlands"].population
    rates = {
        group: total([row for row in home if row["ethnic_group_self_defined"].startswith(group)], "searches")
        / people[group]
        for group in ("White", "Black", "Asian")
    }
    assert rates["Black"] / rates["White"] == pytest.approx(FIGURES["003-0500"].value, abs=0.01)
    assert rates["Asian"] / rates["White"] == pytest.approx(FIGURES["003-0499"].value, abs=0.01)


def test_officers_are_as_published(folder: Path) -> None:
    rows = records(folder, "workforce")
    officers = [row for row in rows if (row["worker_type"], row["geo_code"]) == ("police officer", official.HOME)]
    published = FIGURES[home_office.OFFICERS_FIGURE].value
    for year in home_office.WORKFORCE_YEARS:
        fte = sum(float(row["total_fte"]) for row in officers if row["date"] == f"{year}-03-01")
        is_published = year == home_office.OFFICERS_YEAR
        assert fte == pytest.approx(published, abs=1e-6 if is_published else published / 50)
    assert all(float(row["total_fte"]) <= int(row["total_headcount"]) for row in rows)
    keys = Counter((row["date"], row["geo_code"], row["sex"], row["rank_description"]) for row in rows)
    assert max(keys.values()) == 1
    specials = [row for row in rows if row["worker_type"] == "special constable"]
    assert total(specials, "total_headcount") > 0
    assert {row["total_fte"] for row in specials} == {"0"}


def test_the_same_seed_gives_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    for seed, is_same in ((1, True), (2, False)):
        written = home_office.write(tmp_path, FIGURES, seed)
        for name, rows in written.items():
            again = (tmp_path / name).read_bytes()
            assert again.count(b"\r\n") == rows + 1
            assert (again == (folder / name).read_bytes()) is is_same, name
