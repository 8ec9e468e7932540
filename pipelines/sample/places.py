"""Synthetic snap points: the places at which crimes and searches are put."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from pipelines.sample.definition import Definition
from pipelines.sample.draw import Generator, Ints, choose, generator
from pipelines.sample.seeds import LSOAS_PER_MSOA, ForceSeed

COLUMNS = ("Longitude", "Latitude", "Location", "LSOA code", "LSOA name")


@dataclass(frozen=True)
class Places:
    """Snap points; number 0 is no location."""

    columns: pl.DataFrame
    weights: npt.NDArray[np.float64]

    def draw(self, rng: Generator, n: int, no_location: float) -> Ints:
        """Place numbers for n records."""
        place = 1 + choose(rng, n, self.weights)
        place[rng.random(n) < no_location] = 0
        return place

    def gather(self, place: Ints) -> list[pl.Series]:
        """The five location columns of each record."""
        return [column.gather(place) for column in self.columns.get_columns()]


def make_places(definition: Definition, force: str, seeds: Mapping[str, ForceSeed]) -> Places:
    """The snap points of a force, a few of them in LSOAs of its neighbours."""
    rng, part, quirks = generator(definition, force, "places"), definition.forces[force], definition.quirks
    n = definition.places_per_force
    home = seeds[force].authorities
    abroad = tuple(authority for name in part.neighbours for authority in seeds[name].authorities)
    authorities = home + abroad
    weights: list[float] = []
    for group, share in ((home, 1 - quirks.place_outside_force), (abroad, quirks.place_outside_force)):
        people = sum(authority.population for authority in group)
        weights += [authority.population / people * share for authority in group]
    code = choose(rng, n, weights)

    west, south, east, north = part.box
    centre = rng.uniform(0.2, 0.8, (2, len(authorities)))[:, code]
    across, up = np.clip(centre + rng.normal(0, 0.06, (2, n)), 0, 1)
    longitude, latitude = west + across * (east - west), south + up * (north - south)
    msoa = (rng.random(n) * np.array([authority.msoas for authority in authorities])[code]).astype(np.int64)
    letter = rng.integers(0, LSOAS_PER_MSOA, n)

    streets = [f"{one} {two}" for one in definition.street_names.first for two in definition.street_names.second]
    street = rng.integers(0, len(streets), n)
    kinds = definition.place_kinds
    special = [quirks.place_without_street, quirks.place_with_comma, quirks.place_of_a_kind]
    sort = choose(rng, n, [*special, 1 - sum(special)])
    rows: list[tuple[str | None, ...]] = [(None, None, "No Location", None, None)]
    for i in range(n):
        authority = authorities[code[i]]
        named = streets[street[i]]
        name = ("", f"{named} Retail Park, {authority.name}", kinds[i % len(kinds)], named)[sort[i]]
        lsoa = authority.first_lsoa + msoa[i] * LSOAS_PER_MSOA + letter[i]
        area = f"{authority.name} {msoa[i] + 1:03d}{'ABCDE'[letter[i]]}"
        rows.append((f"{longitude[i]:.6f}", f"{latitude[i]:.6f}", f"On or near {name}", f"E01{lsoa:06d}", area))
    columns = pl.DataFrame(rows, schema=dict.fromkeys(COLUMNS, pl.String), orient="row")
    return Places(columns, rng.lognormal(0, 1, n))
