"""Raw files, one by one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipelines.commands.common import WarehouseOption, load_settings, stop
from pipelines.store.lock import writer_lock
from pipelines.store.warehouse import Warehouse


def inspect(file: Annotated[Path, typer.Argument(help="A raw file or a zip archive.")]) -> None:
    """Say what a file is taken for, and why."""
    from pipelines.ingest.inspect import inspect_file

    if not file.is_file():
        stop(f"{file} is not a file; name a raw file or a zip archive.")
    accepted = True
    for line, good in inspect_file(file, load_settings()):
        print(line)
        accepted = accepted and good
    if not accepted:
        raise typer.Exit(1)


def withdraw(
    extract_id: Annotated[str, typer.Argument(help="extract_id in ops.extract.")], warehouse: WarehouseOption = None
) -> None:
    """Take a loaded extract, whose file is gone from the raw folder, out of the warehouse."""
    from pipelines.ingest.register import withdraw as take_out
    from pipelines.sources.contract import load_contracts

    settings = load_settings(None, warehouse, None)
    if not settings.build_path.exists():
        stop(f"{settings.build_path} does not exist; there is nothing to withdraw from.")
    with writer_lock(settings.warehouse_dir), Warehouse(settings).connect() as connection:
        found = connection.execute(
            "SELECT source, file_name FROM ops.extract WHERE extract_id = ? AND status = 'loaded'", [extract_id]
        ).fetchall()
        if not found:
            stop(f"No extract {extract_id!r} is loaded; `SELECT * FROM ops.extract` lists them.")
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
            stop(
                f"{file_name} is still in the raw folder ({present[0]}); take it out first, or it will be loaded again."
            )
        connection.begin()
        take_out(connection, load_contracts()[source], extract_id, "It was withdrawn by hand.", "fpw withdraw")
        connection.commit()
    print(f"{file_name} is withdrawn; run `fpw refresh` to publish without it.")
