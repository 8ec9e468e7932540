"""Loads pending extracts into their raw table: one bulk read per batch, one transaction per batch."""

from __future__ import annotations

import csv
import io
import itertools
import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import duckdb

from pipelines.ingest.register import spooled
from pipelines.settings import Settings
from pipelines.sources.contract import Contract
from pipelines.sources.forces import load_forces, same_force
from pipelines.store.warehouse import Warehouse, insert_rows

log = logging.getLogger("fpw.load")


@dataclass
class LoadReport:
    """Rows and extracts of one source in one run."""

    extracts_loaded: int = 0
    extracts_superseded: int = 0
    extracts_refused: int = 0
    rows_read: int = 0
    rows_loaded: int = 0
    rows_quarantined: int = 0


@dataclass(frozen=True)
class Pending:
    """An extract that waits in the spool folder."""

    extract_id: str
    file_name: str
    force: str
    period_start: object
    rows_read: int
    size_bytes: int
    is_sample: bool


def load(settings: Settings, warehouse: Warehouse, contract: Contract, run_id: str) -> LoadReport:
    """Load every pending extract of one source.

    Rows that cannot be typed go to `ops.quarantine`; an extract whose content contradicts its name, or
    whose rows do not add up, is refused whole. A batch is either wholly in the warehouse, register
    included, or not at all.
    """
    report = LoadReport()
    with warehouse.connect() as connection:
        pending = _pending(connection, contract)
        total = sum(extract.size_bytes for extract in pending)
        done = 0
        for wave in _waves(pending):
            for batch in _batches(wave, settings.load_batch_bytes):
                _load_batch(connection, settings, contract, batch, run_id, report)
                done += sum(extract.size_bytes for extract in batch)
                log.info("%s: loaded %.0f %% of %.1f MB", contract.name, 100 * done / max(total, 1), total / 1e6)
    return report


def _pending(connection: duckdb.DuckDBPyConnection, contract: Contract) -> list[Pending]:
    rows = connection.execute(
        """
        SELECT extract_id, file_name, force, period_start, rows_read, size_bytes, is_sample FROM ops.extract
        WHERE source = ? AND status = 'pending' ORDER BY period_start, force, sequence
        """,
        [contract.name],
    ).fetchall()
    return [Pending(*row) for row in rows]


def _waves(pending: list[Pending]) -> Iterator[list[Pending]]:
    """Successive releases of one force and month must not meet in one batch: each replaces the one before."""
    by_key = itertools.groupby(pending, key=lambda extract: (extract.period_start, extract.force))
    releases = [list(group) for _, group in by_key]
    for wave in itertools.zip_longest(*releases):
        yield [extract for extract in wave if extract is not None]


def _batches(extracts: list[Pending], limit: int) -> Iterator[list[Pending]]:
    batch: list[Pending] = []
    size = 0
    for extract in extracts:
        if batch and size + extract.size_bytes > limit:
            yield batch
            batch, size = [], 0
        batch.append(extract)
        size += extract.size_bytes
    if batch:
        yield batch


