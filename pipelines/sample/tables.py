"""Synthetic tables by force, laid out as the Home Office and ONS lay them out: workforce, use of force, partnerships.

Officers of the home force are as many as the documents print, and the partnerships of a force make up the crimes that
the sample's other workbooks give it; every other number is made up. Rows and columns add up.
"""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias
from zlib import crc32

import numpy as np

from pipelines.sample.draw import Generator, Ints, apportion
from pipelines.sample.official import CITY, FORCE_NAMES, HOME, OPEN_DATA_NAMES, population, recorded_crime
from pipelines.sample.published import Figure
from pipelines.sample.rows import write_csv
from pipelines.sample.workbook import write_sheets
from pipelines.settings import DBT_DIR

Tree: TypeAlias = "Mapping[str, float | Tree]"
"""Shares by name; what has parts has the shares of its parts instead."""
Rows: TypeAlias = list[tuple[Any, ...]]
Values: TypeAlias = list[Any]
"""Numbers, or markers in the place of them."""

WHOLE = "England and Wales"
REGIONS = {
    "North West": ("E23000004", "E23000005"),
    "Yorkshire and the Humber": ("E23000010",),
    "West Midlands": (HOME,),
    "London": (CITY, "E23000001"),
}
SHORT_NAMES = {area: name.removesuffix(" Police") for area, name in FORCE_NAMES.items()}
NOT_AVAILABLE, NO_BASE, UNKNOWN = "..", "*", "[x]"

HOME_OFFICERS = "003-0564"
"""Figure of the home force's officers, on the first of the days."""
DAYS = (dt.date(2020, 3, 31), dt.date(2020, 9, 30), dt.date(2021, 3, 31))


@dataclass(frozen=True)
class Workers:
    """A kind of worker, the number of its table, and how many there are for every 1,000 residents. `marks` are of the title."""

    number: int
    kind: str
    unit: str
    per_1000: float
    marks: str = ""


UNITS = {"FTE": "Full-time equivalents", "headcount": "Headcount"}
WORKERS = (
    Workers(1, "Police officers", "FTE", 2.3),
    Workers(2, "Police staff", "FTE", 1.1, "1"),
    Workers(3, "Designated officers (s.38, s.391)", "FTE", 0.08, "2"),
    Workers(5, "Police community support officers", "FTE", 0.16),
    Workers(12, "Special constables", "headcount", 0.15, "1"),
)
OFFICERS, DESIGNATED = 1, 3
WITHOUT_DESIGNATED, NEWLY_DESIGNATED = (HOME, CITY), "E23000004"
"""Forces that do not tell them from other staff, and one that has them only on the last day."""
SECONDED = "Central Service Secondments"
NOT_OF_A_FORCE = {SECONDED: 0.003, "British Transport Police": 0.04}
"""How many for each of a force; those seconded are officers only."""

ETHNICITIES = {
    "White": 0.6, "Black (or Black British)": 0.19, "Asian (or Asian British)": 0.12, "Chinese": 0.003, "Mixed": 0.03,
    "Other": 0.025, "Don't know": 0.03, "Not reported": 0.002,
}  # fmt: skip
TACTICS: Tree = {
    "*Total Restraint": {
        "Handcuffing, of which": {
            "Compliant handcuffing": 0.28, "Non-compliant handcuffing": 0.18, "Not stated handcuffing": 0.016,
        },
        "Limb / Body restraints": 0.047,
        "Ground restraint": 0.11,
    },
    "*Total Unarmed skills": 0.23,
    "*Total Other equipment": {
        "Baton, of which": {"Baton drawn": 0.0065, "Baton used": 0.0037, "Not stated baton": 0.0004},
        "Irritant spray, of which": {
            "Irritant spray - drawn": 0.012, "Irritant spray - used": 0.015, "Not stated irritant spray": 0.0007,
        },
        "Spit and bite guard": 0.0077,
        "Shield": 0.0015,
    },
    "*Total Less lethal weapons": {
        "CED": 0.035,
        "AEP, of which": {"AEP aimed": 0.001, "AEP fired": 0.0001, "Not stated AEP": 0.0001},
    },
    "*Total Firearms": 0.007,
    "*Total Other": {
        "Dog use, of which": {"Dog deployed": 0.0025, "Dog bite": 0.001, "Not stated dog": 0.0001},
        "Other / improvised": 0.04,
    },
}  # fmt: skip
NOT_IN_TOTAL: Tree = {"*Total Not reported": 0.003, "Tactical communication": 0.32}
TACTICS_PER_1000, INCIDENTS_PER_TACTIC = 11, 0.68
DEVICE_USES: Tree = {
    "Total": {
        "Total non-discharge": {"Drawn ": 0.24, "Aimed": 0.09, "Red-dot": 0.51, "Arced": 0.007},
        "Total discharge": {"Drive stun": 0.002, "Fired": 0.11, "Angled drive stun": 0.002},
        "Not stated": 0.039,
    }
}
DEVICE_YEARS = {"2019/20": 0.85, "2020/21": 1.0}
"""Uses of conducted energy devices for each in the last year, which the table of tactics gives too."""
REVISED = ("2019/20", "E23000010")

