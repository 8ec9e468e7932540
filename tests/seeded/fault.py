"""What a planted defect is, and where a file with one arrives."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import yaml

from pipelines.checks.catalog import load_suites
from pipelines.checks.generated import AGREEMENT, MEASURES, SUMS, complete, sources_agree, sums_preserved
from pipelines.checks.suite import Expect, Suite
from pipelines.sources.contract import load_contracts

REFUSED, SET_ASIDE, READ_RIGHT = "refused", "set aside", "read right"
STOPS, WARNS, NOT_FOUND = "stops", "warns", "not found"
DBT = "dbt."
DBT_WARNINGS = {"official_ethnicity_is_known", "series_break_on_first_of_month"}


@dataclass(frozen=True)
class Delivery:
    """A raw folder that holds the sample, in which one more file arrives."""

    raw_dir: Path

    @property
    def folder(self) -> Path:
        """Where it arrives: below the sample, so that it counts as synthetic."""
        return self.raw_dir / "sample" / "inbox"

    def sample(self, path: str) -> str:
        """Text of a file of the sample."""
        return (self.raw_dir / "sample" / path).read_bytes().decode("utf-8")

    def write(self, name: str, content: str | bytes) -> None:
        """The file that arrives."""
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / name).write_bytes(content.encode() if isinstance(content, str) else content)

    def clear(self) -> None:
        """Take what arrived away."""
        shutil.rmtree(self.folder, ignore_errors=True)


@dataclass(frozen=True)
class Fault:
    """A defect. `place` is the source whose file, or the table, in which it is planted.

    `plant` writes a file, or is the SQL that spoils the table. `caught_by` is a check by its full name
    (`raw.police_uk_street.crime_type_known`, or `dbt.` and the name of a test), or what is done to the file or its rows
    (`refused`, `set aside`, `read right`) with words of the reason behind a colon, or empty for what nothing finds;
    then `why_not` says why. What is read right leaves the same records as the file that `like` plants, or as no file.
    `rebuilt` are the models through which the defect must go before it can be seen.
    """

    name: str
    place: str
    says: str
    plant: Callable[[Delivery], None] | str
    caught_by: str
    why_not: str = ""
    like: Callable[[Delivery], None] = lambda delivery: None
    rebuilt: tuple[str, ...] = ()

    @property
    def answer(self) -> str:
        """What follows: refused, set aside, stops, warns, read right or not found."""
        kind = self.caught_by.partition(":")[0]
        if kind in (REFUSED, SET_ASIDE, READ_RIGHT):
            return kind
        if not kind:
            return NOT_FOUND
        if kind.startswith(DBT):
            return WARNS if kind.removeprefix(DBT) in DBT_WARNINGS else STOPS
        return STOPS if self.check[1].severity == "error" else WARNS

    @property
    def check(self) -> tuple[str, Expect]:
        """Table and expectation that must find it; raises KeyError when there is none of the name."""
        table, _, name = self.caught_by.rpartition(".")
        return table, {expect.name: expect for expect in suites()[table].expectations}[name]


@cache
def suites() -> dict[str, Suite]:
    """The suites: those of raw tables with what follows from their contracts, the values' with sums and agreement."""
    declared = load_suites()
    raw = {table: suite for table, suite in declared.items() if suite.layer == "raw"}
    told = {path: yaml.safe_load(path.read_text(encoding="utf-8")) for path in (SUMS, AGREEMENT)}
    more = (*sums_preserved(told[SUMS]), *sources_agree(told[AGREEMENT]))
    values = replace(declared[MEASURES], expectations=(*declared[MEASURES].expectations, *more))
    return declared | complete(raw, load_contracts(), {"nodes": {}}) | {MEASURES: values}
