"""What the sample holds, as written in `definition.yaml`."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict

from pipelines.periods import parse_month


def _to_month_number(value: object) -> object:
    if isinstance(value, str) and (month := parse_month(value)):
        return month.year * 12 + month.month - 1
    return value


def month_label(month: int) -> str:
    """`YYYY-MM` of a month number (months since the year 0)."""
    return f"{month // 12:04d}-{month % 12 + 1:02d}"


Month = Annotated[int, BeforeValidator(_to_month_number)]
"""Months since the year 0, so that months can be added and compared; written `YYYY-MM` in the file."""
Label = Annotated[str | None, BeforeValidator(lambda text: None if text == "none" else text)]
Shares = dict[Label, float]
FileType = Literal["street", "outcomes", "stop-and-search"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Searches(_Part):
    """The searches of one force. Shares are of all its searches unless said."""

    per_year: dict[int, int]
    ratio_to_white: dict[str, float]
    positive_pct: float
    outcome_empty: float
    vehicle_only: float
    self_defined_empty: float
    not_stated: float
    officer_defined: str
    gender: Shares
    age_empty: float
    coordinates_empty: float
    policing_operation: Shares
    linked_positive: Shares
    linked_no_action: Shares
    clothing: Shares
    exact_duplicates: float


class SampleForce(_Part):
    """One force: how its files are delivered and how much they hold."""

    delivery: Literal["months", "flat", "zip"]
    line_end: Literal["lf", "crlf"]
    box: tuple[float, float, float, float]
    neighbours: tuple[str, ...]
    street_per_month: int
    searches: Searches


class ForceMonth(_Part):
    """A month of a force."""

    force: str
    month: Month


class Rerelease(ForceMonth):
    """A street file that is delivered a second time with other outcomes."""

    folder: str
    rows_added: int
    rows_removed: int


class BadRow(ForceMonth):
    """A row with one field that cannot be typed, at this line of the file (the header is line 1)."""

    type: FileType
    line: int
    column: str
    value: str


class Quirks(_Part):
    """Shares of rows or of places that carry a quirk of the published files."""

    no_location: float
    place_outside_force: float
    place_without_street: float
    place_of_a_kind: float
    place_with_comma: float
    identical_asb: float
    repeated_crime_id: float
    no_outcome: float


class StreetNames(_Part):
    """The two halves of made-up street names."""

    first: tuple[str, ...]
    second: tuple[str, ...]


class CrimeType(_Part):
    """Share of all rows, seasonal group, outcome profile (None: no outcomes and no Crime ID)."""

    share: float
    group: str
    outcomes: Label


class Renamed(_Part):
    """An outcome that goes by another name from this month on."""

    from_month: Month
    old: str
    new: str


class Court(_Part):
    """Court results that follow a charge."""

    share: float
    last_month: Month
    months_after_charge: tuple[int, int]
    patience_months: int
    results: Shares


class Definition(_Part):
    """The whole sample."""

    seed: int
    first_month: Month
    last_month: Month
    census_year: int
    places_per_force: int
    residents_per_msoa: int
    forces: dict[str, SampleForce]
    others: tuple[str, ...] = ()
    not_supplied: tuple[ForceMonth, ...]
    re_release: Rerelease | None
    bad_rows: tuple[BadRow, ...]
    quirks: Quirks
    street_names: StreetNames
    place_kinds: tuple[str, ...]
    crime_types: dict[str, CrimeType]
    seasons: dict[str, tuple[float, ...]]
    covid: dict[Month, dict[str, float]]
    months_to_outcome: tuple[float, ...]
    outcome_profiles: dict[str, Shares]
    charged: tuple[str, ...]
    renamed_outcomes: tuple[Renamed, ...]
    court: Court
    self_defined: dict[str, Shares]
    officer_defined: dict[str, dict[str, Shares]]
    vehicle_search_type: str
    person_search_types: Shares
    ages: Shares
    grounds: Shares
    no_further_action: str
    search_outcomes: Shares
    hours: tuple[float, ...]

    def only(self, forces: Iterable[str], first_month: str, last_month: str, others: Iterable[str] = ()) -> Definition:
        """The same sample with fewer forces, months (`YYYY-MM`) and other sources, for tests."""
        values = self.model_dump()
        values |= {"first_month": first_month, "last_month": last_month, "others": tuple(others)}
        values["forces"] = {force: values["forces"][force] for force in forces}
        small = Definition.model_validate(values)

        def within(part: ForceMonth | None) -> bool:
            return part is not None and part.force in small.forces and part.month in small.months

        return small.model_copy(
            update={
                "not_supplied": tuple(filter(within, small.not_supplied)),
                "re_release": small.re_release if within(small.re_release) else None,
                "bad_rows": tuple(filter(within, small.bad_rows)),
            }
        )

    @property
    def months(self) -> range:
        """All months of the sample, as month numbers."""
        return range(self.first_month, self.last_month + 1)

    def supplied_months(self, force: str) -> list[int]:
        """The months in which a force supplied files."""
        gaps = {gap.month for gap in self.not_supplied if gap.force == force}
        return [month for month in self.months if month not in gaps]


def load_definition() -> Definition:
    """The sample as shipped."""
    text = Path(__file__).with_name("definition.yaml").read_text(encoding="utf-8")
    return Definition.model_validate(yaml.safe_load(text))
