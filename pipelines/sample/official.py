"""Synthetic official statistics: police force area workbooks as ONS lays them out, and recorded crime open data.

Recorded crime rates come out as the documents print them for the home force, the similar forces beside it and England
and Wales; every other number is made up.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np

from pipelines.sample.draw import Generator, apportion
from pipelines.sample.published import Figure
from pipelines.sample.rows import Row, write_csv
from pipelines.sample.workbook import write_sheets
from pipelines.settings import DBT_DIR

HOME, CITY = "E23000014", "E23000034"
ENGLAND_AND_WALES = "K04000001"
RATES = {
    ENGLAND_AND_WALES: "003-0001",
    HOME: "003-0002",
    "E23000001": "003-0003",
    "E23000004": "003-0004",
    "E23000005": "003-0005",
    "E23000010": "003-0006",
}
"""Figure of the published rate of the newest edition, by area."""
EARLIER_HOME_RATE = "003-0008"
POPULATION_EDITION, POPULATION_YEAR = "ons_mye_2020", "2019"

NAMES = {
    ENGLAND_AND_WALES: "ENGLAND AND WALES5,6",
    "E23000004": "Merseyside",
    "E23000005": "Greater Manchester7",
    "E23000010": "West Yorkshire",
    HOME: "West Midlands",
    CITY: "City of London8",
    "E23000001": "Metropolitan Police",
}
"""Areas as they are printed, footnote marks and all, in the order of the tables."""
FORCE_NAMES = {area: name.rstrip("0123456789,") for area, name in NAMES.items() if area != ENGLAND_AND_WALES}
"""Forces without footnote marks."""
OPEN_DATA_NAMES = FORCE_NAMES | {CITY: "London, City of"}
CITY_CRIMES = 7_500
BTP_SHARE = 0.011

GROUPS = {
    ("Victim-based crime", "Violence against the person"): 0.31,
    (None, "Homicide"): 0.0001,
    (None, "Robbery"): 0.013,
    (None, "Theft offences"): 0.33,
    (None, "Criminal damage and arson"): 0.09,
    ("Other crimes against society", "Drug offences3"): 0.04,
    (None, "Public order offences"): 0.1,
}
"""Share of all offences by the two header rows above a column; the first of a group bears its name."""
NOTES = (
    ("Source: synthetic figures of this project, no official statistics",),
    ("1. Laid out like the tables of ONS, so that the reader of such tables can be tried.",),
    ("2. '-' indicates that the base number is fewer than 50.",),
    ("3. '+' Rates of London include the City of London.",),
)
OPEN_DATA_HEADER = (
    "Financial Year", "Financial Quarter", "Force Name", "Offence Description", "Offence Group", "Offence Subgroup",
    "Offence Code", "Number of Offences",
)  # fmt: skip
OFFENCES = {
    ("Homicide", "Violence against the person", "Homicide", "1"): 0.0001,
    (
        "Causing death or serious injury by dangerous driving",
        "Violence against the person",
        "Violence with injury",
        "4.4",
    ): 0.0002,
    ("Assault with intent to cause serious harm", "Violence against the person", "Violence with injury", "5D"): 0.008,
    ("Assault with injury", "Violence against the person", "Violence with injury", "8N"): 0.1297,
    ("Assault without injury on a constable", "Violence against the person", "Violence without injury", "104"): 0.002,
    ("Assault without injury", "Violence against the person", "Violence without injury", "105A"): 0.1,
    ("Harassment", "Violence against the person", "Stalking and harassment", "8L"): 0.07,
    ("Rape of a female aged 16 and over", "Sexual offences", "Rape offences", "19C"): 0.008,
    ("Sexual assault on a female aged 13 and over", "Sexual offences", "Other sexual offences", "20A"): 0.02,
    ("Robbery of business property", "Robbery", "Robbery of business property", "34A"): 0.002,
    ("Robbery of personal property", "Robbery", "Robbery of personal property", "34B"): 0.018,
    ("Burglary Residential", "Theft offences", "Domestic burglary", "28E"): 0.06,
    ("Burglary Business and Community", "Theft offences", "Non-domestic burglary", "30C"): 0.02,
    ("Theft from the person", "Theft offences", "Theft from the person", "39"): 0.02,
    ("Theft or unauthorised taking of a pedal cycle", "Theft offences", "Bicycle theft", "44"): 0.015,
    ("Theft from the vehicle", "Theft offences", "Vehicle offences", "45"): 0.07,
    ("Shoplifting", "Theft offences", "Shoplifting", "46"): 0.06,
    ("Theft or unauthorised taking of motor vehicle", "Theft offences", "Vehicle offences", "48"): 0.03,
    ("Other theft", "Theft offences", "Other theft offences", "49"): 0.07,
    ("Making off without payment", "Theft offences", "Other theft offences", "49A"): 0.015,
    ("Arson not endangering life", "Criminal damage and arson", "Arson", "56B"): 0.005,
    ("Criminal damage to a vehicle", "Criminal damage and arson", "Criminal damage", "58C"): 0.09,
    ("Trafficking in controlled drugs", "Drug offences", "Trafficking of drugs", "92A"): 0.008,
    ("Possession of controlled drugs (Cannabis)", "Drug offences", "Possession of drugs", "92E"): 0.03,
    (
        "Possession of article with blade or point",
        "Possession of weapons offences",
        "Possession of weapons offences",
        "10D",
    ): 0.01,
    ("Bigamy", "Miscellaneous crimes", "Miscellaneous crimes", "26"): 0.0,
    ("Other notifiable offences", "Miscellaneous crimes", "Miscellaneous crimes", "99"): 0.019,
    ("Public fear, alarm or distress", "Public order offences", "Public order offences", "9A"): 0.1,
    (
        "Racially or religiously aggravated public fear, alarm or distress",
        "Public order offences",
        "Public order offences",
        "9B",
    ): 0.02,
}
"""Shares of all offences: at least one offence of every group of seed offence_group_measure."""
FRAUD = ("Fraud offences recorded by Action Fraud", "Fraud offences", "Fraud: action fraud", "AF")
FINANCIAL_YEAR = "2019/20"


@dataclass(frozen=True)
class Edition:
    """One issue of the workbook. `title` is how its titles write the end of the year, footnote marks and all."""

    name: str
    title: str
    before: str


EDITIONS = (
    Edition("ons-police-force-area-tables-year-ending-june-2020.xlsx", "June 201,2", "June 2019"),
    Edition("ons-police-force-area-tables-year-ending-september-2020.xlsx", "September 20201,2", "September 2019"),
)


def write(folder: Path, figures: Mapping[str, Figure], seed: int) -> dict[str, int]:
    """Write the workbooks and the open data into `folder`. Returns the number of cells or rows by file name."""
    rng = Generator(np.random.PCG64([seed, crc32(b"official")]))
    people = population()
    years = (_earlier_crime(figures, people, seed), recorded_crime(figures, people))
    written = {}
    for edition, crimes in zip(EDITIONS, years, strict=True):
        written[edition.name] = _write_workbook(folder / edition.name, edition, crimes, people, rng)
    name = "home-office-recorded-crime-open-data-2019-20.csv"
    rows = open_data(figures, seed)
    write_csv(folder / name, OPEN_DATA_HEADER, rows)
    return written | {name: len(rows)}


def population() -> dict[str, int]:
    """Residents of each force area, and of all of them."""
    people: dict[str, int] = {}
    with (DBT_DIR / "seeds" / "reference" / "population.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if (row["edition"], row["year"]) == (POPULATION_EDITION, POPULATION_YEAR):
                for area in (row["force_area_code"], ENGLAND_AND_WALES):
                    people[area] = people.get(area, 0) + int(row["population"])
    return people


def recorded_crime(figures: Mapping[str, Figure], people: Mapping[str, int]) -> dict[str, int]:
    """Offences of each area in the twelve months of the newest edition."""
    crimes = {area: round(figures[figure].value * people[area] / 1000) for area, figure in RATES.items()}
    return crimes | {CITY: CITY_CRIMES}


def _earlier_crime(figures: Mapping[str, Figure], people: Mapping[str, int], seed: int) -> dict[str, int]:
    """Offences of each area in the twelve months of the older edition, and in the financial year of the open data."""
    rng = Generator(np.random.PCG64([seed, crc32(b"earlier_crime")]))
    crimes = {
        area: round(count * float(rng.uniform(0.98, 1.02))) for area, count in recorded_crime(figures, people).items()
    }
    return crimes | {HOME: round(figures[EARLIER_HOME_RATE].value * people[HOME] / 1000)}


def _write_workbook(
    path: Path, edition: Edition, crimes: dict[str, int], people: dict[str, int], rng: Generator
) -> int:
    counts = {area: _parts(crimes[area]) for area in NAMES}
    counts["BTP"] = _parts(round(BTP_SHARE * crimes[ENGLAND_AND_WALES]))
    names = {**NAMES, "BTP": "British Transport Police"}
    changes: dict[str, list[Any]] = {
        area: [float(rng.uniform(-12, 12)) if count >= 50 else "-" for count in numbers]
        for area, numbers in counts.items()
    }
    rates: dict[str, list[Any]] = {
        area: ["+" if area == CITY else 1000 * count / people[area] for count in counts[area]] for area in NAMES
    }
    residents = {area: [round(people[area], -2)] for area in NAMES}
    subject = "Police recorded crime by offence group and police force area, English regions and Wales"
    tables = {
        "Table P1": _table(
            f"Table P1:  {subject}, number of offences, year ending {edition.title}", "Numbers", counts, names
        ),
        "Table P2": _table(
            f"Table P2:  {subject}, percentage change, year ending {edition.before} compared with year ending {edition.title}",
            "Percentage change2", changes, names,
        ),
        "Table P3 ": _table(
            f"Table P3:  {subject}, rate of offences, year ending {edition.title}", "Rate per 1,000 population",
            rates, names, residents,
        ),
    }  # fmt: skip
    write_sheets(
        path, {"Notes": [("Synthetic figures, laid out like Crime in England & Wales - PFA tables",)], **tables}
    )
    return len(counts) * len(counts["BTP"]) * 2 + len(rates) * (len(counts["BTP"]) + 1)


def _parts(total: int) -> list[int]:
    """The total and the groups shown of it, and a rest that is not shown."""
    shares = [*GROUPS.values(), 1 - sum(GROUPS.values())]
    return [total, *map(int, apportion(total, shares)[:-1])]


def _table(
    title: str,
    unit: str,
    cells: Mapping[str, list[Any]],
    names: Mapping[str, str],
    before: Mapping[str, list[Any]] | None = None,
) -> list[tuple[Any, ...]]:
    """A table with two header rows and a unit row, blank columns between its groups, and notes below."""
    heads = ["Area Code", "Area Name", *(["Population figures\n (mid-2019)4  rounded to 100"] if before else [])]
    groups: list[str | None] = [*[None] * len(heads), "Total recorded crime\n (excluding fraud3)"]
    labels: list[str | None] = [*heads, None]
    blanks = []
    for group, label in GROUPS:
        if group:
            blanks.append(len(labels))
            groups.append(None)
            labels.append(None)
        groups.append(group)
        labels.append(label)
    units = (*[None] * len(heads), unit)
    rows: list[tuple[Any, ...]] = [(title,), (), ("England and Wales",), tuple(groups), tuple(labels), units]
    for area, values in cells.items():
        row: list[Any] = [None if area == "BTP" else area, names[area], *(before[area] if before else []), *values]
        for place in blanks:
            row.insert(place, None)
        rows.append(tuple(row))
        if area == ENGLAND_AND_WALES:
            rows.append(())
    return rows + list(NOTES)


def open_data(figures: Mapping[str, Figure], seed: int) -> list[Row]:
    """Offences by force, quarter and code. Spaces around the numbers and -00 for zero are the publisher's own.

    The last row is of no quarter, and is set aside when it is read.
    """
    rng = Generator(np.random.PCG64([seed, crc32(b"open_data")]))
    crimes = _earlier_crime(figures, population(), seed)
    forces = {name: crimes[area] for area, name in OPEN_DATA_NAMES.items()}
    forces["British Transport Police"] = round(BTP_SHARE * crimes[ENGLAND_AND_WALES])
    rows: list[Row] = []
    for quarter in range(1, 5):
        fraud = int(rng.integers(60_000, 90_000))
        rows.append([FINANCIAL_YEAR, quarter, "Action Fraud", *FRAUD, f" {fraud} "])
        for force in sorted(forces):
            total = round(forces[force] / 4 * float(rng.uniform(0.95, 1.05)))
            for offence, count in zip(OFFENCES, apportion(total, OFFENCES.values()), strict=True):
                # an offence of an earlier quarter that turned out to be another one
                is_negative = (quarter, force, offence[0]) == (2, "West Yorkshire", "Bigamy")
                shown = -1 if is_negative else int(count)
                rows.append([FINANCIAL_YEAR, quarter, force, *offence, f" {shown} " if shown else "-00 "])
    rows.append([FINANCIAL_YEAR, "all quarters", *rows[-1][2:]])
    return rows
