"""Takes single files out of zip archives: out of a file, or by ranges out of an archive that stays with its publisher."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import requests
import urllib3

from pipelines.fetch.client import Client, reason
from pipelines.fetch.download import Download, Progress, Version, content_range, version_of
from pipelines.fetch.pages import file_name
from pipelines.fetch.publishers import FetchError
from pipelines.sources.contract import Contract

TAIL = 1 << 17
"""Bytes read from the end of an archive at first, where its table of contents ends."""
BLOCK = 1 << 18
RUN = 32 << 20
"""Files that lie side by side are fetched together up to so many bytes."""


class NoRanges(Exception):
    """The archive cannot be read in pieces; it must be fetched whole."""


class Changed(Exception):
    """The archive was replaced while it was read."""


@dataclass(frozen=True)
class Member:
    """A file in an archive that a contract knows by its name. Sizes in bytes; `start` and `end` say where it lies."""

    info: zipfile.ZipInfo
    name: str
    source: str
    force: str
    month: dt.date
    start: int
    end: int


def known_members(archive: zipfile.ZipFile, contracts: Iterable[Contract]) -> list[Member]:
    """The files in an archive whose names a contract knows, in the order in which they lie there."""
    infos = sorted((info for info in archive.infolist() if not info.is_dir()), key=lambda info: info.header_offset)
    ends = [*(info.header_offset for info in infos[1:]), archive.start_dir]
    found = []
    for info, end in zip(infos, ends, strict=True):
        name = PurePosixPath(info.filename).name
        for contract in contracts:
            if said := contract.read_name(name):
                found.append(Member(info, name, contract.name, said.force, said.month, info.header_offset, end))
                break
    return found


def runs(members: Iterable[Member], limit: int = RUN) -> Iterator[list[Member]]:
    """The members in groups that lie side by side, of at most `limit` bytes, or one member alone."""
    run: list[Member] = []
    for member in members:
        if run and (member.start != run[-1].end or member.end - run[0].start > limit):
            yield run
            run = []
        run.append(member)
    if run:
        yield run


def unpack(archive: zipfile.ZipFile, member: Member, path: Path, progress: Progress) -> None:
    """Write one member to `path`; its length and its checksum are held against the archive's table of contents.

    Raises:
        FetchError: it is damaged.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with archive.open(member.info) as packed, path.open("wb") as file:
            while chunk := packed.read(1 << 20):
                file.write(chunk)
                progress.advance(len(chunk))
    except (zipfile.BadZipFile, EOFError, RuntimeError, NotImplementedError) as error:
        path.unlink(missing_ok=True)
        raise FetchError(f"{member.name} is damaged in its archive ({error}); try again later.") from error
    if path.stat().st_size != member.info.file_size:
        path.unlink(missing_ok=True)
        raise FetchError(f"{member.name} is cut off in its archive; try again later.")


@dataclass(frozen=True)
class Opened:
    """An archive, where it came from, and, when it stays there, the file through which it is read."""

    zip: zipfile.ZipFile
    address: str
    final: str
    version: Version
    remote: RemoteFile | None = None

    @property
    def name(self) -> str:
        return file_name(self.address)


@contextmanager
def open_remote(client: Client, address: str) -> Iterator[Opened]:
    """An archive at an address, of which only what is read is fetched.

    Raises:
        NoRanges: the publisher does not serve pieces of it.
        FetchError: it is no zip archive, or cannot be had.
    """
    remote = RemoteFile(client, address)
    with _open(io.BufferedReader(remote, 1 << 16), address) as archive:
        yield Opened(archive, address, remote.final, remote.version, remote)


@contextmanager
def open_local(fetched: Download, address: str) -> Iterator[Opened]:
    """An archive that was fetched whole.

    Raises:
        FetchError: it is no zip archive.
    """
    with _open(fetched.path, address) as archive:
        yield Opened(archive, address, fetched.address, fetched.version)


def _open(file: Path | io.BufferedReader, address: str) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(file)
    except zipfile.BadZipFile as error:
        raise FetchError(
            f"{address} is no zip archive, or damaged ({error}); try again later, or look at the publisher's page."
        ) from error


class RemoteFile(io.RawIOBase):
    """The bytes at an address as a file; all of one version."""

    def __init__(self, client: Client, address: str) -> None:
        self.client, self.address, self.final = client, address, address
        self.version = Version(address)
        self.size = self._position = 0
        self._load(f"bytes=-{TAIL}")

    def load(self, start: int, end: int) -> None:
        """Fetch these bytes at once, for the reads that follow.

        Raises:
            Changed: the archive was replaced.
        """
        self._load(f"bytes={start}-{end - 1}")

    def _load(self, wanted: str) -> None:
        headers = {"Range": wanted} | ({"If-Range": self.version.validator} if self.version.validator else {})
        for failures in range(1, self.client.options.tries + 1):
            try:
                with self.client.open(self.address, headers=headers) as answer:
                    self._take(answer)
                    return
            except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
                trouble = f"{self.address} broke off ({reason(error)})"
            if failures < self.client.options.tries:
                self.client.wait(failures, trouble)
        raise FetchError(f"{trouble}, after {self.client.options.tries} tries; try again later.")

    def _take(self, answer: requests.Response) -> None:
        found = version_of(answer, self.address)
        if self.size and (answer.status_code != 206 or not self.version.same(found)):
            raise Changed
        start, end, total = content_range(answer)
        if answer.status_code != 206 or start is None or end is None or total is None or not found.validator:
            raise NoRanges
        body: bytes = answer.raw.read(end - start + 2, decode_content=False)
        if len(body) != end - start + 1:
            raise urllib3.exceptions.ProtocolError(f"{len(body):,} of {end - start + 1:,} bytes")
        self.version, self.final, self.size = found, answer.url, total
        self._start, self._block = start, body

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self.size}[whence]
        self._position = max(base + offset, 0)
        return self._position

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        wanted = min(len(buffer), self.size - self._position)
        if wanted <= 0:
            return 0
        if not self._start <= self._position < self._start + len(self._block):
            self.load(self._position, min(self._position + max(wanted, BLOCK), self.size))
        piece = self._block[self._position - self._start :][:wanted]
        buffer[: len(piece)] = piece
        self._position += len(piece)
        return len(piece)
