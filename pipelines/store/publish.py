"""Publication: a new file, closed, then put in the place of the old one in a single step."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from pathlib import Path

import duckdb

from pipelines.settings import Settings
from pipelines.store.files import sync
from pipelines.store.releases import AS_OF, SCHEMAS, check_files, open_release
from pipelines.store.views import create_views
from pipelines.store.warehouse import Warehouse, WarehouseError, column_comments, quoted

log = logging.getLogger("fpw.publish")

STORAGE_VERSION = "v1.2.0"
"""Oldest DuckDB whose clients must be able to read the published file."""

RESTORED_COLUMNS = {
    "restored_at": "When this release was put back in the place of a newer one; NULL when it was not.",
    "restored_because": "Why it was put back, in the words of who did it.",
}
"""What `ops.release` says in the published file beside what it says in the release."""


def publish(warehouse: Warehouse, after: Callable[[], object] = lambda: None) -> dict[str, int]:
    """Write the published file from the build database; returns rows by table.

    Readers that have the old file open finish on it; whoever opens it afterwards sees the new one. When
    anything fails the old file stays. `after` is what must have ended well before the file is put in place.

    Raises:
        WarehouseError: the file cannot be written.
    """
    with warehouse.connect() as connection:
        release_id = connection.execute("SELECT release_id FROM ops.release").fetchall()[0][0]
        rows = _replace(warehouse.settings.published_path, connection, after=after)
    _mirror(warehouse.settings, release_id)
    return rows


def restore(settings: Settings, folder: Path, because: str) -> dict[str, int]:
    """Publish the release in `folder` again; returns rows by table. The next refresh publishes anew.

    Raises:
        WarehouseError: the release cannot be read or is not whole, or the file cannot be written.
    """
    if not (folder / "ops").is_dir():
        raise WarehouseError(
            f"Release {folder.name} is from before releases kept the tables of ops, and cannot be published again; "
            f"its marts are in {folder / 'marts'}."
        )
    check_files(folder)
    with open_release(folder) as connection:
        _comment(connection, folder)
        rows = _replace(settings.published_path, connection, because=because)
    _mirror(settings, folder.name)
    return rows


def published_release(settings: Settings) -> str | None:
    """Name of the release that the published file holds; None when there is no such file."""
    if not settings.published_path.exists():
        return None
    try:
        with duckdb.connect(str(settings.published_path), read_only=True) as connection:
            found = connection.execute("SELECT release_id FROM ops.release").fetchall()
    except duckdb.Error as error:
        raise WarehouseError(
            f"{settings.published_path} cannot be read ({str(error).splitlines()[0]}); `fpw release restore` or the next "
            "refresh replaces it."
        ) from error
    return str(found[0][0]) if found else None


def _replace(
    target: Path,
    connection: duckdb.DuckDBPyConnection,
    *,
    after: Callable[[], object] = lambda: None,
    because: str | None = None,
) -> dict[str, int]:
    fresh = target.with_name(f".{target.name}.new")
    _clear(fresh)
    try:
        rows = _copy(connection, fresh, because)
        if _log_of(fresh).exists():
            raise OSError(f"its rows stayed in {_log_of(fresh).name}")
        sync(fresh)
        after()
        # Read-only, and without the log of a reader that wrote to the old file and died: DuckDB would replay it.
        fresh.chmod(0o444)
        _log_of(target).unlink(missing_ok=True)
        fresh.replace(target)
        sync(target.parent)
    except (OSError, duckdb.Error) as error:
        raise WarehouseError(
            f"{target} could not be written ({str(error).splitlines()[0]}); the file published before is untouched. "
            "Check free space and permissions of the warehouse folder, then refresh again."
        ) from error
    finally:
        _clear(fresh)
    return rows


def _clear(fresh: Path) -> None:
    """Take away what a publication left that was cut off; its log is as large as the file."""
    for path in (fresh, _log_of(fresh)):
        path.unlink(missing_ok=True)


def _log_of(database: Path) -> Path:
    return database.with_name(f"{database.name}.wal")


def _copy(connection: duckdb.DuckDBPyConnection, target: Path, because: str | None) -> dict[str, int]:
    """The tables, or views, of the schemas of `connection` as a file, with what is said of them."""
    source = connection.execute("SELECT current_database()").fetchall()[0][0]
    connection.execute(f"ATTACH {quoted(str(target))} AS published (STORAGE_VERSION '{STORAGE_VERSION}')")
    # It is looked into for every text and never taken: without it the file is as large, in three quarters of the time.
    connection.execute("SET disabled_compression_methods = 'fsst'")
    rows: dict[str, int] = {}
    tables = connection.execute(
        """
        SELECT schema_name, table_name, comment FROM (
            SELECT database_name, schema_name, table_name, comment FROM duckdb_tables()
            UNION ALL SELECT database_name, schema_name, view_name, comment FROM duckdb_views()
        ) WHERE database_name = ? AND schema_name IN (SELECT unnest(?::VARCHAR[])) ORDER BY ALL
        """,
        [source, list(SCHEMAS)],
    ).fetchall()
    connection.begin()  # one write of all tables instead of one each
    for schema in SCHEMAS:
        connection.execute(f"CREATE SCHEMA published.{schema}")
    for schema, table, comment in tables:
        name = f"published.{schema}.{table}"
        columns = "*"
        if (schema, table) == ("ops", "release"):
            columns = _release_columns(because)
        found = connection.execute(f"CREATE TABLE {name} AS SELECT {columns} FROM {source}.{schema}.{table}")
        rows[f"{schema}.{table}"] = found.fetchall()[0][0]
        if comment:
            connection.execute(f"COMMENT ON TABLE {name} IS {quoted(comment)}")
        for column, text in column_comments(connection, schema, table).items():
            if text:
                connection.execute(f'COMMENT ON COLUMN {name}."{column}" IS {quoted(text)}')
    for column, text in RESTORED_COLUMNS.items():
        connection.execute(f"COMMENT ON COLUMN published.ops.release.{column} IS {quoted(text)}")
    connection.execute(AS_OF.format(schema="published.marts"))
    connection.execute("USE published")
    create_views(connection, of_earlier_release=because is not None)
    connection.execute(f'USE "{source}"')
    connection.commit()
    # To detach does so too, but leaves the rows in the log without a word when another connection, such as the one that
    # writes the release, is asking for names of tables just then. This waits for it.
    connection.execute("FORCE CHECKPOINT published")
    connection.execute("DETACH published")
    return rows


def _release_columns(because: str | None) -> str:
    """What the published file says of its release. One that was put back has no inputs, so that the next refresh publishes."""
    if because is None:
        return "*, NULL::TIMESTAMPTZ AS restored_at, NULL::VARCHAR AS restored_because"
    return f"* REPLACE (NULL::VARCHAR AS inputs), now() AS restored_at, {quoted(because)} AS restored_because"


def _comment(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Say of the views of an open release what its files say of themselves."""
    for file in sorted(folder.glob("*/*.parquet")):
        said = dict(
            connection.execute(
                "SELECT decode(key), decode(value) FROM parquet_kv_metadata(?) WHERE decode(key) IN ('comment', 'columns')",
                [str(file)],
            ).fetchall()
        )
        name = f"{file.parent.name}.{file.stem}"
        connection.execute(f"COMMENT ON VIEW {name} IS {quoted(said.get('comment', ''))}")
        there = column_comments(connection, file.parent.name, file.stem)
        for column, text in json.loads(said.get("columns", "{}")).items():
            # An old release may name columns that only the published file had, which was attached when it was written.
            if text and column in there:
                connection.execute(f'COMMENT ON COLUMN {name}."{column}" IS {quoted(text)}')


def _mirror(settings: Settings, release_id: str) -> None:
    """Let `warehouse/parquet` stand for the folder of the release that is published."""
    link, fresh = settings.parquet_dir, settings.parquet_dir.with_name(".parquet.new")
    try:
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(settings.releases_dir.relative_to(settings.warehouse_dir) / release_id)
        fresh.replace(link)
    except OSError as error:
        # what is published is published
        log.warning("%s still shows an earlier release, or none (%s)", link, error.strerror or error)
