"""Downloads one file, however often the connection breaks, and believes nothing it cannot check.

Bytes gather in `<name>.part`; beside it `<name>.part.meta.yml` says of which version they are (its ETag or its date), so
that a later run, or one after a kill, goes on where the last one ended. What was begun of one version is never
completed with another.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import os
import re
import shutil
import zipfile
import zlib
from collections.abc import Collection
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import Protocol

import requests
import urllib3
import yaml

from pipelines.fetch.client import Client, reason
from pipelines.fetch.publishers import FetchError

PACKED = (".zip", ".xlsx", ".ods")
"""Suffixes of files that are zip archives, whatever they are called."""

SELF_CHECKING = (*PACKED, ".gz")
"""Suffixes of files that show by themselves whether they are whole."""

CHUNK = 1 << 16


class Progress(Protocol):
    """Is told how a download goes."""

    def begin(self, name: str, done: int, total: int | None) -> None: ...

    def advance(self, count: int) -> None: ...

    def end(self) -> None: ...


@dataclass(frozen=True)
class Version:
    """What an answer says about the version of a file."""

    address: str
    etag: str | None = None
    last_modified: str | None = None
    total: int | None = None
    is_encoded: bool = False

    @property
    def validator(self) -> str | None:
        """What If-Range may name: a strong ETag, else the date; without either nothing can be resumed.

        A range of an encoded body counts other bytes than the file's, so that is not resumed either.
        """
        if self.is_encoded:
            return None
        return self.etag if self.etag and not self.etag.startswith("W/") else self.last_modified

    def unchanged(self, now: Version) -> bool:
        """Whether `now` is surely this version."""
        if self.etag and now.etag:
            return self.etag == now.etag
        return bool(self.last_modified and now.last_modified) and self.same(now)

    def same(self, other: Version) -> bool:
        """Whether bytes of the two may be put together."""
        known = [
            (mine, theirs)
            for mine, theirs in (
                (self.etag, other.etag),
                (self.last_modified, other.last_modified),
                (self.total, other.total),
            )
            if mine is not None and theirs is not None
        ]
        return all(mine == theirs for mine, theirs in known)


@dataclass(frozen=True)
class Download:
    """A finished download: `path` is the `.part` file, whole and checked."""

    path: Path
    address: str
    version: Version
    size_bytes: int
    sha256: str
    checksum: str | None
    """The publisher's checksum it was held against, such as `md5 0a1b...`; None where none is published."""


def download(
    client: Client,
    address: str,
    part: Path,
    progress: Progress,
    *,
    known: Version | None = None,
    checksums: Collection[str] = (),
    max_bytes: int,
    check: bool = True,
) -> Download | None:
    """The file at `address`, gathered in `part` (which ends in `.part`), or None where it is still version `known`.

    `checksums` are hexadecimal, MD5 or SHA-256; the file must have one of them. With `check` its inner structure is
    checked too.

    Raises:
        FetchError: it cannot be had, or is not what it claims to be; the message is a sentence with the mend.
    """
    part.parent.mkdir(parents=True, exist_ok=True)
    try:
        gathering = _Gathering(client, address, part, progress, max_bytes)
        if not gathering.run(known):
            return None
        size = part.stat().st_size
        name = part.name.removesuffix(".part")
        if not size:
            raise _useless(part, f"{address} is empty; try again later, or look at the publisher's page.")
        sha256, md5 = _hashes(part)
        published = {text.lower() for text in checksums} | gathering.digests
        checksum = next((f"{kind} {own}" for kind, own in (("sha256", sha256), ("md5", md5)) if own in published), None)
        if published and not checksum:
            raise _useless(
                part, f"{name} does not have the checksum that its publisher gives; it was thrown away: fetch it again."
            )
        if not checksum and not gathering.is_measured and PurePosixPath(name).suffix.lower() not in SELF_CHECKING:
            raise _useless(
                part, f"{address} does not say how long {name} is, so that nobody can tell whether all of it came."
            )
        if check and (trouble := content_trouble(part, name)):
            raise _useless(part, f"{name} {trouble} (from {address}); it was thrown away: fetch it again.")
        with part.open("rb") as file:
            os.fsync(file.fileno())
    finally:
        progress.end()
    return Download(part, gathering.final, gathering.version, size, sha256, checksum)


def forget(part: Path) -> None:
    """Delete what was gathered, and what was noted about it."""
    part.unlink(missing_ok=True)
    _note_path(part).unlink(missing_ok=True)