PARTNERSHIP_HEADS = (
    "Police Force\nArea code", "Police Force\nArea name", "Community Safety\nPartnership code",
    "Community Safety\nPartnership name", "Local Authority code", "Local Authority name",
)  # fmt: skip
OFFENCES: Tree = {
    "Total recorded crime\n (excluding fraud)": {
        "Violence against the person": {
            "Homicide": 0.0001, "Death or serious injury caused by illegal driving": 0.0002,
            "Violence with injury": 0.09, "Violence without injury": 0.13, "Stalking and harassment": 0.09,
        },
        "Sexual offences": 0.03,
        "Robbery": 0.013,
        "Theft offences": {
            "Burglary": {"Residential burglary": 0.05, "Non-residential burglary": 0.02},
            "Vehicle offences": 0.08, "Theft from the person": 0.015, "Bicycle theft": 0.014, "Shoplifting": 0.055,
            "All other theft offences": 0.095,
        },
        "Criminal damage and arson": 0.09,
        "Drug offences": 0.04,
        "Possession of weapons offences": 0.01,
        "Public order offences": 0.1,
        "Miscellaneous crimes against society": 0.02,
    }
}  # fmt: skip
UNAVAILABLE = ("E23000010", "Stalking and harassment")
COMBINED = ("Calderdale", "Kirklees")
"""Two authorities with one partnership."""
UNASSIGNED_WEIGHT = 0.02

NOTICE = "Synthetic figures of this project, no official statistics"


@dataclass(frozen=True)
class Table:
    """One table and what the workbook's list of tables says of it; `cells` is how many stand below its header."""

    number: int
    subject: str
    period: str
    rows: Rows
    cells: int


def write(folder: Path, figures: Mapping[str, Figure], seed: int) -> dict[str, int]:
    """Write the tables into `folder`. Returns the number of cells below their headers by file name."""
    rng = Generator(np.random.PCG64([seed, crc32(b"tables")]))
    people = population()
    written = {}
    for name, contents, tables in (
        ("home-office-police-workforce-tables-march-2021.xlsx", "Index", _workforce(rng, people, figures)),
        ("home-office-use-of-force-tables-april-2020-to-march-2021.xlsx", "Contents", _use_of_force(rng, people)),
    ):
        listed = [(NOTICE,), (), ("Table", "Title", "Period covered")]
        listed += [(str(table.number), table.subject, table.period) for table in tables]
        write_sheets(folder / name, {contents: listed, **{f"Table_{table.number}": table.rows for table in tables}})
        written[name] = sum(table.cells for table in tables)
    name = "ons-community-safety-partnership-tables-year-ending-september-2020.csv"
    top, rows = _partnerships(rng, recorded_crime(figures, people))
    title, *below = top + rows
    write_csv(folder / name, title, [list(row) for row in below])
    return written | {name: len(rows) * (len(rows[0]) - len(PARTNERSHIP_HEADS))}


