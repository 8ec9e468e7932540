"""What a raw file is taken for, by its name and its header, or why it is refused."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass

from pipelines.ingest.scan import Scan
from pipelines.periods import month_end
from pipelines.safe_text import shown
from pipelines.sources.contract import Contract
from pipelines.sources.forces import Force

PACKED = (".zip", ".gz", ".bz2", ".xz", ".7z", ".rar", ".tar", ".tgz")


@dataclass(frozen=True)
class Identity:
    """Source, force, period and slice of an extract, with the reason when it is refused (a whole sentence)."""

    source: str | None = None
    force: str | None = None
    period_start: dt.date | None = None
    refusal: str | None = None
    period_end: dt.date | None = None
    slice: str | None = None

    @property
    def key(self) -> tuple[object, ...]:
        """What a later release replaces."""
        return self.source, self.force, self.period_start, self.slice

    def extract_id(self, sha256: str) -> str:
        """Identifier of this content under this claim: 16 hex digits, the same on every machine."""
        slice_ = "" if self.slice is None else f"{self.slice}|"
        claim = f"{self.source}|{self.force}|{self.period_start}|{slice_}{sha256}"
        return hashlib.sha256(claim.encode()).hexdigest()[:16]


def published_form(name: str, contracts: dict[str, Contract]) -> bool:
    """Whether the name of a file claims that it is of a source whose form its publisher fixes."""
    return any(contract.read_name(name) for contract in contracts.values())


def identify(name: str, scan: Scan, contracts: dict[str, Contract], forces: dict[str, Force]) -> Identity:
    """Decide what the file called `name` (no folders) is.

    A refused file keeps as much of its identity as its name tells.
    """
    for contract in contracts.values():
        if said := contract.read_name(name):
            refusal = _refusal(name, said.force, scan, contract, forces)
            return Identity(contract.name, said.force, said.month, refusal, period_end=month_end(said.month))
    if name.lower().endswith(PACKED):
        return Identity(
            refusal=f"{name} is a packed file of a kind, or in a place, that is not opened; unpack it first."
        )
    if scan.problem or scan.gap:
        return Identity(refusal=f"{name} {scan.problem or scan.gap}.")
    for contract in contracts.values():
        if contract.file_names and scan.headers == contract.headers:
            return Identity(
                refusal=f"{name} has the columns of {contract.title.lower()}, but its name does not tell force and month; "
                f"give it the published name, like {contract.example}."
            )
    return Identity(
        refusal=f"{name} is of no known source, neither by its name nor by its columns; "
        "remove it from the raw folder, or describe its source in pipelines/sources/."
    )


def _refusal(name: str, force: str, scan: Scan, contract: Contract, forces: dict[str, Force]) -> str | None:
    if force not in forces:
        return f"{name} names the force {force!r}, which is not in seeds/reference/force.csv; correct the file name or the seed."
    if scan.problem or scan.gap:
        return f"{name} {scan.problem or scan.gap}."
    if scan.headers == contract.headers:
        return None
    unknown = [header for header in scan.headers if header not in contract.headers]
    missing = [header for header in contract.headers if header not in scan.headers]
    parts = []
    if unknown:
        parts.append(f"has the unknown column{'s' if len(unknown) > 1 else ''} {_quoted(unknown)}")
    if missing:
        parts.append(f"lacks the column{'s' if len(missing) > 1 else ''} {_quoted(missing)}")
    what = " and ".join(parts) or "has its columns in another order than published"
    return f"{name} {what}; download it again, or add the new layout to pipelines/sources/{contract.name}.yaml."


def _quoted(headers: list[str]) -> str:
    named = ", ".join(f"'{shown(header, 40)}'" for header in headers[:5])
    return named if len(headers) <= 5 else f"{named} and {len(headers) - 5} more"
