"""Finds the raw files: every file below the raw folder, and every member of every archive."""

from __future__ import annotations

import os
import re
import stat
import struct
import zipfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

SAMPLE_MARKER = "SAMPLE.txt"
"""A folder that holds a file of this name holds synthetic extracts, and so do the folders below it."""

EXTRACT_SUFFIXES = (".csv", ".xlsx", ".ods", ".zip", ".gz")

_NOT_EXTRACTS = re.compile(
    r"(^\.)|(^README)|(^SAMPLE\.txt$)|(\.meta\.ya?ml$)|(^Thumbs\.db$)|(^desktop\.ini$)"
    # names under which browsers, copy tools and office programs keep what is not finished
    r"|(^~)|(~$)|(\.(part|partial|filepart|crdownload|opdownload|download|tmp|temp|swp)$)",
    re.I,
)


class ArchiveRefused(Exception):
    """An archive that must not be opened; the message is a sentence with the mend."""


@dataclass(frozen=True)
class Container:
    """A file on disk that is an extract or an archive of extracts."""

    path: Path
    relative: str
    size_bytes: int
    mtime_ns: int
    is_sample: bool
    problem: str | None = None

    @property
    def is_archive(self) -> bool:
        return self.path.suffix.lower() == ".zip"


def find_containers(raw_dir: Path) -> list[Container]:
    """All files below `raw_dir` that may be extracts, in natural order of their paths.

    Hidden files, READMEs, sidecars (`*.meta.yml`) and unfinished copies and downloads (`*.part`, `*.crdownload`,
    `~$...`) are passed over. Links to folders are not followed. A folder or file that cannot be looked at is returned
    with its `problem`; a file that is taken away meanwhile is not.
    """
    found = []

    def unreadable(error: OSError) -> None:
        if error.filename != str(raw_dir) or raw_dir.exists():
            folder = Path(error.filename)
            found.append(Container(folder, _text(folder, raw_dir), 0, 0, False, error.strerror or str(error)))

    sample_folders: set[str] = set()
    for folder, folders, names in os.walk(raw_dir, onerror=unreadable):
        folders[:] = [name for name in folders if not name.startswith(".")]
        is_sample = SAMPLE_MARKER in names or str(Path(folder).parent) in sample_folders
        if is_sample:
            sample_folders.add(folder)
        for name in names:
            path = Path(folder, name)
            if _NOT_EXTRACTS.search(name):
                continue
            try:
                status = path.stat()
            except FileNotFoundError:
                continue
            except OSError as error:
                problem = error.strerror or str(error)
                found.append(Container(path, _text(path, raw_dir), 0, 0, is_sample, problem))
                continue
            if stat.S_ISREG(status.st_mode):
                found.append(Container(path, _text(path, raw_dir), status.st_size, status.st_mtime_ns, is_sample))
    return sorted(found, key=lambda container: natural_key(container.relative))


def is_settled(container: Container) -> bool:
    """Whether a file is still as it was found: there, of the same size, last changed at the same moment.

    A file that is being copied, replaced or taken away is not; what was read of it in between proves nothing. Moments
    are compared for being equal, not earlier or later, so it does not matter whether the clock is right.
    """
    if container.problem:
        return True  # nothing was read of it
    try:
        status = container.path.stat()
    except OSError:
        return False
    return (status.st_size, status.st_mtime_ns) == (container.size_bytes, container.mtime_ns)


def has_extracts(raw_dir: Path) -> bool:
    """Whether anything below `raw_dir` looks like an extract or an archive of extracts."""
    return any(container.path.suffix.lower() in EXTRACT_SUFFIXES for container in find_containers(raw_dir))


def _text(path: Path, raw_dir: Path) -> str:
    """The path as text; bytes of a name that are not UTF-8 are written out."""
    return os.fsencode(path.relative_to(raw_dir).as_posix()).decode("utf-8", "backslashreplace")


def natural_key(path: str) -> tuple[tuple[int, int, str], ...]:
    """Sorts `release-2` before `release-10`."""
    parts = [part for part in re.split(r"(\d+)", path.casefold()) if part]
    return (*((0, int(part), "") if part.isdigit() else (1, 0, part) for part in parts), (-1, 0, path))


def archive_members(container: Container, *, max_bytes: int, max_ratio: int) -> list[zipfile.ZipInfo]:
    """The extracts in an archive, in natural order, after the whole archive was found safe.

    Raises:
        ArchiveRefused: not a zip file, encrypted, a member whose path leaves the archive, or one that
            swells beyond `max_bytes` or beyond `max_ratio` times its packed size.
    """
    name = container.path.name
    try:
        with zipfile.ZipFile(container.path) as archive:
            members = [info for info in archive.infolist() if not info.is_dir()]
    except (zipfile.BadZipFile, NotImplementedError, ValueError, RuntimeError, struct.error) as error:
        raise ArchiveRefused(f"{name} cannot be opened as a zip archive ({error}); download it again.") from error
    names = Counter(info.filename for info in members)
    for info in members:
        if names[info.filename] > 1:
            raise ArchiveRefused(f"{name} holds the member {info.filename!r} more than once; get a clean archive.")
        parts = PurePosixPath(info.filename.replace("\\", "/"))
        if parts.is_absolute() or ".." in parts.parts or re.match(r"^[A-Za-z]:", info.filename):
            raise ArchiveRefused(
                f"{name} holds the member {info.filename!r}, whose path leads outside; get a clean archive."
            )
        if stat.S_ISLNK(info.external_attr >> 16):
            raise ArchiveRefused(f"{name} holds the link {info.filename!r}; pack the files themselves.")
        if info.flag_bits & 0x1:
            raise ArchiveRefused(f"{name} is protected by a password; deliver it without.")
        if info.file_size > max_bytes or info.file_size > max_ratio * max(info.compress_size, 1):
            raise ArchiveRefused(
                f"{name} holds the member {info.filename!r}, which would grow from {info.compress_size:,} to "
                f"{info.file_size:,} bytes; if it is genuine, raise FPW_MAX_FILE_BYTES or FPW_MAX_COMPRESSION_RATIO."
            )
    kept = [info for info in members if not _NOT_EXTRACTS.search(PurePosixPath(info.filename).name)]
    return sorted(kept, key=lambda info: natural_key(info.filename))
