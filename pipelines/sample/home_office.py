"""Synthetic open data of the Home Office: outcomes of crimes, stop and search, and workforce.

They tell the same story as the rest of the sample. Outcomes add up to the recorded crime open data; searches are as
many, in total and by ethnic group, as the sample's records of searches; the officers of the home force are as
published. Every other number is made up.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

import numpy as np

from pipelines.sample import official
from pipelines.sample.definition import Definition, Searches, load_definition
from pipelines.sample.draw import Generator, apportion
from pipelines.sample.published import Figure
from pipelines.sample.rows import Row, write_csv
from pipelines.sample.searches import ethnic_counts
from pipelines.sample.seeds import ForceSeed, read_seeds
from pipelines.settings import SEEDS_DIR

NOT_AVAILABLE = "NA"

OUTCOME_HEADER = (
    "financial_year", "financial_quarter", "force_name", "offence_description", "offence_group", "offence_subgroup",
    "offence_code", "offence_code_expired", "outcome_description", "outcome_group", "outcome_type", "offences",
    "force_outcomes_recorded_in_quarter",
)  # fmt: skip
FORMAL, INFORMAL = "Out-of-court (formal)", "Out-of-court (informal)"
PREVENTED = "Prosecution prevented or not in the public interest"
DIFFICULT, WITHOUT_VICTIM = "Evidential difficulties", "(victim does not support action)"
TRANSFERRED = "Responsibility for further investigation transferred to another body"
NOT_IN_INTEREST = "Further investigation to support formal action not in the public interest – police decision"
NOT_YET = "Not yet assigned an outcome"
OUTCOMES: tuple[tuple[str, str, str, float, float], ...] = (
    ("1", "Charged/Summonsed", "Charged/Summonsed", 0.11, 0.055),
    ("2", "Caution – youths", FORMAL, 0.006, 0.001),
    ("3", "Caution – adults", FORMAL, 0.022, 0.003),
    ("4", "Taken into consideration", "Taken into consideration", 0, 0.004),
    ("5", "Offender died", PREVENTED, 0.0005, 0.0002),
    ("6", "Penalty Notices for Disorder", FORMAL, 0.004, 0.001),
    ("7", "Cannabis/Khat Warning", INFORMAL, 0, 0),
    ("8", "Community Resolution", INFORMAL, 0.035, 0.01),
    ("9", "Not in public interest (CPS)", PREVENTED, 0.0008, 0.0002),
    ("10", "Not in public interest (Police)", PREVENTED, 0.012, 0.002),
    ("11", "Prosecution prevented: suspect under age", PREVENTED, 0.004, 0.0003),
    ("12", "Prosecution prevented: suspect too ill", PREVENTED, 0.005, 0.0005),
    ("13", "Prosecution prevented: victim/key witness dead/too ill", PREVENTED, 0.001, 0.0003),
    ("14", f"{DIFFICULT}: suspect not identified; victim does not support further action",
     f"{DIFFICULT} {WITHOUT_VICTIM}", 0.09, 0.012),
    ("15", f"{DIFFICULT}: suspect identified; victim supports action",
     f"{DIFFICULT} (suspect identified; victim supports action)", 0.17, 0.045),
    ("16", f"{DIFFICULT}: suspect identified; victim does not support further action",
     f"{DIFFICULT} {WITHOUT_VICTIM}", 0.37, 0.04),
    ("17", "Prosecution time limit expired", PREVENTED, 0.005, 0.0005),
    ("18", "Investigation complete – no suspect identified", "Investigation complete – no suspect identified", 0.09, 0.8),
    ("20", TRANSFERRED, TRANSFERRED, 0.015, 0.004),
    ("21", NOT_IN_INTEREST, NOT_IN_INTEREST, 0.015, 0.006),
    ("0", NOT_YET, NOT_YET, 0.0447, 0.015),
)  # fmt: skip
"""Type, description, group, and the shares of offences against people and against property."""
PROPERTY = ("Theft offences", "Robbery")

SEARCH_HEADER = (
    "year_ending", "force_name", "legislation", "reason_for_search_arrest", "ethnic_group_self_defined",
    "ethnicity_self_defined", "searches", "resultant_arrests", "weapons_arrests_s60_only", "other_arrests_s60_only",
    "persons_found_to_be_carrying_a_weapon_s60_only",
)  # fmt: skip
SEARCH_YEARS = (2018, 2019)
PACE = "Section 1 (PACE)"
REASONS: dict[tuple[str, str], tuple[float, float]] = {
    (PACE, "Criminal Damage"): (0.008, 0.012),
    (PACE, "Drugs"): (0.53, 0.4),
    (PACE, "Firearms"): (0.025, 0.03),
    (PACE, "Going Equipped"): (0.115, 0.07),
    (PACE, "Offensive Weapons"): (0.165, 0.18),
    (PACE, "Other"): (0.007, 0.13),
    (PACE, "Stolen Property"): (0.11, 0.16),
    ("Section 60 (CJPOA)", "Anticipation of violence"): (0.04, 0.018),
    ("Section 44/47a (TACT)", "Prevent acts of terrorism"): (0, 0),
}
"""Shares of searches and of arrests: an arrest stands under its own reason, so some have more arrests than searches."""
BLACK, ASIAN = "Black or Black British", "Asian or Asian British"
ETHNICITIES: dict[str, dict[tuple[str, str], float]] = {
    "Asian": {
        (ASIAN, "Bangladeshi or British Bangladeshi"): 0.06, (ASIAN, "Indian or British Indian"): 0.19,
        (ASIAN, "Other Asian or Asian British"): 0.15, (ASIAN, "Pakistani or British Pakistani"): 0.6,
    },
    "Black": {
        (BLACK, f"{BLACK} African"): 0.38, (BLACK, f"{BLACK} Caribbean"): 0.47, (BLACK, f"Other {BLACK}"): 0.15,
    },
    "Other": {("Chinese or Other Ethnic Group", "Chinese"): 0.08, ("Chinese or Other Ethnic Group", "Other"): 0.92},
    "Mixed": {
        ("Mixed", "Mixed White and Asian"): 0.12, ("Mixed", "Mixed White and Black African"): 0.14,
        ("Mixed", "Mixed White and Black Caribbean"): 0.55, ("Mixed", "Other Mixed"): 0.19,
    },
    "Not stated": {("Not stated", "Not Stated"): 1},
    "White": {("White", "Other White"): 0.15, ("White", "White British"): 0.835, ("White", "White Irish"): 0.015},
    "Vehicle only": {("Vehicle only", "Vehicle only"): 1},
}  # fmt: skip
"""Groups as they are printed, by the groups of the search records."""

WORKFORCE_HEADER = (
    "date", "geo_code", "force_name", "region", "sex", "rank_description", "worker_type", "total_headcount", "total_fte",
)  # fmt: skip
OFFICERS_FIGURE, OFFICERS_YEAR = "003-0564", 2020
"""Officers of the home force, and the year to which the warehouse links the number."""
WORKFORCE_YEARS = (2019, 2020, 2021)
MORE_SEXES_FROM = 2021
OFFICERS = {"merseyside": 3_500, "greater-manchester": 6_600, "west-yorkshire": 5_300, "metropolitan": 31_500}
"""Full-time equivalents of the other forces, about."""
REGIONS = {
    "west-midlands": "West Midlands", "merseyside": "North West", "greater-manchester": "North West",
    "west-yorkshire": "Yorkshire and the Humber", "metropolitan": "London",
}  # fmt: skip
SEXES = ("Female", "Male", "Not stated", "Prefer not to say", "Prefer to self-describe")
"""The last three stand in the file since MORE_SEXES_FROM; nobody is counted under them here."""


@dataclass(frozen=True)
class Workers:
    """A kind of worker: heads for each officer, share of women, full-time equivalents of a woman and of a man."""

    kind: str
    ranks: Mapping[str, float]
    per_officer: float
    women: float
    full_time: tuple[float, float]


OFFICER_RANKS = {
    "Chief Inspector": 0.012, "Chief Officer": 0.001, "Chief Superintendent": 0.003, "Constable": 0.784,
    "Inspector": 0.045, "Sergeant": 0.148, "Superintendent": 0.007,
}  # fmt: skip
DESIGNATED_ROLES = {
    "Designated Detention Officer (S.38)": 1, "Designated Detention Officer (S.39)": 0,
    "Designated Escort Officer (S.38)": 0, "Designated Escort Officer (S.39)": 0,
    "Designated Investigation Officer (S.38)": 0,
}  # fmt: skip
WORKERS = (
    Workers("police officer", OFFICER_RANKS, 1, 0.32, (0.94, 0.997)),
    Workers("police community support officer", {"Community Support Officer": 1}, 0.075, 0.48, (0.93, 0.99)),
    Workers("designated officer", DESIGNATED_ROLES, 0.03, 0.5, (0.93, 0.99)),
    Workers("police staff", {"Police Staff": 1}, 0.56, 0.61, (0.9, 0.98)),
    Workers("police support volunteer", {"Police Support Volunteer": 1}, 0.025, 0.42, (0, 0)),
    Workers("special constable", {"Special Constable": 1}, 0.04, 0.22, (0, 0)),
)


@dataclass(frozen=True)
class Force:
    """A force of the sample: its code, its name as the Home Office spells it, and its searches."""

    slug: str
    code: str
    name: str
    searches: Searches
    seed: ForceSeed


def write(folder: Path, figures: Mapping[str, Figure], seed: int) -> dict[str, int]:
    """Write the files into `folder`. Returns the number of rows by file name, one of the outcomes' a bad one."""
    rng = Generator(np.random.PCG64([seed, crc32(b"home_office")]))
    definition = load_definition()
    forces = _forces(definition)
    arrest_share = definition.search_outcomes["Arrest"] / sum(definition.search_outcomes.values())
    files = {
        "home-office-crime-outcomes-open-data-2019-20.csv": (
            OUTCOME_HEADER,
            _outcomes(rng, {force.name for force in forces}, official.open_data(figures, seed)),
        ),
        "home-office-stop-search-open-data-2018-19-to-2019-20.csv": (
            SEARCH_HEADER,
            [row for year in SEARCH_YEARS for force in forces for row in _searches(rng, force, year, arrest_share)],
        ),
        "home-office-workforce-open-data-2019-to-2021.csv": (
            WORKFORCE_HEADER,
            [
                row
                for year in WORKFORCE_YEARS
                for force in forces
                for row in _workforce(rng, force, year, _officers(rng, force, year, figures))
            ],
        ),
    }
    for name, (header, rows) in files.items():
        write_csv(folder / name, header, rows)
    return {name: len(rows) for name, (_, rows) in files.items()}