def _workforce(rng: Generator, people: Mapping[str, int], figures: Mapping[str, Figure]) -> list[Table]:
    """Tables of workers by region and force on three days, with the changes between them."""
    tables = []
    for workers in WORKERS:
        counts = {area: _counts(rng, workers, people[area]) for area in OPEN_DATA_NAMES}
        if workers.number == OFFICERS:
            scale = figures[HOME_OFFICERS].value / counts[HOME][0]
            counts[HOME] = [round(scale * number, 2) for number in counts[HOME]]
        if workers.number == DESIGNATED:
            counts |= {area: [NOT_AVAILABLE] * len(DAYS) for area in WITHOUT_DESIGNATED}
            counts[NEWLY_DESIGNATED][:-1] = [0, 0]
        forces = _total(counts.values())
        body: list[tuple[str, Values]] = []
        for region, areas in REGIONS.items():
            body.append((f"{region} ", _total(counts[area] for area in areas)))
            body += [(OPEN_DATA_NAMES[area], counts[area]) for area in areas]
        body.append((f"Total {len(counts)} forces", forces))
        others = {name: [round(share * number) for number in forces] for name, share in NOT_OF_A_FORCE.items()}
        if workers.number != OFFICERS:
            del others[SECONDED]
        body += [*others.items(), ("Total", _total([forces, *others.values()]))]
        tables.append(_workforce_table(workers, body))
    return tables


def _counts(rng: Generator, workers: Workers, people: int) -> Values:
    digits = 2 if workers.unit == "FTE" else 0
    last = people / 1000 * workers.per_1000 * float(rng.uniform(0.9, 1.1))
    return [round(last * share, digits) for share in (*map(float, rng.uniform(0.97, 1.02, len(DAYS) - 1)), 1)]


def _total(rows: Iterable[Values]) -> Values:
    """The sum of each column; what is not available is not in it."""
    columns = ([value for value in column if value != NOT_AVAILABLE] for column in zip(*rows, strict=True))
    return [sum(known) if known else NOT_AVAILABLE for known in columns]


def _change(before: Any, after: Any) -> Values:
    """Number and percentage."""
    if NOT_AVAILABLE in (before, after):
        return [NOT_AVAILABLE, NOT_AVAILABLE]
    return [after - before, 100 * (after - before) / before if before else NO_BASE]


def _workforce_table(workers: Workers, body: list[tuple[str, Values]]) -> Table:
    first, middle, last = DAYS
    days = " and ".join(f"{day.day} {day:%B %Y}" for day in DAYS).replace(" and ", ", ", 1)
    subject = f"{workers.kind} by police force area, England and Wales"
    changes = [f"Change in {n} months\n{day:%b-%y} to {last:%b-%y}" for n, day in ((12, first), (6, middle))]
    rows: Rows = [
        (f"Table {workers.number}: {subject}, {days}{workers.marks} ({workers.unit})",),
        (),
        ("England and Wales", *[None] * 6, UNITS[workers.unit]),
        (None, "As at:", None, None, changes[0], None, changes[1]),
        (),
        (None, *DAYS, "number", "%", "number", "%"),
        *((name, *counts, *_change(counts[0], counts[2]), *_change(counts[1], counts[2])) for name, counts in body),
        (),
        ("Notes",),
        (f"'{NOT_AVAILABLE}' Denotes data not available",),
        (f"1. {NOTICE}.",),
    ]
    return Table(workers.number, f"{subject} ({workers.unit})", f"{first:%B %Y} to {last:%B %Y}", rows, 7 * len(body))


