"""The contract of a source: what its raw files are called and what they hold.

One YAML file in this folder describes one source. Everything else (assets, tables, checks of
file name against content, documentation) follows from it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from functools import cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from pipelines.periods import parse_month

CONTRACTS_DIR = Path(__file__).parent
LINEAGE_COLUMNS = {"extract_id": "VARCHAR", "line": "BIGINT", "force": "VARCHAR", "period_start": "DATE"}
"""What every raw table has beside its own columns."""

Sensitivity = Literal["public", "internal", "personal"]


class ContractError(Exception):
    """A contract file breaks a rule; the message names the file and the mend."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Column(_Part):
    """One column: its header in the file, its name and type in the warehouse."""

    header: str
    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    type: Literal["VARCHAR", "DOUBLE", "BIGINT", "BOOLEAN", "DATE", "TIMESTAMPTZ"]
    description: str
    required: bool = Field(False, description="A row without a value here goes to quarantine.")


class MonthRule(_Part):
    """How the month in the file name is held against the rows."""

    column: str
    time_zone: str | None = Field(None, description="Zone in which a timestamp's month is read.")
    slack_days: int = Field(0, ge=0, description="How far outside the month a row may lie.")
    rows_outside: Literal["refuse", "quarantine"] = Field(
        "refuse", description="Whether rows beyond that refuse the file; when most lie outside, it is always refused."
    )


class FileName(_Part):
    """What a file name says."""

    force: str
    month: dt.date


class Contract(_Part):
    """A source as its publisher hands it over."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: str
    description: str
    publisher: str
    licence: str
    home_page: str
    cadence: Literal["daily", "monthly", "quarterly", "yearly"]
    grain: str
    sensitivity: Sensitivity
    expected_forces: Literal["territorial"] | tuple[str, ...]
    file_names: tuple[str, ...] = Field(description="Patterns with the groups `force` and `month`.")
    example: str = Field(description="A file name of this source.")
    date_format: str = Field("%Y-%m-%d", description="Format of the DATE columns.")
    columns: tuple[Column, ...]
    month_rule: MonthRule | None = None
    force_columns: tuple[str, ...] = Field((), description="Columns that must name the file's force.")
    match_columns: tuple[str, ...] = Field((), description="What identifies a row across two releases.")

    @field_validator("file_names")
    @classmethod
    def _patterns_compile(cls, patterns: tuple[str, ...]) -> tuple[str, ...]:
        for pattern in patterns:
            groups = set(re.compile(pattern).groupindex)
            if groups != {"force", "month"}:
                raise ValueError(f"file name pattern {pattern!r} must have exactly the groups force and month")
        return patterns

    @model_validator(mode="after")
    def _columns_are_known(self) -> Contract:
        names = [column.name for column in self.columns]
        headers = [column.header for column in self.columns]
        if len(set(names)) < len(names) or len(set(headers)) < len(headers):
            raise ValueError("two columns share a name or a header")
        if taken := set(names) & set(LINEAGE_COLUMNS):
            raise ValueError(f"column names {sorted(taken)} are taken by the lineage columns")
        used = {*self.force_columns, *self.match_columns, *([self.month_rule.column] if self.month_rule else [])}
        if unknown := used - set(names):
            raise ValueError(f"rules name the columns {sorted(unknown)}, which the contract does not have")
        return self

    @model_validator(mode="after")
    def _example_fits(self) -> Contract:
        if self.read_name(self.example) is None:
            raise ValueError(f"the example {self.example!r} does not fit the file name patterns")
        return self

    @property
    def table(self) -> str:
        """The raw table, with its schema."""
        return f"raw.{self.name}"

    @property
    def headers(self) -> tuple[str, ...]:
        """The header line, in order."""
        return tuple(column.header for column in self.columns)

    def read_name(self, file_name: str) -> FileName | None:
        """What `file_name` (without folders) says, or None if it is no file of this source."""
        for pattern in self.file_names:
            if match := re.fullmatch(pattern, file_name, re.IGNORECASE):
                month = parse_month(match["month"])
                return FileName(force=match["force"].lower(), month=month) if month else None
        return None


def read_contract(path: Path) -> Contract:
    """The contract in one YAML file.

    Raises:
        ContractError: the file is no valid contract.
    """
    try:
        contract = Contract.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (ValidationError, yaml.YAMLError) as error:
        raise ContractError(f"{path.name} is not a valid contract: {error}") from error
    if contract.name != path.stem:
        raise ContractError(f"{path.name} describes {contract.name!r}; name the file {contract.name}.yaml")
    return contract


@cache
def load_contracts(folder: Path = CONTRACTS_DIR) -> dict[str, Contract]:
    """All contracts, by source name, in the order of their names.

    Raises:
        ContractError: one of them is not valid.
    """
    return {path.stem: read_contract(path) for path in sorted(folder.glob("*.yaml"))}


def contracts_hash(contracts: dict[str, Contract]) -> str:
    """Changes when any contract changes, so that files refused before are judged anew."""
    text = "\n".join(contract.model_dump_json() for contract in contracts.values())
    return hashlib.sha256(text.encode()).hexdigest()[:16]
