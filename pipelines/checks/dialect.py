"""A DuckDB dialect for SQLAlchemy that survives how Great Expectations reads results.

Great Expectations returns its connection before it fetches. A DuckDB result lives on its connection, so by then
nothing is left of it. Here every result is fetched as the statement is executed.
"""

from __future__ import annotations

import atexit
import sys
from typing import Any

from duckdb_engine import ConnectionWrapper, CursorWrapper, Dialect
from sqlalchemy import BigInteger, Boolean, Connection, Date, DateTime, Float, Integer, String
from sqlalchemy.dialects import registry
from sqlalchemy.types import NullType, TypeEngine

ADDRESS = "duckdb+buffered://"
"""SQLAlchemy address of this dialect; the file is given as argument `database` of the connection."""


class _BufferedCursor:
    """A DB-API cursor over rows already in memory."""

    def __init__(self, cursor: CursorWrapper) -> None:
        self._cursor = cursor
        self._rows: list[Any] = []
        self.description: Any = None
        self.rowcount = -1
        self.arraysize = 1

    def execute(self, statement: str, parameters: Any = None, context: Any = None) -> None:
        self._cursor.execute(statement, parameters, context)
        described = self._cursor.description
        # Types as text: a type object kept in some result would outlive DuckDB, which then complains at exit.
        self.description = described and [(column[0], str(column[1]), *column[2:]) for column in described]
        self._rows = list(reversed(self._cursor.fetchall())) if described else []

    def executemany(self, statement: str, parameters: Any = None, context: Any = None) -> None:
        self._cursor.executemany(statement, parameters, context)
        self.description, self._rows = None, []

    def fetchone(self) -> Any:
        return self._rows.pop() if self._rows else None

    def fetchmany(self, size: int | None = None) -> list[Any]:
        return [self._rows.pop() for _ in range(min(size or self.arraysize, len(self._rows)))]

    def fetchall(self) -> list[Any]:
        rows, self._rows = self._rows[::-1], []
        return rows

    def close(self) -> None:
        self._rows = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cursor, name)


class _BufferedConnection(ConnectionWrapper):  # type: ignore[misc]
    def cursor(self) -> Any:
        return _BufferedCursor(super().cursor())


class BufferedDialect(Dialect):  # type: ignore[misc]
    """For queries with short results, such as counts and samples."""

    driver = "buffered"
    supports_statement_cache = False

    def connect(self, *args: Any, **kwargs: Any) -> Any:
        return _BufferedConnection(super().connect(*args, **kwargs))

    def get_columns(
        self, connection: Connection, table_name: str, schema: str | None = None, **_: Any
    ) -> list[dict[str, Any]]:
        """As DuckDB describes the table: the catalogue queries of the Postgres dialect take a quarter of a suite."""
        described = connection.exec_driver_sql(f"DESCRIBE {schema + '.' if schema else ''}{table_name}").fetchall()
        return [
            {"name": name, "type": _TYPES.get(kind, NullType)(), "nullable": True, "default": None}
            for name, kind, *_ in described
        ]

    def get_pk_constraint(
        self, connection: Connection, table_name: str, schema: str | None = None, **_: Any
    ) -> dict[str, Any]:
        """None of the checked tables declares a primary key; checks say what is unique."""
        return {"constrained_columns": [], "name": None}


_TYPES: dict[str, type[TypeEngine[Any]]] = {
    "VARCHAR": String,
    "BIGINT": BigInteger,
    "INTEGER": Integer,
    "DOUBLE": Float,
    "BOOLEAN": Boolean,
    "DATE": Date,
    "TIMESTAMP": DateTime,
}


registry.register("duckdb.buffered", __name__, "BufferedDialect")


@atexit.register
def _let_go() -> None:
    """Empty the modules of duckdb_engine when the process ends.

    Great Expectations keeps SQLAlchemy, and that keeps duckdb_engine, past the end of the interpreter; DuckDB
    would then fill the console with a list of objects that were not released.
    """
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] == "duckdb_engine":
            vars(module).clear()