def _use_of_force(rng: Generator, people: Mapping[str, int]) -> list[Table]:
    """Incidents, uses of devices and tactics by perceived ethnicity. Forces add up to regions and to the whole."""
    used: dict[str, dict[str, Ints]] = {}
    for area in FORCE_NAMES:
        reports = round(people[area] / 1000 * TACTICS_PER_1000 * float(rng.uniform(0.6, 1.4)))
        tree = {"all": TACTICS, **NOT_IN_TOTAL}
        used[area] = {name: _shared(rng, n, ETHNICITIES.values()) for name, n in _apportioned(reports, tree).items()}
    tactics = {area: _tactics(counts) for area, counts in used.items()}
    incidents = {area: [round(INCIDENTS_PER_TACTIC * int(tactics[area][0][2].sum()))] for area in FORCE_NAMES}
    devices: dict[str, dict[str, Values]] = {}
    for year, share in DEVICE_YEARS.items():
        devices[year] = {}
        for area, counts in used.items():
            uses = _apportioned(round(share * int(counts["CED"].sum())), DEVICE_USES)
            devices[year][area] = [int(count) for _, count in _lines(DEVICE_USES, uses)]
    return [_incident_table(12, incidents), _device_table(13, devices), _tactic_table(16, tactics)]


def _tactics(counts: Mapping[str, Ints]) -> list[tuple[str, str, Ints]]:
    """Group, tactic and its counts by ethnicity, in the order of the table."""
    (_, total), *_ = _lines({"all": TACTICS}, counts)
    named = [
        (group.removeprefix("*Total "), name, count)
        for group, part in {**TACTICS, **NOT_IN_TOTAL}.items()
        for name, count in _lines({group: part}, counts)
    ]
    return [("Total (excluding not reported and tactical communication)", "*Total Tactics", total), *named]


def _by_region(counts: Mapping[str, Values], mark: str) -> list[tuple[str, str, Values]]:
    """Region, area and counts: the whole, then each region and its forces."""
    rows = [(WHOLE, f"{mark}Total {WHOLE}", _total(counts.values()))]
    for region, areas in REGIONS.items():
        rows.append((region, f"{mark}Total {region} ", _total(counts[area] for area in areas)))
        rows += [(region, SHORT_NAMES[area], counts[area]) for area in areas]
    return rows


def _incident_table(number: int, incidents: Mapping[str, Values]) -> Table:
    body = [(region, name, *counts) for region, name, counts in _by_region(incidents, "")]
    return _force_table(number, "Incidents by police force", "", [("Region", "Police force", "Total")], body, 2)


def _device_table(number: int, devices: Mapping[str, Mapping[str, Values]]) -> Table:
    body: Rows = []
    for year, counts in devices.items():
        for region, name, values in _by_region(counts, "*"):
            is_revised = (year, name) == (REVISED[0], SHORT_NAMES[REVISED[1]])
            body.append((year, region, f"{name} (R)" if is_revised else name, *values))
    header: Rows = [("Financial year", "Region", "Police force", *_names(DEVICE_USES))]
    subject = "Use of CED by type and police force"
    return _force_table(number, subject, ": 1 April 2019 to 31 March 2021", header, body, 3)


def _tactic_table(number: int, tactics: Mapping[str, list[tuple[str, str, Ints]]]) -> Table:
    every = [
        (group, name, np.sum([counts[place][2] for counts in tactics.values()], axis=0))
        for place, (group, name, _) in enumerate(tactics[HOME])
    ]
    forces = sorted((SHORT_NAMES[area], rows) for area, rows in tactics.items())
    body: Rows = [
        (name, group, tactic, *map(int, counts), int(counts.sum()))
        for name, rows in [(f"Total {WHOLE}", every), *forces]
        for group, tactic, counts in rows
    ]
    header: Rows = [
        ("Total number of incidents involving group", None, None, "Perceived ethnicity"),
        ("Police force", "Type of force", "Tactic", *ETHNICITIES, "Number of times tactic reported"),
    ]
    subject = "Number of times tactics were used, by police force and officer perceived ethnicity of subject"
    return _force_table(number, subject, "", header, body, 3)


def _force_table(number: int, subject: str, period: str, header: Rows, body: Rows, heads: int) -> Table:
    """A table without period in its title has it in the list of tables alone. `heads` columns tell what a row is of."""
    rows = [(f"Table {number}. {subject}{period}",), ("Contents",), (), *header, *body, (), ("Notes",), (NOTICE,)]
    listed = period.removeprefix(": ") or "Year ending 31 March 2021"
    return Table(number, subject, listed, rows, len(body) * (len(header[-1]) - heads))


