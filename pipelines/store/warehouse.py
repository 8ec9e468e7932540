"""The build database: connections and the tables of the `ops` and `raw` schemas."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb

from pipelines.settings import Settings
from pipelines.sources.contract import LINEAGE_COLUMNS, Contract
from pipelines.store.advice import advice


class WarehouseError(Exception):
    """The build database or the published file cannot be used; the message says why and the mend."""


WHITE_SPACE = "concat(' ', chr(9), chr(10), chr(11), chr(12), chr(13), chr(160))"
"""SQL for the characters that count as no text; dbt's macro `clean_text` cuts the same ones."""

OPS_TABLES: dict[str, tuple[str, dict[str, tuple[str, str]]]] = {
    "extract": (
        "Register of every extract ever seen, one row per content and claim (source, force, period, slice).",
        {
            "extract_id": (
                "VARCHAR PRIMARY KEY",
                "Identifier of this content under this claim, the same on every machine.",
            ),
            "source": ("VARCHAR", "Source by its contract; NULL when no contract fits."),
            "file_name": ("VARCHAR", "Name of the file, or of the archive member, without folders."),
            "file_path": (
                "VARCHAR",
                "Where it was first seen, relative to the raw folder; archive.zip!member for members, file#part for parts.",
            ),
            "sha256": ("VARCHAR", "Hash of the content, line ends normalised to LF."),
            "size_bytes": ("BIGINT", "Size as delivered."),
            "force": ("VARCHAR", "Force it is for, by its data.police.uk name; national when it covers all."),
            "period_start": ("DATE", "First day of the period the extract is for."),
            "period_end": ("DATE", "Last day of that period."),
            "slice": ("VARCHAR", "What else tells it from others of its period, such as the table or the measure."),
            "sequence": ("INTEGER", "Order of arrival among the extracts of this source, force, period and slice."),
            "rows_read": ("BIGINT", "Records in the file, counted before parsing."),
            "rows_loaded": ("BIGINT", "Rows that reached the raw table."),
            "rows_quarantined": ("BIGINT", "Rows that went to ops.quarantine."),
            "status": (
                "VARCHAR",
                "pending, loaded, superseded (by a later release), refused, or withdrawn (file taken away).",
            ),
            "reason": ("VARCHAR", "Why it was refused or withdrawn, with the mend."),
            "supersedes": ("VARCHAR", "extract_id that this extract replaced."),
            "rows_added": ("BIGINT", "Rows that the replaced extract did not have."),
            "rows_removed": ("BIGINT", "Rows of the replaced extract that this one does not have."),
            "rows_matched": ("BIGINT", "Rows recognised in both extracts by the contract's match columns."),
            "values_changed": ("BIGINT", "Values that differ among the matched rows; by column in ops.extract_change."),
            "is_sample": ("BOOLEAN", "Whether the records are synthetic."),
            "registered_at": ("TIMESTAMPTZ", "When it was first seen."),
            "run_id": ("VARCHAR", "Run that last changed this row."),
        },
    ),
    "extract_change": (
        "Values that changed between an extract and the one it replaced, by column.",
        {
            "extract_id": ("VARCHAR", "The newer extract."),
            "supersedes": ("VARCHAR", "The extract it replaced."),
            "column_name": ("VARCHAR", "Column of the raw table."),
            "rows_matched": ("BIGINT", "Rows recognised in both extracts."),
            "values_changed": ("BIGINT", "Matched rows whose value differs."),
        },
    ),
    "raw_file": (
        "Where each registered content lies, so that unchanged files are not read again.",
        {
            "file_path": ("VARCHAR PRIMARY KEY", "Path relative to the raw folder; archive.zip!member for members."),
            "container": ("VARCHAR", "The file on disk: the path itself, or the archive."),
            "container_size_bytes": ("BIGINT", "Size of the file on disk."),
            "container_mtime_ns": ("BIGINT", "Modification time of the file on disk, in ns since 1970."),
            "extract_id": ("VARCHAR", "What it holds."),
            "judged_by": ("VARCHAR", "Edition of the contracts that it was judged by."),
            "seen_at": ("TIMESTAMPTZ", "When it was last read."),
        },
    ),
    "quarantine": (
        "Rows that could not be typed, kept out of the raw tables.",
        {
            "extract_id": ("VARCHAR", "Extract the row is from."),
            "source": ("VARCHAR", "Source of the extract."),
            "file_name": ("VARCHAR", "Name of the file."),
            "line": ("BIGINT", "Record in the file, the header being line 1; in a workbook the row of the sheet."),
            "column_name": ("VARCHAR", "Column whose value could not be read; NULL when the row as a whole could not."),
            "value": (
                "VARCHAR",
                "The value, or the whole line when the row could not be divided; of personal data its shape alone.",
            ),
            "reason": ("VARCHAR", "Why it could not be read."),
            "quarantined_at": ("TIMESTAMPTZ", "When."),
        },
    ),
    "check_result": (
        "Result of every check of every run.",
        {
            "run_id": ("VARCHAR", "Run that the result stands for."),
            "checked_at": ("TIMESTAMPTZ", "When that run noted it."),
            "layer": ("VARCHAR", "raw, staging or marts."),
            "table_name": ("VARCHAR", "Table that was checked, with its schema."),
            "check_name": ("VARCHAR", "Name of the check within its table."),
            "engine": ("VARCHAR", "great_expectations or dbt."),
            "severity": ("VARCHAR", "error stops what depends on the table; warning travels on."),
            "status": ("VARCHAR", "passed, failed, or raised (the check itself broke)."),
            "observed": ("VARCHAR", "What was found, in short."),
            "unexpected_count": ("BIGINT", "Rows that break the rule."),
            "rows_checked": ("BIGINT", "Rows looked at."),
            "description": ("VARCHAR", "What a failure means, and the mend."),
            "looked_by": (
                "VARCHAR",
                "Run that looked: an earlier one where nothing behind the table and its checks had changed since.",
            ),
            "looked_at": ("TIMESTAMPTZ", "When that run looked."),
        },
    ),
    "seed": (
        "Edition of the reference tables in this build.",
        {
            "digest": ("VARCHAR", "Hash of the seeds and of what is said about them."),
            "loaded_at": ("TIMESTAMPTZ", "When they were loaded and their tests passed."),
        },
    ),
    "release": (
        "What this file is: when, from what and by which run it was published.",
        {
            "release_id": ("VARCHAR", "When its marts were built, UTC; the folder below warehouse/releases."),
            "known_at": ("TIMESTAMP", "The same moment: what it says was known then. UTC."),
            "published_at": ("TIMESTAMPTZ", "Time of publication; NULL while it is built."),
            "run_id": ("VARCHAR", "Run that published it."),
            "code_version": ("VARCHAR", "Version of the pipeline, with its commit when known."),
            "inputs": ("VARCHAR", "Fingerprint of all it was made of: extracts, code, seeds, packages, home force."),
            "home_force": ("VARCHAR", "Force whose warehouse this is."),
            "extracts_loaded": ("BIGINT", "Extracts behind it."),
            "is_sample": ("BOOLEAN", "Whether any of them is synthetic."),
            "checks_passed": ("BIGINT", "Checks that passed in the run."),
            "warnings": ("BIGINT", "Checks of severity warning that did not pass in the run."),
        },
    ),
}
"""Tables of the `ops` schema: comment, and for each column its type and comment."""