def version_of(answer: requests.Response, address: str) -> Version:
    """What an answer says about the version of the file asked for at `address`."""
    headers = answer.headers
    is_encoded = headers.get("Content-Encoding", "identity").lower() not in ("", "identity")
    length = headers.get("Content-Length", "")
    whole = int(length) if length.isdigit() else None
    total = None if is_encoded else content_range(answer)[2] if answer.status_code == 206 else whole
    return Version(address, headers.get("ETag"), headers.get("Last-Modified"), total, is_encoded)


def content_range(answer: requests.Response) -> tuple[int | None, int | None, int | None]:
    """First byte, last byte and total of a Content-Range header; None for what it does not say."""
    match = re.fullmatch(r"bytes (?:(\d+)-(\d+)|\*)/(\d+|\*)", answer.headers.get("Content-Range", "").strip())
    if not match:
        return None, None, None
    start, end = (int(match[1]), int(match[2])) if match[1] else (None, None)
    return start, end, int(match[3]) if match[3] != "*" else None


def content_trouble(path: Path, name: str) -> str | None:
    """What is wrong inside a file of this name, in words that follow the name; None when nothing is."""
    suffix = PurePosixPath(name).suffix.lower()
    with path.open("rb") as file:
        start = file.read(512)
    if re.match(rb"(?:\xef\xbb\xbf)?\s*<(?:!doctype|html|\?xml)", start, re.IGNORECASE):
        return "is a web page instead of the file; a proxy may want a login, or the address may have changed"
    if suffix in PACKED:
        try:
            with zipfile.ZipFile(path) as archive:
                damaged = archive.testzip()
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
            return f"is damaged or cut off ({error})"
        except RuntimeError:  # a password, of which the register speaks
            return None
        return f"is damaged in {damaged!r}" if damaged else None
    if suffix == ".gz":
        try:
            with gzip.open(path) as packed:
                while packed.read(1 << 20):
                    pass
        except (gzip.BadGzipFile, zlib.error, EOFError) as error:
            return f"is damaged or cut off ({error})"
    return None


