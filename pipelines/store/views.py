"""Views of the published file: its data dictionary, and an answer to each question that is asked most."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import duckdb
import jinja2
import yaml

from pipelines.settings import DBT_DIR
from pipelines.store.warehouse import quoted

ANSWERS = "answers"
"""Schema of the views that `dbt_project/analyses` describes."""

_DICTIONARY_COLUMNS = {
    "schema_name": "Schema: marts (what is computed), answers (views on it), ops (how it came to be).",
    "table_name": "Table or view.",
    "table_description": "What a row of it is.",
    "column_name": "Column.",
    "position": "Place of the column in its table, from 1.",
    "data_type": "DuckDB's type.",
    "is_nullable": "Whether the column may be without a value.",
    "description": "What it holds, with its unit.",
}
_DICTIONARY = """
SELECT columns.schema_name, columns.table_name, tables.comment AS table_description, columns.column_name,
    columns.column_index AS position, columns.data_type, columns.is_nullable, columns.comment AS description
FROM duckdb_columns() AS columns
JOIN (
    SELECT database_name, schema_name, table_name, comment FROM duckdb_tables()
    UNION ALL SELECT database_name, schema_name, view_name, comment FROM duckdb_views()
) AS tables USING (database_name, schema_name, table_name)
WHERE columns.database_name = current_database() AND NOT columns.internal
ORDER BY ALL
"""


@dataclass(frozen=True)
class View:
    """A view, what it reads, and what is said of it and of each of its columns."""

    schema: str
    name: str
    query: str
    description: str
    columns: dict[str, str]
    reads: frozenset[str]


def views() -> Iterator[View]:
    """The views of the published file, in the order in which they are made."""
    said = yaml.safe_load((DBT_DIR / "analyses" / "answers.yml").read_text(encoding="utf-8"))["analyses"]
    for entry in said:
        reads: set[str] = set()

        def ref(name: str, reads: set[str] = reads) -> str:
            reads.add(name)
            return f"marts.{name}"

        text = (DBT_DIR / "analyses" / f"{entry['name']}.sql").read_text(encoding="utf-8")
        query = jinja2.Template(text).render(ref=ref)
        columns = {column["name"]: column["description"] for column in entry["columns"]}
        yield View(ANSWERS, entry["name"], query, entry["description"], columns, frozenset(reads))
    yield View(
        "marts",
        "data_dictionary",
        _DICTIONARY,
        "Every column of this file: one row each, with its type and what it means.",
        _DICTIONARY_COLUMNS,
        frozenset(),
    )


def create_views(connection: duckdb.DuckDBPyConnection, *, of_earlier_release: bool = False) -> None:
    """Create the views in the database in use; those that read a table which is not there are left out.

    So are, of an earlier release, those that read a column which its tables had not yet.
    """
    marts = {name for (name,) in connection.execute(
        "SELECT table_name FROM duckdb_tables() WHERE schema_name = 'marts' AND database_name = current_database()"
    ).fetchall()}  # fmt: skip
    connection.execute(f"CREATE SCHEMA IF NOT EXISTS {ANSWERS}")
    for view in views():
        if view.reads <= marts:
            name = f"{view.schema}.{view.name}"
            try:
                connection.execute(f"CREATE VIEW {name} AS {view.query}")
            except duckdb.BinderException:
                if not of_earlier_release:
                    raise
                continue
            connection.execute(f"COMMENT ON VIEW {name} IS {quoted(view.description)}")
            for column, text in view.columns.items():
                connection.execute(f'COMMENT ON COLUMN {name}."{column}" IS {quoted(text)}')
