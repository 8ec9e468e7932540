"""What the sample takes from the reference seeds: names, populations and the published search figures."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pipelines.sample.definition import Definition


@dataclass(frozen=True)
class Authority:
    """A local authority; `first_lsoa` is the number of its first synthetic LSOA."""

    name: str
    population: int
    msoas: int
    first_lsoa: int


@dataclass(frozen=True)
class ForceSeed:
    """What the seeds say of one force.

    `ratios` and `positive_pct` hold published figures only, by the first year of the financial year.
    """

    label: str
    authorities: tuple[Authority, ...]
    population: dict[str, int]
    ratios: dict[int, dict[str, float]]
    positive_pct: dict[int, float]


LSOAS_PER_MSOA = 5
FIRST_LSOA_NUMBER = 900_000
"""Above every code the ONS has issued, so that a synthetic area is never taken for a real one."""


def read_seeds(seeds_dir: Path, definition: Definition) -> dict[str, ForceSeed]:
    """The forces of the sample and their neighbours, by data.police.uk name.

    Raises:
        FileNotFoundError: a seed is missing.
        KeyError: a force of the sample is not in the seed `force`.
    """
    forces = _read(seeds_dir / "reference" / "force.csv")
    census = _read(seeds_dir / "reference" / "census_ethnicity.csv").filter(census_year=str(definition.census_year))
    figures = _read(seeds_dir / "published" / "published_figure.csv")
    authorities = _authorities(seeds_dir, definition)
    rows = {row["force"]: row for row in forces.iter_rows(named=True)}
    wanted = {name: None for force, part in definition.forces.items() for name in (force, *part.neighbours)}
    return {
        name: ForceSeed(
            label=rows[name]["police_uk_label"],
            authorities=tuple(authorities.get(rows[name]["area_code"], ())),
            population=_population(census, rows[name]["area_code"]),
            ratios=_ratios(figures, rows[name]["area_code"]),
            positive_pct=_positive(figures, rows[name]["area_code"]),
        )
        for name in wanted
    }


def _read(path: Path) -> pl.DataFrame:
    if not path.is_file():
        raise FileNotFoundError(f"The sample needs the seed {path}; restore it from git.")
    return pl.read_csv(path, infer_schema=False)


def _authorities(seeds_dir: Path, definition: Definition) -> dict[str, list[Authority]]:
    """English authorities that existed all through the sample, by force, each with its own LSOA numbers."""
    reference = seeds_dir / "reference"
    before, after = f"{definition.first_month // 12}", f"{definition.last_month // 12 + 1}"
    population = _read(reference / "population.csv").filter(year="2019", edition="ons_mye_2020")
    names = _read(reference / "local_authority.csv").join(population["lad_code", "population"], on="lad_code")
    result: dict[str, list[Authority]] = {}
    number = FIRST_LSOA_NUMBER
    for row in names.sort("lad_code").iter_rows(named=True):
        residents = int(row["population"])
        msoas = max(1, math.ceil(residents / definition.residents_per_msoa))
        authority = Authority(row["lad_name"], residents, msoas, number)
        number += msoas * LSOAS_PER_MSOA
        existed = (row["valid_from"] or "") < before and (row["valid_to"] or "9999") > after
        if row["lad_code"].startswith("E") and existed:
            result.setdefault(row["force_area_code"], []).append(authority)
    return result


def _population(census: pl.DataFrame, area_code: str) -> dict[str, int]:
    people = pl.col("population").cast(pl.Int64).sum()
    return dict(census.filter(force_area_code=area_code).group_by("ethnic_group").agg(people).iter_rows())


def _year_figures(figures: pl.DataFrame, area_code: str, measure: str, quantity: str) -> pl.DataFrame:
    """Published values of one quantity for whole financial years, with the year's first year."""
    start, end = pl.col("period_start"), pl.col("period_end")
    year, end_year = (date.str.head(4).cast(pl.Int32) for date in (start, end))
    return (
        figures.filter(area_code=area_code, measure_id=measure, quantity=quantity)
        .filter(start.str.ends_with("-04-01"), end.str.ends_with("-03-31"), end_year == year + 1)
        .select(year.alias("year"), "breakdown_value", pl.col("value").cast(pl.Float64))
    )


def _ratios(figures: pl.DataFrame, area_code: str) -> dict[int, dict[str, float]]:
    result: dict[int, dict[str, float]] = {}
    published = _year_figures(figures, area_code, "stop_search_disproportionality", "search_ratio_to_white")
    for year, group, value in published.iter_rows():
        result.setdefault(year, {})[group] = value
    return result


def _positive(figures: pl.DataFrame, area_code: str) -> dict[int, float]:
    published = _year_figures(figures, area_code, "stop_search_positive_rate", "positive_outcome_rate")
    return {year: value for year, _, value in published.iter_rows()}