def _partnerships(rng: Generator, crimes: Mapping[str, int]) -> tuple[Rows, Rows]:
    """What stands above the rows, and the rows: each force, and below it its partnerships and what is of none."""
    labels = _names(OFFENCES)
    width = len(PARTNERSHIP_HEADS) + len(labels)
    above = (
        "Table C2: Number of police recorded crimes for headline offences by Community Safety Partnership area, "
        "England and Wales, year ending September 2020 [note 1][note 2]",
        NOTICE,
        "This worksheet contains one table. Some cells refer to notes which can be found on the notes worksheet.",
        f"Some shorthand is used in this table.  {UNKNOWN} indicates data are unavailable.",
        "Link to Table of contents",
        "Source: synthetic figures",
    )
    top: Rows = [(line, *[""] * (width - 1)) for line in above] + [(*PARTNERSHIP_HEADS, *labels)]
    body: Rows = []
    authorities = _authorities()
    for area in sorted(FORCE_NAMES, key=FORCE_NAMES.__getitem__):
        force = FORCE_NAMES[area]
        places = _places(force, authorities[area])
        weights = [*map(float, rng.uniform(0.6, 1.6, len(places) - 1)), UNASSIGNED_WEIGHT]
        counts = {name: _shared(rng, n, weights) for name, n in _apportioned(crimes[area], OFFENCES).items()}
        cells = [
            [UNKNOWN] * (len(places) + 1)
            if (area, name) == UNAVAILABLE
            else [f"{count:,} " for count in (int(numbers.sum()), *map(int, numbers))]
            for name, numbers in _lines(OFFENCES, counts)
        ]
        heads: Rows = [(area, f"{force} ", "", "", "", ""), *((area, force, *place) for place in places)]
        body += [(*head, *row) for head, row in zip(heads, zip(*cells, strict=True), strict=True)]
    return top, body


def _authorities() -> dict[str, list[tuple[str, str]]]:
    """Code and name of the local authorities of today, by police force area."""
    found: dict[str, list[tuple[str, str]]] = {}
    with (DBT_DIR / "seeds" / "reference" / "local_authority.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if not row["valid_to"]:
                found.setdefault(row["force_area_code"], []).append((row["lad_code"], row["lad_name"]))
    return found


def _places(force: str, authorities: Sequence[tuple[str, str]]) -> list[tuple[str, str, str, str]]:
    """Code and name of each partnership and of its authority. Partnerships are made up, as their names say."""
    single = [(code, name, code, name) for code, name in authorities if name not in COMBINED]
    combined = [code for code, name in authorities if name in COMBINED][:1]
    shared = [(code, " and ".join(COMBINED), "Combined Local Authorities", "") for code in combined]
    partnerships = sorted(
        (f"E229{code[-5:]}", f"{name} Sample Partnership", lad_code, lad_name)
        for code, name, lad_code, lad_name in single + shared
    )
    return [*partnerships, ("", f"Unassigned {force}", "", "")]


def _leaves(tree: Tree) -> dict[str, float]:
    leaves: dict[str, float] = {}
    for name, part in tree.items():
        leaves |= _leaves(part) if isinstance(part, Mapping) else {name: part}
    return leaves


def _names(tree: Tree) -> list[str]:
    """All names, those of parts after that of the whole."""
    return [name for name, _ in _lines(tree, dict.fromkeys(_leaves(tree), 0))]


def _lines(tree: Tree, counts: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """All names with their counts, given those of the leaves."""
    for name, part in tree.items():
        if isinstance(part, Mapping):
            yield name, sum(counts[leaf] for leaf in _leaves(part))
            yield from _lines(part, counts)
        else:
            yield name, counts[name]


def _apportioned(total: int, tree: Tree) -> dict[str, int]:
    """The total shared out to the leaves."""
    leaves = _leaves(tree)
    return dict(zip(leaves, map(int, apportion(total, leaves.values())), strict=True))


def _shared(rng: Generator, total: int, weights: Iterable[float]) -> Ints:
    """The total shared out roughly by the weights."""
    return apportion(total, [weight * float(rng.uniform(0.8, 1.2)) for weight in weights])
