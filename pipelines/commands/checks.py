"""What the checks found, and what changed."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import duckdb
import typer
from rich.console import Console
from rich.table import Table

from pipelines.checks.latest import Check, Result, Run
from pipelines.commands.common import WarehouseOption, load_settings, open_console, stop
from pipelines.settings import Settings

SHOWN = 20
REFRESHED = ("raw", "staging", "marts")
"""Layers whose suites a refresh runs."""


def checks(
    run: Annotated[
        str | None, typer.Option("--run", help="A run by its id or the beginning of it; else the last.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="List every check, also those that passed.")] = False,
    table: Annotated[str | None, typer.Option("--table", help="Only a table, such as raw.police_uk_street.")] = None,
    warehouse: WarehouseOption = None,
) -> None:
    """Say what the checks found in the last run, and what changed since the run before. Ends with 1 if an error failed."""
    from pipelines.checks.latest import changes, never_ran, read_run, runs

    settings, console = load_settings(warehouse=warehouse), open_console()
    with _open(settings) as (connection, source):
        known = runs(connection)
        if not known:
            stop(f"No check has run in {source} yet; run `fpw refresh`.")
        chosen = [number for number, (run_id, _) in enumerate(known) if run_id.startswith(run or "")]
        if not chosen:
            stop(f"No run {run!r} in {source}; the last is {known[0][0]}. SELECT DISTINCT run_id FROM ops.check_result")
        now = read_run(connection, known[chosen[0]][0])
        earlier = known[chosen[0] + 1 :][:1]
        before = read_run(connection, earlier[0][0]) if earlier else None
        catalogue = _catalogue(settings)
        missing = never_ran(connection, catalogue) if not run else []
    if table and table not in {checked for checked, _ in now.results}:
        stop(f"Run {now.run_id} checked no table {table}; name it with its schema, such as raw.police_uk_street.")
    now, before = now.of(table), before and before.of(table)
    shown = list(now.results.values())
    say = _Speaker(console)
    say(f"Run {now.run_id}, {_when(now.checked_at)}, in {source}")
    console.print(_counts(shown))
    if earlier_looks := [result.looked_at for result in shown if result.looked_at]:
        say(
            f"{len(earlier_looks):,} of them were found by earlier runs, the oldest {_when(min(earlier_looks))}: nothing "
            "behind those tables and their checks has changed since."
        )
    say.results("Failed: errors, which stop publication", [result for result in shown if result.stops])
    say.results("Warnings, which travel on", [result for result in shown if result.state == "warning"])
    if everything or table:
        say.results("Passed", [result for result in shown if result.status == "passed"], whole=False)
    if before is None:
        say("There is no run before it to compare it with.")
    else:
        found = changes(now, before)
        say(f"Since run {before.run_id}, {_when(before.checked_at)}:")
        say.names("newly failing", found.broken, now)
        say.names("mended", found.mended, now)
        say.names("new checks", found.added, now)
        say.names("no longer there", [check for check in found.gone if catalogue and check not in catalogue], before)
        say.names("not run this time", [check for check in found.gone if not catalogue or check in catalogue], before)
        if not any((found.broken, found.mended, found.added, found.gone)):
            say("  nothing changed")
    if missing := [check for check in missing if table in (None, check[0])]:
        say(f"Never run so far ({len(missing)}):")
        say.list(missing)
    if (settings.data_docs_dir / "index.html").exists():
        say(f"Data Docs: {settings.data_docs_dir / 'index.html'}")
    if any(result.stops for result in shown):
        raise typer.Exit(1)


@contextmanager
def _open(settings: Settings) -> Iterator[tuple[duckdb.DuckDBPyConnection, Path]]:
    """The build database, which knows of runs that were not published too; while it is written, the published file."""
    from pipelines.store.warehouse import Warehouse, WarehouseError

    if settings.build_path.exists():
        try:
            with Warehouse(settings).connect(read_only=True) as connection:
                yield connection, settings.build_path
                return
        except WarehouseError:
            pass  # a refresh is writing it
    if not settings.published_path.exists():
        stop(f"{settings.published_path} does not exist, or is being made; run `fpw refresh`, or wait for it.")
    with duckdb.connect(str(settings.published_path), read_only=True) as connection:
        yield connection, settings.published_path


def _catalogue(settings: Settings) -> set[Check]:
    """Every check that a refresh runs, as far as it can be told without building; empty before the first refresh."""
    from pipelines.checks.catalog import load_suites
    from pipelines.checks.generated import complete
    from pipelines.checks.results import dbt_checks
    from pipelines.sources.contract import load_contracts

    manifest = settings.dbt_target_dir / "manifest.json"
    try:
        told = json.loads(manifest.read_bytes())
        suites = complete(load_suites(), load_contracts(), told)
    except (OSError, ValueError):
        return set()  # dbt has not parsed the project yet, or another edition of it
    ours = {(table, expect.name) for table, suite in suites.items() for expect in suite.expectations}
    return {check for check in ours if check[0].split(".")[0] in REFRESHED} | dbt_checks(told)


def _counts(results: list[Result]) -> Table:
    counts = Table(title_justify="left")
    for name in ("layer", "errors passed", "errors failed", "warnings passed", "warnings failed", "could not run"):
        counts.add_column(name, justify="left" if name == "layer" else "right")
    for layer in dict.fromkeys(result.layer for result in results):
        found = [(result.severity, result.status) for result in results if result.layer == layer]
        counts.add_row(
            layer,
            *(
                f"{found.count((severity, status)):,}"
                for severity in ("error", "warning")
                for status in ("passed", "failed")
            ),
            f"{sum(status == 'raised' for _, status in found):,}",
        )
    return counts


def _when(moment: datetime) -> str:
    return f"{moment.replace(tzinfo=ZoneInfo('UTC')).astimezone(ZoneInfo('Europe/London')):%d %B %Y %H:%M} (London)"


class _Speaker:
    """Prints plain lines: no colour carries a meaning."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def __call__(self, text: str) -> None:
        self._console.print(text, highlight=False, markup=False, soft_wrap=True)

    def results(self, title: str, results: list[Result], *, whole: bool = True) -> None:
        if results:
            self(f"{title} ({len(results)}):")
        for result in results:
            state = "could not run" if result.status == "raised" else result.state
            sentence = f" {result.description}" if whole else ""
            looked = f" ({_when(result.looked_at)})" if result.looked_at else ""
            self(f"  {state}: {result.table}, {result.name}{looked}: {result.observed}.{sentence}")

    def names(self, title: str, checks: list[Check], run: Run) -> None:
        if checks:
            self(f"  {title} ({len(checks)}):")
            self.list(checks, {check: f" ({run.results[check].severity})" for check in checks})

    def list(self, checks: list[Check], notes: Mapping[Check, str] | None = None) -> None:
        """The checks one by one, or when they are many how many of each layer."""
        if len(checks) > SHOWN:
            layers = Counter(table.split(".")[0] for table, _ in checks)
            self("    " + ", ".join(f"{layer} {count:,}" for layer, count in layers.items()))
        else:
            for check in checks:
                self(f"    {check[0]}, {check[1]}{(notes or {}).get(check, '')}")
