"""The `fpw` command."""

from __future__ import annotations

import logging
import sys
import time
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, NoReturn

import duckdb
import typer
from pydantic import ValidationError
from rich.console import Console

from pipelines.ingest.discover import has_extracts
from pipelines.settings import SEEDS_DIR, Settings
from pipelines.sources.contract import ContractError
from pipelines.store.lock import writer_lock
from pipelines.store.warehouse import Warehouse, WarehouseError
from pipelines.summary import print_first_query, print_summary
from pipelines.workers import process_pool

app = typer.Typer(
    help="The performance warehouse for UK policing.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
log = logging.getLogger("fpw")

RawOption = Annotated[Path | None, typer.Option("--raw", help="Folder of the raw extracts.")]
WarehouseOption = Annotated[Path | None, typer.Option("--warehouse", help="Folder of the warehouse.")]
ForceOption = Annotated[str | None, typer.Option("--force", help="Home force, as data.police.uk spells it.")]


@app.command()
def refresh(raw: RawOption = None, warehouse: WarehouseOption = None, force: ForceOption = None) -> None:
    """Load what is new, build the models, check them, and publish."""
    started = time.monotonic()
    _log_to_console()
    console = _console()
    settings = _settings(raw, warehouse, force)
    with process_pool(1, "pipelines.sample") if _needs_sample(settings) else nullcontext() as pool:
        making = pool.submit(_make_sample, settings) if pool else None
        from pipelines.refresh import run_refresh  # takes 3 s, while the sample is made

        if making:
            making.result()
    outcome = run_refresh(settings)
    store = Warehouse(settings)
    if settings.build_path.exists():
        with store.connect(read_only=True) as connection:
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


def _needs_sample(settings: Settings) -> bool:
    """True for a new installation; never where real extracts were, or where a path was mistyped."""
    default = settings.raw_dir == Settings.load({}).raw_dir
    if not settings.raw_dir.is_dir() and not default:
        _stop(f"The raw folder {settings.raw_dir} does not exist; check FPW_RAW_DIR or --raw, or mount it.")
    if has_extracts(settings.raw_dir):
        return False
    if settings.build_path.exists():
        with Warehouse(settings).connect(read_only=True) as connection:
            real = connection.execute(
                "SELECT count(*) FROM ops.extract WHERE status = 'loaded' AND NOT is_sample"
            ).fetchall()[0][0]
        if real:
            _stop(
                f"{settings.raw_dir} holds no extracts, but the warehouse holds {real:,} real ones; "
                "check FPW_RAW_DIR or --raw, or mount it."
            )
    return True


def _make_sample(settings: Settings) -> None:
    from pipelines.sample import make_sample

    _log_to_console()
    log.info("%s holds no extracts: making sample extracts (synthetic records)", settings.raw_dir)
    settings.raw_dir.mkdir(parents=True, exist_ok=True)
    make_sample(settings.raw_dir, seeds_dir=SEEDS_DIR, progress=log.info)


@app.command()
def status(warehouse: WarehouseOption = None) -> None:
    """Say what the published file holds."""
    settings, console = _settings(None, warehouse, None), _console()
    if not settings.published_path.exists():
        _stop(f"{settings.published_path} does not exist; run `fpw refresh` to make it.")
    with duckdb.connect(str(settings.published_path), read_only=True) as connection:
        release, published_at, home = connection.execute(
            "SELECT release_id, published_at AT TIME ZONE 'Europe/London', home_force FROM ops.release"
        ).fetchall()[0]
        console.print(
            f"{settings.published_path}\nRelease {release}, published {published_at:%d %B %Y %H:%M} (London), "
            f"home force {home}\n",
            highlight=False,
            soft_wrap=True,
        )
        print_summary(connection, console)
        gaps = connection.execute(
            """
            SELECT source, force, strftime(month, '%Y-%m') FROM marts.source_month
            WHERE status = 'not_supplied' AND is_within_series ORDER BY ALL
            """
        ).fetchall()
    if gaps:
        console.print(f"Months not supplied ({len(gaps)}):")
        for source, force, month in gaps[:20]:
            console.print(f"  {source}, {force}, {month}", highlight=False)
        if len(gaps) > 20:
            console.print(
                f"  and {len(gaps) - 20} more: FROM marts.source_month WHERE status = 'not_supplied' AND is_within_series"
            )


@app.command()
def inspect(file: Annotated[Path, typer.Argument(help="A raw file or a zip archive.")]) -> None:
    """Say what a file is taken for, and why."""
    from pipelines.ingest.inspect import inspect_file

    if not file.is_file():
        _stop(f"{file} is not a file; name a raw file or a zip archive.")
    accepted = True
    for line, good in inspect_file(file, _settings(None, None, None)):
        print(line)
        accepted = accepted and good
    if not accepted:
        raise typer.Exit(1)


@app.command()
def template(
    measures: Annotated[list[str], typer.Argument(metavar="MEASURE...", help="Measures to be returned.")],
    out: Annotated[Path | None, typer.Option("--out", help="File to write, .xlsx or .csv.")] = None,
    force: ForceOption = None,
) -> None:
    """Write the sheet in which measures without records are returned."""
    from pipelines.returns.template import write_template

    settings = _settings(None, None, force)
    out = out or Path(f"{settings.force}-return.xlsx")
    try:
        write_template(out, measures, settings.force)
    except ValueError as error:
        _stop(str(error))
    print(f"{out} is ready to be filled in; docs/returns.md says how.")


@app.command("check-return")
def check_return(
    file: Annotated[Path, typer.Argument(help="A filled return, .xlsx, .ods or .csv.")],
    out: Annotated[Path | None, typer.Option("--out", help="Folder of the answer; else that of the file.")] = None,
) -> None:
    """Check a performance return without loading it, and answer it when a row breaks a rule."""
    from pipelines.returns.answer import check_file

    if not file.is_file():
        _stop(f"{file} is not a file; name a filled return.")
    try:
        rows, found, answer = check_file(file, out or file.parent, _settings(None, None, None).max_file_bytes)
    except ValueError as error:
        _stop(str(error))
    if answer is None:
        print(f"{file}: all {rows:,} rows keep the rules." if rows else f"{file} has no rows yet.")
        return
    bad = len({violation.line for violation in found})
    print(f"{file}: {bad:,} of {rows:,} rows break a rule; {answer} has every bad cell marked.")
    for violation in found[:10]:
        print(f"  {violation}")
    if len(found) > 10:
        print(f"  and {len(found) - 10:,} more")
    raise typer.Exit(1)


@app.command()
def spc(
    source: Annotated[Path, typer.Argument(metavar="IN.csv", help="Series: series_id, month, value, direction.")],
    result: Annotated[Path, typer.Argument(metavar="OUT.csv", help="File to write.")],
    screen: Annotated[bool, typer.Option(help="Leave moving ranges far above their mean out of the limits.")] = True,
) -> None:
    """Find process limits and special causes in monthly series of your own; needs no warehouse."""
    from pipelines.spc import SpcError, run_spc

    print(f"Reading {source}", flush=True)
    try:
        found = run_spc(source, result, screening=screen)
    except SpcError as error:
        _stop(str(error))
    print(
        f"{found.rows:,} rows, {found.series:,} series, {found.segments:,} segments "
        f"({found.trial_segments:,} with fewer than 12 points: trial limits)\n"
        f"{found.special_causes:,} points with a special cause; "
        + (f"{found.ranges_screened:,} moving ranges screened out" if screen else "moving ranges not screened")
        + (f"; {found.gaps:,} gaps, over which nothing is compared" if found.gaps else "")
        + f"\nWritten to {result}; docs/spc.md says what the columns mean."
    )


@app.command()
def withdraw(
    extract_id: Annotated[str, typer.Argument(help="extract_id in ops.extract.")], warehouse: WarehouseOption = None
) -> None:
    """Take a loaded extract, whose file is gone from the raw folder, out of the warehouse."""
    from pipelines.ingest.register import withdraw as take_out
    from pipelines.sources.contract import load_contracts

    settings = _settings(None, warehouse, None)
    if not settings.build_path.exists():
        _stop(f"{settings.build_path} does not exist; there is nothing to withdraw from.")
    with writer_lock(settings.warehouse_dir), Warehouse(settings).connect() as connection:
        found = connection.execute(
            "SELECT source, file_name FROM ops.extract WHERE extract_id = ? AND status = 'loaded'", [extract_id]
        ).fetchall()
        if not found:
            _stop(f"No extract {extract_id!r} is loaded; `SELECT * FROM ops.extract` lists them.")
        (source, file_name), places = (
            found[0],
            [
                row[0]
                for row in connection.execute(
                    "SELECT container FROM ops.raw_file WHERE extract_id = ?", [extract_id]
                ).fetchall()
            ],
        )
        if present := [place for place in places if (settings.raw_dir / place).exists()]:
            _stop(
                f"{file_name} is still in the raw folder ({present[0]}); take it out first, or it will be loaded again."
            )
        connection.begin()
        take_out(connection, load_contracts()[source], extract_id, "It was withdrawn by hand.", "fpw withdraw")
        connection.commit()
    print(f"{file_name} is withdrawn; run `fpw refresh` to publish without it.")


@app.command()
def prepare() -> None:
    """Set up Dagster's folder, parse the dbt project and load its seeds, so that the first refresh need not."""
    from pipelines.dbt_run import ensure_manifest, load_seeds
    from pipelines.refresh import dagster_instance
    from pipelines.sources.contract import load_contracts

    _log_to_console()
    settings = _settings(None, None, None)
    dagster_instance(settings).dispose()
    ensure_manifest(settings)
    with writer_lock(settings.warehouse_dir):
        Warehouse(settings).create_tables(load_contracts().values())
        load_seeds(settings)


def _settings(raw: Path | None, warehouse: Path | None, force: str | None) -> Settings:
    from pipelines.sources.forces import load_forces

    try:
        settings = Settings.load(raw_dir=raw, warehouse_dir=warehouse, force=force)
    except ValidationError as error:
        first = error.errors()[0]
        _stop(f"The setting FPW_{str(first['loc'][0]).upper()} is not usable ({first['msg']}); correct or unset it.")
    if settings.force not in load_forces():
        _stop(f"There is no force {settings.force!r}; the names are in dbt_project/seeds/reference/force.csv.")
    return settings


def _stop(sentence: str) -> NoReturn:
    print(sentence, file=sys.stderr)
    raise typer.Exit(2)


def _console() -> Console:
    return Console(width=None if sys.stdout.isatty() else 120)


def _log_to_console() -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s  %(message)s", "%H:%M:%S"))
    log.handlers = [handler]
    log.setLevel(logging.INFO)
    log.propagate = False


def main() -> None:
    """Run the command; a known failure ends in one sentence instead of a traceback."""
    try:
        app()
    except (WarehouseError, ContractError) as error:
        sys.exit(str(error))
    except duckdb.Error as error:
        sys.exit(f"DuckDB could not go on: {str(error).splitlines()[0]}")
    except OSError as error:
        sys.exit(
            f"{error.filename or 'A file'} could not be used ({error.strerror or error}); check it and its permissions."
        )


if __name__ == "__main__":
    main()
