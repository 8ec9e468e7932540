"""Releases: which there are, one put back, one made again, two compared."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import duckdb
import typer

from pipelines.commands.common import (
    RawOption,
    WarehouseOption,
    load_settings,
    log,
    log_to_console,
    open_console,
    stop,
)

app = typer.Typer(
    help="The releases that are kept: list them, put one back, check that one can be made again.", no_args_is_help=True
)


@app.command("list")
def list_releases(warehouse: WarehouseOption = None) -> None:
    """List the releases: when, from what, how large, which is published, and why each is kept."""
    from rich.table import Table

    from pipelines.store.releases import read_manifest
    from pipelines.store.retention import why_kept

    settings, console = load_settings(warehouse=warehouse), open_console()
    kept = why_kept(settings)
    if not kept:
        stop(f"{settings.releases_dir} holds no release; run `fpw refresh` to make one.")
    table = Table(title="Releases", title_justify="left", caption_justify="left", caption=(
        "Begun is UTC, and the name of the release. Own: what its removal would free; files that are the same in several "
        "releases are stored once."
    ))  # fmt: skip
    for name in ("release", "begun", "force", "extracts", "checks", "warnings", "MB", "own", "kept because"):
        table.add_column(name, justify="right" if name in ("extracts", "checks", "warnings", "MB", "own") else "left")
    for folder, reasons in kept.items():
        said = read_manifest(folder)
        sizes = [file.stat() for file in folder.rglob("*") if file.is_file()]
        table.add_row(
            folder.name,
            str(said["known_at"])[:16],
            str(said["home_force"]) + (" (sample)" if said["is_sample"] else ""),
            *(f"{said[name]:,}" for name in ("extracts_loaded", "checks_passed", "warnings")),
            f"{sum(size.st_size for size in sizes) / 1e6:.1f}",
            f"{sum(size.st_size for size in sizes if size.st_nlink == 1) / 1e6:.1f}",
            "; ".join(reasons) or "nothing: it goes with the next publication",
        )
    console.print(table)


@app.command()
def restore(
    release: Annotated[str, typer.Argument(help="Its name, as `fpw release list` prints it.")],
    because: Annotated[str, typer.Option("--because", help="Why, for those who read the file.")] = "no reason given",
    warehouse: WarehouseOption = None,
) -> None:
    """Publish an earlier release again, until the next refresh that publishes."""
    from pipelines.store.lock import writer_lock
    from pipelines.store.publish import restore as put_back
    from pipelines.store.releases import find_release

    settings = load_settings(warehouse=warehouse)
    with writer_lock(settings.warehouse_dir):
        folder = find_release(settings.releases_dir, release)
        print(f"Publishing release {folder.name} again", flush=True)
        rows = put_back(settings, folder, because)
    print(
        f"{settings.published_path} is release {folder.name} again: {len(rows)} tables, {sum(rows.values()):,} rows. "
        "The next refresh publishes what the raw folder holds then: take out what was wrong with it before."
    )


@app.command()
def verify(
    release: Annotated[str | None, typer.Argument(help="Its name; without one the newest.")] = None,
    any_code: Annotated[
        bool, typer.Option("--any-code", help="Compare although code or reference tables changed.")
    ] = False,
    raw: RawOption = None,
    warehouse: WarehouseOption = None,
) -> None:
    """Make a release again from the raw files, beside the warehouse, and compare it table by table."""
    from rich.table import Table

    from pipelines.store.releases import check_files, content_hash, find_release, read_manifest
    from pipelines.store.warehouse import WarehouseError
    from pipelines.verify import compare, hindrances, remake, what_stopped, workplace

    log_to_console()
    settings, console = load_settings(raw, warehouse), open_console()
    folder = find_release(settings.releases_dir, release)
    manifest = read_manifest(folder)
    reasons, remarks = hindrances(manifest, settings)
    if reasons and not any_code:
        stop(f"Release {folder.name} cannot be verified: {'; '.join(reasons)}.")
    for remark in (*reasons, *remarks):
        log.warning("%s", remark)
    try:
        with workplace(settings.warehouse_dir) as work:
            check_files(folder)
            tables, notes = remake(settings, folder, work)
            compared = list(compare(folder, tables, work))
    except (WarehouseError, duckdb.Error, OSError) as error:
        stop(what_stopped(error))
    table = Table(title=f"Release {folder.name}, made again", title_justify="left")
    for name in ("mart", "rows", "made again"):
        table.add_column(name, justify="right" if name == "rows" else "left")
    for found in compared:
        table.add_row(found.table, f"{found.rows:,}", found.verdict)
    console.print(table)
    for found in compared:
        for example in found.examples:
            console.print(f"  {found.table}: {example}", highlight=False, markup=False, soft_wrap=True)
    for note in notes:
        console.print(f"Note: {note}.", highlight=False, markup=False, soft_wrap=True)
    console.print(f"Content hash: {manifest['content_sha256']} released, {content_hash(tables)} made again")
    differing = [found.table for found in compared if not found.is_same]
    if differing:
        console.print(f"NOT THE SAME: {', '.join(differing)}", style="bold", highlight=False)
        raise typer.Exit(1)
    console.print(f"Its {len(manifest['extracts']):,} extracts give what was released, in every row.")


def diff(
    release_a: Annotated[str, typer.Argument(help="Name of a release.")],
    release_b: Annotated[str, typer.Argument(help="Name of another.")],
    measure: Annotated[str | None, typer.Option("--measure", help="This measure alone.")] = None,
    limit: Annotated[int, typer.Option("--limit", help="How many numbers to print, the largest changes first.")] = 40,
    out: Annotated[Path | None, typer.Option("--out", help="Write all of them to this CSV file.")] = None,
    warehouse: WarehouseOption = None,
) -> None:
    """Print the numbers that differ between two releases, and why."""
    from rich.table import Table

    from pipelines.differences import differences, what_went_in, write_csv
    from pipelines.store.releases import find_release

    settings, console = load_settings(warehouse=warehouse), open_console()
    earlier, later = (find_release(settings.releases_dir, name) for name in (release_a, release_b))
    console.print(f"From release {earlier.name} to {later.name}", style="bold", highlight=False)
    for sentence in what_went_in(earlier, later) or ["They were made of the same."]:
        console.print(f"  {sentence}", highlight=False, markup=False, soft_wrap=True)
    with differences(earlier, later, measure) as connection:
        if out is not None:
            console.print(f"{write_csv(connection, out):,} differences written to {out}", highlight=False)
        summary = Table(title="Numbers that differ, by measure", title_justify="left")
        for name in ("measure", "changed", "new", "gone", "not the value", "largest change %"):
            summary.add_column(name, justify="left" if name == "measure" else "right")
        rows = connection.execute(
            """
            SELECT measure_id, count(*) FILTER (change = 'changed'), count(*) FILTER (change = 'new'),
                count(*) FILTER (change = 'gone'), count(*) FILTER (change = 'not the value'),
                arg_max(difference_pct, abs(difference_pct))
            FROM changed GROUP BY ALL ORDER BY ALL
            """
        ).fetchall()
        if not rows:
            console.print("No number differs.")
            return
        for name, *counts, largest in rows:
            summary.add_row(name, *(f"{count:,}" for count in counts), "" if largest is None else f"{largest:+,.2f}")
        console.print(summary)
        for line in connection.execute(
            """
            SELECT measure_id, area_code, period_type, period_start, period_end, breakdown_value, method_id, old_value, new_value,
                old_status, new_status, difference_pct, change, reason
            FROM changed
            ORDER BY change <> 'changed', abs(difference_pct) DESC NULLS LAST, abs(difference) DESC NULLS LAST,
                measure_id, area_code, period_start, breakdown_value, method_id
            LIMIT ?
            """,
            [limit],
        ).fetchall():
            print(_number(*line))
        total = sum(sum(counts) for _, *counts, _ in rows)
        if total > limit:
            print(f"and {total - limit:,} more: --limit prints more of them, --out writes all")


def _number(
    measure: str, area: str, kind: str, start: date, end: date, breakdown: str | None, method: str,
    old: float | None, new: float | None, old_status: str | None, new_status: str | None, pct: float | None,
    change: str, reason: str | None,
) -> str:  # fmt: skip
    def told(value: float | None, status: str | None) -> str:
        return (status or "nothing") if value is None else f"{value:,.6g}"

    what = ", ".join(text for text in (measure, area, f"{kind} {start} to {end}", breakdown, method) if text)
    if change == "not the value":
        return f"  {what}: {told(new, new_status)} as before, but of other parts ({reason})"
    by = f" ({pct:+.2f} %)" if pct is not None else ""
    return f"  {what}: {told(old, old_status)} -> {told(new, new_status)}{by}; {reason or change}"
