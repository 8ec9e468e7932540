"""Data Docs: a page for each checked table and an index, to be opened in any browser without a network.

What was expected and found is rendered by Great Expectations; the frame around it is our own, as the one it brings takes
its styles and scripts from the internet.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from itertools import groupby
from pathlib import Path

import duckdb
import jinja2

from pipelines.checks.results import CheckResult
from pipelines.checks.suite import Suite

LAYERS = ("raw", "staging", "marts", "reference", "intermediate", "measures")
INDEX = "index.html"


@dataclass(frozen=True)
class Pages:
    """Where the pages of a run go."""

    folder: Path
    run_id: str


def page_of(table: str) -> str:
    """Where the page of a table (`raw.police_uk_street`) lies below the folder of the Data Docs."""
    return f"{table.replace('.', '/', 1)}.html"


def write_page(pages: Pages, suite: Suite, results: Sequence[CheckResult], sections: str) -> None:
    """Write or replace the page of a table; `sections` is HTML. Nothing is written when the disk does not take it:
    no page stands above the run."""
    failed = sum(result.stops for result in results)
    passed = sum(result.status == "passed" for result in results)
    warned = len(results) - passed - failed
    text = (
        _templates()
        .get_template("table.html.j2")
        .render(
            table=suite.table,
            description=suite.description,
            state=_state(failed, warned),
            count=len(results),
            passed=passed,
            failed=failed,
            warned=warned,
            rows=next((result.rows_checked for result in results), None),
            checked_at=_moment(datetime.now(UTC)),
            run_id=pages.run_id,
            sections=sections,
        )
    )
    _replace(pages.folder / page_of(suite.table), text)


def write_index(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Write or replace the index over the last results of every table; pages of tables that have none are removed."""
    rows = connection.execute(
        """
        WITH last AS (
            SELECT table_name, engine, max_by(run_id, checked_at) AS run_id FROM ops.check_result GROUP BY ALL
        )
        SELECT layer, table_name, max_by(coalesce(looked_by, run_id), checked_at),
            max(coalesce(looked_at, checked_at)) AT TIME ZONE 'UTC',
            count(*) FILTER (status = 'raised' OR (status = 'failed' AND severity = 'error')),
            count(*) FILTER (status = 'failed' AND severity = 'warning'),
            count(*) FILTER (status = 'passed')
        FROM ops.check_result JOIN last USING (table_name, engine, run_id)
        GROUP BY ALL ORDER BY layer, table_name
        """
    ).fetchall()
    tables = [
        {
            "layer": layer,
            "table": table,
            "run_id": run_id,
            "time": checked_at,
            "checked_at": _moment(checked_at),
            "failed": failed,
            "warned": warned,
            "passed": passed,
            "state": _state(failed, warned),
            "link": page_of(table) if (folder / page_of(table)).exists() else None,
        }
        for layer, table, run_id, checked_at, failed, warned, passed in rows
    ]
    tables.sort(key=lambda row: (LAYERS.index(row["layer"]) if row["layer"] in LAYERS else len(LAYERS), row["table"]))
    last = max(tables, key=lambda row: row["time"])
    layers = [(layer, list(found)) for layer, found in groupby(tables, key=lambda row: row["layer"])]
    text = _templates().get_template("index.html.j2").render(layers=layers, **last)
    _replace(folder / INDEX, text)
    known = {folder / str(row["link"]) for row in tables}
    for page in folder.glob("*/*.html"):
        if page not in known:
            page.unlink(missing_ok=True)


def _state(failed: int, warned: int) -> str:
    return "failed" if failed else "warning" if warned else "passed"


def _moment(moment: datetime) -> str:
    return f"{moment:%d %B %Y %H:%M:%S} UTC"


def _replace(path: Path, text: str) -> None:
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f".{path.name}.{os.getpid()}")
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(path)


@cache
def _templates() -> jinja2.Environment:
    folder = Path(__file__).with_name("pages")
    return jinja2.Environment(loader=jinja2.FileSystemLoader(folder), autoescape=True, undefined=jinja2.StrictUndefined)
