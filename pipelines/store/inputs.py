"""What a publication is made of: as one fingerprint, since a night on which it is the same has nothing to publish, and
item by item, so that it can be made again."""

from __future__ import annotations

import hashlib
import platform
import subprocess
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import duckdb

from pipelines import __version__
from pipelines.dbt_run import seeds_digest
from pipelines.settings import DBT_DIR, PROJECT_DIR, Settings
from pipelines.store.warehouse import Warehouse

PACKAGES = ("dagster", "dbt-core", "dbt-duckdb", "duckdb", "great-expectations", "polars", "python-calamine")
"""Packages that can change a number or a check."""
_CODE = ("pipelines", "expectations", DBT_DIR.name)
_HELPERS = ("__init__.py", "dbt_run.py", "periods.py", "safe_text.py", "settings.py", "workers.py")
_NUMBERS = (*(f"pipelines/{part}" for part in ("ingest", "returns", "sources", "store", *_HELPERS)), DBT_DIR.name)
"""Code that makes the marts, with all that it imports; the rest checks them, shows them, or starts it."""
_SUFFIXES = {".py", ".yaml", ".yml", ".sql", ".csv"}


@cache
def code_digest() -> str:
    """Changes with the pipeline's code, contracts, models, seeds and checks, and with the packages that they rest on."""
    digest = hashlib.sha256(_files_digest(_files(_CODE, _SUFFIXES)).encode())
    for name in PACKAGES:
        digest.update(f"{name}=={version(name)}\n".encode())
    return digest.hexdigest()


def code_version() -> str:
    """Version of the pipeline, with its commit where it runs from a clone."""
    commit = _commit()
    return f"{__version__}+{commit[:12]}" if commit else __version__


def recipe(settings: Settings) -> dict[str, Any]:
    """What marts are made with beside the raw files; two builds of the same files by equal recipes are equal.

    `code` is a hash of the files that make them, `commit` where they were taken from (they may have been edited since).
    """
    return {
        "settings": {"force": settings.force},
        "code": {
            "version": __version__,
            "commit": _commit(),
            "sha256": _files_digest(code_of_numbers()),
        },
        "seeds_sha256": seeds_digest(),
        "packages": {"python": platform.python_version(), **{name: version(name) for name in PACKAGES}},
        "machine": " ".join([platform.machine(), *platform.libc_ver()]),
    }


@cache
def _commit() -> str | None:
    if not (PROJECT_DIR / ".git").exists():
        return None
    try:
        done = subprocess.run(["git", "rev-parse", "HEAD"], cwd=PROJECT_DIR, capture_output=True, text=True)
    except OSError:
        return None
    return done.stdout.strip() or None


def code_of_numbers() -> Iterator[Path]:
    """The files whose hash a release keeps as the code that made its marts."""
    return _files(_NUMBERS, _SUFFIXES - {".csv"})


def _files(parts: tuple[str, ...], suffixes: set[str]) -> Iterator[Path]:
    """Files of these kinds among folders, and single files, of the project."""
    for part in parts:
        place = PROJECT_DIR / part
        for path in sorted(place.rglob("*")) if place.is_dir() else (place,):
            if path.suffix in suffixes and path.is_file():
                yield path


def _files_digest(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(str(path.relative_to(PROJECT_DIR)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def fingerprint(warehouse: Warehouse) -> str:
    """Changes with every extract that is registered, and with the code and the home force; 64 hex digits."""
    digest = hashlib.sha256(f"{code_digest()} {warehouse.settings.force}\n".encode())
    with warehouse.connect(read_only=True) as connection:
        rows = connection.execute(
            "SELECT extract_id, status, sequence, is_sample, reason FROM ops.extract ORDER BY ALL"
        ).fetchall()
    digest.update(repr(rows).encode())
    return digest.hexdigest()


def published_as(path: Path) -> tuple[str, str] | None:
    """Release and fingerprint of the published file; None when there is no such file, or it does not say."""
    if not path.exists():
        return None
    try:
        with duckdb.connect(str(path), read_only=True) as connection:
            found = connection.execute("SELECT release_id, inputs FROM ops.release").fetchall()
    except duckdb.Error:
        return None  # whatever it is, it is to be replaced
    return (str(found[0][0]), str(found[0][1])) if len(found) == 1 else None
