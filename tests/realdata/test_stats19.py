"""What the real road casualty files must give. Figures are those counted in the published files."""

from __future__ import annotations

import csv
import datetime as dt
import io
import zipfile
from itertools import pairwise
from pathlib import Path

import duckdb
import pytest

pytestmark = pytest.mark.xdist_group("realdata")

WEST_MIDLANDS = "E23000014"


def ksi(build: duckdb.DuckDBPyConnection, year: int, method: str = "ksi_reported") -> dict[object, tuple[object, ...]]:
    """Value, unknown and status of West Midlands by road class; the total is under None."""
    found = build.execute(
        "SELECT breakdown_value, value, n_unknown, status FROM measures.msr_road_casualties WHERE area_code = ? "
        "AND measure_id = 'ksi_casualties' AND method_id = ? AND year(period_start) = ?",
        [WEST_MIDLANDS, method, year],
    ).fetchall()
    return {row[0]: row[1:] for row in found}


def test_every_file_is_known_by_its_header_and_no_row_is_lost(
    build: duckdb.DuckDBPyConnection, shared_data: Path
) -> None:
    loaded = build.execute(
        "SELECT source, file_name, year(period_start), rows_read, rows_loaded FROM ops.extract "
        "WHERE status = 'loaded' AND source LIKE 'stats19_%'"
    ).fetchall()
    assert {row[:3] for row in loaded} == {
        ("stats19_collision", "Accidents_2015.csv", 2015),
        ("stats19_vehicle", "Vehicles_2015.csv", 2015),
        ("stats19_casualty", "Casualties_2015.csv", 2015),
        ("stats19_casualty", "Cas.csv", 2016),
        ("stats19_casualty", "dftRoadSafetyData_Casualties_2018.csv", 2018),
    }
    archives = {
        name: path for path in (shared_data / "stats19").glob("*.zip") for name in zipfile.ZipFile(path).namelist()
    }
    for _, name, _, rows_read, rows_loaded in loaded:
        with zipfile.ZipFile(archives[name]) as archive, archive.open(name) as file:
            records = sum(1 for _ in csv.reader(io.TextIOWrapper(file, "utf-8-sig"))) - 1
        assert (rows_read, rows_loaded) == (records, records), name


def test_west_midlands_2015_by_road(build: duckdb.DuckDBPyConnection) -> None:
    assert ksi(build, 2015) == {
        None: (974, 0, "final"),
        "motorway": (19, 0, "final"),
        "a_m": (2, 0, "final"),
        "motorway_and_a_m": (21, 0, "final"),
        "other": (953, 0, "final"),
    }


@pytest.mark.parametrize(("year", "total"), [(2016, 1_080), (2018, 1_016)])
def test_without_the_collision_file_the_road_is_unknown_and_the_force_provisional(
    build: duckdb.DuckDBPyConnection, year: int, total: int
) -> None:
    found = ksi(build, year)
    assert found.pop(None) == (total, 0, "provisional")
    assert found == dict.fromkeys(("motorway", "a_m", "motorway_and_a_m", "other"), (None, total, "not_supplied"))


def test_the_missing_year_and_the_missing_adjustment_have_no_number(build: duckdb.DuckDBPyConnection) -> None:
    assert ksi(build, 2017)[None] == (None, None, "not_supplied")
    # all but the 57 killed would need a probability
    assert ksi(build, 2015, "ksi_adjusted")[None] == (None, 8_356 - 57, "not_supplied")


def test_great_britain_adds_up(build: duckdb.DuckDBPyConnection) -> None:
    assert build.execute(
        "SELECT count(*), count(CASE WHEN is_ksi THEN 1 END), count(CASE WHEN NOT has_collision THEN 1 END) "
        "FROM intermediate.int_road_casualty WHERE year(period_start) = 2015"
    ).fetchall() == [(186_189, 1_730 + 22_144, 0)]
    # Scotland has no force area
    assert build.execute(
        "SELECT DISTINCT police_force BETWEEN 91 AND 98 FROM intermediate.int_road_casualty "
        "WHERE area_code IS NULL AND year(period_start) = 2015"
    ).fetchall() == [(True,)]


def test_days_between_fatal_collisions_on_motorways(build: duckdb.DuckDBPyConnection, shared_data: Path) -> None:
    """Against the collision file itself; of 2016 and 2018 no collisions are there, so nothing is known of those years."""
    with (
        zipfile.ZipFile(shared_data / "stats19" / "RoadSafetyData_Accidents_2015.zip") as archive,
        archive.open("Accidents_2015.csv") as file,
    ):
        days = sorted(
            dt.datetime.strptime(row["Date"], "%d/%m/%Y").date()
            for row in csv.DictReader(io.TextIOWrapper(file, encoding="utf-8-sig"))
            if row["Police_Force"] == "20" and row["Accident_Severity"] == "1" and row["1st_Road_Class"] in ("1", "2")
        )
    found = build.execute("SELECT days_between FROM marts.rare_event_point ORDER BY event_date, event_key").fetchall()
    assert len(days) > 1
    assert [row[0] for row in found] == [(later - earlier).days for earlier, later in pairwise(days)]
