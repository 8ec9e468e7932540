"""Releases: what was published, a folder of Parquet files each, and the memory they give the next one.

A release is drafted before the marts are built, so that they can say what changed since the last one, and written
when they are checked. `warehouse/releases/<release_id>/` holds `marts/*.parquet`, `ops/*.parquet` and `manifest.json`,
and is never changed. What is said about a table and its columns stands in the metadata of its Parquet file.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from pipelines.store.files import sync
from pipelines.store.inputs import fingerprint, recipe
from pipelines.store.warehouse import (
    OPS_TABLES,
    Warehouse,
    WarehouseError,
    column_comments,
    create_history_table,
    create_ops_table,
    insert_rows,
    quoted,
)

SCHEMAS = ("marts", "ops")
"""What is released and published."""

_NAME = "%Y%m%dT%H%M%SZ"

MANIFEST = "manifest.json"
HISTORY = "value_history"
"""Mart that carries every value ever released; the last release's is what the next one starts from."""

HISTORY_TABLE = "history.value"
REMEMBERING = (HISTORY, "restatement")
"""Marts that say what earlier releases said, and so differ between builds that have not the same past."""

EXTRACTS = """
SELECT extract_id, source, file_name, file_path, sha256, sequence, rows_loaded, is_sample, registered_at
FROM ops.extract WHERE status = 'loaded' ORDER BY registered_at, source, force, period_start, slice
"""
"""What the manifest says of the extracts behind a release, in the order of their arrival."""

AS_OF = """
CREATE MACRO {schema}.as_of(moment) AS TABLE
SELECT * FROM marts.value_history
WHERE known_from < {end} AND (known_until IS NULL OR known_until >= {end})
""".replace(
    "{end}",
    """CASE
        WHEN length(CAST(moment AS VARCHAR)) = 10 THEN CAST(moment AS TIMESTAMP) + INTERVAL 1 DAY
        ELSE CAST(moment AS TIMESTAMP) + INTERVAL 1 MICROSECOND
    END""",
)
"""What can be called beside the tables: `FROM marts.as_of('2026-09-30')` is what was known at the end of that day, UTC."""

LAST_RESULTS = "QUALIFY run_id = arg_max(run_id, checked_at) OVER (PARTITION BY table_name)"
"""Of the checks, a release keeps those that last looked at each table: all of every run would grow without end."""


def draft(warehouse: Warehouse) -> str:
    """Begin a release: name it in `ops.release`, and lay what the last one knew into `history.value`.

    Returns the release's name.

    Raises:
        WarehouseError: the last release cannot be read, or is later than the clock.
    """
    last = newest(warehouse.settings.releases_dir)
    now = check_clock(last)
    return begin(warehouse, now, last)


def begin(warehouse: Warehouse, known_at: datetime, last: Path | None) -> str:
    """Begin the release of this moment (UTC, whole seconds), which remembers what the release in `last` knew.

    Raises:
        WarehouseError: that release cannot be read.
    """
    release_id = f"{known_at:{_NAME}}"
    with warehouse.connect() as connection:
        create_ops_table(connection, "release")
        connection.execute("DELETE FROM ops.release")
        insert_rows(connection, "ops.release", [{"release_id": release_id, "known_at": known_at}])
        _remember(connection, last)
    return release_id


def check_clock(last: Path | None) -> datetime:
    """The time, UTC, which is later than the last release's. A run that did not ask would date what arrives wrongly too.

    Raises:
        WarehouseError: the clock was moved back behind the last release.
    """
    now = _now()
    if last and now == moment(last.name):
        time.sleep(1)  # a release is named by its second
        now = _now()
    if last and now <= moment(last.name):
        raise WarehouseError(
            f"The last release is of {moment(last.name):%d %B %Y %H:%M:%S} UTC and the clock says "
            f"{now:%d %B %Y %H:%M:%S}; set the clock right, then refresh again. If the clock was wrong then and is right "
            f"now, move {last} away instead."
        )
    return now


def _remember(connection: duckdb.DuckDBPyConnection, last: Path | None) -> None:
    create_history_table(connection)
    connection.execute(f"DELETE FROM {HISTORY_TABLE}")
    file = last / "marts" / f"{HISTORY}.parquet" if last else None
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
    """Complete the drafted release's row in `ops.release`, and write it; returns its folder.

    Raises:
        WarehouseError: nothing is loaded, or the release cannot be written.
    """
    complete(warehouse, run_id=run_id, code_version=code_version)
    return lay_down(warehouse)