def _load_batch(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    contract: Contract,
    batch: list[Pending],
    run_id: str,
    report: LoadReport,
) -> None:
    connection.begin()
    try:
        batch = _leave_out_samples(connection, contract, batch, run_id, report)
        _read_batch(connection, settings, contract, batch)
        rejected = _rejected(connection)
        refused = dict(_refusals(connection, contract, batch, rejected))
        good = [extract for extract in batch if extract.extract_id not in refused]
        _number_lines(connection, good, rejected)
        replaced = _current(connection, contract, good)
        _record_changes(connection, contract, replaced)
        _replace_rows(connection, contract, replaced)
        _enter_results(connection, contract, good, refused, rejected, replaced, run_id, report)
        connection.commit()
    except duckdb.Error as error:
        connection.rollback()
        if isinstance(error, duckdb.OutOfMemoryException | duckdb.IOException) or not batch:
            raise
        if len(batch) > 1:
            # One file that breaks the reader must not hold up the others.
            for half in (batch[: len(batch) // 2], batch[len(batch) // 2 :]):
                _load_batch(connection, settings, contract, half, run_id, report)
            return
        reason = (
            f"{batch[0].file_name} cannot be read as CSV ({str(error).splitlines()[0]}); download or export it again."
        )
        _refuse(connection, {batch[0].extract_id: reason}, run_id, report)


def _leave_out_samples(
    connection: duckdb.DuckDBPyConnection, contract: Contract, batch: list[Pending], run_id: str, report: LoadReport
) -> list[Pending]:
    """A synthetic extract never replaces a real one."""
    real = {
        row
        for row in connection.execute(
            "SELECT force, period_start FROM ops.extract WHERE source = ? AND status = 'loaded' AND NOT is_sample",
            [contract.name],
        ).fetchall()
    }
    left_out = [e.extract_id for e in batch if e.is_sample and (e.force, e.period_start) in real]
    if left_out:
        connection.execute(
            "UPDATE ops.extract SET status = 'superseded', run_id = ? WHERE extract_id IN (SELECT unnest(?::VARCHAR[]))",
            [run_id, left_out],
        )
        report.extracts_superseded += len(left_out)
    return [extract for extract in batch if extract.extract_id not in left_out]


def _read_batch(
    connection: duckdb.DuckDBPyConnection, settings: Settings, contract: Contract, batch: list[Pending]
) -> None:
    types = {column.name: column.type for column in contract.columns}
    for table in ("reject_errors", "reject_scans"):
        connection.execute(f"DROP TABLE IF EXISTS {table}")
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE batch_extract AS "
        "SELECT unnest(?::VARCHAR[]) AS extract_id, unnest(?::VARCHAR[]) AS force, unnest(?::DATE[]) AS period_start, "
        "unnest(range(?)) AS file_index",
        [
            [extract.extract_id for extract in batch],
            [extract.force for extract in batch],
            [extract.period_start for extract in batch],
            len(batch),
        ],
    )
    if not batch:
        columns = ", ".join(f"NULL::{kind} AS {name}" for name, kind in types.items())
        connection.execute(f"CREATE OR REPLACE TEMP TABLE batch AS SELECT {columns}, 0::BIGINT AS file_index LIMIT 0")
        return
    paths = [str(spooled(settings, extract.extract_id)) for extract in batch]
    connection.execute(
        """
        CREATE OR REPLACE TEMP TABLE batch AS
        SELECT *, file_index::BIGINT AS file_index
        FROM read_csv($paths, auto_detect = false, header = true, delim = ',', quote = '"', escape = '"',
            columns = $types, dateformat = $date_format, store_rejects = true, rejects_limit = 0)
        """,
        {"paths": paths, "types": types, "date_format": contract.date_format},
    )


def _rejected(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, int, str | None, str, str]]:
    """(extract_id, line, column, line text, kind of error) of every value that could not be read.

    DuckDB's line is the number of the record, quoted line breaks not counted, with the header as 1.
    """
    if not connection.execute("SELECT count(*) FROM duckdb_tables() WHERE table_name = 'reject_errors'").fetchall()[0][
        0
    ]:
        return []
    return connection.execute(
        """
        SELECT DISTINCT parse_filename(s.file_path, true), e.line::BIGINT, e.column_name, e.csv_line,
            e.error_type::VARCHAR
        FROM reject_errors AS e JOIN reject_scans AS s USING (scan_id, file_id)
        ORDER BY ALL
        """
    ).fetchall()


def _refusals(
    connection: duckdb.DuckDBPyConnection,
    contract: Contract,
    batch: list[Pending],
    rejected: list[tuple[str, int, str | None, str, str]],
) -> Iterator[tuple[str, str]]:
    rows = dict(
        connection.execute(
            "SELECT extract_id, count(b.file_index) FROM batch_extract AS f LEFT JOIN batch AS b USING (file_index) GROUP BY ALL"
        ).fetchall()
    )
    wrong_month = _wrong_months(connection, contract)
    labels = _labels(connection, contract)
    lines = _rejected_lines(rejected)
    for extract in batch:
        name, bad = extract.file_name, len(lines.get(extract.extract_id, ()))
        if rows[extract.extract_id] + bad != extract.rows_read:
            yield (
                extract.extract_id,
                f"{name} has {extract.rows_read:,} records, but {rows[extract.extract_id]:,} could be read and "
                f"{bad:,} were set aside; its quotation marks are probably broken: download or export it again.",
            )
        elif bad and bad * 2 > extract.rows_read:
            yield (
                extract.extract_id,
                f"{name} has {bad:,} unreadable rows of {extract.rows_read:,}; its columns are probably shifted "
                f"(first in line {min(lines[extract.extract_id])}): download or export it again.",
            )
        elif extract.extract_id in wrong_month:
            found, count = wrong_month[extract.extract_id]
            yield (
                extract.extract_id,
                f"{name} is named for {extract.period_start:%Y-%m}, but {count:,} of its rows are of another month "
                f"(the first: {found or 'none'}); correct the name or download it again.",
            )
        else:
            force = load_forces()[extract.force]
            foreign = [
                label for label in labels.get(extract.extract_id, ()) if not label or not same_force(label, force)
            ]
            if foreign:
                yield (
                    extract.extract_id,
                    f"{name} is named for {force.police_uk_label}, but holds rows of {foreign[0] or 'no force'}; "
                    "correct the name or download it again.",
                )


