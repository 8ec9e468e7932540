"""Publication: a new file, closed, then put in the place of the old one in a single step."""

from __future__ import annotations

from pathlib import Path

import duckdb

from pipelines.store.files import sync
from pipelines.store.releases import AS_OF, SCHEMAS
from pipelines.store.views import create_views
from pipelines.store.warehouse import Warehouse, WarehouseError, quoted

STORAGE_VERSION = "v1.2.0"
"""Oldest DuckDB whose clients must be able to read the published file."""


def publish(warehouse: Warehouse) -> dict[str, int]:
    """Write the published file from the build database; returns rows by table.

    Readers that have the old file open finish on it; whoever opens it afterwards sees the new one. When
    anything fails the old file stays.

    Raises:
        WarehouseError: the file cannot be written.
    """
    target = warehouse.settings.published_path
    fresh = target.with_name(f".{target.name}.new")
    _clear(fresh)
    try:
        with warehouse.connect() as connection:
            rows = _copy(connection, fresh)
        sync(fresh)
        # Read-only, and without the log of a reader that wrote to the old file and died: DuckDB would replay it.
        fresh.chmod(0o444)
        target.with_name(f"{target.name}.wal").unlink(missing_ok=True)
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
    for path in (fresh, fresh.with_name(f"{fresh.name}.wal")):
        path.unlink(missing_ok=True)


def _copy(connection: duckdb.DuckDBPyConnection, target: Path) -> dict[str, int]:
    build = connection.execute("SELECT current_database()").fetchall()[0][0]
    connection.execute(f"ATTACH {quoted(str(target))} AS published (STORAGE_VERSION '{STORAGE_VERSION}')")
    rows: dict[str, int] = {}
    tables = connection.execute(
        """
        SELECT schema_name, table_name, comment FROM duckdb_tables()
        WHERE database_name = ? AND schema_name IN (SELECT unnest(?::VARCHAR[])) ORDER BY ALL
        """,
        [build, list(SCHEMAS)],
    ).fetchall()
    connection.begin()  # one write of all tables instead of one each
    for schema in SCHEMAS:
        connection.execute(f"CREATE SCHEMA published.{schema}")
    for schema, table, comment in tables:
        name = f"published.{schema}.{table}"
        connection.execute(f"CREATE TABLE {name} AS FROM {build}.{schema}.{table}")
        rows[f"{schema}.{table}"] = connection.execute(f"SELECT count(*) FROM {name}").fetchall()[0][0]
        if comment:
            connection.execute(f"COMMENT ON TABLE {name} IS {quoted(comment)}")
        for column, text in connection.execute(
            "SELECT column_name, comment FROM duckdb_columns() "
            "WHERE database_name = ? AND schema_name = ? AND table_name = ? AND comment IS NOT NULL",
            [build, schema, table],
        ).fetchall():
            connection.execute(f'COMMENT ON COLUMN {name}."{column}" IS {quoted(text)}')
    connection.execute(AS_OF.format(schema="published.marts"))
    connection.execute("USE published")
    create_views(connection)
    connection.execute(f'USE "{build}"')
    connection.commit()
    connection.execute("CHECKPOINT published")  # to detach does so too, but does not tell why it failed
    connection.execute("DETACH published")
    return rows
