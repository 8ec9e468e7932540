"""Loads pending extracts into their raw table: one bulk read per batch, one transaction per batch."""

from __future__ import annotations

import contextlib
import itertools
import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import duckdb

from pipelines.ingest.changes import record_changes
from pipelines.ingest.discover import Container, is_settled
from pipelines.ingest.parts import MAX_FAULTS
from pipelines.ingest.quarantine import (
    Fault,
    faults_of_reader,
    flooded,
    local_time,
    outside_month,
    rejected_rows,
    rows_breaking_rules,
)
from pipelines.ingest.register import drop_pending, spooled, withdraw
from pipelines.settings import Settings
from pipelines.sources.contract import Contract
from pipelines.sources.forces import load_forces, same_force
from pipelines.store.warehouse import Warehouse, insert_rows, without_values

log = logging.getLogger("fpw.load")


@dataclass
class LoadReport:
    """Rows and extracts of one source in one run."""

    extracts_loaded: int = 0
    extracts_superseded: int = 0
    extracts_refused: int = 0
    extracts_left: int = 0
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
    slice: str | None
    rows_read: int
    size_bytes: int
    is_sample: bool

    @property
    def key(self) -> tuple[object, ...]:
        """What a later release replaces, within a source."""
        return self.force, self.period_start, self.slice


def load(settings: Settings, warehouse: Warehouse, contract: Contract, run_id: str) -> LoadReport:
    """Load every pending extract of one source.

    Rows that cannot be typed go to `ops.quarantine`; an extract whose content contradicts its name, or
    whose rows do not add up, is refused whole. One whose file changed since it was registered is left for the next
    run, which finds it anew. A batch is either wholly in the warehouse, register included, or not at all.
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
        SELECT extract_id, file_name, force, period_start, slice, rows_read, size_bytes, is_sample FROM ops.extract
        WHERE source = ? AND status = 'pending' ORDER BY period_start, force, slice, sequence
        """,
        [contract.name],
    ).fetchall()
    return [Pending(*row) for row in rows]


