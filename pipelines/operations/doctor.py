"""Whether this machine and its configuration are fit to run the pipeline; each finding with its mend."""

from __future__ import annotations

import datetime as dt
import os
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, version

from packaging.requirements import Requirement

from pipelines.ingest.discover import find_containers
from pipelines.operations.instance import dagster_instance
from pipelines.operations.schedules import REFRESH, build_schedules
from pipelines.operations.standing import Finding, refreshed_lately, schedules_run, sources_in_time
from pipelines.settings import PROJECT_DIR, Settings
from pipelines.store.releases import check_clock, newest
from pipelines.store.warehouse import WarehouseError

LOCK = PROJECT_DIR / "requirements.lock"
_UNITS = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
_ROOM_FACTOR = 3
"""A warehouse needs about this many times what its raw files take: rows, the copy that is published, and what is spilled."""


def examine(settings: Settings) -> Iterator[Finding]:
    """Everything that can be looked at without a run, one finding each.

    Nothing is changed, but for Dagster's home, which is made, or put in step with the settings, before it is read.
    """
    checks: tuple[Callable[[Settings], Finding], ...] = (
        _python,
        _packages,
        _memory,
        _raw_folder,
        _warehouse_folder,
        _room,
        _pseudonym_key,
        _clock,
        _documents,
    )
    for check in checks:
        yield check(settings)
    yield from _standing(settings)


def _python(_: Settings) -> Finding:
    found = ".".join(str(part) for part in sys.version_info[:3])
    fits = (3, 11) <= sys.version_info[:2] <= (3, 13)
    mend = (
        "" if fits else "; 3.11 to 3.13 are supported: make the environment anew with `make clean refresh PYTHON=...`"
    )
    return Finding("python", fits, f"Python {found}{mend}.")


def _packages(_: Settings) -> Finding:
    if not LOCK.exists():
        return Finding("packages", True, "There is no lock file beside the code to compare the packages with.")
    lines = re.findall(r"^[\w.-]+(?:\[[\w,-]+\])?==[^\\\n]+", LOCK.read_text(encoding="utf-8"), re.M)
    locked = [wanted for line in lines if (wanted := Requirement(line)).marker is None or wanted.marker.evaluate()]
    other = []
    for wanted in locked:
        try:
            found = version(wanted.name)
        except PackageNotFoundError:
            other.append(f"{wanted.name} is missing")
            continue
        if found not in wanted.specifier:
            other.append(f"{wanted.name} {found} instead of {wanted.specifier}")
    if not other:
        return Finding("packages", True, f"{len(locked)} packages are locked; those installed are as locked.")
    told = ", ".join(other[:5]) + (f" and {len(other) - 5} more" if len(other) > 5 else "")
    return Finding("packages", False, f"Not as locked: {told}; install with `make refresh`, which follows the lock.")


def _memory(settings: Settings) -> Finding:
    match = re.fullmatch(r"([\d.]+) ?([KMGT])i?B", settings.memory_limit)
    limit = float(match[1]) * _UNITS[match[2]] if match else 0.0
    whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    # the pipeline itself, dbt and the checks beside DuckDB
    fits = limit + 2 * _UNITS["G"] <= whole
    told = f"FPW_MEMORY_LIMIT is {settings.memory_limit} of {whole / 2**30:.1f} GB"
    return Finding(
        "memory", fits, f"{told}." if fits else f"{told}; lower it, for dbt and the checks need 2 GB besides."
    )


def _raw_folder(settings: Settings) -> Finding:
    if not settings.raw_dir.is_dir():
        return Finding(
            "raw_folder",
            False,
            f"{settings.raw_dir} does not exist; make or mount it, or set FPW_RAW_DIR to the right one.",
        )
    found = find_containers(settings.raw_dir)
    poor = [f"{container.name} {container.problem}" for container in found if container.problem]
    if poor:
        return Finding("raw_folder", False, f"{settings.raw_dir}: {'; '.join(poor[:5])}.")
    return Finding("raw_folder", True, f"{settings.raw_dir} holds {len(found):,} files.")


def _warehouse_folder(settings: Settings) -> Finding:
    folder = settings.warehouse_dir
    there = next(path for path in (folder, *folder.parents) if path.exists())
    if not os.access(there, os.W_OK | os.X_OK):
        return Finding("warehouse_folder", False, f"{there} cannot be written to; let this user write there.")
    return Finding("warehouse_folder", True, f"{folder} can be written to.")


def _room(settings: Settings) -> Finding:
    raw = (
        sum(container.size_bytes for container in find_containers(settings.raw_dir)) if settings.raw_dir.is_dir() else 0
    )
    folder = settings.warehouse_dir
    there = next(path for path in (folder, *folder.parents) if path.exists())
    held = settings.build_path.stat().st_size if settings.build_path.exists() else 0
    free, wanted = shutil.disk_usage(there).free, max(_ROOM_FACTOR * raw - held, 1 << 30)
    told = f"{free / 2**30:.1f} GB are free for {settings.warehouse_dir}"
    if free >= wanted:
        return Finding("room", True, f"{told}.")
    return Finding(
        "room", False, f"{told}, but {wanted / 2**30:.1f} GB may be needed; make room or move FPW_WAREHOUSE_DIR."
    )


def _pseudonym_key(settings: Settings) -> Finding:
    path = settings.pseudonym_key_file
    if not path.exists():
        return Finding("pseudonym_key", True, f"{path} will be made when personal data is first read; back it up then.")
    if not os.access(path, os.R_OK):
        return Finding("pseudonym_key", False, f"{path} cannot be read; let this user read it, and nobody else.")
    if path.stat().st_mode & 0o077:
        return Finding("pseudonym_key", False, f"{path} can be read by others; close it with `chmod 600 {path}`.")
    return Finding("pseudonym_key", True, f"{path} is this user's alone.")


def _clock(settings: Settings) -> Finding:
    try:
        check_clock(newest(settings.releases_dir))
    except WarehouseError as error:
        return Finding("clock", False, str(error))
    return Finding(
        "clock", True, f"The clock says {dt.datetime.now(dt.UTC):%d %B %Y %H:%M} UTC, after the last release."
    )


def _documents(_: Settings) -> Finding:
    try:
        import weasyprint  # noqa: F401
    except OSError as error:
        return Finding(
            "documents",
            False,
            f"The PDF of the board pack cannot be made ({str(error).splitlines()[0]}); install Pango, on Debian: "
            "apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0.",
        )
    return Finding("documents", True, "The PDF of the board pack can be made.")


def _standing(settings: Settings) -> Iterator[Finding]:
    if not settings.published_path.exists():
        yield Finding("published", False, f"{settings.published_path} does not exist; run `fpw refresh` to make it.")
        return
    now = dt.datetime.now(dt.UTC)
    with dagster_instance(settings) as instance:
        yield refreshed_lately(instance, REFRESH, now)
        yield from schedules_run(instance, build_schedules(settings), now)
    yield sources_in_time(settings)