HISTORY_COLUMNS: dict[str, tuple[str, str]] = {
    "series_id": ("VARCHAR", "Series of the value (marts.dim_series)."),
    "measure_id": ("VARCHAR", "Measure."),
    "area_code": ("VARCHAR", "ONS code of the area."),
    "period_type": ("VARCHAR", "Kind of period."),
    "period_start": ("DATE", "First day of the period."),
    "period_end": ("DATE", "Last day of the period."),
    "breakdown_type": ("VARCHAR", "What it is broken down by; NULL for the total."),
    "breakdown_value": ("VARCHAR", "Value of the breakdown; NULL for the total."),
    "method_id": ("VARCHAR", "How the value was made."),
    "denominator_id": ("VARCHAR", "Population behind it."),
    "numerator": ("DOUBLE", "Upper number."),
    "denominator": ("DOUBLE", "Lower number."),
    "value": ("DOUBLE", "The value."),
    "ci_low": ("DOUBLE", "Lower 95 % limit."),
    "ci_high": ("DOUBLE", "Upper 95 % limit."),
    "status": ("VARCHAR", "final, provisional, or why there is no value."),
    "source_kind": ("VARCHAR", "Kind of the records behind it."),
    "extract_ids": ("VARCHAR[]", "Extracts behind it."),
    "known_from": ("TIMESTAMP", "Release that first said so, UTC."),
    "known_until": ("TIMESTAMP", "Release that first said otherwise; NULL while it stands."),
}
"""What the last release knew (`history.value`): mart `value_history` as it was then."""


