"""Synthetic road collisions, vehicles and casualties in the form of 2005 to 2015, and a severity adjustment table.

One file of each kind covers all forces, as the Department for Transport publishes them; here they hold three forces.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from zlib import crc32

import numpy as np

from pipelines.sample.draw import Generator, choose
from pipelines.sample.published import Figure
from pipelines.sample.rows import Row, add_bad_row, write_csv

KSI_FIGURES = {2014: "000-0002", 2015: "000-0001"}
HOME_FORCE = 20  # numbers of the code book
OTHER_FORCES = {5: 280, 13: 360}  # and about how many are killed or seriously injured in a year

COLLISION_HEADER = (
    "Accident_Index", "Location_Easting_OSGR", "Location_Northing_OSGR", "Longitude", "Latitude", "Police_Force",
    "Accident_Severity", "Number_of_Vehicles", "Number_of_Casualties", "Date", "Day_of_Week", "Time",
    "Local_Authority_(District)", "Local_Authority_(Highway)", "1st_Road_Class", "1st_Road_Number", "Road_Type",
    "Speed_limit", "Junction_Detail", "Junction_Control", "2nd_Road_Class", "2nd_Road_Number",
    "Pedestrian_Crossing-Human_Control", "Pedestrian_Crossing-Physical_Facilities", "Light_Conditions",
    "Weather_Conditions", "Road_Surface_Conditions", "Special_Conditions_at_Site", "Carriageway_Hazards",
    "Urban_or_Rural_Area", "Did_Police_Officer_Attend_Scene_of_Accident", "LSOA_of_Accident_Location",
)  # fmt: skip
VEHICLE_HEADER = (
    "Accident_Index", "Vehicle_Reference", "Vehicle_Type", "Towing_and_Articulation", "Vehicle_Manoeuvre",
    "Vehicle_Location-Restricted_Lane", "Junction_Location", "Skidding_and_Overturning", "Hit_Object_in_Carriageway",
    "Vehicle_Leaving_Carriageway", "Hit_Object_off_Carriageway", "1st_Point_of_Impact", "Was_Vehicle_Left_Hand_Drive?",
    "Journey_Purpose_of_Driver", "Sex_of_Driver", "Age_of_Driver", "Age_Band_of_Driver", "Engine_Capacity_(CC)",
    "Propulsion_Code", "Age_of_Vehicle", "Driver_IMD_Decile", "Driver_Home_Area_Type", "Vehicle_IMD_Decile",
)  # fmt: skip
CASUALTY_HEADER = (
    "Accident_Index", "Vehicle_Reference", "Casualty_Reference", "Casualty_Class", "Sex_of_Casualty",
    "Age_of_Casualty", "Age_Band_of_Casualty", "Casualty_Severity", "Pedestrian_Location", "Pedestrian_Movement",
    "Car_Passenger", "Bus_or_Coach_Passenger", "Pedestrian_Road_Maintenance_Worker", "Casualty_Type",
    "Casualty_Home_Area_Type", "Casualty_IMD_Decile",
)  # fmt: skip
ADJUSTMENT_HEADER = (
    "accident_index", "accident_year", "accident_reference", "Vehicle_Reference", "Casualty_Reference",
    "Adjusted_Serious", "Adjusted_Slight", "injury_based",
)  # fmt: skip

FATAL, SERIOUS, SLIGHT = 1, 2, 3
ROAD_CLASSES = {1: 0.03, 2: 0.004, 3: 0.36, 4: 0.14, 5: 0.005, 6: 0.455, -1: 0.006}
DRIVER, PASSENGER, ON_FOOT = 1, 2, 3
PEDAL_CYCLE, MOTORCYCLE, CAR, BUS, VAN = 1, 3, 9, 11, 19
VEHICLES = {CAR: 0.78, PEDAL_CYCLE: 0.08, MOTORCYCLE: 0.06, VAN: 0.06, BUS: 0.02}
ON_FOOT_SHARE, PASSENGER_SHARE = 0.17, 0.3
AGE_BANDS = (5, 10, 15, 20, 25, 35, 45, 55, 65, 75)  # last age of each but the highest


def write(folder: Path, figures: Mapping[str, Figure], seed: int) -> dict[str, int]:
    """Write the files into `folder`; the home force's killed and seriously injured are as published.

    Returns the number of rows by file name, a bad row in each year's files among them.
    """
    rng = Generator(np.random.PCG64([seed, crc32(b"road_casualties")]))
    written: dict[str, int] = {}
    adjustments: list[Row] = []
    for year, figure_id in KSI_FIGURES.items():
        collisions: list[Row] = []
        vehicles: list[Row] = []
        casualties: list[Row] = []
        for force, ksi in _ksi(rng, int(figures[figure_id].value)).items():
            _add_force(rng, year, force, ksi, collisions, vehicles, casualties)
        adjustments += [_adjustment(rng, row) for row in casualties if row[7] != FATAL]
        if year == min(KSI_FIGURES):
            add_bad_row(collisions, COLLISION_HEADER.index("Date"), f"31/02/{year}")
        else:
            add_bad_row(casualties, CASUALTY_HEADER.index("Casualty_Severity"), "serious")
        for name, header, rows in (
            (f"Accidents_{year}.csv", COLLISION_HEADER, collisions),
            (f"Vehicles_{year}.csv", VEHICLE_HEADER, vehicles),
            (f"Casualties_{year}.csv", CASUALTY_HEADER, casualties),
        ):
            write_csv(folder / name, header, rows)
            written[name] = len(rows)
    name = f"casualty-adjustment-lookup_{min(KSI_FIGURES)}-{max(KSI_FIGURES)}.csv"
    write_csv(folder / name, ADJUSTMENT_HEADER, adjustments)
    return written | {name: len(adjustments)}


def _ksi(rng: Generator, home: int) -> dict[int, int]:
    """Killed and seriously injured of each force."""
    return {HOME_FORCE: home} | {force: int(rng.poisson(usual)) for force, usual in OTHER_FORCES.items()}


def _add_force(
    rng: Generator,
    year: int,
    force: int,
    ksi: int,
    collisions: list[Row],
    vehicles: list[Row],
    casualties: list[Row],
) -> None:
    """Add the collisions, vehicles and casualties of a force and year.

    Of the casualties about half are killed or seriously injured.
    """
    total = round(ksi * 2.1)
    severities = rng.permutation(
        [FATAL] * round(ksi * 0.06) + [SERIOUS] * (ksi - round(ksi * 0.06)) + [SLIGHT] * (total - ksi)
    )
    number, taken = 0, 0
    while taken < total:
        number += 1
        index = f"{year}{force:02}Z{number:05}"
        inside = [int(code) for code in severities[taken : taken + 1 + int(choose(rng, 1, (0.78, 0.16, 0.06))[0])]]
        taken += len(inside)
        kinds = [list(VEHICLES)[kind] for kind in choose(rng, int(rng.integers(1, 3)), VEHICLES.values())]
        day = dt.date(year, 1, 1) + dt.timedelta(days=int(rng.integers(0, 365)))
        road = list(ROAD_CLASSES)[int(choose(rng, 1, ROAD_CLASSES.values())[0])]
        collisions.append(_collision(rng, index, force, min(inside), len(kinds), len(inside), day, road))
        vehicles += [_vehicle(rng, index, reference, kind) for reference, kind in enumerate(kinds, start=1)]
        drivers: set[int] = set()
        for reference, severity in enumerate(inside, start=1):
            vehicle = int(rng.integers(0, len(kinds)))
            person = _person(rng, kinds[vehicle], vehicle in drivers)
            if person == DRIVER:
                drivers.add(vehicle)
            kind = 0 if person == ON_FOOT else kinds[vehicle]
            casualties.append(_casualty(rng, index, vehicle + 1, reference, severity, person, kind))


def _collision(
    rng: Generator, index: str, force: int, severity: int, vehicles: int, casualties: int, day: dt.date, road: int
) -> Row:
    time = f"{int(rng.integers(0, 24)):02}:{int(rng.integers(0, 60)):02}"
    weekday = day.isoweekday() % 7 + 1  # 1 is Sunday
    place: Row = ["", "", "", ""]  # no place is made up
    return [
        index, *place, force, severity, vehicles, casualties, day.strftime("%d/%m/%Y"), weekday, time, -1, "", road, 0,
        6, 70 if road in (1, 2) else 30, 0, -1, -1, 0, 0, 0, 1, 1, 1, 0, 0, 3, 1, "",
    ]  # fmt: skip


def _vehicle(rng: Generator, index: str, reference: int, kind: int) -> Row:
    """A vehicle of which neither driver nor age is known."""
    return [
        index, reference, kind, 0, 18, 0, 0, 0, 0, 0, 0, int(rng.integers(1, 5)), 1, 6, 3, -1, -1, -1, -1, -1, -1, -1,
        -1,
    ]  # fmt: skip


def _person(rng: Generator, kind: int, has_driver: bool) -> int:
    """Whether a casualty drove a vehicle of this kind, rode in it or was on foot: a pedal cycle carries one."""
    on_foot, passenger = rng.random(2) < (ON_FOOT_SHARE, PASSENGER_SHARE)
    if on_foot or (kind == PEDAL_CYCLE and has_driver):
        return ON_FOOT
    return PASSENGER if has_driver or (passenger and kind in (CAR, BUS)) else DRIVER


def _casualty(rng: Generator, index: str, vehicle: int, reference: int, severity: int, person: int, kind: int) -> Row:
    age = int(rng.integers(1, 95))
    band = 1 + sum(age > last for last in AGE_BANDS)
    on_foot = int(person == ON_FOOT)
    return [
        index, vehicle, reference, person, int(rng.integers(1, 3)), age, band, severity, on_foot, on_foot,
        int(kind == CAR and person == PASSENGER), 4 * int(kind == BUS), 0, kind, 1, -1,
    ]  # fmt: skip


def _adjustment(rng: Generator, casualty: Row) -> Row:
    """The probability of being seriously injured: high for those reported so, low for the others."""
    index, severity = str(casualty[0]), casualty[7]
    serious = round(float(rng.beta(9, 1) if severity == SERIOUS else rng.beta(1, 5)), 6)
    return [index, index[:4], index[4:], casualty[1], casualty[2], serious, round(1 - serious, 6), 0]
