"""The results of a run, and what changed since the run before it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

import duckdb

from pipelines.checks.results import PREPARATION
from pipelines.store.warehouse import has_ops_table

Check = tuple[str, str]
"""Table and name of a check."""


@dataclass(frozen=True)
class Result:
    """One row of `ops.check_result`."""

    layer: str
    table: str
    name: str
    engine: str
    severity: str
    status: str
    observed: str
    description: str
    looked_at: datetime | None = None
    """When an earlier run looked whose result stands for this one too (UTC); None where this run looked itself."""

    @property
    def stops(self) -> bool:
        """Whether it stops what depends on the table, and the publication."""
        return self.status == "raised" or (self.status == "failed" and self.severity == "error")

    @property
    def state(self) -> str:
        """passed, warning, failed or raised."""
        return "warning" if self.status == "failed" and not self.stops else self.status


@dataclass(frozen=True)
class Run:
    """The results of a run by check, in the order of layers, tables and names."""

    run_id: str
    checked_at: datetime
    results: dict[Check, Result]

    def of(self, table: str | None) -> Run:
        """The same with the results of one table alone; with all when no table is named."""
        kept = {check: result for check, result in self.results.items() if table in (None, result.table)}
        return replace(self, results=kept)


@dataclass(frozen=True)
class Changes:
    """Checks by what became of them since another run."""

    broken: list[Check]
    mended: list[Check]
    added: list[Check]
    gone: list[Check]


def runs(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, datetime]]:
    """Every refresh that checked anything, with the moment of its last result (UTC), the newest first."""
    if not has_ops_table(connection, "check_result"):
        return []
    found = connection.execute(
        "SELECT run_id, max(checked_at) AT TIME ZONE 'UTC' AS last FROM ops.check_result WHERE run_id <> ? "
        "GROUP BY run_id ORDER BY last DESC",
        [PREPARATION],
    ).fetchall()
    return [(run_id, moment) for run_id, moment in found]


def read_run(connection: duckdb.DuckDBPyConnection, run_id: str) -> Run:
    """The results of one run; of a check that ran twice in it, the last.

    A database of an earlier version does not say which run looked: each did.
    """
    rows = connection.execute(
        """
        SELECT layer, table_name, check_name, engine, severity, status, coalesce(observed, ''), coalesce(description, ''),
            if(looked_by <> run_id, looked_at AT TIME ZONE 'UTC', NULL), checked_at AT TIME ZONE 'UTC'
        FROM (
            SELECT * FROM ops.check_result
            UNION ALL BY NAME SELECT NULL::VARCHAR AS looked_by, NULL::TIMESTAMPTZ AS looked_at WHERE false
        )
        WHERE run_id = ?
        QUALIFY row_number() OVER (PARTITION BY table_name, check_name, engine ORDER BY checked_at DESC) = 1
        ORDER BY list_position(['raw', 'staging', 'reference', 'intermediate', 'measures', 'marts'], layer), table_name,
            check_name
        """,
        [run_id],
    ).fetchall()
    results = [Result(*row[:9]) for row in rows]
    return Run(run_id, max(row[9] for row in rows), {(result.table, result.name): result for result in results})


def changes(now: Run, before: Run) -> Changes:
    """What became of each check between two runs. A check that did not run now is gone; look whether it still exists."""
    both = [check for check in now.results if check in before.results]
    return Changes(
        broken=[c for c, r in now.results.items() if r.status != "passed" and _passed(before, c)],
        mended=[c for c in both if now.results[c].status == "passed" and not _passed(before, c)],
        added=[c for c in now.results if c not in before.results],
        gone=[c for c in before.results if c not in now.results],
    )


def _passed(run: Run, check: Check) -> bool:
    return check not in run.results or run.results[check].status == "passed"


def never_ran(connection: duckdb.DuckDBPyConnection, known: Iterable[Check]) -> list[Check]:
    """Those of the known checks of which no run has a result."""
    ran = set(connection.execute("SELECT DISTINCT table_name, check_name FROM ops.check_result").fetchall())
    return [check for check in known if check not in ran]
