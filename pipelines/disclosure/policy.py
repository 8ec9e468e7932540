"""What may leave: the tiers of the seeds, and what is said of every mart in `marts.yaml`."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Literal

import duckdb
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipelines.settings import SEEDS_DIR
from pipelines.sources.contract import load_contracts
from pipelines.store.warehouse import WarehouseError, quoted

SEEDS = ("disclosure_rule", "disclosure_tier", "disclosure_breakdown")
FIGURE_SEEDS = {"published_figure_match": "published", "published_derivation": "published"}
MARTS = Path(__file__).with_name("marts.yaml")


class Tie(BaseModel):
    """Which hidden numbers a row of a mart rests on, and what is blanked with them; expressions are SQL over `row`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    series: str | None = None
    months_of: str | None = None
    peers_of: str | None = None
    figure: str | None = None
    first: str | None = Field(None, alias="from")
    last: str | None = Field(None, alias="to")
    columns: tuple[str, ...] = ()
    status: str | None = None


class Blank(BaseModel):
    """Columns that are blanked where a condition holds; SQL over the row."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    where: str
    columns: tuple[str, ...]


class Mart(BaseModel):
    """What of one table leaves the building."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    stays_inside: str | None = None
    keep: tuple[str, ...] = ()
    hide: tuple[Tie, ...] = ()
    says: tuple[str, ...] = ()
    blank: tuple[Blank, ...] = ()
    rows: Literal["kept", "left out"] = "left out"

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that leaves, whole or blanked."""
        status = tuple(tie.status for tie in self.hide if tie.status)
        return tuple(dict.fromkeys((*self.keep, *status, *(c for tie in self.hide for c in tie.columns), *self.says)))


@cache
def load_marts(path: Path = MARTS) -> dict[str, Mart]:
    """What `marts.yaml` says of each table, by name; one that is not among them stays inside.

    Raises:
        WarehouseError: the file cannot be used; names the mart.
    """
    try:
        read = yaml.safe_load(path.read_text(encoding="utf-8"))
        marts = {name if "." in name else f"marts.{name}": Mart.model_validate(said) for name, said in read.items()}
    except (OSError, yaml.YAMLError, ValidationError) as error:
        raise WarehouseError(f"{path} cannot be used ({error}); correct what it says of the mart.") from error
    return marts


def policy_digest(seeds: Path = SEEDS_DIR) -> str:
    """Hash of all that decides what may leave: seeds, `marts.yaml`, the code of disclosure control, public sources."""
    said = [(seeds / FIGURE_SEEDS.get(name, "reference") / f"{name}.csv") for name in (*SEEDS, *FIGURE_SEEDS)]
    files = [*said, MARTS, *sorted(MARTS.parent.glob("*.py"))]
    parts = [*(file.read_bytes() for file in files), *(name.encode() for name in _public_sources())]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def _public_sources() -> list[str]:
    """Sources that anybody can download."""
    return sorted(name for name, contract in load_contracts().items() if contract.sensitivity == "public")


def load_policy(connection: duckdb.DuckDBPyConnection, seeds: Path = SEEDS_DIR) -> None:
    """Lay the seeds of disclosure control, and those that link printed figures to values, into schema `policy`.

    Raises:
        WarehouseError: a seed cannot be read, or names a tier or a kind that there is not.
    """
    connection.execute("CREATE SCHEMA IF NOT EXISTS policy")
    for name in (*SEEDS, *FIGURE_SEEDS):
        file = seeds / FIGURE_SEEDS.get(name, "reference") / f"{name}.csv"
        try:
            connection.execute(
                f"CREATE OR REPLACE TABLE policy.{name} AS "
                f"FROM read_csv({quoted(str(file))}, header = true, all_varchar = true, nullstr = '')"
            )
        except duckdb.Error as error:
            raise WarehouseError(
                f"{file} cannot be read ({str(error).splitlines()[0]}); correct it, then export again."
            ) from error
    connection.execute(
        "CREATE OR REPLACE TABLE policy.public_source AS SELECT unnest(?::VARCHAR[]) AS source", [_public_sources()]
    )
    wrong = connection.execute(
        """
        SELECT 'disclosure_tier', measure_id, tier FROM policy.disclosure_tier
        WHERE tier IS NULL OR tier NOT IN (SELECT tier FROM policy.disclosure_rule)
        UNION ALL
        SELECT 'disclosure_breakdown', breakdown_type, kind FROM policy.disclosure_breakdown
        WHERE kind IS NULL OR kind NOT IN ('people', 'sensitive', 'place', 'other')
        UNION ALL
        SELECT 'disclosure_breakdown', breakdown_type, within FROM (
            SELECT breakdown_type, unnest(string_split(within, '|')) AS within FROM policy.disclosure_breakdown
        )
        WHERE within NOT IN (SELECT breakdown_type FROM policy.disclosure_breakdown)
        UNION ALL
        SELECT 'disclosure_rule', tier, threshold FROM policy.disclosure_rule
        WHERE threshold IS NOT NULL AND coalesce(try_cast(threshold AS INTEGER), 0) < 2
        """
    ).fetchall()
    if wrong:
        seed, key, value = wrong[0]
        raise WarehouseError(f"Seed {seed}.csv says {value!r} of {key}, which is not known; correct the line.")
