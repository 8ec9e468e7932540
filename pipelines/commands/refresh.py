"""Refresh, and what is set up before the first."""

from __future__ import annotations

import time
from contextlib import nullcontext, suppress
from typing import Annotated

import typer
from rich.console import Console

from pipelines.commands.common import (
    ForceOption,
    RawOption,
    WarehouseOption,
    load_settings,
    log,
    log_to_console,
    open_console,
    stop,
)
from pipelines.ingest.discover import has_extracts
from pipelines.settings import SEEDS_DIR, Settings
from pipelines.store.lock import writer_lock
from pipelines.store.warehouse import Warehouse, WarehouseError
from pipelines.summary import print_first_query, print_summary
from pipelines.workers import process_pool, work_of


def refresh(
    raw: RawOption = None,
    warehouse: WarehouseOption = None,
    force: ForceOption = None,
    anew: Annotated[bool, typer.Option("--anew", help="Build and publish also when nothing is new.")] = False,
) -> None:
    """Load what is new, build the models, check them, and publish."""
    started = time.monotonic()
    log_to_console()
    console = open_console()
    settings = load_settings(raw, warehouse, force)
    with writer_lock(settings.warehouse_dir):
        _refresh(settings, console, started, anew=anew)


def _refresh(settings: Settings, console: Console, started: float, *, anew: bool) -> None:
    with process_pool(1, "pipelines.sample") if _needs_sample(settings) else nullcontext() as pool:
        making = pool.submit(_make_sample, settings) if pool else None
        from pipelines.refresh import run_refresh  # takes 3 s, while the sample is made

        if making:
            with work_of("the sample"):
                making.result()
    outcome = run_refresh(settings, anew=anew)
    if outcome.unchanged_since:
        console.print(
            f"Nothing is new since release {outcome.unchanged_since}, so nothing was built or published; the file stands: "
            f"{settings.published_path}\n`fpw status` says what it holds, `fpw refresh --anew` builds it again. "
            f"({time.monotonic() - started:.0f} s)",
            highlight=False,
            soft_wrap=True,
        )
        return
    store = Warehouse(settings)
    if settings.build_path.exists():
        reading = nullcontext() if outcome.succeeded else suppress(WarehouseError)  # which must not hide the failure
        with reading, store.connect(read_only=True) as connection:
            console.print()
            print_summary(connection, console, run_id=outcome.run_id)
    if not outcome.succeeded:
        console.print(f"\nNOT PUBLISHED after {time.monotonic() - started:.0f} s:", style="bold")
        for sentence in outcome.failures:
            console.print(f"  - {sentence}", highlight=False, markup=False)
        if settings.published_path.exists():
            console.print(f"The file published before stays as it was: {settings.published_path}", soft_wrap=True)
        raise typer.Exit(1)
    print_first_query(settings.published_path, console)
    console.print(f"\nRefreshed in {time.monotonic() - started:.0f} s.", highlight=False)


def prepare() -> None:
    """Set up Dagster's folder, parse the dbt project and load its seeds, so that the first refresh need not."""
    from pipelines.dbt_run import ensure_manifest
    from pipelines.operations.instance import dagster_instance
    from pipelines.seeds import load_seeds
    from pipelines.sources.contract import load_contracts

    log_to_console()
    settings = load_settings()
    dagster_instance(settings).dispose()
    ensure_manifest(settings)
    with writer_lock(settings.warehouse_dir):
        Warehouse(settings).create_tables(load_contracts().values())
        load_seeds(settings)


def _needs_sample(settings: Settings) -> bool:
    """True for a new installation; never where real extracts were, or where a path was mistyped."""
    default = settings.raw_dir == Settings.load({}).raw_dir
    if not settings.raw_dir.is_dir() and not default:
        stop(f"The raw folder {settings.raw_dir} does not exist; check FPW_RAW_DIR or --raw, or mount it.")
    if has_extracts(settings.raw_dir):
        return False
    if settings.build_path.exists():
        with Warehouse(settings).connect(read_only=True) as connection:
            real = connection.execute(
                "SELECT count(*) FROM ops.extract WHERE status = 'loaded' AND NOT is_sample"
            ).fetchall()[0][0]
        if real:
            stop(
                f"{settings.raw_dir} holds no extracts, but the warehouse holds {real:,} real ones; "
                "check FPW_RAW_DIR or --raw, or mount it."
            )
    return True


def _make_sample(settings: Settings) -> None:
    from pipelines.sample import make_sample

    log_to_console()
    log.info("%s holds no extracts: making sample extracts (synthetic records)", settings.raw_dir)
    settings.raw_dir.mkdir(parents=True, exist_ok=True)
    make_sample(settings.raw_dir, seeds_dir=SEEDS_DIR, progress=log.info)