def complete(warehouse: Warehouse, *, run_id: str, code_version: str) -> None:
    """Complete the drafted release's row in `ops.release`.

    Raises:
        WarehouseError: nothing is loaded.
    """
    inputs = fingerprint(warehouse)
    with warehouse.connect() as connection:
        _complete(connection, inputs, warehouse.settings.force, run_id, code_version)


def lay_down(warehouse: Warehouse) -> Path:
    """Write the release whose row is complete; returns its folder.

    A table that is the same as in the last release takes no space: it is a second name of the same file.

    Raises:
        WarehouseError: the release cannot be written.
    """
    releases = warehouse.settings.releases_dir
    last = newest(releases)
    with warehouse.connect() as connection:
        [release] = _rows(connection, f"SELECT {', '.join(OPS_TABLES['release'][1])} FROM ops.release")
        folder = releases / str(release["release_id"])
        if folder == last:
            return folder  # the step is tried again, after a fault that came later
        unfinished = releases / f".{folder.name}.new"
        for leftover in releases.glob(".*.new"):  # of runs that were cut off
            shutil.rmtree(leftover, ignore_errors=True)
        try:
            marts, ops = (export(connection, schema, unfinished / schema, last) for schema in SCHEMAS)
            manifest = {
                **release,
                "content_sha256": content_hash(marts),
                "remembers": last.name if last else None,
                **recipe(warehouse.settings),
                "tables": marts,
                "ops": ops,
            }
            (unfinished / MANIFEST).write_text(_as_json(manifest, _rows(connection, EXTRACTS)), encoding="utf-8")
            for path in (*unfinished.rglob("*"), unfinished):
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


def content_hash(tables: Mapping[str, Mapping[str, Any]]) -> str:
    """One hash of what a release says, the same for any two builds of the same raw files.

    When it was said is not part of it: the marts that remember earlier releases are left out.
    """
    told = (f"{name} {table['sha256']}\n" for name, table in sorted(tables.items()) if name not in REMEMBERING)
    return hashlib.sha256("".join(told).encode()).hexdigest()


def _complete(connection: duckdb.DuckDBPyConnection, inputs: str, force: str, run_id: str, code_version: str) -> None:
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
            (*drafted, datetime.now(UTC), run_id, code_version, inputs, force, extracts, is_sample, passed, warnings),
            strict=True,
        )
    )
    connection.execute("DELETE FROM ops.release")
    insert_rows(connection, "ops.release", [release])


def _rows(connection: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, Any]]:
    found = connection.execute(query)
    names = [column[0] for column in found.description]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def _as_json(manifest: dict[str, Any], extracts: list[dict[str, Any]]) -> str:
    """The manifest as text that people can read; extracts are many, and have a line each."""
    head = json.dumps(manifest, indent=1, default=str).removesuffix("\n}")
    lines = ",\n  ".join(json.dumps(extract, default=str) for extract in extracts)
    return f'{head},\n "extracts": [\n  {lines}\n ]\n}}\n'


def export(
    connection: duckdb.DuckDBPyConnection, schema: str, folder: Path, last: Path | None = None
) -> dict[str, dict[str, Any]]:
    """Write each table of a schema as Parquet; returns its rows, bytes and the hash of the file.

    The same rows of the same type make the same bytes, whoever writes them with the same DuckDB. A file that is as it
    was in the release in `last` becomes a second name of that.
    """
    folder.mkdir(parents=True)
    names = connection.execute(
        "SELECT table_name, comment FROM duckdb_tables() "
        "WHERE schema_name = ? AND database_name = current_database() ORDER BY table_name",
        [schema],
    ).fetchall()
    before = read_manifest(last).get("tables" if schema == "marts" else schema, {}) if last else {}
    tables: dict[str, dict[str, Any]] = {}
    for name, comment in names:
        file = folder / f"{name}.parquet"
        columns = json.dumps(column_comments(connection, schema, name))
        said = f"{{comment: {quoted(comment or '')}, columns: {quoted(columns)}}}"
        # in order, so that the same rows make the same file
        rows_in_order = f"SELECT * FROM {schema}.{name} {LAST_RESULTS if name == 'check_result' else ''} ORDER BY ALL"
        rows = connection.execute(
            f"COPY ({rows_in_order}) TO {quoted(str(file))} (FORMAT parquet, COMPRESSION zstd, KV_METADATA {said})"
        ).fetchall()[0][0]
        sha256 = _sha256(file)
        if last and before.get(name, {}).get("sha256") == sha256:
            _share(last / schema / file.name, file)
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