def _forces(definition: Definition) -> list[Force]:
    """The forces of the sample's records, in the order of their names."""
    seeds = read_seeds(SEEDS_DIR, definition)
    with (SEEDS_DIR / "reference" / "force.csv").open(encoding="utf-8", newline="") as file:
        known = {row["force"]: row for row in csv.DictReader(file)}
    forces = [
        Force(slug, known[slug]["area_code"], known[slug]["force_name"], part.searches, seeds[slug])
        for slug, part in definition.forces.items()
    ]
    return sorted(forces, key=lambda force: force.name)


def _outcomes(rng: Generator, forces: set[str], recorded: list[Row]) -> list[Row]:
    """Outcomes of the recorded offences, of which every one has one, and outcomes given in the same quarter.

    Counts below zero take back offences of earlier quarters. The publisher's last row holds nothing, and is set aside
    when it is read.
    """
    rows: list[Row] = []
    for year, quarter, force, offence, group, subgroup, code, printed in recorded:
        if force not in forces or not isinstance(quarter, int):
            continue
        offences = int(str(printed))
        shares = [thing if group in PROPERTY else person for _, _, _, person, thing in OUTCOMES]
        counts = np.sign(offences) * apportion(abs(offences), shares)
        for (kind, description, outcome_group, *_), count in zip(OUTCOMES, counts.tolist(), strict=True):
            given = NOT_AVAILABLE if description == NOT_YET else round(count * float(rng.uniform(0.95, 1.05)))
            rows.append([
                year, quarter, force, offence, group, subgroup, code, NOT_AVAILABLE, description, outcome_group, kind,
                count, given,
            ])  # fmt: skip
    return [*rows, [NOT_AVAILABLE] * len(OUTCOME_HEADER)]


