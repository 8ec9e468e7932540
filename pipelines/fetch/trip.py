"""What the ways of fetching share: what is wanted, what was found, and the shelf on which files are laid."""

from __future__ import annotations

import datetime as dt
import email.utils
import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from pipelines.fetch.client import USER_AGENT, Client
from pipelines.fetch.download import Progress, Version, forget
from pipelines.fetch.publishers import FetchError, Publication, Publishers
from pipelines.fetch.sidecar import Held, Holdings, Sidecar, utc_text, write_sidecar
from pipelines.periods import Span
from pipelines.settings import Settings
from pipelines.sources.contract import Contract, load_contracts

State = Literal["new", "changed", "held", "absent", "failed"]
"""Not held yet; held in another version; held; not published; published, but could not be had."""


@dataclass(frozen=True)
class Wanted:
    """What is asked for. No month leaves that end open; no source means all that the publication feeds."""

    forces: tuple[str, ...] = ()
    first: dt.date | None = None
    last: dt.date | None = None
    sources: frozenset[str] = frozenset()

    def has_source(self, source: str) -> bool:
        return not self.sources or source in self.sources

    def overlaps(self, span: Span) -> bool:
        return (self.first is None or span.end >= self.first) and (self.last is None or span.start <= self.last)


@dataclass(frozen=True)
class Item:
    """A file of a publisher, and what was done, or would be done, with it; size in bytes.

    `detail` is the place of a file that was fetched, and the reason of one that could not be had.
    """

    name: str
    state: State
    detail: str = ""
    size_bytes: int | None = None
    published: dt.date | None = None


@dataclass(frozen=True)
class Trip:
    """One publication being fetched into one raw folder."""

    settings: Settings
    publishers: Publishers
    name: str
    client: Client
    progress: Progress
    holdings: Holdings = field(init=False)
    contracts: dict[str, Contract] = field(init=False)

    def __post_init__(self) -> None:
        contracts = load_contracts()
        if unknown := [source for source in self.publication.sources if source not in contracts]:
            raise FetchError(
                f"{self.name} feeds {', '.join(unknown)}, of which pipelines/sources knows nothing; correct the "
                "publishers' file."
            )
        object.__setattr__(self, "holdings", Holdings(self.settings.raw_dir))
        object.__setattr__(self, "contracts", {source: contracts[source] for source in self.publication.sources})

    @property
    def publication(self) -> Publication:
        return self.publishers.pick(self.name)

    @property
    def folder(self) -> Path:
        return self.settings.raw_dir / (self.publication.folder or self.name)

    def sidecar(self, file: str, source: str, address: str, final: str, version: Version) -> Sidecar:
        """The sidecar of a file, as far as it follows from where the file is from."""
        contract, published = self.contracts[source], moment_of(version)
        return Sidecar(
            file=file,
            publication=self.name,
            release="",
            title=self.publication.title,
            publisher=contract.publisher,
            licence=contract.licence,
            licence_address=self.publishers.licences.get(contract.licence, ""),
            home_page=self.publication.home_page,
            address=address,
            final_address=final,
            published_at=utc_text(published) if published else None,
            retrieved_at=utc_text(dt.datetime.now(dt.UTC)),
            size_bytes=0,
            sha256="",
            checksum=None,
            etag=version.etag,
            last_modified=version.last_modified,
            fetched_with=USER_AGENT,
        )

    def place(self, part: Path, sidecar: Sidecar, release: str) -> str:
        """Move a finished part into the folder of its release, and return its place below the raw folder.

        Nothing that is there is overwritten: a second content of one release gets a folder of its own, which comes
        later in natural order (an underscore sorts behind a slash).
        """
        label, count = release, 1
        while (path := self.folder / label / sidecar.file).exists():
            count += 1
            label = f"{release}_{count}"
        path.parent.mkdir(parents=True, exist_ok=True)
        sidecar = replace(sidecar, release=label)
        write_sidecar(path, sidecar)  # first: a sidecar without its file is not believed
        part.replace(path)
        forget(part)
        _sync(path.parent)
        self.holdings.add(Held(path, sidecar))
        return path.relative_to(self.settings.raw_dir).as_posix()


def moment_of(version: Version) -> dt.datetime | None:
    """When a version was published, by its Last-Modified; None where it has none, or one in the future."""
    try:
        moment = email.utils.parsedate_to_datetime(version.last_modified or "")
    except ValueError:
        return None
    moment = (moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)).astimezone(dt.UTC)
    return moment if moment <= dt.datetime.now(dt.UTC) else None


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
