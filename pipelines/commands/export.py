"""The tables that may leave the building."""

from __future__ import annotations

from typing import Annotated

import typer

from pipelines.commands.common import WarehouseOption, load_settings, log_to_console, open_console


def export(
    release: Annotated[str | None, typer.Option(help="Export this release; without it the newest.")] = None,
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="Export what was known on this day (2021-09-26) or moment, UTC.")
    ] = None,
    warehouse: WarehouseOption = None,
) -> None:
    """Write the public tables of a release, with small numbers and all that would give them away suppressed."""
    from pipelines.disclosure import export_release
    from pipelines.store.releases import find_release

    log_to_console()
    settings = load_settings(None, warehouse, None)
    exported = export_release(settings, find_release(settings.releases_dir, release, as_of))
    said, console = exported.manifest, open_console()
    hidden, small = sum(said["rows_hidden"].values()), said["numbers"]["small"]
    rows = sum(table["rows"] for table in said["tables"].values())
    console.print(
        f"{exported.folder}\n{len(said['tables'])} tables, {rows:,} rows, {hidden:,} values suppressed to protect "
        f"{small:,} small numbers",
        highlight=False,
        soft_wrap=True,
    )
    for name in said["without_tier"]:
        console.print(f"Stays inside, because no tier is declared: {name}", highlight=False, soft_wrap=True)
    for check in said["checks"]:
        if check["status"] != "passed":
            console.print(f"WARNING {check['table']}, {check['check']}: {check['observed']}", soft_wrap=True)
    if said["is_sample"]:
        console.print("SAMPLE DATA: some or all of these records are synthetic.")
