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
NATIONAL = "national"
"""Stands in the place of the force where one file covers all of them."""

TODO = "TODO"
"""Stands in a draft where only a person knows what belongs there."""

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
    type: Literal["VARCHAR", "DOUBLE", "BIGINT", "BOOLEAN", "DATE", "TIMESTAMP", "TIMESTAMPTZ"]
    description: str
    required: bool = Field(False, description="A row without a value here goes to quarantine.")
    range: tuple[float | None, float | None] | None = Field(
        None,
        description="Lowest and highest number that can be true; null for no limit. What lies outside is a warning.",
    )
    also: tuple[str, ...] = Field((), description="Other headers of the same column; add your force's own here.")
    optional: bool = Field(False, description="A file may lack the column; its values are then NULL.")
    personal: Literal["direct_identifier", "special_category", "free_text"] | None = Field(
        None, description="Kind of personal data."
    )
    treatment: Literal["drop", "pseudonymise", "keep"] = Field(
        "keep", description="What becomes of personal data before anything is stored."
    )
    purpose: str | None = Field(None, description="Why special category data is kept.")

    @model_validator(mode="after")
    def _range_is_of_numbers(self) -> Column:
        if self.range and self.type not in ("BIGINT", "DOUBLE"):
            raise ValueError(f"column {self.name} is no number and has a range; take it out")
        return self

    @model_validator(mode="after")
    def _personal_data_is_treated(self) -> Column:
        if self.personal is None and self.treatment != "keep":
            raise ValueError(f"column {self.name} is treated as personal data; say of which kind (personal)")
        if self.personal in ("direct_identifier", "free_text") and self.treatment == "keep":
            raise ValueError(f"column {self.name} is {self.personal}: drop or pseudonymise it")
        if self.personal == "special_category" and self.treatment == "keep" and not self.purpose:
            raise ValueError(f"column {self.name} is special category data: drop it, or state the purpose")
        return self


class MonthRule(_Part):
    """How the month in the file name is held against the rows."""

    column: str
    time_zone: str | None = Field(None, description="Zone in which a timestamp's month is read.")
    slack_days: int = Field(0, ge=0, description="How far outside the month a row may lie.")
    rows_outside: Literal["refuse", "quarantine"] = Field(
        "refuse", description="Whether rows beyond that refuse the file; when most lie outside, it is always refused."
    )


class Period(_Part):
    """How a file is divided: one extract for each period of a column."""

    column: str
    length: Literal["month", "quarter", "year", "financial_year"]


