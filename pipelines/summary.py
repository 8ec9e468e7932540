"""What a refresh or `fpw status` says at its end."""

from __future__ import annotations

from pathlib import Path

import duckdb
from rich.console import Console
from rich.table import Table

FIRST_QUERY = """\
SELECT period_end, round(value, 2) AS crimes_per_1000
FROM marts.measure_value JOIN marts.dim_force USING (area_code)
WHERE measure_id = 'street_crime_rate' AND period_type = 'rolling_12m'
    AND breakdown_type IS NULL AND is_home_force AND value IS NOT NULL
ORDER BY period_end DESC LIMIT 5"""


def print_summary(connection: duckdb.DuckDBPyConnection, console: Console, *, run_id: str | None = None) -> None:
    """Print rows by source, checks, measures, and what needs a person's eye.

    `connection` is open on the build database or the published file. With `run_id`, checks are those of that run.
    """
    sources = Table(title="Extracts in the warehouse", title_justify="left")
    for name in ("source", "extracts", "periods", "rows read", "loaded", "quarantined", "refused"):
        sources.add_column(name, justify="left" if name == "source" else "right")
    for row in connection.execute(
        """
        SELECT coalesce(source, '(unknown)'), count(*) FILTER (status = 'loaded'),
            count(DISTINCT period_start) FILTER (status = 'loaded'),
            coalesce(sum(rows_read) FILTER (status = 'loaded'), 0),
            coalesce(sum(rows_loaded) FILTER (status = 'loaded'), 0),
            coalesce(sum(rows_quarantined) FILTER (status = 'loaded'), 0),
            count(*) FILTER (status = 'refused')
        FROM ops.extract GROUP BY ALL ORDER BY ALL
        """
    ).fetchall():
        sources.add_row(row[0], *(f"{value:,}" for value in row[1:]))
    console.print(sources)

    run = run_id or _scalar(connection, "SELECT max_by(run_id, checked_at) FROM ops.check_result")
    passed, failed, warned = connection.execute(
        """
        SELECT count(*) FILTER (status = 'passed'),
            count(*) FILTER (status <> 'passed' AND severity = 'error'),
            count(*) FILTER (status <> 'passed' AND severity = 'warning')
        FROM ops.check_result WHERE run_id = ?
        """,
        [run],
    ).fetchall()[0]
    console.print(f"Checks: {passed:,} passed, {failed:,} failed, {warned:,} warnings")
    for status, table, check, observed, description in connection.execute(
        """
        SELECT severity, table_name, check_name, observed, description FROM ops.check_result
        WHERE run_id = ? AND status <> 'passed' ORDER BY severity, table_name, check_name LIMIT 20
        """,
        [run],
    ).fetchall():
        console.print(f"  {status}: {table}, {check}: {observed}. {description}", highlight=False, markup=False)
    if _has_table(connection, "measure_value"):
        measures, values = connection.execute(
            "SELECT count(DISTINCT measure_id) FILTER (value IS NOT NULL), count(value) FROM marts.measure_value"
        ).fetchall()[0]
        console.print(f"Measures: {measures:,} computed, {values:,} values")
    if _has_table(connection, "reconciliation"):
        verdicts = connection.execute(
            "SELECT verdict, count(*) FROM marts.reconciliation WHERE verdict <> 'not_computed' GROUP BY ALL ORDER BY ALL"
        ).fetchall()
        told = (
            ", ".join(f"{count} {verdict.replace('_', ' ')}" for verdict, count in verdicts) or "none yet within reach"
        )
        synthetic = _scalar(
            connection,
            "SELECT count(*) FROM marts.reconciliation WHERE verdict <> 'not_computed' AND source_kind = 'synthetic'",
        )
        made = f" ({synthetic} of them from sample records, which proves nothing)" if synthetic else ""
        console.print(f"Published figures recomputed: {told}{made}")
    _print_refused(connection, console)
    if _scalar(connection, "SELECT count(*) FROM ops.extract WHERE status = 'loaded' AND is_sample"):
        console.print(
            "SAMPLE DATA: some or all of these records are synthetic; remove raw/sample to leave them out.",
            style="bold",
        )


def print_first_query(published: Path, console: Console) -> None:
    """Print where the published file is and a query that works on it."""
    console.print(f"\nPublished: {published}", soft_wrap=True, highlight=False)
    console.print("A first query to try, in Python:\n", highlight=False)
    print_plain(
        console,
        f'import duckdb\nconnection = duckdb.connect("{published}", read_only=True)\n'
        f'connection.sql("""\n{FIRST_QUERY}\n""").show()',
    )


def print_plain(console: Console, text: str) -> None:
    """Print text as it is, indented, for copying."""
    for line in text.splitlines():
        console.print(f"    {line}", soft_wrap=True, highlight=False, markup=False)


def _print_refused(connection: duckdb.DuckDBPyConnection, console: Console) -> None:
    reasons = connection.execute(
        """
        SELECT DISTINCT reason FROM ops.extract JOIN ops.raw_file USING (extract_id)
        WHERE status = 'refused' ORDER BY reason
        """
    ).fetchall()
    if reasons:
        console.print(f"Refused files ({len(reasons)}), everything else was loaded:")
    for (reason,) in reasons[:20]:
        console.print(f"  - {reason}", highlight=False, markup=False)
    if len(reasons) > 20:
        console.print(
            f"  and {len(reasons) - 20} more: SELECT file_path, reason FROM ops.extract WHERE status = 'refused'"
        )


def _has_table(connection: duckdb.DuckDBPyConnection, name: str) -> bool:
    return bool(
        _scalar(
            connection,
            "SELECT count(*) FROM duckdb_tables() WHERE schema_name = 'marts' AND database_name = current_database() "
            f"AND table_name = '{name}'",
        )
    )


def _scalar(connection: duckdb.DuckDBPyConnection, query: str) -> object:
    return connection.execute(query).fetchall()[0][0]
