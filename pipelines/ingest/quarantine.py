"""Rows that cannot be taken: those the reader rejected, and those that break a row rule of the contract."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from pipelines.ingest.parts import MAX_FAULTS, MAX_VALUE_CHARACTERS, read_faults
from pipelines.sources.contract import Column, Contract
from pipelines.store.warehouse import WHITE_SPACE


@dataclass(frozen=True, order=True)
class Fault:
    """Why one row of an extract is set aside. `line` is the record's number, the header being 1."""

    extract_id: str
    line: int
    column_name: str | None
    value: str | None
    reason: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.column_name or 'the row'} {self.reason}"


def faults_of_reader(contract: Contract, extracts: Mapping[str, Path]) -> list[Fault]:
    """What was set aside when the table was looked for; `extracts` says where each extract is spooled."""
    if contract.layout is None:
        return []
    return [Fault(extract_id, *fault) for extract_id, path in extracts.items() for fault in read_faults(path)]


def rejected_rows(connection: duckdb.DuckDBPyConnection, contract: Contract) -> list[Fault]:
    """What DuckDB's reader rejected in the last read: one fault for a broken row, else one for each bad value.

    DuckDB's line is the number of the record, quoted line breaks not counted. Extracts that are `flooded` are left out.
    """
    if contract.layout or not _has_rejects(connection):
        return []  # of a layout, the reader has set aside what DuckDB would reject
    types = {column.name: column.type for column in contract.columns}
    places = {column.name: place for place, column in enumerate(contract.columns)}
    faults: dict[tuple[str, int, str | None], Fault] = {}
    for extract_id, line, column, text, kind in connection.execute(
        """
        SELECT parse_filename(s.file_path, true), e.line::BIGINT, e.column_name, e.csv_line, e.error_type::VARCHAR
        FROM reject_errors AS e JOIN reject_scans AS s USING (scan_id, file_id)
        WHERE (scan_id, file_id) IN (
            SELECT (scan_id, file_id) FROM reject_errors GROUP BY scan_id, file_id HAVING count(*) <= $most
        )
        ORDER BY e.error_type = 'CAST', 1, 2, 3
        """,
        {"most": MAX_FAULTS},
    ).fetchall():
        broken = (extract_id, line, None)
        if broken in faults:
            continue
        if kind == "CAST" and column in types:
            form = f" of the form {contract.date_format}" if types[column] == "DATE" else ""
            fault = Fault(extract_id, line, column, _cell(text, places[column]), f"is not a {types[column]}{form}")
            faults.setdefault((extract_id, line, column), fault)
        else:
            faults[broken] = Fault(extract_id, line, None, _short(text), _STRUCTURE.get(kind, kind.lower()))
    return sorted(faults.values(), key=lambda fault: (fault.extract_id, fault.line, fault.column_name or ""))


def rows_breaking_rules(connection: duckdb.DuckDBPyConnection, contract: Contract) -> list[Fault]:
    """Rows of the batch that could be typed but not be right; their row numbers stay in `batch_fault`.

    Extracts that are `flooded` are left out. Needs the temporary tables `batch`, `batch_extract` and `batch_line`.
    """
    rules = [
        *((column.name, _is_empty(column), "is empty") for column in contract.stored_columns if column.required),
        *(
            (column.name, f"NOT isfinite(b.{column.name})", "is not a finite number")
            for column in contract.stored_columns
            if column.type == "DOUBLE"
        ),
    ]
    if contract.month_rule and contract.month_rule.rows_outside == "quarantine":
        rules.append((contract.month_rule.column, outside_month(contract), "lies outside the month of the file"))
    found = " UNION ALL ".join(
        f"SELECT b.rowid AS row_number, f.extract_id, '{name}' AS column_name, b.{name}::VARCHAR AS value, "
        f"'{reason}' AS reason{', b.line' if contract.layout else ''} "
        f"FROM batch AS b JOIN batch_extract AS f USING (file_index) WHERE {condition}"
        for name, condition, reason in rules
    )
    lines = "SELECT f.* FROM ({}) AS f" if contract.layout else _LINES
    connection.execute(f"CREATE OR REPLACE TEMP TABLE batch_fault AS {lines.format(found)}")
    return [
        Fault(*row)
        for row in connection.execute(
            "SELECT extract_id, line, column_name, value, reason FROM batch_fault WHERE extract_id IN "
            "(SELECT extract_id FROM batch_fault GROUP BY extract_id HAVING count(*) <= ?) ORDER BY ALL",
            [MAX_FAULTS],
        ).fetchall()
    ]


def flooded(connection: duckdb.DuckDBPyConnection) -> set[str]:
    """Extracts of the batch with so many faults that nobody would read them, and that would fill the memory."""
    counts = "SELECT extract_id, count(*) AS faults FROM batch_fault GROUP BY extract_id"
    if _has_rejects(connection):
        counts += (
            " UNION ALL SELECT parse_filename(file_path, true), count(*) FROM reject_errors "
            "JOIN reject_scans USING (scan_id, file_id) GROUP BY file_path"
        )
    found = connection.execute(f"SELECT DISTINCT extract_id FROM ({counts}) WHERE faults > ?", [MAX_FAULTS]).fetchall()
    return {extract_id for (extract_id,) in found}


def _has_rejects(connection: duckdb.DuckDBPyConnection) -> bool:
    tables = "SELECT count(*) FROM duckdb_tables() WHERE database_name = 'temp' AND table_name = 'reject_errors'"
    return bool(connection.execute(tables).fetchall()[0][0])


_LINES = """
    SELECT f.*, f.row_number - r.from_row + r.line AS line
    FROM ({}) AS f
    ASOF JOIN batch_line AS r ON r.extract_id = f.extract_id AND f.row_number >= r.from_row
"""


def _is_empty(column: Column) -> str:
    cell = f"b.{column.name}"
    if column.type != "VARCHAR":
        return f"{cell} IS NULL"
    # To trim by a list is slow, and what begins with a visible sign of ASCII is not empty.
    return f"CASE WHEN {cell} BETWEEN '!' AND '~' THEN false ELSE coalesce(trim({cell}, {WHITE_SPACE}), '') = '' END"


def outside_month(contract: Contract) -> str:
    """SQL condition on `batch AS b` and `batch_extract AS f`: the row lies outside the month of its file."""
    rule = contract.month_rule
    assert rule is not None
    local = local_time(contract)
    slack = f"INTERVAL {rule.slack_days} DAY"
    return f"({local} < f.period_start - {slack} OR {local} >= f.period_start + INTERVAL 1 MONTH + {slack})"


def local_time(contract: Contract) -> str:
    """SQL expression on `batch AS b`: the column of the month rule, read in its time zone."""
    rule = contract.month_rule
    assert rule is not None
    return f"timezone('{rule.time_zone}', b.{rule.column})" if rule.time_zone else f"b.{rule.column}"


_STRUCTURE = {
    "MISSING COLUMNS": "has too few columns",
    "TOO MANY COLUMNS": "has too many columns",
    "UNQUOTED VALUE": "has a quotation mark that is not closed",
    "LINE SIZE OVER MAXIMUM": "is longer than 2 MB",
    "INVALID ENCODING": "is not UTF-8",
}


def _cell(line: str, place: int) -> str | None:
    cells = next(csv.reader(io.StringIO(line.rstrip("\r\n"), newline="")), [])
    return _short(cells[place] if place < len(cells) else line)


def _short(text: str) -> str:
    return text if len(text) <= MAX_VALUE_CHARACTERS else text[:MAX_VALUE_CHARACTERS] + "..."
