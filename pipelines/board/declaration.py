"""What a pack is made of, as the dbt exposures declare it: sections, their order, audience, columns and words."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from pipelines.settings import DBT_DIR
from pipelines.store.warehouse import WarehouseError

EXPOSURES = DBT_DIR / "models" / "exposures.yml"
PREFIX = "board_"
"""Exposures whose name begins so are sections of the pack."""

Layout = Literal["facts", "contents", "table", "pages", "trends", "key"]
Edition = Literal["internal", "public"]


class _Declared(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Word(_Declared):
    """A code of the marts as a reader meets it."""

    code: str
    mark: str
    word: str
    meaning: str

    @property
    def text(self) -> str:
        """Mark and word together."""
        return f"{self.mark} {self.word}".strip()


class Unit(_Declared):
    """What stands before and behind a number."""

    prefix: str = ""
    suffix: str = ""


class ColumnPlan(_Declared):
    """A column of a table, or a fact of a page. `width` is in characters."""

    name: str
    heading: str
    width: float = 0
    kind: Literal["text", "number", "date", "word", "link", "spark"] = "text"
    unit: str | None = None
    decimals: str | int = 0
    status: str | None = None
    empty: str = "[x]"
    words: str | None = None
    audience: tuple[Edition, ...] = ("internal", "public")


class BriefPlan(_Declared):
    """A table as the document has it: some columns, rows with these codes, so many at most; `tally` counts by two columns."""

    columns: tuple[str, ...]
    where: dict[str, tuple[str, ...]] = {}
    rows: int = 100
    none: str = ""
    tally: tuple[str, str] | None = None


class SectionPlan(_Declared):
    """One exposure."""

    id: str
    title: str
    description: str
    order: int
    layout: Layout
    audience: tuple[Edition, ...]
    query: str | None = None
    columns: tuple[ColumnPlan, ...] = ()
    standing: tuple[ColumnPlan, ...] = ()
    facts: tuple[ColumnPlan, ...] = ()
    text: tuple[str, ...] = ()
    none: str = ""
    document: BriefPlan | None = None
    texts: dict[str, str] = {}
    words: dict[str, tuple[Word, ...]] = {}
    units: dict[str, Unit] = {}

    def of_edition(self, edition: Edition) -> SectionPlan:
        """The section with the columns that this edition has."""
        return self.model_copy(update={"columns": tuple(c for c in self.columns if edition in c.audience)})


class Declaration(_Declared):
    """All sections in their order, with the words and units that they share."""

    sections: tuple[SectionPlan, ...]
    words: dict[str, dict[str, Word]]
    units: dict[str, Unit]


@cache
def load_declaration(path: Path = EXPOSURES) -> Declaration:
    """The sections of the pack, in order.

    Raises:
        WarehouseError: the file does not describe a pack; the message names the exposure and the field.
    """
    exposures = yaml.safe_load(path.read_text(encoding="utf-8"))["exposures"]
    sections = tuple(
        sorted(
            (_section(path, entry) for entry in exposures if entry["name"].startswith(PREFIX)), key=lambda s: s.order
        )
    )
    words = {name: {word.code: word for word in listed} for plan in sections for name, listed in plan.words.items()}
    units = {name: unit for plan in sections for name, unit in plan.units.items()}
    return Declaration(sections=sections, words=words, units=units)


def _section(path: Path, entry: dict[str, Any]) -> SectionPlan:
    try:
        return SectionPlan(
            id=entry["name"],
            title=entry["label"],
            description=entry["description"],
            **entry["config"]["meta"],
        )
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise WarehouseError(
            f"{path}, exposure {entry['name']}: {place} is not usable ({first['msg']}); correct it there."
        ) from error
