"""What lies beside a fetched file, `<name>.meta.yml`: where it is from, what may be done with it, and what it was."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
from collections import defaultdict
from dataclasses import asdict, dataclass
from pathlib import Path

import yaml

SUFFIX = ".meta.yml"


@dataclass(frozen=True)
class Sidecar:
    """One fetched file. Times are UTC, ISO 8601; sizes in bytes; hashes hexadecimal."""

    file: str
    publication: str
    release: str
    title: str
    publisher: str
    licence: str
    licence_address: str
    home_page: str
    address: str
    """Address that was asked for."""
    final_address: str
    """Where redirects led."""
    published_at: str | None
    """The publisher's date of the file (Last-Modified)."""
    retrieved_at: str
    size_bytes: int
    sha256: str
    checksum: str | None
    """Checksum of the publisher it agrees with; None where none is published."""
    etag: str | None
    last_modified: str | None
    fetched_with: str
    member: str | None = None
    """For a file taken out of an archive, its path in there; address, dates and etag are the archive's."""
    crc32: int | None = None


@dataclass(frozen=True)
class Held:
    """A fetched file on disk with its sidecar."""

    path: Path
    sidecar: Sidecar

    @property
    def has_its_size(self) -> bool:
        return self.path.stat().st_size == self.sidecar.size_bytes

    @property
    def has_its_hash(self) -> bool:
        with self.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == self.sidecar.sha256


def find_held(raw_dir: Path) -> list[Held]:
    """All fetched files below the raw folder, in the order in which they were fetched."""
    found = []
    for path in sorted(raw_dir.rglob(f"*{SUFFIX}")):
        file = path.with_name(path.name.removesuffix(SUFFIX))
        if file.is_file() and (sidecar := read_sidecar(path)):
            found.append(Held(file, sidecar))
    return sorted(found, key=lambda held: held.sidecar.retrieved_at)


class Holdings:
    """The fetched files below the raw folder: those that still have the size they had."""

    def __init__(self, raw_dir: Path) -> None:
        self.by_name: dict[str, list[Held]] = defaultdict(list)
        self.by_address: dict[str, Held] = {}
        self.altered: list[Path] = []
        for held in find_held(raw_dir):
            if held.has_its_size:
                self.add(held)
            else:
                self.altered.append(held.path)

    def members(self) -> list[Held]:
        """The files that were taken out of archives."""
        return [held for some in self.by_name.values() for held in some if held.sidecar.member]

    def add(self, held: Held) -> None:
        """Take up a file; of one address the last retrieved is current."""
        self.by_name[held.path.name].append(held)
        if held.sidecar.member is None:
            self.by_address[held.sidecar.address] = held


def read_sidecar(path: Path) -> Sidecar | None:
    """The sidecar in a file, or None where it is one of another form."""
    try:
        return Sidecar(**yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, yaml.YAMLError, UnicodeDecodeError, TypeError):
        return None


def write_sidecar(file: Path, sidecar: Sidecar) -> None:
    """Write the sidecar of `file`, in one step."""
    path = file.with_name(file.name + SUFFIX)
    temporary = path.with_name(f".{path.name}")
    with temporary.open("w", encoding="utf-8") as out:
        yaml.safe_dump(asdict(sidecar), out, sort_keys=False, allow_unicode=True)
        out.flush()
        os.fsync(out.fileno())
    temporary.replace(path)


def utc_text(moment: dt.datetime) -> str:
    """A moment as it stands in sidecars."""
    return f"{moment.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%SZ}"
