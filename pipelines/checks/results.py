"""What a check found, and the table `ops.check_result` that keeps every result of every run."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import duckdb

from pipelines.checks.suite import Severity
from pipelines.store.warehouse import create_ops_table, insert_rows

Status = Literal["passed", "failed", "raised"]

PREPARATION = "preparation"
"""The run, in `ops.check_result`, that is no refresh: `fpw prepare`, which tests the seeds."""


@dataclass(frozen=True)
class CheckResult:
    """Result of one check. `raised` means that the check itself broke, so nothing is known about the data.

    `unexpected_count` and `rows_checked` are numbers of rows, NULL when not known; `observed` is a short text.
    """

    name: str
    severity: Severity
    status: Status
    observed: str
    unexpected_count: int | None
    rows_checked: int | None
    description: str

    @property
    def stops(self) -> bool:
        """True when what depends on the table must not be built: an error that failed, or any check that raised."""
        return self.status == "raised" or (self.status == "failed" and self.severity == "error")


def record(
    connection: duckdb.DuckDBPyConnection,
    run_id: str,
    engine: str,
    results: Mapping[str, Iterable[CheckResult]],
) -> None:
    """Add one row per result to `ops.check_result` (made when absent); nothing is ever replaced.

    `results` is by table with its schema (`raw.police_uk_street`), which is the layer.
    """
    create_ops_table(connection, "check_result")
    checked_at = datetime.now(UTC)
    insert_rows(
        connection,
        "ops.check_result",
        [
            {
                "run_id": run_id,
                "checked_at": checked_at,
                "layer": table.split(".")[0],
                "table_name": table,
                "check_name": result.name,
                "engine": engine,
                "severity": result.severity,
                "status": result.status,
                "observed": result.observed,
                "unexpected_count": result.unexpected_count,
                "rows_checked": result.rows_checked,
                "description": result.description,
                "looked_by": run_id,
                "looked_at": checked_at,
            }
            for table, found in results.items()
            for result in found
        ],
    )


def carry(
    connection: duckdb.DuckDBPyConnection, run_id: str, engine: str, checks: Iterable[tuple[str, str]]
) -> dict[str, list[CheckResult]]:
    """Let the last results of checks (table and name) that need not be looked at again stand for this run too, by table.

    The rows say which run looked, and when. A check without a result has none here either.
    """
    create_ops_table(connection, "check_result")
    tables, names = zip(*checks, strict=True) if (checks := list(checks)) else ((), ())
    connection.execute(
        """
        INSERT INTO ops.check_result BY NAME
        SELECT * REPLACE (
            $run AS run_id, $now AS checked_at,
            coalesce(looked_by, run_id) AS looked_by, coalesce(looked_at, checked_at) AS looked_at
        )
        FROM (
            SELECT last.* FROM ops.check_result AS last
            JOIN (SELECT unnest($tables::VARCHAR[]) AS table_name, unnest($names::VARCHAR[]) AS check_name)
                USING (table_name, check_name)
            WHERE engine = $engine
            QUALIFY row_number() OVER (PARTITION BY table_name, check_name ORDER BY checked_at DESC) = 1
        ) AS last
        """,
        {"run": run_id, "now": datetime.now(UTC), "tables": tables, "names": names, "engine": engine},
    )
    carried: dict[str, list[CheckResult]] = {}
    for table, *result in connection.execute(
        """
        SELECT table_name, check_name, severity, status, observed, unexpected_count, rows_checked, description
        FROM ops.check_result WHERE run_id = ? AND looked_by <> run_id AND engine = ?
        """,
        [run_id, engine],
    ).fetchall():
        carried.setdefault(table, []).append(CheckResult(*result))
    return carried


def last_statuses(connection: duckdb.DuckDBPyConnection, table: str) -> dict[str, str]:
    """Status that each check of a table last had, by the name of the check."""
    return dict(
        connection.execute(
            "SELECT check_name, max_by(status, checked_at) FROM ops.check_result WHERE table_name = ? GROUP BY check_name",
            [table],
        ).fetchall()
    )


def results_from_dbt(run_results_json: Path, manifest: Mapping[str, Any]) -> dict[str, list[CheckResult]]:
    """dbt data tests of one invocation as check results, keyed by the tested table (`marts.dim_force`).

    Nodes that are no data tests are left out, and so are tests that dbt skipped: whatever made dbt skip them is
    itself a result. A test that could not run counts as raised.
    """
    nodes: Mapping[str, Any] = manifest["nodes"]
    found: dict[str, list[CheckResult]] = {}
    for result in json.loads(run_results_json.read_text(encoding="utf-8"))["results"]:
        node = nodes.get(result["unique_id"])
        if node is None or node["resource_type"] != "test" or result["status"] not in _DBT_STATUS:
            continue
        found.setdefault(tested_table(node, nodes), []).append(_from_dbt(result, node))
    return found


def dbt_checks(manifest: Mapping[str, Any]) -> set[tuple[str, str]]:
    """Table and name of every data test of the project."""
    nodes = manifest["nodes"]
    return {(tested_table(node, nodes), node["name"]) for node in nodes.values() if node["resource_type"] == "test"}


_DBT_STATUS: Mapping[str, Status] = {
    "pass": "passed", "fail": "failed", "warn": "failed", "error": "raised", "runtime error": "raised",
}  # fmt: skip


def _from_dbt(result: Mapping[str, Any], node: Mapping[str, Any]) -> CheckResult:
    status = _DBT_STATUS[result["status"]]
    warns = result["status"] == "warn" or (
        result["status"] != "fail" and str(node["config"].get("severity", "error")).lower() == "warn"
    )
    message = " ".join((result.get("message") or "").split())[:300]
    return CheckResult(
        name=node["name"],
        severity="warning" if warns else "error",
        status=status,
        observed=message or ("no failing rows" if status == "passed" else "no message"),
        unexpected_count=result.get("failures"),
        rows_checked=None,
        description=" ".join((node.get("description") or "").split()) or _sentence(node),
    )


_MODEL = "correct the model"
_SENTENCES: Mapping[str, str] = {
    "unique_key": f"No two rows share {{columns}}; a repeated row would be counted twice: {_MODEL}.",
    "complete": f"None of {{columns}} is missing in any row: {_MODEL} or complete the seed it reads.",
    "holds": f"In every row {{condition}}: {_MODEL} where it does not hold.",
    "same_row_count": f"The table has as many rows as {{compare_to}}; rows were lost or repeated otherwise: {_MODEL}.",
    "not_null": f"Column {{column}} is given in every row: {_MODEL} or complete the seed it reads.",
    "unique": f"No two rows share the same {{column}}; a repeated row would be counted twice: {_MODEL} or seed.",
    "accepted_values": f"Column {{column}} is one of {{values}}: {_MODEL}, or add a new word here once its meaning is clear.",
    "relationships": f"Every {{column}} stands in {{field}} of {{to}}: add it there, or {_MODEL}.",
}
"""What a generic test asserts and how to mend a failure, for tests without a description of their own."""


def _sentence(node: Mapping[str, Any]) -> str:
    """One plain sentence about a test that has no description."""
    generic = node.get("test_metadata") or {}
    arguments = {key: _plain(value) for key, value in (generic.get("kwargs") or {}).items()}
    arguments = {"column": arguments.get("column_name", "the column"), **arguments}
    sentence = _SENTENCES.get(str(generic.get("name")))
    if sentence is None:
        return _comment(node) or f"The query of {node['name']} finds no row: look at the rows it finds."
    try:
        told = sentence.format_map(arguments)
    except KeyError:
        return f"Test {generic['name']} of {arguments['column']} finds no row: look at the rows it finds."
    return told[0].upper() + told[1:]


def _comment(node: Mapping[str, Any]) -> str:
    """The comment at the head of a singular test, which says what it asserts."""
    lines = str(node.get("raw_code") or "").splitlines()
    head = itertools.takewhile(lambda line: line.startswith("--"), lines)
    return " ".join(line.removeprefix("--").strip() for line in head)


def _plain(value: Any) -> str:
    """An argument of a test in words: lists with commas, `ref('x')` as x."""
    if isinstance(value, list):
        shown = [str(item) for item in value]
        return ", ".join(shown[:8]) + (f" or {len(shown) - 8} others" if len(shown) > 8 else "")
    found = re.search(r"(?:ref|source)\(.*?['\"](\w+)['\"]\s*\)", str(value))
    return found.group(1) if found else " ".join(str(value).split())


def tested_table(node: Mapping[str, Any], nodes: Mapping[str, Any]) -> str:
    """The table, with its schema, that a test is attached to; a singular test belongs to the first model it reads."""
    parents = [node.get("attached_node"), *node.get("depends_on", {}).get("nodes", [])]
    for parent in parents:
        if parent in nodes:
            return f"{nodes[parent]['schema']}.{nodes[parent].get('alias') or nodes[parent]['name']}"
    return str(node["name"])