def _searches(rng: Generator, force: Force, year: int, arrest_share: float) -> list[Row]:
    """Searches of a force and financial year: as many of each group as its search records have.

    Arrests are about as many as there: `arrest_share` is of the searches with a positive outcome.
    """
    part = force.searches
    total = part.per_year[year]
    groups = ethnic_counts(part, force.seed, year, total)
    groups["Vehicle only"] = round(part.vehicle_only * total)
    groups["Not stated"] += groups.pop("Empty") - groups["Vehicle only"]
    positive = total * (1 - part.outcome_empty) * force.seed.positive_pct.get(year, part.positive_pct) / 100
    ethnicities, counts = [], []
    for group, shares in ETHNICITIES.items():
        ethnicities += list(shares)
        counts += apportion(groups[group], shares.values()).tolist()
    of_searches, of_arrests = np.array(list(REASONS.values())).T
    searches = np.array([rng.multinomial(count, of_searches / of_searches.sum()) for count in counts])
    weights = np.outer(counts, of_arrests).ravel()
    arrests = rng.multinomial(round(positive * arrest_share), weights / weights.sum()).reshape(searches.shape)
    return [
        [f"{year + 1}-03-31", force.name, law, reason, *ethnicity, *map(_shown, (searches[i, j], arrests[i, j])),
         *[NOT_AVAILABLE] * 3]
        for j, (law, reason) in enumerate(REASONS)
        for i, ethnicity in enumerate(ethnicities)
    ]  # fmt: skip


