"""Releases: the marts as they were published, a folder of Parquet files each, and the memory they give the next one.

A release is drafted before the marts are built, so that they can say what changed since the last one, and written
when they are checked. `warehouse/releases/<release_id>/` holds `marts/*.parquet` and `manifest.json`, and is never
changed.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from pipelines.store.warehouse import (
    OPS_TABLES,
    Warehouse,
    WarehouseError,
    create_history_table,
    create_ops_table,
    insert_rows,
    quoted,
)

SCHEMA = "marts"
MANIFEST = "manifest.json"
HISTORY = "value_history"
"""Mart that carries every value ever released; the last release's is what the next one starts from."""

HISTORY_TABLE = "history.value"


def draft(warehouse: Warehouse) -> str:
    """Begin a release: name it in `ops.release`, and lay what the last one knew into `history.value`.

    Returns the release's name.

    Raises:
        WarehouseError: the last release cannot be read, or is later than the clock.
    """
    last = newest(warehouse.settings.releases_dir)
    now = _now()
    if last and now == _moment(last.name):
        time.sleep(1)  # a release is named by its second
        now = _now()
    if last and now <= _moment(last.name):
        raise WarehouseError(
            f"The last release is of {_moment(last.name):%d %B %Y %H:%M:%S} UTC and the clock says "
            f"{now:%d %B %Y %H:%M:%S}; set the clock right, then refresh again."
        )
    with warehouse.connect() as connection:
        create_ops_table(connection, "release")
        connection.execute("DELETE FROM ops.release")
        release_id = f"{now:%Y%m%dT%H%M%SZ}"
        insert_rows(connection, "ops.release", [{"release_id": release_id, "known_at": now}])
        _remember(connection, last)
    return release_id


def _remember(connection: duckdb.DuckDBPyConnection, last: Path | None) -> None:
    create_history_table(connection)
    connection.execute(f"DELETE FROM {HISTORY_TABLE}")
    file = last / SCHEMA / f"{HISTORY}.parquet" if last else None
    if file is None or not file.exists():
        return
    try:
        connection.execute(f"INSERT INTO {HISTORY_TABLE} BY NAME SELECT * FROM read_parquet({quoted(str(file))})")
    except duckdb.Error as error:
        raise WarehouseError(
            f"{file} cannot be read ({str(error).splitlines()[0]}); put it back from the backup, or move the release's "
            "folder away: history then goes on from the release before."
        ) from error


def write(warehouse: Warehouse, *, run_id: str, code_version: str) -> Path:
    """Write the drafted release and complete its row in `ops.release`; returns its folder.

    A table that is the same as in the last release takes no space: it is a second name of the same file.

    Raises:
        WarehouseError: nothing is loaded, or the release cannot be written.
    """
    releases = warehouse.settings.releases_dir
    last = newest(releases)
    with warehouse.connect() as connection:
        release = _complete(connection, warehouse.settings.force, run_id, code_version)
        folder = releases / str(release["release_id"])
        unfinished = releases / f".{folder.name}.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        try:
            (unfinished / SCHEMA).mkdir(parents=True)
            tables = _export(connection, unfinished / SCHEMA, last)
            manifest = {**release, "tables": tables}
            (unfinished / MANIFEST).write_text(json.dumps(manifest, indent=1, default=str) + "\n", encoding="utf-8")
            for path in (*unfinished.rglob("*.*"), unfinished / SCHEMA, unfinished):
                sync(path)
            unfinished.replace(folder)
            sync(releases)
        except (OSError, duckdb.Error) as error:
            raise WarehouseError(
                f"{folder} could not be written ({str(error).splitlines()[0]}); nothing was published. "
                "Check free space and permissions of the warehouse folder, then refresh again."
            ) from error
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
    return folder


def _complete(connection: duckdb.DuckDBPyConnection, force: str, run_id: str, code_version: str) -> dict[str, Any]:
    extracts, is_sample = connection.execute(
        "SELECT count(*), coalesce(bool_or(is_sample), false) FROM ops.extract WHERE status = 'loaded'"
    ).fetchall()[0]
    if not extracts:
        raise WarehouseError("No extract is loaded, so there is nothing to publish; put extracts into the raw folder.")
    passed, warnings = connection.execute(
        "SELECT count(*) FILTER (status = 'passed'), count(*) FILTER (status <> 'passed') FROM ops.check_result WHERE run_id = ?",
        [run_id],
    ).fetchall()[0]
    drafted = connection.execute("SELECT release_id, known_at FROM ops.release").fetchall()[0]
    release = dict(
        zip(
            OPS_TABLES["release"][1],
            (*drafted, datetime.now(UTC), run_id, code_version, force, extracts, is_sample, passed, warnings),
            strict=True,
        )
    )
    connection.execute("DELETE FROM ops.release")
    insert_rows(connection, "ops.release", [release])
    return release


def _export(connection: duckdb.DuckDBPyConnection, folder: Path, last: Path | None) -> dict[str, dict[str, Any]]:
    names = connection.execute(
        "SELECT table_name, estimated_size FROM duckdb_tables() WHERE schema_name = ? ORDER BY table_name", [SCHEMA]
    ).fetchall()
    before = json.loads((last / MANIFEST).read_text(encoding="utf-8"))["tables"] if last else {}
    tables: dict[str, dict[str, Any]] = {}
    for name, rows in names:
        file = folder / f"{name}.parquet"
        # in order, so that the same rows make the same file
        rows_in_order = f"SELECT * FROM {SCHEMA}.{name} ORDER BY ALL"
        connection.execute(f"COPY ({rows_in_order}) TO {quoted(str(file))} (FORMAT parquet, COMPRESSION zstd)")
        with file.open("rb") as content:
            sha256 = hashlib.file_digest(content, "sha256").hexdigest()
        if last and before.get(name, {}).get("sha256") == sha256:
            _share(last / SCHEMA / file.name, file)
        tables[name] = {"rows": rows, "bytes": file.stat().st_size, "sha256": sha256}
    return tables


def _share(earlier: Path, file: Path) -> None:
    """Let both names be one file, where the file system can."""
    twin = file.with_suffix(".link")
    try:
        os.link(earlier, twin)
        twin.replace(file)
    except OSError:
        twin.unlink(missing_ok=True)


def newest(releases: Path) -> Path | None:
    """The last release that was written whole, or None."""
    return max((path.parent for path in releases.glob(f"[0-9]*/{MANIFEST}")), default=None)


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None, microsecond=0)


def _moment(release_id: str) -> datetime:
    return datetime.strptime(release_id, "%Y%m%dT%H%M%SZ")


def sync(path: Path) -> None:
    """Have the file, or the folder's list of names, on the disk before going on."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
