"""The sample's road casualties and control room: published totals, true clocks, the same bytes each time."""

from __future__ import annotations

import csv
from collections import Counter
from datetime import datetime
from pathlib import Path

from pipelines.sample import control_room, road_casualties
from pipelines.sample.published import read_figures
from pipelines.settings import DBT_DIR

FIGURES = read_figures(DBT_DIR / "seeds")


def records(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_killed_and_seriously_injured_are_as_published(tmp_path: Path) -> None:
    written = road_casualties.write(tmp_path, FIGURES, 1)
    for year, figure_id in road_casualties.KSI_FIGURES.items():
        casualties = records(tmp_path / f"Casualties_{year}.csv")
        assert written[f"Casualties_{year}.csv"] == len(casualties)
        ksi = [row for row in casualties if row["Accident_Index"][4:6] == "20" and row["Casualty_Severity"] in "12"]
        assert len(ksi) == FIGURES[figure_id].value


def test_collisions_have_the_casualties_they_say_and_all_but_the_killed_an_adjustment(tmp_path: Path) -> None:
    road_casualties.write(tmp_path, FIGURES, 1)
    adjusted = records(tmp_path / "casualty-adjustment-lookup_2014-2015.csv")
    assert all(abs(float(row["Adjusted_Serious"]) + float(row["Adjusted_Slight"]) - 1) < 1e-9 for row in adjusted)
    for year in road_casualties.KSI_FIGURES:
        casualties = [row for row in records(tmp_path / f"Casualties_{year}.csv") if row["Casualty_Severity"].isdigit()]
        collisions = [row for row in records(tmp_path / f"Accidents_{year}.csv") if row["Date"] != f"31/02/{year}"]
        assert Counter(row["Accident_Index"] for row in casualties) == {
            row["Accident_Index"]: int(row["Number_of_Casualties"]) for row in collisions
        }
        hurt = {
            (row["Accident_Index"], row["Casualty_Reference"]) for row in casualties if row["Casualty_Severity"] != "1"
        }
        assert hurt == {
            (row["accident_index"], row["Casualty_Reference"]) for row in adjusted if row["accident_year"] == str(year)
        }


def test_collisions_have_the_vehicles_they_say_and_casualties_are_in_or_beside_one(tmp_path: Path) -> None:
    written = road_casualties.write(tmp_path, FIGURES, 1)
    for year in road_casualties.KSI_FIGURES:
        vehicles = records(tmp_path / f"Vehicles_{year}.csv")
        assert written[f"Vehicles_{year}.csv"] == len(vehicles)
        collisions = [row for row in records(tmp_path / f"Accidents_{year}.csv") if row["Date"] != f"31/02/{year}"]
        assert Counter(row["Accident_Index"] for row in vehicles) == {
            row["Accident_Index"]: int(row["Number_of_Vehicles"]) for row in collisions
        }
        kinds = {(row["Accident_Index"], row["Vehicle_Reference"]): row["Vehicle_Type"] for row in vehicles}
        assert len(kinds) == len(vehicles)
        casualties = [row for row in records(tmp_path / f"Casualties_{year}.csv") if row["Casualty_Severity"].isdigit()]
        drivers = []
        for row in casualties:
            vehicle = (row["Accident_Index"], row["Vehicle_Reference"])
            assert row["Casualty_Type"] == ("0" if row["Casualty_Class"] == "3" else kinds[vehicle])
            drivers += [vehicle] * (row["Casualty_Class"] == "1")
        assert len(set(drivers)) == len(drivers) > 0


def test_a_call_is_answered_or_abandoned_and_a_clock_goes_back_once(tmp_path: Path) -> None:
    written = control_room.write(tmp_path, FIGURES, 1)
    calls = records(tmp_path / next(name for name in written if "calls" in name))
    assert len({row["Call ID"] for row in calls}) == len(calls) - 1  # the bad row is a copy
    backwards = 0
    for row in calls:
        assert bool(row["Answered"]) != bool(row["Abandoned At"])
        if ":61:" in row["Answered"]:
            continue
        times = [datetime.strptime(row[name], "%d/%m/%Y %H:%M:%S") for name in ("Queued", "Answered") if row[name]]
        if times != sorted(times):
            backwards += 1
            assert times[0].date() == control_room.CLOCKS_BACK.date()
    assert backwards <= 2


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    for module in (road_casualties, control_room):
        contents = []
        for _ in range(2):
            written = module.write(tmp_path, FIGURES, 7)
            contents.append({name: (tmp_path / name).read_bytes() for name in written})
        assert contents[0] == contents[1]
        module.write(tmp_path, FIGURES, 8)
        assert contents[0] != {name: (tmp_path / name).read_bytes() for name in written}
