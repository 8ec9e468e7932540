"""What a publication is made of, as one fingerprint: a night on which it is the same has nothing to publish."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.metadata import version
from pathlib import Path

import duckdb

from pipelines.settings import DBT_DIR, PROJECT_DIR
from pipelines.store.warehouse import Warehouse

PACKAGES = ("dagster", "dbt-core", "dbt-duckdb", "duckdb", "great-expectations", "polars", "python-calamine")
"""Packages that can change a number or a check."""
_CODE = ("pipelines", "expectations", DBT_DIR.name)
_SUFFIXES = {".py", ".yaml", ".yml", ".sql", ".csv"}


@cache
def code_digest() -> str:
    """Changes with the pipeline's code, contracts, models, seeds and checks, and with the packages that they rest on."""
    digest = hashlib.sha256()
    for folder in _CODE:
        for path in sorted((PROJECT_DIR / folder).rglob("*")):
            if path.suffix in _SUFFIXES and path.is_file():
                digest.update(str(path.relative_to(PROJECT_DIR)).encode() + b"\0" + path.read_bytes())
    for name in PACKAGES:
        digest.update(f"{name}=={version(name)}\n".encode())
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