def _wrong_months(connection: duckdb.DuckDBPyConnection, contract: Contract) -> dict[str, tuple[str | None, int]]:
    rule = contract.month_rule
    if rule is None:
        return {}
    local = f"timezone('{rule.time_zone}', {rule.column})" if rule.time_zone else rule.column
    wrong = f"date_trunc('month', {local}) IS DISTINCT FROM f.period_start"
    return {
        extract_id: (found, count)
        for extract_id, found, count in connection.execute(
            f"""
            SELECT f.extract_id, strftime(any_value({local}) FILTER ({wrong}), '%Y-%m'), count(*) FILTER ({wrong}) AS wrong
            FROM batch AS b JOIN batch_extract AS f USING (file_index)
            GROUP BY f.extract_id HAVING wrong > (1 - {rule.share}) * count(*)
            """
        ).fetchall()
    }


def _labels(connection: duckdb.DuckDBPyConnection, contract: Contract) -> dict[str, list[str | None]]:
    labels: dict[str, list[str | None]] = {}
    for column in contract.force_columns:
        for extract_id, label in connection.execute(
            f"SELECT DISTINCT f.extract_id, b.{column} FROM batch AS b JOIN batch_extract AS f USING (file_index) ORDER BY ALL"
        ).fetchall():
            labels.setdefault(extract_id, []).append(label)
    return labels


def _rejected_lines(rejected: Iterable[tuple[str, int, str | None, str, str]]) -> dict[str, set[int]]:
    lines: dict[str, set[int]] = {}
    for extract_id, line, *_ in rejected:
        lines.setdefault(extract_id, set()).add(line)
    return lines


def _number_lines(
    connection: duckdb.DuckDBPyConnection,
    good: list[Pending],
    rejected: list[tuple[str, int, str | None, str, str]],
) -> None:
    """Build `batch_line`: where each run of accepted rows starts in the batch, and the line it starts on.

    The rows of one file stay together and in order, so a row's line follows from its distance to the
    first row; every rejected line before it moves it down by one.
    """
    first = dict(
        connection.execute(
            "SELECT f.extract_id, min(b.rowid) FROM batch AS b JOIN batch_extract AS f USING (file_index) GROUP BY ALL"
        ).fetchall()
    )
    bad = _rejected_lines(rejected)
    runs = []
    for extract in good:
        if extract.extract_id not in first:
            continue
        start = first[extract.extract_id]
        runs.append({"extract_id": extract.extract_id, "from_row": start, "line": 2})
        if extract.extract_id in bad:
            for skipped, line in enumerate(sorted(bad[extract.extract_id]), start=1):
                runs.append(
                    {"extract_id": extract.extract_id, "from_row": start + line - 1 - skipped, "line": line + 1}
                )
    connection.execute("CREATE OR REPLACE TEMP TABLE batch_line (extract_id VARCHAR, from_row BIGINT, line BIGINT)")
    insert_rows(connection, "batch_line", runs)
    # Two bad lines in a row start two runs on one row; the later line is the true one.
    connection.execute(
        "DELETE FROM batch_line WHERE rowid NOT IN "
        "(SELECT arg_max(rowid, line) FROM batch_line GROUP BY extract_id, from_row)"
    )


