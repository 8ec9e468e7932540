"""Synthetic stop and search records whose totals come out as published."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from pipelines.sample.definition import Definition, Searches
from pipelines.sample.draw import (
    EMPTY,
    Generator,
    Ints,
    Table,
    Texts,
    apportion,
    choose,
    deal,
    generator,
    labels,
    pick,
    text,
)
from pipelines.sample.places import Places
from pipelines.sample.seeds import ForceSeed

COLUMNS = (
    "Type",
    "Date",
    "Part of a policing operation",
    "Policing operation",
    "Latitude",
    "Longitude",
    "Gender",
    "Age range",
    "Self-defined ethnicity",
    "Officer-defined ethnicity",
    "Legislation",
    "Object of search",
    "Outcome",
    "Outcome linked to object of search",
    "Removal of more than just outer clothing",
)


def make_searches(definition: Definition, force: str, seed: ForceSeed, places: Places) -> Table:
    """The searches of a force, in the order of their time, for every financial year that the sample touches.

    Raises:
        ValueError: the shares in the definition contradict each other.
    """
    first_year, last_year = ((month - 3) // 12 for month in (definition.first_month, definition.last_month))
    years = [
        _search_year(definition, force, year, total, seed, places)
        for year, total in definition.forces[force].searches.per_year.items()
        if first_year <= year <= last_year
    ]
    return Table(pl.concat([year.rows for year in years]), np.concatenate([year.months for year in years]))


def _search_year(definition: Definition, force: str, year: int, n: int, seed: ForceSeed, places: Places) -> Table:
    rng, part = generator(definition, force, "searches", str(year)), definition.forces[force].searches
    counts = ethnic_counts(part, seed, year, n)
    vehicles = round(part.vehicle_only * n)
    if counts["Empty"] < vehicles:
        raise ValueError(f"{force}: fewer searches without self-defined ethnicity than of vehicles alone.")
    vehicle = np.arange(n) >= n - vehicles  # the last of those without ethnicity

    self_defined, officer, at = labels([None] * n), labels([None] * n), 0
    for group, count in counts.items():
        self_defined[at : at + count] = pick(rng, count, definition.self_defined[group])
        officer[at : at + count] = pick(rng, count, definition.officer_defined[part.officer_defined][group])
        at += count
    person = pick(rng, n, definition.person_search_types)
    outcome, linked = _outcomes(definition, rng, part, seed.positive_pct.get(year, part.positive_pct), vehicle)
    grounds = [str(ground).split("|") for ground in pick(rng, n, definition.grounds)]
    age = np.where(rng.random(n) < part.age_empty, EMPTY, pick(rng, n, definition.ages))
    month, second = _times(definition, rng, year, n)
    place = places.draw(rng, n, part.coordinates_empty)
    columns: dict[str, Texts] = {
        "Type": np.where(vehicle, labels([definition.vehicle_search_type]), person),
        "Part of a policing operation": pick(rng, n, part.policing_operation),
        "Policing operation": labels([None] * n),
        "Gender": np.where(vehicle, EMPTY, pick(rng, n, part.gender)),
        "Age range": np.where(vehicle, EMPTY, age),
        "Self-defined ethnicity": self_defined,
        "Officer-defined ethnicity": np.where(vehicle, EMPTY, officer),
        "Legislation": labels(None if law == "none" else law for law, _ in grounds),
        "Object of search": labels(thing for _, thing in grounds),
        "Outcome": outcome,
        "Outcome linked to object of search": linked,
        "Removal of more than just outer clothing": np.where(vehicle, EMPTY, pick(rng, n, part.clothing)),
    }

    counted = [month, *(columns[name] for name in ("Type", "Self-defined ethnicity", "Outcome"))]
    row = _with_duplicates(rng, part.exact_duplicates, counted)
    row = row[np.argsort(second[row], kind="stable")]
    longitude, latitude, *_ = places.gather(place[row])
    moment = pl.from_epoch(pl.Series("Date", second[row])).dt.strftime("%Y-%m-%dT%H:%M:%S+00:00")
    texts = [text(name, values[row]) for name, values in columns.items()]
    return Table(pl.DataFrame([*texts, moment, latitude, longitude]).select(COLUMNS), month[row])


def ethnic_counts(part: Searches, seed: ForceSeed, year: int, n: int) -> dict[str, int]:
    """How many searches of a year fall to each self-defined group, those without one last.

    The known ones are shared out in proportion to ratio times residents: that makes the rate ratios come out.
    """
    empty, not_stated = round(part.self_defined_empty * n), round(part.not_stated * n)
    ratios = {"White": 1.0} | part.ratio_to_white | seed.ratios.get(year, {})
    known = apportion(n - empty - not_stated, [ratio * seed.population[name] for name, ratio in ratios.items()])
    return dict(zip(ratios, known.tolist(), strict=True)) | {"Not stated": not_stated, "Empty": empty}


def _outcomes(
    definition: Definition,
    rng: Generator,
    part: Searches,
    positive_pct: float,
    vehicle: npt.NDArray[np.bool_],
) -> tuple[Texts, Texts]:
    """Outcome, and whether it is linked to the object of the search.

    The positive share is of the searches with an outcome given. It is the same among searches of vehicles
    alone, so that it holds with and without them.
    """
    given, n = 1 - part.outcome_empty, len(vehicle)
    no_action, positive = given * (1 - positive_pct / 100), given * positive_pct / 100
    result = np.zeros(n, dtype=np.int64)
    for mask in (vehicle, ~vehicle):
        result[mask] = deal(rng, int(mask.sum()), [part.outcome_empty, no_action, positive])
    outcome, linked = labels([None] * n), labels([None] * n)
    for code, outcomes, links in (
        (1, {definition.no_further_action: 1.0}, part.linked_no_action),
        (2, definition.search_outcomes, part.linked_positive),
    ):
        mask = result == code
        outcome[mask] = pick(rng, int(mask.sum()), outcomes)
        linked[mask] = pick(rng, int(mask.sum()), links)
    return outcome, linked


def _with_duplicates(rng: Generator, share: float, counted: Sequence[npt.NDArray[Any]]) -> Ints:
    """Row numbers in which a share of the rows is replaced by another row with the same counted values.

    Exact duplicates occur (several people searched together), and this way they change no total.
    """
    codes = [np.unique(values.astype(str), return_inverse=True)[1] for values in counted]
    n = len(codes[0])
    order = np.lexsort((rng.random(n), *codes))
    same = np.ones(n - 1, dtype=bool)
    for code in codes:
        same &= code[order][1:] == code[order][:-1]
    # Pairs at even places only (hence the 2), so that no row that is copied is itself replaced.
    same &= (np.arange(n - 1) % 2 == 0) & (rng.random(n - 1) < 2 * share)
    row = np.arange(n)
    row[order[1:][same]] = order[:-1][same]
    return row


def _times(definition: Definition, rng: Generator, year: int, n: int) -> tuple[Ints, Ints]:
    """Month number and UTC second of n searches; a month begins and ends at midnight in London."""
    april = year * 12 + 3
    starts = [datetime((april + i) // 12, (april + i) % 12 + 1, 1) for i in range(13)]
    begin = pl.Series(starts).dt.replace_time_zone("Europe/London").dt.epoch("s").to_numpy()
    length = np.diff(begin)
    month = choose(rng, n, length * rng.uniform(0.9, 1.1, 12))
    day = (rng.random(n) * np.ceil(length[month] / 86400)).astype(np.int64)
    minute = day * 1440 + choose(rng, n, definition.hours) * 60 + rng.integers(0, 60, n)
    # The month in which the clocks change is an hour longer or shorter, hence the remainder.
    return month + april, begin[month] + minute * 60 % length[month]
