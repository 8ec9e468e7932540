"""What can be returned, and for which areas, from the seeds that the models read too."""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache, cached_property
from pathlib import Path
from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, field_validator

from pipelines.settings import SEEDS_DIR
from pipelines.sources.forces import load_forces

PeriodType = Literal["month", "quarter", "fin_year", "cal_year", "snapshot"]
SIGNS = " \t\n\v\f\r\N{NO-BREAK SPACE}"
"""White space around a cell that does not count; macro clean_text cuts the same."""


class Measure(BaseModel):
    """A measure that can be returned. Seed return_measure says what the fields mean."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    measure_id: str
    name: str
    unit: str
    kind: Literal["count", "share", "rate", "mean", "amount"]
    multiplier: int
    direction: Literal["higher", "lower", "neutral"]
    numerator: str
    denominator: str
    breakdown_types: tuple[str, ...]
    period_types: tuple[PeriodType, ...]
    is_signed: bool

    @field_validator("breakdown_types", "period_types", mode="before")
    @classmethod
    def _split(cls, text: str) -> list[str]:
        return [word for word in text.split("|") if word]

    @cached_property
    def has_denominator(self) -> bool:
        return self.kind in ("share", "rate", "mean")

    @property
    def is_whole(self) -> bool:
        """Whether the numerator counts something and so has no decimals."""
        return self.kind in ("count", "share", "rate") or self.unit in ("count", "headcount")

    @cached_property
    def is_part(self) -> bool:
        """Whether the numerator is a part of the denominator."""
        return self.multiplier == 100


class Breakdown(BaseModel):
    """A breakdown of returned measures; without `values` any value will do."""

    model_config = ConfigDict(frozen=True)

    breakdown_type: str
    description: str
    values: tuple[str, ...]


@cache
def load_measures(seeds_dir: Path = SEEDS_DIR) -> dict[str, Measure]:
    """All measures that can be returned, by their id."""
    rows = _rows(seeds_dir, "return_measure")
    return {row["measure_id"]: Measure.model_validate(row) for row in rows}


@cache
def load_breakdowns(seeds_dir: Path = SEEDS_DIR) -> dict[str, Breakdown]:
    """All breakdowns, by the word that stands for them."""
    return {
        row["breakdown_type"]: Breakdown(
            breakdown_type=row["breakdown_type"],
            description=row["description"],
            values=tuple(value for value in row["allowed_values"].split("|") if value),
        )
        for row in _rows(seeds_dir, "return_breakdown")
    }


class AreaText(NamedTuple):
    """A text that stands for an area, and the codes it may mean; more than one when it is ambiguous."""

    text: str
    codes: tuple[str, ...]


@cache
def load_areas(seeds_dir: Path = SEEDS_DIR) -> dict[str, AreaText]:
    """What may stand for an area, by the text as `plain_name` makes it.

    Forces by code, data.police.uk name and names in words, local authorities by code and names.
    """
    found: dict[str, AreaText] = {}

    def add(text: str, code: str) -> None:
        known = found.get(plain_name(text), AreaText(text, ()))
        found[plain_name(text)] = AreaText(known.text, tuple(sorted({*known.codes, code})))

    for force in load_forces(seeds_dir / "reference" / "force.csv").values():
        for text in (force.police_uk_label, force.force_name, force.force, force.area_code):
            add(text, force.area_code)
    for seed in ("local_authority", "local_authority_alias"):
        for row in _rows(seeds_dir, seed):
            for text in (row["lad_name"], row["lad_code"]):
                add(text, row["lad_code"])
    return found


@cache
def load_authorities(seeds_dir: Path = SEEDS_DIR) -> dict[str, tuple[tuple[str, str], ...]]:
    """Code and name of the local authorities that exist, by the area code of their force."""
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for row in _rows(seeds_dir, "local_authority"):
        if not row["valid_to"]:
            found[row["force_area_code"]].append((row["lad_code"], row["lad_name"]))
    return {area_code: tuple(rows) for area_code, rows in found.items()}


def plain_name(text: str) -> str:
    """A name as it is compared: letters and digits only, in small letters; macro plain_name does the same."""
    return re.sub(r"[^0-9A-Za-z]+", "", text.replace("&", "and")).lower()


def _rows(seeds_dir: Path, seed: str) -> Iterator[dict[str, str]]:
    with (seeds_dir / "reference" / f"{seed}.csv").open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)