class Warehouse:
    """Opens the build database. One process writes to it at a time (see `pipelines.store.lock`)."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @property
    def build_path(self) -> Path:
        return self.settings.build_path

    @contextmanager
    def connect(self, *, read_only: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection with the project's limits; closed on leaving, so that other processes may open the file.

        Raises:
            WarehouseError: the file cannot be opened, in one sentence.
        """
        self.settings.warehouse_dir.mkdir(parents=True, exist_ok=True)
        try:
            connection = duckdb.connect(str(self.build_path), read_only=read_only)
        except duckdb.Error as error:
            words = str(error).splitlines()[0]
            mend = advice(words) or (
                "End the process that has it open, or delete the file: the next refresh rebuilds it from the raw folder."
            )
            raise WarehouseError(f"{self.build_path} cannot be opened ({words}). {mend}") from error
        try:
            connection.execute("SET TimeZone = 'UTC'")
            connection.execute(f"SET threads = {self.settings.threads}")
            connection.execute("SET memory_limit = ?", [self.settings.memory_limit])
            connection.execute("SET enable_progress_bar = false")
            connection.execute("SET autoinstall_known_extensions = false")
            connection.execute("SET autoload_known_extensions = false")
            yield connection
        except duckdb.Error as error:
            # From here it would go into the history of runs, with the value that it quotes.
            raise type(error)(without_values(error)) from None
        finally:
            connection.close()

    def create_tables(self, contracts: Iterable[Contract]) -> None:
        """Create the `ops` tables and one raw table per contract, where missing, with their comments.

        Raises:
            WarehouseError: a raw table has other columns than its contract.
        """
        with self.connect() as connection:
            is_new = not has_ops_table(connection, "check_result")
            connection.begin()  # hundreds of comments, each of which would be written for itself
            connection.execute("CREATE SCHEMA IF NOT EXISTS raw")
            for name in OPS_TABLES:
                create_ops_table(connection, name)
            create_history_table(connection)
            for contract in contracts:
                _create(connection, contract.table, contract.description, raw_columns(contract))
            connection.commit()
            if is_new:
                self._remember_checks(connection)

    def _remember_checks(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Take over the results of checks from the published file, where a build database is made anew."""
        if not self.settings.published_path.exists():
            return
        with suppress(duckdb.Error):  # a file of another kind or version has nothing to tell
            connection.execute(f"ATTACH {quoted(str(self.settings.published_path))} AS published (READ_ONLY)")
            connection.execute("INSERT INTO ops.check_result BY NAME SELECT * FROM published.ops.check_result")
        with suppress(duckdb.Error):
            connection.execute("DETACH published")


def create_ops_table(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    """Create one table of `OPS_TABLES`, with its comments, where it is missing."""
    connection.execute("CREATE SCHEMA IF NOT EXISTS ops")
    comment, columns = OPS_TABLES[name]
    _create(connection, f"ops.{name}", comment, columns)


def create_history_table(connection: duckdb.DuckDBPyConnection) -> None:
    """Create `history.value` where it is missing."""
    connection.execute("CREATE SCHEMA IF NOT EXISTS history")
    _create(connection, "history.value", "Every value ever released, as the last release knew it.", HISTORY_COLUMNS)


def has_ops_table(connection: duckdb.DuckDBPyConnection, name: str) -> bool:
    """Whether the database holds this table of the `ops` schema."""
    query = (
        "SELECT count(*) FROM duckdb_tables() "
        "WHERE database_name = current_database() AND schema_name = 'ops' AND table_name = ?"
    )
    return bool(connection.execute(query, [name]).fetchall()[0][0])


def column_comments(connection: duckdb.DuckDBPyConnection, schema: str, table: str) -> dict[str, str | None]:
    """What is said of each column of a table or view, in order; of the database in use, whichever others are attached."""
    found = connection.execute(
        "SELECT column_name, comment FROM duckdb_columns() "
        "WHERE database_name = current_database() AND schema_name = ? AND table_name = ? ORDER BY column_index",
        [schema, table],
    )
    return dict(found.fetchall())


def insert_rows(connection: duckdb.DuckDBPyConnection, table: str, rows: Sequence[Mapping[str, object]]) -> None:
    """Append rows that all have the same keys, as one statement."""
    if not rows:
        return
    names = list(rows[0])
    types = dict(connection.execute(f"SELECT column_name, column_type FROM (DESCRIBE {table})").fetchall())
    values = ", ".join(f"unnest(?::{types[name]}[])" for name in names)
    connection.execute(
        f"INSERT INTO {table} ({', '.join(names)}) SELECT {values}", [[row[name] for row in rows] for name in names]
    )


def raw_columns(contract: Contract) -> dict[str, tuple[str, str]]:
    """Type and comment of each column of a raw table."""
    lineage = {
        "extract_id": "Extract the row is from (ops.extract).",
        "line": "Record in the file, the header being line 1; in a workbook the row of the sheet.",
        "force": "Force the extract is for, by its data.police.uk name; national when it covers all.",
        "period_start": "First day of the period the extract is for.",
    }
    return {column.name: (column.type, column.description) for column in contract.stored_columns} | {
        name: (kind, lineage[name]) for name, kind in LINEAGE_COLUMNS.items()
    }


def _create(
    connection: duckdb.DuckDBPyConnection, table: str, comment: str, columns: dict[str, tuple[str, str]]
) -> None:
    body = ", ".join(f"{name} {kind}" for name, (kind, _) in columns.items())
    connection.execute(f"CREATE TABLE IF NOT EXISTS {table} ({body})")
    schema, name = table.split(".")
    found = column_comments(connection, schema, name)
    if list(found) != list(columns):
        raise WarehouseError(
            f"{table} in the build database has other columns than this version of the pipeline; "
            "delete warehouse/build.duckdb: the next refresh rebuilds it from the raw folder."
        )
    if all(found[column] == text for column, (_, text) in columns.items()):
        return
    connection.execute(f"COMMENT ON TABLE {table} IS {quoted(comment)}")
    for column, (_, text) in columns.items():
        connection.execute(f"COMMENT ON COLUMN {table}.{column} IS {quoted(text)}")


_NOT_ABOUT_VALUES = (
    duckdb.BinderException, duckdb.CatalogException, duckdb.ParserException, duckdb.IOException,
    duckdb.ConnectionException, duckdb.TransactionException, duckdb.OutOfMemoryException, duckdb.InterruptException,
)  # fmt: skip
_KIND = re.compile(r"[A-Z][A-Za-z -]{0,40} Error")
_TELLING = (
    (
        re.compile(r"\bto '?((?:U?INT|FLOAT|BIG)[A-Z0-9]*|DOUBLE|BOOLEAN|DATE|TIMESTAMP[A-Z_ ]*|DECIMAL\(\d+,\d+\))\b"),
        "to {}",
    ),
    (re.compile(r"when casting from source column (\w+)$"), "from column {}"),
    (re.compile(r"NOT NULL constraint failed: (\w+\.\w+)$"), "{} is not given"),
    (re.compile(r"CSV Error on Line: (\d+)$"), "CSV, line {}"),
)
"""What may be told of an error about values: no part of these is a value."""


def without_values(error: BaseException) -> str:
    """What DuckDB says of an error, in one line.

    Its errors about values quote them, and may quote a whole row. Of those only the kind is told, the type, and the
    place; errors about SQL, files and memory are told in DuckDB's words.
    """
    line = (str(error).splitlines() or [type(error).__name__])[0]
    if not isinstance(error, duckdb.Error) or isinstance(error, _NOT_ABOUT_VALUES):
        return line
    kind = _KIND.match(line)
    told = [words.format(found[-1]) for pattern, words in _TELLING if (found := pattern.findall(line))]
    return f"{kind[0] if kind else type(error).__name__}: {', '.join(told) or 'its values are not shown'}"


def quoted(text: str) -> str:
    """The text as an SQL string literal."""
    return "'" + text.replace("'", "''") + "'"