def _shown(count: int) -> object:
    """No zero is printed."""
    return int(count) or NOT_AVAILABLE


def _officers(rng: Generator, force: Force, year: int, figures: Mapping[str, Figure]) -> float:
    """Full-time equivalent officers; those of the home force are as published on the last day."""
    usual = figures[OFFICERS_FIGURE].value if force.code == official.HOME else OFFICERS[force.slug]
    if (force.code, year) == (official.HOME, OFFICERS_YEAR):
        return usual
    return usual * float(rng.uniform(0.99, 1.01))


def _workforce(rng: Generator, force: Force, year: int, officers: float) -> list[Row]:
    """Heads and full-time equivalents at the end of March, which the publisher writes as its first day."""
    sexes = SEXES if year >= MORE_SEXES_FROM else SEXES[:2]
    rows: list[Row] = []
    for workers in WORKERS:
        shares = (workers.women, 1 - workers.women, 0, 0, 0)
        full_time = (*workers.full_time, 0, 0, 0)
        cells = [(sex, rank) for sex in range(len(sexes)) for rank in workers.ranks]
        if is_officer := workers.per_officer == 1:
            heads = round(officers / float(np.dot(shares, full_time)))
        else:
            heads = round(officers * workers.per_officer * float(rng.uniform(0.95, 1.05)))
        counts = apportion(heads, [shares[sex] * workers.ranks[rank] for sex, rank in cells])
        hundredths = np.round([100 * full_time[sex] for sex, _ in cells] * counts).astype(np.int64)
        if is_officer:
            hundredths[np.argmax(counts)] += round(100 * officers) - hundredths.sum()
        for (sex, rank), count, fte in zip(cells, counts.tolist(), hundredths.tolist(), strict=True):
            rank_shown = rank.capitalize() if "Volunteer" in rank and year < MORE_SEXES_FROM else rank
            rows.append([
                f"{year}-03-01", force.code, force.name, REGIONS[force.slug], sexes[sex], rank_shown, workers.kind,
                count, f"{fte / 100}".removesuffix(".0"),
            ])  # fmt: skip
    return rows