def _current(connection: duckdb.DuckDBPyConnection, contract: Contract, good: list[Pending]) -> dict[str, str]:
    """extract_id of each new extract that replaces one -> extract_id of the one replaced."""
    return dict(
        connection.execute(
            """
            SELECT f.extract_id, e.extract_id FROM batch_extract AS f
            JOIN ops.extract AS e ON e.source = ? AND e.status = 'loaded' AND e.force = f.force
                AND e.period_start = f.period_start
            WHERE f.extract_id IN (SELECT unnest(?::VARCHAR[]))
            """,
            [contract.name, [extract.extract_id for extract in good]],
        ).fetchall()
    )


def _record_changes(connection: duckdb.DuckDBPyConnection, contract: Contract, replaced: dict[str, str]) -> None:
    """Count, for each pair of releases, rows matched by key, values that differ, rows added and removed."""
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE batch_change "
        "(extract_id VARCHAR, rows_added BIGINT, rows_removed BIGINT, rows_matched BIGINT, values_changed BIGINT)"
    )
    names = [column.name for column in contract.columns]
    compared = [name for name in names if name not in contract.match_columns]
    key = ", ".join(contract.match_columns)
    for new, old in replaced.items():
        for side, table, condition in (
            ("new_release", "batch JOIN batch_extract USING (file_index)", new),
            ("old_release", contract.table, old),
        ):
            has_key = " AND ".join(f"{name} IS NOT NULL" for name in contract.match_columns) or "false"
            unique = f"{has_key} AND count(*) OVER (PARTITION BY {key}) = 1" if key else "false"
            connection.execute(
                f"CREATE OR REPLACE TEMP TABLE {side} AS SELECT {', '.join(names)}, ({unique}) AS has_unique_key "
                f"FROM {table} WHERE extract_id = ?",
                [condition],
            )
        matched = 0
        if key:
            differs = ", ".join(f"count(*) FILTER (n.{name} IS DISTINCT FROM o.{name})" for name in compared)
            matched, *changes = connection.execute(
                f"SELECT count(*), {differs} FROM new_release AS n JOIN old_release AS o USING ({key}) "
                "WHERE n.has_unique_key AND o.has_unique_key"
            ).fetchall()[0]
            insert_rows(
                connection,
                "ops.extract_change",
                [
                    {
                        "extract_id": new,
                        "supersedes": old,
                        "column_name": name,
                        "rows_matched": matched,
                        "values_changed": count,
                    }
                    for name, count in zip(compared, changes, strict=True)
                ],
            )
        is_matched = f"has_unique_key AND ({key}) IN (SELECT ({key}) FROM %s WHERE has_unique_key)" if key else "false"
        rest = {
            side: f"SELECT {', '.join(names)} FROM {side} WHERE NOT coalesce({is_matched % other if key else 'false'}, false)"
            for side, other in (("new_release", "old_release"), ("old_release", "new_release"))
        }
        connection.execute(
            f"""
            INSERT INTO batch_change SELECT $new,
                (SELECT count(*) FROM ({rest["new_release"]} EXCEPT ALL {rest["old_release"]})),
                (SELECT count(*) FROM ({rest["old_release"]} EXCEPT ALL {rest["new_release"]})),
                $matched,
                coalesce((SELECT sum(values_changed) FROM ops.extract_change
                    WHERE extract_id = $new AND supersedes = $old), 0)
            """,
            {"new": new, "old": old, "matched": matched},
        )


def _replace_rows(connection: duckdb.DuckDBPyConnection, contract: Contract, replaced: dict[str, str]) -> None:
    if replaced:
        connection.execute(
            f"DELETE FROM {contract.table} WHERE extract_id IN (SELECT unnest(?::VARCHAR[]))", [list(replaced.values())]
        )
    names = ", ".join(column.name for column in contract.columns)
    single_run = connection.execute("SELECT count(*) = count(DISTINCT extract_id) FROM batch_line").fetchall()[0][0]
    # The plain join is much faster; the ASOF join is needed only when some lines were set aside.
    runs = (
        "JOIN batch_line AS r ON r.extract_id = f.extract_id"
        if single_run
        else "ASOF JOIN batch_line AS r ON r.extract_id = f.extract_id AND b.rowid >= r.from_row"
    )
    connection.execute(
        f"""
        INSERT INTO {contract.table} ({names}, extract_id, line, force, period_start)
        SELECT {", ".join(f"b.{column.name}" for column in contract.columns)},
            f.extract_id, b.rowid - r.from_row + r.line, f.force, f.period_start
        FROM batch AS b JOIN batch_extract AS f USING (file_index) {runs}
        """
    )


