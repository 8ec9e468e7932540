"""Finds the raw files: every file below the raw folder, and every member of every archive."""

from __future__ import annotations

import os
import re
import stat
import struct
import zipfile
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path, PurePosixPath

from pipelines.safe_text import shown

SAMPLE_MARKER = "SAMPLE.txt"
"""A folder that holds a file of this name holds synthetic extracts, and so do the folders below it."""

MAX_MEMBERS = 20_000
"""An archive of data.police.uk with three years of all forces has about 5,000."""
MAX_NAME_CHARACTERS = 255

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
    """Why it cannot be read, as the predicate of a sentence."""

    @property
    def name(self) -> str:
        """Its name without folders, fit to be shown."""
        return PurePosixPath(self.relative).name

    @property
    def is_archive(self) -> bool:
        return self.path.suffix.lower() == ".zip"


def find_containers(raw_dir: Path) -> list[Container]:
    """All files below `raw_dir` that may be extracts, in natural order of their paths.

    Hidden files, READMEs, sidecars (`*.meta.yml`) and unfinished copies and downloads (`*.part`, `*.crdownload`,
    `~$...`) are passed over, and so is a file that is taken away meanwhile. What cannot or must not be read is returned
    with its `problem`: a locked folder or file, a link to a folder or out of `raw_dir`, a device.
    """
    found = []
    inside = raw_dir.resolve()

    def unreadable(error: OSError) -> None:
        if error.filename != str(raw_dir) or raw_dir.exists():
            folder = Path(error.filename)
            found.append(Container(folder, _text(folder, raw_dir), 0, 0, False, _denied(error)))

    sample_folders: set[str] = set()
    for folder, folders, names in os.walk(raw_dir, onerror=unreadable):
        folders[:] = [name for name in folders if not name.startswith(".")]
        is_sample = SAMPLE_MARKER in names or str(Path(folder).parent) in sample_folders
        if is_sample:
            sample_folders.add(folder)
        for name in (*names, *(name for name in folders if Path(folder, name).is_symlink())):
            path = Path(folder, name)
            if _NOT_EXTRACTS.search(name):
                continue
            if problem := _problem(path, inside):
                found.append(Container(path, _text(path, raw_dir), 0, 0, is_sample, problem))
                continue
            try:
                status = path.stat()
            except FileNotFoundError:
                continue
            except OSError as error:
                problem = _denied(error)
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


def _problem(path: Path, inside: Path) -> str | None:
    """Why something that lies in the raw folder must not be opened."""
    try:
        if path.is_symlink():
            if path.is_dir():
                return "is a link to a folder, which is not followed; put the folder itself here"
            if not Path(os.path.realpath(path)).is_relative_to(inside):
                return "is a link that leads out of the raw folder; put the file itself here"
            if not path.exists():
                return "is a link to a file that does not exist; put the file itself here"
        # one that was taken away meanwhile is no problem
        return None if path.is_file() or not path.exists() else "is no regular file; take it out of the raw folder"
    except OSError as error:
        return _denied(error)


def _denied(error: OSError) -> str:
    return f"cannot be read ({error.strerror or error}); check its permissions"


def has_extracts(raw_dir: Path) -> bool:
    """Whether anything below `raw_dir` looks like an extract or an archive of extracts."""
    return any(container.path.suffix.lower() in EXTRACT_SUFFIXES for container in find_containers(raw_dir))


def _text(path: Path, raw_dir: Path) -> str:
    """The path as text; what does not print in it, and bytes that are not UTF-8, are written out."""
    return shown(path.relative_to(raw_dir).as_posix())


def natural_key(path: str) -> tuple[tuple[int, int, str], ...]:
    """Sorts `release-2` before `release-10`."""
    parts = [part for part in re.split(r"([0-9]+)", path.casefold()) if part]
    return (*((0, int(part[:300]), "") if "0" <= part[0] <= "9" else (1, 0, part) for part in parts), (-1, 0, path))


def archive_members(container: Container, *, max_bytes: int, max_ratio: int) -> list[zipfile.ZipInfo]:
    """The extracts in an archive, in natural order, after the whole archive was found safe.

    Raises:
        ArchiveRefused: not a zip file, a workbook, encrypted, too many members, two that share bytes, one whose name
            leads outside or is no name, or one that swells beyond `max_bytes` or beyond `max_ratio` times its packed size.
    """
    name = container.name
    try:
        with zipfile.ZipFile(container.path) as archive:
            infos = archive.infolist()
            start_of_directory = archive.start_dir
    except (zipfile.BadZipFile, NotImplementedError, ValueError, RuntimeError, struct.error) as error:
        raise ArchiveRefused(f"{name} cannot be opened as a zip archive ({error}); download it again.") from error
    if len(infos) > MAX_MEMBERS:
        raise ArchiveRefused(
            f"{name} has {len(infos):,} members, more than the {MAX_MEMBERS:,} that are opened; divide it."
        )
    members = [info for info in infos if not info.is_dir()]
    names = {info.filename for info in members}
    if "[Content_Types].xml" in names or {"mimetype", "content.xml"} <= names:
        raise ArchiveRefused(f"{name} is a workbook, no archive; give it the ending .xlsx or .ods.")
    if shared := overlapping(members, start_of_directory):
        raise ArchiveRefused(f"{name} packs {told(shared)} over another member; get a clean archive.")
    counts = Counter(info.filename for info in members)
    for info in members:
        if counts[info.filename] > 1:
            raise ArchiveRefused(f"{name} holds the member {told(info)} more than once; get a clean archive.")
        parts = PurePosixPath(info.filename.replace("\\", "/"))
        if parts.is_absolute() or ".." in parts.parts or re.match(r"^[A-Za-z]:", info.filename):
            raise ArchiveRefused(
                f"{name} holds the member {told(info)}, whose path leads outside; get a clean archive."
            )
        if "\0" in info.orig_filename or any(len(part) > MAX_NAME_CHARACTERS for part in parts.parts):
            raise ArchiveRefused(f"{name} holds the member {told(info)}, which is no file name; get a clean archive.")
        if stat.S_ISLNK(info.external_attr >> 16):
            raise ArchiveRefused(f"{name} holds the link {told(info)}; pack the files themselves.")
        if info.flag_bits & 0x1:
            raise ArchiveRefused(f"{name} is protected by a password; deliver it without.")
        if info.file_size > max_bytes or info.file_size > max_ratio * max(info.compress_size, 1):
            raise ArchiveRefused(
                f"{name} holds the member {told(info)}, which would grow from {info.compress_size:,} to "
                f"{info.file_size:,} bytes; if it is genuine, raise FPW_MAX_FILE_BYTES or FPW_MAX_COMPRESSION_RATIO."
            )
    kept = [info for info in members if not _NOT_EXTRACTS.search(PurePosixPath(info.filename).name)]
    return sorted(kept, key=lambda info: natural_key(info.filename))


def overlapping(members: Iterable[zipfile.ZipInfo], end: int) -> zipfile.ZipInfo | None:
    """A member of a package whose packed bytes reach into those of the next, as no packer writes it."""
    in_order = sorted(members, key=lambda info: info.header_offset)
    for info, following in zip_longest(in_order, in_order[1:]):
        local_header = 30 + len(info.orig_filename)
        if info.header_offset + local_header + info.compress_size > (following.header_offset if following else end):
            return info
    return None


def told(info: zipfile.ZipInfo) -> str:
    """The name of a member in a message."""
    return f"'{shown(info.filename, 80)}'"