def _waves(pending: list[Pending]) -> Iterator[list[Pending]]:
    """Successive releases of one key must not meet in one batch: each replaces the one before."""
    by_key = itertools.groupby(pending, key=lambda extract: extract.key)
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
    # Replaced inside the next transaction, the rows of the last batch would stay in memory beside those of this one.
    connection.execute("DROP TABLE IF EXISTS temp.batch")
    connection.begin()
    try:
        batch = _leave_out_samples(connection, contract, batch, run_id, report)
        _read_batch(connection, settings, contract, batch)
        if _moved(connection, settings, batch):
            raise _MovedError
        rejected = rejected_rows(connection, contract) or faults_of_reader(
            contract, {extract.extract_id: spooled(settings, extract.extract_id) for extract in batch}
        )
        refused = dict(_refusals(connection, contract, batch, rejected))
        good = [extract for extract in batch if extract.extract_id not in refused]
        if contract.layout is None:
            _number_lines(connection, good, rejected)
        faults = rejected + rows_breaking_rules(connection, contract)
        refused |= dict(_mostly_faults(contract, good, faults)) | dict(_flooded(connection, batch))
        good = [extract for extract in good if extract.extract_id not in refused]
        replaced = _current(connection, contract, good)
        _keep_good_rows(connection, good)
        record_changes(connection, contract, replaced)
        _replace_rows(connection, contract, replaced)
        _enter_results(connection, contract, good, refused, faults, replaced, run_id, report)
        _withdraw_renamed(connection, contract, good, run_id)
        connection.commit()
    except (_MovedError, duckdb.IOException):
        _roll_back(connection)
        moved = _moved(connection, settings, batch)
        if not moved:
            raise
        _leave_for_next(connection, moved, report)
        if rest := [extract for extract in batch if extract not in moved]:
            _load_batch(connection, settings, contract, rest, run_id, report)
    except _UnreadableError as error:
        _roll_back(connection)
        if len(batch) > 1:
            # One file that breaks the reader must not hold up the others.
            for half in (batch[: len(batch) // 2], batch[len(batch) // 2 :]):
                _load_batch(connection, settings, contract, half, run_id, report)
            return
        reason = f"{batch[0].file_name} cannot be read as CSV ({error}); download or export it again."
        _refuse(connection, {batch[0].extract_id: reason}, run_id, report)
    except BaseException:
        _roll_back(connection)
        raise


def _roll_back(connection: duckdb.DuckDBPyConnection) -> None:
    """A commit that fails, on a full disk, has ended the transaction itself; its own error is the one to tell."""
    with contextlib.suppress(duckdb.TransactionException):
        connection.rollback()


class _UnreadableError(Exception):
    """DuckDB's CSV reader gave up on a batch."""


class _MovedError(Exception):
    """A file of a batch is not as it was registered."""


def _moved(connection: duckdb.DuckDBPyConnection, settings: Settings, batch: list[Pending]) -> list[Pending]:
    """Extracts whose file was changed, replaced or taken away since it was registered."""
    places = connection.execute(
        "SELECT extract_id, container, container_size_bytes, container_mtime_ns FROM ops.raw_file "
        "WHERE extract_id IN (SELECT unnest(?::VARCHAR[]))",
        [[extract.extract_id for extract in batch]],
    ).fetchall()
    changed = {
        (name, size, mtime)
        for name, size, mtime in {(name, size, mtime) for _, name, size, mtime in places}
        if "\\" not in name  # one that is not UTF-8 is kept in writing only
        and not is_settled(Container(settings.raw_dir / name, name, size, mtime, is_sample=False))
    }
    moved = {extract_id for extract_id, *place in places if tuple(place) in changed}
    return [extract for extract in batch if extract.extract_id in moved]


def _leave_for_next(connection: duckdb.DuckDBPyConnection, moved: list[Pending], report: LoadReport) -> None:
    drop_pending(connection, [extract.extract_id for extract in moved])
    for extract in moved:
        log.warning(
            "%s changed after it was read, as if it were still being copied; it is left for the next refresh",
            extract.file_name,
        )
    report.extracts_left += len(moved)


def _leave_out_samples(
    connection: duckdb.DuckDBPyConnection, contract: Contract, batch: list[Pending], run_id: str, report: LoadReport
) -> list[Pending]:
    """A synthetic extract never replaces a real one."""
    real = set(
        connection.execute(
            "SELECT force, period_start, slice FROM ops.extract "
            "WHERE source = ? AND status = 'loaded' AND NOT is_sample",
            [contract.name],
        ).fetchall()
    )
    left_out = [e.extract_id for e in batch if e.is_sample and e.key in real]
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
    types: dict[str, str] = {"line": "BIGINT"} if contract.layout else {}
    types |= {column.name: column.type for column in contract.stored_columns}
    for table in ("reject_errors", "reject_scans"):
        connection.execute(f"DROP TABLE IF EXISTS {table}")
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE batch_extract AS "
        "SELECT unnest(?::VARCHAR[]) AS extract_id, unnest(?::VARCHAR[]) AS force, unnest(?::DATE[]) AS period_start, "
        "unnest(?::VARCHAR[]) AS slice, unnest(range(?)) AS file_index",
        [
            [extract.extract_id for extract in batch],
            [extract.force for extract in batch],
            [extract.period_start for extract in batch],
            [extract.slice for extract in batch],
            len(batch),
        ],
    )
    if not batch:
        columns = ", ".join(f"NULL::{kind} AS {name}" for name, kind in types.items())
        connection.execute(f"CREATE OR REPLACE TEMP TABLE batch AS SELECT {columns}, 0::BIGINT AS file_index LIMIT 0")
        return
    paths = [str(spooled(settings, extract.extract_id)) for extract in batch]
    try:
        connection.execute(
            """
            CREATE OR REPLACE TEMP TABLE batch AS
            SELECT *, file_index::BIGINT AS file_index
            FROM read_csv($paths, auto_detect = false, header = true, delim = ',', quote = '"', escape = '"',
                columns = $types, dateformat = $date_format, store_rejects = true,
                rejects_limit = $most)
            """,
            {"paths": paths, "types": types, "date_format": contract.date_format, "most": MAX_FAULTS + 1},
        )
    except (duckdb.InvalidInputException, duckdb.ConversionException) as error:
        raise _UnreadableError(without_values(error)) from None


def _refusals(
    connection: duckdb.DuckDBPyConnection, contract: Contract, batch: list[Pending], rejected: list[Fault]
) -> Iterator[tuple[str, str]]:
    """Extracts whose rows do not add up, or contradict the name of the file."""
    rows = dict(
        connection.execute(
            "SELECT extract_id, count(b.file_index) FROM batch_extract AS f LEFT JOIN batch AS b USING (file_index) "
            "GROUP BY ALL"
        ).fetchall()
    )
    wrong_month = _wrong_months(connection, contract)
    labels = _labels(connection, contract)
    bad = _lines(rejected)
    for extract in batch:
        name, read, aside = extract.file_name, rows[extract.extract_id], len(bad.get(extract.extract_id, ()))
        found_labels = labels.get(extract.extract_id, ())
        force = load_forces().get(extract.force)
        foreign = [label for label in found_labels if force and (not label or not same_force(label, force))]
        if read + aside != extract.rows_read:
            yield (
                extract.extract_id,
                f"{name} has {extract.rows_read:,} records, but {read:,} could be read and {aside:,} were set aside; "
                "its quotation marks are probably broken: download or export it again.",
            )
        elif extract.extract_id in wrong_month:
            found, count = wrong_month[extract.extract_id]
            yield (
                extract.extract_id,
                f"{name} is named for {extract.period_start:%Y-%m}, but {count:,} of its rows are of another month "
                f"(the first: {found}); correct the name or download it again.",
            )
        elif force and foreign:
            yield (
                extract.extract_id,
                f"{name} is named for {force.police_uk_label}, but holds rows of {foreign[0] or 'no force'}; "
                "correct the name or download it again.",
            )


def _flooded(connection: duckdb.DuckDBPyConnection, batch: list[Pending]) -> Iterator[tuple[str, str]]:
    found = flooded(connection)
    for extract in batch:
        if extract.extract_id in found:
            yield (
                extract.extract_id,
                f"{extract.file_name} has more than {MAX_FAULTS:,} faults among its {extract.rows_read:,} rows; "
                "its name or its columns are wrong: correct the name, or download or export it again.",
            )


def _mostly_faults(contract: Contract, good: list[Pending], faults: list[Fault]) -> Iterator[tuple[str, str]]:
    """Extracts of which most rows would go to quarantine: not the rows are wrong then, but the file.

    A few rows are not enough to tell, where a file is divided into many extracts and was known by its header.
    """
    bad = _lines(faults)
    for extract in good:
        if contract.layout and extract.rows_read < 10:
            continue
        lines = bad.get(extract.extract_id, set())
        if 2 * len(lines) > extract.rows_read:
            first = min(fault for fault in faults if fault.extract_id == extract.extract_id)
            yield (
                extract.extract_id,
                f"{extract.file_name} has {len(lines):,} unreadable rows of {extract.rows_read:,} ({first}); "
                "its name or its columns are wrong: correct the name, or download or export it again.",
            )


def _wrong_months(connection: duckdb.DuckDBPyConnection, contract: Contract) -> dict[str, tuple[str, int]]:
    if contract.month_rule is None or contract.month_rule.rows_outside != "refuse":
        return {}
    wrong = outside_month(contract)
    return {
        extract_id: (found, count)
        for extract_id, found, count in connection.execute(
            f"""
            SELECT f.extract_id, strftime(any_value({local_time(contract)}) FILTER ({wrong}), '%Y-%m'),
                count(*) FILTER ({wrong}) AS wrong
            FROM batch AS b JOIN batch_extract AS f USING (file_index)
            GROUP BY f.extract_id HAVING wrong > 0
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


def _lines(faults: Iterable[Fault]) -> dict[str, set[int]]:
    lines: dict[str, set[int]] = {}
    for fault in faults:
        lines.setdefault(fault.extract_id, set()).add(fault.line)
    return lines


def _number_lines(
    connection: duckdb.DuckDBPyConnection,
    good: list[Pending],
    rejected: list[Fault],
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
    bad = _lines(rejected)
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
                AND e.period_start = f.period_start AND e.slice IS NOT DISTINCT FROM f.slice
            WHERE f.extract_id IN (SELECT unnest(?::VARCHAR[]))
            """,
            [contract.name, [extract.extract_id for extract in good]],
        ).fetchall()
    )


def _keep_good_rows(connection: duckdb.DuckDBPyConnection, good: list[Pending]) -> None:
    """Leave in the batch only rows that will be loaded."""
    connection.execute("DELETE FROM batch WHERE rowid IN (SELECT row_number FROM batch_fault)")
    connection.execute(
        "DELETE FROM batch_extract WHERE extract_id NOT IN (SELECT unnest(?::VARCHAR[]))",
        [[extract.extract_id for extract in good]],
    )


def _replace_rows(connection: duckdb.DuckDBPyConnection, contract: Contract, replaced: dict[str, str]) -> None:
    if replaced:
        connection.execute(
            f"DELETE FROM {contract.table} WHERE extract_id IN (SELECT unnest(?::VARCHAR[]))", [list(replaced.values())]
        )
    names = [column.name for column in contract.stored_columns]
    line, runs = ("b.line", "") if contract.layout else ("b.rowid - r.from_row + r.line", _runs(connection))
    connection.execute(
        f"""
        INSERT INTO {contract.table} ({", ".join(names)}, extract_id, line, force, period_start)
        SELECT {", ".join(f"b.{name}" for name in names)}, f.extract_id, {line}, f.force, f.period_start
        FROM batch AS b JOIN batch_extract AS f USING (file_index) {runs}
        """
    )


def _runs(connection: duckdb.DuckDBPyConnection) -> str:
    """The join to the runs of lines: the plain one is much faster; ASOF is needed only when lines were set aside."""
    single_run = connection.execute("SELECT count(*) = count(DISTINCT extract_id) FROM batch_line").fetchall()[0][0]
    if single_run:
        return "JOIN batch_line AS r ON r.extract_id = f.extract_id"
    return "ASOF JOIN batch_line AS r ON r.extract_id = f.extract_id AND b.rowid >= r.from_row"


def _enter_results(
    connection: duckdb.DuckDBPyConnection,
    contract: Contract,
    good: list[Pending],
    refused: dict[str, str],
    faults: list[Fault],
    replaced: dict[str, str],
    run_id: str,
    report: LoadReport,
) -> None:
    names = {extract.extract_id: extract.file_name for extract in good}
    insert_rows(
        connection,
        "ops.quarantine",
        [
            {
                "extract_id": fault.extract_id,
                "source": contract.name,
                "file_name": names[fault.extract_id],
                "line": fault.line,
                "column_name": fault.column_name,
                "value": fault.value,
                "reason": fault.reason,
            }
            for fault in faults
            if fault.extract_id in names
        ],
    )
    connection.execute("UPDATE ops.quarantine SET quarantined_at = now() WHERE quarantined_at IS NULL")
    lines = _lines(faults)
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


def _withdraw_renamed(
    connection: duckdb.DuckDBPyConnection, contract: Contract, good: list[Pending], run_id: str
) -> None:
    """A content now loaded under its right name no longer stands under the wrong one, whose file is gone."""
    for extract_id, file_name in connection.execute(
        """
        SELECT old.extract_id, new.file_name FROM ops.extract AS new
        JOIN ops.extract AS old ON old.sha256 = new.sha256 AND old.extract_id <> new.extract_id
        WHERE new.extract_id IN (SELECT unnest(?::VARCHAR[])) AND new.rows_read > 0 AND old.status = 'loaded'
        """,
        [[extract.extract_id for extract in good]],
    ).fetchall():
        withdraw(connection, contract, extract_id, f"Its file was renamed to {file_name}.", run_id)