class _Gathering:
    """One file on its way: what is in the part, of which version, and how often it went wrong."""

    def __init__(self, client: Client, address: str, part: Path, progress: Progress, max_bytes: int) -> None:
        self.client, self.address, self.part, self.progress, self.max_bytes = client, address, part, progress, max_bytes
        self.name = part.name.removesuffix(".part")
        self.final = address
        self.digests: set[str] = set()
        self.is_measured = True
        noted = _read_note(part)
        self.version = noted if noted and noted.address == address else Version(address)

    @property
    def offset(self) -> int:
        """Bytes gathered that may be kept."""
        if not self.version.validator or not self.part.exists():
            return 0
        size = self.part.stat().st_size
        return size if self.version.total is None or size <= self.version.total else 0

    def run(self, known: Version | None) -> bool:
        """Gather until nothing is missing; False where the publisher still has `known`.

        Tries are counted while nothing is gained; so are new beginnings, since a file that changes all the time would
        gain something for ever.
        """
        failures = beginnings = 0
        while not (self.version.total and self.offset == self.version.total):
            before = self.offset
            try:
                outcome = self._ask(before, known)
            except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
                trouble = f"{self.name} broke off at {self.offset:,} bytes ({reason(error)})"
            else:
                if outcome == "unchanged":
                    return False
                if outcome == "whole":
                    return True
                beginnings += not self.offset
                trouble = f"{self.name} {outcome}"
            failures = 0 if self.offset > before else failures + 1
            if max(failures, beginnings) >= self.client.options.tries:
                raise FetchError(f"{trouble}, after {self.client.options.tries} tries; try again later.")
            self.client.wait(failures, trouble)
        return True

    def _ask(self, offset: int, known: Version | None) -> str:
        """One request. Returns `whole`, `unchanged`, or what went wrong in words that follow the name."""
        # Also from the first byte on: the answer to a range says twice how long the file is.
        headers = {"Range": f"bytes={offset}-"}
        if offset:
            headers["If-Range"] = str(self.version.validator)
        elif known and known.etag:
            headers["If-None-Match"] = known.etag
        elif known and known.last_modified:
            headers["If-Modified-Since"] = known.last_modified
        with self.client.open(self.address, headers=headers) as answer:
            said = version_of(answer, self.address)
            if answer.status_code == 304 or (not offset and known and known.unchanged(said)):
                return "unchanged"
            if answer.status_code == 416:
                if offset:
                    forget(self.part)
                    return "no longer has the length it had; it is fetched from the beginning"
                raise FetchError(f"{self.address} is empty; try again later, or look at the publisher's page.")
            self._check_type(answer)
            if answer.status_code == 206:
                start, _, total = content_range(answer)
                if start != offset or total is None or (offset and not self.version.same(said)):
                    forget(self.part)
                    self.version = Version(self.address)
                    return "changed while it was fetched; it is fetched from the beginning"
            else:
                offset = 0
            self.final = answer.url
            self.digests = set() if said.is_encoded else _digests(answer)
            self.is_measured = bool({"Content-Length", "Transfer-Encoding", "Content-Range"} & set(answer.headers))
            if not offset:
                self.version = said
                self._check_room()
                forget(self.part)
                _write_note(self.part, self.version)
            self._copy(answer, offset)
        if self.version.total is not None and self.part.stat().st_size != self.version.total:
            size, announced = self.part.stat().st_size, self.version.total
            if size > announced or not self.version.validator:
                forget(self.part)
            return f"has {size:,} bytes instead of the {announced:,} announced"
        return "whole"

    def _copy(self, answer: requests.Response, offset: int) -> None:
        """Append the body to the part, as it comes in, so that nothing is lost when it breaks off."""
        self.progress.begin(self.name, offset, self.version.total)
        with self.part.open("ab" if offset else "wb", buffering=0) as file:
            while chunk := answer.raw.read1(CHUNK, decode_content=True):
                file.write(chunk)
                self.progress.advance(len(chunk))
                if file.tell() > self.max_bytes:
                    file.close()
                    raise self._too_large()

    def _check_type(self, answer: requests.Response) -> None:
        kind = answer.headers.get("Content-Type", "").split(";")[0].strip().lower()
        if kind in ("text/html", "application/xhtml+xml"):
            raise FetchError(
                f"{self.address} answered with a web page instead of {self.name}; open it in a browser: a proxy may want "
                "a login, or the address may have changed."
            )

    def _check_room(self) -> None:
        if self.version.total is None:
            return
        if self.version.total > self.max_bytes:
            raise self._too_large()
        free = shutil.disk_usage(self.part.parent).free
        if self.version.total > free:
            raise FetchError(
                f"{self.name} has {self.version.total:,} bytes, but only {free:,} are free in {self.part.parent}; make room."
            )

    def _too_large(self) -> FetchError:
        forget(self.part)
        return FetchError(
            f"{self.name} is larger than {self.max_bytes:,} bytes; if it is genuine, raise FPW_MAX_FILE_BYTES."
        )


def _digests(answer: requests.Response) -> set[str]:
    """Checksums of the whole file in the answer's headers, hexadecimal."""
    found = set()
    if answer.status_code == 200 and (text := answer.headers.get("Content-MD5")):
        found.add(text)
    for header in ("Repr-Digest", "Digest"):
        for name, text in re.findall(r"([\w-]+)=:?([A-Za-z0-9+/=]+?):?(?:,|$)", answer.headers.get(header, "")):
            if name.lower() in ("sha-256", "md5"):
                found.add(text)
    if text := answer.headers.get("x-amz-checksum-sha256"):
        found.add(text)
    result = set()
    for text in found:
        with suppress(ValueError):
            result.add(base64.b64decode(text, validate=True).hex())
    return {digest for digest in result if len(digest) in (32, 64)}


def _hashes(path: Path) -> tuple[str, str]:
    sha256, md5 = hashlib.sha256(), hashlib.md5(usedforsecurity=False)
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            sha256.update(chunk)
            md5.update(chunk)
    return sha256.hexdigest(), md5.hexdigest()


def _useless(part: Path, sentence: str) -> FetchError:
    forget(part)
    return FetchError(sentence)


def _note_path(part: Path) -> Path:
    return part.with_name(f"{part.name}.meta.yml")


def _write_note(part: Path, version: Version) -> None:
    _note_path(part).write_text(yaml.safe_dump(asdict(version), sort_keys=False), encoding="utf-8")


def _read_note(part: Path) -> Version | None:
    try:
        return Version(**yaml.safe_load(_note_path(part).read_text(encoding="utf-8")))
    except (OSError, yaml.YAMLError, UnicodeDecodeError, TypeError):
        return None
