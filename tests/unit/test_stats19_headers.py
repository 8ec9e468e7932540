"""Road casualty files of every published generation are known by their headers, and only as what they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.ingest.documents import open_document
from pipelines.ingest.layouts import find_table
from pipelines.sample.road_casualties import ADJUSTMENT_HEADER, CASUALTY_HEADER, COLLISION_HEADER
from pipelines.sources.contract import load_contracts

HEADERS = {
    "collisions 2005 to 2019": ("stats19_collision", ",".join(COLLISION_HEADER)),
    "collisions 2020 to 2022": (
        "stats19_collision",
        "accident_index,accident_year,accident_reference,location_easting_osgr,location_northing_osgr,longitude,latitude,"
        "police_force,accident_severity,number_of_vehicles,number_of_casualties,date,day_of_week,time,"
        "local_authority_district,local_authority_ons_district,local_authority_highway,first_road_class,first_road_number,"
        "road_type,speed_limit,junction_detail,junction_control,second_road_class,second_road_number,light_conditions",
    ),
    "collisions from 2023": (
        "stats19_collision",
        "collision_index,collision_year,collision_reference,location_easting_osgr,location_northing_osgr,longitude,"
        "latitude,police_force,legacy_collision_severity,number_of_vehicles,number_of_casualties,date,day_of_week,time,"
        "first_road_class,first_road_number,enhanced_severity_collision,collision_injury_based,"
        "collision_adjusted_severity_serious,collision_adjusted_severity_slight",
    ),
    "vehicles 2005 to 2019": (
        "stats19_vehicle",
        "Accident_Index,Vehicle_Reference,Vehicle_Type,Towing_and_Articulation,Vehicle_Manoeuvre,"
        "Was_Vehicle_Left_Hand_Drive?,Sex_of_Driver,Age_of_Driver,Engine_Capacity_(CC)",
    ),
    "vehicles from 2023": (
        "stats19_vehicle",
        "collision_index,collision_year,collision_ref_no,vehicle_reference,vehicle_type,towing_and_articulation,"
        "vehicle_manoeuvre_historic,vehicle_manoeuvre,sex_of_driver,escooter_flag",
    ),
    "casualties 2005 to 2019": ("stats19_casualty", ",".join(CASUALTY_HEADER)),
    "casualties 2018 with byte order mark": ("stats19_casualty", "\ufeff" + ",".join(CASUALTY_HEADER)),
    "casualties 2020 to 2022": (
        "stats19_casualty",
        "accident_index,accident_year,accident_reference,vehicle_reference,casualty_reference,casualty_class,"
        "sex_of_casualty,age_of_casualty,age_band_of_casualty,casualty_severity,pedestrian_location,casualty_type",
    ),
    "casualties from 2024": (
        "stats19_casualty",
        "collision_index,collision_year,collision_ref_no,vehicle_reference,casualty_reference,casualty_class,"
        "sex_of_casualty,age_of_casualty,age_band_of_casualty,casualty_severity,casualty_type,casualty_imd_decile,"
        "lsoa_of_casualty,enhanced_casualty_severity,casualty_injury_based,casualty_adjusted_severity_serious,"
        "casualty_adjusted_severity_slight,casualty_distance_banding",
    ),
    "adjustment": ("stats19_casualty_adjustment", ",".join(ADJUSTMENT_HEADER)),
}
MERGED = {"enhanced_casualty_severity", "injury_based", "adjusted_serious", "adjusted_slight"}


@pytest.mark.parametrize(("generation", "source", "header"), [(name, *said) for name, said in HEADERS.items()])
def test_header_tells_the_source(tmp_path: Path, generation: str, source: str, header: str) -> None:
    path = tmp_path / "Cas.csv"
    path.write_text(header + "\n", encoding="utf-8")
    (sheet,) = open_document(path, path.name, max_bytes=1 << 20).sheets
    tables = [table for contract in load_contracts().values() if (table := find_table(contract, sheet)) is not None]
    assert [table.contract.name for table in tables] == [source]
    columns = zip(tables[0].contract.columns, tables[0].places, strict=True)
    optional = {column.name for column, place in columns if column.optional and place is not None}
    assert optional == (MERGED if generation == "casualties from 2024" else set())
