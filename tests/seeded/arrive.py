"""Lets a file arrive in a warehouse that holds the sample, and says what became of it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from pipelines.ingest.load import load
from pipelines.ingest.register import register
from pipelines.settings import Settings
from pipelines.sources.contract import load_contracts
from pipelines.store.warehouse import Warehouse
from tests.seeded.fault import Delivery

RUN = "arrival"
KEPT = ("raw", "ops", "reference", "history")


@dataclass(frozen=True)
class Arrival:
    """The warehouse after a file arrived: a connection to it, and what was said."""

    connection: duckdb.DuckDBPyConnection
    refused: tuple[str, ...]
    set_aside: tuple[str, ...]

    def content(self, source: str) -> list[tuple[object, ...]]:
        """Number and sum of hashes of the staged rows of a source, whatever file they came from."""
        rows = f"SELECT * EXCLUDE (extract_id, line) FROM staging.stg_{source}"
        return self.connection.execute(f"SELECT count(*), sum(hash(r)) FROM ({rows}) AS r").fetchall()


@dataclass(frozen=True)
class Grounds:
    """A build database without models, and the raw folder it was loaded from; every arrival gets a copy."""

    build: Path
    settings: Settings

    @contextmanager
    def arrival(self, plant: Callable[[Delivery], None], folder: Path) -> Iterator[Arrival]:
        """Plant a file, then register and load it as a refresh does."""
        delivery = Delivery(self.settings.raw_dir)
        settings = self.settings.model_copy(update={"warehouse_dir": folder, "threads": 1})
        shutil.copy(self.build, settings.build_path)
        shutil.copy(self.settings.arrivals_path, settings.arrivals_path)
        warehouse, contracts = Warehouse(settings), load_contracts()
        # one connection held open makes those of register and load cheap
        with duckdb.connect(str(settings.build_path)) as connection:
            connection.execute("PRAGMA disable_checkpoint_on_shutdown")
            try:
                plant(delivery)
                register(settings, warehouse, contracts, RUN)
                pending = "SELECT DISTINCT source FROM ops.extract WHERE status = 'pending' ORDER BY 1"
                for (source,) in connection.execute(pending).fetchall():
                    load(settings, warehouse, contracts[source], RUN)
            finally:
                delivery.clear()
            refused = "SELECT reason FROM ops.extract WHERE run_id = ? AND status = 'refused'"
            set_aside = (
                "SELECT DISTINCT concat_ws(' ', column_name, bad.reason) FROM ops.quarantine AS bad "
                "JOIN ops.extract AS register USING (extract_id) WHERE run_id = ? AND status = 'loaded'"
            )
            said = [
                tuple(text for (text,) in connection.execute(query, [RUN]).fetchall()) for query in (refused, set_aside)
            ]
            yield Arrival(connection, *said)


def without_models(build: Path, copy: Path) -> Path:
    """A copy of a build database with the raw tables, the register, the seeds and the views on them alone."""
    with duckdb.connect(str(copy)) as connection:
        connection.execute(f"ATTACH '{build}' AS whole (READ_ONLY)")
        connection.begin()
        for schema in (*KEPT, "staging"):
            connection.execute(f"CREATE SCHEMA {schema}")
        tables = (
            "SELECT schema_name, table_name, sql FROM duckdb_tables() WHERE database_name = 'whole' "
            "AND schema_name IN (SELECT unnest(?::VARCHAR[]))"
        )
        for schema, name, sql in connection.execute(tables, [list(KEPT)]).fetchall():
            connection.execute(sql)
            connection.execute(f"INSERT INTO {schema}.{name} FROM whole.{schema}.{name}")
        views = "SELECT sql FROM duckdb_views() WHERE database_name = 'whole' AND schema_name = 'staging'"
        for (sql,) in connection.execute(views).fetchall():
            connection.execute(sql)
        connection.execute("CREATE SCHEMA marts")
        connection.execute("CREATE TABLE marts.dim_month AS FROM whole.marts.dim_month")
        connection.commit()
    return copy
