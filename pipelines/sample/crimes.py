"""Synthetic street crime, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from pipelines.sample.definition import Definition
from pipelines.sample.draw import Bools, Ints, Table, choose, generator, labels, month_text, text
from pipelines.sample.places import Places

NEVER = 10**6
"""A month number after every month."""
_UNDER_INVESTIGATION, _UNAVAILABLE, _AWAITING_COURT, _NO_COURT_RESULT = (
    "Under investigation",
    "Status update unavailable",
    "Awaiting court outcome",
    "Court result unavailable",
)


@dataclass(frozen=True)
class Crimes:
    """All crimes and incidents of a force, in month order.

    `outcome` and `court` are codes of `outcome_labels`; their months are `NEVER` where there is none.
    """

    force_label: str
    month: Ints
    crime_id: pl.Series
    crime_type: pl.Series
    place: Ints
    outcome: Ints
    outcome_month: Ints
    court: Ints
    court_month: Ints
    charged: Bools
    outcome_labels: list[str]

    def street(self, definition: Definition, places: Places, known_at: int, keep: Bools) -> Table:
        """The street files as released with the outcomes known at the end of the month `known_at`."""
        names = [
            *self.outcome_labels,
            _UNDER_INVESTIGATION,
            _UNAVAILABLE,
            _AWAITING_COURT,
            _NO_COURT_RESULT,
            None,
        ]
        code = {name: number for number, name in enumerate(names)}
        old = known_at - self.month > len(definition.months_to_outcome)
        state = np.where(old, code[_UNAVAILABLE], code[_UNDER_INVESTIGATION])
        known = self.outcome_month <= known_at
        state = np.where(known, self.outcome, state)
        late = self.outcome_month < known_at - definition.court.patience_months
        waiting = np.where(late, code[_NO_COURT_RESULT], code[_AWAITING_COURT])
        state = np.where(known & self.charged, waiting, state)
        state = np.where(self.court_month <= known_at, self.court, state)
        state = np.where(self.crime_id.is_null().to_numpy(), code[None], state)
        columns = [
            self.crime_id,
            month_text("Month", self.month),
            *self._force(len(self.month)),
            *places.gather(self.place),
            self.crime_type,
            text("Last outcome category", names).gather(state),
        ]
        rows = pl.DataFrame(columns).with_columns(pl.lit(None, pl.String).alias("Context"))
        return Table(rows.filter(keep), self.month[keep])

    def outcomes(self, definition: Definition, places: Places, keep: Bools) -> Table:
        """One row for each outcome given in the window, in the month in which it was given."""
        last = definition.last_month
        first, second = (np.flatnonzero(keep & (when <= last)) for when in (self.outcome_month, self.court_month))
        crime = np.concatenate([first, second])
        month = np.concatenate([self.outcome_month[first], self.court_month[second]])
        code = np.concatenate([self.outcome[first], self.court[second]])
        order = np.lexsort((crime % 97, month))  # by month, and not in the order of the street file
        crime, month, code = crime[order], month[order], code[order]
        columns = [
            self.crime_id.gather(crime),
            month_text("Month", month),
            *self._force(len(crime)),
            *places.gather(self.place[crime]),
            text("Outcome type", self.outcome_labels).gather(code),
        ]
        # The two types of file spell it differently.
        rows = pl.DataFrame(columns).with_columns(pl.col("Location").replace("No Location", "No location"))
        return Table(rows, month)

    def _force(self, n: int) -> list[pl.Series]:
        return [pl.repeat(self.force_label, n, eager=True).alias(name) for name in ("Reported by", "Falls within")]


def make_crimes(definition: Definition, force: str, force_label: str, places: Places) -> Crimes:
    """The crimes of a force in the months it supplied, with their outcomes."""
    rng, quirks, types = generator(definition, force, "crimes"), definition.quirks, definition.crime_types
    month, kind = _months_and_types(definition, force)
    n = len(month)
    has_outcome = np.array([part.outcomes is not None for part in types.values()])[kind]

    # Some rows take over a part of the row before them.
    before = np.maximum(np.arange(n) - 1, 0)
    same_month = (month == month[before]) & (np.arange(n) > 0)
    place = places.draw(rng, n, quirks.no_location)
    twin = same_month & ~has_outcome & ~has_outcome[before] & (rng.random(n) < quirks.identical_asb)
    place = np.where(twin, place[before], place)
    digits = rng.bytes(32 * n).hex()
    crime_id = labels(digits[start : start + 64] for start in range(0, 64 * n, 64))
    repeated = same_month & has_outcome & has_outcome[before] & (rng.random(n) < quirks.repeated_crime_id)
    crime_id = np.where(repeated, crime_id[before], crime_id)
    crime_id[~has_outcome] = None

    names = sorted({str(name) for profile in definition.outcome_profiles.values() for name in profile})
    names += [renamed.new for renamed in definition.renamed_outcomes]
    first_result = len(names)
    names += [str(name) for name in definition.court.results]
    outcome = np.zeros(n, dtype=np.int64)
    for profile_name, profile in definition.outcome_profiles.items():
        mask = np.array([part.outcomes == profile_name for part in types.values()])[kind]
        codes = np.array([names.index(str(name)) for name in profile])
        outcome[mask] = codes[choose(rng, int(mask.sum()), profile.values())]
    outcome_month = month + choose(rng, n, definition.months_to_outcome)
    outcome_month[~has_outcome | (rng.random(n) < quirks.no_outcome)] = NEVER
    for renamed in definition.renamed_outcomes:
        since = outcome_month >= renamed.from_month
        outcome[since & (outcome == names.index(renamed.old))] = names.index(renamed.new)

    charges = [names.index(name) for name in definition.charged]
    charged = np.isin(outcome, charges) & (outcome_month < NEVER)
    least, most = definition.court.months_after_charge
    court_month = outcome_month + rng.integers(least, most + 1, n)
    tried = charged & (rng.random(n) < definition.court.share) & (court_month <= definition.court.last_month)
    return Crimes(
        force_label=force_label,
        month=month,
        crime_id=text("Crime ID", crime_id),
        crime_type=text("Crime type", list(types)).gather(kind),
        place=place,
        outcome=outcome,
        outcome_month=outcome_month,
        court=first_result + choose(rng, n, definition.court.results.values()),
        court_month=np.where(tried, court_month, NEVER),
        charged=charged,
        outcome_labels=names,
    )


def _months_and_types(definition: Definition, force: str) -> tuple[Ints, Ints]:
    """Month and crime type (as codes) of every row, by month and within it in random order."""
    rng, types = generator(definition, force, "counts"), definition.crime_types
    mix = np.array([part.share for part in types.values()]) * rng.lognormal(0, 0.12, len(types))
    mean = mix / mix.sum() * definition.forces[force].street_per_month
    supplied = definition.supplied_months(force)
    months, kinds = [], []
    for month in definition.months:
        groups = [part.group for part in types.values()]
        covid = definition.covid.get(month, {})
        factor = np.array([definition.seasons[group][month % 12] * covid.get(group, 1.0) for group in groups])
        kind = rng.permutation(np.repeat(np.arange(len(types)), rng.poisson(mean * factor)))
        if month in supplied:
            months.append(np.full(len(kind), month))
            kinds.append(kind)
    return np.concatenate(months), np.concatenate(kinds)