def all_releases(releases: Path) -> list[Path]:
    """Folders of the releases that were written whole, oldest first."""
    name = f"{'[0-9]' * 8}T{'[0-9]' * 6}Z"
    return sorted(path.parent for path in releases.glob(f"{name}/{MANIFEST}"))


def newest(releases: Path) -> Path | None:
    """The last release that was written whole, or None."""
    return max(all_releases(releases), default=None)


def find_release(releases: Path, release_id: str | None = None, as_of: str | date | None = None) -> Path:
    """The folder of a release: by its name, or the newest that is not later than a day or moment (UTC), or the newest.

    A day stands for its end, so it takes in the releases of the day itself.

    Raises:
        WarehouseError: there is none, or `as_of` is no date; the message says which there are.
    """
    there = all_releases(releases)
    if not there:
        raise WarehouseError(f"{releases} holds no release; run `fpw refresh` to make one.")
    if release_id is not None:
        if releases / release_id not in there:
            raise WarehouseError(f"There is no release {release_id!r}; `fpw release list` names those that are kept.")
        return releases / release_id
    if as_of is None:
        return there[-1]
    end = _end(as_of)
    if earlier := [path for path in there if moment(path.name) < end]:
        return earlier[-1]
    raise WarehouseError(f"No release is as old as {as_of}; the first that is kept is {there[0].name}.")


@contextmanager
def open_release(folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to a database in memory: schemas `marts` and `ops` as views over a release's files, and `marts.as_of`.

    A release written before `ops` was kept has no such schema.

    Raises:
        WarehouseError: the release, or one of its files, cannot be read.
    """
    connection = duckdb.connect(config={"autoinstall_known_extensions": False, "autoload_known_extensions": False})
    try:
        connection.execute("SET TimeZone = 'UTC'")
        for schema in SCHEMAS:
            files = sorted((folder / schema).glob("*.parquet"))
            if files:
                connection.execute(f"CREATE SCHEMA {schema}")
            for file in files:
                connection.execute(f"CREATE VIEW {schema}.{file.stem} AS FROM read_parquet({quoted(str(file))})")
        connection.execute(AS_OF.format(schema="marts"))
    except duckdb.Error as error:
        connection.close()
        raise WarehouseError(
            f"Release {folder.name} cannot be read ({str(error).splitlines()[0]}); "
            "put its folder back from the backup, or take another: `fpw release list` names them."
        ) from error
    try:
        yield connection
    finally:
        connection.close()


def read_manifest(folder: Path) -> dict[str, Any]:
    """What a release says about itself.

    Raises:
        WarehouseError: it cannot be read.
    """
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise WarehouseError(
            f"{folder / MANIFEST} cannot be read ({error}); put it back from the backup, or move the folder away."
        ) from error
    return manifest


def check_files(folder: Path) -> None:
    """Hold the files of a release against the hashes in its manifest.

    Raises:
        WarehouseError: a file is gone or is another than was written; the message names it.
    """
    manifest = read_manifest(folder)
    for schema, tables in zip(SCHEMAS, (manifest["tables"], manifest.get("ops", {})), strict=True):
        for name, table in tables.items():
            file = folder / schema / f"{name}.parquet"
            if not file.is_file() or _sha256(file) != table["sha256"]:
                raise WarehouseError(
                    f"{file} is not the file that was released; put the release's folder back from the backup, or take "
                    "another release: `fpw release list` names them."
                )


def _sha256(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _end(as_of: str | date) -> datetime:
    """The first moment after what a day or moment takes in, UTC without saying so."""
    text = as_of if isinstance(as_of, str) else as_of.isoformat()
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise WarehouseError(f"{text!r} is no date; write it as 2021-09-26 or 2021-09-26T17:00.") from error
    if moment.tzinfo:
        moment = moment.astimezone(UTC).replace(tzinfo=None)
    return moment + (timedelta(days=1) if len(text) <= len("2021-09-26") else timedelta(microseconds=1))


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None, microsecond=0)


def moment(release_id: str) -> datetime:
    """When a release was begun, UTC: its name says so."""
    return datetime.strptime(release_id, _NAME)
