"""The sample's tables by force: no cell is lost, rows and columns add up, the same bytes each time."""

from __future__ import annotations

import csv
from collections import defaultdict
from pathlib import Path
from string import ascii_uppercase

import pytest

from pipelines.ingest.extracts import find_extracts
from pipelines.ingest.parts import read_faults
from pipelines.sample import official, tables
from pipelines.sample.published import read_figures
from pipelines.settings import DBT_DIR, Settings
from pipelines.sources.contract import load_contracts
from pipelines.sources.forces import load_forces

FIGURES = read_figures(DBT_DIR / "seeds")
WORKFORCE, FORCE, PARTNERSHIPS = (
    "home_office_workforce_table",
    "home_office_use_of_force_table",
    "ons_csp_recorded_crime",
)
Cell = dict[str, str]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, int]]:
    folder = tmp_path_factory.mktemp("tables")
    return folder, tables.write(folder, FIGURES, 1)


@pytest.fixture(scope="module")
def cells(written: tuple[Path, dict[str, int]], tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Cell]]:
    """The cells of each source, as they are loaded; the counts of each file are compared here."""
    folder, counts = written
    found: dict[str, list[Cell]] = defaultdict(list)
    for name, count in counts.items():
        spool = tmp_path_factory.mktemp("spool")
        settings = Settings.load({}, warehouse_dir=spool)
        extracts = find_extracts(folder / name, name, spool, settings, load_contracts(), load_forces())
        assert sum(extract.scan.records for extract in extracts) == count
        for extract in extracts:
            assert not list(read_faults(extract.path))
            with extract.path.open(encoding="utf-8", newline="") as file:
                found[extract.identity.source] += csv.DictReader(file)
    return found


def number(text: str) -> float:
    return float(text.replace(",", ""))


def test_every_file_is_of_its_source_and_loads_whole(cells: dict[str, list[Cell]]) -> None:
    periods = {source: {(cell["table_id"], cell["period_end"]) for cell in found} for source, found in cells.items()}
    assert periods == {
        WORKFORCE: {(str(workers.number), "2021-03-31") for workers in tables.WORKERS},
        FORCE: {("12", "2021-03-31"), ("13", "2021-03-31"), ("16", "2021-03-31")},
        PARTNERSHIPS: {("C2", "2020-09-30")},
    }
    markers = {(source, cell["value_text"]) for source, found in cells.items() for cell in found}
    assert {(WORKFORCE, ".."), (WORKFORCE, "*"), (PARTNERSHIPS, "[x]")} <= markers


def test_footnote_marks_are_no_part_of_names(cells: dict[str, list[Cell]]) -> None:
    forces = {cell["area_name"] for cell in cells[FORCE] if cell["area_kind"] == "force"}
    assert forces == {
        "Merseyside",
        "Greater Manchester",
        "West Yorkshire",
        "West Midlands",
        "City of London",
        "Metropolitan",
    }
    assert {cell["area_name"] for cell in cells[PARTNERSHIPS]} == set(official.FORCE_NAMES.values())
    assert not {"*", "("} & {cell[name][0] for cell in cells[FORCE] for name in ("area_name", "tactic") if cell[name]}


def test_officers_of_the_home_force_are_as_published(cells: dict[str, list[Cell]]) -> None:
    figure = FIGURES[tables.HOME_OFFICERS]
    (home,) = (
        cell
        for cell in cells[WORKFORCE]
        if (cell["table_id"], cell["area_name"], cell["area_kind"], cell["column_label"])
        == ("1", "West Midlands", "force", f"{tables.DAYS[0]}")
    )
    assert number(home["value_text"]) == figure.value


def test_forces_add_up_to_regions_and_all(cells: dict[str, list[Cell]]) -> None:
    sums: dict[tuple[str, ...], dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for cell in cells[WORKFORCE]:
        is_count = cell["column_group"] == "As at:" and cell["value_text"] != ".."
        if is_count and cell["area_name"] not in ("British Transport Police", "Central Service Secondments", "Total"):
            sums[cell["table_id"], cell["column_label"]][cell["area_kind"]] += number(cell["value_text"])
    assert len(sums) == 3 * len(tables.WORKERS)
    for kinds in sums.values():
        assert kinds["force"] == pytest.approx(kinds["region"]) == pytest.approx(kinds["other"])


def test_reports_of_force_add_up(cells: dict[str, list[Cell]]) -> None:
    forces: dict[tuple[str, ...], float] = defaultdict(float)
    whole: dict[tuple[str, ...], float] = {}
    ethnicities: dict[tuple[str, str], float] = defaultdict(float)
    totals: dict[tuple[str, str], float] = {}
    for cell in cells[FORCE]:
        value = number(cell["value_text"])
        place = tuple(cell[name] for name in ("table_id", "financial_year", "tactic_group", "tactic", "column_label"))
        if cell["area_name"] == "Total England and Wales":
            whole[place] = value
        elif cell["area_kind"] == "force":
            forces[place] += value
        if cell["table_id"] == "16":
            row = cell["area_name"], cell["cell"].lstrip(ascii_uppercase)
            if cell["column_group"]:
                ethnicities[row] += value
            else:
                totals[row] = value
    assert forces == whole
    assert ethnicities == totals
    every = {place[3]: value for place, value in whole.items() if place[0] == "16" and place[4].startswith("Number")}
    assert every["Total Tactics"] == sum(every[group.removeprefix("*")] for group in tables.TACTICS)
    (devices,) = (value for place, value in whole.items() if place[:2] == ("13", "2020/21") and place[4] == "Total")
    assert devices == every["CED"]


def test_partnerships_add_up_to_their_force(cells: dict[str, list[Cell]]) -> None:
    forces: dict[tuple[str, str], str] = {}
    sums: dict[tuple[str, str], float] = defaultdict(float)
    for cell in cells[PARTNERSHIPS]:
        column = cell["area_code"], cell["column_label"]
        if not cell["csp_name"]:
            forces[column] = cell["value_text"]
        elif cell["value_text"] != "[x]":
            sums[column] += number(cell["value_text"])
    assert {column: number(text) for column, text in forces.items() if text != "[x]"} == sums
    crimes = official.recorded_crime(FIGURES, official.population())
    total = "Total recorded crime (excluding fraud)"
    assert {area: sums[area, total] for area in official.FORCE_NAMES} == {
        area: crimes[area] for area in official.FORCE_NAMES
    }


def test_partnerships_are_plainly_made_up(cells: dict[str, list[Cell]]) -> None:
    names = {cell["csp_name"] for cell in cells[PARTNERSHIPS] if cell["csp_code"]}
    assert names
    assert all(name.endswith(" Sample Partnership") for name in names)


def test_the_same_seed_gives_the_same_bytes(written: tuple[Path, dict[str, int]], tmp_path: Path) -> None:
    folder, counts = written
    tables.write(tmp_path, FIGURES, 1)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {
        name: (folder / name).read_bytes() for name in counts
    }