class Layout(_Part):
    """How the table of a source is found in a file, whose form is not fixed by its publisher."""

    formats: tuple[Literal["csv", "xlsx", "ods"], ...] = ("csv", "xlsx", "ods")
    unknown_columns: Literal["refuse", "ignore"] = "refuse"
    period: Period
    slice: str | None = Field(None, description="Column each of whose values is an extract of its own.")
    date_formats: tuple[str, ...] = Field(("%d/%m/%Y", "%Y-%m-%d"), description="Forms of dates written as text.")
    rules: str | None = Field(None, description="Rules of pipelines/ingest/rules.py that rows must keep.")
    crosstab: str | None = Field(None, description="Reader in pipelines/ingest/crosstabs.py for tables with two heads.")


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
    lag_days: int = Field(ge=0, description="Days from the end of a month, quarter or year of data to its publication.")
    grain: str
    sensitivity: Sensitivity
    expected_forces: Literal["territorial", "home", "national"] | tuple[str, ...] = Field(
        description="Who supplies it: every territorial force, the home force, one file for all, or the forces named."
    )
    file_names: tuple[str, ...] = Field(
        (), description="Patterns with the groups `force` and `month`, when the name says what the file is."
    )
    layout: Layout | None = Field(None, description="How the table is found, when the header says what the file is.")
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
            try:
                groups = set(re.compile(pattern).groupindex)
            except re.error as error:
                raise ValueError(f"{pattern!r} is no regular expression ({error})") from error
            if groups != {"force", "month"}:
                raise ValueError(f"file name pattern {pattern!r} must have exactly the groups force and month")
        return patterns

    @model_validator(mode="after")
    def _columns_are_known(self) -> Contract:
        names = [column.name for column in self.columns]
        headers = [header for column in self.columns for header in (column.header, *column.also)]
        if self.layout:
            headers = [plain_header(header) for header in headers]
        for what, words in (("name", names), ("header", headers)):
            if repeated := sorted({word for word in words if words.count(word) > 1}):
                raise ValueError(f"two columns share the {what} {', '.join(repeated)}")
        if taken := set(names) & set(LINEAGE_COLUMNS):
            raise ValueError(f"column names {sorted(taken)} are taken by the lineage columns")
        used = {*self.force_columns, *self.match_columns, *([self.month_rule.column] if self.month_rule else [])}
        if self.layout:
            used |= {self.layout.period.column, *([self.layout.slice] if self.layout.slice else [])}
        if unknown := used - {column.name for column in self.stored_columns}:
            raise ValueError(f"rules name the columns {sorted(unknown)}, which the raw table does not have")
        return self

    @model_validator(mode="after")
    def _form_is_told(self) -> Contract:
        if bool(self.file_names) == bool(self.layout):
            raise ValueError("give either file_names, for files in a published form, or layout")
        if self.file_names and self.read_name(self.example) is None:
            raise ValueError(f"the example {self.example!r} does not fit the file name patterns")
        if self.file_names and any(column.also or column.optional or column.personal for column in self.columns):
            raise ValueError("also, optional and personal are for sources with a layout")
        return self

    @property
    def stored_columns(self) -> tuple[Column, ...]:
        """The columns of the raw table: all but those that are dropped as personal data."""
        return tuple(column for column in self.columns if column.treatment != "drop")

    @property
    def table(self) -> str:
        """The raw table, with its schema."""
        return f"raw.{self.name}"

    @property
    def headers(self) -> tuple[str, ...]:
        """The header line of the published form, in order."""
        return tuple(column.header for column in self.columns)

    def read_name(self, file_name: str) -> FileName | None:
        """What `file_name` (without folders) says, or None if it is no file of this source."""
        for pattern in self.file_names:
            if match := re.fullmatch(pattern, file_name, re.IGNORECASE):
                month = parse_month(match["month"])
                return FileName(force=match["force"].lower(), month=month) if month else None
        return None


def plain_header(header: str) -> str:
    """A header as it is compared: letters and digits only, in small letters."""
    return _NOT_PLAIN.sub("", header.casefold())


@cache
def plain_headers(column: Column) -> tuple[str, ...]:
    """All headers under which a column is known, as they are compared."""
    return tuple(plain_header(header) for header in (column.header, *column.also))


_NOT_PLAIN = re.compile(r"[^0-9a-z]+")


def read_contract(path: Path) -> Contract:
    """The contract in one YAML file.

    Raises:
        ContractError: the file is no valid contract.
    """
    text = ""
    try:
        text = path.read_text(encoding="utf-8")
        contract = Contract.model_validate(yaml.safe_load(text))
    except (ValidationError, yaml.YAMLError, UnicodeDecodeError) as error:
        if TODO in text:
            raise ContractError(
                f"{path} is an unfinished draft of a source, which still says {TODO}; finish it, or delete it."
            ) from error
        raise ContractError(f"{path.name} is not a valid contract: {_first_trouble(error)}; correct it.") from error
    if contract.name != path.stem:
        raise ContractError(f"{path.name} describes {contract.name!r}; name the file {contract.name}.yaml")
    return contract


def _first_trouble(error: Exception) -> str:
    if not isinstance(error, ValidationError):
        return " ".join(str(error).split())
    first = error.errors()[0]
    place, trouble = ".".join(map(str, first["loc"])), first["msg"].removeprefix("Value error, ")
    return f"{place}: {trouble}" if place else trouble


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