def _enter_results(
    connection: duckdb.DuckDBPyConnection,
    contract: Contract,
    good: list[Pending],
    refused: dict[str, str],
    rejected: list[tuple[str, int, str | None, str, str]],
    replaced: dict[str, str],
    run_id: str,
    report: LoadReport,
) -> None:
    names = {extract.extract_id: extract.file_name for extract in good}
    columns = {column.name: number for number, column in enumerate(contract.columns)}
    insert_rows(
        connection,
        "ops.quarantine",
        [
            {
                "extract_id": extract_id,
                "source": contract.name,
                "file_name": names[extract_id],
                "line": line,
                "column_name": column if kind == "CAST" else None,
                "value": _cell(text, columns[column]) if kind == "CAST" and column in columns else text,
                "reason": _reason(contract, kind, column),
            }
            for extract_id, line, column, text, kind in rejected
            if extract_id in names
        ],
    )
    connection.execute("UPDATE ops.quarantine SET quarantined_at = now() WHERE quarantined_at IS NULL")
    lines = _rejected_lines(rejected)
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE batch_result (extract_id VARCHAR, rows_quarantined BIGINT, supersedes VARCHAR)"
    )
    insert_rows(
        connection,
        "batch_result",
        [
            {
                "extract_id": extract.extract_id,
                "rows_quarantined": len(lines.get(extract.extract_id, ())),
                "supersedes": replaced.get(extract.extract_id),
            }
            for extract in good
        ],
    )
    connection.execute(
        """
        UPDATE ops.extract AS e SET status = 'loaded', rows_loaded = e.rows_read - r.rows_quarantined,
            rows_quarantined = r.rows_quarantined, supersedes = r.supersedes, run_id = ?
        FROM batch_result AS r WHERE r.extract_id = e.extract_id
        """,
        [run_id],
    )
    connection.execute(
        """
        UPDATE ops.extract AS e SET rows_added = c.rows_added, rows_removed = c.rows_removed,
            rows_matched = c.rows_matched, values_changed = c.values_changed
        FROM batch_change AS c WHERE c.extract_id = e.extract_id
        """
    )
    connection.execute(
        "UPDATE ops.extract SET status = 'superseded', run_id = ? "
        "WHERE extract_id IN (SELECT supersedes FROM batch_result WHERE supersedes IS NOT NULL)",
        [run_id],
    )
    _refuse(connection, refused, run_id, report)
    report.extracts_loaded += len(good)
    report.extracts_superseded += len(replaced)
    for extract in good:
        quarantined = len(lines.get(extract.extract_id, ()))
        report.rows_read += extract.rows_read
        report.rows_quarantined += quarantined
        report.rows_loaded += extract.rows_read - quarantined


def _refuse(connection: duckdb.DuckDBPyConnection, refused: dict[str, str], run_id: str, report: LoadReport) -> None:
    for extract_id, reason in refused.items():
        connection.execute(
            "UPDATE ops.extract SET status = 'refused', sequence = NULL, reason = ?, run_id = ? WHERE extract_id = ?",
            [reason, run_id, extract_id],
        )
        log.warning("Refused: %s", reason)
    report.extracts_refused += len(refused)


def _cell(line: str, index: int) -> str | None:
    cells = next(csv.reader(io.StringIO(line.rstrip("\r\n"), newline="")), [])
    return cells[index] if index < len(cells) else line


def _reason(contract: Contract, kind: str, column: str | None) -> str:
    types = {item.name: item.type for item in contract.columns}
    words = {
        "CAST": f"is not a {types.get(column or '', 'value')}"
        + (f" of the form {contract.date_format}" if types.get(column or "") == "DATE" else ""),
        "MISSING COLUMNS": f"the row has fewer than {len(contract.columns)} columns",
        "TOO MANY COLUMNS": f"the row has more than {len(contract.columns)} columns",
        "UNQUOTED VALUE": "a quotation mark is not closed",
        "LINE SIZE OVER MAXIMUM": "the row is longer than 2 MB",
        "INVALID ENCODING": "the row is not UTF-8",
    }
    return words.get(kind, kind.lower())
