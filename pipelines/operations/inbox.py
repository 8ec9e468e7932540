"""The inbox: files that people drop into `raw/inbox` start a refresh once they have been copied whole."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.ingest.discover import Container, find_containers

INBOX = "inbox"
"""Folder below the raw folder that is watched."""


@dataclass(frozen=True)
class Look:
    """What a look at the inbox found.

    `cursor` is handed to the next look. `delivery` names, by a hash of contents, what is there to be loaded, and is None
    while nothing is new. `unsettled` are files that are still being copied.
    """

    cursor: str
    delivery: str | None
    unsettled: tuple[str, ...]


def look(raw_dir: Path, cursor: str | None) -> Look:
    """Look at the inbox. A file counts when it has the size and time that it had at the look before.

    A file is hashed once for each size and time; the same contents under other names or at other times are no news.
    """
    before: dict[str, Any] = json.loads(cursor) if cursor else {"files": {}, "taken": []}
    files: dict[str, dict[str, Any]] = {}
    unsettled: list[str] = []
    for container in find_containers(raw_dir / INBOX):
        if container.problem:
            continue  # the refresh says what is wrong with it
        stamp = [container.size_bytes, container.mtime_ns]
        known = before["files"].get(container.relative)
        entry = {"stamp": stamp, "sha256": known["sha256"] if known and known["stamp"] == stamp else None}
        if known is None or known["stamp"] != stamp:
            unsettled.append(container.relative)
        elif entry["sha256"] is None:
            entry["sha256"] = _sha256(container)
            if entry["sha256"] is None:
                unsettled.append(container.relative)
        files[container.relative] = entry
    hashes: list[str] = sorted({entry["sha256"] for entry in files.values() if entry["sha256"]})
    taken: list[str] = before["taken"]
    news = [sha256 for sha256 in hashes if sha256 not in taken]
    # One refresh for a delivery of many files: it waits until the last of them is whole.
    delivery = hashlib.sha256("".join(hashes).encode()).hexdigest()[:16] if news and not unsettled else None
    cursor = json.dumps({"files": files, "taken": sorted({*taken, *hashes}) if delivery else taken})
    return Look(cursor, delivery, tuple(unsettled))


def _sha256(container: Container) -> str | None:
    try:
        with container.path.open("rb") as content:
            return hashlib.file_digest(content, "sha256").hexdigest()
    except OSError:
        return None  # gone or locked: another look will tell
